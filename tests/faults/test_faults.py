"""Each of the FAULTS, planted in a copy of the source, is found by the checks
that have to find it, and by no other."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from tests.faults.faults import CALLGRAPH, COMPARE, FAULTS

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))

# What is run, and where it finds the program.
CHECKS = {
    COMPARE: ('study', 'CWSGIREF', 'tests.compare.test_compare.Cases'),
    CALLGRAPH: ('trace', 'CWSGIREF_TRACE',
                'tests.callgraph.test_callgraph.CallGraphTests.'
                'test_every_request_makes_the_same_calls'),
}


def planted(fault, right):
    """The source with the fault."""
    wrong = right
    for old, new in fault.edits:
        if wrong.count(old) != 1:
            raise AssertionError(f'{fault.name}: {fault.path} has '
                                 f'{wrong.count(old)} times: {old}')
        wrong = wrong.replace(old, new)
    return wrong


class PlantingTests(unittest.TestCase):

    def test_each_can_be_planted(self):
        for fault in FAULTS:
            with self.subTest(fault.name):
                with open(os.path.join(ROOT, 'src', fault.path),
                          encoding='utf-8') as file:
                    planted(fault, file.read())


class FaultTests(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not os.environ.get('CWSGIREF_LONG_TESTS'):
            raise unittest.SkipTest('takes minutes: script/test --long')
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.tree = scratch.name
        for name in ('CMakeLists.txt', 'CMakePresets.json'):
            shutil.copy(os.path.join(ROOT, name), cls.tree)
        for name in ('src', 'tests', 'tools', 'bench', 'examples', 'docs'):
            shutil.copytree(os.path.join(ROOT, name),
                            os.path.join(cls.tree, name),
                            ignore=shutil.ignore_patterns('__pycache__'))
        for preset, _, _ in CHECKS.values():
            subprocess.run(['cmake', '--preset', preset,
                            f'-DPython3_EXECUTABLE={sys.executable}'],
                           cwd=cls.tree, check=True,
                           stdout=subprocess.DEVNULL)

    def build(self, preset):
        """The path of the program."""
        folder = os.path.join(self.tree, 'build', preset)
        subprocess.run(['cmake', '--build', folder, '--target', 'cwsgiref',
                        '--parallel', str(os.cpu_count())], check=True,
                       stdout=subprocess.DEVNULL)
        return os.path.join(folder, 'cwsgiref')

    def failures(self, check):
        """The tests, or subtests, that fail with the program in the tree."""
        preset, variable, tests = CHECKS[check]
        result = subprocess.run(
            [sys.executable, '-m', 'unittest', tests], cwd=ROOT,
            env=dict(os.environ, CWSGIREF_PATIENCE='60',
                     **{variable: self.build(preset)}),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        found = re.findall(r'^(?:FAIL|ERROR): (.*)$', result.stderr,
                           re.MULTILINE)
        self.assertEqual(bool(found), result.returncode != 0, result.stderr)
        return found

    def test_nothing_is_found_without_a_fault(self):
        for check in CHECKS:
            self.assertEqual(self.failures(check), [])

    def test_every_fault_is_found(self):
        for fault in FAULTS:
            path = os.path.join(self.tree, 'src', fault.path)
            with open(path, encoding='utf-8') as file:
                right = file.read()
            wrong = planted(fault, right)
            with self.subTest(fault.name):
                self.write(path, wrong)
                self.addCleanup(self.write, path, right)
                found = {check: self.failures(check) for check in CHECKS}
                self.write(path, right)
                for check, names in found.items():
                    print(f'{fault.name}: {check}: {len(names)}',
                          *names[:3], sep='\n    ', file=sys.stderr)
                self.assertEqual(
                    {check for check, names in found.items() if names},
                    fault.found_by)

    def write(self, path, text):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)


if __name__ == '__main__':
    unittest.main()
