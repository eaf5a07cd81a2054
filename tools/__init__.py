"""The instruments: what the commands in script/ are made of. Tests make use of
them, too; nothing here knows of a test.

    callgraph/     the calls of one request, in C and in Python: script/trace,
                   script/callgraph
    compare/       the same request to both servers, from outside:
                   script/compare
    cost/          what each call of a request costs: script/trace --cost
    gdb/           what script/gdb loads: commands for gdb, printers
    player/        the page that script/player writes
    releases/      where releases of CPython differ: script/releases
    test/          what script/test runs its tests with
    trace/         the part of the trace preset that writes down its calls
    transcript.py  types what a page shows, in gdb and in a shell:
                   script/transcripts

    application.py finds the application for Python's server
    classes.py     docs/classes.svg: script/classes
    command.py     what the commands have in common that send a request
    patience.py    how long anything may take
    processes.py   what /proc says of a process
    server.py      a server in a process of its own, and its port

They are imported from the project's folder, where "tools" is a package.
"""
