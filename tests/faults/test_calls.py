"""Each call of CPython's functions that our code makes fails once, as without
memory: in what the classes do (calls.py), while the module is loaded
(calls_while_loading.py), and from the program's start to its end."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from tools.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REFUSING = f"{os.environ['CWSGIREF_BUILD']}/tests/refusing"
MOST = 600  # calls of one command

ODD_REQUESTS = {
    'usual': 'POST /%C3%A4 HTTP/1.1\r\nHost: h\r\nX-A: b\r\nX-A: c\r\n'
             'Content-Length: 0\r\n\r\n',
    'two lengths': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n'
                   'Content-Length: 1\r\n\r\n',
    'a coding': 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n'
                'Transfer-Encoding: chunked\r\n\r\n',
    'in disguise': 'GET / HTTP/1.1\r\nHost: h\r\nX_A: b\r\nX-A: c\r\n\r\n',
}

FILES = {
    'hello.py': 'def application(environ, start_response):\n'
                '    start_response("200 OK", [])\n    return [b"hello"]\n',
    'fails.py': 'raise ValueError("fails")',
    'imports.py': 'import cwsgiref\nraise SystemExit("imported")',
    'calls.py': 'import signal, sys\n'
                'for each in sys.meta_path[0].find_spec, '
                'signal.default_int_handler:\n'
                '    try:\n        each()\n'
                '    except TypeError as error:\n        last = error\n'
                'raise last\n',
    'leaves.py': 'raise SystemExit("leaves")',
    'leaves_with.py': 'raise SystemExit(KeyError("leaves"))',
    'wrong.py': 'this is no Python',
    'needs.py': 'import there_is_no_such_module',
    'empty.py': '',
    'package/__init__.py': 'from . import nothing',
    'package/relative.py': 'from . import nothing',
    'loose/relative.py': 'from .. import nothing',
    'functions.py': 'def one(environ, start_response): pass\n'
                    'def two(a, b=1, *, c=2): pass\n'
                    'def make(): pass\nclass Three: pass\n'
                    'from os.path import join\n',
    'makes.py': 'def make():\n    return 5\nasync def later(a, b):\n    pass\n'
                'number = 5\n',
}

APPLICATIONS = [
    'fails', 'imports', 'calls', 'leaves', 'leaves_with', 'wrong', 'needs',
    'empty', 'package', 'package.relative', 'loose/relative.py',
    'package/relative.py',
    'functions', 'functions.py', 'functions:none', 'functions:one()',
    'makes:make()', 'makes:number', 'makes:later', 'makes:make().a',
    'not_there', 'not_there.py', 'functions.one', 'os:path', 'empty.there',
]


class CallTests(unittest.TestCase):
    """Where a call has failed in one test, it does not in the next one: the
    quickest is the first one."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name, text in FILES.items():
            path = cls.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding='utf-8')

    def environment(self, **more):
        return {**os.environ, 'PYTHONPATH': str(ROOT),
                'PYTHONDONTWRITEBYTECODE': '1',
                'REFUSE': str(self.folder / 'places'), **more}

    def run_module(self, name, **more):
        done = subprocess.run([REFUSING, name], cwd=ROOT,
                              env=self.environment(LATER='1', **more),
                              capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        said = re.search(r'(\d+) calls, 0 wrong\n\Z', done.stdout)
        self.assertIsNotNone(said, '\n'.join(re.findall(
            r'^.*[1-9]\d* wrong\n(?:  .*\n)*', done.stdout, re.MULTILINE))
            + done.stdout[-1000:] + done.stderr[-3000:])
        return int(said[1])

    def test_classes(self):
        self.assertGreater(self.run_module('tests.faults.calls'), 800)

    def test_module(self):
        self.assertGreater(
            self.run_module('tests.faults.calls_while_loading',
                            REFUSE=str(self.folder / 'others')), 40)

    def once(self, arguments, more):
        done = subprocess.run(
            [REFUSING, *arguments], cwd=self.folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        # SIGTERM may come when the server, without memory, has just ended.
        ends = (0, 1, 2, -signal.SIGTERM) if 'END' in more else (0, 1, 2)
        self.assertIn(done.returncode, ends, done.stderr)
        self.assertNotRegex(done.stderr, 'SystemError|Fatal Python error')
        if done.returncode:
            self.assertTrue(done.stderr.strip())
        return done

    def each_fails(self, *arguments, code=0, **more):
        """Those that have not failed yet; then it ends as always. Returns how
        many."""
        for calls in range(MOST):
            done = self.once(arguments, more)
            if 'refused: ' not in done.stderr:
                break
        self.assertEqual(done.returncode, code, done.stderr)
        return calls

    def serve(self, *options, **more):
        return self.each_fails('--bind', '127.0.0.1:0', *options,
                               'tests.faults.asked', **more)

    def test_program_a_server(self):
        self.assertGreater(self.serve('--once'), 50)
        self.serve(END='1')
        self.serve('--threads', END='1')
        self.serve('--fork', END='1', APART='1')
        self.serve('--validate', '--once', '--quiet', '--backlog', '3')
        self.each_fails('--bind', 'unix:socket', '--fork',
                        'tests.faults.asked', END='1', APART='1')

    def test_program_questions(self):
        """What it asks Python for once, when a request is odd."""
        self.serve('--once', REQUEST='GET / HTTP/1.0\r\nA:\r\n b\r\n\r\n')
        self.serve('--once', REQUEST='GET / HTTP/1.0\r\n'
                   + 'A: b\r\n' * 100 + '\r\n')
        self.serve('--once', STATUS='200 \x01')
        self.serve('--once', TYPE='\x01')

    def test_program_strict(self):
        for request in ODD_REQUESTS.values():
            self.serve('--once', '--strict', REQUEST=request)

    def test_program_cgi(self):
        self.each_fails('--cgi', 'hello', REQUEST_METHOD='GET',
                        PATH_INFO='/', SERVER_NAME='h', SERVER_PORT='80',
                        SERVER_PROTOCOL='HTTP/1.0')

    def test_program_applications_that_are_none(self):
        for name in APPLICATIONS:
            self.each_fails('--bind', '127.0.0.1:0', name, code=1)
        self.each_fails('--bind', 'x' * 5000 + ':80', code=2)
        self.each_fails('--', '', code=2)

    @unittest.skipUnless(shutil.which('openssl'), 'needs openssl')
    def test_program_tls(self):
        for words in (
                'req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key -out '
                'certificate -subj /CN=localhost',
                'rsa -aes256 -passout pass:secret -in key -out locked'):
            subprocess.run(['openssl', *words.split()], cwd=self.folder,
                           stderr=subprocess.DEVNULL, check=True)
        (self.folder / 'password').write_text('secret\n')
        (self.folder / 'wrong').write_text('guess\n')
        options = ['--tls-cert', 'certificate', '--tls-key', 'locked',
                   '--tls-password-file']
        self.serve('--once', *options, 'password', TLS='1')
        self.serve('--once', '--timeout', '10', *options, 'password')
        self.serve('--fork', *options, 'password', TLS='1', END='1',
                   APART='1')
        self.serve(*options, 'wrong', code=1)


if __name__ == '__main__':
    unittest.main()
