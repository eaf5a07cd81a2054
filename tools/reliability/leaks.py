"""Many requests of all kinds: nothing grows. Five ways to look: the release
build beside Python's server, plain load, a debug build of CPython, which
counts references, LeakSanitizer, and valgrind."""

import re
import shutil
import tempfile

from tools import command
from tools.compare import fuzz, servers
from tools.compare.cases import CASES
from tools.compare.exchange import Send, Shut

from . import builds, served, soak
from .row import LeftOut, Row, Watch, by_two, part, tell

COMMAND = 'script/reliability leaks'
MIXED, MIXED_OF_PYTHON = 1_000_000, 150_000
PLAIN, PLAIN_OF_PYTHON = 5_000_000, 40_000
EACH = 1000           # how often each case is asked of the debug build
MIXED_DEBUG = 150_000
SANITIZED = 20_000
UNDER_VALGRIND = 2000
DEBUG_PYTHON = '/usr/bin/python3-dbg'


def rows(scale=1.0):
    seed = fuzz.fresh_seed()
    debug = builds.preset('pydebug', python=DEBUG_PYTHON)
    asan = builds.preset('asan')
    if shutil.which('valgrind') is None:
        raise LeftOut('there is no valgrind')
    tasks = [(mixed, seed, 'ours', MIXED, scale),
             (mixed, seed, 'pythons', MIXED_OF_PYTHON, scale),
             (plain, scale), (references_of_cases, debug, scale),
             (references_of_mixed, debug, seed, scale),
             (sanitized, asan, seed, scale),
             (under_valgrind, seed, scale)]
    results = by_two(tasks)
    yield beside_python(seed, next(results), next(results))
    yield from results


# ---- The release build

def load_of(server, board, seed, scale):
    """Of fewer programs, if there are fewer requests."""
    return soak.Load(server, board, seed, part(soak.PROGRAMS, scale, 50))


def mixed(seed, whose, requests, scale):
    """What is there after a tenth of the load and at its end, and how much it
    was."""
    watch = Watch()
    board, application = served.on_board()
    with getattr(served, whose)(application) as server:
        load = load_of(server, board, seed, scale)
        load.warm()
        load.run(part(requests / 10, scale) - load.requests)
        first, begun = server.level(), load.requests
        load.run(part(requests, scale) - begun)
        last = server.level()
        server.stop_cleanly()
    return {'requests': load.requests, 'measured': load.requests - begun,
            'wrong': load.wrong, 'seconds': watch.seconds(),
            'grown': {name: last[name] - first[name] for name in first}}


def per_100_000(found, name):
    return found['grown'][name] * 1e5 / max(1, found['measured'])


def beside_python(seed, ours, pythons):
    memory, blocks = ([per_100_000(found, name) for found in (ours, pythons)]
                      for name in ('memory', 'blocks'))
    # Of a few requests one is many per 100,000.
    short = max(0, 1e8 / max(1, ours['measured']) - 1000)
    level = [ours['grown'][name]
             for name in ('objects', 'descriptors', 'threads', 'children')]
    return Row(
        'Memory: mixed load, a third of the clients leave',
        f"{MIXED:,} requests: at most wsgiref's own growth and 8 KiB and 2 "
        'blocks per 100,000; objects, descriptors, threads, children level; '
        'no wrong answer',
        f'seed {seed}, {ours["requests"]:,} requests: {memory[0]:+.1f} KiB, '
        f'{blocks[0]:+.1f} blocks per 100,000 (wsgiref, '
        f'{pythons["requests"]:,}: {memory[1]:+.1f} KiB, {blocks[1]:+.1f} '
        'blocks); objects, descriptors, threads, children '
        f'{", ".join(map("{:+}".format, level))}; {ours["wrong"]} wrong',
        memory[0] <= max(0, memory[1]) + 8 + short and blocks[0]
        <= max(0, blocks[1]) + 2 + short and max(level) <= 0
        and ours['wrong'] == 0,
        COMMAND, ours['seconds'])


def plain(scale):
    """One request again and again. What it costs is the kernel's word."""
    watch = Watch()
    board, application = served.on_board()
    board.write('')
    cost = {}
    for whose, count in ('pythons', PLAIN_OF_PYTHON), ('ours', PLAIN):
        count = part(count, scale, 1000)
        with getattr(served, whose)(application) as server:
            load = soak.Load(server, board, 'plain')
            for _ in range(count // 10):
                load.sound()
            level, cpu = server.level(), server.cpu()
            for _ in range(count - count // 10):
                load.sound()
            cost[whose] = 1e6 * (server.cpu() - cpu) / (count - count // 10)
            after = server.level()
            server.stop_cleanly()
    grown = after['memory'] - level['memory']
    more = [after[name] - level[name]
            for name in ('descriptors', 'threads', 'children')]
    return Row(
        'Memory: plain load',
        f'{PLAIN:,} requests: at their end at most 64 KiB more than after a '
        'tenth; descriptors, threads, children level; no wrong answer; less '
        "than half of wsgiref's processor time",
        f'{count:,} requests: {grown:+} KiB; descriptors, threads, children '
        f'{", ".join(map("{:+}".format, more))}; {load.wrong} wrong; '
        f'{cost["ours"]:.0f} µs each (wsgiref {cost["pythons"]:.0f})',
        grown <= 64 and not any(more) and not load.wrong
        # The time of a few requests says nothing.
        and (scale < 1 or cost['ours'] < cost['pythons'] / 2),
        COMMAND, watch.seconds())


# ---- A debug build of CPython

def debug_server(folder):
    board, application = served.on_board()
    board.write('')
    return board, served.ours(application, program=folder / 'cwsgiref')


def in_one_piece():
    """{name: (bytes, whether it half-closes)} of the cases that are."""
    return {case.name: (b''.join(step.data for step in case.steps
                                 if isinstance(step, Send)),
                        any(isinstance(step, Shut) for step in case.steps))
            for case in CASES
            if all(isinstance(step, (Send, Shut)) for step in case.steps)}


def references_of_cases(folder, scale):
    watch = Watch()
    cases = dict(list(in_one_piece().items())[::round(1 / scale)])
    times = part(EACH, scale, 10)
    board, server = debug_server(folder)
    with server:
        load = soak.Load(server, board, 'cases')
        for data, shuts in cases.values():
            for _ in range(3):
                load.stay(data, shuts)
        first, begun = server.level(), load.requests
        grown = {name: references(server, load, times, *case)
                 for name, case in cases.items()}
        all_of_it = server.level()['references'] - first['references']
        server.stop_cleanly()
    growing = {name: more for name, more in grown.items() if more > 5}
    return Row(
        'References: each request of tools/compare, debug build of CPython',
        f'each {EACH} times: at most 5 more; all: at most 50 more per '
        '100,000',
        f'{len(cases)} kinds, {load.requests - begun:,} requests: '
        f'{growing or "none grows"}; all: {all_of_it:+}',
        not growing and all_of_it <= max(50, load.requests / 2000), COMMAND,
        watch.seconds())


def references(server, load, times, data, shuts):
    """How many more there are; the third time, if there are more each time:
    a cache is full at some time."""
    for _ in range(3):
        before = server.level()
        for _ in range(times):
            load.stay(data, shuts)
        grown = server.level()['references'] - before['references']
        if grown <= 5:
            break
    return grown


def references_of_mixed(folder, seed, scale):
    watch = Watch()
    board, server = debug_server(folder)
    with server:
        load = load_of(server, board, seed, scale)
        load.warm()
        first, begun = server.level(), load.requests
        load.run(part(MIXED_DEBUG, scale, 300))
        last = server.level()
        server.stop_cleanly()
    grown = last['references'] - first['references']
    count = load.requests - begun
    return Row(
        'References: the mixed load, debug build of CPython',
        f'{MIXED_DEBUG:,} requests: fewer than 50 more per 100,000',
        f'seed {seed}, {count:,} requests: {1e5 * grown / count:+.1f} per '
        f'100,000; {load.wrong} wrong',
        grown < max(50, count / 2000) and not load.wrong, COMMAND,
        watch.seconds())


# ---- LeakSanitizer, and valgrind

def sanitized(folder, seed, scale):
    """The end must be clean: that is when it speaks."""
    watch = Watch()
    board, application = served.on_board()
    with served.ours(
            application, program=folder / 'cwsgiref', stderr=None,
            env={**servers.environment(), 'PYTHONMALLOC': 'malloc',
                 'ASAN_OPTIONS': 'detect_leaks=1'}) as server:
        load = load_of(server, board, seed, scale)
        load.run(part(SANITIZED, scale, 150))
        status, log = server.stop()
    reports = re.findall(r'^==\d+==ERROR: .*|^.*: runtime error: .*', log,
                         re.MULTILINE)
    return Row(
        'AddressSanitizer, UndefinedBehaviorSanitizer, LeakSanitizer',
        f'{SANITIZED:,} requests of the mixed load, and a clean end: no '
        'report',
        f'seed {seed}, {load.requests:,} requests, status {status}: '
        f'{len(reports)} reports {" ".join(reports[:2])}; {load.wrong} wrong',
        not reports and status == 0 and not load.wrong, COMMAND,
        watch.seconds())


VALGRIND = ('valgrind', '--leak-check=full', '--show-leak-kinds=definite',
            '--num-callers=40', '--error-limit=no', '--child-silent-after-'
            'fork=yes')
# Where CPython is on its own: code of the application, its start and its end.
INTERPRETER = re.compile(r'PyEval_|^Py_(Initialize|Finalize)|^PyImport_')


def under_valgrind(seed, scale):
    watch = Watch()
    board, application = served.on_board()
    with tempfile.NamedTemporaryFile('r', errors='replace') as log, \
            served.ours(
                application, before=(*VALGRIND, f'--log-file={log.name}'),
                env={**servers.environment(), 'PYTHONMALLOC': 'malloc'}
            ) as server:
        load = load_of(server, board, seed, scale)
        load.run(part(UNDER_VALGRIND, scale, 30))
        status, _ = server.stop()
        text = log.read()
    reports = re.findall(r'(?m)^==\d+== \S.*\n(?:==\d+==    (?:at|by) .*\n)+',
                         text)
    of_ours = [each for each in reports if is_ours(each)]
    for each in of_ours[:3]:
        tell(each)
    return Row(
        'valgrind memcheck',
        f'{UNDER_VALGRIND:,} requests of the mixed load, and a clean end: no '
        'error and no lost block of our code',
        f'seed {seed}, {load.requests:,} requests, status {status}: '
        f'{len(of_ours)} reports of our code, {len(reports) - len(of_ours)} '
        f'of the interpreter; {load.wrong} wrong',
        not of_ours and status == 0 and not load.wrong, COMMAND,
        watch.seconds())


def is_ours(report):
    """Whether our code has called what is reported, and not the interpreter
    on its own. Of an uninitialised value it has to be our code itself:
    int('0') has one in CPython 3.11, whoever calls it."""
    frames = re.findall(
        r'(?m)^==\d+==    (?:at|by) 0x\w+: (\S+) \((.*)\)$', report)
    if 'uninitialised' in report.partition('\n')[0]:
        frames = frames[:1]
    for function, place in frames:
        if INTERPRETER.search(function):
            return False
        if place.partition(':')[0] in SOURCES:
            return True
    return False


SOURCES = {path.name for path in (command.ROOT / 'src').rglob('*.[ch]')}
