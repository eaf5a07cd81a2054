"""What may differ between the two servers: the rows of docs/differences.md,
and nothing else.

Each row is a pattern, what stands for it in both texts before they are
compared, and the reason. A row sees what those before it have left.
test_compare.py fails for a row that no case needs, and asks the reference
whether it is as lax as the tables of that page say.
"""

import pathlib
import re
import sys
from typing import NamedTuple

PAGE = pathlib.Path(__file__).parents[2] / 'docs' / 'differences.md'
ROWS = 'What the comparison passes over'
HOLES = 'What is lax in both'
STRICT = '`--strict`'

BLOCK = re.compile(r'^```text\n(?P<pattern>(?:.*\n)+?)'
                   r'=>(?: (?P<replacement>.*))?\n'
                   r'(?:until (?P<until>[\d.]+)\n)?```$', re.MULTILINE)


class Difference(NamedTuple):
    name: str
    pattern: str
    replacement: str
    reason: str


class Hole(NamedTuple):
    what: str
    cases: list    # names
    shown: list    # texts that are in the answer to the first, or the log
    hidden: list   # and those that are not
    nothing: bool  # there is no answer
    closed_by: list  # names of tools/releases/probes.py


def section(name):
    """What stands below the heading of the second level."""
    return re.search(rf'^## {re.escape(name)}\n(.*?)(?=^## |\Z)',
                     PAGE.read_text(encoding='utf-8'),
                     re.MULTILINE | re.DOTALL)[1]


def version(text):
    return tuple(map(int, text.split('.')))


def read_differences():
    """The rows that hold for the Python that runs this."""
    rows = []
    for part in re.split('^### ', section(ROWS), flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition('\n')
        block = BLOCK.search(rest)
        if block is None:
            continue
        if block['until'] and sys.version_info >= version(block['until']):
            continue
        rows.append(Difference(
            name, block['pattern'].replace('\n', ''),
            block['replacement'] or '',
            ' '.join(rest[:block.start()].split())))
    return rows


def quoted(cell):
    """The texts in backticks."""
    return re.findall('`([^`]+)`', cell)


def table_rows(name):
    """The cells of each row of the tables in a section."""
    for line in section(name).splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if line.startswith('|') and not re.match('what$|why$|-', cells[0]):
            yield cells


def holes():
    """What is lax in both servers."""
    for what, cases, shows, *_ in table_rows(HOLES):
        texts = re.findall('(not )?`([^`]+)`', shows)
        yield Hole(what, quoted(cases),
                   [text for hidden, text in texts if not hidden],
                   [text for hidden, text in texts if hidden],
                   shows.startswith('nothing'),
                   quoted(what.partition('not with ')[2]))


def cases_of_strict():
    """The names of the cases that --strict is about."""
    return [name for row in table_rows(STRICT)
            for name in quoted(row[3] if len(row) > 2 else row[1])]


DIFFERENCES = read_differences()


def without_differences(text):
    """The text with all that may differ replaced by what stands for it."""
    return replace(text)[0]


def replace(text):
    """The same, and the rows that had something to replace."""
    used = []
    for row in DIFFERENCES:
        text, count = re.subn(row.pattern, row.replacement, text,
                              flags=re.MULTILINE)
        if count:
            used.append(row)
    return text, used
