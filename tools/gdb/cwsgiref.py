"""What gdb needs to show this program: `source tools/gdb/cwsgiref.py`, or
script/gdb, which builds the program and does that. `help cwsgiref` lists the
commands."""

import os
import sys

import gdb

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

sys.dont_write_bytecode = True
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tools.gdb.mirror import (chain, frames, printers,  # noqa: E402
                              pysrc, session, settings, steps, time_travel)

for module in (settings, session, printers, frames, chain, steps, pysrc,
               time_travel):
    module.register()


class Help(gdb.Command):
    """The call chain of cwsgiref in gdb, beside its Python.

request [-raw TEXT | PATH]   sends a request; stops where you have a breakpoint
chain [-raw TEXT | PATH]     one request, and the tree of the calls it makes
break-step [N]               a breakpoint at step N of docs/callgraph.md
pysrc [NAME]                 the Python that the current C function mirrors
layout mirror                C on the left, Python on the right
record-request [...]         one request on record, to step backwards through

They start the program, if need be, on a free port; `run` starts it on the
port of its options. What it prints goes through a file (`show exec-wrapper`
names it), and gdb shows it: so it does not write over `layout mirror`.

`print *self` shows an object with the fields of its real class; `backtrace`
leaves out the interpreter's frames, `backtrace -no-filters` shows all."""

    def __init__(self):
        super().__init__('cwsgiref', gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        gdb.execute('help cwsgiref')


Help()
