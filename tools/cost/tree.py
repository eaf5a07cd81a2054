"""The calls of one request with what each costs."""

import collections
import dataclasses
import platform

from tools.callgraph import comparison, traces

ROOT = 'BaseServer_serve_forever'
REQUEST = 'BaseServer__handle_request_noblock'
INTERPRETER = 'the interpreter'
INDENT = 2
TITLES = 'inclusive', '%', 'own', 'outside'


@dataclasses.dataclass
class Cost(traces.Call):
    """A call, or a system call: then its name ends with "()". `inclusive` and
    `own`: {place: instructions} of all of it, and without the calls in it."""

    result: str = traces.more(default='')
    inclusive: collections.Counter = traces.more(
        default_factory=collections.Counter)
    own: collections.Counter = traces.more(
        default_factory=collections.Counter)

    @property
    def is_system_call(self):
        return self.name.endswith('()')

    @property
    def text(self):
        if self.is_system_call:
            return f'{self.name} = {self.result}'
        return f'{self.name}, one turn' if self.name == ROOT else self.name


class Turn:
    """The calls of one turn of serve_forever."""

    def __init__(self):
        self.calls = [Cost(0, ROOT)]
        self.stack = self.calls[:]

    def add(self, event):
        for call in self.stack:
            call.inclusive += event.cost
        if event.what == 'begins':
            self.begin(event.name)
            self.stack.append(self.calls[-1])
        elif event.what == 'system call':
            self.begin(f'{event.name}()', event.result)
        elif event.name == self.stack[-1].name:
            self.stack.pop()
        elif any(event.name == call.name for call in self.stack):
            raise RuntimeError(f'{event.name} has ended before '
                               f'{self.stack[-1].name}, which it calls')

    def begin(self, name, result=''):
        self.calls.append(Cost(len(self.stack), name, result=result))

    def is_request(self):
        return any(call.name == REQUEST for call in self.calls)


def requests(events):
    """The calls of each whole turn in which there was a request."""
    turn = None
    for event in events:
        if turn:
            turn.add(event)
        if event.what == 'ends' and event.name.endswith('_service_actions'):
            if turn and turn.is_request():
                yield turn.calls
            turn = Turn()


def view(calls, interpreter):
    """Those that script/trace shows, and the system calls, and where Python
    code begins to run (the function `interpreter`): with what each costs
    itself."""
    def is_hidden(name, path):
        return not is_beside(name) and comparison.is_hidden(name, path)
    calls = [dataclasses.replace(call, name=INTERPRETER)
             if call.name == interpreter else call for call in calls]
    calls = list(comparison.without(comparison.with_application(calls),
                                    is_hidden))
    above = []
    for call in calls:
        del above[call.depth:]
        call.own = call.inclusive.copy()
        if above:
            above[-1].own -= call.inclusive
        above.append(call)
    return calls


def is_beside(name):
    """Whether it stands in this tree, but not in that of script/trace."""
    return name == INTERPRETER or name.endswith('()')


def total(call):
    return call.inclusive.total()


def outside(cost):
    """What of it is not in src/."""
    return sum(count for place, count in cost.items()
               if not place.startswith('src/'))


def figures(call, whole):
    """What stands beside a call."""
    return (f'{total(call):,}', f'{100 * total(call) / whole:.1f}',
            f'{call.own.total():,}', f'{outside(call.own):,}')


def lines(calls):
    """The tree, with a title."""
    rows = [TITLES, *(figures(call, total(calls[0])) for call in calls)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows = [' '.join(map(str.rjust, row, widths)) for row in rows]
    yield f'{rows[0]}  call'
    for row, call, line in zip(rows[1:], calls,
                               comparison.box(calls, indent=INDENT)):
        if call.is_system_call:
            row = ' ' * len(row)
        yield f'{row}  {line.removesuffix(call.name)}{call.text}'


def places(calls):
    """How much of it is where."""
    cost = calls[0].inclusive
    for place, count in sorted(cost.items(), key=lambda item: -item[1]):
        yield f'{count:9,} {100 * count / cost.total():6.1f}  {place}'


def summary(calls, totals):
    """What the figures are, and how far they can be trusted."""
    count = sum(call.is_system_call for call in calls)
    spread = 100 * (totals[-1] - totals[0]) / totals[len(totals) // 2]
    yield (f'One request: {total(calls[0]):,} user instructions and '
           f'{count} system calls, name() = result.')
    yield ('own: without the calls below; outside: what of own is in CPython '
           'and libc, and not in src/.')
    yield (f'Python {platform.python_version()}; the request in the middle '
           f'of {len(totals)}, which need {totals[0]:,} to {totals[-1]:,} '
           f'({spread:.1f} %).')


def report(measured):
    """All of it, as text."""
    calls, totals = measured.calls, measured.totals
    return [*lines(calls), '', *places(calls), '', *summary(calls, totals)]
