"""What is done with the classes in C while an allocation fails: the first, then
the second, and so on, until nothing has failed. Prints for each operation how
many could fail, and what was wrong: an exception other than MemoryError that
there is not otherwise, or another result afterwards.

python3 -m tests.faults.no_memory [WORD]

With a word: only the operations that have it in their names.
"""

import _testcapi
import gc
import re
import sys

from tests.faults import attempts, operations

CLEAN = 40   # so many times without a failure: there is none left
MOST = 5000  # allocations of one operation

# What CPython 3.11 says of a function in Python that has failed when no frame
# could be made for the traceback.
OF_PYTHON = re.compile('error return without exception set'
                       '|<function .* returned NULL without setting')


def once(operation, nth=None):
    """Does it, while the nth allocation fails. Returns what comes of it, as
    text, and whether MemoryError has."""
    def begin():
        if nth is not None:
            _testcapi.set_nomemory(nth, nth + 1)

    said, _, log = attempts.once(operation, begin, _testcapi.remove_mem_hooks)
    return said, 'MemoryError' in said + log


def each_fails(operation):
    """Yields (the number of the allocation, what is wrong). Returns how many
    have had a visible effect."""
    right, _ = once(operation)
    clean = points = 0
    for nth in range(MOST):
        try:
            said, failed = once(operation, nth)
        except Exception as error:
            yield nth, f'what was there before has suffered: {error!r}'
            continue
        if said.startswith('SystemError') and not OF_PYTHON.search(said):
            yield nth, said
        clean = 0 if failed or said != right else clean + 1
        points += not clean
        if clean == CLEAN:
            break
    else:
        yield MOST, 'there is no end'
    after, _ = once(operation)
    if after != right:
        yield nth, f'afterwards {after}, not {right}'
    return points


def main():
    word = ' '.join(sys.argv[1:])
    gc.disable()
    found = [attempts.look_at(each, each_fails(each), 'allocations')
             for each in operations.ALL if word in each.name]
    points, wrong = map(sum, zip(*found))
    print(f'{len(found)} operations, {points} allocations, {wrong} wrong')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
