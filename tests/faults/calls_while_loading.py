"""The module _cwsgiref is loaded while a call of CPython fails (calls.py), each
time in a child; so that they know which have failed, REFUSE has to name a file.
Prints how many there are, and what was wrong: an end other
than MemoryError, or what comes of a second attempt.

REFUSE=/tmp/places LATER=1 \
    build/study/tests/refusing tests.faults.calls_while_loading
"""

import sys

import http.server  # noqa: F401 (what _cwsgiref imports)
import unicodedata  # noqa: F401
import wsgiref.simple_server  # noqa: F401
import wsgiref.validate  # noqa: F401

import refusing

from tests.faults.attempts import in_a_child

REFUSED = '_cwsgiref has failed to load before'
NOT_THERE = 'nothing fails'


def load():
    """'', or what is raised."""
    try:
        import _cwsgiref
        _cwsgiref._ask_release()
        _cwsgiref._set_module(_cwsgiref.Headers, 'cwsgiref.headers')
        return ''
    except BaseException as error:
        return f'{type(error).__name__}: {error}'


def how_it_ends():
    refusing.begin(0)
    said = load()
    failed = refusing.end()
    if not failed:
        return said or NOT_THERE
    again = load()
    if said == 'MemoryError: ' and again in ('', f'ImportError: {REFUSED}'):
        return ''
    return f'{failed}: {said}, and then {again}'


def main():
    wrong, calls = [], 0
    while (said := in_a_child(how_it_ends)) != NOT_THERE:
        calls += 1
        if said:
            wrong.append(f'{calls}: {said}')
    print(*wrong, sep='\n')
    print(f'{calls} calls, {len(wrong)} wrong', flush=True)
    sys.exit(1 if wrong else 0)


main()
