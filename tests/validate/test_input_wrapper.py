"""The Python of test_input_wrapper.c."""

import gc
import io
import sys
import types
import weakref

import ours
from same_as_original import (
    Bad, Bytes, List, Told, attributes, outcome, row, say)


class In:
    """An input that says how it is called, and gives what it is told to."""

    def __init__(self, *values):
        self.values = list(values)

    def next(self, *what):
        say(*what)
        value = self.values.pop(0)
        if isinstance(value, BaseException):
            raise value
        return value

    def read(self, *a, **kw):
        return self.next('read', a, kw)

    def readline(self, *a, **kw):
        return self.next('readline', a, kw)

    def readlines(self, *a, **kw):
        return self.next('readlines', a, kw)

    def close(self):
        say('close')


def file(data=b'one\ntwo\n\nfour'):
    return io.BytesIO(data)


READ = [
    ('a size', lambda V: V.InputWrapper(file()).read(5)),
    ('a negative size is one', lambda V: V.InputWrapper(file()).read(-1)),
    ('and so is None', lambda V: V.InputWrapper(file()).read(None)),
    ('without a size it is refused', lambda V: V.InputWrapper(file()).read()),
    ('with two it is, too', lambda V: V.InputWrapper(file()).read(1, 2)),
    ('it takes no keyword', lambda V: V.InputWrapper(file()).read(size=1)),
    ('not even beside a size',
     lambda V: V.InputWrapper(file()).read(1, size=1)),
    ('a size of another type is for the stream to refuse',
     lambda V: V.InputWrapper(file()).read('x')),
    ('the size is passed on as it is',
     lambda V: V.InputWrapper(In(b'x')).read(Told('size'))),
    ('and if it is a tuple, it is one argument',
     lambda V: V.InputWrapper(In(b'')).read((1, 2))),
    ('a str that comes back is refused, without a message',
     lambda V: V.InputWrapper(In('text')).read(1)),
    ('so is None', lambda V: V.InputWrapper(In(None)).read(1)),
    ('and a subclass of bytes',
     lambda V: V.InputWrapper(In(Bytes())).read(1)),
    ('and a bytearray', lambda V: V.InputWrapper(In(bytearray())).read(1)),
    ('the stream fails',
     lambda V: V.InputWrapper(In(KeyError('read'))).read(1)),
    ('the stream has no read()', lambda V: V.InputWrapper(None).read(1)),
    ('or one that cannot be called', lambda V: V.InputWrapper(
        types.SimpleNamespace(read=None)).read(1)),
]

READLINE = [
    ('a line', lambda V: V.InputWrapper(file()).readline()),
    ('with a size', lambda V: V.InputWrapper(file()).readline(2)),
    ('two are refused', lambda V: V.InputWrapper(file()).readline(1, 2)),
    ('it takes no keyword',
     lambda V: V.InputWrapper(file()).readline(size=1)),
    ('no argument is passed on when there is none',
     lambda V: V.InputWrapper(In(b'x')).readline()),
    ('a str that comes back is refused',
     lambda V: V.InputWrapper(In('text')).readline()),
    ('so is a subclass of bytes',
     lambda V: V.InputWrapper(In(Bytes())).readline()),
    ('the stream fails',
     lambda V: V.InputWrapper(In(KeyError('readline'))).readline()),
    ('the stream has no readline()',
     lambda V: V.InputWrapper(None).readline()),
]

READLINES = [
    ('the lines', lambda V: V.InputWrapper(file()).readlines()),
    ('with a hint', lambda V: V.InputWrapper(file()).readlines(2)),
    ('two are refused', lambda V: V.InputWrapper(file()).readlines(1, 2)),
    ('it takes no keyword',
     lambda V: V.InputWrapper(file()).readlines(hint=1)),
    ('no lines are a list', lambda V: V.InputWrapper(In([])).readlines()),
    ('a tuple is refused', lambda V: V.InputWrapper(In(())).readlines()),
    ('so is None', lambda V: V.InputWrapper(In(None)).readlines()),
    ('and a subclass of list',
     lambda V: V.InputWrapper(In(List())).readlines()),
    ('a line of str is refused',
     lambda V: V.InputWrapper(In(['text'])).readlines()),
    ('a later line that is a subclass of bytes is, too',
     lambda V: V.InputWrapper(In([b'a', Bytes()])).readlines()),
    ('the stream fails',
     lambda V: V.InputWrapper(In(KeyError('readlines'))).readlines()),
    ('the stream has no readlines()',
     lambda V: V.InputWrapper(None).readlines()),
]


@row(READLINES, "the stream's own list is passed on")
def gives_the_very_list(V):
    lines = [b'a']
    return V.InputWrapper(In(lines)).readlines() is lines


ITERATION = [
    ('the lines, by readline()', lambda V: list(V.InputWrapper(file()))),
    ('nothing', lambda V: list(V.InputWrapper(file(b'')))),
    ('readline() is called without a size, until there is nothing',
     lambda V: list(V.InputWrapper(In(b'a', b'b', b'')))),
    ('a line of str is refused',
     lambda V: list(V.InputWrapper(In(b'a', 'text')))),
    ('the stream fails',
     lambda V: list(V.InputWrapper(In(b'a', KeyError('readline'))))),
    ('StopIteration in a generator is a RuntimeError',
     lambda V: list(V.InputWrapper(In(b'a', StopIteration('readline'))))),
    ('the stream has no readline()', lambda V: list(V.InputWrapper(None))),
    ('it is iterable, and no iterator',
     lambda V: next(V.InputWrapper(file()))),
    ('iter() reads nothing',
     lambda V: V.InputWrapper(5).__iter__() and 'nothing read yet'),
]


@row(ITERATION, 'an iterator that is over stays so, though there are lines')
def reads_after_the_end(V):
    w = V.InputWrapper(In(b'a', b'b', b'', b'c'))
    lines = iter(w)
    return [iter(lines) is lines, lines is w, next(lines), w.readline(),
            list(lines), list(lines), w.readline()]


@row(ITERATION, 'an iterator that has failed is over')
def reads_after_an_error(V):
    lines = iter(V.InputWrapper(In(b'a', 5, b'after')))
    for _ in range(4):
        try:
            say(next(lines, 'end'))
        except AssertionError as e:
            say(repr(e))


@row(ITERATION, 'two iterators share the stream')
def reads_by_two(V):
    a, b = [iter(w) for w in [V.InputWrapper(file())] for _ in '12']
    return next(a), next(b), list(a), list(b)


@row(ITERATION, 'an iterator that is asked while it reads')
def reads_while_it_reads(V):
    class Again(In):
        def readline(self):
            try:
                next(lines)
            except ValueError as e:
                say(repr(e))
            return super().readline()
    lines = iter(V.InputWrapper(Again(b'a', b'')))
    return list(lines)


@row(ITERATION, 'readline() is looked up on self')
def overrides_readline(V):
    class Own(V.InputWrapper):
        def readline(self):
            say('own')
            return super().readline(2)
    return list(Own(file()))


@row(ITERATION, 'what it gives ends the iteration if it is false, like a str')
def overrides_readline_by_str(V):
    class Own(V.InputWrapper):
        def readline(self):
            return ''
    return list(Own(file()))


@row(ITERATION, 'its truth may be an error')
def overrides_readline_by_bad(V):
    class Own(V.InputWrapper):
        def readline(self):
            return Bad()
    return list(Own(file()))


@row(ITERATION, 'readline() is looked up for each line')
def replaces_readline_between_lines(V):
    w = V.InputWrapper(file())
    lines = iter(w)
    say(next(lines))
    w.readline = lambda: b''
    return list(lines)


@row(ITERATION, 'a readline that cannot be called')
def overrides_readline_by_none(V):
    class Own(V.InputWrapper):
        readline = None
    list(Own(file()))


OTHERS = [
    ('close() is refused, and not passed on',
     lambda V: V.InputWrapper(In()).close()),
    ('it takes no argument', lambda V: V.InputWrapper(In()).close(1)),
    ('and no keyword', lambda V: V.InputWrapper(In()).close(x=1)),
    ("the stream's other methods are not there",
     lambda V: V.InputWrapper(file()).seek(0)),
    ('nor its attributes', lambda V: V.InputWrapper(file()).closed),
    ('nor read1()', lambda V: hasattr(V.InputWrapper(file()), 'read1')),
    ('it is true, and cannot be called',
     lambda V: (bool(V.InputWrapper(None)), callable(V.InputWrapper(None)))),
    ('it has no length', lambda V: len(V.InputWrapper([]))),
    ('what is wrapped is the attribute input',
     lambda V: (lambda f: V.InputWrapper(f).input is f)(file())),
    ('the argument of its class is called wsgi_input',
     lambda V: V.InputWrapper(wsgi_input=5).input),
    ('it takes a weak reference',
     lambda V: (lambda w: weakref.ref(w)() is w)(V.InputWrapper(file()))),
    ('which does not hold it',
     lambda V: weakref.ref(V.InputWrapper(file()))()),
    ('its class wants an argument', lambda V: V.InputWrapper()),
    ('one', lambda V: V.InputWrapper(1, 2)),
    ('of that name', lambda V: V.InputWrapper(input=1)),
    ('check_input() is content with it',
     lambda V: V.check_input(V.InputWrapper(file()))),
]


@row(OTHERS, 'another stream may be put in, and other attributes')
def puts_a_stream_in(V):
    w = V.InputWrapper(file())
    w.input = file(b'other')
    w.more = 5
    return w.read(9), w.more


@row(OTHERS, 'without a stream: AttributeError')
def deletes_the_stream(V):
    w = V.InputWrapper(file())
    del w.input
    return w.read(9)


@row(OTHERS, '__init__() once more is another stream')
def is_made_twice(V):
    w = V.InputWrapper(file())
    w.__init__(file(b'again'))
    return w.read(9)


@row(OTHERS, 'a subclass may have a property for it, which __init__() sets')
def overrides_input(V):
    class Own(V.InputWrapper):
        input = property(lambda self: file(b'own'), lambda s, v: say(v))
    return Own(5).read(9)


@row(OTHERS, 'without __init__() there is no attribute')
def overrides_init(V):
    class Own(V.InputWrapper):
        def __init__(self):
            pass
    return hasattr(Own(), 'input')


def frames_of_a_failing_line():
    """From the iteration on."""
    raised = outcome(lambda V: list(V.InputWrapper(In(5))), ours)['raised']
    return raised[3][2:]


def references_kept(method, value):
    before = sys.getrefcount(value)
    wrapper = ours.InputWrapper(In(value, value))
    for _ in '12':
        try:
            getattr(wrapper, method)(1)
        except AssertionError:
            pass
    del wrapper, _
    return sys.getrefcount(value) - before


def all_references_kept():
    """How many are kept of what is read, whatever it is: a set of numbers."""
    data = bytes(range(50, 60))
    return {references_kept(method, value)
            for value in (data, [data], [object()], object())
            for method in ('read', 'readline', 'readlines')}


class Stream(io.BytesIO):
    pass


def cycle(W):
    """A weak reference to what is in a cycle with its wrapper."""
    stream = Stream(b'a')
    stream.wrapper = W(stream)
    stream.wrapper.me = stream.wrapper
    stream.lines = iter(stream.wrapper)
    return weakref.ref(stream)


def what_is_left_of_cycles():
    refs = [cycle(ours.InputWrapper), cycle(attributes(ours.InputWrapper))]
    gc.collect()
    return [ref() for ref in refs]
