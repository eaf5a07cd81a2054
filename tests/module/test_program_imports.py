"""`import cwsgiref` in an application: the classes are those of the program
that serves it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import textwrap
import unittest

from tests.program import running
from tools.patience import PATIENCE

from .module import BUILD, ROOT

# Imports all before the server is there.
EARLY = '''
import threading
import urllib.request
import warnings

from cwsgiref import (
    handlers, headers, simple_server, socketserver, util, validate)
from cwsgiref.http import server as http_server


def serving(environ, handler):
    """What is of the package, one word each."""
    request_handler = handler.request_handler
    if type(handler) is simple_server.ServerHandler:
        yield 'handler'
    if type(handler.headers) is headers.Headers:
        yield 'headers'
    if type(request_handler) is simple_server.WSGIRequestHandler:
        yield 'request_handler'
    if isinstance(request_handler.server, simple_server.WSGIServer):
        yield 'server'
    if environ['wsgi.file_wrapper'] is util.FileWrapper:
        yield 'file_wrapper'
    if request_handler.rfile is environ['wsgi.input']:
        yield 'rfile'
    if handler.get_stdin() is environ['wsgi.input']:
        yield 'method'
    if request_handler.address_string() == environ['REMOTE_ADDR']:
        yield 'inherited method'
    if (issubclass(simple_server.WSGIServer, socketserver.TCPServer)
            and issubclass(http_server.HTTPServer, socketserver.TCPServer)):
        yield 'bases'
    handler.remark = 'set'
    if vars(handler) == {'remark': 'set'}:
        yield 'attribute'


def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [' '.join(serving(environ, start_response.__self__)).encode()]


# What a Python subclass of the same classes does in this process.

class Handler(simple_server.WSGIRequestHandler):
    def log_message(self, format, *args):
        pass

    def get_environ(self):
        return {**super().get_environ(), 'MINE': 'yes'}


def inner(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [environ['MINE'].encode(), b' ',
            type(start_response.__self__.request_handler).__name__.encode()]


def with_server(environ, start_response):
    with simple_server.make_server('127.0.0.1', 0, inner,
                                   handler_class=Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f'http://127.0.0.1:{server.server_port}/'
        answer = urllib.request.urlopen(url).read()
        thread.join()
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [answer]


def validated(environ, start_response):
    words = []
    if type(environ['wsgi.input']) is validate.InputWrapper:
        words.append('input')
    if type(environ['wsgi.errors']) is validate.ErrorWrapper:
        words.append('errors')
    write = start_response('200 OK', [('Content-Type', 'text/plain')])
    if type(write) is validate.WriteWrapper:
        words.append('write')
    return [' '.join(words).encode()]
'''

# Imports it while a request is handled, of which the objects are there before.
LATE = '''
def app(environ, start_response):
    handler = start_response.__self__
    start_response('200 OK', [('Content-Type', 'text/plain')])
    try:
        type(handler)(None, None, None, {})
    except TypeError as error:
        refused = str(error)
    else:
        refused = 'by import'
    import cwsgiref.simple_server
    made = cwsgiref.simple_server.ServerHandler(None, None, None, {})
    return [f'{type(handler) is type(made)} {handler.status} '
            f'{handler.headers} {made.headers} {refused}'.encode()]
'''

# Says where it has been found.
WHERE = '''
import cwsgiref
import _cwsgiref


def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [f'{cwsgiref.__file__} {_cwsgiref.__spec__.origin}'.encode()]
'''

CGI = {'REQUEST_METHOD': 'GET', 'SERVER_NAME': 'x', 'SERVER_PORT': '80'}


class ProgramImports(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name, text in ('early', EARLY), ('late', LATE), ('where', WHERE):
            (cls.folder / f'{name}.py').write_text(textwrap.dedent(text))

    def serve(self, *arguments):
        server = running.Server('--bind', '127.0.0.1', '-C', self.folder,
                                *arguments)
        self.addCleanup(server.__exit__)
        return server

    def words(self, *arguments):
        status, body = self.serve(*arguments).get()
        self.assertEqual(status, 200)
        return body.split()

    WORDS = ('handler headers request_handler server file_wrapper rfile '
             'method inherited method bases attribute').split()

    def test_the_classes_are_those_that_serve(self):
        for options in [], ['--threads'], ['--fork']:
            with self.subTest(options):
                self.assertEqual(self.words(*options, 'early:app'),
                                 self.WORDS)

    def test_a_subclass_in_the_same_process(self):
        self.assertEqual(self.words('early:with_server'), ['yes', 'Handler'])

    def test_validate(self):
        self.assertEqual(self.words('--validate', 'early:validated'),
                         ['input', 'errors', 'write'])

    def test_an_import_while_a_request_is_handled(self):
        server = self.serve('late:app')
        name = 'cwsgiref.simple_server.ServerHandler'
        head = 'True 200 OK Content-Type: text/plain\r\n\r\n None '
        self.assertEqual(server.get(), (200, head + 'cannot create '
                                        f"'{name}' instances"))
        self.assertEqual(server.get(), (200, head + 'by import'))

    def where(self, program, cwd=None, **environment):
        done = subprocess.run(
            [program, '--cgi', self.folder / 'where.py'], text=True,
            env=running.environment(**CGI, **environment), cwd=cwd,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
            check=False)
        self.assertEqual(done.stderr, '')
        return done.stdout.rpartition('\n')[2].split()

    def test_it_is_found_beside_the_build(self):
        package, module = self.where(running.PROGRAM)
        self.assertTrue(os.path.samefile(
            package, ROOT / 'python' / 'cwsgiref' / '__init__.py'), package)
        self.assertEqual(module, 'built-in')

    def test_what_else_has_the_name_is_not_it(self):
        for folder in self.folder, self.folder / 'cwsgiref':
            folder = folder / 'cwsgiref'
            folder.mkdir()
            self.addCleanup(shutil.rmtree, folder)
        (folder / '__init__.py').write_text('')
        package, _ = self.where(running.PROGRAM, self.folder,
                                PYTHONPATH=str(self.folder / 'cwsgiref'))
        self.assertFalse(package.startswith(str(self.folder)), package)

    def test_it_is_found_where_it_is_installed(self):
        prefix = self.folder / 'prefix'
        done = subprocess.run(
            ['cmake', '--install', BUILD, '--prefix', prefix],
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        package, module = self.where(prefix / 'bin' / 'cwsgiref')
        self.assertTrue(os.path.realpath(package).startswith(
            str(prefix.resolve())), package)
        self.assertEqual(module, 'built-in')

    def test_a_program_alone_has_none(self):
        program = self.folder / 'alone'
        shutil.copy(running.PROGRAM, program)
        self.addCleanup(program.unlink)
        done = subprocess.run(
            [program, '--cgi', self.folder / 'where.py'], text=True,
            env=running.environment(**CGI), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=PATIENCE, check=False)
        self.assertIn("No module named 'cwsgiref'", done.stderr)


if __name__ == '__main__':
    unittest.main()
