"""Applications, and what Python's ServerHandler makes of them."""

import gc
import io
import tempfile
from wsgiref import simple_server
from wsgiref.simple_server import ServerHandler

from doubles import masked
from rows import Rows

rows = Rows()
# What has happened, in its order, and what the handler has said of errors.
events, errors = [], None


class Blocks:
    """An iterable with a close()."""

    def __init__(self, *blocks, close=None):
        self.blocks, self.error = blocks, close

    def __iter__(self):
        return iter(self.blocks)

    def close(self):
        events.append('close')
        if self.error:
            raise self.error


def answer(status, headers, *blocks, **kw):
    def app(environ, start_response):
        start_response(status, headers)
        return Blocks(*blocks, **kw)
    return app


def writes(environ, start_response):
    write = start_response('200 OK', [('X', 'y')])
    write(b'one')
    write(b'two')
    return [b'three']


def raises(environ, start_response):
    raise ValueError('no')


def raises_late(environ, start_response):
    start_response('200 OK', [])
    yield b'one'
    raise ValueError('late')


def silent(environ, start_response):
    return [b'x']


def as_list(environ, start_response):
    start_response('200 OK', [])
    return [b'one block']


def exits(environ, start_response):
    raise SystemExit(3)


text = [('Content-Type', 'text/plain')]

apps = [
    ('two blocks', answer('200 OK', text, b'one', b'two')),
    ('no block', answer('200 OK', text)),
    ('an empty block, and blanks in the reason',
     answer('404 Not  Found', text, b'')),
    ('a status without a reason', answer('299 ', [])),
    ('a Server header of its own',
     answer('204 No', [('Server', 'mine')], b'')),
    ('close() raises', answer('200 OK', text, b'x',
                              close=OSError(5, 'close'))),
    ('a status without a code', answer('bad', text, b'x')),
    ('a status of bytes', answer(b'200 OK', text, b'x')),
    ('headers that are no list', answer('200 OK', {}, b'x')),
    ('a block that is a str', answer('200 OK', text, 'str')),
    ('a reason and a header in Latin-1',
     answer('200 caf\xe9', [('X', '\xff')], b'x')),
    ('a reason beyond Latin-1', answer('200 \u20ac', text, b'x')),
    ('a hop-by-hop header',
     answer('200 OK', [('Connection', 'close')], b'x')),
    ('write() before the iterable', writes),
    ('the application raises', raises),
    ('the iterable raises after the first block', raises_late),
    ('no start_response()', silent),
    ('a list of one block has a length', as_list),
    ('the application exits', exits),
]
environs = [
    ('HTTP/1.1', {'SERVER_PROTOCOL': 'HTTP/1.1'}),
    ('HTTP/0.9 over https', {'SERVER_PROTOCOL': 'HTTP/0.9', 'HTTPS': 'on'}),
    ('no protocol', {}),
]
cases = [('%s, %s' % (words, environ_words), app, environ)
         for environ_words, environ in environs for words, app in apps]


class Log:
    def log_request(self, code, size):
        events.append(('log', code, size))


class Quiet(ServerHandler):
    request_handler = Log()


def outcome(wfile, error):
    """All that can be seen of a run; of a traceback its last line."""
    return {'answer': masked(wfile.getvalue()), 'events': list(events),
            'errors': errors.getvalue().splitlines()[-1:],
            'raised': repr(error)}


def new_errors():
    global errors
    errors = io.StringIO()
    return errors


def new_request():
    """The streams of a request of ours."""
    global request
    events.clear()
    request = io.BytesIO(b'body'), io.BytesIO()
    return request


request = None
wanted = None


def expected(app, environ):
    events.clear()
    wfile = io.BytesIO()
    handler = Quiet(io.BytesIO(b'body'), wfile, new_errors(), environ,
                    multithread=False)
    error = None
    try:
        handler.run(app)
    except BaseException as e:
        error = e
    return outcome(wfile, error)


def begin_case(words, app, environ):
    """Python's handler runs it. The application for ours."""
    global wanted
    wanted = expected(app, dict(environ))
    return app


def end_case(case, error):
    rows.compare(case[0], outcome(request[1], error), wanted)


# ---- Applications that keep something

seen = None
kept = None


def sees(environ, start_response):
    global seen
    seen = dict(environ)
    start_response('200 OK', [])
    return []


def environ_of_pythons():
    expected(sees, {'SERVER_PROTOCOL': 'HTTP/1.1', 'X': 'y'})
    return seen


def check_environ(wanted, rfile):
    global seen
    assert list(seen) == list(wanted), (seen, wanted)
    assert seen['wsgi.input'] is rfile
    assert seen['wsgi.errors'] is errors
    for name in 'wsgi.input', 'wsgi.errors', 'wsgi.file_wrapper':
        del seen[name], wanted[name]
    assert seen == wanted, (seen, wanted)
    seen = None


def keeps_start_response_and_loses_its_client(environ, start_response):
    """There is no close() then that would break the cycle."""
    environ['keep'] = start_response
    raise BrokenPipeError


def keeps_start_response(environ, start_response):
    global kept
    kept = start_response, start_response('200 OK', [])
    return []


def check_late_write():
    global kept
    try:
        kept[1](b'x')
    except AssertionError as e:
        assert str(e) == 'write() before start_response()', e
    else:
        raise AssertionError('no error')
    kept = None


def without_the_collector():
    gc.disable()


def collect():
    gc.enable()
    gc.collect()


def versions():
    return (ServerHandler.server_software, simple_server.software_version,
            simple_server.server_version)


# ---- Files

def a_file(at=0):
    """Where it says that it is."""
    file = tempfile.TemporaryFile()
    file.write(b'of a file')
    file.seek(0)
    file.tell = lambda: at
    return file


def answer_by(file):
    def app(environ, start_response):
        start_response('200 OK', text)
        return environ['wsgi.file_wrapper'](file)
    return app
