"""Applications that drive the chain down each of its branches."""

import io
import select
import tempfile


def plain():
    """The headers of most answers: a new list each time."""
    return [('Content-Type', 'text/plain')]


def hello(environ, start_response):
    start_response('200 OK', plain())
    return [b'Hello, World!\n']


def not_found(environ, start_response):
    start_response('404 Not Found', plain())
    return [b'there is nothing\n']


def echo(environ, start_response):
    body = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))
    start_response('200 OK', plain() + [('Content-Length', str(len(body)))])
    return [body]


def own_headers(environ, start_response):
    """Date, Server and Content-Length are there already."""
    start_response('200 OK', plain() + [
        ('Date', 'Sun, 06 Nov 1994 08:49:37 GMT'), ('Server', 'mine'),
        ('Content-Length', '3')])
    return [b'abc']


def raises(environ, start_response):
    raise RuntimeError('before start_response')


def raises_after_start(environ, start_response):
    start_response('200 OK', plain())
    raise RuntimeError('after start_response')


def raises_after_headers(environ, start_response):
    start_response('200 OK', plain())
    yield b'one\n'
    raise RuntimeError('after the headers')


def starts_again(environ, start_response):
    """As PEP 3333 has it for an error that the application handles."""
    import sys
    start_response('200 OK', plain())
    try:
        raise RuntimeError('handled')
    except RuntimeError:
        start_response('500 Oops', plain(), sys.exc_info())
    return [b'sorry\n']


def starts_twice(environ, start_response):
    start_response('200 OK', plain())
    start_response('200 OK', plain())
    return [b'never\n']


def starts_again_too_late(environ, start_response):
    import sys
    start_response('200 OK', plain())
    yield b'one\n'
    try:
        raise RuntimeError('after the headers')
    except RuntimeError:
        start_response('500 Oops', plain(), sys.exc_info())
    yield b'never\n'


def raises_after_write(environ, start_response):
    start_response('200 OK', plain())(b'one\n')
    raise RuntimeError('after write()')


def never_starts(environ, start_response):
    return [b'never\n']


def exits(environ, start_response):
    raise ConnectionAbortedError('as if the client had gone')


def generator(environ, start_response):
    start_response('200 OK', plain())
    yield b'one\n'
    yield b''
    yield b'two\n'


def two_blocks(environ, start_response):
    start_response('200 OK', plain())
    return [b'one\n', b'two\n']


def no_block(environ, start_response):
    start_response('204 No Content', [])
    return []


def empty_block(environ, start_response):
    start_response('200 OK', plain())
    return [b'']


def writes(environ, start_response):
    write = start_response('200 OK', plain())
    write(b'one\n')
    write(b'two\n')
    return [b'three\n']


def writes_nothing(environ, start_response):
    start_response('200 OK', plain())(b'')
    return []


def no_iterable(environ, start_response):
    start_response('200 OK', plain())


def text_block(environ, start_response):
    start_response('200 OK', plain())
    return ['no bytes']


class Closing:
    """An iterable with close()."""

    def __init__(self, blocks):
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)

    def close(self):
        self.blocks = None


def closes(environ, start_response):
    start_response('200 OK', plain())
    return Closing([b'one\n', b'two\n'])


def raising_close(environ, start_response):
    class Raising(Closing):
        def close(self):
            raise RuntimeError('in close')
    start_response('200 OK', plain())
    return Raising([b'one\n'])


def wrapped_bytes(environ, start_response):
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](io.BytesIO(b'x' * 10000), 4096)


def wrapped_file(environ, start_response):
    file = tempfile.TemporaryFile()
    file.write(b'x' * 10000)
    file.seek(0)
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](file)


def wrapped_lines(environ, start_response):
    """No read(): the wrapper cannot be made, nothing is sent."""
    start_response('200 OK', plain())
    return environ['wsgi.file_wrapper'](Closing([]))


def bad_status(environ, start_response):
    start_response('20', plain())
    return [b'never\n']


def bad_header(environ, start_response):
    start_response('200 OK', [('X', 1)])
    return [b'never\n']


def status_of_bytes(environ, start_response):
    start_response(b'200 OK', plain())
    return [b'never\n']


def headers_of_a_tuple(environ, start_response):
    start_response('200 OK', tuple(plain()))
    return [b'never\n']


def hop_by_hop(environ, start_response):
    start_response('200 OK', [('Connection', 'close')])
    return [b'never\n']


def says_to_errors(environ, start_response):
    environ['wsgi.errors'].write('noticed\n')
    environ['wsgi.errors'].flush()
    environ['wsgi.input'].read(5)
    start_response('200 OK', plain())
    return [b'said\n']


def reads_every_way(environ, start_response):
    body = environ['wsgi.input']
    lines = [body.readline(), *body.readlines(4), *body, body.read(1)]
    environ['wsgi.errors'].writelines(['noticed\n', 'twice\n'])
    start_response('200 OK', plain())
    return [b''.join(lines)]


def waits_for_reset(environ, start_response):
    """The client goes when it has got the first block."""
    start_response('200 OK', plain())
    yield b'one\n'
    poll = select.poll()
    poll.register(environ['wsgi.input'].fileno(), 0)
    poll.poll()
    yield b'two\n'
    yield b'three\n'


def waits_at_gate(environ, start_response):
    """The path is a FIFO: until somebody opens it."""
    with open(environ['PATH_INFO']):
        start_response('200 OK', plain())
    return [b'in\n']
