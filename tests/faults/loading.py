"""The module _cwsgiref is loaded while an allocation fails, each time in a
child. Prints how many allocations there are, and what was wrong: an end other
than MemoryError, or what comes of a second attempt.

python3 -m tests.faults.loading [STRIDE]
"""

import _testcapi
import importlib.util
import sys

# What it imports, which CPython's import does not stand.
import http.server  # noqa: F401
import unicodedata  # noqa: F401
import wsgiref.simple_server  # noqa: F401
import wsgiref.validate  # noqa: F401

from tests.faults.attempts import in_a_child

CLEAN = 50  # so many times without a failure: there is none left
OF_PYTHON = 80  # CPython's compiler does not stand some of them

MEMORY_ERROR = 'MemoryError: '
REFUSED = '_cwsgiref has failed to load before'

# What comes of a failure in CPython's compiler.
COMPILER = ('initialization of _cwsgiref failed without raising an exception',
            'invalid syntax', 'ended by signal 11')


def load(spec):
    module = spec.loader.create_module(spec)
    spec.loader.exec_module(module)
    return module


def load_again(spec):
    """What is wrong with that: when it had not begun yet, it works, and
    otherwise it is refused."""
    try:
        headers = load(spec).Headers([('A', 'b')])
        return '' if headers['a'] == 'b' else 'Headers do not work'
    except ImportError as error:
        return '' if str(error) == REFUSED else str(error)


def how_it_ends(spec, nth):
    """'' if nothing has failed, or what is raised; in a child, which has not
    loaded it yet."""
    said = ''
    _testcapi.set_nomemory(nth, nth + 1)
    try:
        load(spec)
    except BaseException as error:
        _testcapi.remove_mem_hooks()
        said = f'{type(error).__name__}: {error}'
    _testcapi.remove_mem_hooks()
    return said + load_again(spec) if said == MEMORY_ERROR else said


def main():
    stride = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    spec = importlib.util.find_spec('_cwsgiref')
    wrong, of_python, clean, nth = [], 0, 0, 0
    while clean < CLEAN:
        said = in_a_child(how_it_ends, spec, nth)
        clean = 0 if said else clean + stride
        if any(words in said for words in COMPILER):
            of_python += stride
        elif said not in ('', MEMORY_ERROR):
            wrong.append(f'{nth}: {said}')
        nth += stride
    print(*wrong, sep='\n')
    print(f'{nth} allocations, {len(wrong)} wrong, {of_python} of the '
          'compiler')
    return 1 if wrong or of_python > OF_PYTHON else 0


if __name__ == '__main__':
    sys.exit(main())
