"""Two lists of calls, by the rule of names and the table of exceptions.

A list of calls is a tree in the order of the calls: (depth, name)."""

import fnmatch
import os
import re

from callgraph.names import c_name, mirrored

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..',
                    'docs', 'callgraph.md')

# What the comparison begins with: before it, the program starts up.
ROOTS = ['validator', 'make_server', 'BaseServer_serve_forever',
         'BaseServer_handle_request',
         '*_server_close', 'CGIHandler_init', 'BaseHandler_run']

FUNCTIONS, CLASSES = mirrored()

# What a tree to look at shows beside the mirrored functions.
STREAMS = {'Socket': 'bind getsockname listen accept makefile send shutdown '
                     'close',
           'BufferedReader': 'read readline close',
           'BufferedWriter': 'write flush close'}
SHOWN = {'application', 'parse_headers'} | {
    f'{cls}_{method}' for cls, methods in STREAMS.items()
    for method in methods.split()}


class Row:
    """One row of the table: `absent` is a call that only Python has, `extra`
    a function that only C has; what they call moves up. `rename`: what is the
    one in Python is the other in C."""

    def __init__(self, cells):
        self.rule, self.python, self.c, self.where, self.why = cells
        self.used = False

    def matches(self, name, path):
        pattern = self.c if self.rule == 'extra' else self.python
        if not fnmatch.fnmatchcase(name, pattern):
            return False
        if self.where != '-' and self.where not in path:
            return False
        self.used = True
        return True


def read_rows(page=PAGE):
    """The table that begins | rule | Python | C | where | why |."""
    rows = []
    inside = False
    with open(page, encoding='utf-8') as file:
        for line in file:
            cells = [cell.strip().strip('`')
                     for cell in line.strip().strip('|').split(' | ')]
            if cells == ['rule', 'Python', 'C', 'where', 'why']:
                inside = True
            elif not line.startswith('|'):
                inside = False
            elif inside and not line.startswith('|---'):
                rows.append(Row(cells))
    for row in rows:
        if row.rule not in ('absent', 'extra', 'rename'):
            raise ValueError(f'docs/callgraph.md: no rule {row.rule!r}')
    return rows


def without(calls, is_dropped):
    """The calls without some of them, whose own calls move up.
    is_dropped(name, path): the path is the names above it."""
    above = []  # (depth, name, whether it is dropped)
    for depth, name in calls:
        while above and above[-1][0] >= depth:
            above.pop()
        dropped = is_dropped(name, [each for _, each, _ in above])
        if not dropped:
            yield sum(not each for _, _, each in above), name
        above.append((depth, name, dropped))


def without_idle_turns(calls):
    """Without the turns of serve_forever that had no request: how many there
    are is a matter of time."""
    calls = list(calls)
    kept = []
    last = None  # the child of serve_forever before this one
    inside = None
    idle = False
    for depth, name in calls:
        if inside is not None and depth <= inside:
            inside = None
        if inside is not None and depth == inside + 1:
            idle = (name.endswith('_service_actions')
                    and last != 'BaseServer__handle_request_noblock')
            last = name
        if name == 'BaseServer_serve_forever':
            inside, last, idle = depth, None, False
        if inside is None or depth == inside or not idle:
            kept.append((depth, name))
    return kept


def from_roots(calls):
    """Without what is outside of ROOTS."""
    keep = False
    for depth, name in calls:
        if depth == 0:
            keep = any(fnmatch.fnmatchcase(name, root) for root in ROOTS)
        if keep:
            yield depth, name


def without_mirrored_application(calls):
    """An application that is itself one of the mirrored functions stands for
    itself."""
    calls = list(calls)
    mirrored_ones = {index for index, (_, name) in enumerate(calls[:-1])
                     if name == 'application'
                     and calls[index + 1][1] in ('lint_app', 'demo_app')}
    index = iter(range(len(calls)))
    return without(calls, lambda name, path: next(index) in mirrored_ones)


def combine(threads, tidy):
    """All threads, one after the other; only the first has a start-up."""
    result = []
    for number, calls in enumerate(threads):
        calls = tidy(calls)
        if number == 0:
            calls = from_roots(without_idle_turns(calls))
        result += without_mirrored_application(calls)
    return result


def python_calls(threads, rows):
    """What Python did, by the names of C."""
    absent = [row for row in rows if row.rule == 'absent']
    renamed = [row for row in rows if row.rule == 'rename']

    def name_in_c(name):
        for row in renamed:
            if row.matches(name, []):
                return row.c
        return c_name(name)

    def tidy(calls):
        calls = without(calls, lambda name, path: any(
            [row.matches(name, path) for row in absent]))
        return [(depth, name_in_c(name)) for depth, name in calls]
    return combine(threads, tidy)


def python_names(threads):
    """{C name: Python name} of what Python did."""
    return {c_name(name): name.rpartition('.<locals>.')[2]
            for calls in threads for _, name in calls}


def is_named_like_a_method(name):
    """A function of a mirrored class, by its name."""
    return name not in FUNCTIONS and name.partition('_')[0] in CLASSES


def c_calls(threads, rows, strangers):
    """What C did. `strangers` gets the functions that are named like those of
    a mirrored class, but Python has no such one and the table no row."""
    extra = [row for row in rows if row.rule == 'extra']
    mirrored_here = FUNCTIONS | {'application'} | {
        row.c for row in rows if row.rule == 'rename'}

    def is_dropped(name, path):
        if name in mirrored_here:
            return any([row.matches(name, path) for row in extra])
        if is_named_like_a_method(name):
            if not any([row.matches(name, path) for row in extra]):
                strangers.add(name)
        return True

    def tidy(calls):
        renamed = [(depth, re.sub('^call_application$', 'application', name))
                   for depth, name in calls]
        return without(renamed, is_dropped)
    return combine(threads, tidy)


def is_stream(name):
    return name.partition('_')[0] in STREAMS


def shown(threads):
    """The calls of C for a person: also what the chain asks of the streams,
    but not what these ask of each other, but for the bytes that leave."""
    def is_dropped(name, path):
        if name in SHOWN and is_stream(name):
            return name != 'Socket_send' and any(map(is_stream, path))
        return name not in SHOWN and name not in FUNCTIONS

    def tidy(calls):
        return without([(depth, re.sub('^call_application$', 'application',
                                       name)) for depth, name in calls],
                       is_dropped)
    return combine(threads, tidy)


def lines(calls):
    """For a diff."""
    return ['    ' * depth + name for depth, name in calls]


def box(calls):
    """In the style of the documented call graph."""
    calls = list(calls)
    result = []
    for index, (depth, name) in enumerate(calls):
        prefix = ''
        for level in range(1, depth + 1):
            more = has_sibling(calls, index, level)
            if level < depth:
                prefix += '│   ' if more else '    '
            else:
                prefix += '├── ' if more else '└── '
        result.append(prefix + name)
    return result


def has_sibling(calls, index, level):
    """Whether another call at this level follows, under the same caller."""
    for depth, _ in calls[index + 1:]:
        if depth <= level:
            return depth == level
    return False
