"""The part of docs/releases.md that is not prose: its tables."""

import re

from . import known, probes

PAGE = known.ROOT / 'docs' / 'releases.md'
ISSUES = 'https://github.com/python/cpython/issues/'
LONGEST = 40  # characters of a text

# What the tables are called, and the first probe of each.
TABLES = {
    'The request line': 'malformed_request_has_status_line',
    'The headers of the request': 'leading_fold_removed',
    'The answer': 'header_control_characters_refused',
    'The server': 'request_queue_size',
    'The log, errors and streams': 'log_colour',
    'Tracebacks': 'traceback_suggests',
}


def cell(answer):
    """What a probe has said, for the table."""
    if answer is None:
        return '?'
    if isinstance(answer, bool):
        return 'yes' if answer else '–'
    if answer == '':
        return 'nothing'
    text = ' '.join(str(answer).split())
    return f'`{text[:LONGEST] + "…" if len(text) > LONGEST else text}`'


def fields():
    """How the program finds out, by name: "asked", "by version" or "taken",
    as src/python/release.h and release.c have it."""
    header, source = (
        re.sub(r'/\*.*?\*/', '', (known.ROOT / 'src' / 'python' / name).read_text(
            encoding='utf-8'), flags=re.DOTALL)
        for name in ('release.h', 'release.c'))
    bodies = dict(reversed(match) for match in re.findall(
        r'^typedef \w+ \w+ \{\n(.*?)^\} (\w+);', header,
        re.DOTALL | re.MULTILINE))
    found = dict.fromkeys(re.findall(r'\b([a-z]\w+),', bodies['Question']),
                          'asked')
    for name in re.findall(r'(\w+);', bodies['Release']):
        version = re.search(rf'\.{name} =[^,]*\bPy_Version\b', source)
        found[name] = 'by version' if version else 'taken'
    for name in re.findall(r'([A-Z_]+) = PY_VERSION_HEX', header):
        found[name.lower()] = 'by version'
    return found


def issue(probe):
    number = probe.issue.removeprefix('gh-')
    return f'[{probe.issue}]({ISSUES}{number})' if number else ''


def row(*cells):
    return f'| {" | ".join(cells)} |\n'


def table(names, releases):
    """The rows of these probes."""
    heads = [release.name.replace(' (', '<br>(') for release in releases]
    text = row('behaviour', *heads, 'found out', 'changed', 'which releases')
    text += '|---' * (len(heads) + 4) + '|\n'
    found_out = fields()
    for probe in map(probes.PROBES.get, names):
        path, _, method = probe.changed.partition(': ')
        text += row(
            f'{probe.behaviour} `{probe.name}`',
            *(cell(release.answers.get(probe.name)) for release in releases),
            found_out.get(probe.name, '–'),
            f'{path}: `{method}`', f'{probe.since} {issue(probe)}'.strip())
    return text


def tables(releases):
    """All of them, each with its heading."""
    parts = []
    headings = {first: title for title, first in TABLES.items()}
    for name in probes.PROBES:
        if name in headings:
            parts.append((headings[name], []))
        parts[-1][1].append(name)
    return '\n'.join(f'### {title}\n\n{table(names, releases)}'
                     for title, names in parts)


def page(releases):
    """The whole page: the tables stand between two headings."""
    text = PAGE.read_text(encoding='utf-8')
    return re.sub(r'(?<=^## The table\n\n).*?(?=^## )',
                  lambda _: tables(releases) + '\n', text, count=1,
                  flags=re.DOTALL | re.MULTILINE)
