"""The Python of test_variables.c."""

import random

import ours  # of the C test: find()
from support import differing, unequal

LONGEST = 48  # that is kept

random.seed(1)
USUAL = ['Host', 'User-Agent', 'Accept', 'X-Header-1', 'x-header-1',
         'X_Header_1', 'X-HEADER-1', '-', 'a', '~!#', 'Content-Length', '']
MANY = [''.join(random.choices('abcXYZ-_019', k=random.randrange(12)))
        for _ in range(5000)]
LONG = ['X' * (length - 1) + end
        for length in (LONGEST - 1, LONGEST, LONGEST + 1, 5000)
        for end in 'ab']


def wanted(name):
    k = name.replace('-', '_').upper()
    return {'k': k, 'variable': 'HTTP_' + k}


def not_as_in_python():
    """Every name twice, so that it is made first, and then found; in between,
    others have taken places over."""
    return differing([(name[:60], name) for name in 2 * (USUAL + MANY + LONG)],
                     lambda name: unequal(
                         dict(zip(('k', 'variable'), ours.find(name))),
                         wanted(name)))


def found_again(name):
    """Whether the same two objects come again."""
    first, second = ours.find(name), ours.find(name)
    return first[0] is second[0] and first[1] is second[1]
