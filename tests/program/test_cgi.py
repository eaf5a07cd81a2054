"""cwsgiref --cgi beside a Python program that uses wsgiref's CGIHandler: as
plain processes with a CGI environment, and as CGI scripts under lighttpd."""

import contextlib
import http.client
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from tools.compare.differences import without_differences
from tools.patience import PATIENCE
from tools.server import Server

PROGRAM = os.path.abspath(os.environ['CWSGIREF'])
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples'
LIGHTTPD = shutil.which('lighttpd', path=os.environ['PATH'] + ':/usr/sbin')

FILES = {
    'apps.py': r'''
        import sys, time

        PLAIN = [('Content-Type', 'text/plain')]

        def hello(environ, start_response):
            start_response('200 OK', PLAIN[:])
            return [b'Hello, world!\n']

        def blocks(environ, start_response):
            start_response('200 OK', PLAIN[:])
            return iter([b'one\n', b'', b'two\n'])

        def written(environ, start_response):
            start_response('200 OK', PLAIN[:])(b'written\n')
            return [b'returned\n']

        def nothing(environ, start_response):
            start_response('204 No Content', [])
            return []

        def length(environ, start_response):
            start_response('200 OK', PLAIN + [('Content-Length', '5')])
            return [] if environ['REQUEST_METHOD'] == 'HEAD' else [b'12345']

        def cookies(environ, start_response):
            start_response('404 Not \xe0 Page', [
                ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2'),
                ('Date', 'Mon, 05 Jun 2006 18:49:54 GMT'),
                ('X-Latin', 'caf\xe9')])
            return [b'not found']

        def redirect(environ, start_response):
            start_response('302 Found', [('Location', '/elsewhere')])
            return []

        def environment(environ, start_response):
            """What it is called with, but for what no two requests share."""
            start_response('200 OK', PLAIN[:])
            values = {k: repr(v) for k, v in environ.items()}
            values['wsgi.file_wrapper'] = \
                environ['wsgi.file_wrapper'].__name__
            values.pop('REMOTE_PORT', None)
            return [('%s = %s\n' % item).encode()
                    for item in sorted(values.items())]

        def echo(environ, start_response):
            left = int(environ.get('CONTENT_LENGTH') or 0)
            start_response('200 OK', [
                ('Content-Type', 'application/octet-stream'),
                ('Content-Length', str(left))])
            while left > 0:
                block = environ['wsgi.input'].read(min(left, 65536))
                if not block:
                    break
                left -= len(block)
                yield block

        def lines(environ, start_response):
            start_response('200 OK', PLAIN[:])
            stream = environ['wsgi.input']
            return [stream.readline(), repr(stream.readlines()).encode()]

        def file(environ, start_response):
            start_response('200 OK', PLAIN[:])
            return environ['wsgi.file_wrapper'](environ['wsgi.input'], 1000)

        def says(environ, start_response):
            print('to the log', file=environ['wsgi.errors'])
            start_response('200 OK', PLAIN[:])
            return []

        def before(environ, start_response):
            raise RuntimeError('before the headers')

        def between(environ, start_response):
            start_response('200 OK', PLAIN[:])
            raise RuntimeError('between the headers and the body')

        def after(environ, start_response):
            start_response('200 OK', PLAIN[:])(b'some')
            raise RuntimeError('after the headers')

        def breaks(environ, start_response):
            start_response('200 OK', PLAIN[:])
            yield b'some'
            raise RuntimeError('while it answers')

        def exits(environ, start_response):
            sys.exit(3)

        def no_status(environ, start_response):
            return [b'text']

        def hop(environ, start_response):
            start_response('200 OK', [('Connection', 'close')])
            return [b'text']

        def text(environ, start_response):
            start_response('200 OK', PLAIN[:])
            return ['text']

        def prints(environ, start_response):
            start_response('200 OK', PLAIN[:])
            print('printed', flush=True)
            return [b'answered\n']

        def sleeps(environ, start_response):
            print('asleep', file=environ['wsgi.errors'], flush=True)
            time.sleep(1000)

        def big(environ, start_response):
            start_response('200 OK', PLAIN[:])
            return [b'%7d\n' % i * 1000 for i in range(400)]

        def by_path(environ, start_response):
            """The application that the path names first."""
            name = environ['PATH_INFO'].split('/')[1]
            return globals()[name](environ, start_response)
        ''',
    'reference.py': '''
        import sys
        from wsgiref.handlers import CGIHandler

        module, _, name = sys.argv[1].partition(':')
        CGIHandler().run(getattr(__import__(module), name))
        ''',
}

GET = {
    'GATEWAY_INTERFACE': 'CGI/1.1',
    'SERVER_PROTOCOL': 'HTTP/1.1',
    'SERVER_SOFTWARE': 'some/1.0',
    'SERVER_NAME': 'localhost',
    'SERVER_PORT': '80',
    'REQUEST_METHOD': 'GET',
    'SCRIPT_NAME': '/app.cgi',
    'PATH_INFO': '/path',
    'QUERY_STRING': 'a=1&b=2',
    'REMOTE_ADDR': '127.0.0.1',
    'HTTP_HOST': 'localhost',
}


def post(body):
    return {**GET, 'REQUEST_METHOD': 'POST', 'CONTENT_TYPE': 'text/plain',
            'CONTENT_LENGTH': str(len(body))}


def setUpModule():
    global directory
    directory = pathlib.Path(tempfile.mkdtemp()).resolve()
    for name, text in FILES.items():
        text = re.sub('^        ', '', text, flags=re.MULTILINE)
        (directory / name).write_text(text)


def tearDownModule():
    shutil.rmtree(directory)


def passed_on():
    """What the tests' own environment has for the program."""
    names = ('PATH', 'LD_LIBRARY_PATH', 'PYTHONMALLOC', 'ASAN_OPTIONS',
             'LSAN_OPTIONS', 'UBSAN_OPTIONS')
    variables = {n: os.environ[n] for n in names if n in os.environ}
    return {**variables, 'PYTHONDONTWRITEBYTECODE': '1'}


def commands(app):
    return ([PROGRAM, '--cgi', 'apps:' + app],
            [sys.executable, 'reference.py', 'apps:' + app])


def run(command, variables, stdin=b'', **options):
    """A CGI program, run to its end: exit code, answer, log."""
    options.setdefault('stdout', subprocess.PIPE)
    done = subprocess.run(
        command, env={**passed_on(), **variables}, cwd=directory,
        input=stdin, stderr=subprocess.PIPE, timeout=PATIENCE, **options)
    return (done.returncode, done.stdout,
            without_differences(done.stderr.decode()))


class ProcessTest(unittest.TestCase):
    """With nothing but an environment, stdin, stdout and stderr."""

    maxDiff = None

    def assert_same(self, app, variables=GET, stdin=b''):
        """The exit code, the answer and the log, which Python's has too."""
        ours, pythons = (run(c, variables, stdin) for c in commands(app))
        self.assertEqual(ours, pythons)
        return ours

    def test_the_answer_is_for_a_web_server(self):
        self.assertEqual(self.assert_same('hello'), (
            0, b'Status: 200 OK\r\nContent-Type: text/plain\r\n'
               b'Content-Length: 14\r\n\r\nHello, world!\n', ''))

    def test_answers(self):
        for app in ('blocks', 'written', 'nothing', 'length', 'cookies',
                    'redirect', 'environment', 'says', 'prints', 'big'):
            for method in 'GET', 'HEAD', 'OPTIONS':
                with self.subTest(app=app, method=method):
                    self.assert_same(app, {**GET, 'REQUEST_METHOD': method})

    def test_no_content_length_where_none_is_known(self):
        _, answer, _ = self.assert_same('blocks')
        self.assertEqual(answer, b'Status: 200 OK\r\n'
                                 b'Content-Type: text/plain\r\n\r\n'
                                 b'one\ntwo\n')

    def test_head_keeps_the_length_that_is_told(self):
        _, answer, _ = self.assert_same('length',
                                        {**GET, 'REQUEST_METHOD': 'HEAD'})
        self.assertEqual(answer, b'Status: 200 OK\r\n'
                                 b'Content-Type: text/plain\r\n'
                                 b'Content-Length: 5\r\n\r\n')

    def test_bodies(self):
        for app in 'echo', 'lines', 'file':
            for body in (b'', b'one line\n', b'a\nb\r\nc', bytes(range(256)),
                         bytes(range(256)) * 12000):
                with self.subTest(app=app, size=len(body)):
                    self.assert_same(app, post(body), body)

    def test_a_body_that_is_not_as_long_as_announced(self):
        for variables in post(b'12345'), post(b'123456789'), GET:
            with self.subTest(length=variables.get('CONTENT_LENGTH')):
                self.assert_same('echo', variables, b'1234567')

    def test_errors_before_the_headers(self):
        for app in 'before', 'between', 'no_status', 'hop', 'text', 'exits':
            with self.subTest(app=app):
                code, answer, log = self.assert_same(app)
                self.assertEqual(code, 0)
                self.assertEqual(
                    answer, b'Status: 500 Internal Server Error\r\n'
                            b'Content-Type: text/plain\r\n'
                            b'Content-Length: 59\r\n\r\n'
                            b'A server error occurred.  Please contact the '
                            b'administrator.')
                self.assertIn('Traceback (most recent call last)', log)

    def test_errors_after_the_headers(self):
        for app in 'after', 'breaks':
            with self.subTest(app=app):
                _, answer, log = self.assert_same(app)
                self.assertEqual(answer, b'Status: 200 OK\r\nContent-Type: '
                                         b'text/plain\r\n\r\nsome')
                self.assertIn('RuntimeError', log)

    def test_variables_that_are_bytes(self):
        values = (b'/caf\xc3\xa9', b'/caf\xe9', b'/\xff\xfe\x80', b'/%E9',
                  b'/\xe2\x82\xac', b'', b'/a b\t"\'\\')
        names = ('PATH_INFO', 'SCRIPT_NAME', 'QUERY_STRING', 'HTTP_X_LATIN',
                 'REMOTE_USER', 'AUTH_TYPE', 'HTTP_', 'SSL_CLIENT_S_DN',
                 'REDIRECT_URL', 'REDIRECT_HTTP_X', 'REDIRECT_SSL_X',
                 'REDIRECT_REDIRECT_PATH_INFO', 'PATH_TRANSLATED',
                 'REQUEST_URI', 'NOT_OF_THE_REQUEST')
        for value in values:
            with self.subTest(value=value):
                self.assert_same('environment',
                                 {**GET, **dict.fromkeys(names, value)})
        _, answer, _ = self.assert_same(
            'environment', {**GET, **dict.fromkeys(names, b'/caf\xc3\xa9')})
        for line in ("PATH_INFO = '/caf\xc3\xa9'", "HTTP_ = '/caf\xc3\xa9'",
                     "REDIRECT_SSL_X = '/caf\xc3\xa9'",
                     "REDIRECT_URL = '/caf\xe9'", "REQUEST_URI = '/caf\xe9'"):
            self.assertIn(line, answer.decode().splitlines())

    def test_locales(self):
        """What the environment is decoded with, and read back from."""
        for locale in ({'LANG': 'C.UTF-8'}, {'LC_ALL': 'C'},
                       {'LC_ALL': 'POSIX', 'PYTHONCOERCECLOCALE': '0'},
                       {'LC_ALL': 'C', 'PYTHONUTF8': '0',
                        'PYTHONCOERCECLOCALE': '0'},
                       {'PYTHONUTF8': '1'},
                       {'PYTHONIOENCODING': 'latin-1'}):
            with self.subTest(locale=locale):
                self.assert_same('environment',
                                 {**GET, **locale, 'HTTPS': 'on',
                                  'PATH_INFO': b'/caf\xc3\xa9 \xff'})

    def test_an_environment_that_lacks_everything(self):
        self.assert_same('environment', {})
        self.assert_same('hello', {})
        self.assert_same('echo', {})

    def test_the_scheme_is_that_of_the_request(self):
        for https in 'on', '1', 'yes', 'off', '':
            with self.subTest(https=https):
                _, answer, _ = self.assert_same('environment',
                                                {**GET, 'HTTPS': https})
                scheme = 'https' if https in ('on', '1', 'yes') else 'http'
                self.assertIn(b"wsgi.url_scheme = '%s'" % scheme.encode(),
                              answer)

    def test_the_flags_are_those_of_a_cgi_program(self):
        _, answer, _ = self.assert_same('environment')
        for line in (b'wsgi.run_once = True', b'wsgi.multithread = False',
                     b'wsgi.multiprocess = True', b'wsgi.version = (1, 0)'):
            self.assertIn(line, answer.splitlines())

    def test_a_web_server_that_does_not_read(self):
        for app in 'hello', 'big':
            for command in commands(app):
                with self.subTest(app=app, command=command[0]):
                    reader, writer = os.pipe()
                    os.close(reader)
                    with open(writer, 'wb') as stdout:
                        _, _, log = run(command, GET, stdout=stdout)
                    self.assertNotIn('Traceback', log)

    # A web server ends by SIGTERM the scripts whose client has gone: that is
    # nothing to write into its log.
    def test_sigterm_ends_it_without_a_word(self):
        for command in commands('sleeps'):
            with self.subTest(command=command[0]):
                self.assertEqual(self.end_asleep(command, signal.SIGTERM),
                                 (-signal.SIGTERM, b'', ''))

    def test_sigint_is_an_error_of_the_application(self):
        for command in commands('sleeps'):
            code, answer, log = self.end_asleep(command, signal.SIGINT)
            with self.subTest(command=command[0]):
                self.assertEqual(code, 0)
                self.assertIn(b'Status: 500 Internal', answer)
                self.assertEqual(log.splitlines()[-1], 'KeyboardInterrupt')

    def end_asleep(self, command, signum):
        """A signal while the application sleeps: exit code, answer, log."""
        with subprocess.Popen(
                command, env={**passed_on(), **GET}, cwd=directory,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE) as process:
            self.assertEqual(process.stderr.readline(), b'asleep\n')
            process.send_signal(signum)
            answer, log = process.communicate(timeout=PATIENCE)
        return process.returncode, answer, log.decode()

    def test_a_full_disk(self):
        logs = []
        for command in commands('hello'):
            with open('/dev/full', 'wb') as stdout:
                code, _, log = run(command, GET, stdout=stdout)
            self.assertNotEqual(code, 0)
            logs.append(log.partition('Exception ignored')[0])
        self.assertEqual(*logs)
        self.assertIn('OSError: [Errno 28] No space left on device', logs[0])

    def test_without_stdin(self):
        for command in commands('hello'):
            line = ' '.join(map(shlex.quote, map(str, command)))
            code, answer, log = run(['/bin/sh', '-c', line + ' <&-'], GET)
            with self.subTest(command=command[0]):
                self.assertEqual((code, answer), (1, b''))
                self.assertEqual(log.splitlines()[-1],
                                 "AttributeError: 'NoneType' object has no "
                                 "attribute 'buffer'")

    def test_without_an_application_it_is_the_demo(self):
        code, answer, log = run([PROGRAM, '--cgi'], GET)
        self.assertEqual((code, log), (0, ''))
        self.assertRegex(answer, rb'\AStatus: 200 OK\r\nContent-Type: '
                                 rb'text/plain; charset=utf-8\r\nContent-'
                                 rb'Length: \d+\r\n\r\nHello world!\n')
        self.assertIn(b"\nPATH_INFO = '/path'\n", answer)

    def test_validated(self):
        """No length: the validator's iterator has none."""
        self.assertEqual(
            run([PROGRAM, '--cgi', '--validate', 'apps:hello'], GET),
            (0, b'Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n'
                b'Hello, world!\n', ''))

    def test_an_application_that_is_not_there(self):
        code, answer, log = run([PROGRAM, '--cgi', 'apps:nobody'], GET)
        self.assertEqual((code, answer), (1, b''))
        self.assertIn('nobody', log)


class ExampleTest(unittest.TestCase):
    """examples/hello.py: the first step of every tutorial."""

    def test_prints_its_answer(self):
        self.assertEqual(
            run([PROGRAM, '--cgi', str(EXAMPLES / 'hello.py')], {}),
            (0, b'Status: 200 OK\r\n'
                b'Content-Type: text/plain; charset=utf-8\r\n'
                b'Content-Length: 14\r\n\r\nHello, world!\n', ''))

    def test_serves_the_same_with_date_and_server(self):
        command = [PROGRAM, '--once', '--quiet', '--port=0',
                   str(EXAMPLES / 'hello.py')]
        with Server(command, env=passed_on()) as server:
            with socket.create_connection(('127.0.0.1', server.port),
                                          timeout=PATIENCE) as client:
                client.sendall(b'GET / HTTP/1.0\r\n\r\n')
                answer = client.makefile('rb').read()
            self.assertEqual(server.process.wait(PATIENCE), 0)
        self.assertRegex(
            answer, rb'\AHTTP/1\.0 200 OK\r\n'
                    rb'Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n'
                    rb'Server: WSGIServer(?:/0\.2)? CPython/[\w.+]+\r\n'
                    rb'Content-Type: text/plain; charset=utf-8\r\n'
                    rb'Content-Length: 14\r\n\r\nHello, world!\n\Z')


CONFIGURATION = '''
server.modules = ("mod_cgi")
server.document-root = "{directory}/site"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{directory}/error.log"
server.breakagelog = "{directory}/script.log"
server.systemd-socket-activation = "enable"
server.upload-dirs = ("{directory}")
cgi.assign = (".cgi" => "", ".py" => "")
'''


class Lighttpd:
    """The web server, on a socket that listens already: nothing has to wait
    for it to start. Both scripts have the same name in folders whose names
    are equally long."""

    def __init__(self, folder):
        self.directory = folder
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.write('lighttpd.conf', CONFIGURATION.format(
            directory=folder, port=self.port))
        self.write_script('site/ours/app.cgi',
                          [PROGRAM, '--cgi', 'apps:by_path'])
        self.write_script('site/wsgi/app.cgi',
                          [sys.executable, 'reference.py', 'apps:by_path'])
        hello = (EXAMPLES / 'hello.py').read_text()
        self.write('site/hello.py', '#!%s --cgi\n%s' % (PROGRAM, hello),
                   0o755)
        self.process = subprocess.Popen(
            ['/bin/sh', '-c', 'export LISTEN_PID=$$ LISTEN_FDS=1\n'
             'exec "$0" -D -f "$1" 3<&%d' % self.socket.fileno(),
             LIGHTTPD, folder / 'lighttpd.conf'],
            pass_fds=[self.socket.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def write(self, name, text, mode=0o644):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def write_script(self, name, command):
        """What the tests' environment has for the program is not passed on by
        a web server."""
        exports = ['export %s=%s\n' % (k, shlex.quote(v))
                   for k, v in passed_on().items()]
        line = ' '.join(map(shlex.quote, command))
        self.write(name, '#!/bin/sh\n%scd %s && exec %s\n'
                   % (''.join(exports), shlex.quote(str(directory)), line),
                   0o755)

    def script_log(self):
        return (self.directory / 'script.log').read_text()

    def stop(self):
        self.process.terminate()
        _, words = self.process.communicate(timeout=PATIENCE)
        self.socket.close()
        return words.decode()


@unittest.skipUnless(LIGHTTPD, 'needs lighttpd: apt install lighttpd')
class LighttpdTest(unittest.TestCase):
    """As CGI scripts of a web server: what its clients get, and what the
    scripts are given."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(
            cls.enterClassContext(tempfile.TemporaryDirectory())).resolve()
        cls.server = Lighttpd(folder)
        cls.addClassCleanup(cls.server.stop)

    def ask(self, method, path, body=None, headers={}):
        """Status, headers, body; without what belongs to the moment."""
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.server.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body is not None:
                connection.putheader('Content-Length', str(len(body)))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            fields = [f for f in response.getheaders() if f[0] != 'Date']
            return response.status, response.reason, fields, response.read()

    def ask_script(self, folder, method, path, *request, **options):
        """The same, whatever the folder."""
        *head, body = self.ask(method, '/%s/app.cgi%s' % (folder, path),
                               *request, **options)
        return *head, body.replace(b'/' + folder.encode(), b'/...')

    def assert_same(self, *request, **options):
        """The answer, which Python's script gives too."""
        ours = self.ask_script('ours', *request, **options)
        pythons = self.ask_script('wsgi', *request, **options)
        self.assertEqual(ours, pythons)
        return ours

    def test_get(self):
        status, reason, headers, body = self.assert_same('GET', '/hello')
        self.assertEqual((status, reason, body),
                         (200, 'OK', b'Hello, world!\n'))
        self.assertIn(('Content-Type', 'text/plain'), headers)
        self.assertIn(('Content-Length', '14'), headers)
        self.assertNotIn('Status', dict(headers))

    def test_answers(self):
        for name in ('blocks', 'written', 'nothing', 'length', 'cookies',
                     'redirect', 'says', 'big'):
            for method in 'GET', 'HEAD', 'PUT':
                with self.subTest(name=name, method=method):
                    self.assert_same(method, '/' + name,
                                     b'' if method == 'PUT' else None)

    def test_the_environ(self):
        for path in ('/environment', '/environment/', '/environment?a=1&b=%20',
                     '/environment/caf%C3%A9', '/environment/caf%E9?%E9',
                     '/environment/a%20b//c'):
            with self.subTest(path=path):
                status, _, _, body = self.assert_same(
                    'GET', path, headers={'X-Latin': 'caf\xe9',
                                          'Cookie': 'a=1; b=2'})
                self.assertEqual(status, 200)
                self.assertIn(b"GATEWAY_INTERFACE = 'CGI/1.1'\n", body)
        _, _, _, body = self.assert_same('GET', '/environment/caf%E9')
        self.assertIn("PATH_INFO = '/environment/caf\xe9'\n".encode(), body)

    def test_post(self):
        for body in b'', b'some\n', bytes(range(256)) * 4000:
            with self.subTest(size=len(body)):
                status, _, _, echo = self.assert_same('POST', '/echo', body)
                self.assertEqual((status, echo), (200, body))

    def test_errors(self):
        for name in 'before', 'between', 'hop', 'exits':
            with self.subTest(name=name):
                status, reason, _, body = self.assert_same('GET', '/' + name)
                self.assertEqual((status, reason),
                                 (500, 'Internal Server Error'))
                self.assertIn(b'A server error occurred.', body)
        status, _, _, body = self.assert_same('GET', '/after')
        self.assertEqual((status, body), (200, b'some'))

    @unittest.skipIf(re.search(r'\s', PROGRAM),
                     'a path with a space cannot stand in the first line')
    def test_a_python_file_is_a_script_by_its_first_line(self):
        status, _, _, body = self.ask('GET', '/hello.py/path')
        self.assertEqual((status, body), (200, b'Hello, world!\n'))

    @unittest.skipUnless(shutil.which('curl'), 'needs curl: apt install curl')
    def test_curl(self):
        (directory / 'upload').write_bytes(bytes(range(256)) * 100)
        for arguments in (['/hello'], ['--head', '/length'],
                          ['--data', 'a=1&b=2', '/echo'],
                          ['--data-binary', '@upload', '/echo'],
                          ['--include', '/cookies'], ['/environment?q']):
            answers = []
            for folder in 'ours', 'wsgi':
                answer = subprocess.run(
                    ['curl', '--silent', '--show-error', '--noproxy', '*',
                     '--max-time', str(PATIENCE), *arguments[:-1],
                     'http://127.0.0.1:%d/%s/app.cgi%s' % (
                         self.server.port, folder, arguments[-1])],
                    check=True, stdout=subprocess.PIPE, cwd=directory).stdout
                answer = re.sub(rb'\r\nDate: .*', b'', answer)
                answers.append(answer.replace(b'/' + folder.encode(), b'/...'))
            with self.subTest(arguments=arguments):
                self.assertEqual(*answers)
                self.assertNotEqual(answers[0], b'')

    def test_the_log_is_that_of_the_web_server(self):
        self.assert_same('GET', '/says')
        self.ask_script('ours', 'GET', '/before')
        log = self.server.script_log()
        self.assertIn('RuntimeError: before the headers', log)
        self.assertNotRegex(log, 'Sanitizer|runtime error:')


if __name__ == '__main__':
    unittest.main()
