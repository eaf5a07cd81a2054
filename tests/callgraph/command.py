"""What the commands have in common that record a request: script/trace and
script/player."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / 'build' / 'trace'
GET = b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'


def program():
    """The program of the trace preset; CWSGIREF_TRACE names one that is built
    already."""
    return os.environ.get('CWSGIREF_TRACE') or str(BUILD / 'cwsgiref')


def linked_python():
    """The Python that the program embeds."""
    cache = (BUILD / 'CMakeCache.txt').read_text(encoding='utf-8')
    return re.search(r'^_?Python3_EXECUTABLE:\w+=(.*)$', cache, re.M)[1]


def build():
    """Builds the program, and goes on with the Python that it embeds: its
    modules are what the comparison reads."""
    if os.environ.get('CWSGIREF_TRACE'):
        return
    if subprocess.run([ROOT / 'script' / 'bootstrap', '--program',
                       'trace']).returncode != 0:
        sys.exit(1)
    python = linked_python()
    if os.path.realpath(python) != os.path.realpath(sys.executable):
        os.execv(python, [python, *sys.argv])


def request_bytes(file, raw):
    """The request of --request FILE or --raw TEXT, or the simplest one."""
    if raw is not None:
        try:
            return os.fsencode(raw).decode('unicode_escape').encode('latin-1')
        except UnicodeError:
            raise UnicodeError(r'--raw has no other escapes than those of a '
                               r"byte, such as \r, \n, \\ and \xff") from None
    if file == '-':
        return sys.stdin.buffer.read()
    if file is not None:
        return pathlib.Path(file).read_bytes()
    return GET
