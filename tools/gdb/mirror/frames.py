"""The backtrace: the program's frames and the application's Python ones,
without the interpreter's."""

import os
import sys

import gdb
from gdb.FrameDecorator import FrameDecorator

from tools.gdb.mirror import program

EVAL = '_PyEval_EvalFrameDefault'


def script():
    """The script of libpython, or None where gdb has not loaded it."""
    loaded = sys.modules['__main__']
    return loaded if hasattr(loaded, 'PyFramePtr') else None


def is_no_function(python):
    """Whether it is the frame that, since 3.12, is below those of one call of
    the interpreter."""
    return hasattr(python, 'is_shim') and python.is_shim()


def is_oldest(python):
    """Of those of one call of the interpreter."""
    return (is_no_function(python) if hasattr(python, 'is_shim')
            else python.is_entry())


def python_frames(frame):
    """The Python functions that run in one C frame of the interpreter, newest
    first, by the script of libpython. Nothing without it."""
    if frame.name() != EVAL or script() is None:
        return
    python = script().Frame(frame).get_pyop()
    while python and not python.is_optimized_out():
        if not is_no_function(python):
            yield python
        if is_oldest(python):
            return
        python = python.previous()


def thread_state():
    """The PyThreadState of the selected thread, or None."""
    own = gdb.selected_thread().ptid[1]
    interpreter = gdb.parse_and_eval('_PyRuntime.interpreters.head')
    while int(interpreter):
        state = interpreter['threads']['head']
        while int(state):
            if int(state['native_thread_id']) == own:
                return state
            state = state['next']
        interpreter = interpreter['next']
    return None


def frames_of_thread():
    """All Python frames of the selected thread, newest first."""
    state = thread_state()
    if state is not None:
        fields = state.dereference().type.keys()
        holder = state if 'current_frame' in fields else state['cframe']
        python = holder['current_frame']
        while int(python):
            yield script().PyFramePtr(python)
            python = python['previous']


def by_thread(frame):
    """The newest Python frame of a C frame of the interpreter, without a look
    into that: the calls of the interpreter are counted, from the newest on.
    None when the thread is none of Python's."""
    newer = 0
    while (frame := frame.newer()) is not None:
        newer += frame.name() == EVAL and frame.type() == gdb.NORMAL_FRAME
    for python in frames_of_thread():
        if newer == 0:
            return python
        newer -= is_oldest(python)
    return None


class Blind:
    """Has the script find the Python frames also where the compiler has left
    none of the variables that it reads (Debian's 3.13), so that py-bt and the
    others know them."""

    def __init__(self):
        gdb.events.stop.connect(self.look)
        self.look()

    def look(self, event=None):
        if script() is not None:
            gdb.events.stop.disconnect(self.look)
            known = script().Frame.get_pyop
            script().Frame.get_pyop = lambda frame: (
                known(frame) or by_thread(frame._gdbframe))


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
    """A function of the application: hello () at examples/hello.py:12, or
    Handler.handle () at ..."""

    def __init__(self, base, python):
        super().__init__(base)
        self.python = python

    def function(self):
        name = self.python.co.pyop_field('co_qualname').proxyval(set())
        return name.rpartition('<locals>.')[2]

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


def is_application(filename):
    """Neither the import system nor the frame of run(), which stands for the
    C function below it."""
    return not filename.startswith('<frozen ') and not filename.endswith('.c')


def is_of_interpreter(frame):
    """Neither one of the chain nor the newest one."""
    return frame.level() > 0 and (not program.has_ours_at(frame.pc())
                                  or program.is_bridge(frame))


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
                if is_application(python.filename()):
                    yield PythonFrame(each, python)
            if not application and not is_of_interpreter(frame):
                yield ProgramFrame(each)


def register():
    Filter()
    Blind()
