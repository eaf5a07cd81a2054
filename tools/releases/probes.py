"""Where releases of CPython differ in what cwsgiref mirrors: one probe for
each behaviour, which asks the library of the Python that runs it.

A probe is a function without arguments; it returns a bool, a number or a short
text. It bears the name of the field in src/python/release.h, where there is one. Its
docstring says what True means, or what the number or text is.

docs/releases.md shows the answers of the releases that are known, and how to
add a probe; script/releases writes that page.
"""

import builtins
import contextlib
import http
import http.client
import http.server
import importlib.util
import io
import os
import re
import socket
import socketserver
import sys
import threading
import traceback
import warnings
from typing import Callable, NamedTuple
from wsgiref import handlers, headers, simple_server


class Probe(NamedTuple):
    """A row of the table."""
    name: str
    behaviour: str
    changed: str  # the file and method of CPython
    issue: str    # where CPython discusses it; '' where that is not known
    since: str    # which releases have it, as far as CPython's NEWS tells
    ask: Callable


PROBES = {}  # by name, in the order of the table


def probe(changed, since, issue=''):
    """The next row, and the function that finds out."""
    def add(function):
        PROBES[function.__name__] = Probe(
            function.__name__, ' '.join(function.__doc__.split()), changed,
            issue, since, function)
        return function
    return add


def answers():
    """What each probe says, by its name."""
    return {name: each.ask() for name, each in PROBES.items()}


def raises(error, function, *arguments):
    """Whether it does. Any other error is the caller's."""
    try:
        function(*arguments)
    except error:
        return True
    return False


# ---- The request line

class Handler(simple_server.WSGIRequestHandler):
    """It has these bytes to read, and keeps its answer in wfile."""

    client_address = '127.0.0.1', 0

    def __init__(self, request):
        self.rfile = io.BytesIO(request)
        self.wfile = io.BytesIO()
        self.raw_requestline = self.rfile.readline()

    def log_message(self, *arguments):
        pass


def parsed(request):
    """A handler after parse_request()."""
    handler = Handler(request)
    handler.parse_request()
    return handler


@probe('Lib/http/server.py: BaseHTTPRequestHandler.parse_request',
       'since 3.13.15, 3.14.7, 3.15', 'gh-54930')
def malformed_request_has_status_line():
    """The error page for a malformed request line has a status line and
    headers."""
    return parsed(b'x\r\n').wfile.getvalue().startswith(b'HTTP/')


@probe('Lib/http/server.py: BaseHTTPRequestHandler.parse_request',
       'since 3.13.10, 3.14.1, 3.15', 'gh-70765')
def http_0_9_without_headers():
    """The headers of an HTTP/0.9 request are not read, so that `get_environ`
    fails."""
    return parsed(b'GET /\r\nA: b\r\n\r\n').rfile.tell() == len(b'GET /\r\n')


@probe('Lib/http/server.py: BaseHTTPRequestHandler.parse_request',
       'since 3.11.4, 3.12', 'gh-103204')
def http_version_digits_only():
    """The parts of `HTTP/x.y` must be digits, ten at most."""
    return parsed(b'GET / HTTP/1.+1\r\n\r\n').wfile.getvalue() != b''


# ---- The headers of the request

def parse_headers(lines):
    return http.client.parse_headers(io.BytesIO(lines + b'\r\n'))


@probe('Lib/email/_policybase.py: Compat32.header_source_parse',
       'since 3.12.8, 3.13.1, 3.14', 'gh-124452')
def leading_fold_removed():
    """A value that begins on the next line has no line end before it."""
    return parse_headers(b'X:\r\n y\r\n')['X'] == 'y'


@probe('Lib/http/client.py: _read_headers', 'until 3.14', 'gh-131724')
def blank_line_counts():
    """The blank line counts: 99 headers are allowed, 100 are too many."""
    return raises(http.client.HTTPException, parse_headers, b'X: y\r\n' * 100)


@probe('Lib/http/client.py: parse_headers', 'since 3.12')
def parse_header_lines():
    """`parse_headers` has a function of its own that parses the lines: one
    call more in the tree, and in tracebacks."""
    return hasattr(http.client, '_parse_header_lines')


@probe('Lib/email/utils.py: decode_params', 'until 3.13.4, 3.14.0b2',
       'gh-134151')
def boundary_in_parts_refused():
    """A Content-Type whose boundary is given whole and in parts is a
    TypeError, which ends the request."""
    line = b'Content-Type: multipart/x; boundary*=a; boundary*0=b\r\n'
    return raises(TypeError, parse_headers, line)


@probe('Lib/email/_policybase.py: Compat32.header_store_parse', 'since 3.14',
       'gh-127794')
def header_name_checked_when_set():
    """`HTTPMessage()['a b'] = ''` is a ValueError."""
    return raises(ValueError, http.client.HTTPMessage().__setitem__, 'a b', '')


@probe('Modules/_io/_iomodule.h: DEFAULT_BUFFER_SIZE', 'since 3.14',
       'gh-117151')
def default_buffer_size():
    """How many bytes one `recv()` of the rfile asks for."""
    return io.DEFAULT_BUFFER_SIZE


@probe('Lib/wsgiref/simple_server.py: WSGIRequestHandler.get_environ',
       'until 3.12', 'gh-66425')
def remote_host():
    """`get_environ` calls `address_string()`, for `REMOTE_HOST`."""
    class Named(Handler):
        server = type('Server', (), {'base_environ': {}})

        def address_string(self):
            return 'a name'

    handler = Named(b'GET / HTTP/1.0\r\n\r\n')
    handler.parse_request()
    return 'REMOTE_HOST' in handler.get_environ()


# ---- The answer

@probe('Lib/wsgiref/headers.py: Headers._convert_string_type',
       'since 3.12.13, 3.13.12, 3.14.3, 3.15; '
       "Debian's 3.11.2-6+deb12u7 and 3.13.5-2+deb13u1", 'gh-143916')
def header_control_characters_refused():
    """Control characters in a header are a ValueError."""
    return raises(ValueError, headers.Headers().setdefault, 'X', '\n')


@probe('Lib/wsgiref/handlers.py: BaseHandler.start_response',
       'since 3.12.14, 3.13.13, 3.14.4, 3.15', 'gh-144370')
def status_control_characters_refused():
    """Control characters in a status are a ValueError."""
    handler = handlers.BaseHandler()
    return raises(ValueError, handler.start_response, '200 \n', [])


@probe('Lib/wsgiref/handlers.py: BaseHandler._validate_status', 'since 3.12',
       'gh-92886')
def validate_status():
    """The checks of `start_response` are in `_validate_status`, and made also
    under -O."""
    return hasattr(handlers.BaseHandler, '_validate_status')


@probe('Lib/wsgiref/simple_server.py: server_version',
       'without a number since 3.15', 'gh-76007')
def server_version():
    """What `Server` and `SERVER_SOFTWARE` begin with."""
    return simple_server.server_version


@probe('Lib/http/server.py: BaseHTTPRequestHandler.server_version',
       'without a number since 3.15', 'gh-76007')
def http_server_version():
    """What `Server` begins with where the handler is no
    WSGIRequestHandler."""
    return http.server.BaseHTTPRequestHandler.server_version


@probe('Lib/http/__init__.py: HTTPStatus', 'since 3.13', 'gh-102247')
def rfc_9110_reasons():
    """413, 414, 416 and 422 have the names of RFC 9110."""
    return http.HTTPStatus(413).phrase == 'Content Too Large'


@probe('Lib/http/__init__.py: HTTPStatus', 'since 3.14', 'gh-127089')
def status_descriptions():
    """Every status has an explanation, also 102, 207, 422 and 508."""
    return http.HTTPStatus(422).description != ''


@probe('Lib/http/server.py: DEFAULT_ERROR_MESSAGE', 'since 3.14', 'gh-123430')
def error_page_style():
    """What the error page has between its charset and its title."""
    page = http.server.DEFAULT_ERROR_MESSAGE
    return re.search(r'charset="utf-8">\n(.*) {8}<title>', page, re.S)[1]


# ---- The server

@probe('Lib/socketserver.py: TCPServer.request_queue_size',
       '`socket.SOMAXCONN` since 3.15', 'gh-80184')
def request_queue_size():
    """How many connections wait in the system."""
    return socketserver.TCPServer.request_queue_size


@probe('Lib/socketserver.py: TCPServer.server_bind', 'since 3.13.2, 3.14',
       'gh-128916')
def reuse_port_for_ip_only():
    """`allow_reuse_port` is only for IPv4 and IPv6."""
    class Socket:
        options = ()

        def setsockopt(self, level, option, value):
            self.options += (option,)

        def bind(self, address):
            pass

        def getsockname(self):
            return ''

    class Server(socketserver.TCPServer):
        address_family = socket.AF_UNIX
        allow_reuse_port = True

        def __init__(self):
            self.socket = Socket()
            self.server_address = ''

    server = Server()
    server.server_bind()
    return socket.SO_REUSEPORT not in server.socket.options


@probe('Lib/socketserver.py: ForkingUnixStreamServer', 'since 3.12',
       'gh-103673')
def forking_unix_servers():
    """There are `ForkingUnixStreamServer` and `ForkingUnixDatagramServer`."""
    return hasattr(socketserver, 'ForkingUnixStreamServer')


@probe('Lib/http/server.py: HTTPSServer', 'since 3.14', 'gh-85162')
def https_server():
    """There are `HTTPSServer` and `ThreadingHTTPSServer`."""
    return hasattr(http.server, 'HTTPSServer')


@probe('Lib/http/server.py: CGIHTTPRequestHandler', 'until 3.14',
       'gh-133810')
def cgi_request_handler():
    """There is `CGIHTTPRequestHandler`."""
    return hasattr(http.server, 'CGIHTTPRequestHandler')


@contextlib.contextmanager
def another_thread():
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()
    try:
        yield
    finally:
        leave.set()
        thread.join()


@probe('Modules/posixmodule.c: os_fork_impl', 'since 3.12', 'gh-100228')
def fork_warns_of_threads():
    """`fork()` in a process with threads is a DeprecationWarning."""
    with another_thread(), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    return any(each.category is DeprecationWarning for each in seen)


@probe('Lib/threading.py: Thread._bootstrap_inner', 'since 3.14', 'gh-59705')
def threads_are_named():
    """The system knows the name of a thread: `ps -L`, `info threads`."""
    names = []

    def look():
        with open('/proc/thread-self/comm', encoding='utf-8') as comm:
            names.append(comm.read())

    thread = threading.Thread(target=look, name='named')
    thread.start()
    thread.join()
    return names == ['named\n']


@probe('Modules/_threadmodule.c: do_start_new_thread', 'since 3.13',
       'gh-114570')
def finalization_error():
    """A thread or a fork at the interpreter's end is a
    PythonFinalizationError."""
    return hasattr(builtins, 'PythonFinalizationError')


# ---- The log

@probe('Lib/http/server.py: BaseHTTPRequestHandler._colorize_request',
       'since 3.15', 'gh-146292')
def log_colour():
    """A log line has colours on a terminal."""
    return hasattr(http.server.BaseHTTPRequestHandler, '_colorize_request')


@probe('Lib/traceback.py: TracebackException.format', 'since 3.13',
       'gh-112730')
def error_colour():
    """The traceback with which a program ends has colours on a terminal."""
    return importlib.util.find_spec('_colorize') is not None


@probe('Python/ceval.c: _PyEval_UnpackIterableStackRef', 'since 3.14',
       'gh-122239')
def unpack_says_got():
    """"too many values to unpack (expected 2, got 3)": how many there are,
    where a list, tuple or dict is unpacked."""
    try:
        _, _ = [1, 2, 3]
    except ValueError as error:
        return 'got 3' in str(error)


@contextlib.contextmanager
def unraisable():
    """What sys.unraisablehook is told in the block."""
    told = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda each: told.append(each.err_msg)
    try:
        yield told
    finally:
        sys.unraisablehook = hook


@probe('Objects/typeobject.c: slot_tp_finalize', 'since 3.14')
def unraisable_names_deallocator():
    """An error in `__del__` is "ignored while calling deallocator", a text
    that `sys.unraisablehook` gets instead of the method."""
    class Fails:
        def __del__(self):
            raise RuntimeError

    with unraisable() as told:
        Fails()
    return told != [None]


@probe('Modules/_io/iobase.c: iobase_finalize', 'since 3.13', 'gh-62948')
def close_error_told():
    """`sys.unraisablehook` gets what `close()` raises for a stream that nobody
    has closed."""
    class Fails(io.RawIOBase):
        def close(self):
            raise RuntimeError

    with unraisable() as told:
        Fails()
    return told != []


@probe('Modules/_io/iobase.c: _io__RawIOBase_read_impl',
       'since 3.13.10, 3.14.1, 3.15', 'gh-140607')
def raw_read_checks_count():
    """`RawIOBase.read()` is a ValueError if `readinto()` returns more than
    there is room for."""
    class Liar(io.RawIOBase):
        def readinto(self, buffer):
            return len(buffer) + 1

    return raises(ValueError, Liar().read, 5)


@probe('Modules/_io/bufferedio.c: BufferedReader', 'since 3.12', 'gh-101948')
def types_have_module():
    """`wsgi.input.__module__` is `'_io'`, and no AttributeError: the types
    of io and socket are heap types."""
    return hasattr(io.BufferedReader(io.BytesIO()), '__module__')


@probe('Lib/encodings/idna.py: Codec.encode',
       'since 3.12 alone, since 3.13 with a position', 'gh-85287')
def idna_error():
    """The error of a host whose name has an empty label."""
    try:
        socket.getaddrinfo('.a', 0)
    except UnicodeError as error:
        cause = ' with a cause' if error.__cause__ else ''
        return type(error).__name__ + cause


# ---- Tracebacks

def traceback_of(function):
    """The lines that the log would have."""
    try:
        function()
    except AttributeError:
        return traceback.format_exc().splitlines()


class Outer:
    """Something inside something."""
    inner = 1j


@probe('Lib/traceback.py: TracebackException.__init__', 'since 3.12',
       'gh-97008')
def traceback_suggests():
    """A traceback in the log has "Did you mean"."""
    return 'Did you mean' in traceback_of(lambda: Outer.innner)[-1]


@probe('Lib/traceback.py: TracebackException.__init__', 'since 3.15',
       'gh-137967')
def traceback_suggests_inner():
    """In the log it also names attributes of attributes."""
    return '.inner.imag' in traceback_of(lambda: Outer().imag)[-1]


@probe('Lib/traceback.py: StackSummary.format_frame_summary', 'since 3.13')
def traceback_marks_calls():
    """In the log a call that fails is underlined even if it is all of its
    line."""
    return any(line.endswith('~~~^^')
               for line in traceback_of(lambda: Outer.innner))


@probe('Objects/dictobject.c: PyDict_SetItem', 'since 3.14')
def unhashable_says_where():
    """"cannot use 'list' as a dict key (unhashable type: 'list')"."""
    try:
        {[]: 1}
    except TypeError as error:
        return 'dict key' in str(error)
