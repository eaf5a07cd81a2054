"""What the commands have in common that send a request: script/trace,
script/player and script/compare."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GET = b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'


def program(preset='trace'):
    """The program of a preset; CWSGIREF_TRACE, for this one, names one that
    is built already."""
    return (os.environ.get(f'CWSGIREF_{preset.upper()}')
            or str(ROOT / 'build' / preset / 'cwsgiref'))


def linked_python(build):
    """The Python that the program of a build folder embeds."""
    cache = (build / 'CMakeCache.txt').read_text(encoding='utf-8')
    return re.search(r'^_?Python3_EXECUTABLE:\w+=(.*)$', cache, re.M)[1]


def build(preset='trace', purpose='--program'):
    """Builds the program, with what script/bootstrap knows that the purpose
    needs, and goes on with the Python that it embeds: its modules are what
    the comparison reads."""
    if os.environ.get(f'CWSGIREF_{preset.upper()}'):
        return
    if subprocess.run([ROOT / 'script' / 'bootstrap', purpose,
                       preset]).returncode != 0:
        sys.exit(1)
    python = linked_python(ROOT / 'build' / preset)
    if os.path.realpath(python) != os.path.realpath(sys.executable):
        os.execv(python, [python, *sys.argv])


def run(main):
    """What a command does, to its end. A reader of its output that leaves, as
    `head` does, ends it without a word: with stdout open Python would say
    something when it flushes that."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


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


def request_like_curl(arguments, body):
    """The request of --path, -X, -H and -I; a body, or None, is a form's."""
    method = arguments.method or ('HEAD' if arguments.head else
                                  'GET' if body is None else 'POST')
    lines = [f'{method} {arguments.path or "/"} HTTP/1.1']
    headers = {'Host': 'localhost'}
    if body is not None:
        headers['Content-Length'] = len(body)
        headers['Content-Type'] = 'application/x-www-form-urlencoded'
    given = {line.partition(':')[0].strip().lower()
             for line in arguments.header}
    lines += [f'{name}: {value}' for name, value in headers.items()
              if name.lower() not in given]
    lines += [*arguments.header, '', '']
    return os.fsencode('\r\n'.join(lines)) + (body or b'')
