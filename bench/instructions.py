"""User instructions of a request: valgrind's callgrind counts all that a
server executes until it ends, in a run with some requests and in one with
more. The difference is the same to a percent in every run, whatever else the
machine does."""

import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import tempfile

from bench.cases import CASES, MORE_HEADERS
from bench.running import Running
from bench.servers import SERVERS

KEPT = pathlib.Path(__file__).resolve().parent / 'instructions.json'
FEW, MORE = 50, 300  # requests
COUNTED = ('hello', 'headers', 'echo')  # cases


def why_not():
    """Why nothing can be counted here, or None."""
    return None if shutil.which('valgrind') else 'valgrind is not installed'


def total(server, kit, asked):
    """All instructions of a run with these [(case, requests)]."""
    with tempfile.NamedTemporaryFile('r', dir=kit.folder) as output:
        wrapper = ['valgrind', '--tool=callgrind',
                   f'--callgrind-out-file={output.name}']
        with Running(server, kit, None, wrapper) as running:
            for case, requests in asked:
                running.load(case, 1, requests)
        text = pathlib.Path(output.name).read_text()
    return int(re.search(r'^totals: (\d+)$', text, re.MULTILINE)[1])


def count(wanted, kit, progress):
    """{server: {case: instructions of a request}} of {server: [cases]}. As
    many runs at once as there are processors: that changes nothing."""
    warm_up = (CASES['hello'], FEW)
    runs = [(server, case) for server, cases in wanted.items()
            for case in (None, *cases)]

    def one(run):
        server, case = run
        progress.step(f'instructions, {server.name}')
        asked = [warm_up] if case is None else [warm_up, (case, MORE)]
        return total(server, kit, asked)

    with concurrent.futures.ThreadPoolExecutor(
            len(os.sched_getaffinity(0))) as pool:
        totals = dict(zip(runs, pool.map(one, runs)))
    return {server: {case: (totals[server, case] - totals[server, None]) / MORE
                     for case in cases}
            for server, cases in wanted.items()}


# ---- Those that are kept

def key():
    """Of this Python, and of this architecture."""
    return f'Python {platform.python_version()}, {platform.machine()}'


def figures(kit, progress):
    """What is kept: {words: instructions}."""
    quiet, log = SERVERS['cwsgiref'], SERVERS['cwsgiref-log']
    hello, headers = CASES['hello'], CASES['headers']
    found = count({quiet: [hello, headers], log: [hello]}, kit, progress)
    more = found[quiet][headers] - found[quiet][hello]
    return {'hello, quiet': round(found[quiet][hello]),
            'hello, with its log line': round(found[log][hello]),
            'each further header': round(more / len(MORE_HEADERS))}


def kept():
    """{key: figures}"""
    return json.loads(KEPT.read_text(encoding='utf-8'))


def keep(found):
    """Those of other Pythons stay."""
    text = json.dumps({**kept(), key(): found}, indent=2, sort_keys=True)
    KEPT.write_text(text + '\n', encoding='utf-8')
