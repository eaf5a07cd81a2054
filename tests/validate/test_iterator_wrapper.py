"""The Python of test_iterator_wrapper.c."""

import gc
import io
import re
import sys
import weakref
import wsgiref.validate

import ours
from same_as_original import (
    Bad, Bytes, Told, attributes, outcome, row, say)
from support import unequal


class Body:
    """Its own iterator, which says what it is asked; an exception among its
    blocks is raised."""

    def __init__(self, *blocks):
        self.blocks = iter(blocks)

    def __iter__(self):
        say('iter')
        return self

    def __next__(self):
        say('next')
        value = next(self.blocks)
        if isinstance(value, BaseException):
            raise value
        return value


class Closing(Body):
    def close(self):
        say('close', sys.exc_info())
        return ['not passed on']


def closed(w):
    """So that nobody complains."""
    w.close()
    return w


def consumed(w):
    try:
        return list(w)
    finally:
        w.close()


BLOCKS = [
    ('blocks are passed on',
     lambda V: consumed(V.IteratorWrapper([b'a', b'', b'b'], None))),
    ('no blocks', lambda V: consumed(V.IteratorWrapper([], None))),
    ('iter() is called once, next() for each',
     lambda V: consumed(V.IteratorWrapper(Body(b'a', b'b'), None))),
    ('close() is passed on, what comes back is not',
     lambda V: consumed(V.IteratorWrapper(Closing(b'a'), [None]))),
    ('an iterator is an iterable',
     lambda V: consumed(V.IteratorWrapper(iter([b'a']), [None]))),
    ('a generator is closed', lambda V: consumed(
        V.IteratorWrapper((x for x in [b'a']), [None]))),
    ('the second argument is called check_start_response',
     lambda V: consumed(
         V.IteratorWrapper([b'a'], check_start_response=None))),
    ('and the first wsgi_iterator', lambda V: consumed(
        V.IteratorWrapper(check_start_response=None, wsgi_iterator=[b'a']))),
    ('a str is refused',
     lambda V: consumed(V.IteratorWrapper(['text'], None))),
    ('so is None after bytes',
     lambda V: consumed(V.IteratorWrapper([b'a', None], None))),
    ('and a subclass of bytes',
     lambda V: consumed(V.IteratorWrapper([Bytes(b'a')], None))),
    ('and a bytearray',
     lambda V: consumed(V.IteratorWrapper([bytearray(b'a')], None))),
    ('a tuple is shown as it is',
     lambda V: consumed(V.IteratorWrapper([(b'a', b'b')], None))),
    ('it is shown once',
     lambda V: consumed(V.IteratorWrapper([Told('block')], None))),
    ('to show it may be an error',
     lambda V: consumed(V.IteratorWrapper([Bad()], None))),
    ('a str gives str', lambda V: consumed(V.IteratorWrapper('text', None))),
    ('bytes give ints',
     lambda V: consumed(V.IteratorWrapper(b'bytes', None))),
    ('a block is looked at before start_response',
     lambda V: consumed(V.IteratorWrapper(['text'], []))),
]

STARTED = [
    ('not started: a block comes too early',
     lambda V: consumed(V.IteratorWrapper([b'a'], []))),
    ('but no block does not', lambda V: consumed(V.IteratorWrapper([], []))),
    ('what is false is not started',
     lambda V: consumed(V.IteratorWrapper([b'a'], 0))),
    ('what is true is', lambda V: consumed(V.IteratorWrapper([b'a'], 5))),
    ('its truth may be an error',
     lambda V: consumed(V.IteratorWrapper([b'a'], Bad()))),
]


@row(STARTED, 'once started, it is not asked again')
def starts_later(V):
    started = []
    w = V.IteratorWrapper([b'a', b'b', b'c'], started)
    try:
        next(w)
    except AssertionError:
        say('not yet', w.check_start_response)
    started.append(None)
    say(next(w), w.check_start_response)
    del started[:]
    say(next(w))
    w.close()


ENDS = [
    ('the iterator fails', lambda V: consumed(
        V.IteratorWrapper(Body(b'a', KeyError('next')), None))),
    ('it comes too early, and does not come to fail', lambda V: consumed(
        V.IteratorWrapper(Body(b'a', KeyError('next')), []))),
]


@row(ENDS, 'the value of a generator is passed on with its end')
def has_a_value(V):
    def gen():
        yield b'a'
        return 'value'
    w = V.IteratorWrapper(gen(), None)
    say(next(w))
    for _ in '12':
        try:
            next(w)
        except StopIteration as e:
            say('ends', e.args)
    w.close()


@row(ENDS, 'the end stays')
def ends_twice(V):
    w = V.IteratorWrapper([b'a'], None)
    say(next(w, 'end'), next(w, 'end'), next(w, 'end'))
    w.close()


@row(ENDS, 'iterator must be an iterator')
def has_a_list_for_iterator(V):
    w = V.IteratorWrapper([b'a'], None)
    w.iterator = [b'b']
    consumed(w)


@row(ENDS, 'and may be another')
def has_another_iterator(V):
    w = V.IteratorWrapper([b'a'], None)
    w.iterator = iter([b'b'])
    return consumed(w)


# What is no iterable: __del__() finds no `closed`.
NO_ITERABLE = [
    ('an int', lambda V: V.IteratorWrapper(5, None)),
    ('None', lambda V: V.IteratorWrapper(None, [])),
    ('what raises in __iter__()', lambda V: V.IteratorWrapper(Bad(), None)),
    ('what gives an int there', lambda V: V.IteratorWrapper(
        attributes(object, __iter__=lambda s: 5)(), None)),
]


@row(NO_ITERABLE, 'the traceback keeps the half-made wrapper')
def is_kept_by_the_traceback(V):
    try:
        V.IteratorWrapper(5, None)
    except TypeError as e:
        kept = e
        say('while it is handled')
    say('later')
    del kept
    say('gone')


@row(NO_ITERABLE, 'each is complained of')
def fails_twice(V):
    for _ in '12':
        try:
            V.IteratorWrapper(5, None)
        except TypeError:
            pass


@row(NO_ITERABLE, 'closed cannot be set')
def has_a_property_for_closed(V):
    class Own(V.IteratorWrapper):
        closed = property(lambda self: True)
    try:
        Own([b'a'], None)
    except AttributeError:
        pass


CLOSE = [
    ('it takes no argument',
     lambda V: closed(V.IteratorWrapper([], None)).close(1)),
    ('closed is True afterwards',
     lambda V: closed(V.IteratorWrapper([], None)).closed),
]


@row(CLOSE, 'nothing is read when it is closed')
def reads_after_close(V):
    w = V.IteratorWrapper(Closing(b'a', b'b'), None)
    say(next(w), w.closed, w.close(), w.closed)
    next(w)


@row(CLOSE, 'twice closes twice')
def closes_twice(V):
    w = V.IteratorWrapper(Closing(), None)
    say(w.close(), w.close())


@row(CLOSE, 'closed is True, though close() fails')
def fails_to_close(V):
    class Odd(Body):
        def close(self):
            raise KeyError('close')
    w = V.IteratorWrapper(Odd(), None)
    try:
        w.close()
    finally:
        say(w.closed)


@row(CLOSE, 'close is looked up twice, for hasattr() and for the call')
def has_a_property_for_close(V):
    class Odd(Body):
        @property
        def close(self):
            say('asked')
            return lambda: say('closed')
    V.IteratorWrapper(Odd(), None).close()


@row(CLOSE, 'hasattr() passes on what is no AttributeError')
def has_an_error_for_close(V):
    class Odd(Body):
        @property
        def close(self):
            raise KeyError('close')
    V.IteratorWrapper(Odd(), None).close()


@row(CLOSE, 'an AttributeError is no close()')
def has_no_close(V):
    class Odd(Body):
        @property
        def close(self):
            raise AttributeError('close')
    V.IteratorWrapper(Odd(), None).close()


@row(CLOSE, 'a close that cannot be called')
def has_none_for_close(V):
    class Odd(Body):
        close = None
    V.IteratorWrapper(Odd(), None).close()


@row(CLOSE, 'the iterable is closed, not its iterator')
def has_an_iterator_with_close(V):
    class Odd:
        def __iter__(self):
            return Closing(b'a')
    consumed(V.IteratorWrapper(Odd(), None))


ATTRIBUTES = [
    ('it has no length',
     lambda V: len(closed(V.IteratorWrapper([b'a'], None)))),
    ('nor items', lambda V: closed(V.IteratorWrapper([b'a'], None))[0]),
    ('nor send()', lambda V: hasattr(
        closed(V.IteratorWrapper(iter(()), None)), 'send')),
    ('arguments are missing', lambda V: V.IteratorWrapper()),
    ('the second is', lambda V: V.IteratorWrapper([])),
    ('the first is', lambda V: V.IteratorWrapper(check_start_response=1)),
    ('there is one too many', lambda V: V.IteratorWrapper([], None, 3)),
    ('another keyword', lambda V: V.IteratorWrapper([], x=1)),
]


@row(ATTRIBUTES, 'their names and what they are')
def shows_attributes(V):
    body = [b'a']
    w = closed(V.IteratorWrapper(body, 5))
    return [w.original_iterator is body, type(w.iterator).__name__,
            w.closed, w.check_start_response, iter(w) is w]


@row(ATTRIBUTES, 'whatever is true is closed')
def sets_closed(V):
    w = V.IteratorWrapper([], None)
    say(w.closed)
    w.closed = 'yes'
    w.more = 5
    next(w)


@row(ATTRIBUTES, 'the truth of closed may be an error')
def sets_closed_to_bad(V):
    w = V.IteratorWrapper([b'a'], None)
    w.closed = Bad()
    try:
        next(w)
    finally:
        w.closed = True


@row(ATTRIBUTES, 'without iterator')
def deletes_iterator(V):
    w = V.IteratorWrapper([b'a'], None)
    del w.iterator
    consumed(w)


@row(ATTRIBUTES, 'without check_start_response')
def deletes_check_start_response(V):
    w = V.IteratorWrapper([b'a'], None)
    del w.check_start_response
    consumed(w)


@row(ATTRIBUTES, 'without original_iterator')
def deletes_original_iterator(V):
    w = closed(V.IteratorWrapper([b'a'], None))
    del w.original_iterator
    w.close()


@row(ATTRIBUTES, 'it takes a weak reference')
def is_referred_to(V):
    w = closed(V.IteratorWrapper([b'a'], None))
    return weakref.ref(w)() is w


@row(ATTRIBUTES, 'a subclass may call it by super()')
def overrides_next_and_close(V):
    class Own(V.IteratorWrapper):
        def __next__(self):
            return super().__next__() + b'!'

        def close(self):
            say('own')
            super().close()
    return consumed(Own(Closing(b'a'), [5]))


PARTIAL = [
    ('what is wrapped is the attribute iterator, and need not be one',
     lambda V: V.PartialIteratorWrapper(5).iterator),
    ('the argument of its class is called wsgi_iterator',
     lambda V: V.PartialIteratorWrapper(wsgi_iterator=5).iterator),
    ('only iter() finds out', lambda V: iter(V.PartialIteratorWrapper(5))),
    ('it is no iterator', lambda V: next(V.PartialIteratorWrapper([]))),
    ('it has no close()',
     lambda V: hasattr(V.PartialIteratorWrapper(Closing()), 'close')),
    ('it takes a weak reference', lambda V: (
        lambda p: weakref.ref(p)() is p)(V.PartialIteratorWrapper(5))),
    ('its class wants an argument', lambda V: V.PartialIteratorWrapper()),
    ('and one only', lambda V: V.PartialIteratorWrapper(1, 2)),
]


@row(PARTIAL, 'iter() gives an IteratorWrapper that does not ask for '
     'start_response')
def gives_a_wrapper(V):
    p = V.PartialIteratorWrapper(Closing(b'a', b'b'))
    w = iter(p)
    say(type(w).__name__, w.check_start_response,
        p.iterator is w.original_iterator)
    return consumed(w)


@row(PARTIAL, 'it can be iterated again if what it wraps can')
def is_iterated_twice(V):
    p = V.PartialIteratorWrapper([b'a'])
    return consumed(iter(p)), consumed(iter(p))


@row(PARTIAL, 'another iterable may be put in')
def puts_an_iterable_in(V):
    p = V.PartialIteratorWrapper([b'a'])
    p.iterator = [b'b']
    return consumed(iter(p))


@row(PARTIAL, 'without an iterable: AttributeError')
def deletes_the_iterable(V):
    p = V.PartialIteratorWrapper([b'a'])
    del p.iterator
    iter(p)


CASES = [('%s: %s' % (chapter, words), case)
         for chapter, rows in (
             ('a block', BLOCKS), ('start_response', STARTED),
             ('the end', ENDS), ('no iterable', NO_ITERABLE),
             ('close', CLOSE), ('attributes', ATTRIBUTES),
             ('PartialIteratorWrapper', PARTIAL))
         for words, case in rows]


# Those that are collected without close().

UNCLOSED = [
    ('never read', lambda V: V.IteratorWrapper([], None) and None),
    ('close() of what is wrapped is not called',
     lambda V: V.IteratorWrapper(Closing(), None) and None),
    ('never started', lambda V: V.IteratorWrapper([b'a'], []) and None),
    ('read to the end', lambda V: list(V.IteratorWrapper([b'a'], None))),
    ('that of a PartialIteratorWrapper',
     lambda V: list(V.PartialIteratorWrapper([b'a']))),
    ('__del__() takes no argument',
     lambda V: closed(V.IteratorWrapper([], None)).__del__(1)),
]


@row(UNCLOSED, 'after a for loop')
def loops(V):
    for data in V.IteratorWrapper([b'a', b'b'], None):
        say(data)


@row(UNCLOSED, 'after a loop that has failed: its traceback has it')
def loops_and_fails(V):
    for data in V.IteratorWrapper([b'a', 'b'], None):
        say(data)


@row(UNCLOSED, 'while an exception is on its way')
def fails_with_a_wrapper(V):
    def app():
        w = V.IteratorWrapper([], None)
        raise ValueError('app', type(w).__name__)
    app()


@row(UNCLOSED, 'while an exception is handled: it is the context, and stays')
def handles(V):
    try:
        raise ValueError('handled')
    except ValueError:
        V.IteratorWrapper([], None)
        say(sys.exc_info()[1])


@row(UNCLOSED, 'in a cycle, when that is collected')
def is_in_a_cycle(V):
    w = V.IteratorWrapper([], None)
    w.me = w
    del w
    say('still there')
    gc.collect()


@row(UNCLOSED, 'called by name, __del__() raises')
def calls_del(V):
    w = V.IteratorWrapper([], None)
    try:
        w.__del__()
    finally:
        w.close()


@row(UNCLOSED, 'and does not when it is closed')
def calls_del_when_closed(V):
    w = closed(V.IteratorWrapper([], None))
    return w.__del__()


@row(UNCLOSED, 'without closed: AttributeError')
def deletes_closed(V):
    w = V.IteratorWrapper([], None)
    del w.closed
    del w


@row(UNCLOSED, 'closed, whose truth is an error')
def leaves_closed_bad(V):
    w = V.IteratorWrapper([], None)
    w.closed = Bad()
    del w


class Fickle:
    """False and True by turns."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __bool__(self):
        return self.answers.pop(0)


@row(UNCLOSED, 'closed is asked twice: first for sys.stderr')
def leaves_closed_false_at_first(V):
    w = V.IteratorWrapper([], None)
    w.closed = Fickle(False, True)
    del w


@row(UNCLOSED, 'then for the AssertionError')
def leaves_closed_true_at_first(V):
    w = V.IteratorWrapper([], None)
    w.closed = Fickle(True, False)
    del w


@row(UNCLOSED, 'sys.stderr is None')
def has_no_stderr(V):
    w = V.IteratorWrapper([], None)
    sys.stderr = None
    del w


@row(UNCLOSED, 'sys has no stderr')
def deletes_stderr(V):
    w = V.IteratorWrapper([], None)
    del sys.stderr
    del w


@row(UNCLOSED, 'sys.stderr fails')
def has_a_broken_stderr(V):
    class Broken:
        def write(self, text):
            raise OSError(text)
    w = V.IteratorWrapper([], None)
    sys.stderr = Broken()
    del w


@row(UNCLOSED, 'one of a subclass')
def is_a_subclass(V):
    class Own(V.IteratorWrapper):
        pass
    Own([], None)


@row(UNCLOSED, 'a subclass may call it by super()')
def overrides_del(V):
    class Own(V.IteratorWrapper):
        def __del__(self):
            say('own')
            super().__del__()
    Own([], None)


@row(UNCLOSED, 'or not, and then nobody complains')
def overrides_del_without_super(V):
    class Own(V.IteratorWrapper):
        def __del__(self):
            say('own', self.closed)
    Own([], None)


@row(UNCLOSED, 'once only, even for one that comes back')
def comes_back(V):
    kept = []

    class Keeper:
        def write(self, text):
            say('write')
            kept.append(ref())
    w = V.IteratorWrapper([], None)
    ref = weakref.ref(w)
    sys.stderr = Keeper()
    del w
    say('kept', kept)
    kept.clear()
    say('gone', ref())


COMPLAINT = [('never read', lambda V: V.IteratorWrapper([], None) and 1)]


def complaint():
    """What is said and warned of, up to the context."""
    said = outcome(COMPLAINT[0][1], ours)['log']
    return said[0], said[1].split(' None, ')[0], len(said)


def printed(V):
    """The complaint as CPython's own hook prints it, to sys.stderr."""
    sys.stderr = io.StringIO()
    V.IteratorWrapper([], None)
    text = sys.stderr.getvalue()
    sys.stderr = sys.__stderr__
    text = re.sub(r'<[^>]*(__del__)[^>]*', r'<\1', text)
    return re.sub(r'  File .*, in (.*)\n(    .*\n)*', r' \1|', text)


def printed_in_c():
    """Which is the same in all releases: 3.13 has other words."""
    return re.sub('while calling deallocator (.*):', r'in: \1', printed(ours))


def not_printed_as_by_the_original():
    return unequal({'printed': printed(ours)},
                   {'printed': printed(wsgiref.validate)})


class Blocks(list):
    pass


def cycle(W, *args):
    """A weak reference to what is in a cycle with its wrapper."""
    body = Blocks()
    body.wrapper = W(body, *args)
    body.wrapper.me = body.wrapper
    body.wrapper.closed = True
    return weakref.ref(body)


def cycle_through_started():
    started = Blocks([None])
    started.wrapper = ours.IteratorWrapper([], started)
    started.wrapper.closed = True
    return weakref.ref(started)


def what_is_left_of_cycles():
    refs = [cycle(ours.IteratorWrapper, None),
            cycle(attributes(ours.IteratorWrapper), [5]),
            cycle(ours.PartialIteratorWrapper),
            cycle(attributes(ours.PartialIteratorWrapper)),
            cycle_through_started()]
    gc.collect()
    return [ref() for ref in refs]


class Unwilling:
    def __iter__(self):
        raise KeyError('iter')


def half_made():
    """A weak reference to what a wrapper could not iterate."""
    body = Unwilling()
    try:
        ours.IteratorWrapper(body, None)
    except KeyError as e:
        e.__traceback__ and None
    return weakref.ref(body)


def what_is_left_of_a_half_made_one():
    sys.unraisablehook = lambda u: None
    ref = half_made()
    gc.collect()
    sys.unraisablehook = sys.__unraisablehook__
    return ref()
