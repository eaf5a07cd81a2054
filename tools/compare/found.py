"""What script/compare --fuzz has found: cases in the form in which it prints
them, with a name and the reason, each once it is mended."""

from typing import NamedTuple

from .exchange import Pause, Reset, Resume, Send, Shut
from .generator import Case

FOUND = []


class Found(NamedTuple):
    name: str
    why: str
    case: Case
    options: tuple  # of both servers


def found(name, why, steps, behaviour, options=()):
    FOUND.append(Found(name, why, Case(steps, behaviour), tuple(options)))


found('wrapper-by-hand-at-its-end',
      'FileWrapper.__next__ raises StopIteration, so it is in the traceback',
      [Send(data=b'GET /'),
       Shut()],
      "next(wrapper(io.BytesIO(b'')))")

found('headers-not-latin-1-before-a-file',
      'sendfile() is not in the traceback: write() sends the headers',
      [Send(data=b'GET / HTTP/1.0\r\n\r\n'),
       Shut()],
      "start_response('200 OK', [('X-A', '\\udc80')])\n"
      'return wrapper(on_disk())')

found('no-protocol-before-a-file',
      'nor is it where the headers are not even encoded',
      [Send(data=b'GET / HTTP/1.0\r\n\r\n'),
       Shut()],
      "environ['SERVER_PROTOCOL'] = None\n"
      "start_response('200 OK', [])\n"
      'return wrapper(on_disk())')

found('error-page-to-nobody-after-a-caught-reset',
      'the second error of the connection is EPIPE, in the flush',
      [Send(data=b'POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\nhello'),
       Reset()],
      'saying_errors(stdin.read, 20)\n')

found('status-of-bytes',
      'one that start_response has refused, and close() cannot split',
      [Send(data=b'GET /'),
       Shut()],
      "try: start_response(b'200 OK', [])\n"
      'except AssertionError: pass\n'
      'return iter([])')

for name, version in (('empty-parts', b'.'), ('an-empty-part', b'1.'),
                      ('a-long-part-and-an-empty-one', b'12345678901.'),
                      ('a-long-part-and-no-digits', b'12345678901.x')):
    found(f'version-of-{name}',
          'which fault a version has shows where the answer to it fails: '
          'digits are looked for in both parts before their length',
          [Pause(),
           Send(b'GET / HTTP/' + version + b'\n'),
           Reset(),
           Resume()],
          'pass')
