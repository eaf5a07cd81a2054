"""What the program of the trace preset imports in the place of an application:
a Python program, which so runs in it. There `import cwsgiref` is the code
whose calls are on record.

The words of the program's command line, "-m" at first for a module, are the
lines of TRACE_PROGRAM.
"""

import contextlib
import os
import runpy
import sys
import traceback


def run(words):
    if words[0] == '-m':
        sys.argv = words[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(words[1], run_name='__main__', alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
        runpy.run_path(words[0], run_name='__main__')


def of_the_program(frames):
    """Without those that have led there."""
    while frames is not None and frames.tb_frame.f_code.co_filename in (
            __file__, runpy.__file__, '<frozen runpy>'):
        frames = frames.tb_next
    return frames


def main():
    """Does not return: there is no application."""
    status = 0
    try:
        run(os.environ['TRACE_PROGRAM'].split('\n'))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
        if end.code is not None and end.code is not status:
            print(end.code, file=sys.stderr)
            status = 1
    except BaseException as error:
        traceback.print_exception(
            error.with_traceback(of_the_program(error.__traceback__)))
        status = 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(status)


main()
