"""What is done with the classes in C while a call of CPython fails: each call
that our code makes, from each place, in turn (refusing.c). It runs in the
program `refusing`, as the module of an application. Prints for each operation
how many have failed, and what was wrong: SystemError, or another result
afterwards.

build/study/tests/refusing tests.faults.calls -- [WORD]

With a word: only the operations that have it in their names.
"""

import gc
import os
import pickle
import sys

import refusing

from tests.faults import more_operations  # noqa: F401 (they are in ALL)
from tests.faults import attempts, operations

MOST = 2000  # calls of one operation


def once(operation, refuse=False):
    """Does it, while the next call fails. Returns what comes of it, as text,
    and which one has failed, or ''."""
    def begin():
        if refuse:
            refusing.begin(0)

    return attempts.once(operation, begin, refusing.end)[:2]


def results(found):
    """What comes of each, in a child: here nothing has been found and kept
    yet, so that these calls fail, too."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.close(read)
        with open(write, 'wb') as file:
            pickle.dump([once(each)[0] for each in found], file)
        os._exit(0)
    os.close(write)
    with open(read, 'rb') as file:
        right = pickle.load(file)
    os.wait()
    return right


def each_fails(operation, right):
    """Yields (the call, what is wrong). Returns how many have failed."""
    for nth in range(MOST):
        try:
            said, failed = once(operation, True)
        except Exception as error:
            yield refusing.end(), f'what was there has suffered: {error!r}'
            continue
        if not failed:
            break
        if said.startswith('SystemError'):
            yield failed, said
    after, _ = once(operation)
    if after != right:
        yield '', f'afterwards {after}, not {right}'
    return nth


def main():
    word = ' '.join(sys.argv[1:])
    gc.disable()
    found = [each for each in operations.ALL if word in each.name]
    done = [attempts.look_at(each, each_fails(each, right), 'calls')
            for each, right in zip(found, results(found))]
    points, wrong = map(sum, zip(*done))
    print(f'{len(found)} operations, {points} calls, {wrong} wrong',
          flush=True)
    sys.exit(1 if wrong else 0)


main()
