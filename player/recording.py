"""The recording of one request that a page shows (see page.py)."""

import os
import subprocess

from callgraph import comparison
from player import page, steps
from player.sources import ROOT


def run(server, case):
    """The calls of each of its threads. The log of an application of one's
    own is to be seen."""
    server.request(case.raw, case.leaves,
                   log=subprocess.DEVNULL if case.name else None)
    return server.calls()


def check_fresh(program, sources):
    """The lines that the program says it is at are those of the files that
    it was built from."""
    built = os.stat(program).st_mtime
    for source in sources:
        path = ROOT / source['file']
        if source['language'] == 'c' and path.stat().st_mtime > built:
            raise RuntimeError(f'{program} is older than {path}; '
                               'script/bootstrap trace builds it again')


def request_line(raw):
    line = raw.partition(b'\n')[0].rstrip().decode('latin-1')
    return line if len(line) <= 80 else line[:77] + '...'


def record(case, python, program):
    """Records a request in the two servers, a PythonRun and a ProgramRun."""
    rows = comparison.read_rows()
    with python, program:
        there = comparison.python_calls(run(python, case), rows)
        here = comparison.c_calls(run(program, case), rows, set())
        steps.check_same(here, there)
        found, sources = steps.build(here, there, program.locate(here))
        check_fresh(program.program, sources)
        steps.add_wire(found, here, program.wire(), there, python.wire())
        sent = steps.bytes_of(program.wire(), 'W')
    return {'request': request_line(case.raw),
            'application': ' '.join([case.application, *case.options]),
            'received': case.raw.decode('latin-1'),
            'sent': sent.decode('latin-1'),
            'steps': found, 'sources': sources, **page.notices()}
