"""What the programs have in common that try an operation again and again, and
each time something else fails in it: an allocation, or a call of CPython."""

import contextlib
import gc
import io
import os
import re


def once(operation, begin, end):
    """Does it; begin() comes right before, and end() after it. Returns what
    comes of it, as text, what end() has returned, and the log."""
    log = io.StringIO()
    descriptors = os.listdir('/proc/self/fd')
    with contextlib.redirect_stderr(log), contextlib.ExitStack() as undo:
        do = operation.prepare(undo)
        begin()
        try:
            result = do()
        except BaseException as error:
            result = error
        finally:
            ended = end()
        said = told(result)
    del do, result
    if os.listdir('/proc/self/fd') != descriptors:
        gc.collect()  # an error and its frames hold each other
    if os.listdir('/proc/self/fd') != descriptors:
        raise AssertionError('a descriptor has stayed open')
    return said, ended, log.getvalue()


def told(result):
    if isinstance(result, BaseException):
        return f'{type(result).__name__}: {result}'
    return re.sub('0x[0-9a-f]+', '0x', repr(result))


def look_at(operation, steps, points_are):
    """Prints what `steps` yields: (where something fails, what is wrong); it
    returns how many points there were. Returns both numbers."""
    wrong = []
    while True:
        try:
            wrong.append(next(steps))
        except StopIteration as end:
            points = end.value
            break
    print(f'{operation.name}: {points} {points_are}, {len(wrong)} wrong',
          *(f'  {where}: {what}' for where, what in wrong), sep='\n',
          flush=True)
    return points, len(wrong)


def in_a_child(function, *arguments):
    """The str that the function returns there, or how the child has ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, function(*arguments).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding='utf-8') as file:
        said = file.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return said if code == 0 else f'ended by signal {-code}'
