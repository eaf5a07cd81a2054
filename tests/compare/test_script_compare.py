"""script/compare: what it says, and its exit status.

CWSGIREF is the path of the program; the script then builds none.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from tools.patience import PATIENCE
from tools.test.ptys import open_pty

from tools.compare import columns, corpus, observer, servers
from tools.compare.cases import CASES
from tools.compare.exchange import Exchange

ROOT = pathlib.Path(servers.HERE).parents[1]
SCRIPT = ROOT / 'script' / 'compare'

compares = False  # it looks at the tools

# It answers in another way where the server is another.
DIFFERS = '''
def application(environ, start_response):
    server = type(environ['wsgi.input']).__module__
    environ['wsgi.errors'].write(f'served by {server}\\n')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'same\\n' * 20, f'{server}\\n'.encode(), b'z' * 5000]
'''

ECHO = '''
class Application:
    def __call__(self, environ, start_response):
        assert 'COMPARE_OBSERVER' not in environ
        size = int(environ['CONTENT_LENGTH'] or 0)
        body = environ['wsgi.input'].read(size)
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return environ['wsgi.file_wrapper'](Body(
            repr((environ['REQUEST_METHOD'], environ['PATH_INFO'],
                  environ.get('HTTP_X_A'), environ['CONTENT_TYPE'],
                  body)).encode()))

class Body:
    def __init__(self, data):
        self.data = data
    def read(self, size):
        data, self.data = self.data, b''
        return data

def make():
    return Application()

nothing = 5
'''


def compare(*arguments, **more):
    """Runs the script."""
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], text=True,
        timeout=2 * PATIENCE,
        **dict(dict(capture_output=True, stdin=subprocess.DEVNULL), **more))


class Script(unittest.TestCase):

    def setUp(self):
        self.maxDiff = None
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        (self.folder / 'differs.py').write_text(DIFFERS)
        (self.folder / 'echo.py').write_text(ECHO)

    def identical(self, *arguments, **more):
        """Returns the one line."""
        done = compare(*arguments, **dict({'cwd': self.folder}, **more))
        self.assertEqual((done.returncode, done.stderr), (0, ''), done)
        self.assertRegex(done.stdout, r'\Aidentical: .*, FIN\n\Z')
        return done.stdout

    def unable(self, message, *arguments):
        """Exit status 2 and one line on stderr."""
        done = compare(*arguments, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ''), done)
        self.assertRegex(done.stderr, rf'\Ascript/compare: .*{message}.*\n\Z')

    def answer(self, *arguments, **more):
        """What the application that echoes has been asked for, as the column
        of the program shows it."""
        done = compare('echo:make()', '-v', *arguments,
                       **dict({'cwd': self.folder}, **more),
                       env=dict(os.environ, COLUMNS='600'))
        self.assertEqual(done.returncode, 0, done)
        shown = re.search(r"^\('.*?\)(?=   )", done.stdout, re.M)[0]
        return eval(shown.replace(r'\\', '\\'))


class Identical(Script):

    def test_one_line(self):
        line = self.identical(ROOT / 'examples' / 'hello.py')
        self.assertRegex(line, r'^identical: HTTP/1\.0 200 OK, \d+ bytes, '
                               r'1 log line, \d+ environ keys, FIN$')

    def test_demo_app(self):
        self.assertRegex(self.identical('--path', '/a?b'),
                         '200 OK, .* bytes, 1 log line, FIN')

    def test_module_in_the_working_directory(self):
        self.identical('echo:make()')

    def test_file(self):
        self.identical(self.folder / 'echo.py:make()', cwd='/')

    def test_application_beside_modules_of_the_comparison(self):
        """Its own `cases` is not that of tools/compare, nor its `tools`."""
        for name in 'cases', 'tools':
            (self.folder / f'{name}.py').write_text(
                'from wsgiref.simple_server import demo_app as application')
            self.identical(name)

    def test_application_not_called(self):
        self.assertRegex(self.identical('echo:make()', '--raw', r'GET\r\n'),
                         'without a head, .*the application was not called')

    def test_options_of_the_server(self):
        for options in (['--threads'], ['--fork'], ['--validate'],
                        ['--threads', '--validate']):
            with self.subTest(options):
                self.identical(ROOT / 'examples' / 'hello.py', *options)

    def test_verbose(self):
        done = compare('-v', cwd=self.folder)
        self.assertEqual(done.returncode, 0)
        for section in 'answer', 'log', 'end':
            self.assertRegex(done.stdout, rf'(?m)^{section} ---')


class Request(Script):

    def test_default(self):
        self.assertEqual(self.answer(), ('GET', '/', None, 'text/plain', b''))

    def test_like_curl(self):
        (self.folder / 'body').write_bytes(b'a=\r\nb\n')
        form = 'application/x-www-form-urlencoded'
        for arguments, expected in (
                (['-X', 'PUT', '--path', '/p'],
                 ('PUT', '/p', None, 'text/plain', b'')),
                (['-H', 'X-A: 1', '-H', 'Content-Type: a/b'],
                 ('GET', '/', '1', 'a/b', b'')),
                (['-I'], ('HEAD', '/', None, 'text/plain', b'')),
                (['-d', 'a=1'], ('POST', '/', None, form, b'a=1')),
                (['-d', '@body'], ('POST', '/', None, form, b'a=b')),
                (['--data-binary', '@body'],
                 ('POST', '/', None, form, b'a=\r\nb\n')),
                (['-X', 'PATCH', '-d', 'x', '-H', 'content-type: t/t'],
                 ('PATCH', '/', None, 't/t', b'x'))):
            with self.subTest(arguments):
                self.assertEqual(self.answer(*arguments), expected)

    def test_whole(self):
        raw = r'LIST /r HTTP/1.1\r\nX-A: 2\r\n\r\n'
        expected = ('LIST', '/r', '2', 'text/plain', b'')
        self.assertEqual(self.answer('--raw', raw), expected)
        file = self.folder / 'request'
        file.write_bytes(raw.encode().decode('unicode_escape').encode())
        self.assertEqual(self.answer('--request', file), expected)
        with open(file, encoding='ascii') as stdin:
            self.assertEqual(self.answer('--request', '-', stdin=stdin),
                             expected)


class Different(Script):

    def show(self, **environment):
        done = compare('differs', cwd=self.folder,
                       env=dict(os.environ, COLUMNS='80', **environment))
        self.assertEqual((done.returncode, done.stderr), (1, ''), done)
        return done.stdout

    def test_marked_without_colour(self):
        page = self.show()
        self.assertNotIn('\033', page)
        self.assertRegex(page, r'(?m)^wsgiref\.simple_server +cwsgiref$')
        self.assertRegex(page, r'(?m)^_io\\n +\| cwsgiref\.io\\n$')
        self.assertRegex(page,
                         r'(?m)^served by _io\\n +\| served by cwsgiref\.io')
        self.assertRegex(page, r'(?m)^\(\d+ lines the same\)$')
        self.assertRegex(page, r'(?m)^environ: the same, \d+ lines$')
        self.assertRegex(page, r'\ndifferent: answer, log\n\Z')

    def test_fits(self):
        for line in self.show().splitlines():
            self.assertLessEqual(len(line), 80)
        self.assertIn('...(5000 characters)', self.show())

    def test_environ(self):
        """Only what may differ in environ may."""
        came_back = Exchange(b'HTTP/1.0 200 OK\r\n\r\n', 'FIN', '')
        python = ["SERVER_PORT = '1'", "A = 'a'"]
        for program, same in ((["SERVER_PORT = '2'", "A = 'a'"], True),
                              (["SERVER_PORT = '2'", "A = 'b'"], False),
                              (["SERVER_PORT = '2'"], False)):
            lines, identical = columns.compare(
                columns.Side(came_back, python),
                columns.Side(came_back, program), columns.Page(80, False))
            self.assertEqual(identical, same)
            self.assertEqual(lines[-1], 'identical: HTTP/1.0 200 OK, '
                             '19 bytes, 0 log lines, 2 environ keys, FIN'
                             if same else 'different: environ')

    def test_colour(self):
        """On a terminal, unless NO_COLOR says otherwise."""
        for environment, coloured in (({}, True), ({'NO_COLOR': '1'}, False)):
            environment = dict(os.environ, **environment)
            if coloured:
                environment.pop('NO_COLOR', None)
            self.assertEqual('\033[31m' in self.on_terminal(environment),
                             coloured)

    def on_terminal(self, environment):
        ours, theirs = open_pty()
        with open(ours, 'rb', closefd=True) as terminal:
            process = subprocess.Popen([sys.executable, SCRIPT, 'differs'],
                                       cwd=self.folder, stdout=theirs,
                                       env=environment)
            os.close(theirs)
            shown = b''
            try:
                while block := os.read(terminal.fileno(), 4096):
                    shown += block
            except OSError:  # the other end is closed
                pass
            self.assertEqual(process.wait(PATIENCE), 1)
        return shown.decode()

    def test_server_that_dies(self):
        (self.folder / 'dies.py').write_text(
            'import os\n'
            'def application(environ, start_response):\n'
            "    if 'cws' in type(environ['wsgi.input']).__module__:\n"
            '        os._exit(3)\n'
            "    start_response('200 OK', [('Content-Type', 'a/b')])\n"
            "    return [b'']\n")
        done = compare('dies', cwd=self.folder,
                       env=dict(os.environ, COLUMNS='200'))
        self.assertEqual((done.returncode, done.stderr), (1, ''), done)
        self.assertIn('the server ended with 3', done.stdout)


class Case(Script):

    def test_list(self):
        done = compare('--list')
        self.assertEqual(
            [line.split()[0] for line in done.stdout.splitlines()],
            [case.name for case in CASES])

    def test_one(self):
        done = compare('--case', 'line-one-word')
        self.assertEqual((done.returncode, done.stderr), (0, ''), done)
        self.assertRegex(done.stdout, r'\Aline-one-word: ')
        self.assertIn('<!DOCTYPE HTML>', done.stdout)
        self.assertRegex(done.stdout, r'\nidentical: .*\n\Z')

    def test_no_such_case(self):
        self.unable("no case 'line-ones-word'; did you mean line-one-word",
                    '--case', 'line-ones-word')
        self.unable("no case 'zzzzzzzz'; .*--list", '--case', 'zzzzzzzz')


class Unable(Script):

    def test_no_such_module(self):
        self.unable("no module 'nowhere'", 'nowhere')
        self.unable("no module 'echo.inner'", 'echo.inner:app')

    def test_no_such_file(self):
        self.unable('no file nowhere.py', 'nowhere.py')
        self.unable('nowhere: No such file', '--request', 'nowhere')
        self.unable('nowhere: No such file', '-d', '@nowhere')

    def test_raw_that_is_not_of_bytes(self):
        self.unable('--raw has no other escapes', '--raw', r'\u20ac')

    def test_no_application_in_it(self):
        self.unable("has no 'application'", 'echo')
        self.unable("has no 'other'", 'echo:other')
        self.unable('cannot be called', 'echo:nothing')

    def test_application_that_fails(self):
        """Its own traceback, and none of ours."""
        (self.folder / 'fails.py').write_text('1 / 0')
        done = compare('fails', cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        self.assertRegex(done.stderr, '(?s)script/compare: fails has failed'
                                      '.*ZeroDivisionError')

    def test_usage(self):
        self.unable('unrecognized.*--help', '--nonsense')
        self.unable('whole requests', '--raw', 'x', '-X', 'PUT')
        self.unable('two requests', '--raw', 'x', '--request', 'y')
        self.unable('not both', '--threads', '--fork')
        self.unable('exclude', 'echo', '--case', 'ok')

    def test_python(self):
        """One that cannot be embedded, before anything is built."""
        (self.folder / 'python').write_text('#!/bin/sh\necho is not one\n')
        (self.folder / 'python').chmod(0o755)
        environment = {name: value for name, value in os.environ.items()
                       if name != 'CWSGIREF'}
        for python, message in ((self.folder / 'python', 'is not one'),
                                ('/nowhere/python3', 'there is no /nowhere'),
                                ('false', 'is no Python')):
            with self.subTest(python):
                done = compare('--python', python, env=environment)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertIn(message, done.stderr)


class Corpus(unittest.TestCase):

    def test_every_case_is_in_it(self):
        tests = {test.id().rpartition('.')[2]
                 for each in corpus.test_classes(
                     str(ROOT / 'tests' / 'compare'))
                 for test in corpus.tests_of(each)}
        missing = {'test_' + case.name.replace('-', '_') for case in CASES}
        self.assertEqual(missing - tests, set())

    def test_count(self):
        """Of two cases, one of which differs."""
        class Two(unittest.TestCase):
            def test_same(self):
                pass

            def test_other(self):
                self.fail('- this\n+ that')

        result = corpus.Result(corpus.counter())
        unittest.defaultTestLoader.loadTestsFromTestCase(Two).run(result)
        self.assertEqual(result.progress.value, 2)
        self.assertEqual([text for _, text in result.differences],
                         ['- this\n+ that'])


class Observer(unittest.TestCase):

    def test_the_result_is_the_very_same(self):
        result = iter([b''])

        def application(environ, start_response):
            start_response('200 OK', [])
            return result

        with tempfile.TemporaryDirectory() as folder:
            observe = observer.observed(application, folder + '/environ')
            environ = {'PATH_INFO': '/', 'SERVER_PROTOCOL': 'HTTP/1.1'}
            self.assertIs(observe(environ, lambda *arguments: None), result)


if __name__ == '__main__':
    unittest.main()
