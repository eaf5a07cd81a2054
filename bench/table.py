"""What script/bench has found, as tables, which are Markdown and can be read
as they are; and as a part of docs/performance.md."""

import pathlib
import re

PAGE = (pathlib.Path(__file__).resolve().parent.parent / 'docs'
        / 'performance.md')
BEGIN, END = '<!-- script/bench --write -->', '<!-- end -->'
MIB = 1 << 20
BUSY = 0.95  # of the client's processor: it could not have asked for more


def lines_of(head, rows):
    """Columns of one width; numbers stand to the right."""
    cells = [head, *rows]
    widths = [max(3, *(len(row[index]) for row in cells))
              for index in range(len(head))]
    rule = ['-' * widths[0], *('-' * (width - 1) + ':'
                               for width in widths[1:])]
    for row in (head, rule, *rows):
        first, *others = row
        yield '| ' + ' | '.join(
            [first.ljust(widths[0]),
             *(cell.rjust(width) for cell, width in zip(others, widths[1:]))]
        ) + ' |'


def table(head, rows):
    return '\n'.join(lines_of(head, rows))


def number(value):
    """With three digits at least, and no more than it is true to."""
    if value is None:
        return '–'
    return f'{value:,.0f}' if value >= 100 else f'{value:.3g}'


def ratio(value, base):
    return '–' if not value or not base else f'{value / base:.2f}'


def title(server):
    return f'{server["name"]} {server["version"]}'.strip()


def of_server(report, name):
    return next((server for server in report['servers']
                 if server['name'] == name), None)


def cpu_of(report, name, case):
    """Microseconds, or None."""
    server = of_server(report, name)
    return server and server['cases'].get(case, {}).get('cpu')


def marked(text, found):
    """~ before what somebody has disturbed."""
    return f'~{text}' if found['disturbed'] else text


def rate(found):
    """≥ before what the client could not reach."""
    text = number(found['rate'])
    return f'≥{text}' if found['client_busy'] > BUSY else text


# ---- The tables

def first_table(report, case):
    """One application, with all that is measured."""
    head = [report['cases'][case], 'µs', '÷ floor', 'wsgiref ÷', 'requests/s',
            'median µs', '99th µs', 'system calls', 'MiB']
    with_instructions = any(server['instructions'].get(case)
                            for server in report['servers'])
    if with_instructions:
        head.append('instructions')
    rows = []
    for server in report['servers']:
        found = server['cases'].get(case)
        if found is None:
            continue
        calls = server['calls'].get(case)
        rows.append([
            title(server), marked(number(found['cpu']), found),
            ratio(found['cpu'], cpu_of(report, 'floor', case)),
            ratio(cpu_of(report, 'wsgiref', case), found['cpu']),
            rate(found), number(found['median']), number(found['p99']),
            number(sum(calls.values()) if calls else None),
            number(server['memory'] / MIB)])
        if with_instructions:
            rows[-1].append(number(server['instructions'].get(case)))
    return table(head, rows)


def applications_table(report):
    """All applications: µs, and in brackets how many times the floor's."""
    names = list(report['cases'])
    rows = []
    for server in report['servers']:
        row = [title(server)]
        for name in names:
            found = server['cases'].get(name)
            if found is None:
                row.append('–')
                continue
            times = ratio(found['cpu'], cpu_of(report, 'floor', name))
            row.append(marked(f'{number(found["cpu"])} ({times})', found))
        if row.count('–') < len(names):
            rows.append(row)
    return table(['µs (÷ floor)', *report['cases'].values()], rows)


def instructions_table(report):
    servers = [server for server in report['servers']
               if server['instructions']]
    names = list(dict.fromkeys(name for server in servers
                               for name in server['instructions']))
    rows = [[title(server), *(number(server['instructions'].get(name))
                              for name in names)] for server in servers]
    return table(['user instructions',
                  *(report['counted'][name] for name in names)], rows)


def calls_lines(report, case):
    """Which system calls there are, one server a line."""
    for server in report['servers']:
        calls = server['calls'].get(case)
        if calls:
            yield f'- {title(server)}: ' + ', '.join(
                name if abs(count - 1) < 0.1 else f'{name} {count:.2g}'
                for name, count in calls.items())


# ---- All of it

def notes(report):
    """What somebody who reads the tables has to know."""
    where = report['network']
    yield (f'Python {report["python"]}, {report["processor"]}, Linux '
           f'{report["kernel"]}; TCP: {report["congestion_control"]}; '
           f'{report["connections"]} connections at a time; medians of '
           f'{report["rounds"]} rounds of {report["limit"]} each')
    yield f'server on processor {report["cpus"][0]}, client on ' + (
        f'{report["cpus"][1]}' if len(set(report['cpus'])) > 1
        else 'the same, for there is only one')
    yield 'network: ' + ('a namespace of its own' if where is None else
                         f'that of the system ({where})')
    if report['disturbed']:
        yield (f'{report["disturbed"]} of {report["measurements"]} '
               'measurements were disturbed: something else used the machine '
               '(~: at least one of them is in the median)')
    for word in ('calls', 'instructions'):
        if why := report[f'no_{word}']:
            yield f'no {"system " * (word == "calls")}{word}: {why}'
    for server in report['servers']:
        for name, found in server['cases'].items():
            if found['wrong']:
                yield (f'{server["name"]}, {name}: {found["wrong"]:,} '
                       'requests went wrong')
    for name, why in report['missing'].items():
        yield f'left out: {name}: {why}'


def text(report):
    """All of it, as one text."""
    parts = []
    if any(server['cases'] for server in report['servers']):
        names = list(report['cases'])
        parts.append(first_table(report, names[0]))
        if len(names) > 1:
            parts.append(applications_table(report))
        if calls := list(calls_lines(report, names[0])):
            parts.append(f'System calls, {report["cases"][names[0]]}:\n\n'
                         + '\n'.join(calls))
    if any(server['instructions'] for server in report['servers']):
        parts.append(instructions_table(report))
    parts.append('\n'.join(f'- {note}' for note in notes(report)))
    return '\n\n'.join(parts) + '\n'


def write(report, page=PAGE):
    """Puts it between the markers of the page."""
    old = page.read_text(encoding='utf-8')
    new, count = re.subn(
        f'(?s)({re.escape(BEGIN)}\n).*?({re.escape(END)})',
        lambda found: f'{found[1]}\n{text(report)}\n{found[2]}', old)
    if count != 1:
        raise ValueError(f'{page} has no line {BEGIN}, or more of them')
    page.write_text(new, encoding='utf-8')
