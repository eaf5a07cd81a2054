"""Programs that know nothing of cwsgiref, started by cwsgiref.as_wsgiref and
used by a client.

programs/watched.py says where each listens, and in each answer, which classes
of ours are in use.
"""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import xmlrpc.client
from pathlib import Path

from tests.examples.served import Browser, needs_module
from tools.patience import PATIENCE
from tools.processes import is_asleep
from tools.server import Server

from .module import environment, python

PROGRAMS = Path(__file__).with_name('programs')
DJANGO = Path(__file__).parents[2] / 'examples/django_project'

SERVERS = {'BaseServer', 'TCPServer', 'HTTPServer'}
REQUESTS = {'BaseRequestHandler', 'StreamRequestHandler',
            'BaseHTTPRequestHandler'}
WSGI = {'WSGIServer', 'WSGIRequestHandler', 'BaseHandler', 'SimpleHandler'}


class Program(unittest.TestCase):

    def start(self, *arguments, **more):
        path = os.pathsep.join(
            [str(PROGRAMS), environment()['PYTHONPATH']])
        directory = self.enterContext(tempfile.TemporaryDirectory())
        program = Server(
            [sys.executable, '-X', 'faulthandler', '-m', 'cwsgiref.as_wsgiref',
             *map(str, arguments)], cwd=more.pop('cwd', directory),
            env={**environment(), 'PYTHONPATH': path, **more})
        self.addCleanup(self.end, program)
        return program

    def end(self, program):
        # While a request ends, handle_error() takes a KeyboardInterrupt.
        deadline = time.monotonic() + PATIENCE
        while not is_asleep(program.process.pid):
            self.assertLess(time.monotonic(), deadline, program.log())
            time.sleep(0.001)
        program.process.send_signal(signal.SIGINT)
        try:
            program.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.fail('it has not ended' + program.and_log())
        finally:
            log = program.log()
            program.kill()
        self.assertNotIn('Exception occurred during processing', log)

    def connect(self, program):
        connection = http.client.HTTPConnection('127.0.0.1', program.port,
                                                timeout=PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def send(self, connection, method, path, body=None, headers={}):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response, response.read()

    def assert_ours(self, names, least):
        self.assertLessEqual(least, set(names.split()))


class Frameworks(Program):

    def check(self, program, least):
        form = {'Content-Type': 'application/x-www-form-urlencoded'}
        for word in ('', 'x' * 100_000):
            response, body = self.send(
                self.connect(program), 'POST', '/ann',
                urllib.parse.urlencode({'word': word}), form)
            self.assertEqual((response.status, body.decode()),
                             (200, f'ann: {word}'), program.log())
            self.assert_ours(response.headers['X-Classes'], least)

    @needs_module('bottle', 'python3-bottle')
    def test_bottle(self):
        program = self.start(PROGRAMS / 'bottle_run.py')
        self.check(program, SERVERS | REQUESTS | WSGI)

    @needs_module('flask', 'python3-flask')
    def test_flask_run(self):
        program = self.start('-m', 'flask', 'run', '--port', '0',
                             FLASK_APP=str(PROGRAMS / 'flask_app.py'))
        self.check(program, SERVERS | REQUESTS)

    @needs_module('flask', 'python3-flask')
    def test_flask_run_with_reloader(self):
        program = self.start(
            '-m', 'flask', '--debug', 'run', '--port', '0',
            FLASK_APP=str(PROGRAMS / 'flask_app.py'))
        self.check(program, SERVERS | REQUESTS)

    @needs_module('pyramid', 'python3-pyramid')
    def test_pyramid(self):
        program = self.start(PROGRAMS / 'pyramid_recipe.py')
        self.check(program, SERVERS | REQUESTS | WSGI)

    @needs_module('webob', 'python3-webob')
    def test_webob(self):
        program = self.start(PROGRAMS / 'webob_recipe.py')
        self.check(program, SERVERS | REQUESTS | WSGI)


@needs_module('django', 'python3-django')
class Django(Program):
    """manage.py runserver"""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.project = Path(self.directory) / 'project'
        shutil.copytree(DJANGO, self.project)
        self.more = {
            'GUESTBOOK_DATABASE': f'{self.directory}/guestbook.sqlite3',
            'DJANGO_SETTINGS_MODULE': 'watched_settings',
            'DJANGO_SUPERUSER_PASSWORD': 'secret',
        }
        os.environ.update(self.more)
        for name in self.more:
            self.addCleanup(os.environ.pop, name)
        for command in (['migrate'], ['createsuperuser', '--noinput',
                                      '--username', 'ann',
                                      '--email', 'ann@example.org']):
            os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'
            done = python('manage.py', *command, cwd=self.project)
            self.assertEqual(done.returncode, 0, done.stderr)

    def serve(self, *options):
        program = self.start('manage.py', 'runserver', *options, '127.0.0.1:0',
                             cwd=self.project, **self.more)
        connection = self.connect(program)
        response, body = self.send(connection, 'GET', '/')
        self.assertEqual(response.status, 200)
        self.assertIn(b'No entries yet.', body)
        self.assert_ours(response.headers['X-Classes'],
                         SERVERS | REQUESTS | WSGI)
        return program

    def check(self, program):
        browser = Browser(f'http://127.0.0.1:{program.port}/')
        page = browser.submit(browser.get('/admin/'), username='ann',
                              password='secret')
        self.assertIn('Site administration', page.text)
        page = browser.submit(browser.get('/'), name='Zoë', message='Hi.')
        self.assertIn('Zoë', page.text)
        self.assertEqual(browser.get('/', b'name=a&message=b').status, 403)
        for path in page.stylesheets:
            response, body = self.send(self.connect(program), 'GET', path)
            self.assertEqual((response.status, len(body)),
                             (200, int(response.headers['Content-Length'])))

    def check_one_connection(self, program):
        connection = self.connect(program)
        sock = None
        for path in ('/', '/admin/login/', '/static/guestbook/style.css'):
            response, body = self.send(connection, 'GET', path)
            self.assertEqual(response.status, 200)
            self.assertTrue(body)
            self.assertIn(sock, (None, connection.sock))
            sock = connection.sock
        self.assertIsNotNone(sock)

    def test_with_threads_and_autoreload(self):
        program = self.serve()
        self.check(program)
        self.check_one_connection(program)

    def test_an_edited_file(self):
        program = self.serve()
        views = self.project / 'guestbook/views.py'
        found = None
        for edit in range(1, 11):
            # its time must be another one, whatever the file system's clock
            # does; and Django sees no change of a file that it has not looked
            # at yet, which it does once a second
            later = views.stat().st_mtime + 10
            os.utime(views, (later, later))
            with contextlib.suppress(TimeoutError):
                found = program.stdout.find(program.announces, PATIENCE / 10)
                break
        self.assertIsNotNone(found, f'{edit} edits, and nothing happens')
        program.port = int(found[1])
        self.check(program)

    def test_without_autoreload_and_threads(self):
        self.check(self.serve('--noreload', '--nothreading'))

    def test_without_autoreload(self):
        program = self.serve('--noreload')
        self.check(program)
        self.check_one_connection(program)


class OfPython(Program):

    def test_xmlrpc_server(self):
        program = self.start(PROGRAMS / 'xmlrpc_server.py')
        url = f'http://127.0.0.1:{program.port}/'
        with xmlrpc.client.ServerProxy(url) as proxy:
            self.assertEqual(proxy.pow(6, 8), 6 ** 8)
            self.assert_ours(proxy.classes(),
                             {'TCPServer', 'BaseHTTPRequestHandler'})
            with self.assertRaises(xmlrpc.client.Fault):
                proxy.nothing()

    def test_http_server(self):
        """Its own line says the port; what is mapped, whose it is."""
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (directory / 'a.txt').write_text('hello\n' * 10_000)
        program = self.start('-m', 'http.server', '--bind', '127.0.0.1',
                             '--directory', directory, '0',
                             PYTHONUNBUFFERED='1')
        maps = Path(f'/proc/{program.process.pid}/maps').read_text()
        self.assertIn('/_cwsgiref.', maps)
        connection = self.connect(program)
        response, body = self.send(connection, 'GET', '/a.txt')
        self.assertEqual((response.status, body), (200, b'hello\n' * 10_000))
        response, body = self.send(self.connect(program), 'GET', '/')
        self.assertIn(b'a.txt', body)
        response, body = self.send(self.connect(program), 'GET', '/b.txt')
        self.assertEqual(response.status, 404)


if __name__ == '__main__':
    unittest.main()
