"""The Python of test_error_wrapper.c."""

import gc
import io
import traceback
import types
import weakref

import ours
from same_as_original import Str, attributes, row, say


class Err:
    """A stream that says what it is asked, and fails or does not."""

    def __init__(self, error=None):
        self.error = error

    def said(self, *what):
        say(*what)
        if self.error:
            raise self.error
        return ['not passed on']

    def write(self, *a, **kw):
        return self.said('write', a, kw)

    def writelines(self, *a):
        return self.said('writelines', a)

    def flush(self, *a, **kw):
        return self.said('flush', a, kw)

    def close(self):
        say('close')


WRITE = [
    ('a str is passed on, what comes back is not',
     lambda V: V.ErrorWrapper(Err()).write('text')),
    ('an empty str', lambda V: V.ErrorWrapper(Err()).write('')),
    ('its argument is called s',
     lambda V: V.ErrorWrapper(Err()).write(s='text')),
    ('bytes are refused, without a message',
     lambda V: V.ErrorWrapper(Err()).write(b'bytes')),
    ('so is a subclass of str',
     lambda V: V.ErrorWrapper(Err()).write(Str('text'))),
    ('and None', lambda V: V.ErrorWrapper(Err()).write(None)),
    ('and a tuple', lambda V: V.ErrorWrapper(Err()).write(('a',))),
    ('an argument is missing', lambda V: V.ErrorWrapper(Err()).write()),
    ('there is one too many',
     lambda V: V.ErrorWrapper(Err()).write('a', 'b')),
    ('the same by place and by name',
     lambda V: V.ErrorWrapper(Err()).write('a', s='b')),
    ('another keyword', lambda V: V.ErrorWrapper(Err()).write(text='b')),
    ('the stream fails',
     lambda V: V.ErrorWrapper(Err(KeyError('write'))).write('text')),
    ('the stream has no write()',
     lambda V: V.ErrorWrapper(None).write('text')),
    ('or one that cannot be called', lambda V: V.ErrorWrapper(
        types.SimpleNamespace(write=None)).write('a')),
]

FLUSH = [
    ('flush() is passed on', lambda V: V.ErrorWrapper(Err()).flush()),
    ('it takes no argument', lambda V: V.ErrorWrapper(Err()).flush(1)),
    ('the stream fails',
     lambda V: V.ErrorWrapper(Err(KeyError('flush'))).flush()),
    ('the stream has no flush()', lambda V: V.ErrorWrapper(None).flush()),
    ('or one that cannot be called', lambda V: V.ErrorWrapper(
        types.SimpleNamespace(flush=None)).flush()),
]

WRITELINES = [
    ("each line is written, not passed to the stream's writelines()",
     lambda V: V.ErrorWrapper(Err()).writelines(['a', '', 'b'])),
    ('the lines of a str are its letters',
     lambda V: V.ErrorWrapper(Err()).writelines('abc')),
    ('lines that nobody else holds', lambda V: V.ErrorWrapper(Err())
     .writelines(['line %d' % i for i in range(3)])),
    ('an iterator, of nothing',
     lambda V: V.ErrorWrapper(Err()).writelines(iter([]))),
    ('its argument is called seq',
     lambda V: V.ErrorWrapper(Err()).writelines(seq=('a',))),
    ('a line of bytes is refused when its turn comes',
     lambda V: V.ErrorWrapper(Err()).writelines(['a', b'b', 'c'])),
    ('the lines of bytes are ints',
     lambda V: V.ErrorWrapper(Err()).writelines(b'abc')),
    ('None cannot be iterated',
     lambda V: V.ErrorWrapper(Err()).writelines(None)),
    ('nor can an int', lambda V: V.ErrorWrapper(Err()).writelines(5)),
    ('an argument is missing', lambda V: V.ErrorWrapper(Err()).writelines()),
    ('there is one too many',
     lambda V: V.ErrorWrapper(Err()).writelines(['a'], ['b'])),
    ('the stream fails: the next line is not written', lambda V:
     V.ErrorWrapper(Err(KeyError('write'))).writelines(['a', 'b'])),
]


@row(WRITELINES, 'the lines fail: the first is written')
def lines_fail(V):
    def lines():
        yield 'a'
        raise KeyError('lines')
    V.ErrorWrapper(Err()).writelines(lines())


@row(WRITELINES, 'write() is looked up on self')
def overrides_write(V):
    class Own(V.ErrorWrapper):
        def write(self, s):
            say('own', s)
            super().write(s.upper())
    Own(Err()).writelines(['a', 'b'])


@row(WRITELINES, 'it gets each line as one argument, whatever it is')
def overrides_write_for_anything(V):
    class Own(V.ErrorWrapper):
        def write(self, *s):
            say('own', s)
    Own(Err()).writelines([('a', 'b'), None])


@row(WRITELINES, 'write() is looked up for each line')
def replaces_write_between_lines(V):
    w = V.ErrorWrapper(Err())

    def lines():
        yield 'a'
        w.write = lambda s: say('mine', s)
        yield 'b'
    w.writelines(lines())


@row(WRITELINES, 'a write that cannot be called')
def overrides_write_by_none(V):
    class Own(V.ErrorWrapper):
        write = None
    Own(Err()).writelines(['a'])


OTHERS = [
    ('close() is refused, and not passed on',
     lambda V: V.ErrorWrapper(Err()).close()),
    ('it takes no argument', lambda V: V.ErrorWrapper(Err()).close(1)),
    ("the stream's other methods are not there",
     lambda V: V.ErrorWrapper(io.StringIO()).getvalue()),
    ('print() writes to it', lambda V: print(
        'text', 5, file=V.ErrorWrapper(Err()), flush=True)),
    ('and so does traceback', lambda V: traceback.print_exception(
        ValueError('x'), file=V.ErrorWrapper(Err()))),
    ('what is wrapped is the attribute errors',
     lambda V: (lambda e: V.ErrorWrapper(e).errors is e)(Err())),
    ('the argument of its class is called wsgi_errors',
     lambda V: V.ErrorWrapper(wsgi_errors=5).errors),
    ('it takes a weak reference',
     lambda V: (lambda w: weakref.ref(w)() is w)(V.ErrorWrapper(5))),
    ('its class wants an argument', lambda V: V.ErrorWrapper()),
    ('one', lambda V: V.ErrorWrapper(1, 2)),
    ('of that name', lambda V: V.ErrorWrapper(errors=1)),
    ('check_errors() is content with it',
     lambda V: V.check_errors(V.ErrorWrapper(Err()))),
]


@row(OTHERS, 'another stream may be put in')
def puts_a_stream_in(V):
    w = V.ErrorWrapper(5)
    w.errors = Err()
    w.write('a')


@row(OTHERS, 'without a stream write() has none')
def writes_without_a_stream(V):
    w = V.ErrorWrapper(5)
    del w.errors
    w.write('a')


@row(OTHERS, 'nor has flush()')
def flushes_without_a_stream(V):
    w = V.ErrorWrapper(5)
    del w.errors
    w.flush()


def cycle(W):
    """A weak reference to what is in a cycle with its wrapper."""
    stream = Err()
    stream.wrapper = W(stream)
    stream.wrapper.me = stream.wrapper
    return weakref.ref(stream)


def what_is_left_of_cycles():
    refs = [cycle(ours.ErrorWrapper), cycle(attributes(ours.ErrorWrapper))]
    gc.collect()
    return [ref() for ref in refs]
