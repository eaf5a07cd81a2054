"""What may differ between the two servers: this table, and nothing else.

Each row is a pattern, what stands for it in both texts before they are
compared, and the reason. A row sees what those before it have left.
test_compare.py fails for a row that no case needs.
"""

import re
import sys
from typing import NamedTuple


class Difference(NamedTuple):
    pattern: str
    replacement: str
    reason: str


DIFFERENCES = [
    Difference(
        r'^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT',
        'Date: <date>',
        'the moment of the answer'),
    Difference(
        r'^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4} \d\d:\d\d:\d\d\]',
        '127.0.0.1 - - [<time>]',
        'the moment of the log line'),
    Difference(
        r"SERVER_PORT = '\d+'",
        "SERVER_PORT = '<port>'",
        'both servers are up at once, each on a port of its own'),
    Difference(
        r"(?<=processing of request from \('127\.0\.0\.1', )\d+(?=\)$)",
        '<port>',
        "the client's port is new with each connection"),
    Difference(
        r'^  File "(?!(?:[^"]*/)?apps\.py")[^"]*", line \d+, in (.+)\n'
        r'(?:    .*\n)*',
        r'  File <the library>, in \1' '\n',
        "a frame of the server's: the same function, another file and line; "
        "the application's own frames are compared whole"),
    Difference(
        r'<(_io|cwsgiref\.io)\.BufferedReader name=\d+> *$',
        '<wsgi.input>',
        'wsgi.input is the rfile, an object of our own, on some descriptor'),
    Difference(
        r"<class 'c?wsgiref\.util\.FileWrapper'> *$",
        '<class FileWrapper>',
        'our classes live in cwsgiref'),
    Difference(
        r'<c?wsgiref\.util\.FileWrapper object at 0x[0-9a-f]+> *$',
        '<a FileWrapper>',
        'our classes live in cwsgiref, and objects at some address'),
    Difference(
        r'<bound method BaseHandler\.(start_response|write) of '
        r'<wsgiref\.simple_server\.ServerHandler object at 0x[0-9a-f]+>> *$|'
        r'<built-in method (start_response|write) of '
        r'cwsgiref\.simple_server\.ServerHandler object at 0x[0-9a-f]+> *$',
        r'<\1\2 of the handler>',
        'a bound method is a built-in one where the class is written in C'),
    Difference(
        r'(  File <the library>, in send_headers\n'
        r'  File <the library>, in send_preamble\n'
        r'  File <the library>, in _write\n|'
        r'  File <the library>, in _flush\n)'
        r'(?=  File <the library>, in write\nConnectionResetError)',
        '  File <the library>, in <what sends first>\n',
        'our wfile is buffered: what fails is the flush, not the first write'),
]

if sys.version_info < (3, 12):
    DIFFERENCES.append(Difference(
        r'^  File <the library>, in <listcomp>\n',
        '',
        'C has no comprehensions; since 3.12 Python shows no frame for them'))


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
