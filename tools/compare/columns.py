"""What came back from both servers, side by side, for a person."""

import difflib
import itertools
import os
from typing import NamedTuple

from . import fresh
from .differences import without_differences
from .exchange import Exchange

CHUNKS = 4   # a longer line is cut after so many rows
CONTEXT = 3  # so many equal lines are shown beside one that differs
NAMES = 'wsgiref.simple_server', 'cwsgiref'
RED, GREEN, BOLD, PLAIN = '\033[31m', '\033[32m', '\033[1m', '\033[0m'


class Side(NamedTuple):
    """What came back from one server."""
    exchange: Exchange
    environ: list  # the lines of the observer; None if nobody has looked

    def sections(self):
        """What is compared: lines, without what may differ."""
        sections = self.exchange.sections()
        if self.environ is not None:
            sections['environ'] = [without_differences(line)
                                   for line in self.environ]
        return dict(sections, end=[self.exchange.end])

    def summary(self):
        """In one line."""
        size = len(self.exchange.answer)
        first = self.exchange.answer.partition(b'\n')[0].decode('latin-1')
        head = (first.strip() if first.startswith('HTTP/')
                else 'an answer without a head' if size else 'no answer')
        parts = [head, counted(size, 'byte'),
                 counted(self.exchange.log.count('\n'), 'log line')]
        if self.environ:
            parts.append(counted(len(self.environ), 'environ key'))
        elif self.environ is not None:
            parts.append('the application was not called')
        return ', '.join([*parts, self.exchange.end])


class Page:
    """Two columns, as wide as the terminal."""

    def __init__(self, width, colour):
        self.column = max(20, (width - 3) // 2)
        self.colour = colour

    def paint(self, text, colour):
        return colour + text + PLAIN if self.colour else text

    def heading(self):
        left, right = (f'{name:{self.column}.{self.column}}'
                       for name in NAMES)
        return self.paint(f'{left}   {right}'.rstrip(), BOLD)

    def section(self, name, left, right, everything):
        """The rows of a section: "|" marks a line that differs, "<" and ">"
        one that only one side has."""
        yield self.paint(f'{name + " ":-<{2 * self.column + 3}}', BOLD)
        matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
        for what, i, i_end, j, j_end in matcher.get_opcodes():
            pairs = list(itertools.zip_longest(left[i:i_end],
                                               right[j:j_end]))
            if what == 'equal' and not everything:
                yield from self.equal(pairs, i == 0, i_end == len(left))
            else:
                for pair in pairs:
                    yield from self.rows(*pair)

    def equal(self, pairs, first, last):
        """Only those next to what differs."""
        before = 0 if first else CONTEXT
        after = len(pairs) - (0 if last else CONTEXT)
        if after - before < 2:
            before = after = 0
        for pair in pairs[:before]:
            yield from self.rows(*pair)
        if before < after:
            yield f'({counted(after - before, "line")} the same)'
        for pair in pairs[after:]:
            yield from self.rows(*pair)

    def rows(self, left, right):
        mark = (' ' if left == right else '>' if left is None
                else '<' if right is None else '|')
        columns = [self.wrap(line, other)
                   for line, other in ((left, right), (right, left))]
        for a, b in itertools.zip_longest(*columns, fillvalue=''):
            a = f'{a:{self.column}}'
            if mark != ' ':
                a, b = self.paint(a, RED), self.paint(b, GREEN)
            yield f'{a} {mark} {b}'.rstrip()

    def wrap(self, line, other):
        """The line in pieces of the width of a column; of a long one, those
        where it begins to be another."""
        if line is None:
            return ['']
        text = excerpt(line, other or '', CHUNKS * self.column)
        return [text[at:at + self.column]
                for at in range(0, len(text), self.column)] or ['']


def excerpt(line, other, room):
    if len(line) <= room:
        return line
    note = f'...({len(line)} characters)'
    same = len(os.path.commonprefix([line, other])) if line != other else 0
    start = max(0, same - room // 4)
    text = '...' * bool(start) + line[start:]
    return text[:room - len(note)] + note


def counted(number, what):
    return f'{number} {what}{"" if number == 1 else "s"}'


def compare(python, program, page, everything=False, ignored=()):
    """The lines to print, and whether the two Sides are the same, but for what
    is new with each answer, and for the patterns in `ignored`."""
    sections = python.sections(), program.sections()
    passed_over = set()
    for name in sections[0]:
        *lines, kinds = fresh.pass_over(sections[0][name], sections[1][name],
                                        ignored)
        sections[0][name], sections[1][name] = lines
        passed_over |= kinds
    differ = [name for name in sections[0]
              if sections[0][name] != sections[1][name]]
    lines = []
    if differ or everything:
        lines.append(page.heading())
    for name in sections[0]:
        left, right = (side[name] for side in sections)
        if name in differ or everything:
            lines += page.section(name, left, right, everything)
        elif differ:
            lines.append(f'{name}: the same, {counted(len(left), "line")}')
    if passed_over:
        lines.append('passed over, as new with each answer: '
                     + ', '.join(sorted(passed_over)))
    if differ:
        lines.append('different: ' + ', '.join(differ))
    else:
        lines.append('identical: ' + program.summary())
    return lines, not differ
