"""Applications that misuse what the server gives them, and a system that has
no memory left: whatever comes of it is an exception, and the server goes on.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tools.compare.servers import Server, environment
from tools.patience import PATIENCE
from tools.reliability import allocations
from tools.reliability.memory import ByPython, Sufferer

PROGRAM = os.path.abspath(os.environ['CWSGIREF'])
LONG = os.environ.get('CWSGIREF_LONG_TESTS')
SANITIZED = '-fsanitize' in os.environ.get('CWSGIREF_C_FLAGS', '')

FILES = {
    'hostile.py': '''
        def application(environ, start_response):
            path = environ['PATH_INFO'].strip('/').partition('/')[0]
            return globals()[path](environ, start_response)

        def answer(start_response, text):
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [text.encode()]

        def sync(environ, start_response):
            return answer(start_response, 'sync')

        # Types and fields

        def subclasses(type_):
            for each in type.__subclasses__(type_):
                yield each
                yield from subclasses(each)

        def types():
            """Those of the program, all that there are."""
            return {each for each in subclasses(object)
                    if getattr(each, '__module__', '').startswith('cwsgiref')}

        def made_of(type_):
            """The instances that can be made of it without its __init__."""
            def subclass():
                return type('Subclass', (type_,), {})
            for make in (lambda: type_.__new__(type_),
                         lambda: object.__new__(type_),
                         lambda: list.__new__(type_),
                         lambda: subclass()(),
                         lambda: subclass().__new__(subclass()),
                         lambda: object.__new__(subclass())):
                try:
                    yield make()
                except TypeError:
                    pass

        ARGUMENTS = (), (None,), (5,), (b'x',), (None, None), ({}, [])

        def use(thing):
            """All that Python can do with it; it may raise what it likes."""
            for name in dir(thing):
                if name in ('__class__', '__init_subclass__', '__new__',
                            '__subclasshook__', '__reduce_ex__'):
                    continue
                for change in (None, lambda: delattr(thing, name),
                               lambda: setattr(thing, name, None)):
                    if name == '__dict__' and change is not None:
                        continue
                    for arguments in ARGUMENTS:
                        try:
                            if change is not None:
                                change()
                            getattr(thing, name)(*arguments)
                        except Exception:
                            pass
            for function in next, iter, len, repr, str, list, bool, hash:
                try:
                    function(thing)
                except Exception:
                    pass

        def all_types(environ, start_response):
            names = set()
            for type_ in types():
                for thing in made_of(type_):
                    names.add(type_.__name__)
                    use(thing)
            return answer(start_response, ' '.join(sorted(names)))

        def streams(environ, start_response):
            """wsgi.input and what is under it, closed in the end."""
            use(environ['wsgi.input'].raw)
            use(environ['wsgi.input'])
            return answer(start_response, 'used')

        def callables(environ, start_response):
            for arguments, keywords in (((), {5: 1}), ((), {b'x': 1}),
                                        (('200 OK', []), {None: 1})):
                for function in (start_response, environ['wsgi.file_wrapper'],
                                 environ['wsgi.errors'].write,
                                 environ['wsgi.input'].readline):
                    try:
                        function(*arguments, **keywords)
                        raise AssertionError(f'{function} takes {keywords}')
                    except TypeError as error:
                        last = error
            try:
                start_response('200 OK', [], **{5: 1})
            except TypeError as error:
                return answer(start_response, str(error))

        def bare(environ, start_response):
            wrapper = environ['wsgi.file_wrapper']
            start_response('200 OK', [])
            return wrapper.__new__(wrapper)

        with open('on_disk', 'wb') as file:
            file.write(b'on disk')

        def on_disk():
            return open('on_disk', 'rb')

        class Protocol(str):
            """Takes the file from the wrapper when it is looked at, which is
            when the headers are sent."""
            wrapper = None

            def upper(self):
                if self.wrapper is not None:
                    del self.wrapper.filelike
                    self.wrapper = None
                return super().upper()

        def dropped(environ, start_response):
            start_response('200 OK', [])
            result = environ['wsgi.file_wrapper'](on_disk())
            protocol = environ['SERVER_PROTOCOL'] = Protocol('HTTP/1.1')
            protocol.wrapper = result
            return result

        def hello(environ, start_response):
            return answer(start_response, 'hello')
        ''',
    'strange_environ.py': '''
        import os

        class Environ:
            def items(self):
                return ITEMS

        ITEMS = [['LIST', 'list'], ('TUPLE', 'tuple')]
        os.environ = Environ()

        def application(environ, start_response):
            start_response('200 OK', [])
            return [environ['LIST'].encode(), environ['TUPLE'].encode()]
        ''',
    'wrong_environ.py': '''
        import strange_environ
        from strange_environ import application
        strange_environ.ITEMS.append(5)
        ''',
}


def setUpModule():
    global directory
    directory = tempfile.mkdtemp()
    for name, text in FILES.items():
        with open(os.path.join(directory, name), 'w',
                  encoding='utf-8') as file:
            file.write(re.sub('^        ', '', text, flags=re.MULTILINE))


def tearDownModule():
    shutil.rmtree(directory)


class Hostile(unittest.TestCase):

    def start(self, *options):
        return Server([PROGRAM, '--bind', '127.0.0.1:0', *options,
                       'hostile:application'], is_program=True,
                      cwd=directory)

    def ask(self, server, request):
        """The answer."""
        with server.connect() as client:
            client.sendall(request)
            answer = b''
            while data := client.recv(65536):
                answer += data
            return answer


def get(target, *header_lines):
    return '\r\n'.join([f'GET {target} HTTP/1.1', *header_lines, '',
                        '']).encode()


class Applications(Hostile):

    def setUp(self):
        self.server = self.start()
        self.addCleanup(self.server.stop_cleanly)

    def body(self, target):
        return self.ask(self.server, get(target)).partition(b'\r\n\r\n')[2]

    def test_no_type_is_without_what_it_needs(self):
        """These are all that Python can make without their __init__."""
        self.assertEqual(
            self.body('/all_types').split(),
            [b'ErrorWrapper', b'FileWrapper', b'InputWrapper',
             b'IteratorWrapper', b'PartialIteratorWrapper', b'WSGIWarning',
             b'WriteWrapper'])

    def test_streams(self):
        self.ask(self.server, get('/streams'))
        self.assertEqual(self.body('/hello'), b'hello')

    def test_keywords_that_are_no_strings(self):
        self.assertEqual(self.body('/callables'), b'keywords must be strings')

    def test_a_wrapper_without_its_file(self):
        self.assertIn(b'\r\n\r\nA server error occurred.',
                      self.ask(self.server, get('/bare')))
        self.assertRegex(
            self.server.log_of_exchange(),
            r"\nAttributeError: '(cwsgiref\.util\.)?FileWrapper' object has "
            r"no attribute 'filelike'\n")

    def test_a_file_that_is_dropped_while_it_is_sent(self):
        self.assertEqual(self.body('/dropped'), b'on disk')


class Environments(Hostile):
    """os.environ can be replaced; --cgi reads it after the application."""

    def run_cgi(self, application):
        return subprocess.run(
            [PROGRAM, '--cgi', application], cwd=directory, text=True,
            env=environment(), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=PATIENCE)

    def test_pairs_of_any_kind(self):
        done = self.run_cgi('strange_environ')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertTrue(done.stdout.endswith('\nlisttuple'), done.stdout)

    def test_no_pairs(self):
        done = self.run_cgi('wrong_environ')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(done.stderr.endswith(
            '\nTypeError: cannot unpack non-iterable int object\n'),
            done.stderr)


@unittest.skipUnless(importlib.util.find_spec('_testcapi'),
                     'this Python has no _testcapi')
@unittest.skipIf(SANITIZED, 'the allocators of a sanitizer are others')
class Memory(unittest.TestCase):
    """An allocation fails, each once. A call into Python while an exception
    flies shows as a SystemError of CPython's, and a debug build aborts there.
    (script/reliability allocations tries more kinds of requests.)
    """

    STEP = 1 if LONG else 7

    def test_every_allocation(self):
        self.try_all([], ['hello', 'blocks', 'write()', 'read()', 'a file',
                          'an error', 'a hop-by-hop header', 'HTTP/0.9',
                          'no version', 'a version that is too high',
                          'headers', 'a header without a name'])

    def test_those_of_the_validator(self):
        self.try_all(['--validate'], ['read()'])

    def try_all(self, options, names):
        sufferer = Sufferer(ByPython(), options)
        self.addCleanup(sufferer.stop)
        for number, name in enumerate(names):
            with self.subTest(name):
                kind = allocations.try_all(sufferer, name, self.STEP,
                                           number % self.STEP)
                self.assertEqual(kind.wrong, [])
                self.assertGreater(kind.last, 50)


if __name__ == '__main__':
    unittest.main()
