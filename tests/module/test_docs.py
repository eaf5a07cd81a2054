"""What inspect and help() say of each public name is what they say of Python's:
it is there, it takes the same arguments, and it has a docstring."""

import ast
import unittest

from .module import python

# For each public name of a module, its signature and whether it has a
# docstring; of a class also those of its methods.
NAMES = '''
import importlib
import inspect
import sys

MODULES = ('wsgiref.headers', 'wsgiref.util', 'wsgiref.handlers',
           'wsgiref.validate', 'wsgiref.simple_server', 'socketserver',
           'http.server')

def signature(value):
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return []
    # self is only by position where C has the method
    return [each.name if each.name == 'self' else
            (each.name, each.kind.name, each.default
             if isinstance(each.default, (int, float, str)) else None)
            for each in parameters]

def describe(value):
    return {'signature': signature(value), 'doc': bool(value.__doc__)}

found = {}
for name in MODULES:
    theirs = importlib.import_module(name)
    module = theirs
    if sys.argv[1] == 'cwsgiref':
        module = importlib.import_module(
            'cwsgiref.' + name.removeprefix('wsgiref.'))
    for each, original in vars(theirs).items():
        if (each.startswith('_') or not callable(original)
                or original.__module__ != name):
            continue
        value = getattr(module, each, None)
        if value is None:
            continue
        found[each] = describe(value)
        if not inspect.isclass(original):
            continue
        for method, function in vars(original).items():
            is_private = method[0] == '_' != method[1]
            if inspect.isfunction(function) and not is_private:
                found[f'{each}.{method}'] = describe(getattr(value, method))
        ours = getattr(sys.modules.get('_cwsgiref'), 'TYPES', [])
        found[each]['in C'] = value in ours
print(found)
'''

# CPython makes these methods of the types' slots: they have its docstrings and
# say no more than *args. The class has the signature.
OF_SLOTS = {'__init__', '__call__', '__iter__', '__next__', '__len__',
            '__getitem__', '__repr__'}


class Docs(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.sides = []
        for side in 'cwsgiref', 'wsgiref':
            done = python('-W', 'ignore', '-c', NAMES, side)
            if done.returncode != 0:
                raise AssertionError(done.stderr)
            cls.sides.append(ast.literal_eval(done.stdout))

    def test_each_name_is_there(self):
        ours, theirs = self.sides
        self.assertEqual(theirs.keys() - ours.keys(), set())
        self.assertGreater(len(ours), 150)

    def test_each_has_a_docstring(self):
        ours, _ = self.sides
        in_c = {name for name, each in ours.items() if each.get('in C')}
        self.assertGreater(len(in_c), 20)
        self.assertEqual(
            [name for name, each in ours.items()
             if name.partition('.')[0] in in_c and not each['doc']], [])

    def test_each_has_the_signature(self):
        for name, theirs in self.sides[1].items():
            if name.rpartition('.')[2] in OF_SLOTS:
                continue
            # Private ones, as send_header(_is_extra=False) of 3.15, are between
            # Python's own classes.
            wanted = [each for each in theirs['signature']
                      if not each[0].startswith('_is_')]
            with self.subTest(name):
                self.assertEqual(self.sides[0][name]['signature'],
                                 wanted)


if __name__ == '__main__':
    unittest.main()
