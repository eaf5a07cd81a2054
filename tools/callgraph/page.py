"""The parts of docs/callgraph.md that are not prose, written from what the
requests of cases.py do."""

import difflib
import functools
import os
import re

from tools.callgraph import comparison
from tools.callgraph.names import is_since
from tools.callgraph.traces import Call

COLUMN = 52  # where the right column begins

SOURCES = os.path.join(os.path.dirname(comparison.PAGE), '..', 'src')
CPYTHON = 'https://github.com/python/cpython/blob/v%s/'

# Where the page says which release's calls it shows.
RELEASE = re.compile(r'(?<=^Shown are the calls of Python )\d[\w.]*\w', re.M)
RELEASE_TITLES = ['since', 'is', 'call', 'below', 'why']

TREE = re.compile('(?ms)^```text\n(.*?)^```$')

# What a mirrored function has above it: /* Lib/file.py: Class.method ... */
# and, in the next lines, its type and its name.
MIRRORS = re.compile(r'/\* ((?:Lib|Modules)/[\w/]+\.(?:py|c)): ([\w.]+)'
                     r'(?:[^*]|\*(?!/))*\*/\n(?:[\w* ]+\n)(\w+)\(')

REQUEST = re.compile('^<!-- request: (.*) -->$', re.MULTILINE)
LINE = re.compile(r'([│├└─ ]*)(\S+)(?: +(.*))?$')

# The participants of the diagram: whose method it is.
OBJECTS = [
    ('server', r'(BaseServer|TCPServer|HTTPServer|WSGIServer)_'),
    ('socket', r'Socket_'),
    ('request_handler', r'\w+RequestHandler_|parse_headers$'),
    ('rfile', r'Buffered(Reader)?_'),
    ('wfile', r'SocketWriter_'),
    ('handler', r'(BaseHandler|SimpleHandler|ServerHandler)_'),
    ('headers', r'Headers_'),
    ('application', r'application$'),
]
CLASSES = {
    'server': 'WSGIServer', 'socket': 'Socket',
    'request_handler': 'WSGIRequestHandler', 'rfile': 'BufferedReader',
    'wfile': 'SocketWriter', 'handler': 'ServerHandler',
    'headers': 'Headers', 'application': 'application'}


class ReleaseRow:
    """One row of the table of other releases: since when a call is `new`, or
    `gone`."""

    def __init__(self, cells):
        self.since, self.what, self.call, self.below, self.why = cells
        if self.what not in ('new', 'gone'):
            raise ValueError(f'docs/callgraph.md: no call is {self.what!r}')

    def is_made(self, version):
        """Whether a release, (3, 11, 2), makes this call."""
        return is_since(self.since, version) == (self.what == 'new')


def release_rows(text):
    return [ReleaseRow(cells)
            for cells in comparison.cells_below(text, RELEASE_TITLES)]


def release(text):
    """That of the page: "3.11.2"."""
    return RELEASE.search(text)[0]


def version(release):
    return tuple(map(int, re.match(r'(\d+)\.(\d+)\.(\d+)',
                                   release).groups()))


def other_calls(text, running):
    """The rows for the calls that one of two releases makes: that of the page
    and another one."""
    shown = version(release(text))
    return [row for row in release_rows(text)
            if row.is_made(shown) != row.is_made(running)]


def without(calls, rows):
    """Without the calls of some rows and what is below them. A call is (depth,
    name) and whatever follows."""
    left_out = {(row.below, row.call) for row in rows}
    above = [None]
    gone = None
    for depth, name, *more in calls:
        if gone is None or depth <= gone:
            del above[depth + 1:]
            gone = depth if (above[-1], name) in left_out else None
            above.append(name)
            if gone is None:
                yield (depth, name, *more)


def trees_without(text, rows):
    """The page, with trees without these calls."""
    def rendered(found):
        lines = drawn(without(parse(found[1].splitlines()), rows))
        return '```text\n' + ''.join(f'{line}\n' for line in lines) + '```'
    return TREE.sub(rendered, text)


def subtree(calls, root, cut):
    """What begins with the first `root`, without what is below the calls in
    `cut`."""
    start = next(index for index, (_, name) in enumerate(calls)
                 if name == root)
    top = calls[start][0]
    cut_depth = None
    for index, (depth, name) in enumerate(calls[start:]):
        if index and depth <= top:
            return
        if cut_depth is not None and depth > cut_depth:
            continue
        cut_depth = None
        yield depth - top, name
        if index and name in cut:
            yield depth - top + 1, '...'
            cut_depth = depth


def parse(lines):
    """(depth, name, right column) of each line of a tree."""
    for line in lines:
        prefix, name, right = LINE.match(line).groups()
        yield len(prefix) // 4, name, right or ''


def tree(lines, calls):
    """The lines of a tree, written again."""
    old = list(parse(lines))
    cut = {old[index - 1][1] for index, (_, name, _) in enumerate(old)
           if name == '...'}
    new = list(subtree(calls, old[0][1], cut))
    right = [''] * len(new)
    matcher = difflib.SequenceMatcher(
        None, [each[:2] for each in old], new, autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        for offset in range(size):
            right[j + offset] = old[i + offset][2]
    return drawn((*call, text) for call, text in zip(new, right))


def drawn(calls):
    """The lines of (depth, name, right column)."""
    calls = list(calls)
    lefts = comparison.box([Call(depth, name) for depth, name, _ in calls])
    for left, (_, _, right) in zip(lefts, calls):
        yield f'{left:{COLUMN - 1}} {right}'.rstrip()


def owner(name):
    for who, pattern in OBJECTS:
        if re.match(pattern, name):
            return who
    return None


def messages(calls):
    """(from, to, name) of each call from one object to another."""
    above = []
    last = None
    for depth, name in calls:
        del above[depth:]
        callers = [each for each in above if each]
        who = owner(name)
        above += [None] * (depth - len(above)) + [who]
        if who and callers and callers[-1] != who:
            message = (callers[-1], who, name)
            if message != last:
                yield message
            last = message


def diagram(calls):
    found = list(messages(list(
        subtree(calls, 'BaseServer__handle_request_noblock', ()))))
    yield 'sequenceDiagram'
    yield '    autonumber'
    for who, _ in OBJECTS:
        if any(who in message[:2] for message in found):
            title = (who if CLASSES[who] == who
                     else f'{who} ({CLASSES[who]})')
            yield f'    participant {who} as {title}'
    for caller, called, name in found:
        yield f'    {caller}->>{called}: {name}'


def definitions():
    """{C name: (file, Python file, Python name)} of each function of the
    sources that says in the comment above it what it mirrors."""
    found = {}
    for folder, _, files in sorted(os.walk(SOURCES)):
        for name in sorted(files):
            if name.endswith('.c'):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8') as file:
                    text = file.read()
                for python_file, python, c in MIRRORS.findall(text):
                    found[c] = (os.path.relpath(path, SOURCES), python_file,
                                python.rstrip('.'))
    return found


def names(text):
    """The table of names: every function of the trees of the page."""
    shown = {name for block in TREE.findall(text)
             for _, name, _ in parse(block.splitlines()) if name != '...'}
    defined = definitions()
    cpython = CPYTHON % release(text)
    yield '| C | in | Python | in |'
    yield '|---|---|---|---|'
    for name in sorted(shown & defined.keys()):
        path, python_file, python = defined[name]
        yield (f'| `{name}` | [{path}](../src/{path}) | `{python}` '
               f'| [{python_file}]({cpython}{python_file}) |')


class Findings:
    """What the page says of the records (of traces.record_all). `others`: the
    rows for calls that are left out."""

    def __init__(self, records, rows, others=()):
        self.others = others
        self.count = len(records)
        self.first = next(iter(records)).name
        self.records = {case.name: c for case, (_, c) in records.items()}
        self.needed_by = {row.key: [] for row in rows}
        for case, (python, c) in records.items():
            for row in rows:
                row.used = False
            comparison.python_calls(python, rows)
            comparison.c_calls(c, rows, set())
            for row in rows:
                if row.used:
                    self.needed_by[row.key].append(case.name)

    @functools.lru_cache
    def calls(self, request):
        return list(without(self.all_calls(request), self.others))

    def all_calls(self, request):
        return [(call.depth, call.name)
                for call in comparison.shown(self.records[request])]


def exceptions(text, findings):
    """The table of what may differ, with the requests that need each row."""
    yield f'| {" | ".join(comparison.ROW_TITLES)} |'
    yield '|---' * len(comparison.ROW_TITLES) + '|'
    for row in comparison.rows_of(text):
        cells = [row.rule, *(each if each == '-' else f'`{each}`' for each in
                             (row.python, row.c, row.where)), row.why,
                 requests(findings.needed_by.get(row.key, []),
                          findings.count)]
        yield f'| {" | ".join(cells)} |'


def requests(needed, count):
    """As few words as tell which requests these are. Not how many: a release
    refuses what another answers."""
    if len(needed) == count:
        return 'all'
    if len(needed) > 3:
        many = 'most' if 2 * len(needed) > count else 'some'
        return f'{many}, such as {needed[0]}'
    return ', '.join(needed)


def written_for(text, release):
    """The page as one that shows the calls of this release."""
    return re.sub(CPYTHON % '[^/]*', CPYTHON % release,
                  RELEASE.sub(release, text))


def wrong_rows(text, findings, running):
    """The rows for other releases that are not true of the one that was
    recorded, by the requests that the page shows."""
    made = set()
    for request in {findings.first, *REQUEST.findall(text)}:
        above = []
        for depth, name in findings.all_calls(request):
            del above[depth:]
            made.add((above[-1] if above else None, name))
            above.append(name)
    return [row for row in release_rows(text)
            if ((row.below, row.call) in made) != row.is_made(running)]


def page(text, findings):
    """The page, written again."""
    text = with_trees(text, findings)
    for title, lines in (('names', names(text)),
                         ('exceptions', exceptions(text, findings))):
        text = re.sub(rf'(?s)(<!-- {title} -->\n).*?(<!-- end -->)',
                      lambda found: found[1] + '\n'.join(lines) + '\n'
                      + found[2], text)
    return text


def with_trees(text, findings):
    """With the trees and the diagram; those of another request than the first
    come below a comment that names it."""
    request = findings.first
    out = []
    block = None
    for line in text.splitlines():
        if block is None:
            out.append(line)
            if line in ('```text', '```mermaid'):
                block = []
            elif found := REQUEST.match(line):
                request = found[1]
        elif line != '```':
            block.append(line)
        else:
            calls = findings.calls(request)
            if out[-1] == '```mermaid':
                block = diagram(calls)
            elif block and is_root(block[0], calls):
                block = tree(block, calls)
            out += block
            out.append(line)
            block = None
    return '\n'.join(out) + '\n'


def is_root(line, calls):
    return LINE.match(line)[2] in {name for _, name in calls}
