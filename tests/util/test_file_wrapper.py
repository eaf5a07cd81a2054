"""The Python of test_file_wrapper.c: cases, each a function of W, which is our
class or the original."""

import gc
import io
import traceback
import weakref
from wsgiref.util import FileWrapper as Original

from ours import FileWrapper
from support import differing, unequal


# What cases are made of.

class Blocks:
    """A file of these blocks, which puts down the sizes it is asked for."""

    def __init__(self, blocks):
        self.blocks, self.sizes = iter(blocks), []

    def read(self, size):
        self.sizes.append(size)
        return next(self.blocks, None)


class Raises:
    def read(self, size):
        raise OSError('broken')


class Truth:
    """A block whose truth is an error."""

    def read(self, size):
        return self

    def __bool__(self):
        raise ValueError('neither')


class Asked:
    """Counts how often it is asked for close."""

    asked = 0

    @property
    def close(self):
        self.asked += 1


class Close:
    """Fails when it is asked for close."""

    def __init__(self, error):
        self.error = error

    @property
    def close(self):
        raise self.error


def constant(value):
    """A property that is this and takes anything."""
    return property(lambda self: value, lambda self, other: None)


def blksize_is_one(self, name):
    if name == 'blksize':
        return 1
    return object.__getattribute__(self, name)


def nothing(self):
    pass


def next_of_file(self):
    return next(self.filelike)


def subclass(W, **body):
    return type('S', (W,), body)


def named_size(W):
    class S(W):
        def __init__(self, file, size):
            W.__init__(self, file, size)
    return S


def assign(w, **attributes):
    for name in attributes:
        setattr(w, name, attributes[name])
    w.seen = list(w) if hasattr(w.filelike, 'read') else None
    return w


def delete(w, name, other):
    delattr(w, name)
    return hasattr(w, name), hasattr(w, other)


def again(w, *args):
    w.__init__(*args)
    return list(w)


def reinit(w, *args):
    w.__init__(*args)
    return w


def of_file(function, *blocks):
    """function(file) of a file of these blocks."""
    return function(Blocks(blocks))


CASES = [
    # blocks
    ('blocks of the size', lambda W: list(W(io.StringIO('abc'), 2))),
    ('the size is 8192 when nothing is said',
     lambda W: list(W(io.BytesIO(b'x' * 20000)))),
    ('the last block is shorter',
     lambda W: [len(b) for b in W(io.BytesIO(b'x' * 20000))]),
    ('or as long as the others',
     lambda W: [len(b) for b in W(io.BytesIO(b'x' * 20000), 10000)]),
    ('an empty file has none', lambda W: list(W(io.BytesIO(b'')))),
    ('a negative size is for the file to understand',
     lambda W: list(W(io.BytesIO(b'abc'), -1))),
    ('arguments may be named',
     lambda W: list(W(filelike=io.BytesIO(b'abc'), blksize=1))),
    ('a size of None is one', lambda W: list(
        W(io.BytesIO(b'abc'), blksize=None))),
    ('the end of an empty file', lambda W: next(W(io.BytesIO(b'')))),
    ('next() with something for the end',
     lambda W: next(W(io.BytesIO(b'')), 'end')),
    # any falsy data is the end, and the file is asked again after it
    ('None is the end', lambda W: list(W(Blocks([b'a', None, b'b'])))),
    ('and so is 0', lambda W: list(W(Blocks([b'a', 0])))),
    ('blocks may be anything that is true',
     lambda W: list(W(Blocks([[1], 'two', 3.0, ()])))),
    ('after the end the file is asked again', lambda W: (
        lambda w: [list(w), list(w)])(W(Blocks([b'a', b'', b'b', b''])))),
    ('the size is passed on', lambda W: of_file(
        lambda f: [list(W(f, 7)), f.sizes], b'a', b'')),
    ('and so is that which nobody said', lambda W: of_file(
        lambda f: [list(W(f)), f.sizes], b'a', b'')),
    ('whatever it is', lambda W: of_file(
        lambda f: [list(W(f, 'size')), f.sizes], b'a', b'')),
    # iteration
    ('it is its own iterator',
     lambda W: (lambda w: iter(w) is w)(W(io.BytesIO()))),
    ('it has no length', lambda W: len(W(io.BytesIO()))),
    ('nor items', lambda W: W(io.BytesIO())[0]),
    ('it is true', lambda W: bool(W(io.BytesIO()))),
    # attributes
    ('filelike is the file',
     lambda W: (lambda f: W(f).filelike is f)(io.BytesIO())),
    ('blksize is 8192', lambda W: W(io.BytesIO()).blksize),
    ('or what it is told', lambda W: W(io.BytesIO(), 3).blksize),
    ('close is there if the file has it',
     lambda W: hasattr(W(io.BytesIO()), 'close')),
    ('and only then', lambda W: hasattr(W(Blocks([])), 'close')),
    ('it closes the file',
     lambda W: (lambda f: [W(f).close(), f.closed])(io.BytesIO())),
    ("it is the file's own method",
     lambda W: (lambda f: W(f).close == f.close)(io.BytesIO())),
    ('which can be called', lambda W: callable(W(io.BytesIO()).close)),
    ('another file may be put in', lambda W: assign(
        W(io.BytesIO(b'abc')), filelike=io.BytesIO(b'other'))),
    ('and another size',
     lambda W: assign(W(io.BytesIO(b'abc')), blksize=1)),
    ('and another close',
     lambda W: assign(W(io.BytesIO(b'abc')), close=7).close),
    ('also where there was none',
     lambda W: assign(W(Blocks([])), close=7).close),
    ('and any other attribute',
     lambda W: assign(W(io.BytesIO()), anything=7).anything),
    ('which is in its dict', lambda W: 'anything' in vars(
        assign(W(io.BytesIO()), anything=7))),
    ('a weak reference does not hold it',
     lambda W: weakref.ref(W(io.BytesIO()))()),
    ('nor one of a subclass',
     lambda W: weakref.ref(subclass(W)(io.BytesIO()))()),
    ('but finds it while it is there',
     lambda W: (lambda w: weakref.ref(w)() is w)(W(io.BytesIO()))),
    ('close may be deleted',
     lambda W: delete(W(io.BytesIO()), 'close', 'close')),
    ('filelike may be, which leaves blksize',
     lambda W: delete(W(io.BytesIO(b'abc')), 'filelike', 'blksize')),
    # the file's close is looked up when the wrapper is made, and twice
    ('close is looked up twice, for hasattr() and for itself',
     lambda W: (lambda f: [W(f) and f.asked])(Asked())),
    ('an AttributeError is no close',
     lambda W: W(Close(AttributeError('none'))) and 'made'),
    ('another error is passed on', lambda W: W(Close(KeyError('broken')))),
    ('also one that is no Exception',
     lambda W: W(Close(SystemExit('broken')))),
    # a failing file
    ('None has no read()', lambda W: list(W(None))),
    ('a read() that gives None at once', lambda W: list(W(Blocks([])))),
    ('a block whose truth is an error', lambda W: list(W(Truth()))),
    ('a file that has neither read() nor close()',
     lambda W: list(W(Close(AttributeError('none'))))),
    ('a size that the file refuses',
     lambda W: list(W(io.BytesIO(b'abc'), 'two'))),
    ('a file that is closed',
     lambda W: (lambda f: [f.close(), list(W(f))])(io.BytesIO())),
    # the call's arguments
    ('the file is missing', lambda W: W()),
    ('also when there is a size', lambda W: W(blksize=1)),
    ('three are too many', lambda W: W(1, 2, 3)),
    ('the file twice', lambda W: W(1, filelike=1)),
    ('another keyword', lambda W: W(1, size=1)),
    ('the file by name alone',
     lambda W: W(filelike=io.BytesIO(b'abc')).blksize),
    # a second __init__
    ('__init__() once more is another file',
     lambda W: again(W(io.BytesIO(b'abc')), io.BytesIO(b'more'), 2)),
    ('the close of the first stays if the second has none',
     lambda W: hasattr(reinit(W(io.BytesIO()), Blocks([])), 'close')),
    # subclasses
    ('a subclass gives blocks',
     lambda W: list(subclass(W)(io.BytesIO(b'abc'), 2))),
    ('without __init__() it has no attributes',
     lambda W: hasattr(subclass(W, __init__=nothing)(), 'filelike')),
    ('it may have a close() of its own', lambda W: subclass(
        W, close=lambda self: 'class')(Blocks([])).close()),
    ("behind which the file's is found first", lambda W: subclass(
        W, close=lambda self: 1)(io.BytesIO()).close()),
    ('a property for close cannot be set', lambda W: subclass(
        W, close=property(lambda s: 1))(io.BytesIO())),
    ('and is not when the file has none', lambda W: subclass(
        W, close=property(lambda s: 1))(Blocks([])).close),
    ('a property for blksize is asked', lambda W: list(
        subclass(W, blksize=constant(2))(io.BytesIO(b'abc')))),
    ('and so is __getattribute__()', lambda W: list(subclass(
        W, __getattribute__=blksize_is_one)(io.BytesIO(b'abc')))),
    ('a __next__() of its own',
     lambda W: list(subclass(W, __next__=next_of_file)(iter('ab')))),
    ('an __iter__() of its own', lambda W: list(
        subclass(W, __iter__=lambda s: iter('own'))(None))),
    ('its instances are instances',
     lambda W: isinstance(subclass(W)(io.BytesIO()), W)),
    ('it may have slots', lambda W: subclass(
        W, __slots__=('x',))(io.BytesIO()).blksize),
    ('and an __init__() with other names',
     lambda W: named_size(W)(io.BytesIO(b'abc'), size=2).blksize),
    ('its name', lambda W: W.__name__),
    ('its docstring', lambda W: W.__doc__),
]


def outcome(case, W):
    try:
        value = case(W)
    except BaseException as e:
        text = str(e).replace('cwsgiref.util.FileWrapper', 'FileWrapper')
        return '%s: %s' % (type(e).__name__, text)
    if isinstance(value, W):
        value = value.seen
    return repr(value)


def differences(case):
    return unequal({'outcome': outcome(case, FileWrapper)},
                   {'outcome': outcome(case, Original)}, ('C', 'original'))


def not_as_in_the_original():
    return differing(CASES, differences)


FRAMES = [
    ('read() fails', lambda W: next(W(Raises())), ['__next__', 'read']),
    ('there is no read()', lambda W: next(W(1)), ['__next__']),
    ('close fails', lambda W: W(Close(KeyError())), ['__init__', 'close']),
    ('the end', lambda W: next(W(io.BytesIO())), ['__next__']),
]


def frames(case, W):
    """From the wrapper's on."""
    try:
        case(W)
    except Exception as e:
        tb = e.__traceback__
    return [f.name for f in traceback.extract_tb(tb)][2:]


def frame_differences(case, wanted):
    return ''.join(
        unequal({'frames': frames(case, W)}, {'frames': wanted},
                (name, 'wanted'))
        for name, W in (('C', FileWrapper), ('original', Original)))


def frames_not_as_wanted():
    return differing(FRAMES, frame_differences)


def cycle(W):
    """A weak reference to a wrapper that is in a cycle with its file."""
    file = Blocks([])
    file.wrapper = W(file)
    file.wrapper.me = file.wrapper
    return weakref.ref(file.wrapper)


def what_is_left_of_cycles():
    refs = [cycle(FileWrapper), cycle(subclass(FileWrapper))]
    gc.collect()
    return [ref() for ref in refs]
