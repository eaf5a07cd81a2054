"""docs/import.md: what it shows at the prompt is typed again, and what it shows
in gdb."""

import os
import re
import unittest
import xml.etree.ElementTree

from tests.gdb import python as gdb_python
from tests.gdb.script import need_gdb
from tools import transcript

from .module import ROOT, python

PAGE = ROOT / 'docs' / 'import.md'
TEXT = PAGE.read_text(encoding='utf-8')
TRACE = ROOT / 'build' / 'trace' / 'cwsgiref'

# doctest, with what goes to stderr where it stands on the page.
TYPED = '''
import doctest
import sys

class Everything:
    def __getattr__(self, name):
        return getattr(sys.stdout, name)

sys.stderr = Everything()
test = doctest.DocTestParser().get_doctest(
    sys.stdin.read(), {'__name__': '__main__'}, 'import.md', None, 0)
said = []
runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
results = runner.run(test, out=said.append)
sys.stderr = sys.__stderr__
print(*said, results, sep='\\n')
'''


def debugger():
    return transcript.Gdb(
        [ROOT / 'script' / 'gdb', '-nx', '-ex', 'set width 0', '--python',
         'examples/python/request_handler.py', '0'], ROOT)


class Page(unittest.TestCase):

    def test_the_prompt(self):
        blocks = re.findall(r'```pycon\n(.*?)```', TEXT, re.S)
        typed = '\n'.join(block.replace('\n...\n', '\n') for block in blocks)
        done = python('-c', TYPED, input=typed)
        found = re.search(r'TestResults\(failed=(\d+), attempted=(\d+)\)',
                          done.stdout)
        self.assertIsNotNone(found, done.stdout + done.stderr)
        self.assertEqual(found[1], '0', done.stdout)
        self.assertGreater(int(found[2]), 20)

    def test_gdb(self):
        need_gdb()
        gdb_python.need_script()
        self.assertGreater(self.replayed('In gdb'), 4)

    @unittest.skipUnless(os.access(TRACE, os.X_OK),
                         'the trace preset is not built')
    def test_the_tree_of_calls(self):
        self.assertEqual(self.replayed('In the tree of calls'), 1)

    def replayed(self, section):
        """How many commands of a section print what it shows."""
        count = 0
        for command, printed in transcript.replay(
                [block for block in transcript.read(TEXT.splitlines())
                 if block.section == section], debugger, ROOT):
            transcript.check(command, printed)
            count += 1
        return count

    def test_the_picture(self):
        """It names what there is."""
        tree = xml.etree.ElementTree.parse(ROOT / 'docs' / 'import.svg')
        texts = [element.text for element in tree.iter()
                 if element.tag.endswith('}text')]
        sources = ''.join(
            path.read_text() for path in (ROOT / 'src').glob('*/*.c'))
        names = [text for text in texts if re.fullmatch(r'\w+_\w+', text)]
        self.assertIn('python_address_string', names)
        for name in names:
            self.assertRegex(sources, rf'\b{name}\b')


if __name__ == '__main__':
    unittest.main()
