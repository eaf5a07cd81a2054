"""The Python of test_write_wrapper.c."""

import gc
import io
import weakref

import ours
from same_as_original import Bytes, attributes, row, say


def writer(*a, **kw):
    say('writer', a, kw)
    return ['not passed on']


def failing(data):
    raise KeyError('writer')


CASES = [
    ('bytes are passed on, what comes back is not',
     lambda V: V.WriteWrapper(writer)(b'data')),
    ('no bytes are bytes', lambda V: V.WriteWrapper(writer)(b'')),
    ('its argument is called s', lambda V: V.WriteWrapper(writer)(s=b'data')),
    ('a str is refused, without a message',
     lambda V: V.WriteWrapper(writer)('text')),
    ('so is a subclass of bytes',
     lambda V: V.WriteWrapper(writer)(Bytes(b'data'))),
    ('and a bytearray', lambda V: V.WriteWrapper(writer)(bytearray(b'data'))),
    ('and None', lambda V: V.WriteWrapper(writer)(None)),
    ('an argument is missing', lambda V: V.WriteWrapper(writer)()),
    ('there is one too many', lambda V: V.WriteWrapper(writer)(b'a', b'b')),
    ('another keyword', lambda V: V.WriteWrapper(writer)(data=b'a')),
    ('the writer fails', lambda V: V.WriteWrapper(failing)(b'data')),
    ('a str is refused before the writer can fail',
     lambda V: V.WriteWrapper(failing)('text')),
    ('a writer that cannot be called',
     lambda V: V.WriteWrapper(None)(b'data')),
    ('a str is refused before it is called',
     lambda V: V.WriteWrapper(None)('text')),
    ('it has no write()', lambda V: V.WriteWrapper(io.StringIO()).write('x')),
    ('it can be called', lambda V: callable(V.WriteWrapper(None))),
    ('what is wrapped is the attribute writer',
     lambda V: V.WriteWrapper(writer).writer is writer),
    ('the argument of its class is called wsgi_writer',
     lambda V: V.WriteWrapper(wsgi_writer=5).writer),
    ('it takes a weak reference',
     lambda V: (lambda w: weakref.ref(w)() is w)(V.WriteWrapper(5))),
    ('its class wants an argument', lambda V: V.WriteWrapper()),
    ('one', lambda V: V.WriteWrapper(1, 2)),
    ('of that name', lambda V: V.WriteWrapper(writer=1)),
]


@row(CASES, 'another writer may be put in')
def puts_a_writer_in(V):
    w = V.WriteWrapper(5)
    w.writer = writer
    w(b'data')


@row(CASES, 'without a writer: AttributeError')
def deletes_the_writer(V):
    w = V.WriteWrapper(5)
    del w.writer
    w(b'data')


@row(CASES, 'a subclass may call it by super()')
def overrides_call(V):
    class Own(V.WriteWrapper):
        def __call__(self, s):
            say('own', s)
            return super().__call__(s)
    return Own(writer)(b'data')


class Writer:
    pass


def cycle(W):
    """A weak reference to what is in a cycle with its wrapper."""
    stream = Writer()
    stream.wrapper = W(stream)
    stream.wrapper.me = stream.wrapper
    return weakref.ref(stream)


def what_is_left_of_cycles():
    refs = [cycle(ours.WriteWrapper), cycle(attributes(ours.WriteWrapper))]
    gc.collect()
    return [ref() for ref in refs]
