"""The recording of one request that a page shows (see page.py)."""

import os
import subprocess

from tools.callgraph import comparison
from tools.player import page, steps
from tools.player.sources import ROOT

# Of what went over the wire, so many bytes from either end.
KEPT = 100_000


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


def request_of(case, width=80):
    """In one line."""
    if '--cgi' in case.options:
        return 'the environment of a CGI program'
    line = case.raw.partition(b'\n')[0].rstrip().decode('latin-1')
    if not line:
        return 'an empty line' if case.raw else 'no request'
    return line if len(line) <= width else line[:width - 3] + '...'


def application_of(case):
    """With its options."""
    return ' '.join([case.application or 'demo_app', *case.options])


def flow_of(case):
    """What the request has of its own."""
    return 'process' if '--fork' in case.options else 'thread'


def both_ends(data):
    """[beginning, how many bytes are left out, end]"""
    text = data.decode('latin-1')
    left_out = len(text) - 2 * KEPT
    return ([text[:KEPT], left_out, text[-KEPT:]] if left_out > 0
            else [text, 0, ''])


def record(case, python, program):
    """Records a request in the two servers, a PythonRun and a ProgramRun; in
    the program first, which says best what an application lacks."""
    rows = comparison.read_rows()
    with python, program:
        here = comparison.c_calls(run(program, case), rows, set())
        there = comparison.python_calls(run(python, case), rows)
        steps.check_same(here, there)
        found, sources = steps.build(here, there, program.locate(here),
                                     flow_of(case))
        check_fresh(program.program, sources)
        steps.add_wire(found, here, program.wire(), there, python.wire())
        sent = steps.bytes_of(program.wire(), 'W')
    received = b'' if '--cgi' in case.options else case.raw
    return {'request': request_of(case), 'application': application_of(case),
            'received': both_ends(received), 'sent': both_ends(sent),
            'steps': found, 'sources': sources, **page.notices()}
