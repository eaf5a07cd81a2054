"""The requests whose calls are compared: name, application (None is
demo_app), bytes, what the server is started with, and when the client leaves.
"""

import collections

from tools.callgraph.traces import AT_ONCE

Case = collections.namedtuple('Case', 'name application raw options leaves')

CASES = []

HALF = b'GET / HTTP/1.1\r\nHost'


def case(name, application='hello', raw=None, options=(), leaves=b''):
    if raw is None:
        raw = b'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'
    CASES.append(Case(name, application and 'apps:' + application, raw,
                      tuple(options), leaves))


case('get-hello')
case('post', 'echo', b'POST /?a=b HTTP/1.0\r\nContent-Type: text/plain\r\n'
     b'Content-Length: 5\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n12345')
case('head', raw=b'HEAD / HTTP/1.1\r\n\r\n')
case('not-found', 'not_found')
case('own-headers', 'own_headers')
case('keep-alive', raw=b'GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n'
     b'GET /second HTTP/1.1\r\n\r\n')
case('expect-100', 'echo', b'POST / HTTP/1.1\r\nExpect: 100-continue\r\n'
     b'Content-Length: 2\r\n\r\nab')
case('encoded-path', raw=b'GET //a%20b/%C3%A9?q=%20 HTTP/1.0\r\n\r\n')
case('raises', 'raises')
case('raises-after-start', 'raises_after_start')
case('raises-after-headers', 'raises_after_headers')
case('starts-again', 'starts_again')
case('starts-twice', 'starts_twice')
case('starts-again-too-late', 'starts_again_too_late')
case('raises-after-write', 'raises_after_write')
case('never-starts', 'never_starts')
case('connection-aborted', 'exits')
case('generator', 'generator')
case('two-blocks', 'two_blocks')
case('no-block', 'no_block')
case('empty-block', 'empty_block')
case('writes', 'writes')
case('writes-nothing', 'writes_nothing')
case('no-iterable', 'no_iterable')
case('text-block', 'text_block')
case('closes', 'closes')
case('raising-close', 'raising_close')
case('file-wrapper-bytes', 'wrapped_bytes')
case('file-wrapper-file', 'wrapped_file', options=['--sendfile'])
case('file-wrapper-refuses', 'wrapped_lines')
case('bad-status', 'bad_status')
case('bad-header', 'bad_header')
case('status-of-bytes', 'status_of_bytes')
case('headers-of-a-tuple', 'headers_of_a_tuple')
case('hop-by-hop', 'hop_by_hop')
case('http-0.9', raw=b'GET /\r\n')
case('http-0.9-post', raw=b'POST /\r\n')
case('bad-version', raw=b'GET / HTTX/1.1\r\n\r\n')
case('version-2', raw=b'GET / HTTP/2.0\r\n\r\n')
case('three-words-too-many', raw=b'GET / HTTP/1.1 and more\r\n\r\n')
case('no-words', raw=b'\r\n\r\n')
case('uri-too-long', raw=b'GET /' + b'a' * 65536 + b' HTTP/1.1\r\n\r\n')
case('header-too-long',
     raw=b'GET / HTTP/1.1\r\nX: ' + b'a' * 65536 + b'\r\n\r\n')
case('too-many-headers',
     raw=b'GET / HTTP/1.1\r\n' + b'X: 1\r\n' * 101 + b'\r\n')
case('empty-request', raw=b'')
case('client-gone', 'waits_for_reset', leaves=b'one\n')
case('client-gone-at-once', raw=HALF, leaves=AT_ONCE)
case('demo-app', None)
case('header-without-colon', raw=b'GET / HTTP/1.1\r\nno colon\r\n\r\n')
case('validator', options=['--validate'])
case('validator-post', 'says_to_errors',
     b'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345', ['--validate'])
case('validator-writes', 'writes', options=['--validate'])
case('validator-reads', 'reads_every_way',
     b'POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n12\n45\n78\n9ab',
     ['--validate'])
case('validator-generator', 'generator', options=['--validate'])
case('validator-closes', 'closes', options=['--validate'])
case('validator-raises', 'raises', options=['--validate'])
case('validator-refuses', 'bad_status', options=['--validate'])
case('cgi', options=['--cgi'])
case('cgi-raises', 'raises', options=['--cgi'])
case('cgi-writes', 'writes', options=['--cgi'])
case('cgi-generator', 'generator', options=['--cgi'])
case('cgi-no-block', 'no_block', options=['--cgi'])
case('threads', options=['--threads'])
case('threads-raises', 'raises', options=['--threads'])
case('threads-client-gone', raw=HALF, options=['--threads'], leaves=AT_ONCE)
case('fork', options=['--fork'])
case('fork-generator', 'generator', options=['--fork'])
