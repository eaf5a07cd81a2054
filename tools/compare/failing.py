"""The failing applications of test_tracebacks.py: each fails in another way,
at another step of an answer, and is asked for by the path of its name."""

import io
import os
import sys
import tempfile

PLAIN = ('Content-Type', 'text/plain')
APPLICATIONS = {}


def failing(function):
    APPLICATIONS['/' + function.__name__] = function
    return function


def application(environ, start_response):
    path = environ['PATH_INFO']
    if path.startswith('/sync/'):
        start_response('200 OK', [PLAIN])
        return []
    return APPLICATIONS[path](environ, start_response)


def started(start_response, status='200 OK', headers=()):
    return start_response(status, [PLAIN, *headers])


# While it is called

@failing
def raises(environ, start_response):
    return [environ['no such key']]


@failing
def raises_deep_inside(environ, start_response):
    def descend(depth):
        return 1 / depth + descend(depth - 1)

    return descend(5)


@failing
def raises_a_cause(environ, start_response):
    try:
        int('x')
    except ValueError as error:
        raise LookupError('because of it') from error


@failing
def raises_while_handling(environ, start_response):
    try:
        [][1]
    except IndexError:
        {}['while handling']


@failing
def raises_a_group(environ, start_response):
    errors = []
    for each in ('x', None):
        try:
            int(each)
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup('two at once', errors)


@failing
def raises_with_a_note(environ, start_response):
    error = OSError(5, 'with a note')
    error.add_note('a note\nof two lines')
    raise error


@failing
def exits(environ, start_response):
    sys.exit('an application must not')


@failing
def imports_what_cannot_be_compiled(environ, start_response):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'broken.py'), 'w') as file:
            file.write('def f(:\n    pass\n')
        sys.path.insert(0, folder)
        try:
            import broken
        finally:
            sys.path.remove(folder)
    return broken


@failing
def imports_what_is_not_there(environ, start_response):
    import no_such_module
    return no_such_module


@failing
def is_not_callable_so(environ, start_response):
    return (lambda: None)(environ)


# start_response and write

@failing
def status_is_bytes(environ, start_response):
    started(start_response, b'200 OK')


@failing
def status_is_short(environ, start_response):
    started(start_response, '200')


@failing
def status_is_not_latin1(environ, start_response):
    started(start_response, '200 \u20ac')
    return [b'x']


@failing
def header_value_is_int(environ, start_response):
    started(start_response, headers=[('X-A', 1)])


@failing
def header_is_not_a_pair(environ, start_response):
    started(start_response, headers=[('X-A',)])


@failing
def header_has_line_end(environ, start_response):
    started(start_response, headers=[('X-A', 'a\nb')])


@failing
def header_is_hop_by_hop(environ, start_response):
    started(start_response, headers=[('Connection', 'close')])


@failing
def headers_are_a_tuple(environ, start_response):
    start_response('200 OK', ())


@failing
def header_fails_when_sent(environ, start_response):
    class Value:
        def __str__(self):
            raise ValueError('no str')

    headers = [PLAIN]
    start_response('200 OK', headers)
    headers.append(('X-A', Value()))
    return [b'x']


@failing
def header_name_cannot_be_called_lower(environ, start_response):
    class Name:
        lower = 5

    headers = [PLAIN]
    start_response('200 OK', headers)
    headers.append((Name(), 'v'))
    return [b'x']


@failing
def starts_twice(environ, start_response):
    started(start_response)
    started(start_response)


@failing
def starts_without_arguments(environ, start_response):
    start_response()


@failing
def never_starts(environ, start_response):
    return [b'x']


@failing
def never_starts_and_is_empty(environ, start_response):
    return []


@failing
def starts_again_before_output(environ, start_response):
    started(start_response)
    try:
        raise ValueError('before output')
    except ValueError:
        start_response('404 Gone', [PLAIN], sys.exc_info())
        raise


@failing
def starts_again_after_output(environ, start_response):
    started(start_response)(b'x')
    try:
        raise ValueError('after output')
    except ValueError:
        start_response('500 Oops', [PLAIN], sys.exc_info())


@failing
def writes_a_str(environ, start_response):
    started(start_response)('text')


@failing
def writes_and_raises(environ, start_response):
    write = started(start_response)
    write(b'some')
    raise ValueError('after write()')


# The iterable

@failing
def returns_none(environ, start_response):
    started(start_response)


@failing
def yields_a_str(environ, start_response):
    started(start_response)
    return ['text']


@failing
def fails_at_the_first_block(environ, start_response):
    started(start_response)
    raise ValueError('first')
    yield b''


@failing
def fails_at_the_second_block(environ, start_response):
    started(start_response)
    yield b'first'
    raise ValueError('second')


@failing
def generator_starts_too_late(environ, start_response):
    yield b'x'
    started(start_response)


class Iterable:
    """Fails in the methods that it is told."""

    def __init__(self, *fails):
        self.fails = fails

    def fail(self, name):
        if name in self.fails:
            raise ValueError(name)

    def __iter__(self):
        self.fail('__iter__')
        return self

    def __next__(self):
        self.fail('__next__')
        raise StopIteration

    def close(self):
        self.fail('close')


@failing
def iter_fails(environ, start_response):
    started(start_response)
    return Iterable('__iter__')


@failing
def len_fails(environ, start_response):
    class Blocks(list):
        def __len__(self):
            raise ValueError('len()')

    started(start_response)
    return Blocks([b'x'])


@failing
def close_fails(environ, start_response):
    started(start_response)
    return Iterable('close')


@failing
def next_and_close_fail(environ, start_response):
    started(start_response)
    return Iterable('__next__', 'close')


@failing
def file_fails(environ, start_response):
    class File(io.BytesIO):
        def read(self, size):
            raise OSError(5, 'in read()')

    started(start_response)
    return environ['wsgi.file_wrapper'](File())


# The client

@failing
def reads_by_a_str(environ, start_response):
    started(start_response)
    return [environ['wsgi.input'].read('5')]


@failing
def fails_when_the_client_goes(environ, start_response):
    """Writes until the client's reset has come: no error to speak of."""
    write = started(start_response)
    while True:
        write(b'x' * 65536)
