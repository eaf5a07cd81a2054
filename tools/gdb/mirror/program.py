"""Where our code is: in the program cwsgiref and in examples/c it is the
program itself; under a Python that imports cwsgiref, the module is."""

import os

import gdb

MODULE = '_cwsgiref.'  # how the name of its file begins
BRIDGE = os.path.join('src', 'module') + os.sep


def is_python():
    """Whether the program is a Python."""
    name = gdb.current_progspace().filename or ''
    return os.path.basename(name).startswith('python')


def is_module(path):
    return os.path.basename(path or '').startswith(MODULE)


def is_ours(path):
    """Whether the file, a program or a library, has our code."""
    if is_python():
        return is_module(path)
    return path == gdb.current_progspace().filename


def ours():
    """The objfile with our code. GdbError while there is none."""
    for objfile in gdb.objfiles():
        if is_ours(objfile.filename):
            return objfile
    raise gdb.GdbError('The program has not imported cwsgiref yet.')


def has_ours_at(address):
    """Whether what is there, a function or a type, is ours."""
    library = gdb.solib_name(address)
    return is_module(library) if is_python() else library is None


def is_bridge(frame):
    """Whether it is a function of src/module: it leads from Python into the
    chain, or the other way."""
    symtab = frame.find_sal().symtab
    return symtab is not None and BRIDGE in symtab.fullname()
