"""The application that both servers run: one behaviour for each path.

The path `/read-cl` is the function read_cl. A path that is in no function's
name gets the environ as text. Some behaviours are given by the request
itself, as a Python expression in the query: `/status?'204 No Content'`.

`APP` begins what an application writes into the log. A module that few of the
paths need is imported there: a CGI program starts anew for each request.
"""

import gc
import io
import os
import select
import sys
from importlib import import_module
from urllib.parse import unquote

ROUTES = {}


def route(function):
    """Makes `function` the application for the path of its name."""
    ROUTES['/' + function.__name__.strip('_').replace('_', '-')] = function
    return function


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path.startswith('/sync/'):
        return sync(environ, start_response)
    if path.startswith('/validated/'):
        from wsgiref.validate import validator
        return validator(ROUTES[path[len('/validated'):]])(
            environ, start_response)
    return ROUTES.get(path, env)(environ, start_response)


def sync(environ, start_response):
    """Answers when all requests before this one have been dealt with; see
    Server.log_of_exchange."""
    import threading
    for thread in threading.enumerate():
        if thread not in (threading.main_thread(), threading.current_thread()):
            thread.join()
    start_response('200 OK', plain())
    return []


def plain():
    """The headers of most answers: a new list each time."""
    return [('Content-Type', 'text/plain')]


def answer(start_response, body):
    start_response('200 OK', plain())
    return [body]


def said(text):
    """Into the log, through the server's own stderr."""
    print('APP', text, file=sys.stderr)


class Modules(dict):
    """The names of an expression that no one has given are modules."""

    def __missing__(self, name):
        if name in ('gzip', 'tempfile'):
            return import_module(name)
        raise KeyError(name)


def expression(environ, **names):
    """The value of the query, which is a Python expression."""
    return eval(unquote(environ['QUERY_STRING']), globals(),
                Modules(environ=environ, **names))


# What the request was

@route
def env(environ, start_response):
    """Everything in environ but the objects, sorted."""
    lines = [f'{key} = {ascii(value)}\n'
             for key, value in sorted(environ.items())
             if isinstance(value, (str, int, tuple))]
    return answer(start_response, ''.join(lines).encode())


@route
def objects(environ, start_response):
    """The server's objects, as the application sees them. Their names do not
    have the same length everywhere, hence the padding."""
    shown = [environ['wsgi.input'], environ['wsgi.errors'],
             environ['wsgi.file_wrapper'],
             environ['wsgi.file_wrapper'](io.BytesIO()),
             start_response, start_response('200 OK', plain())]
    return [b'%-120s\n' % repr(each).encode() for each in shown]


@route
def signatures(environ, start_response):
    from inspect import signature
    write = start_response('200 OK', plain())
    return [f'{function.__name__}{signature(function)}: '
            f'{function.__doc__}\n'.encode()
            for function in (start_response, write)]


@route
def environ_types(environ, start_response):
    odd = [key for key, value in environ.items()
           if not key.startswith('wsgi.') and type(value) is not str]
    return answer(start_response, b'%r %r %r\n' % (
        type(environ) is dict, odd, list(environ)))


@route
def os_environ(environ, start_response):
    missing = set(os.environ) - set(environ)
    return answer(start_response, b'missing=%d\n' % len(missing))


@route
def input_attributes(environ, start_response):
    names = ['read', 'read1', 'readinto', 'readline', 'readlines', '__iter__',
             '__next__', 'peek', 'close', 'closed', 'fileno', 'readable',
             'writable', 'seekable', '__enter__']
    stdin = environ['wsgi.input']
    there = [name for name in names if hasattr(stdin, name)]
    values = [stdin.closed, stdin.readable(), stdin.writable(),
              stdin.seekable(), stdin.isatty()]
    return answer(start_response, b'%r %r\n' % (there, values))


@route
def ok(environ, start_response):
    return answer(start_response, b'ok\n')


# The request's body

def got(start_response, value):
    return answer(start_response, b'got %r\n' % (value,))


def content_length(environ):
    return int(environ['CONTENT_LENGTH'] or 0)


@route
def read_cl(environ, start_response):
    return got(start_response,
               environ['wsgi.input'].read(content_length(environ)))


@route
def read_all(environ, start_response):
    return got(start_response, environ['wsgi.input'].read())


@route
def read_past(environ, start_response):
    return got(start_response,
               environ['wsgi.input'].read(content_length(environ) + 5))


@route
def read_twice(environ, start_response):
    stdin = environ['wsgi.input']
    return got(start_response,
               (stdin.read(content_length(environ)), stdin.read(0)))


@route
def read_none(environ, start_response):
    return got(start_response, environ['wsgi.input'].read(None))


@route
def read_wrong(environ, start_response):
    return got(start_response, environ['wsgi.input'].read('5'))


@route
def read1(environ, start_response):
    stdin = environ['wsgi.input']
    return got(start_response, [stdin.read1(2), stdin.read1(), stdin.read1()])


@route
def readinto(environ, start_response):
    data = bytearray(8)
    count = environ['wsgi.input'].readinto(data)
    return got(start_response, (count, bytes(data)))


@route
def peek(environ, start_response):
    stdin = environ['wsgi.input']
    return got(start_response, (stdin.peek()[:3], stdin.read(5)))


@route
def peek_full(environ, start_response):
    """Waits until more has come than there was room for until 3.13."""
    import socket
    stdin = environ['wsgi.input']
    print('waiting', flush=True)
    with socket.socket(fileno=os.dup(stdin.fileno())) as connection:
        connection.recv(20000, socket.MSG_PEEK | socket.MSG_WAITALL)
    return got(start_response, [len(stdin.peek()), len(stdin.read1()),
                                len(stdin.read1()), len(stdin.read())])


@route
def readline(environ, start_response):
    stdin = environ['wsgi.input']
    return got(start_response, [stdin.readline(), stdin.readline(2),
                                stdin.readline()])


@route
def readlines(environ, start_response):
    return got(start_response, environ['wsgi.input'].readlines())


@route
def readlines_hint(environ, start_response):
    return got(start_response, environ['wsgi.input'].readlines(3))


@route
def input_(environ, start_response):
    """What the query asks of wsgi.input."""
    return got(start_response,
               expression(environ, stdin=environ['wsgi.input']))


@route
def iter_input(environ, start_response):
    return got(start_response, list(environ['wsgi.input']))


@route
def read_chunked(environ, start_response):
    """The chunks of the body, which the server does not take apart."""
    stdin = environ['wsgi.input']
    chunks = []
    while size := int(stdin.readline(), 16):
        chunks.append(stdin.read(size))
        stdin.readline()
    stdin.readline()
    return got(start_response, chunks)


@route
def input_close(environ, start_response):
    environ['wsgi.input'].close()
    return answer(start_response, b'closed\n')


@route
def read_after_close(environ, start_response):
    environ['wsgi.input'].close()
    return got(start_response, environ['wsgi.input'].read(1))


@route
def read_after_start(environ, start_response):
    """Sends a block, and only then reads the body."""
    start_response('200 OK', plain())
    yield b'before read\n'
    yield b'got %r\n' % environ['wsgi.input'].read(content_length(environ))


@route
def copy_lines(environ, start_response):
    """Answers each line as it comes, as a conversation."""
    write = start_response('200 OK', plain())
    for line in iter(environ['wsgi.input'].readline, b''):
        write(b'> ' + line)
    return []


@route
def echo(environ, start_response):
    """The body as it was, in one piece."""
    return answer(start_response,
                  environ['wsgi.input'].read(content_length(environ)))


@route
def digest(environ, start_response):
    """How long the body is, and its hash, read in pieces."""
    import hashlib
    left = content_length(environ)
    sha = hashlib.sha256()
    while left:
        data = environ['wsgi.input'].read(min(left, 10000))
        if not data:
            break
        sha.update(data)
        left -= len(data)
    return answer(start_response,
                  b'missing %d %s\n' % (left, sha.hexdigest().encode()))


@route
def upload(environ, start_response):
    """What a form with files held, part by part."""
    import hashlib
    from email import message_from_bytes
    body = environ['wsgi.input'].read(content_length(environ))
    head = 'Content-Type: ' + environ['CONTENT_TYPE'] + '\r\n\r\n'
    lines = []
    for part in message_from_bytes(head.encode() + body).get_payload():
        data = part.get_payload(decode=True)
        lines.append('%s %s %d %s\n' % (
            part.get_param('name', header='content-disposition'),
            part.get_filename(), len(data), hashlib.sha256(data).hexdigest()))
    return answer(start_response, ''.join(lines).encode())


# The answer's status, headers and body, as the query says

@route
def status(environ, start_response):
    start_response(expression(environ), plain())
    return [b'status\n']


@route
def headers(environ, start_response):
    start_response('200 OK', expression(environ))
    return [b'headers\n']


@route
def return_(environ, start_response):
    start_response('200 OK', plain())
    return expression(environ)


@route
def raise_(environ, start_response):
    raise expression(environ)


@route
def raise_started(environ, start_response):
    start_response('200 OK', plain())
    raise expression(environ)


@route
def raise_sent(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'written\n')
    raise expression(environ)


class Body:
    """An iterable that says when it is closed, and can fail on the way."""

    def __init__(self, chunks, fail_at=None, error=None, close_error=None):
        self.chunks = iter(chunks)
        self.left = fail_at
        self.error = error or RuntimeError('iteration failed')
        self.close_error = close_error

    def __iter__(self):
        return self

    def __next__(self):
        if self.left == 0:
            raise self.error
        if self.left is not None:
            self.left -= 1
        return next(self.chunks)

    def close(self):
        said('close() called')
        if self.close_error is not None:
            raise self.close_error


class SizedBody(Body):
    """One that says it has one chunk, whatever it has."""

    def __len__(self):
        return 1


class GetItemOnly:
    """Iterable by the old protocol alone."""

    def __getitem__(self, index):
        if index == 2:
            raise IndexError(index)
        return b'item%d\n' % index


class Fails:
    """Its special methods raise, or give what the keywords say."""

    def __init__(self, **methods):
        self.methods = methods

    def value(self, name):
        value = self.methods[name]
        if isinstance(value, BaseException):
            # Not that one: it would keep this frame, which keeps it.
            raise type(value)(*value.args)
        return value

    def __iter__(self):
        return self.value('iter')

    def __len__(self):
        return self.value('len')


async def coroutine():
    """What an asynchronous application returns."""


class NoneClose(list):
    """Its close is no method."""
    close = None


class File(io.BytesIO):
    """A file that says when it is closed."""

    def close(self):
        if not self.closed:
            said('file close() called')
        super().close()


class NoClose:
    """A file that cannot be closed."""

    def __init__(self, data):
        self.read = io.BytesIO(data).read


class Bytes(bytes):
    """Not type bytes."""


class Str(str):
    """Not type str."""


@route
def not_found(environ, start_response):
    start_response('404 Not Found', plain())
    return [b'no such page\n']


@route
def method_not_allowed(environ, start_response):
    start_response('405 Method Not Allowed', [('Allow', 'GET, HEAD')])
    return [environ['REQUEST_METHOD'].encode() + b' is not allowed\n']


@route
def not_implemented(environ, start_response):
    start_response('501 Not Implemented', plain())
    return [b'not implemented\n']


@route
def redirect(environ, start_response):
    start_response('302 Found', [('Location', '/ok')])
    return []


@route
def no_content(environ, start_response):
    start_response('204 No Content', [])
    return []


@route
def not_modified(environ, start_response):
    start_response('304 Not Modified', [('ETag', '"x"')])
    return []


@route
def cl_and_generator(environ, start_response):
    start_response('200 OK', plain() + [('Content-Length', '8')])
    return (chunk for chunk in (b'one\n', b'two\n'))


@route
def cl_too_small(environ, start_response):
    start_response('200 OK', plain() + [('Content-Length', '4')])
    return (chunk for chunk in (b'one\n', b'two\n'))


@route
def headers_changed_later(environ, start_response):
    own = plain()
    start_response('200 OK', own)
    own.append(('X-Late', 'yes'))
    return [b'changed\n']


@route
def headers_seen(environ, start_response):
    """What the server has done to the application's own list."""
    own = plain()
    start_response('200 OK', own)
    yield b'one\n'
    yield b'%r\n' % own


COMMON = plain()


@route
def headers_reused(environ, start_response):
    """One list for all requests, which keeps what the server puts in."""
    if environ['QUERY_STRING'] == 'fresh':
        COMMON[:] = plain()
    start_response('200 OK', COMMON)
    return [b'x' * int(environ.get('HTTP_X_SIZE', '1'))]


# start_response and write

@route
def start_none(environ, start_response):
    return [b'no start_response\n']


@route
def start_none_empty(environ, start_response):
    return []


@route
def start_late(environ, start_response):
    start_response('200 OK', plain())
    yield b'late\n'


@route
def start_too_late(environ, start_response):
    yield b''
    start_response('200 OK', plain())


@route
def start_twice(environ, start_response):
    start_response('200 OK', plain())
    start_response('200 OK', plain())
    return [b'twice\n']


@route
def start_twice_exc_info(environ, start_response):
    start_response('200 OK', [('X-A', 'gone')])
    try:
        raise ValueError('inner')
    except ValueError:
        start_response('500 Oops', plain() + [('X-B', 'kept')],
                       sys.exc_info())
    return [b'replaced\n']


@route
def start_exc_info_sent(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'written\n')
    try:
        raise ValueError('inner')
    except ValueError:
        start_response('500 Oops', plain(), sys.exc_info())
    return [b'never\n']


@route
def start_exc_info_no_active(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'written\n')
    try:
        raise ValueError('inner')
    except ValueError:
        exc_info = sys.exc_info()
    start_response('500 Oops', plain(), exc_info)
    return [b'never\n']


@route
def start_exc_info_nones(environ, start_response):
    start_response('200 OK', plain(), (None, None, None))
    return [b'nones\n']


def exc_info():
    """That of an exception that is over."""
    try:
        raise ValueError('inner')
    except ValueError:
        return sys.exc_info()


@route
def start_with(environ, start_response):
    """The only call brings exc_info, as the query says."""
    start_response('500 Oops', plain(), expression(environ))
    return [b'with\n']


@route
def start_with_sent(environ, start_response):
    """The second call does, after the headers have been sent."""
    start_response('200 OK', plain())(b'written\n')
    start_response('500 Oops', plain(), expression(environ))
    return [b'with\n']


@route
def write_of(environ, start_response):
    """write() with what the query says."""
    write = start_response('200 OK', plain())
    return [b'%r\n' % write(expression(environ))]


@route
def start_keywords(environ, start_response):
    start_response(status='200 OK', headers=plain(), exc_info=None)
    return [b'keywords\n']


@route
def start_one_argument(environ, start_response):
    start_response('200 OK')
    return [b'never\n']


@route
def start_no_argument(environ, start_response):
    start_response()
    return [b'never\n']


@route
def start_too_many(environ, start_response):
    start_response('200 OK', plain(), None, None)
    return [b'never\n']


@route
def start_wrong_keyword(environ, start_response):
    start_response('200 OK', headers=plain(), extra=1)
    return [b'never\n']


@route
def start_bad_then_good(environ, start_response):
    """The first call is refused, but has left its status behind."""
    try:
        start_response('bad', plain())
    except AssertionError as error:
        said(f'refused: {error}')
    start_response('200 OK', plain())
    return [b'good\n']


@route
def start_returns_write(environ, start_response):
    write = start_response('200 OK', plain())
    return [b'%r %r %r\n' % (callable(write), write.__name__,
                             start_response.__name__)]


@route
def write(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'w1\n')
    write(b'w2\n')
    return [b'iter\n']


@route
def write_empty(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'')
    return [b'iter\n']


@route
def write_only(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'w1\n')
    return []


@route
def write_between(environ, start_response):
    write = start_response('200 OK', plain())
    yield b'y1\n'
    write(b'w1\n')
    yield b'y2\n'


@route
def write_returns(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'%r\n' % (write(b'w\n'),))
    return []


@route
def write_keyword(environ, start_response):
    write = start_response('200 OK', plain())
    write(data=b'w\n')
    return []


@route
def write_nothing(environ, start_response):
    write = start_response('200 OK', plain())
    write()
    return []


@route
def write_str(environ, start_response):
    write = start_response('200 OK', plain())
    write('text')
    return []


@route
def write_bytearray(environ, start_response):
    write = start_response('200 OK', plain())
    write(bytearray(b'data'))
    return []


SAVED = []


@route
def write_save(environ, start_response):
    SAVED[:] = [start_response('200 OK', plain())]
    return [b'saved\n']


@route
def write_saved(environ, start_response):
    """write() of a request that is long over."""
    stale = SAVED.pop()
    start_response('200 OK', plain())
    try:
        stale(b'stale')
    except BaseException as error:
        return [b'%s: %s\n' % (type(error).__name__.encode(),
                               str(error).encode())]
    return [b'written\n']


@route
def start_save(environ, start_response):
    SAVED[:] = [start_response]
    return answer(start_response, b'saved\n')


@route
def start_saved(environ, start_response):
    """start_response of a request that is long over, and its write()."""
    stale = SAVED.pop()
    lines = []
    try:
        stale('200 OK', plain())(b'stale')
    except BaseException as error:
        lines.append('%s: %s\n' % (type(error).__name__, error))
    return answer(start_response, ''.join(lines).encode())


@route
def start_in_environ(environ, start_response):
    """A cycle: environ holds what holds environ."""
    environ['start'] = start_response
    return answer(start_response, b'cycle\n')


# environ and its streams

@route
def environ_clear(environ, start_response):
    start_response('200 OK', plain())
    environ.clear()
    return [b'never\n']


@route
def environ_http_09(environ, start_response):
    environ['SERVER_PROTOCOL'] = 'HTTP/0.9'
    start_response('200 OK', plain())
    return [b'no headers then\n']


@route
def errors(environ, start_response):
    stream = environ['wsgi.errors']
    stream.write('APP to wsgi.errors\n')
    stream.writelines(['APP one\n', 'APP two\n'])
    stream.flush()
    return answer(start_response, b'%r\n' % (stream is sys.stderr))


@route
def errors_bytes(environ, start_response):
    environ['wsgi.errors'].write(b'bytes')
    return answer(start_response, b'never\n')


@route
def errors_part(environ, start_response):
    """A line without an end, which the access line then ends. Its size is
    not the same on both servers."""
    environ['wsgi.errors'].write('APP unfinished ')
    return answer(start_response, b'%r\n' % environ['wsgi.input'])


@route
def sees_exception(environ, start_response):
    """sys.exc_info() outside of any except block."""
    return answer(start_response, b'%r\n' % (sys.exc_info(),))


class SeesException:
    """An iterable whose close() is called because of an error: close()
    can see which."""

    def __iter__(self):
        yield b'first\n'
        raise KeyError('seen by close()')

    def close(self):
        said(f'close() sees {sys.exc_info()[1]!r}')


@route
def close_sees_exception(environ, start_response):
    start_response('200 OK', plain())
    return SeesException()


class Traceless(Exception):
    """An exception that cannot be shown."""

    def __str__(self):
        raise ValueError('no text')


# Files

@route
def file_object(environ, start_response):
    start_response('200 OK', plain())
    return File(b'line1\nline2\n')


@route
def file_wrapper(environ, start_response):
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](File(b'0123456789\n'), 4)


@route
def file_wrapper_cl(environ, start_response):
    start_response('200 OK', plain() + [('Content-Length', '4')])
    return environ['wsgi.file_wrapper'](File(b'0123456789\n'))


@route
def file_wrapper_no_close(environ, start_response):
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](NoClose(b'0123456789\n'), blksize=3)


@route
def file_wrapper_text(environ, start_response):
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](io.StringIO('text'))


@route
def file_wrapper_real(environ, start_response):
    import tempfile
    file = tempfile.TemporaryFile()
    file.write(b'real file\n' * 3000)
    file.seek(0)
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](file)


def on_disk(data=b'on disk\n' * 3000, position=0, buffering=-1):
    """A file that has no name, at some position."""
    import tempfile
    file = tempfile.TemporaryFile(buffering=buffering)
    file.write(data)
    file.seek(position)
    return file


def pipe(data):
    """The end of a pipe that holds the data."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return open(reader, 'rb')


@route
def file_wrapper_of(environ, start_response):
    """What the query says, in Python, wrapped; what is left of it is said."""
    arguments = expression(environ)
    if not isinstance(arguments, tuple):
        arguments = arguments,
    start_response('200 OK', plain())
    result = environ['wsgi.file_wrapper'](*arguments)
    file = arguments[0]
    if hasattr(file, 'tell') and not file.closed and file.seekable():
        close, result.close = result.close, None
        result.close = lambda: (said(f'at {file.tell()}'), close())
    return result


@route
def file_wrapper_without(environ, start_response):
    """A wrapper that lacks the attributes which the query names; all of them,
    if __new__ alone has made it."""
    wrapper = environ['wsgi.file_wrapper']
    missing = unquote(environ['QUERY_STRING']).split()
    if missing == ['__init__']:
        result = wrapper.__new__(wrapper)
    else:
        result = wrapper(on_disk())
        for name in missing:
            delattr(result, name)
    start_response('200 OK', plain())
    return result


@route
def file_wrapper_without_by_hand(environ, start_response):
    """The same, where nobody but the application looks."""
    wrapper = environ['wsgi.file_wrapper'](File(b'data'))
    del wrapper.blksize, wrapper.filelike, wrapper.close
    for use in (next, lambda it: it.blksize, lambda it: it.filelike,
                lambda it: it.close()):
        try:
            use(wrapper)
        except AttributeError as error:
            said(error)
    wrapper.blksize, wrapper.filelike = 2, File(b'other')
    return answer(start_response, b'%r\n' % list(wrapper))


@route
def file_wrapper_after_write(environ, start_response):
    start_response('200 OK', plain())(b'written\n')
    return environ['wsgi.file_wrapper'](on_disk())


@route
def file_wrapper_unstarted(environ, start_response):
    return environ['wsgi.file_wrapper'](on_disk())


@route
def file_wrapper_by_hand(environ, start_response):
    """The wrapper as an iterator that the application itself drives."""
    wrapper = environ['wsgi.file_wrapper'](File(b'0123456789\n'), 4)
    chunks = [wrapper.blksize, hasattr(wrapper, 'close'), next(wrapper),
              list(wrapper), next(wrapper, None)]
    wrapper.close()
    return answer(start_response, b'%r\n' % chunks)


@route
def file_wrapper_wrong(environ, start_response):
    environ['wsgi.file_wrapper']()
    return answer(start_response, b'never\n')


# A client that goes away

def wait_for_end(environ, events):
    """Says on stdout that the request has come, and waits until the client
    has left."""
    stdin = environ['wsgi.input']
    poll = select.poll()
    poll.register(getattr(stdin, 'input', stdin).fileno(), events)
    print('waiting', flush=True)
    poll.poll()


def wait_for_reset(environ):
    """Until the client has reset the connection: whatever is sent from now on
    must fail."""
    wait_for_end(environ, 0)


def wait_for_hang_up(environ):
    """Until it has reset or closed it: the first that is sent may still
    succeed."""
    wait_for_end(environ, select.POLLRDHUP)


@route
def reset_then_answer(environ, start_response):
    wait_for_reset(environ)
    start_response('200 OK', plain())
    return Body([b'one\n', b'two\n'])


@route
def reset_then_write(environ, start_response):
    wait_for_reset(environ)
    write = start_response('200 OK', plain())
    for _ in range(3):
        try:
            write(b'x')
        except OSError as error:
            said(repr(error))
    return []


@route
def reset_then_empty(environ, start_response):
    wait_for_reset(environ)
    start_response('200 OK', plain())
    return Body([])


@route
def reset_then_read(environ, start_response):
    wait_for_reset(environ)
    try:
        environ['wsgi.input'].read(10)
    except OSError as error:
        said(repr(error))
        raise


@route
def reset_then_raise(environ, start_response):
    wait_for_reset(environ)
    raise RuntimeError('the error page cannot be sent')


@route
def stream_until_closed(environ, start_response):
    start_response('200 OK', plain())

    def chunks():
        while True:
            yield b'chunk\n'

    return Body(chunks())


# For the tests themselves

@route
def level(environ, start_response):
    """What must not grow from request to request. The objects are those
    that the garbage collector knows."""
    import json
    gc.collect()
    objects = len(gc.get_objects())
    return answer(start_response, json.dumps({
        'objects': objects,
        'blocks of memory': sys.getallocatedblocks(),
        'open files': len(os.listdir('/proc/self/fd')),
    }).encode())
