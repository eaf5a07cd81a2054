"""Two recordings of one request, of C and of Python, made into one list of
steps: one for each call that both sides make."""

import difflib
import itertools

from tools.callgraph import comparison
from tools.player import sources

SIDES = ('c', 'python')


class Different(Exception):
    """The two call trees are not the same."""


def check_same(c, python):
    """Raises Different, with the first difference, unless they are equal."""
    for number, (here, there) in enumerate(
            itertools.zip_longest(c, python), 1):
        if here != there:
            diff = list(difflib.unified_diff(
                comparison.lines(python), comparison.lines(c), 'Python', 'C',
                n=3, lineterm=''))
            raise Different(
                f'the two call trees differ from step {number} on: C has '
                f'{here.name if here else "no call"}, Python '
                f'{there.name if there else "none"}\n' + '\n'.join(diff[:20]))


class Sources:
    """Each function once; a step has its number."""

    def __init__(self):
        self.all = []
        self.numbers = {}

    def number(self, find, *key):
        if key not in self.numbers:
            self.numbers[key] = len(self.all)
            self.all.append(find(*key))
        return self.numbers[key]

    def of_python(self, call):
        return self.number(sources.python_source, call.code)

    def of_c(self, call, places):
        path = places[call.code].rpartition(':')[0]
        return self.number(sources.c_source, call.name, path)


def parents(calls):
    """The index of the caller of each call, or None."""
    above = []
    for index, call in enumerate(calls):
        del above[call.depth:]
        yield above[-1] if above else None
        above.append(index)


def arguments(call):
    """As they stand between the parentheses."""
    return ', '.join(f'{name}={text}' for name, text in call.arguments.items())


def beginning(call, flow):
    """What it is that begins with a call that has no caller."""
    is_first = any(comparison.from_roots([call]))
    return 'program' if is_first else flow


def calling(caller, place):
    """`line` when the call is in the caller's source; else `via`: where it
    is, if that is known."""
    if sources.has_line(caller, place):
        return {'line': int(place.rpartition(':')[2]), 'via': None}
    return {'line': None, 'via': place and sources.short(place)}


def build(c, python, places, flow):
    """(steps, sources) of two equal lists of calls. `places` is what
    ProgramRun.locate says of those of C; `flow`, what the request has of its
    own: a 'thread' or a 'process'.

    The application has no C: its Python stands on both sides."""
    found = Sources()
    steps = []
    for here, there, parent in zip(c, python, parents(c)):
        its_python = found.of_python(there)
        is_application = here.name == 'application'
        its_c = its_python if is_application else found.of_c(here, places)
        in_application = parent is not None and (
            c[parent].name == 'application')
        step = {'depth': here.depth, 'parent': parent,
                'begins': beginning(here, flow) if parent is None else None,
                'c': {'name': here.name, 'source': its_c},
                'python': {'name': found.all[its_python]['name'],
                           'source': its_python}}
        for side, call, site in (
                ('c', there if is_application else here,
                 there.site if in_application else places.get(here.site)),
                ('python', there, there.site)):
            step[side]['arguments'] = arguments(call)
            if parent is not None:
                caller = found.all[steps[parent][side]['source']]
                step[side].update(calling(caller, site))
        steps.append(step)
    return steps, found.all


def moments(calls):
    """(before, after) of each call: how many blocks of bytes had gone over
    the wire when it began, and when the next one did, in its thread."""
    for call, following in itertools.zip_longest(calls, calls[1:]):
        if call.depth == 0:
            root = call
        yield call.before, (following.before if following and following.depth
                            else root.after)


def bytes_of(wire, what):
    return b''.join(data for each, data in wire if each == what)


def counts(calls, wire, what):
    """[before, after] of each call, in bytes."""
    total = [0]
    for each, data in wire:
        total.append(total[-1] + (len(data) if each == what else 0))
    return [[total[before], total[after]] for before, after in moments(calls)]


def add_wire(steps, c, c_wire, python, python_wire):
    """received, of C, and sent, of both, to each step."""
    for step, received, sent, its_sent in zip(
            steps, counts(c, c_wire, 'R'), counts(c, c_wire, 'W'),
            counts(python, python_wire, 'W')):
        step['received'] = received
        step['sent'] = {'c': sent, 'python': its_sent}
