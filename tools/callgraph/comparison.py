"""Two lists of calls, by the rule of names and the table of exceptions.

A list of calls (traces.Call), in their order, is a tree."""

import dataclasses
import difflib
import fnmatch
import os
import re

from tools.callgraph.names import (OVERRIDES, SENDING, SHOWN, STREAMS, c_name,
                                   mirrored)

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..',
                    'docs', 'callgraph.md')

# What the comparison begins with: before it, the program starts up.
ROOTS = ['validator', 'make_server', 'BaseServer_serve_forever',
         'BaseServer_handle_request',
         '*_server_close', 'CGIHandler_init', 'BaseHandler_run']

FUNCTIONS, CLASSES = mirrored()

ROW_TITLES = ['rule', 'Python', 'C', 'where', 'why', 'requests']


class Row:
    """One row of the table: `absent` is a call that only Python has, `extra`
    a function that only C has; what they call moves up. `rename`: what is the
    one in Python is the other in C."""

    def __init__(self, cells):
        self.rule, self.python, self.c, self.where, self.why = cells[:5]
        self.key = tuple(cells[:4])
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
    """The table that begins | rule | Python | C | where | why | requests |."""
    with open(page, encoding='utf-8') as file:
        return rows_of(file.read())


def rows_of(text):
    rows = [Row(cells) for cells in cells_below(text, ROW_TITLES)]
    for row in rows:
        if row.rule not in ('absent', 'extra', 'rename'):
            raise ValueError(f'docs/callgraph.md: no rule {row.rule!r}')
    return rows


def cells_below(text, titles):
    """The cells of each row of the table that has these titles."""
    inside = False
    for line in text.splitlines():
        cells = [re.sub('^`([^`]*)`$', r'\1', cell.strip())
                 for cell in line.strip().strip('|').split(' | ')]
        if cells == titles:
            inside = True
        elif not line.startswith('|'):
            inside = False
        elif inside and not line.startswith('|---'):
            yield cells


def without(calls, is_dropped):
    """The calls without some of them, whose own calls move up: they come from
    where these were called. is_dropped(name, path): the path is the names
    above it."""
    above = []  # (call, whether it is dropped, where it was called)
    for call in calls:
        while above and above[-1][0].depth >= call.depth:
            above.pop()
        dropped = is_dropped(call.name, [each.name for each, *_ in above])
        depth = sum(not gone for _, gone, _ in above)
        site = above[-1][2] if depth and above[-1][1] else call.site
        if not dropped:
            yield dataclasses.replace(call, depth=depth, site=site)
        above.append((call, dropped, site))


def without_idle_turns(calls):
    """Without the turns of serve_forever that had no request: how many there
    are is a matter of time."""
    calls = list(calls)
    kept = []
    last = None  # the child of serve_forever before this one
    inside = None
    idle = False
    for call in calls:
        depth, name = call.depth, call.name
        if inside is not None and depth <= inside:
            inside = None
        if inside is not None and depth == inside + 1:
            idle = (name.endswith('_service_actions')
                    and last != 'BaseServer__handle_request_noblock')
            last = name
        if name == 'BaseServer_serve_forever':
            inside, last, idle = depth, None, False
        if inside is None or depth == inside or not idle:
            kept.append(call)
    return kept


def from_roots(calls):
    """Without what is outside of ROOTS."""
    keep = False
    for call in calls:
        if call.depth == 0:
            keep = any(fnmatch.fnmatchcase(call.name, root) for root in ROOTS)
        if keep:
            yield call


def without_mirrored_application(calls):
    """An application that is itself one of the mirrored functions stands for
    itself."""
    calls = list(calls)
    mirrored_ones = {index for index, call in enumerate(calls[:-1])
                     if call.name == 'application'
                     and calls[index + 1].name in ('lint_app', 'demo_app')}
    index = iter(range(len(calls)))
    return without(calls, lambda name, path: next(index) in mirrored_ones)


def each_thread(threads, tidy):
    """The calls of each thread; only the first has a start-up."""
    for number, calls in enumerate(threads):
        calls = tidy(calls)
        if number == 0:
            calls = from_roots(without_idle_turns(calls))
        yield list(without_mirrored_application(calls))


def combine(threads, tidy):
    """All threads, one after the other."""
    return [call for calls in each_thread(threads, tidy) for call in calls]


def tidy_python(rows):
    """What makes a thread of Python one with the names of C."""
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
        return [dataclasses.replace(call, name=name_in_c(call.name))
                for call in calls]
    return tidy


def python_calls(threads, rows):
    """What Python did, by the names of C."""
    return combine(threads, tidy_python(rows))


def python_names(threads):
    """{C name: Python name} of what Python did."""
    return {c_name(call.name): call.name.rpartition('.<locals>.')[2]
            for calls in threads for call in calls}


def with_python_names(calls, threads):
    """The calls of python_calls(threads) as Python calls them."""
    names = python_names(threads)
    return [dataclasses.replace(call, name=names.get(call.name, call.name))
            for call in calls]


def python_view(threads):
    """The calls of each thread, for a person."""
    return [with_python_names(calls, threads)
            for calls in each_thread(threads, tidy_python(()))]


def is_named_like_a_method(name):
    """A function of a mirrored class, by its name."""
    return name not in FUNCTIONS and name.partition('_')[0] in CLASSES


def with_application(calls):
    """What calls the application stands for it."""
    return [dataclasses.replace(call, name='application')
            if call.name == 'call_application' else call for call in calls]


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
        return without(with_application(calls), is_dropped)
    return combine(threads, tidy)


def is_stream(name):
    return name.partition('_')[0] in STREAMS


def is_hidden(name, path):
    """Whether a person need not see this call of C. What the chain asks of
    the streams is shown, but not what these ask of each other, but for the
    bytes that leave."""
    if name in SHOWN and is_stream(name):
        return name not in SENDING and any(map(is_stream, path))
    return name not in SHOWN and name not in FUNCTIONS


def to_look_at(calls):
    """The calls of C for a person."""
    return without(with_application(calls), is_hidden)


def c_view(threads):
    """The calls of each thread, for a person."""
    return list(each_thread(threads, to_look_at))


def override_name(call):
    """What Python calls an override: "Handler.log_message"."""
    cls = call.arguments.get('self', '<an override>').strip('<>')
    method = call.arguments.get('name', "''").strip("'")
    return f'{cls}.{method}'.rstrip('.')


def with_overrides(calls):
    """Where C calls a method that Python code has instead of one of ours, the
    call is that method's."""
    return [dataclasses.replace(call, name=override_name(call), arguments={})
            if call.name in OVERRIDES else call for call in calls]


def program_view(threads):
    """The calls of each thread of a Python program, for a person: those of C
    and of the overrides in Python."""
    def tidy(calls):
        return with_overrides(without(
            with_application(calls), lambda name, path: name not in OVERRIDES
            and is_hidden(name, path)))
    return list(each_thread(threads, tidy))


def shown(threads):
    """All of them."""
    return combine(threads, to_look_at)


def lines(calls):
    """For a diff."""
    return ['    ' * call.depth + call.name for call in calls]


def difference(python, c):
    """The lines of a diff; none where both make the same calls."""
    return list(difflib.unified_diff(lines(python), lines(c), 'Python', 'C',
                                     n=3, lineterm=''))


def box(calls, open_levels=(), indent=4):
    """In the style of the documented call graph. More calls may still come at
    the `open_levels`."""
    line = '─' * (indent - 2) + ' '
    prefixes = []
    more = set(open_levels)  # the levels where another call follows
    for call in reversed(calls):
        prefix = ''.join(('│' if level in more else ' ').ljust(indent)
                         for level in range(1, call.depth))
        if call.depth:
            prefix += ('├' if call.depth in more else '└') + line
        prefixes.append(prefix + call.name)
        more = {level for level in more if level < call.depth} | {call.depth}
    return prefixes[::-1]


def open_levels(calls):
    """Where the next call may come: below those that have not ended."""
    levels = set()
    depth = None
    for call in reversed(calls):
        if depth is None or call.depth < depth:
            depth = call.depth
            if not call.ended:
                levels.add(depth + 1)
    return levels
