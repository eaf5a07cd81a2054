"""The backtrace: the program's frames and the application's Python ones,
without the interpreter's."""

import os
import sys

import gdb
from gdb.FrameDecorator import FrameDecorator

EVAL = '_PyEval_EvalFrameDefault'


def python_frames(frame):
    """The Python functions that run in one C frame of the interpreter, newest
    first, by the script of libpython. Nothing without it."""
    script = sys.modules['__main__']
    if frame.name() != EVAL or not hasattr(script, 'PyFramePtr'):
        return
    python = script.Frame(frame).get_pyop()
    while python and not python.is_optimized_out():
        yield python
        if python.is_entry():
            return
        python = python.previous()


def nearby(path):
    """The path, from the current directory if it is below."""
    relative = os.path.relpath(path)
    return path if relative.startswith('..') else relative


class ProgramFrame(FrameDecorator):
    """A function of the program, with the path of its file, without the
    address."""

    def filename(self):
        sal = self.inferior_frame().find_sal()
        return nearby(sal.symtab.fullname()) if sal.symtab else None

    def address(self):
        return None


class PythonFrame(FrameDecorator):
    """A function of the application: hello () at examples/hello.py:12"""

    def __init__(self, base, python):
        super().__init__(base)
        self.python = python

    def function(self):
        return self.python.co_name.proxyval(set())

    def filename(self):
        return nearby(self.python.filename())

    def line(self):
        return self.python.current_line_num()

    def address(self):
        return None

    def frame_args(self):
        return None

    def frame_locals(self):
        return None


def is_of_interpreter(frame):
    """Neither the program's own nor the newest one."""
    return frame.level() > 0 and gdb.solib_name(frame.pc()) is not None


class Filter:
    name = 'cwsgiref'
    enabled = True
    priority = 100

    def __init__(self):
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        for each in frames:
            frame = each.inferior_frame()
            application = list(python_frames(frame))
            for python in application:
                if not python.filename().startswith('<frozen '):
                    yield PythonFrame(each, python)
            if not application and not is_of_interpreter(frame):
                yield ProgramFrame(each)


def register():
    Filter()
