"""script/reliability planted: the changes that it makes of C, and one that it
plants. CWSGIREF_BUILD is the folder of the build that it copies."""

import os
import pathlib
import tempfile
import unittest

from tools import command
from tools.reliability import c_changes, planted, planting
from tools.reliability.row import LeftOut

TEXT = r'''/* a == b */
#include "a == b"
#define TWICE(x) \
    (2 * (x))

static const char word[] = "Ab\n";

int
function(int *a, PyObject *b)
{
    int c = 1;

    assert(c == 1);
    if (a != NULL && !b) {
        first(a);
        second(b); /* third(c); */
        a = 'b';
    }
    (void)a->cls->method(a, "x == y");
    return FAILED(other(b) < 0) ? -1 : c - 2;
}
'''


def made(kind, text=TEXT):
    """(what was there, what is there then)"""
    return [(text[each.start:each.end], each.new)
            for each in c_changes.changes(text)[kind]]


class Changes(unittest.TestCase):

    def test_operators(self):
        self.assertEqual(made('operator'), [
            ('*', '+'), ('!=', '=='), ('&&', '||'), ('!', ''),
            ('<', '<='), ('<', '>='), ('-', '+')])

    def test_constants(self):
        self.assertEqual(made('constant'), [
            ('2', '3'), ('2', '1'), (r'"Ab\n"', '"Ab"'),
            (r'"Ab\n"', r'"ab\n"'), ('1', '0'), ('1', '2'),
            ("'b'", "'c'"), ('"x == y"', '"x == "'), ('"x == y"', '"X == y"'),
            ('0', '1'), ('-1', '0'), ('2', '3'), ('2', '1')])

    def test_orders(self):
        self.assertEqual(made('order'), [
            ('first(a);\n        second(b);',
             'second(b);\n        first(a);'),
            ('second(b); /* third(c); */\n        a = \'b\';',
             'a = \'b\'; /* third(c); */\n        second(b);')])

    def test_calls(self):
        self.assertEqual(made('call'), [
            ('first(a);', ';'), ('second(b);', ';'),
            ('(void)a->cls->method(a, "x == y");', ';'), ('other(b)', '0')])

    def test_an_order_that_makes_no_difference(self):
        for one, other, same in (
                ('self->a = 1;', 'self->b = 2;', True),
                ('self->a = 1;', 'c = self->a;', False),
                ('self = a;', 'b = self->c;', False),
                ('Py_DECREF(a);', 'Py_DECREF(b);', True),
                ('Py_DECREF(a);', 'b = a->c;', False),
                ('Py_DECREF(a);', 'b = NULL;', True),
                ('a = f();', 'b = 1;', False),
                ('f(a);', 'Py_DECREF(b);', False)):
            with self.subTest(one + ' ' + other):
                self.assertEqual(c_changes.commute(one, other), same)
                self.assertEqual(c_changes.commute(other, one), same)

    def test_function(self):
        self.assertEqual(
            c_changes.function_at(TEXT, TEXT.index('first')), 'function')
        self.assertEqual(
            c_changes.function_at(TEXT, TEXT.index('word')), '')

    def test_all_of_src(self):
        """All kinds in their thousands; no two at once."""
        found = planted.files()
        for kind, least in zip(c_changes.KINDS, (5000, 8000, 600, 1500)):
            with self.subTest(kind):
                self.assertGreater(sum(len(changes[kind])
                                       for changes in found.values()), least)


class Drawn(unittest.TestCase):

    def first(self, seed, count):
        return [next(row) for row in planted.draw(seed, count)]

    def test_the_same_seed_gives_the_same(self):
        one, again, other = ([each.key() for each in self.first(seed, 20)]
                             for seed in ('1', '1', '2'))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)

    def test_of_all_files(self):
        names = [each.name for each in self.first('1', 100)]
        self.assertGreater(len(set(names)), 50)
        self.assertEqual(names, sorted(names))
        longest = 'src/server/base_http_request_handler.c'
        self.assertIn(names.count(longest), range(4, 9))

    def may_be(self, text, change, keys):
        """Whether it is worth a look."""
        old = text[change.start:change.end].partition('\n')[0]
        new = change.new.partition('\n')[0]
        rows = [row for key in keys for row in key[2:]]
        return any(row[0] == '+' and new in row for row in rows) and (
            change.kind == 'order'
            or any(row[0] == '-' and old in row for row in rows))

    def test_the_list_of_those_that_change_nothing(self):
        """Each is a change that can still be drawn."""
        known = set(planted.no_changes())
        for path, changes in planted.files().items():
            text = path.read_text()
            here = [key for key in known if key[0].endswith('/' + path.name)]
            for kind in changes.values() if here else []:
                known -= {planted.Planted(path, text, change).key()
                          for change in kind if self.may_be(text, change, here)}
        self.assertEqual(known, set())


class Planting(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        try:
            planting.check()
        except LeftOut as reason:
            raise unittest.SkipTest(str(reason))
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.copy = planting.Copy(os.environ['CWSGIREF_BUILD'],
                                 pathlib.Path(cls.temporary.name) / 'copy')
        cls.path = planting.SRC / 'headers' / 'headers.c'
        cls.text = cls.path.read_text()

    def change(self, old, new):
        self.assertIn(old, self.text)
        return self.text.replace(old, new, 1)

    def test_one_is_caught(self):
        test, = (each for each in self.copy.tests
                 if each.name == 'headers.test_headers')
        changed = self.change('name/value tuples', 'pairs')
        self.assertTrue(self.copy.makes_a_difference(self.path, changed))
        self.assertTrue(self.copy.plant(self.path, changed))
        self.assertTrue(self.copy.concerns(test))
        self.assertFalse(self.copy.run(test))
        self.copy.mend()
        self.assertTrue(self.copy.run(test))
        self.assertEqual(self.path.read_text(), self.text)

    def test_what_makes_no_difference(self):
        for old, new in (('{', '{ '), ('{', '{ 1 +')):
            with self.subTest(new):
                self.assertFalse(self.copy.makes_a_difference(
                    self.path, self.change(old, new)))


if __name__ == '__main__':
    unittest.main()
