"""The applications of tools/reliability without a server: each allocation
fails, many times, and what they leave each time is said. An instrument would
find that, too, and take it for the server's."""

import gc
import io
import sys
from wsgiref.util import FileWrapper

import _testcapi

from tools.reliability import applications

TIMES = 50
FIRST = 3  # some things are made once, or taken from what was used before
ENOUGH = 20  # allocations after the last that was needed

NOT_ASKED = {'arm', 'disarm', 'short-tracebacks', 'references'}


def start_response(status, headers, exc_info=None):
    return [].append


def environ_of(name):
    return {'PATH_INFO': f'/{name}', 'wsgi.file_wrapper': FileWrapper,
            'wsgi.input': io.BytesIO(b'abc\n' * 5),
            'wsgi.errors': io.StringIO()}


def run(environ):
    result = applications.application(environ, start_response)
    try:
        for block in result:
            pass
    finally:
        if hasattr(result, 'close'):
            result.close()


def fails(name, number):
    """Whether this allocation, counted from 0, is missed."""
    environ = environ_of(name)
    _testcapi.set_nomemory(number, number + 1)
    try:
        run(environ)
    except MemoryError:
        return True
    except Exception:
        pass  # its own
    finally:
        _testcapi.remove_mem_hooks()
    return False


def constants():
    """All in the code of the applications."""
    for function in applications.APPLICATIONS.values():
        yield from function.__code__.co_consts


def held():
    """Blocks; and references to the constants."""
    return (sys.getallocatedblocks(),
            sum(sys.getrefcount(constant) for constant in constants()
                if constant is not None))


def grown(before):
    """Since then, each time. A fraction is what the interpreter keeps to use
    it again."""
    return max((now - then) // TIMES
               for now, then in zip(held(), before))


def left(name, number):
    """What is held more each time; and whether it fails. What the collector
    frees is not left; but it takes from the interpreter what that would use
    again, and then this allocation is another one: it comes last."""
    for _ in range(FIRST):
        fails(name, number)
    before = held()
    missed = any([fails(name, number) for _ in range(TIMES)])
    if grown(before) > 0:
        gc.collect()
    return grown(before), missed


def main():
    for name in applications.APPLICATIONS:
        if name in NOT_ASKED:
            continue
        number = last = 0
        while number - last < ENOUGH:
            count, missed = left(name, number)
            if missed:
                last = number
            if count > 0:
                print(f'{name}, allocation {number}: {count} more each time')
            number += 1
        print(f'{name}: {last} allocations')


if __name__ == '__main__':
    main()
