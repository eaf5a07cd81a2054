"""What Python says of arguments that do not fit."""

import traceback

from rows import Rows

rows = Rows()

class C:
    def f(self, status, headers, exc_info=None):
        pass


# For a function of that shape.
calls = [
    ('neither argument', (), {}),
    ('the first alone', (1,), {}),
    ('the first alone, by its name', (), {'status': 1}),
    ('one too many', (1, 2, 3, 4), {}),
    ('one twice', (1, 2), {'status': 1}),
    ('a name that is none', (1, 2), {'nope': 1}),
]


def message(args, kwargs):
    try:
        C().f(*args, **kwargs)
    except TypeError as e:
        return str(e)


def names_of_frames(caught):
    return [frame.name
            for frame in traceback.extract_tb(caught.__traceback__)]
