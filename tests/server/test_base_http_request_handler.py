"""The handler of test_base_http_request_handler.c in Python, from http.server,
and what both answer."""

import io
import os
import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from doubles import (
    Broken, InMemory, Late, Reset, TimingOut, captured_log, client_address,
    contexts, masked, streams)
from request_lines import ONE, POST, lines, sent
from rows import Rows

# What parsing has left in the handler.
attributes = {}
# The files of the last request, of either handler.
request = None


class Reference(InMemory, BaseHTTPRequestHandler):
    def finish(self):
        attributes.clear()
        for name in ('raw_requestline', 'requestline', 'command', 'path',
                     'request_version', '_headers_buffer',
                     'close_connection'):
            if hasattr(self, name):
                attributes[name] = getattr(self, name)
        if getattr(self, 'headers', {}) != {}:  # HTTP/0.9
            attributes['headers'] = self.headers.items()

    def handle_expect_100(self):
        # Our wfile has a buffer, and the client waits for this.
        result = super().handle_expect_100()
        self.wfile.flush()
        return result

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', '3')
        self.end_headers()
        self.wfile.write(b'ok\n')

    def do_HEAD(self):
        self.send_response(299)
        self.end_headers()

    def do_POST(self):
        size = int(self.headers.get('Content-Length'))
        body = self.rfile.read(size)
        self.send_response(201, 'Made')
        self.send_header('Connection', 'Keep-Alive')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CLOSE(self):
        self.send_response(204, '')
        self.send_header('CONNECTION', 'CLOSE')
        self.end_headers()

    def do_ERROR(self):
        self.send_error(404)

    def do_TIMEOUT(self):
        raise TimeoutError('timed out')

    def do_FAIL(self):
        raise ValueError('fail')

    def do_EARLY(self):
        self.end_headers()

    def do_LATIN(self):
        self.send_response(200, 'caf\xe9')
        self.send_header('X-\xe9', '\xff')
        self.end_headers()

    def do_BEYOND(self):
        self.send_response_only(200)
        self.send_header('X', '\u20ac')


class Reference11(Reference):
    protocol_version = 'HTTP/1.1'


class Refusing(Reference11):
    def handle_expect_100(self):
        self.send_error(417)
        return False


class Idle(Reference):
    def handle(self):
        pass


# In the order of `classes` in the C test.
classes = [
    (Reference, ''),
    (Reference11, ', over HTTP/1.1'),
    (Refusing, ', over HTTP/1.1 without 100 Continue'),
]


# ---- Requests: (words, data, number of the class, kinds of rfile and wfile)

def described(error):
    """The exception with its contexts, less the names of classes."""
    return [(type(e).__name__,
             re.sub(r"^'[\w.]+' object", "'...' object", str(e)))
            for e in contexts(error)]


def outcome(wfile, error):
    """All that can be seen of a run."""
    kept = dict(attributes)
    if '_headers_buffer' in kept:
        kept['_headers_buffer'] = [masked(line)
                                   for line in kept['_headers_buffer']]
    return {'answer': masked(wfile.getvalue()), 'log': captured_log(),
            'attributes': kept, 'raised': described(error)}


def start(data, rfile_class=io.BytesIO, wfile_class=io.BytesIO):
    """The files of the request; sys.stderr is in memory."""
    global request
    attributes.clear()
    sys.stderr = io.StringIO()
    request = rfile_class(data), wfile_class()
    return request


def expected(data, number, *kinds):
    error = None
    try:
        classes[number][0](start(data, *kinds), client_address, None)
    except BaseException as e:
        error = e
    return outcome(request[1], error)


some = [
    ('no bytes at all', ''),
    ('a request without headers', 'GET / HTTP/1.1||'),
    ('cut off in a header', 'GET / HTTP/1.1|Host'),
    ('cut off in the request line', 'GET'),
    ('cut off after a header', 'GET / HTTP/1.1|Host: h|'),
    ('cut off after the request line', 'GET / HTTP/1.1|'),
    ('a version that is none', 'GET / JUNK||'),
    ('a version that is refused', 'GET / HTTP/2.0||'),
    ('HTTP/0.9', 'GET /||'),
    ('a header too long', 'GET / HTTP/1.1|X: ' + 'a' * 70000 + '||'),
    ('too many headers', 'GET / HTTP/1.1|' + 'X: v|' * 101),
    ('an unknown method', 'NONE / HTTP/1.1||'),
    ('a request line too long', 'GET /' + 'a' * 70000),
    ('an error page', 'ERROR / HTTP/1.0||'),
    ('a syntax error', 'a b c d e|'),
    ('the method times out', 'TIMEOUT / HTTP/1.1||'),
    ('two requests', ONE % 1 + ONE % 2),
    ('a body for which the client waits',
     POST % (1, 5, 'Expect: 100-continue|', 'hello')),
]
cases = [(words + more, line, number, io.BytesIO, io.BytesIO)
         for words, line in lines
         for number, (_, more) in enumerate(classes)]
cases += [(words + streams[rfile] + streams[wfile] + more,
           sent(line), number, rfile, wfile)
          for words, line in some
          for number, (_, more) in enumerate(classes)
          for rfile in (io.BytesIO, TimingOut, Reset)
          for wfile in (io.BytesIO, Broken, Late)]


rows = Rows()
wanted = None


def begin_case(words, *case):
    """Python's handler handles it. The files for ours."""
    global wanted
    wanted = expected(*case)
    data, _, *kinds = case
    return start(data, *kinds)


def end_case(case, error):
    rows.compare(case[0], outcome(request[1], error), wanted)


# ---- Methods of a handler that handles nothing

def request_of_get():
    return start(b'GET / HTTP/1.1\r\nA: 1\r\n\r\n')


def start_idle():
    return start(b'')


def idle(command, version):
    """As if a request line had been parsed."""
    self = Idle(start_idle(), client_address, None)
    self.requestline = 'the request line'
    self.command = command
    self.request_version = version
    return self


def send_error(command, version, *args):
    """What can be seen of send_error(*args)."""
    self = idle(command, version)
    error = None
    try:
        self.send_error(*args)
    except Exception as e:
        error = e
    self.finish()
    seen = outcome(self.wfile, error)
    # Before a request this is an attribute in C only.
    seen['attributes'].setdefault('close_connection', False)
    return seen


texts = [
    ('with the text of the code, if it has one', None, None),
    ('with markup, which the page escapes', 'a<b>&"\'', '<x> & y'),
    ('with empty texts', '', ''),
    ('with Latin-1 in the message and more in the page', 'caf\xe9',
     '\u20ac'),
    ('with a message beyond Latin-1', '\u20ac', None),
    ('with per cent signs that format nothing', '%s%d', '%(code)d'),
    ('with control characters', 'two\r\nlines', 'tab\tand\x1b'),
    ('with an explanation of its own', None, 'why'),
]
codes = [int(status) for status in HTTPStatus]
codes += [0, -1, 99, 199, 306, 418, 499, 600, 999, 12345]
errors = [('%d %s' % (code, words), 'GET', 'HTTP/1.1', code, message, explain)
          for code in codes for words, message, explain in texts]
errors += [('%d as the answer to %r in %r' % (code, command, version),
            command, version, code, None, None)
           for command in ('HEAD', 'GET', 'head', '', 'CONNECT')
           for version in ('HTTP/0.9', 'HTTP/1.0', '', 'http/0.9')
           for code in (100, 200, 204, 205, 304, 404, 500)]


def begin_error(words, *args):
    """Python's handler sends it. The files for ours."""
    global wanted
    wanted = send_error(*args)
    return start_idle()


def log_in_memory():
    """The log so far, and one that is empty."""
    text = captured_log()
    sys.stderr = io.StringIO()
    return text


escaped_text = ''.join(map(chr, range(0x200)))
escaped_text += '\u2028\u20ac\ufeff\U0001f600\ud800'


def check_escapes():
    """Of log_message('a\\n%s b %d%%', escaped_text, 17)."""
    got = log_in_memory()
    idle('GET', 'HTTP/1.1').log_message('a\n%s b %d%%', escaped_text, 17)
    wanted = log_in_memory()
    assert got == wanted, (got, wanted)
    assert r'\x00\x01' in got and '\\\\' in got, got
    assert got.startswith('127.0.0.1 - - [now] a'), got
    assert got.endswith(' b 17%\n'), got


def check_logs():
    got = log_in_memory().splitlines()
    assert got == ['127.0.0.1 - - [now] ' + line for line in [
        '"the request line" - -',
        '"the request line" 200 -',
        '"the request line" 200 12',
        'code 400, message bad']], got


def message_of_too_few_arguments():
    try:
        text = '%s'
        return text % ()
    except TypeError as error:
        return str(error)


# ---- The colours of a log: (words, request line, code, size)

logs = [('%s, %s, %s' % (line_words, code_words, size_words),
         line, code, size)
        for line_words, line in [
            ('three words', 'GET / HTTP/1.0'),
            ('many words and blanks', ' GET  /a\t b  c \xa0'),
            ('no word', ''),
            ('two words', 'GET /'),
            ('blanks beyond ASCII and what a log escapes',
             'GET\x85/\0 \\ \xa0 \u20ac')]
        for code_words, code in [
            ('success', 200),
            ('an error of the client, as text', '404'),
            ('one digit, as text', '5'),
            ('a code below all classes', 99),
            ('information', 100),
            ('a redirection', 301),
            ('an error of the server', 599),
            ('a code above every int of C', 10 ** 30),
            ('a code below every int of C', -10 ** 30),
            ('a word for the code', 'abc'),
            ('a float for the code', 2.5),
            ('a list for the code', []),
            ('no code', None)]
        for size_words, size in [
            ('a size', 12), ('a dash for the size', '-'),
            ('no size', None)]]


def log_in_colour(words, line, code, size):
    reference = idle('GET', 'HTTP/1.1')
    reference.requestline = line
    reference.log_request('-' if code is None else code,
                          '-' if size is None else size)
    reference.log_error('%s', 'an error')
    reference.log_message('%s', 'no error')
    return log_in_memory()


def begin_colours():
    os.environ['FORCE_COLOR'] = '1'


def begin_log(*args):
    global wanted
    wanted = log_in_colour(*args)


def end_log(words, *args):
    """Releases that have colours have used them."""
    got = log_in_memory()
    rows.compare(words, got, wanted)
    assert ('\x1b[' in got) == hasattr(Reference, '_colorize_request'), got


def end_colours():
    del os.environ['FORCE_COLOR']


class Theme:
    """What names the colours."""

    path, size, reset = '<path>', '<size>', '<reset>'

    def __getattr__(self, name):
        if not name.startswith('status_'):
            raise AttributeError(name)
        return f'<{name}>'


class WholeTheme(Theme):
    timestamp, error = '<timestamp>', '<error>'


class Colorize:
    """The module _colorize of later releases."""

    def __init__(self):
        self.there = sys.modules.get('_colorize')
        self.http_server = WholeTheme()
        sys.modules['_colorize'] = self

    def get_theme(self, *, tty_file):
        assert tty_file is sys.stderr
        return self

    def leave(self):
        sys.modules.pop('_colorize')
        if self.there:
            sys.modules['_colorize'] = self.there


def check_later_log():
    start = '<timestamp>127.0.0.1 - - [now]<reset> '
    got = log_in_memory().splitlines()
    assert got == [
        start + '"GET <path>/a<reset> HTTP/1.0" <status_ok>200 '
        '<size>12<reset>',
        start + '"GET /" <status_ok>200 <size>12<reset>',
        start + '<error>an error<reset>',
        start + 'no error'], got


colours_of_codes = [
    ('100', '<status_informational>'), (99, '<status_informational>'),
    ('200', '<status_ok>'), (299, '<status_ok>'), ('304', '<status_redirect>'),
    ('404', '<status_client_error>'), ('500', '<status_server_error>'),
    (10 ** 30, '<status_server_error>'), ('-', ''), ([], '')]


def in_colour(code, colour):
    return (fr'"GET <path>/\x09<reset> HTTP/1.1" {colour}{code} '
            '<size>7<reset>')


# ---- Dates

timestamps = [
    ('the epoch', 0),
    ('a second after the epoch', 1),
    ('the last second of a minute', 59),
    ('the last second of a day', 86399),
    ('the first second of a day', 86400),
    ('the last second before a 29 February', 951782399),
    ('29 February of a century that is a leap year', 951782400),
    ('1 March of a leap year', 951868800),
    ('a Sunday', 1000000000),
    ('29 February', 1709164800),
    ('the last second of 32 bits', 2147483647),
    ('more than 32 bits', 2147483648),
    ('the last second of a February of 28 days', 4107542399),
    ('1 March of a century that is no leap year', 4107542400),
    ('the last second of a year', 1577836799),
    ('before the epoch', -2),
    ('the first day of 1900', -2208988800),
    ('the last second of four digits', 253402300799),
    ('a Friday', 1234567890),
]


def compare_date(words, timestamp, got):
    rows.compare(words, got, Reference.date_time_string(None, timestamp))


def class_attributes():
    cls = BaseHTTPRequestHandler
    return (cls.server_version, cls.error_message_format,
            cls.error_content_type, cls.default_request_version,
            cls.protocol_version, cls.rbufsize, cls.wbufsize)
