"""All servers in turn, round by round: what disturbs the machine for a while
disturbs all of them."""

import contextlib
import statistics
import time

from bench import machine
from bench.cases import ask
from bench.running import Running, ServerFailed

WARM_UP = 10   # requests
REPEATS = 2    # of one measurement that somebody has disturbed
QUIET = 0.1    # of a processor
MEDIANS = ('cpu', 'rate', 'median', 'p99', 'requests', 'client',
           'client_busy', 'foreign')


class Plan:
    """What is measured. `limit`: of one measurement, as the client has it.
    `repeats`: how many measurements may be made again, so that it comes to an
    end on a machine that is never quiet."""

    def __init__(self, servers, cases, rounds, connections, limit, repeats):
        self.servers = servers
        self.cases = cases
        self.rounds = rounds
        self.connections = connections
        self.limit = limit
        self.repeats = repeats


def start(plan, kit, cpus, stack, progress):
    """(the servers that run, {name: why another does not})."""
    running, failed = [], {}
    for server in plan.servers:
        progress.say(f'starting {server.name}')
        try:
            running.append(stack.enter_context(Running(server, kit, cpus)))
        except ServerFailed as failure:
            failed[server.name] = str(failure)
    return running, failed


def check_answers(running, case, file):
    """Why the answer is not the right one, or None."""
    try:
        status, _, body = ask(running.port, case)
    except OSError as error:
        return f'{case.name}: {error}'
    if status != 200:
        return f'{case.name}: the status is {status}'
    if body != case.right_body(file):
        return f'{case.name}: another body, of {len(body)} bytes'
    return None


def pairs(running, plan, kit, progress):
    """([(running, case)] that answer as they should, and have been asked some
    times; {name: [what the others do]})."""
    good, wrong = {case: [] for case in plan.cases}, {}
    file = kit.file.read_bytes()
    for case in plan.cases:
        for each in running:
            progress.say(f'asking {each.server.name} for {case.name}')
            if problem := check_answers(each, case, file):
                wrong.setdefault(each.server.name, []).append(problem)
            else:
                each.load(case, plan.connections, WARM_UP)
                good[case].append(each)
    return good, wrong


def wait_for_quiet(cpus, patience=0.5):
    """Until nobody uses these, or for so many seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        busy, start = machine.busy(cpus), time.monotonic()
        time.sleep(0.1)
        if machine.busy(cpus) - busy < QUIET * (time.monotonic() - start):
            return


def measure(running, case, plan, progress):
    """One measurement, or the quietest of some."""
    found = running.measure(case, plan.connections, plan.limit)
    for _ in range(REPEATS):
        if not found['disturbed'] or plan.repeats == 0:
            break
        plan.repeats -= 1
        progress.say(f'{running.server.name}, {case.name}: once more, '
                     'something else was busy')
        wait_for_quiet(running.cpus)
        again = running.measure(case, plan.connections, plan.limit)
        found = min(found, again, key=lambda each: each['foreign'])
    return found


def run(plan, good, progress):
    """{(name, case name): [measurements]}; each round begins with another
    server."""
    found = {}
    for number in range(plan.rounds):
        progress.round(number + 1, plan.rounds)
        for case, running in good.items():
            first = number % max(1, len(running))
            for each in running[first:] + running[:first]:
                progress.step(f'{case.name}, {each.server.name}')
                found.setdefault((each.server.name, case.name), []).append(
                    measure(each, case, plan, progress))
    return found


def medians(measurements):
    """Of all rounds of one server and case."""
    found = {name: statistics.median(each[name] for each in measurements)
             for name in MEDIANS}
    found['wrong'] = sum(each['wrong'] for each in measurements)
    found['disturbed'] = sum(each['disturbed'] for each in measurements)
    found['rounds'] = len(measurements)
    return found


@contextlib.contextmanager
def serving(plan, kit, cpus, progress):
    """(the servers that run, {name: why another does not}), and their end."""
    with contextlib.ExitStack() as stack:
        yield start(plan, kit, cpus, stack, progress)
