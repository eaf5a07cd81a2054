"""script/reliability lines: what it makes of the counts, and of the list of
lines that are not reached."""

import pathlib
import unittest
from unittest import mock

from tools.reliability import lines

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = '''\
# A comment.
No test can, because of this
and of that:

    src/a.c: f: x = 1;
    src/a.c: f: return g(x) ? "a: b" : NULL;

No test yet:

    src/b.c: g: return -1;
'''


def line(number, count, branches=(), function='f'):
    return {'line_number': number, 'count': count, 'function_name': function,
            'branches': [{'count': each} for each in branches]}


class Files(unittest.TestCase):

    def file(self, text, *counts):
        file = lines.File(ROOT / 'src' / 'types.c')
        file.text = text.split('\n')
        for each in counts:
            file.add(each)
        return file

    def test_counts_of_several_objects_are_added(self):
        file = self.file('a\nb', line(1, 0, (0, 0)), line(1, 1, (0, 1)),
                         line(2, 0))
        self.assertEqual([number for number, _ in file.unreached()], [2])
        self.assertEqual(file.branches(), (1, 2))

    def test_branches_of_a_macro_of_python_do_not_count(self):
        file = self.file('Py_CLEAR(a);\nif (b)', line(1, 1, (0, 1)),
                         line(2, 1, (0, 1)))
        self.assertEqual(file.branches(), (1, 2))

    def test_the_list(self):
        reason = 'No test can, because of this and of that:'
        self.assertEqual(lines.listed(LIST), {
            ('src/a.c', 'f', 'x = 1;'): reason,
            ('src/a.c', 'f', 'return g(x) ? "a: b" : NULL;'): reason,
            ('src/b.c', 'g', 'return -1;'): 'No test yet:'})

    def test_what_is_wrong(self):
        file = self.file('x = 1;\ny = 2;\nz = 3;', line(1, 0), line(2, 0),
                         line(3, 1))
        name = 'src/types.c'
        found = lines.problems({file.path: file}, {
            (name, 'f', 'x = 1;'): 'why', (name, 'f', 'z = 3;'): 'why'})
        self.assertEqual(list(found), [
            (f'{name}:2', 'f: y = 2;: is not reached'),
            (name, 'f: z = 3;: is listed, but reached')])

    def test_the_list_names_lines_that_there_are(self):
        listed = lines.listed(lines.LISTED.read_text(encoding='utf-8'))
        for name, _, text in listed:
            with self.subTest(name=name, text=text):
                self.assertIn(text, [each.strip() for each in (
                    ROOT / name).read_text(encoding='utf-8').split('\n')])


class Ends(unittest.TestCase):

    def test_each_is_counted(self):
        self.assertEqual(lines.uncounted_ends(), [])

    def test_an_end_that_there_is_not(self):
        """So that it can fail."""
        with mock.patch.object(lines, 'ENDS', ['return', 'kill']):
            self.assertNotEqual(lines.uncounted_ends(), [])


if __name__ == '__main__':
    unittest.main()
