"""--strict: what later releases of CPython refuse is refused.

What those releases answer is written down here: for the versions of HTTP as
measured of CPython 3.12.1 and 3.13.0, for control characters as the sources
of the fixed releases of 2026 have it. Where a Python is found on this machine
that refuses the same, its log is compared as well: that says what became of
a request, and has none of the many things in which releases differ.
"""

import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from urllib.parse import quote
from wsgiref import simple_server

from tools.compare import servers
from tools.compare.cases import CASES, request
from tools.compare.differences import PAGE, without_differences
from tools.compare.exchange import Send, Shut, exchange, head_and_body
from tools.patience import PATIENCE

compares = False  # Python's server has no --strict

VERSIONS_REFUSED = ['HTTP/+1.1', 'HTTP/-1.1', 'HTTP/1.+1', 'HTTP/1.-1',
                    'HTTP/1.1_0', 'HTTP/1_0.1', 'HTTP/1.12345678901',
                    'HTTP/00000000001.1', 'HTTP/1.', 'HTTP/.1',
                    'HTTP/1.\xb2']
VERSIONS_ACCEPTED = ['HTTP/1.0', 'HTTP/1.1', 'HTTP/01.01', 'HTTP/1.10',
                     'HTTP/1.1234567890', 'HTTP/0000000001.1']

STATUSES_REFUSED = ['200 O\r\nX-Injected: yes', '200 O\nK', '200 O\rK',
                    '200 O\tK', '200 O\x00K', '200 O\x1fK', '200 O\x7fK',
                    '200 OK\r\n\r\nbody', '\n', '20\n']
STATUSES_ACCEPTED = ['200 OK', '200 \xe9t\xe9', '200 O\x80K', '404 ~']

HEADERS_REFUSED = [('X-A', 'a\r\nX-Injected: yes'), ('X-A', 'a\nb'),
                   ('X-A', 'a\rb'), ('X-A', 'a\x00b'), ('X-A', 'a\x1fb'),
                   ('X-A', 'a\x7fb'), ('X-A\nX-B', 'v'), ('X\tA', 'v'),
                   ('X-A\x7f', 'v')]
HEADERS_ACCEPTED = [('X-A', 'a\tb'), ('X-A', 'a\x80b'), ('X-\xe9', '~ ')]

# Requests, and whether they are refused.
EDGES = {
    b'GET /ok HTTP/1.0': 200,
    b'GET /ok HTTP/1.0\n\n': 200,
    b'GET /ok\x7f HTTP/1.0\r\n\r\n': 400,
    b'GET /ok\x85 HTTP/1.0\r\n\r\n': 400,
    b'GET /ok\xa0 HTTP/1.0\r\n\r\n': 400,
    b'GET /ok HTTP/1.0\r\nA: b': 200,
    b'GET /ok HTTP/1.0\r\nA: b\n\n': 200,
    b'GET /ok HTTP/1.0\r\nA: b\tc\r\n\r\n': 200,
    b'GET /ok HTTP/1.0\r\nA: b\x7f\r\n\r\n': 400,
    b'GET /ok HTTP/1.0\r\nA: b\r\n\tc\r\n\r\n': 400,
    b'GET /ok HTTP/1.0\r\nA: b\r': 400,
    b'GET /ok HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n': 200,
    b'GET /ok HTTP/1.0\r\nContent-Length:\r\n\r\n': 400,
    b'GET /ok HTTP/1.0\r\nX_A: b\r\nX_C: d\r\n\r\n': 200,
    b'GET /ok HTTP/1.0\r\nX_A: b\r\nX-B: d\r\n\r\n': 200,
    b'GET /ok HTTP/1.0\r\nX-a: b\r\nx_A: d\r\n\r\n': 400,
}

BAD_VERSION = '''\
<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: 400</p>
        <p>Message: Bad request version (%s).</p>
        <p>Error code explanation: 400 - Bad request syntax or unsupported \
method.</p>
    </body>
</html>
'''

# Since 3.14 the page has a style, which is the linked release's to decide.
STYLE = re.compile(r' *<style.*</style>\n', re.DOTALL)

SERVER_ERROR = ('''\
HTTP/1.0 500 Internal Server Error
Date: <date>
Server: %s
Content-Type: text/plain
Content-Length: 59

''' % simple_server.software_version).replace('\n', '\r\n') + (
    'A server error occurred.  Please contact the administrator.')

IN_STATUS = 'ValueError: Control characters are not allowed in status'
IN_HEADERS = 'ValueError: Control characters not allowed in headers'

# Prints what this Python refuses.
PROBE = '''
import http.server, json, sys, wsgiref.handlers

def start_response(*arguments):
    wsgiref.handlers.BaseHandler().start_response(*arguments)

def parse_request():
    class Handler(http.server.BaseHTTPRequestHandler):
        raw_requestline = b'GET / HTTP/+1.1'
        def __init__(self):
            pass
        def send_error(self, *arguments):
            raise ValueError
    try:
        Handler().parse_request()
    except AttributeError:
        pass  # accepted: it goes on to read the headers

def refuses(function, *arguments):
    try:
        function(*arguments)
    except ValueError:
        return True
    return False

print(json.dumps({
    'release': sys.version_info[:3],
    'versions': refuses(parse_request),
    'statuses': refuses(start_response, '200 \\n', []),
    'headers': refuses(start_response, '200 OK', [('X', '\\n')])}))
'''


def versioned(version):
    return f'GET /ok {version}\r\nHost: h\r\n\r\n'.encode('latin-1')


def with_status(status):
    return request('/status?' + quote(repr(status)))


def with_header(header):
    return request('/headers?' + quote(repr([header])))


def strict(*options):
    """The program with --strict."""
    return servers.program(options=('--strict', *options))


def pythons():
    """The Pythons of this machine, each once, this one first."""
    found = [sys.executable]
    found += filter(None, (shutil.which(f'python3.{minor}')
                           for minor in range(11, 30)))
    found += sorted(glob.glob(os.path.expanduser(
        '~/.pyenv/versions/*/bin/python3')))
    return {os.path.realpath(path): path for path in found}.values()


@functools.cache
def refused(python):
    """What a Python refuses, by kind; nothing if it is older than this one.
    """
    probe = subprocess.run([python, '-c', PROBE], capture_output=True,
                           timeout=PATIENCE)
    if probe.returncode != 0:
        return {}  # a python3.12 that only says how to install one
    found = json.loads(probe.stdout)
    return found if found['release'] >= list(sys.version_info[:3]) else {}


def outcome(log):
    """What has become of the requests, without the frames of tracebacks."""
    return [line for line in without_differences(log).splitlines()
            if not line.startswith('  ')]


class Written(unittest.TestCase):
    """The answers written down above."""

    @classmethod
    def setUpClass(cls):
        cls.program = strict()
        cls.addClassCleanup(cls.program.stop_cleanly)

    def ask(self, data):
        answer, end, log = exchange([Send(data)], self.program)
        self.assertEqual(end, 'FIN')
        head, page = head_and_body(answer.decode('latin-1'))
        page = page.encode('latin-1').decode()
        return without_differences(head + page), without_differences(log)

    def test_versions_refused(self):
        for version in VERSIONS_REFUSED:
            with self.subTest(version):
                answer, log = self.ask(versioned(version))
                head, page = head_and_body(answer)
                self.assertEqual(
                    head.partition('\r\n')[0],
                    f'HTTP/1.0 400 Bad request version ({version!r})')
                self.assertEqual(STYLE.sub('', page),
                                 BAD_VERSION % repr(version))
                self.assertEqual(
                    log,
                    f'127.0.0.1 - - [<time>] code 400, message '
                    f'Bad request version ({version!r})\n'
                    f'127.0.0.1 - - [<time>] "GET /ok {version}" 400 -\n')

    def test_versions_accepted(self):
        for version in VERSIONS_ACCEPTED:
            with self.subTest(version):
                answer, log = self.ask(versioned(version))
                self.assertRegex(answer, 'HTTP/1.0 200 OK\r\n')
                self.assertEqual(log, f'127.0.0.1 - - [<time>] '
                                      f'"GET /ok {version}" 200 3\n')

    def refused(self, data, reason):
        """500, and the reason in the log."""
        answer, log = self.ask(data)
        self.assertEqual(answer, SERVER_ERROR)
        first, *_, last, access = log.splitlines()
        self.assertEqual(first, 'Traceback (most recent call last):')
        self.assertEqual(last, reason)
        self.assertRegex(access, ' 500 59$')

    def test_statuses_refused(self):
        for status in STATUSES_REFUSED:
            with self.subTest(status):
                self.refused(with_status(status), IN_STATUS)

    def test_headers_refused(self):
        for header in HEADERS_REFUSED:
            with self.subTest(header):
                self.refused(with_header(header), IN_HEADERS)

    def test_statuses_accepted(self):
        for status in STATUSES_ACCEPTED:
            with self.subTest(status):
                answer = exchange([Send(with_status(status))],
                                  self.program).answer.decode('latin-1')
                self.assertEqual(answer.partition('\r\n')[0],
                                 'HTTP/1.0 ' + status)

    def test_headers_accepted(self):
        for name, value in HEADERS_ACCEPTED:
            with self.subTest((name, value)):
                answer = exchange([Send(with_header((name, value)))],
                                  self.program).answer.decode('latin-1')
                self.assertIn(f'\r\n{name}: {value}\r\n', answer)


class Compared(unittest.TestCase):
    """The Pythons here that refuse the same."""

    def compare(self, kind, requests):
        references = [python for python in pythons()
                      if refused(python).get(kind)]
        if not references:
            self.skipTest(f'no Python here refuses such {kind}')
        program = strict()
        self.addCleanup(program.stop_cleanly)
        expected = [outcome(exchange([Send(data)], program).log)
                    for data in requests]
        for python in references:
            reference = servers.Server([python, 'reference.py',
                                        'apps:application'])
            self.addCleanup(reference.stop_cleanly)
            for data, lines in zip(requests, expected):
                with self.subTest(python, request=data):
                    log = exchange([Send(data)], reference).log
                    self.assertEqual(lines, outcome(log))

    def test_versions(self):
        self.compare('versions', [
            versioned(each) for each in VERSIONS_REFUSED + VERSIONS_ACCEPTED])

    def test_statuses(self):
        self.compare('statuses', [
            with_status(each) for each in STATUSES_REFUSED
            + STATUSES_ACCEPTED])

    def test_headers(self):
        self.compare('headers', [
            with_header(each) for each in HEADERS_REFUSED + HEADERS_ACCEPTED])


class Ambiguous(unittest.TestCase):
    """The table of docs/differences.md."""

    ROW = re.compile(r'^\| ([^|`]*) \| (`[^|]*`) \|$', re.MULTILINE)

    def test_each_is_refused_with_its_reason(self):
        section = PAGE.read_text(encoding='utf-8').partition(
            '\n## `--strict`\n')[2]
        rows = self.ROW.findall(section)
        self.assertEqual(len(rows), 10)
        cases = {case.name: case for case in CASES}
        program = strict()
        self.addCleanup(program.stop_cleanly)
        lax = servers.program()
        self.addCleanup(lax.stop_cleanly)
        for reason, names in rows:
            for name in re.findall('`([^`]*)`', names):
                with self.subTest(name):
                    answer = exchange(cases[name].steps, program).answer
                    self.assertIn(b' 400 Ambiguous request\r\n', answer)
                    self.assertIn(f': 400 - {reason}.</p>'.encode(), answer)
                    self.assertNotIn(b'Ambiguous',
                                     exchange(cases[name].steps, lax).answer)

    def test_what_is_next_to_it(self):
        with strict() as program:
            for raw, status in EDGES.items():
                with self.subTest(raw):
                    answer = exchange([Send(raw), Shut()], program).answer
                    self.assertIn(b' %d ' % status, answer[:13])

    def test_all_other_requests_are_answered_as_without(self):
        program = strict()
        self.addCleanup(program.stop_cleanly)
        for name in ('line-11', 'head-ok', 'target-absolute', 'header-twice',
                     'header-twice-cookie', 'body-short', 'headers-open'):
            case, = [case for case in CASES if case.name == name]
            with self.subTest(name):
                self.assertIn(b' 200 OK\r\n',
                              exchange(case.steps, program).answer)


class Modes(unittest.TestCase):
    """--strict together with others."""

    def test_threads_and_processes(self):
        for mode in '--threads', '--fork':
            with self.subTest(mode):
                program = strict(mode)
                self.addCleanup(program.stop_cleanly)
                answer, _, log = exchange([Send(with_status('200 \n'))],
                                          program)
                self.assertIn(b'HTTP/1.0 500 ', answer)
                self.assertIn(IN_STATUS, log)

    def test_cgi(self):
        environ = dict(servers.environment(), REQUEST_METHOD='GET',
                       SERVER_NAME='h', SERVER_PORT='80', PATH_INFO='/status',
                       SERVER_PROTOCOL='HTTP/1.1',
                       QUERY_STRING=quote(repr('200 \n')))
        done = subprocess.run(
            [os.path.abspath(os.environ['CWSGIREF']), '--cgi', '--strict',
             'apps:application'], cwd=servers.HERE, env=environ,
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b'Status: 500 Internal Server Error\r\n', done.stdout)
        self.assertIn(IN_STATUS, done.stderr.decode())
