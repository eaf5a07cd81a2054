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

PROGRAM = os.path.abspath(os.environ['CWSGIREF'])
LONG = os.environ.get('CWSGIREF_LONG_TESTS')
SANITIZED = '-fsanitize' in os.environ.get('CWSGIREF_C_FLAGS', '')

FILES = {
    'hostile.py': '''
        import sys
        import traceback

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

        # Memory

        class Armed:
            """Its close() lets an allocation that follows fail."""
            def __init__(self, number):
                self.number = number

            def __iter__(self):
                return iter([b'armed'])

            def close(self):
                import _testcapi
                _testcapi.set_nomemory(self.number, self.number + 1)

        # Without memory, CPython 3.13 crashes where Python code makes a
        # function (it drops the code twice), as that of traceback does.

        def print_exception(kind, value, tb, limit=None, file=None):
            (file or sys.stderr).write('%s: %s\\n' % (kind.__name__, value))

        def print_exc():
            print_exception(*sys.exc_info())

        usual = traceback.print_exception, traceback.print_exc

        def arm(environ, start_response):
            disarm(environ, start_response)
            traceback.print_exception = print_exception
            traceback.print_exc = print_exc
            return Armed(int(environ['QUERY_STRING']))

        def disarm(environ, start_response):
            import _testcapi
            _testcapi.remove_mem_hooks()
            traceback.print_exception, traceback.print_exc = usual
            return answer(start_response, 'disarmed')

        def hello(environ, start_response):
            return answer(start_response, 'hello')

        def blocks(environ, start_response):
            start_response('200 OK', [('X-A', 'v'), ('X-B', 'w')])
            yield b'one'
            yield b'two'

        def written(environ, start_response):
            start_response('200 OK', [])(b'written')
            return []

        def read(environ, start_response):
            return answer(start_response,
                          repr(environ['wsgi.input'].read(5)))

        def file(environ, start_response):
            start_response('200 OK', [])
            return environ['wsgi.file_wrapper'](on_disk())

        def fails(environ, start_response):
            raise RuntimeError('boom')

        def refused(environ, start_response):
            start_response('200 OK', [('Connection', 'close')])
            return []
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


REQUESTS = {
    'hello': get('/hello'),
    'blocks': get('/blocks'),
    'written': get('/written'),
    'read': b'POST /read HTTP/1.0\r\nContent-Length: 5\r\n\r\na\nb\nc',
    'file': get('/file'),
    'fails': get('/fails'),
    'hop-by-hop': get('/refused'),
    'HTTP/0.9': b'GET /hello\r\n\r\n',
    'syntax': b'GET / x y\r\n\r\n',
    'version': b'GET / HTTP/9.1\r\n\r\n',
    'headers': get('/hello', 'Connection: Close', 'Expect: 100-Continue',
                   'Content-Type: text/html; charset=a', 'X-A: 1', 'X-A: 2',
                   'Content-Length: 0'),
    'no name': get('/hello', ': v', 'X-\xe9: v'),
}


@unittest.skipUnless(importlib.util.find_spec('_testcapi'),
                     'this Python has no _testcapi')
@unittest.skipIf(SANITIZED, 'the allocators of a sanitizer are others')
class Memory(Hostile):
    """An allocation fails, each once. A call into Python while an exception
    flies shows as a SystemError of CPython's, and a debug build aborts there.
    """

    STEP = 1 if LONG else 7
    # So many allocations after the last that made a difference. (_colorize of
    # 3.15 passes over 40.)
    ENOUGH = 80

    options = ()

    def test_every_allocation(self):
        self.server = self.start_and_ask()
        self.addCleanup(lambda: self.server.stop())
        for number, (name, request) in enumerate(REQUESTS.items()):
            with self.subTest(name):
                self.try_all(name, request, number % self.STEP)

    def test_those_of_the_validator(self):
        self.options = ['--validate']
        self.server = self.start_and_ask()
        self.addCleanup(lambda: self.server.stop())
        self.try_all('read', REQUESTS['read'], 0)

    def try_all(self, name, request, start):
        self.ask(self.server, request)
        usual = self.ask_safely(request)
        seen = at = start
        while at - seen < self.ENOUGH:
            self.ask(self.server, get(f'/arm?{at}'))
            answer = self.ask_safely(request)
            log = self.disarm()
            self.assertNotIn('returned a result with an exception set', log,
                             (name, at))
            if 'MemoryError' in log or len(answer) != len(usual):
                seen = at
            at += self.STEP
        self.assertGreater(seen, 50, name)
        self.assertEqual(len(self.ask_safely(request)), len(usual), name)

    def ask_safely(self, request):
        """What has come until the server ended the connection, or itself."""
        try:
            return self.ask(self.server, request)
        except OSError as error:
            return str(error).encode()

    def disarm(self):
        """The log. Out of memory in accept() the server ends, as Python's;
        then another one is started."""
        try:
            for _ in range(3):  # the first of them may be out of memory
                if self.is_disarmed() and self.is_disarmed():
                    return self.server.log_of_exchange()
            # CPython's Py_ReprLeave() without memory does nothing, and says
            # nothing: the repr() of sys.stderr, which the validator takes,
            # fails from the next request on.
            log = self.server.stop()[1]
            self.assertIn('reentrant call inside _io.TextIOWrapper', log)
        except OSError:
            self.server.process.wait(PATIENCE)
            status, log = self.server.stop()
            self.assertEqual(status, 1, log)
            self.assertIn('MemoryError', log)
        self.server = self.start_and_ask()
        return log

    def is_disarmed(self):
        return self.ask(self.server, get('/disarm')).endswith(b'disarmed')

    def start_and_ask(self):
        """What the server finds out about its release when a request wants to
        know is compiled; and CPython's compiler crashes without memory."""
        server = self.start(*self.options)
        for request in REQUESTS.values():
            self.ask(server, request)
        return server


if __name__ == '__main__':
    unittest.main()
