"""By machine: objects that were never initialised, each attribute deleted or
of a wrong type, and each method after that. It gives something, or raises an
exception; it does not end the process. Where Python raises, so do these
classes. With CWSGIREF_LONG_TESTS: all of it, some ten minutes.
"""

import collections
import os
import subprocess
import sys
import threading
import unittest

from tools.patience import PATIENCE

from .module import ROOT, environment

LONG = bool(os.environ.get('CWSGIREF_LONG_TESTS'))
SHARE = 5 if LONG else 500

# What C does not read, or not always, of what Python code sets.
# docs/import.md, "What is not the same", has the reasons.
NOT_READ = {'_convert_string_type', '_control_char_table', 'MessageClass',
            'responses', '__dict__', 'error_headers'}
# A handler that has not run has None as its environ here, in Python nothing.
WITHOUT_ENVIRON = {'handle_error', 'run'}


def lines_of(side, first):
    """What attributes.py writes from that group on, until it ends; and how it
    has ended, and what it says."""
    reader, writer = os.pipe()
    with subprocess.Popen(
            [sys.executable, '-X', 'faulthandler', '-m',
             'tests.module.attributes', side, str(writer), str(SHARE),
             str(first)], cwd=ROOT, env=environment(), pass_fds=[writer],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True) as process:
        os.close(writer)
        said = []
        thread = threading.Thread(
            target=lambda: said.append(process.stderr.read()))
        thread.start()
        with open(reader) as file:
            lines = file.read().split('\n')
        thread.join(PATIENCE)
        return lines, process.wait(PATIENCE), ''.join(said)


class Side:
    """All steps of one side: {name of the group: {step: outcome}}; and where
    the process has ended before."""

    def __init__(self, side):
        self.groups = collections.defaultdict(dict)
        self.crashes = []
        first = 0
        while True:
            lines, status, said = lines_of(side, first)
            for line in lines[:-1]:
                self.add(line)
            if status == 0:
                return
            if lines == [''] or len(self.crashes) > 20:
                raise AssertionError(said)
            last = lines[-1] or lines[-2]
            self.crashes.append(f'{last} status {status}\n{said[-3000:]}')
            first = int(last.partition('|')[0]) + 1

    def add(self, line):
        name, outcome = line.split('\t')
        group, step = name.rsplit('|', 1)
        self.groups[group.partition('|')[2]][step] = outcome


class Attributes(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        sides = {}
        threads = [threading.Thread(
            target=lambda side=side: sides.__setitem__(side, Side(side)))
            for side in ('cwsgiref', 'python')]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cls.ours, cls.theirs = sides['cwsgiref'], sides['python']

    def test_no_step_ends_the_process(self):
        self.assertEqual(self.theirs.crashes, [])
        self.assertEqual(self.ours.crashes, [])

    def test_nothing_is_an_error_of_the_system(self):
        wrong = [f'{group}: {step}'
                 for group, steps in self.ours.groups.items()
                 for step, outcome in steps.items()
                 if outcome == 'SystemError']
        self.assertEqual(wrong, [])

    def test_all_have_been_there(self):
        self.assertEqual(list(self.ours.groups), list(self.theirs.groups))
        self.assertGreater(len(self.ours.groups), 300)
        classes = {group.partition('|')[0] for group in self.ours.groups}
        self.assertGreater(len(classes), 25)

    def test_what_python_refuses_is_refused(self):
        lax, compared = [], 0
        for group, theirs in self.theirs.groups.items():
            attribute = group.partition(' = ')[0].rpartition('|')[2]
            ours = self.ours.groups[group]
            # Of the others, each step depends on those before.
            if not ('|alone|' in group or group.endswith('|only')
                    or 'called' in theirs):
                continue
            if ours.get('set', 'ok') != 'ok':
                continue  # it was refused before
            for step, outcome in theirs.items():
                compared += 1
                if (outcome not in ('ok', 'Hangs') and ours[step] == 'ok'
                        and attribute not in NOT_READ
                        and step not in WITHOUT_ENVIRON):
                    lax.append(f'{group}: {step}: {outcome} in Python')
        self.assertEqual(lax, [])
        self.assertGreater(compared, 300)


if __name__ == '__main__':
    unittest.main()
