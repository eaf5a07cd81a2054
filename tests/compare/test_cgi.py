"""One request of a CGI program: cwsgiref --cgi beside Python's CGIHandler, and
IISCGIHandler in C (of variants.c) beside Python's.

Cases of cases.py that hold one whole request, as the variables and the stdin
that a web server would make of them; and those of this file for
variables that only a web server can set. Answer, log and exit status must be
the same. ../program/test_cgi.py is about the program: signals, a closed stdin
or stdout, a full disk, locales, lighttpd.

CWSGIREF is the path of the program under test, CWSGIREF_BUILD the folder it
was built in; `CWSGIREF=reference` runs the reference against itself.
"""

import os
import re
import subprocess
import sys
import unittest
from urllib.parse import unquote_to_bytes

from tools.compare import servers
from tools.compare.apps import ROUTES
from tools.compare.cases import CASES, Case, request
from tools.compare.exchange import Exchange, Send, Shut
from tools.compare.suites import add_tests
from tools.compare.pair import Pair
from tools.patience import PATIENCE

REFERENCE = [sys.executable, 'reference_cgi.py']

REQUEST = re.compile(rb'(?P<REQUEST_METHOD>[^ ]+) (?P<path>[^ ?]+)'
                     rb'(?:\?(?P<QUERY_STRING>[^ ]*))? '
                     rb'(?P<SERVER_PROTOCOL>HTTP/1\.[01])')

SERVER = {
    b'GATEWAY_INTERFACE': b'CGI/1.1', b'SERVER_NAME': b'localhost',
    b'SERVER_PORT': b'80', b'SERVER_SOFTWARE': b'some/1.0',
    b'REMOTE_ADDR': b'127.0.0.1', b'SCRIPT_NAME': b'/app.cgi',
}

# A frame of the program that calls the handler; in C there is none.
FRAME = re.compile(r'^  File "[^"]*reference_cgi\.py", line \d+, in .+\n'
                   r'(?:    .*\n)*', re.MULTILINE)


def parse(data):
    """The CGI variables of a request, and its body; or None, where it is not
    a plain one."""
    head, _, body = data.partition(b'\r\n\r\n')
    first, *lines = head.split(b'\r\n')
    match = REQUEST.fullmatch(first)
    if match is None or match['path'].decode('latin-1') not in ROUTES:
        return None
    variables = {**SERVER, b'PATH_INFO': unquote_to_bytes(match['path'])}
    for name in 'REQUEST_METHOD', 'QUERY_STRING', 'SERVER_PROTOCOL':
        variables[name.encode()] = match[name] or b''
    for line in lines:
        name, colon, value = line.partition(b':')
        name = name.upper().replace(b'-', b'_')
        if not re.fullmatch(rb'[A-Z_]+', name):
            return None
        if not name.startswith(b'CONTENT_'):
            name = b'HTTP_' + name
        variables[name] = value.strip()
    return variables, body


def request_of(case):
    """The one whole request that a case sends, or None."""
    first, *rest = case.steps or [None]
    if isinstance(first, Send) and rest in ([], [Shut()]):
        return parse(first.data)
    return None


class Programs(Pair):
    """Tests that run two programs, at once, for each case."""

    @classmethod
    def setUpClass(cls):
        """There are no servers to start."""
        if servers.path_of_program() == 'reference':
            cls.program = cls.reference

    def compare(self, run):
        variables, body = run
        both = [self.start(command, variables)
                for command in (self.reference, self.program)]
        self.same(*[self.result(process, body) for process in both])

    def start(self, command, variables):
        return subprocess.Popen(
            [*command, 'apps:application'], cwd=servers.HERE,
            env={**servers.environment(), **variables}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def result(self, process, body):
        answer, log = process.communicate(body, PATIENCE)
        log = FRAME.sub('', log.decode('utf-8', 'backslashreplace'))
        return Exchange(answer, f'exit status {process.returncode}',
                        log).comparable()


class CGI(Programs):

    reference = REFERENCE
    program = [os.path.abspath(servers.path_of_program()), '--cgi']


# These wait for a socket to be reset, or to be closed; or show the names of
# the classes, which are not the same.
NOT_CGI = {'/stream-until-closed', '/objects', '/level',
           *(path for path in ROUTES if path.startswith('/reset-'))}

# A program for each case takes its time: of cases with the same path the first
# is asked, and of those that say in Python what to answer also these.
ALSO = {'return-generator', 'return-iterator', 'return-generator-large',
        'return-getitem', 'return-none', 'return-str', 'return-good-then-bad',
        'return-close-raises', 'return-close-exits', 'return-raises-first',
        'return-raises-second', 'return-raises-and-close',
        'return-raises-exit', 'return-raises-broken-pipe', 'raise-exit',
        'raise-interrupt', 'raise-broken-pipe', 'raise-surrogate',
        'raise-sent-exit', 'raise-sent-broken-pipe', 'status-crlf',
        'status-not-latin1', 'status-none', 'headers-given-cookies',
        'headers-given-date', 'headers-given-server',
        'headers-given-not-latin1', 'headers-given-length-too-short',
        'file-disk-position', 'file-disk-big', 'file-disk-closed',
        'file-pipe', 'head-ok', 'head-raise', 'body-echo-100000'}


def answers():
    """The cases that make sense for a CGI program."""
    asked = set()
    for case in CASES:
        found = request_of(case)
        if found is None:
            continue
        path = found[0][b'PATH_INFO'].decode()
        if path not in NOT_CGI and (case.name in ALSO or path not in asked):
            asked.add(path)
            yield case


ANSWERS = list(answers())


# ---- What only a web server can say

ENV = parse(request('/env'))[0]


def variables(name, why, body=b'', **changes):
    """The request for /env, or for another PATH_INFO, changed: None takes a
    variable away."""
    changed = {**ENV, **{key.encode(): value
                         for key, value in changes.items()}}
    return Case(name, why, ({key: value for key, value in changed.items()
                             if value is not None}, body))


OK = b'/ok'

VARIABLES = [
    variables('without-server', 'nobody needs to know the server',
              SERVER_NAME=None, SERVER_PORT=None, SERVER_SOFTWARE=None,
              GATEWAY_INTERFACE=None, REMOTE_ADDR=None, HTTP_HOST=None),
    variables('without-request', 'nor the request',
              REQUEST_METHOD=None, SCRIPT_NAME=None, QUERY_STRING=None),
    variables('without-path-info', 'an application might',
              PATH_INFO=None),
    variables('without-protocol', 'the answer begins with Status anyway',
              PATH_INFO=OK, SERVER_PROTOCOL=None),
    *(variables('protocol-' + name, 'decides whether there is a head',
                PATH_INFO=OK, SERVER_PROTOCOL=protocol)
      for name, protocol in (('0.9', b'HTTP/0.9'), ('1.0', b'HTTP/1.0'),
                             ('1.1', b'HTTP/1.1'), ('2.0', b'HTTP/2.0'),
                             ('included', b'INCLUDED'), ('word', b'HTTP'),
                             ('lower', b'http/1.1'), ('byte', b'HTTP/\xff'))),
    variables('protocol-empty', 'or none', PATH_INFO=OK,
              SERVER_PROTOCOL=b''),
    *(variables('https-' + https.decode(), 'wsgi.url_scheme', HTTPS=https)
      for https in (b'on', b'ON', b'1', b'2')),
    variables('https-empty', 'wsgi.url_scheme', HTTPS=b''),
    *(variables('method-' + method.decode().lower(), 'is not looked at',
                PATH_INFO=OK, REQUEST_METHOD=method)
      for method in (b'HEAD', b'OPTIONS', b'get', b'BREW')),
    variables('method-empty', 'also where it is none', REQUEST_METHOD=b''),
    *(variables('bytes-' + name, 'are latin-1 in environ',
                QUERY_STRING=value, HTTP_X=value, REMOTE_USER=value,
                NOT_OF_THE_REQUEST=value)
      for name, value in (('utf-8', b'caf\xc3\xa9'), ('latin-1', b'caf\xe9'),
                          ('not-utf-8', b'\xff\xfe\x80'),
                          ('euro', b'\xe2\x82\xac'), ('percent', b'%E9%00'),
                          ('control', b'a\x01\x1b\x7f\n\r\t'),
                          ('surrogate', b'\xed\xb2\x80'))),
    *(variables('path-bytes-' + name, 'PATH_INFO and SCRIPT_NAME too',
                PATH_INFO=value, SCRIPT_NAME=value)
      for name, value in (('utf-8', b'/caf\xc3\xa9'), ('latin-1', b'/caf\xe9'),
                          ('not-utf-8', b'/\xff\xfe'), ('no-slash', b'p'),
                          ('empty', b''), ('slashes', b'//a//'),
                          ('dots', b'/../a'))),
    variables('not-of-cgi', 'whatever the environment holds',
              HTTP_PROXY=b'evil', AUTH_TYPE=b'Basic', SSL_CIPHER=b'x',
              REDIRECT_STATUS=b'200', **{'wsgi.input': b'x'}),
    variables('shell-names', 'under whatever names',
              **{'a b': b'1', 'BASH_FUNC_f%%': b'() { :; }', 'lower': b'2'}),
    *(variables('length-' + name, 'is not looked at', body=b'hello',
                PATH_INFO=b'/read-cl', CONTENT_LENGTH=length)
      for name, length in (('exact', b'5'), ('short', b'3'), ('long', b'9'),
                           ('junk', b'junk'), ('negative', b'-5'),
                           ('zero', b'0'), ('empty', b''))),
    variables('length-none', 'missing, there is no default for it',
              body=b'hello', PATH_INFO=b'/read-cl', CONTENT_LENGTH=None),
    *(variables(path.decode()[1:], 'without a length stdin ends',
                body=b'one\ntwo\r\nthree', PATH_INFO=path)
      for path in (b'/read-all', b'/readlines', b'/iter-input', b'/readline',
                   b'/read1', b'/copy-lines')),
    variables('large', 'much in, much out', body=b'e' * 300000,
              PATH_INFO=b'/echo', CONTENT_LENGTH=b'300000'),
]

add_tests(CGI, ANSWERS, steps=request_of)
add_tests(CGI, VARIABLES, steps=lambda case: case.steps)


class IIS(Programs):
    """Where PATH_INFO begins with the SCRIPT_NAME."""

    reference = [*REFERENCE, '--iis']
    program = [servers.path_of_variants(), '--iis']


PATHS = [
    ('below', b'/app', b'/app/env'), ('same', b'/app', b'/app'),
    ('slash', b'/app', b'/app/'), ('longer', b'/app', b'/application'),
    ('other', b'/app', b'/env'), ('shorter', b'/app', b'/ap'),
    ('no-script', b'', b'/env'), ('no-script-no-path', b'', b''),
    ('script-slash', b'/app/', b'/app/env'), ('root', b'/', b'/env'),
    ('twice', b'/app', b'/app/app/env'), ('case', b'/app', b'/APP/env'),
    ('script-missing', None, b'/env'), ('path-missing', b'/app', None),
    ('both-missing', None, None),
    ('bytes', b'/caf\xc3\xa9', b'/caf\xc3\xa9/env'),
    ('latin-1', b'/caf\xe9', b'/caf\xe9/env'),
]
IIS_CASES = [variables('path-' + name, 'what is left of PATH_INFO',
                       SCRIPT_NAME=script, PATH_INFO=path)
             for name, script, path in PATHS]
IIS_CASES += [variables('post', 'and all the rest', body=b'hello',
                        SCRIPT_NAME=b'/a', PATH_INFO=b'/a/read-cl',
                        REQUEST_METHOD=b'POST', CONTENT_LENGTH=b'5'),
              variables('raise', 'an error', SCRIPT_NAME=b'/a',
                        PATH_INFO=b'/a/raise', QUERY_STRING=b'OSError(5)')]
add_tests(IIS, IIS_CASES, steps=lambda case: case.steps)

assert ALSO <= {case.name for case in ANSWERS}, 'no such case'
assert len({case.name for case in ANSWERS + VARIABLES}) == len(
    ANSWERS) + len(VARIABLES), 'a name twice'


if __name__ == '__main__':
    unittest.main()
