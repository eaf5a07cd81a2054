"""What the Python beside the C tests shares: tables of cases, each of which
says in words what it shows.

CWSGIREF_TEST_ROWS='superscript two' looks only at the rows whose words have
that in them, so that one case can be run alone:

    CWSGIREF_TEST_ROWS='superscript two' \\
        gdb --args build/study/tests/handlers.test_base_handler
"""

import os

ROWS = os.environ.get('CWSGIREF_TEST_ROWS', '')


def differing(rows, differences):
    """Names every row that differs, and says how; '' if none does.

    A row is its words, and what differences(*) takes, which gives '' where all
    is as it should be.
    """
    assert rows, 'an empty table shows nothing'
    report = []
    for words, *case in rows:
        found = differences(*case) if ROWS in words else ''
        if found:
            report.append('- %s\n%s' % (words, found))
    if not report:
        return ''
    return '%d of %d rows differ:\n%s' % (
        len(report), len(rows), '\n'.join(report))


def unequal(ours, wanted, names=('C', 'Python')):
    """Two observations, dicts with the same keys: says where they differ."""
    assert ours.keys() == wanted.keys(), (ours, wanted)
    width = max(map(len, names)) + 1
    return ''.join(
        '    %s\n      %-*s %r\n      %-*s %r\n' % (
            key, width, names[0] + ':', ours[key],
            width, names[1] + ':', wanted[key])
        for key in ours if ours[key] != wanted[key])
