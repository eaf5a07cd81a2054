"""What Python says of arguments that do not fit."""

import traceback

from rows import Rows

rows = Rows()

# (what it shows, C's signature, Python's parameters, args, kwargs)
calls = [
    ('an argument where there is none', 'C.f()', 'self', (1,), {}),
    ('a name where there is none', 'C.f()', 'self', (), {'nope': 1}),
    ('the one is missing', 'C.f(s)', 'self, s', (), {}),
    ('one more than one', 'C.f(s)', 'self, s', (1, 2), {}),
    ('one more than the default', 'C.f(s=)', 'self, s=None', (1, 2), {}),
    ('the default twice', 'C.f(s=)', 'self, s=None', (1,), {'s': 2}),
    ('neither argument', 'C.f(a, b, c=)', 'self, a, b, c=None', (), {}),
    ('the first alone', 'C.f(a, b, c=)', 'self, a, b, c=None', (1,), {}),
    ('the first alone, by its name', 'C.f(a, b, c=)', 'self, a, b, c=None',
     (), {'a': 1}),
    ('one too many', 'C.f(a, b, c=)', 'self, a, b, c=None', (1, 2, 3, 4), {}),
    ('one twice', 'C.f(a, b, c=)', 'self, a, b, c=None', (1, 2), {'a': 1}),
    ('a name that is none', 'C.f(a, b, c=)', 'self, a, b, c=None', (1, 2),
     {'nope': 1}),
    ('all three are missing', 'C.f(a, b, c)', 'self, a, b, c', (), {}),
    ('*args take no name', 'C.f(*args)', 'self, *args', (1, 2), {'nope': 1}),
    ('none before *args', 'C.f(a, *args)', 'self, a, *args', (), {}),
    ('**kwargs take no position', 'C.f(a, **kwargs)', 'self, a, **kwargs',
     (1, 2), {'b': 3}),
    ('one twice beside **kwargs', 'C.f(a, **kwargs)', 'self, a, **kwargs',
     (1,), {'a': 2}),
    ('none before **kwargs', 'C.f(a, **kwargs)', 'self, a, **kwargs', (),
     {'b': 2}),
    ('a name that is no string', 'C.f(a, **kwargs)', 'self, a, **kwargs',
     (1,), {2: 3}),
]


def message(parameters, args, kwargs):
    """What Python says of a method with these."""
    scope = {}
    exec(f'class C:\n def f({parameters}): pass', scope)
    try:
        scope['C']().f(*args, **kwargs)
    except TypeError as e:
        return str(e)


def names_of_frames(caught):
    return [frame.name
            for frame in traceback.extract_tb(caught.__traceback__)]
