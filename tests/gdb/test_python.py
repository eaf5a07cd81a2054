"""script/gdb --python: a Python program that imports cwsgiref, or that runs on
it without a word of it."""

import importlib.util
import pathlib
import re
import subprocess
import tempfile
import unittest

from tests.gdb import python
from tests.gdb.script import (clean_environment, need_gdb, script_gdb,
                              tree_of_chain)
from tools.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROJECT = ROOT / 'examples' / 'django_project'

PROGRAM = '''\
from cwsgiref.simple_server import make_server, WSGIRequestHandler


class Handler(WSGIRequestHandler):
    def address_string(self):
        return 'somebody'

    def handle(self):
        super().handle()


def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'Hello']


make_server('127.0.0.1', 0, app, handler_class=Handler).serve_forever()
'''


def setUpModule():
    need_gdb()


def session(directory, arguments, commands, **more):
    """What script/gdb --python prints for each of the commands."""
    typed = []
    for command in commands:
        typed += ['-ex', 'echo \\n<<<>>>\\n', '-ex', command]
    done = subprocess.run(
        script_gdb('--batch', *typed, '--python', *arguments), cwd=directory,
        env={**clean_environment(), **more}, timeout=2 * PATIENCE,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    return done.stdout.decode().split('\n<<<>>>\n')


def frames(backtrace):
    """The functions of a backtrace, the newest first."""
    return re.findall(r'^(?:#\d+ +)?([\w.<>]+) \(', backtrace, re.M)


class Python(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def type(self, *commands, program=PROGRAM):
        (self.folder / 'program.py').write_text(program)
        return session(self.folder, ['program.py'], commands)

    def test_an_override_is_in_the_chain(self):
        _, chain, broken = self.type('chain /x', 'break-step 7')
        names = tree_of_chain(chain)
        self.assertIn('\n│       │   ├── Handler.handle(self=<Handler>)\n',
                      chain)
        self.assertIn('Handler.address_string(self=<Handler>)', chain)
        depths = {name: depth for depth, name in names}
        self.assertLess(depths['BaseRequestHandler_init'],
                        depths['WSGIRequestHandler_handle'])
        self.assertNotIn('call_override', depths)
        self.assertIn('somebody - - [', chain)
        self.assertIn('HTTP/1.0 200 OK', chain)
        self.assertIn('Step 7: ', broken)

    def test_an_override_is_in_the_backtrace(self):
        python.need_script()
        said = self.type('break BaseHandler_start_response', 'request /',
                         'backtrace', 'backtrace -no-filters', 'pysrc',
                         'frame function WSGIRequestHandler_handle',
                         'print *self')
        _, pending, stop, backtrace, plain, source, _, value = said
        self.assertIn('pending', pending)
        self.assertIn("status='200 OK'", stop)
        self.assertEqual(frames(backtrace), [
            'BaseHandler_start_response', 'call_start_response', 'app',
            'call_application', 'BaseHandler_run', 'WSGIRequestHandler_handle', 'Handler.handle',
            'BaseRequestHandler_init', 'BaseServer_process_request',
            'BaseServer__handle_request_noblock', 'BaseServer_serve_forever',
            '<module>'])
        self.assertRegex(backtrace, r'Handler\.handle \(\) at .*program\.py:9')
        self.assertIn('python_handle', plain)
        self.assertIn('wsgiref/handlers.py: BaseHandler.start_response\n',
                      source)
        self.assertIn('= <Handler < WSGIRequestHandler < BaseHTTPRequest'
                      'Handler < StreamRequestHandler < BaseRequestHandler> ='
                      ' {\n', value)

    def test_a_program_without_cwsgiref(self):
        _, said = self.type('chain', program='print("Hello")\n')
        self.assertIn('Hello\n', said)
        self.assertIn('The program has ended, and has not imported cwsgiref.',
                      said)

    @unittest.skipUnless(importlib.util.find_spec('django'),
                         'this Python has no Django')
    def test_manage_py_runserver(self):
        python.need_script()
        said = session(
            PROJECT,
            ['-m', 'cwsgiref.as_wsgiref', 'manage.py', 'runserver',
             '--noreload', '0'],
            ['break BaseHandler_run', 'request /admin/login/', 'backtrace',
             'print *self', 'break BaseHandler_start_response', 'continue',
             'backtrace'],
            GUESTBOOK_DATABASE=str(self.folder / 'guestbook.sqlite3'))
        stop, backtrace, value, _, _, second = said[2:]
        self.assertIn('BaseHandler_run (self=<ServerHandler>', stop)
        seen = frames(backtrace)
        self.assertEqual(seen[:4], [
            'BaseHandler_run', 'WSGIRequestHandler.handle_one_request',
            'WSGIRequestHandler.handle', 'BaseRequestHandler_init'])
        self.assertIn('ThreadingMixIn.process_request_thread', seen)
        self.assertRegex(backtrace, r'django/core/servers/basehttp\.py:\d+')
        self.assertIn('= <ServerHandler < ServerHandler < SimpleHandler < '
                      'BaseHandler> = {\n', value)
        seen = frames(second)
        self.assertEqual(seen[0], 'BaseHandler_start_response')
        self.assertIn('WSGIHandler.__call__', seen)
        self.assertLess(seen.index('WSGIHandler.__call__'),
                        seen.index('BaseHandler_run'))


if __name__ == '__main__':
    unittest.main()
