"""User instructions of a request: valgrind's callgrind counts all that a
server executes until it ends, in a run with some requests and in one with
more. The difference is the same to a percent in every run, whatever else the
machine does."""

import json
import pathlib
import platform
import re
import shutil

from bench.cases import CASES, MORE_HEADERS
from bench.running import Running
from bench.servers import SERVERS

KEPT = pathlib.Path(__file__).resolve().parent / 'instructions.json'
FEW, MORE = 50, 300  # requests
COUNTED = ('hello', 'headers', 'echo')  # cases


def why_not():
    """Why nothing can be counted here, or None."""
    return None if shutil.which('valgrind') else 'valgrind is not installed'


def total(server, kit, cpus, asked):
    """All instructions of a run with these [(case, requests)]."""
    output = kit.folder / f'callgrind.{server.name}'
    wrapper = ['valgrind', '--tool=callgrind',
               f'--callgrind-out-file={output}']
    with Running(server, kit, cpus, wrapper) as running:
        for case, requests in asked:
            running.load(case, 1, requests)
    return int(re.search(r'^totals: (\d+)$', output.read_text(),
                         re.MULTILINE)[1])


def of_server(server, kit, cpus, cases, progress):
    """{case name: instructions of a request}."""
    progress.step(f'instructions, {server.name}')
    warm_up = (CASES['hello'], FEW)
    few = total(server, kit, cpus, [warm_up])
    found = {}
    for case in cases:
        progress.step(f'instructions, {server.name}, {case.name}')
        more = total(server, kit, cpus, [warm_up, (case, MORE)])
        found[case.name] = (more - few) / MORE
    return found


# ---- Those that are kept

def key():
    """Of this Python, and of this architecture."""
    return f'Python {platform.python_version()}, {platform.machine()}'


def figures(kit, cpus, progress):
    """What is kept: {words: instructions}."""
    quiet = of_server(SERVERS['cwsgiref'], kit, cpus,
                      [CASES['hello'], CASES['headers']], progress)
    log = of_server(SERVERS['cwsgiref-log'], kit, cpus, [CASES['hello']],
                    progress)
    header = (quiet['headers'] - quiet['hello']) / len(MORE_HEADERS)
    return {'hello, quiet': round(quiet['hello']),
            'hello, with its log line': round(log['hello']),
            'each further header': round(header)}


def kept():
    """{key: figures}"""
    return json.loads(KEPT.read_text(encoding='utf-8'))


def keep(found):
    """Those of other Pythons stay."""
    text = json.dumps({**kept(), key(): found}, indent=2, sort_keys=True)
    KEPT.write_text(text + '\n', encoding='utf-8')
