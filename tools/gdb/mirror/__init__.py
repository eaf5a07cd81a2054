"""The parts of tools/gdb/cwsgiref.py; each begins with `register()`, or is
used by those that do.

    settings.py     what gdb is told: no debuginfod, what `step` skips
    program.py      where our code is: the program, or a module of Python's
    session.py      starts the program, keeps its log, sends it a request
    client.py       the client of that request
    printers.py     objects of ours, streams, Python's values
    frames.py       the backtrace without the interpreter
    chain.py        the calls of one request, as a tree
    steps.py        breakpoints by the steps of docs/callgraph.md
    pysrc.py        the Python beside the C: command and window
    origin.py       which Python function a C function mirrors
    definitions.py  what the library defines, as the linked Python reads it
    alignment.py    which of its lines a line of C stands for
    time_travel.py  one request on record
"""
