"""What has another struct in C: no class is made of two such classes, and no
instance gets the class of the other. Each pair is tried."""

import unittest

from .module import python

# Each pair of classes as the bases of one; and an instance of each, with all
# of its attributes set, that gets the other class, or a subclass of that. What
# it has then is read, and what is called finds what it expects, or says so.
PAIRS = '''
import gc
import itertools
import _cwsgiref

classes = [cls for cls in _cwsgiref.TYPES if cls.__base__ is not object
           or cls.__name__.startswith('Base') or cls.__name__ == 'Headers']

def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return error

def fields(cls):
    return {name for each in cls.__mro__ for name, value in vars(each).items()
            if type(value).__name__ == 'getset_descriptor'}

def use(made):
    for name in dir(type(made)):
        value = attempt(getattr, made, name)
        if name in ('rfile', 'wfile', 'handle', 'finish', 'close', 'get_app'):
            attempt(value)
            attempt(getattr(value, 'flush', None))

def change(first, second):
    made = first.__new__(first)
    for name in fields(first):
        attempt(setattr, made, name, object())
    outcome = attempt(setattr, made, '__class__', second)
    use(made)
    if outcome is None:
        for name in fields(second):
            attempt(setattr, made, name, object())
        use(made)
    return outcome

for first, second in itertools.permutations(classes, 2):
    words = first.__name__, second.__name__
    if isinstance(attempt(type, 'Both', (first, second), {}), Exception):
        print('both', *words)
    for other in second, type('Sub', (second,), {}):
        outcome = change(first, other)
        if outcome is None:
            print('to', *words)
        elif not (type(outcome) is TypeError
                  and 'object layout differs' in str(outcome)):
            print('otherwise', *words, repr(outcome))
gc.collect()
'''

CHANGED = '''
import io
import weakref
from cwsgiref.handlers import SimpleHandler
from cwsgiref.simple_server import WSGIRequestHandler

class Loud(SimpleHandler):
    error_status = '503 Loud'
    def log_exception(self, exc_info):
        print('loud')

class Changes(SimpleHandler):
    def setup_environ(self):
        super().setup_environ()
        self.__class__ = Loud

def fails(environ, start_response):
    raise ValueError

handler = Changes(io.BytesIO(), io.BytesIO(), io.StringIO(),
                  {'SERVER_PROTOCOL': 'HTTP/1.0'})
handler.run(fails)
print(type(handler).__name__, handler.stdout.getvalue()[:18])
'''


class Layout(unittest.TestCase):

    def lines(self, text):
        done = python('-W', 'ignore', '-c', text)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stdout.splitlines()

    def test_each_pair(self):
        lines = set(self.lines(PAIRS))
        self.assertIn('both DatagramRequestHandler WSGIRequestHandler', lines)
        self.assertIn('both Headers BaseServer', lines)
        self.assertNotIn('both HTTPServer UDPServer', lines)
        self.assertEqual([line for line in lines if 'otherwise' in line], [])
        self.assertEqual(
            {line for line in lines if line.startswith('to ')},
            {f'to {first} {second}' for group in (
                ['BaseServer', 'TCPServer', 'UDPServer', 'UnixStreamServer',
                 'UnixDatagramServer'],
                ['SimpleHandler', 'BaseCGIHandler', 'CGIHandler',
                 'IISCGIHandler'],
                ['BaseHTTPRequestHandler', 'WSGIRequestHandler'])
             for first in group for second in group if first != second})

    def test_the_new_class_holds_at_once(self):
        self.assertEqual(self.lines(CHANGED),
                         ['loud', "Loud b'HTTP/1.0 503 Loud\\r'"])


if __name__ == '__main__':
    unittest.main()
