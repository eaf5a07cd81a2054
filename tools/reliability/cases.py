"""Generated cases with a seed that nobody has seen before, and clients that
leave at each byte: both servers say the same."""

import multiprocessing

from tools.compare import fuzz, leaving, servers
from tools.compare.exchange import exchange

from .row import Row, Watch, part, tell

COMMAND = 'script/reliability cases'
CASES = 50_000
# How many of them with the options of the program.
SHARES = {(): 0.7, ('--threads',): 0.1, ('--fork',): 0.1,
          ('--validate',): 0.1}
MODES = (), ('--threads',), ('--fork',), ('--validate',)


def rows(scale=1.0):
    watch = Watch()
    seed = fuzz.fresh_seed()
    runs = [generated(seed, part(CASES * share, scale, 4), options)
            for options, share in SHARES.items()]
    count = sum(run.cases for run in runs)
    different = [each for run in runs for each in run.mismatches]
    wrong = [run.wrong for run in runs if run.wrong]
    for each in [*different, *wrong]:
        tell(str(each))
    yield Row(
        'Generated requests to generated applications',
        f'{CASES:,} cases of a new seed: the same answer, end and log as '
        "Python's server, no death, no hang",
        f'seed {seed}, {count:,} cases: {len(different)} differ'
        + (f'; {len(wrong)} runs with a bad end' if wrong else ''),
        not different and not wrong, COMMAND, watch.seconds())
    done, different = left(scale)
    for each in different[:5]:
        tell(each)
    yield Row(
        'A client leaves: 40 requests, after each byte',
        'half-closed, closed and reset; plain, --threads, --fork, --validate: '
        "as Python's server",
        f'{done:,} exchanges: {len(different)} differ', not different,
        COMMAND, watch.seconds())


def generated(seed, cases, options):
    """A fuzz.Run that is over."""
    run = fuzz.Run(seed, range(cases), options=list(options))
    run.start()
    for mismatch in run.reports():
        if mismatch is not None:
            tell(str(mismatch))
    run.finish()
    return run


def left(scale):
    """How many exchanges there were, and what differs, in words."""
    requests = leaving.requests()
    plan = [(options, name, data[:cut], manner) for options in MODES
            for name, data in requests.items()
            for cut in leaving.cuts(data) for manner in leaving.MANNERS]
    plan = plan[::round(1 / scale)]
    parts = [plan[number::fuzz.WORKERS] for number in range(fuzz.WORKERS)]
    with multiprocessing.get_context('fork').Pool(fuzz.WORKERS) as pool:
        found = pool.map(leave_each, parts, chunksize=1)
    return len(plan), [each for one in found for each in one]


def leave_each(plan):
    """In a process: which of the exchanges differ."""
    different = []
    for options in MODES:
        of_it = [each[1:] for each in plan if each[0] == options]
        if not of_it:
            continue
        python = servers.reference(options=options)
        program = servers.program(options=options)
        try:
            for name, data, manner in of_it:
                steps = leaving.leaving(data, leaving.MANNERS[manner])
                one, other = (exchange(steps, server).comparable()
                              for server in (python, program))
                if one != other:
                    different.append(f'{" ".join(options)} {name}, '
                                     f'{len(data)} bytes, {manner}: {one} '
                                     f'{other}')
            program.stop_cleanly()
        finally:
            python.kill()
            program.kill()
    return different
