"""Files for a PythonFile to stand for."""

import gc
import io
import pickle
import weakref

calls = []
answers = {'readable': [], 'writable': 1, 'write': None, 'fileno': 5,
           'readinto': 0}


class File:
    """Has every method, and notes the calls."""
    closed = 0

    def __getattr__(self, name):
        def method(*args):
            calls.append((name,) + args)
            return answers.get(name, b'')
        return method


class Writer:
    answer = 2

    def write(self, data):
        self.data = data
        return self.answer


class Keeps:
    """Keeps the block that it has read into."""

    def readinto(self, b):
        self.b = b
        b[:2] = b'hi'
        return 2


class KeepsAView:
    """Keeps an object that uses the block: a view of a view does not."""

    def readinto(self, b):
        self.buffer = pickle.PickleBuffer(b)
        return 2


class Own(io.BytesIO):
    note = 'mine'


class Lines:
    def __iter__(self):
        return iter([b'x'])


class Cycle:
    pass


def message(kind, f, *args):
    """Of the error that the call raises."""
    try:
        f(*args)
    except kind as e:
        return str(e)
    raise AssertionError('no %s' % kind.__name__)


def lines_of_text(file, raw):
    raw.seek(0)
    return io.TextIOWrapper(file).readlines(), raw.closed, file.closed


def enters_itself(file):
    with file as entered:
        return entered is file


def hold(cycle, file):
    """cycle holds what stands for it. What says whether it is gone."""
    cycle.file = file
    return weakref.ref(cycle)


def collect():
    gc.collect()
