"""What is sent to both servers: CASES, each a name, a reason and steps.

The steps are those of exchange.py; bytes are short for Send(bytes). When they
have been taken, the rest of the answer is read to its end.

A client that leaves does so where it is no chance what the server finds: the
application waits for its reset (reset-then-...), or streams until it has left.
test_leaving.py has clients that leave at each byte of a request.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

from . import apps
from .exchange import (Again, Close, Dribble, ExpectOpen, Line, Reset, Send,
                       Shut, Until)


class Case(NamedTuple):
    name: str
    why: str
    steps: list


CASES = []


def case(name, why, *steps):
    steps = [Send(step) if isinstance(step, bytes) else step
             for step in steps]
    CASES.append(Case(name, why, steps))


def request(target, *header_lines, method='GET', body=b''):
    """A request as most clients send it, to a path that apps.py knows."""
    path = target.partition('?')[0].replace('/validated/', '/')
    assert path in apps.ROUTES, path
    lines = [f'{method} {target} HTTP/1.1', 'Host: h', *header_lines, '', '']
    return '\r\n'.join(lines).encode('latin-1') + body


def post(target, body, *header_lines):
    return request(target, f'Content-Length: {len(body)}', *header_lines,
                   method='POST', body=body)


def answer(name, why, target, **more):
    """The application's answer to a plain request."""
    case(name, why, request(target, **more))


def asked(name, why, target, value):
    """The same where the request says, in Python, what to answer."""
    answer(name, why, f'{target}?{quote(value)}')


END = b'Host: h\r\n\r\n'
GET = b'GET /env HTTP/1.1\r\n'

# ---- Connections without a request

case('nothing', 'a client that says nothing gets nothing', Shut())
case('nothing-close', 'a client that leaves at once', Close())
case('nothing-reset', 'a reset before the first byte is an error of recv',
     Reset())
case('empty-line', 'an empty line is no request, and no error', b'\r\n')
case('empty-line-lf', 'the same with a bare LF', b'\n')
case('blank-line', 'a line of white space has no words', b'  \t \r\n')
case('empty-line-first', 'unlike other servers it skips no empty line',
     b'\r\nGET /ok HTTP/1.1\r\n' + END)

# ---- The request line

case('line-no-newline', 'the end of the stream ends the line',
     b'GET /ok HTTP/1.0', Shut())
case('line-no-newline-open', 'a line that does not end is waited for',
     b'GET /ok HTTP/1.0', ExpectOpen(), Shut())
case('line-one-word', '400: one word, answered as HTTP/0.9', b'GET\r\n\r\n')
case('line-four-words', '400 with a head: the version was read before',
     b'GET /a b HTTP/1.1\r\n' + END)
case('line-four-words-no-version', '400: the last word is no version',
     b'GET /a b c\r\n\r\n')
case('line-10', 'HTTP/1.0, no headers', b'GET /env HTTP/1.0\r\n\r\n')
case('line-11', 'HTTP/1.1 is answered by HTTP/1.0', GET + END)
case('line-11-no-host', 'nobody asks for Host', GET + b'\r\n')
case('line-lf', 'bare LF ends lines too',
     b'GET /env HTTP/1.1\nHost: h\nX-A: b\n\n')
case('line-cr', 'bare CR does not end the request line',
     b'GET /env HTTP/1.1\rHost: h\r\r', Shut())
case('line-mixed-ends', 'CRLF and LF in one request',
     b'GET /env HTTP/1.1\r\nHost: h\nX-A: b\r\n\n')
case('line-crcrlf', 'several CRs before the LF are stripped',
     b'GET /env HTTP/1.1\r\r\n' + END)
case('line-cr-inside', 'a CR inside is white space: four words',
     b'GET /a\rb HTTP/1.1\r\n' + END)
case('line-lower', 'a method is any word, as it is written',
     b'get /env HTTP/1.1\r\n' + END)
case('line-method-unknown', 'no 501: the application decides',
     b'FOO /env HTTP/1.1\r\n' + END)
case('line-method-odd', 'even this is a method',
     b'G<E>T" /env HTTP/1.1\r\n' + END)
case('line-tabs', 'tabs separate words', b'GET\t/env\tHTTP/1.1\r\n' + END)
case('line-spaces', 'so do several spaces, also at the end',
     b'GET   /env   HTTP/1.1  \r\n' + END)
case('line-space-first', 'and at the beginning',
     b' GET /env HTTP/1.1\r\n' + END)
case('line-vt-ff', 'vertical tab and form feed are white space of str',
     b'GET\x0b/env\x0cHTTP/1.1\r\n' + END)
case('line-fs-us', 'and the four separators',
     b'GET\x1c/a\x1dHTTP/1.1\r\n' + END)
case('line-rs-us', 'the other two', b'GET\x1e/a\x1fHTTP/1.1\r\n' + END)
case('line-nel-nbsp', 'and NEL and the no-break space',
     b'GET\x85/env\xa0HTTP/1.1\r\n' + END)
case('line-utf8-a0', 'which cuts UTF-8 in two',
     b'GET /voil\xc3\xa0 HTTP/1.1\r\n' + END)
case('line-nul', 'NUL is a character like others',
     b'GET /a\x00b HTTP/1.1\r\n' + END)
case('line-escape', 'terminal escapes are made harmless in the log',
     b'GET /\x1b[31mred\x07\x9b HTTP/1.1\r\n' + END)
case('line-backslash', 'a backslash is doubled in the log',
     b'GET /a\\b"c HTTP/1.1\r\n' + END)
case('line-percent', 'the log format is not applied twice',
     b'GET /%s%d%n x y\r\n\r\n')
case('line-html', 'the error page escapes what it quotes',
     b'GET /<script> <b>\r\n\r\n')
case('line-tls', "a TLS client's first bytes",
     b'\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\\\x7f\xff', Shut())
case('line-quotes', 'repr chooses the quotes in the message',
     b'it\'s\r\n\r\n')
case('line-both-quotes', 'or escapes one of them', b'it\'s"\r\n\r\n')
case('line-65536', 'the longest request line',
     b'GET /%s HTTP/1.1\r\n' % (b'a' * 65520) + END)
case('line-65537', '414: one more byte',
     b'GET /%s HTTP/1.1\r\n' % (b'a' * 65521) + END)
case('line-65537-lf', '414: the limit counts the line end',
     b'GET /%s HTTP/1.1\nHost: h\n\n' % (b'a' * 65522))
case('line-65536-no-end', 'as long, and not ended',
     b'GET /%s HTTP/1.1' % (b'a' * 65522), Shut())
case('line-65537-no-end', '414: too long, whether it ends or not',
     b'GET /%s HTTP/1.1' % (b'a' * 65523), Shut())
case('line-reset', 'a reset amid the line', b'GET /ok', Reset())
case('line-200000', '414 for a line without an end',
     b'A' * 200000, Shut())

# ---- Versions

REFUSED = {
    'http-2': b'HTTP/2', 'http-1': b'HTTP/1', 'no-minor': b'HTTP/1.',
    'no-major': b'HTTP/.1', 'three': b'HTTP/1.1.1', 'lower': b'http/1.1',
    'letter': b'HTTP/1.a', 'two-slashes': b'HTTP/1.1/1.1',
    'no-slash': b'HTTP1.1', 'nothing': b'HTTP/', 'junk': b'JUNK',
    'ftp': b'FTP/1.1', 'more': b'HTTP/1.1;x', 'superscript': b'HTTP/1.\xb2',
    'html': b'HTTP/<b>&"\'', 'huge': b'HTTP/%s.1' % (b'1' * 5000),
}
for name, version in REFUSED.items():
    case('version-refused-' + name, '400: no version, no status line',
         b'GET /env %s\r\n' % version + END)

ACCEPTED = {
    '1-10': b'HTTP/1.10', '1-2': b'HTTP/1.2', 'zero-major': b'HTTP/01.1',
    'zero-minor': b'HTTP/1.01', '0-0': b'HTTP/0.0', 'minus': b'HTTP/-1.1',
    'plus': b'HTTP/+1.1', 'minor-minus': b'HTTP/1.-1',
    'underscore': b'HTTP/1.1_0', 'eleven': b'HTTP/1.11111111111',
    'ten': b'HTTP/1.1111111111', '0-9': b'HTTP/0.9',
}
for name, version in ACCEPTED.items():
    case('version-lax-' + name, 'int() decides what a number is',
         b'GET /env %s\r\n' % version + END)

case('version-2', '505, without a status line',
     b'GET /env HTTP/2.0\r\n' + END)
case('version-3', '505 again', b'GET /env HTTP/3.0\r\n' + END)
case('version-2-preface', '505 for the preface of HTTP/2',
     b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00')
case('version-head', 'HEAD gets the page as well: HTTP/0.9 has no heads',
     b'HEAD /ok HTTP/x\r\n' + END)

# ---- HTTP/0.9: two words, and an answer without a head

case('09-ok', 'the body alone', b'GET /ok\r\n\r\n')
case('09-env', 'SERVER_PROTOCOL says HTTP/0.9', b'GET /env\r\n\r\n')
case('09-headers', 'headers are read nevertheless',
     b'GET /env\r\n' + END)
case('09-open', 'and waited for', b'GET /ok\r\n', ExpectOpen(), Shut())
case('09-shut', 'the end of the stream will do', b'GET /ok\r\n', Shut())
case('09-post', '400: only GET', b'POST /env\r\n\r\n')
case('09-lower', '400: not get either', b'get /env\r\n\r\n')
case('09-head', '400: nor HEAD', b'HEAD /env\r\n\r\n')
case('09-explicit-post', 'POST passes when the version is written out',
     b'POST /env HTTP/0.9\r\n' + END)
case('09-raise', 'the error page alone, without 500',
     b'GET /raise?OSError(5)\r\n\r\n')
case('09-headers-431', '431, headless',
     b'GET /ok\r\n' + b'X-A: b\r\n' * 101 + b'\r\n')

# ---- Targets

TARGETS = {
    'query-empty': b'/p?', 'query-two': b'/p?a=1?b=2',
    'query-fragment': b'/p?a#frag', 'fragment': b'/p#frag',
    'query-only': b'?q', 'query-raw': b'/p?a=%41%00%zz',
    'parameter': b'/p;v=1?x', 'relative': b'p/q',
    'dots': b'/a/../b/./c', 'percent-nul': b'/a%00b',
    'percent-utf8': b'/caf%C3%A9', 'percent-latin1': b'/caf%E9',
    'percent-bad': b'/%zz%4', 'percent-alone': b'/%',
    'percent-slash': b'/a%2Fb%2fc', 'percent-crlf': b'/a%0d%0aX:%20y',
    'percent-question': b'/a%3Fb?c', 'percent-twice': b'/a%2541',
    'plus': b'/a+b?c+d', 'absolute': b'http://other:81/p?q',
    'absolute-bare': b'http://other', 'absolute-https': b'https://other/p',
    'slashes-two': b'//evil/p', 'slashes-four': b'////evil//p',
    'slashes-query': b'//evil?//x', 'slashes-inside': b'/a//b',
    'slash-backslash': b'/\\evil', 'star': b'*', 'dot': b'.',
    'authority': b'h:80', 'tilde': b'/~u/%7Eu',
    'punctuation': b'/"\'<>`{}|^', 'raw-utf8': b'/caf\xc3\xa9',
    'raw-latin1': b'/\xff?\xfe', 'raw-and-percent': b'/\xe9%E9',
}
for name, target in TARGETS.items():
    case('target-' + name, 'how PATH_INFO and QUERY_STRING come out of it',
         b'GET %s HTTP/1.1\r\n' % target + END)
case('target-options', 'OPTIONS * is a path like others',
     b'OPTIONS * HTTP/1.1\r\n' + END)
case('target-trace', 'TRACE is a method like others',
     b'TRACE /env HTTP/1.1\r\n' + END)
case('target-connect', 'so is the authority of CONNECT',
     b'CONNECT h:443 HTTP/1.1\r\n' + END)

# ---- Headers of the request: lines after "Host: h"

HEADERS = {
    'no-colon': b'X-A: 1\r\nno colon here\r\nX-B: 2',
    'space-before-colon': b'X-A: 1\r\nX-S : v\r\nX-B: 2',
    'tab-before-colon': b'X-A: 1\r\nX-S\t: v\r\nX-B: 2',
    'space-in-name': b'X-A: 1\r\nX S: v\r\nX-B: 2',
    'empty-name': b'X-A: 1\r\n: v\r\nX-B: 2',
    'empty-value': b'X-A:\r\nX-B: 2',
    'no-space': b'X-A:1\r\nX-B:\t2\t\r\nX-C:   3   ',
    'fold': b'X-A: one\r\n two\r\n\tthree\r\nX-B: 2',
    'fold-host': b' folded first\r\nX-B: 2',
    'fold-blank': b'X-A: one\r\n \r\nX-B: 2',
    'fold-empty': b'X-A:\r\n two\r\nX-B: 2',
    'twice': b'X-A: 1\r\nX-A: 2\r\nx-a: 3',
    'twice-cookie': b'Cookie: a=1\r\nCookie: b=2',
    'twice-host': b'Host: other',
    'twice-type': b'Content-Type: a/b\r\nContent-Type: c/d',
    'twice-length': b'Content-Length: 5\r\nContent-Length: 3',
    'twice-empty': b'X-A:\r\nX-A:\r\nX-A: 3',
    'underscore': b'X_A: under\r\nX-A: dash',
    'underscore-cgi': b'Content_Length: 5\r\nContent_Type: x/y',
    'cgi-names': b'Script-Name: /e\r\nPath-Info: /e\r\nQuery-String: e=1\r\n'
                 b'Remote-Addr: 1.2.3.4\r\nRemote-Host: e\r\n'
                 b'Request-Method: E\r\nServer-Name: e\r\nServer-Port: 1\r\n'
                 b'Server-Protocol: E\r\nServer-Software: e\r\n'
                 b'Gateway-Interface: e',
    'cgi-names-not-set': b'Remote-User: root\r\nAuth-Type: x\r\nHttps: on\r\n'
                         b'Proxy: evil\r\nHttp-Host: e\r\nwsgi.input: x\r\n'
                         b'Content.Length: 7',
    'latin1': b'X-A: caf\xe9',
    'utf8': b'X-A: caf\xc3\xa9',
    'latin1-name': b'X-A: 1\r\nX-\xe9: v\r\nX-B: 2',
    'nul': b'X-A: a\x00b\r\nX-B: 2',
    'control': b'X-A: a\x01\x1b\x7fb\r\nX-B: 2',
    'control-name': b'X-A: 1\r\nX\x01Y: v\r\nX-B: 2',
    'cr-inside': b'X-A: a\rX-Inj: yes\r\nX-B: 2',
    'cr-only-inside': b'X-A: a\rb\r\nX-B: 2',
    'crcrlf': b'X-A: a\r\r\nX-B: 2',
    'vt-ff': b'X-A: a\x0bb\x0cc\r\nX-B: 2',
    'fs-nel': b'X-A: a\x1cb\x85c\r\nX-B: 2',
    'from-line': b'From me@here Mon: x\r\nX-B: 2',
    'from-line-later': b'X-A: 1\r\nFrom me@here Mon: x\r\nX-B: 2',
    'from-line-last': b'From me@here Mon: x',
    'from': b'From: me@here\r\nX-B: 2',
    'from-space': b'X-A: 1\r\nFrom : me\r\nX-B: 2',
    'gt-from': b'>From: x\r\nX-B: 2',
    'digits': b'1: one\r\n9-: nine',
    'punctuation': b"X!#$%&'*+.^_`|~: v\r\nX(Y)/Z: w",
    'type-empty': b'Content-Type:',
    'type-bad': b'Content-Type: nonsense',
    'type-parameter': b'Content-Type: TEXT/HTML; Charset="x"',
    'type-spaces': b'Content-Type:   text/html   ',
    'type-multipart': b'Content-Type: multipart/form-data\r\nX-B: 2',
    'type-fold': b'Content-Length: 5\r\n 6\r\nContent-Type: a/b;\r\n c=d',
    'host-empty': b'Host:',
    'encoded-word': b'Subject: =?utf-8?q?caf=C3=A9?=',
    'expect': b'Expect: 100-continue\r\nContent-Length: 0',
    'expect-other': b'Expect: nonsense',
    'keep-alive': b'Connection: keep-alive\r\nKeep-Alive: timeout=5',
    'close': b'Connection: close',
    'upgrade': b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c',
    'chunked': b'Transfer-Encoding: chunked',
    'many-odd': b'X_A:1\r\nx-a:\t2 \r\nX-A: 3\r\n 4\r\n: e\r\n1: n\r\n'
                b'Cookie: a\r\ncookie: b\r\nX-C: a\rb: c\r\nX-D: d',
}
for name, lines in HEADERS.items():
    case('header-' + name, 'what becomes of it in environ',
         GET + b'Host: h\r\n' + lines + b'\r\n\r\n')

for length in ('junk', '-5', '+5', '0x5', ' 5 ', '5 5', '', '0', '0005',
               '5.0', '5, 5', '1_0', '9' * 40):
    name = re.sub(r'\W', lambda match: '%02x' % ord(match[0]), length)
    case('length-' + (name or 'empty'), 'CONTENT_LENGTH is not looked at',
         b'POST /env HTTP/1.1\r\nContent-Length: %s\r\n' % length.encode()
         + END)

case('header-first-no-colon', 'a bad first line hides all others',
     GET + b'nope\r\n' + END)
case('header-fold-first', 'a first line cannot continue anything',
     GET + b' folded: x\r\n' + END)
case('header-from-first', 'From_ of a mailbox before all others',
     GET + b'From me@here Mon: x\r\n' + END)
case('header-blank-crcrlf', 'CR CR LF is not the end, for who counts lines',
     GET + b'Host: h\r\n\r\r\nX-B: 2\r\n\r\n')
case('header-65536', 'the longest header line',
     b'GET /read-cl HTTP/1.1\r\nX-A: %s\r\n' % (b'a' * 65529) + END)
case('header-65537', '431: one more byte',
     b'GET /read-cl HTTP/1.1\r\nX-A: %s\r\n' % (b'a' * 65530) + END)
case('header-65536-lf', 'the limit counts the line end',
     b'GET /read-cl HTTP/1.1\r\nX-A: %s\n' % (b'a' * 65530) + END)
case('header-65537-lf', '431: of whatever kind',
     b'GET /read-cl HTTP/1.1\r\nX-A: %s\n' % (b'a' * 65531) + END)
case('header-65537-no-colon', '431: whatever it holds',
     b'GET /read-cl HTTP/1.1\r\n%s\r\n' % (b'a' * 65535) + END)
case('header-65537-cut', '431: whether it ends or not',
     b'GET /read-cl HTTP/1.1\r\nX-A: %s' % (b'a' * 65532), Shut())
case('header-65537-fold', '431: also for a continuation',
     b'GET /read-cl HTTP/1.1\r\nX-A: b\r\n %s\r\n' % (b'a' * 65534)
     + END)
case('header-host-after-bad', 'a bad line hides what follows',
     b'GET /env HTTP/1.1\r\nX-A: 1\r\nbad line\r\n' + END)
case('header-type-fold-first', 'a type on the next line, after white space',
     b'GET /env HTTP/1.1\r\nContent-Type: \t\r\n text/x\r\n y\r\n\r\n')
case('header-length-fold-first', 'a length on the next line',
     b'POST /env HTTP/1.1\r\nContent-Length:\n\t 5\r\n\r\nhello')
case('header-length-fold-empty', 'a length of white space, on two lines',
     b'POST /env HTTP/1.1\r\nContent-Length: \r\n \r\n\t\r\n\r\nhello')
case('header-fold-70000', 'the limit is one of lines, not of headers',
     b'GET /ok HTTP/1.1\r\nX-A: %s\r\n %s\r\n\r\n'
     % (b'a' * 35000, b'a' * 35000))
case('headers-99', 'as many headers as there may be',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n' * 99 + b'\r\n')
case('headers-100', '431: the empty line counts',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n' * 100 + b'\r\n')
case('headers-101', '431 for one more',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n' * 101 + b'\r\n')
case('headers-100-folded', '431: continuations count',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n f\r\n' * 50 + b'\r\n')
case('headers-99-folded', 'one line less',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n f\r\n' * 49 + b'X-N: v\r\n\r\n')
case('headers-100-no-end', '431: so does the end of the stream',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n' * 100, Shut())
case('headers-200', '431, and what follows is left unread',
     b'GET /ok HTTP/1.1\r\n' + b'X-N: v\r\n' * 200 + b'\r\n')
case('headers-head', 'HEAD gets the head of the page of 431',
     b'HEAD /ok HTTP/1.1\r\n' + b'X-N: v\r\n' * 101 + b'\r\n')
case('headers-cut', 'the end of the stream ends the headers',
     GET + b'Host: h\r\nX-A: part', Shut())
case('headers-cut-line', 'also between two lines',
     GET + b'Host: h\r\n', Shut())
case('headers-open', 'headers that do not end are waited for',
     GET + b'Host: h\r\n', ExpectOpen(), Shut())
case('headers-reset', 'a reset here is an error, with dashes around',
     GET + b'Host: h\r\n', Reset())

# ---- The body of the request

HELLO = b'hello'

case('body-read', 'read(n)', post('/read-cl', HELLO))
case('body-read-10', 'HTTP/1.0',
     b'POST /read-cl HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello')
case('body-get', 'GET may have one',
     request('/read-cl', 'Content-Length: 5', body=HELLO))
case('body-no-length', 'without a length the application reads none',
     request('/read-cl', method='POST', body=HELLO))
case('body-form', 'type and length are in environ',
     b'POST /env HTTP/1.1\r\nContent-Length: 3\r\n'
     b'Content-Type: application/x-www-form-urlencoded\r\n' + END + b'a=1')
case('body-short', 'the stream ends too early',
     request('/read-cl', 'Content-Length: 9', method='POST', body=HELLO),
     Shut())
case('body-short-open', 'what is missing is waited for',
     request('/read-cl', 'Content-Length: 6', method='POST', body=HELLO),
     ExpectOpen(), b'!')
case('body-long', 'what is too much stays unread',
     post('/read-cl', HELLO) + b' world')
case('body-read-all', 'read() reads to the end of the stream',
     post('/read-all', HELLO), Shut())
case('body-read-all-open', 'and so waits for it',
     post('/read-all', HELLO), ExpectOpen(), Shut())
case('body-read-past', 'so does read(n) past the length',
     post('/read-past', HELLO), ExpectOpen(), Shut())
case('body-read-twice', 'read(n), then read(0)', post('/read-twice', HELLO))
case('body-read-none', 'read(None) is read()',
     post('/read-none', HELLO), Shut())
case('body-read-wrong', "read('5') is a TypeError", post('/read-wrong', HELLO))
case('body-read1', 'read1() gives what is there',
     post('/read1', HELLO), Shut())
case('body-readinto', 'readinto() fills the buffer it is given',
     post('/readinto', b'12345678'))
case('body-peek', 'peek() does not consume', post('/peek', HELLO))
case('body-peek-full', 'nor beyond the size of the buffer',
     b'POST /peek-full HTTP/1.1\r\nContent-Length: 20000\r\n\r\n',
     Line(b'waiting'), Send(b'x' * 20000), Shut())
case('body-readline', 'readline() with and without a size',
     post('/readline', b'one\ntwo\nthree'), Shut())
case('body-readlines', 'readlines()', post('/readlines', b'a\nb\nc'), Shut())
case('body-readlines-hint', 'readlines(hint)',
     post('/readlines-hint', b'a\nbb\nc'), Shut())
case('body-iterate', 'iteration gives lines',
     post('/iter-input', b'a\nb\nc'), Shut())
case('body-attributes', 'wsgi.input has all that a file has',
     request('/input-attributes'))
case('body-close', 'an application may close it', request('/input-close'))
case('body-read-closed', 'and cannot read then', request('/read-after-close'))

INPUT = {
    'read-0': 'stdin.read(0)', 'read-minus-1': 'stdin.read(-1)',
    'read-minus-2': 'stdin.read(-2)', 'read-float': 'stdin.read(2.5)',
    'read-true': 'stdin.read(True)', 'read-huge': 'stdin.read(2 ** 70)',
    'read-two': 'stdin.read(1, 2)',
    'read-after-end': '(stdin.read(), stdin.read(), stdin.read(1))',
    'read-by-one': 'list(iter(lambda: stdin.read(1), b""))',
    'read-8192': 'len(stdin.read(8192))',
    'read1-0': 'stdin.read1(0)', 'read1-minus-1': 'stdin.read1(-1)',
    'read1-none': 'stdin.read1(None)',
    'read1-twice': '(stdin.read1(3), stdin.read1(100))',
    'readinto-empty': 'stdin.readinto(bytearray())',
    'readinto-memoryview': 'stdin.readinto(memoryview(bytearray(9))[3:5])',
    'readinto-read-only': "stdin.readinto(b'12345')",
    'readinto-list': 'stdin.readinto([1, 2])',
    'readinto1': 'stdin.readinto1(bytearray(4))',
    'readline-0': 'stdin.readline(0)',
    'readline-minus-1': '[stdin.readline(-1), stdin.readline(-9)]',
    'readline-none': 'stdin.readline(None)',
    'readline-size': '[stdin.readline(2), stdin.readline(2), '
                     'stdin.readline(2), stdin.readline(2)]',
    'readline-str': "stdin.readline('2')",
    'readline-after-end': '(stdin.read(), stdin.readline())',
    'readlines-0': 'stdin.readlines(0)',
    'readlines-minus-1': 'stdin.readlines(-1)',
    'readlines-none': 'stdin.readlines(None)',
    'readlines-1': '[stdin.readlines(1), stdin.readlines(1)]',
    'readlines-5': '[stdin.readlines(5), stdin.readlines()]',
    'readlines-str': "stdin.readlines('1')",
    'next': '[next(stdin), next(stdin), next(stdin), next(stdin, None)]',
    'next-and-read': '[next(stdin), stdin.read(2), next(stdin)]',
    'iter-is-self': 'iter(stdin) is stdin',
    'peek-0': 'stdin.peek(0)[:1]', 'peek-twice': '(stdin.peek(1)[:2], '
    'stdin.peek(9)[:2], stdin.readline())',
    'peek-after-end': '(stdin.read(), stdin.peek())',
    'close-twice': '(stdin.close(), stdin.close(), stdin.closed)',
    'close-and-readline': '(stdin.close(), stdin.readline())',
    'close-and-iterate': '(stdin.close(), list(stdin))',
    'close-and-fileno': '(stdin.close(), stdin.fileno())',
    'with': '[stdin.__enter__() is stdin, stdin.__exit__(None, None, None), '
            'stdin.closed]',
    'seek': 'stdin.seek(0)', 'tell': 'stdin.tell()',
    'truncate': 'stdin.truncate()', 'write': "stdin.write(b'1')",
    'flush': 'stdin.flush()', 'fileno': 'type(stdin.fileno())',
    'set-name': "setattr(stdin, 'x', 1)",
    'text': "io.TextIOWrapper(stdin, 'ascii').readline()",
    'mode': 'stdin.mode',
}
for name, value in INPUT.items():
    case('input-' + name, value,
         post(f'/input?{quote(value)}', b'one\ntwo\r\nthree'), Shut())

case('body-negative', "read(-5) is a ValueError",
     b'POST /read-cl HTTP/1.1\r\nContent-Length: -5\r\n' + END + HELLO,
     Shut())
case('body-junk', 'a length that is no number fails in the application',
     b'POST /read-cl HTTP/1.1\r\nContent-Length: junk\r\n' + END + HELLO)
case('body-after-start', 'the first block is sent before the body is read',
     request('/read-after-start', 'Content-Length: 5', method='POST'),
     Until(b'before read\n'), HELLO)
case('body-conversation', 'each write() leaves at once',
     request('/copy-lines', method='POST'), b'one\n', Until(b'> one\n'),
     b'two\nthr', Until(b'> two\n'), b'ee\n', Until(b'> three\n'), Shut())
case('body-pieces', 'in three pieces',
     request('/read-cl', 'Content-Length: 5', method='POST'),
     b'he', b'l', b'lo')
case('body-200000', 'many reads of the buffer', post('/digest', b'z' * 200000))
case('body-echo-100000', 'much in, much out', post('/echo', b'e' * 100000))
case('body-chunked', 'chunks are not decoded: no length, no body',
     request('/read-cl', 'Transfer-Encoding: chunked', method='POST')
     + b'5\r\nhello\r\n0\r\n\r\n')
case('body-chunked-read-all', 'read() shows the framing',
     request('/read-all', 'Transfer-Encoding: chunked', method='POST')
     + b'5\r\nhello\r\n0\r\n\r\n', Shut())
case('body-chunked-by-hand', 'an application can take them apart itself',
     request('/read-chunked', 'Transfer-Encoding: chunked', method='POST')
     + b'5\r\nhello\r\n0\r\n\r\n')
case('body-chunked-length', 'both headers reach the application',
     b'POST /env HTTP/1.1\r\nTransfer-Encoding: chunked\r\n'
     b'Content-Length: 5\r\n' + END + b'5\r\nhello\r\n0\r\n\r\n')
case('body-expect', 'no 100 Continue: the client must give in',
     request('/read-cl', 'Expect: 100-continue', 'Content-Length: 5',
             method='POST'), ExpectOpen(), HELLO)
case('body-unread', 'unread, and yet the end is FIN', post('/ok', HELLO))
case('body-unread-large', 'the same where close() must reset',
     post('/ok', b'z' * 300000))
case('body-unread-raise', 'the same after an error',
     post('/raise?OSError(5)', b'z' * 300000))
case('body-late', 'it comes after the answer',
     request('/ok', 'Content-Length: 5', method='POST'), Until(b'ok\n'),
     HELLO)
case('body-reset', 'a reset in read() is silent: the client has gone',
     request('/read-cl', 'Content-Length: 9', method='POST', body=HELLO),
     Reset())

# ---- The connection

case('pipeline', 'one request, whatever follows it',
     request('/ok') + request('/env'))
case('pipeline-keep-alive', 'keep-alive or not',
     request('/ok', 'Connection: keep-alive') + request('/env'))
case('second-later', 'a second request comes too late',
     request('/ok'), Until(b'ok\n'), request('/ok'))
case('half-close', 'the client will say no more',
     request('/ok'), Shut())
case('dribble', 'byte by byte',
     Dribble(b'GET /env HTTP/1.0\r\nX-A: 1\r\n 2\r\n\r\n'))
case('dribble-body', 'the body too',
     Dribble(post('/read-cl', b'one\ntwo')))
case('dribble-lf', 'bare LFs',
     Dribble(b'GET /env HTTP/1.1\nX-A: 1\n\n'))
case('dribble-half-close', 'and then the end',
     Dribble(b'GET /env HTTP/1.1\r\nX-A: 1'), Shut())
case('dribble-bad', 'a bad request line', Dribble(b'GET /a b c\r\n\r\n'))
case('reset-then-answer', 'the first send fails: silence, but close()',
     request('/reset-then-answer'), Line(b'waiting'), Reset())
case('reset-then-write', 'write() shows the application which error',
     request('/reset-then-write'), Line(b'waiting'), Reset())
case('reset-then-empty', 'the head alone fails',
     request('/reset-then-empty'), Line(b'waiting'), Reset())
case('reset-then-read', 'so does a read',
     request('/reset-then-read'), Line(b'waiting'), Reset())
case('reset-then-raise', 'the error page fails: two errors in the log',
     request('/reset-then-raise'), Line(b'waiting'), Reset())
case('reset-streaming', 'the client leaves amid the stream',
     request('/stream-until-closed'), Until(b'chunk\n'), Reset())
case('close-streaming', 'the same without a reset of its own',
     request('/stream-until-closed'), Until(b'chunk\n'), Close())

# ---- Answers: the usual

answer('ok', '200, a list of one', '/ok')
answer('not-found', '404', '/not-found')
answer('not-allowed', '405 of the application', '/method-not-allowed',
       method='DELETE')
answer('not-implemented', '501 of the application: the server has none',
       '/not-implemented', method='BREW')
answer('redirect', '302', '/redirect')
answer('no-content', '204 gets a Content-Length', '/no-content')
answer('not-modified', '304 does too', '/not-modified')
for target in ('/ok', '/env', '/no-content', '/not-modified', '/write',
               '/start-late', '/cl-and-generator', '/not-found'):
    answer('head' + target.replace('/', '-'), 'the body of HEAD is sent',
           target, method='HEAD')
asked('head-raise', '500 to HEAD, with a body', '/raise', 'OSError(5)')
answer('environ-types', 'environ is a dict of str', '/environ-types')
answer('os-environ', "the process's environment is in it", '/os-environ')
answer('objects', "the server's objects as the application sees them",
       '/objects')
answer('signatures', 'what inspect and help() tell of the two callables',
       '/signatures')
answer('errors', 'wsgi.errors is the log', '/errors')
answer('errors-bytes', 'and wants text', '/errors-bytes')
answer('errors-part', 'also half a line', '/errors-part')
answer('sees-exception', 'no exception is being handled', '/sees-exception')
answer('environ-http-09', 'the application can have its head left out',
       '/environ-http-09')
answer('environ-clear', 'an environ without SERVER_PROTOCOL',
       '/environ-clear')

# ---- Answers: what is returned

RETURNED = {
    'empty-list': '[]', 'empty-tuple': '()', 'empty-str': "''",
    'empty-bytes': "b''", 'list-one': r"[b'one\n']",
    'list-two': r"[b'one\n', b'two\n']", 'list-of-empty': "[b'', b'']",
    'list-one-empty': "[b'']", 'empty-then-data': r"[b'', b'', b'data\n']",
    'data-then-empty': r"[b'data\n', b'']", 'tuple-one': r"(b'one\n',)",
    'set-one': r"{b'one\n'}", 'dict': r"{b'k\n': 1}",
    'generator': r"(c for c in (b'one\n', b'two\n'))",
    'generator-one': r"(c for c in (b'one\n',))",
    'generator-empty': '(c for c in ())',
    'generator-many': "(b'%d,' % i for i in range(40))",
    'generator-large': "(b'%d' % i * 9000 for i in range(20))",
    'iterator': r"iter([b'one\n', b'two\n'])", 'getitem': 'GetItemOnly()',
    'large': "[b'x' * 1000000]", 'buffer-size': "[b'x' * 8192]",
    'body': r"Body([b'one\n', b'two\n'])",
    'sized-wrongly': r"SizedBody([b'one\n', b'two\n'])",
    'sized': r"SizedBody([b'one\n'])",
    'file': r"File(b'line1\nline2\n')",
    'none': 'None', 'int': '42', 'bytes': "b'raw'", 'str': "'text'",
    'list-str': "['text']", 'list-int': '[1]', 'list-none': '[None]',
    'list-bytearray': "[bytearray(b'ba')]",
    'list-memoryview': "[memoryview(b'mv')]",
    'list-subclass': "[Bytes(b'sub')]",
    'good-then-bad': r"[b'good\n', 'bad']",
    'close-none': r"NoneClose([b'x\n'])",
    'close-raises': r"Body([b'one\n'], close_error=RuntimeError('close'))",
    'close-raises-empty': "Body([], close_error=RuntimeError('close'))",
    'close-exits': r"Body([b'one\n'], close_error=SystemExit(5))",
    'raises-first': r"Body([b'one\n'], fail_at=0)",
    'raises-second': r"Body([b'one\n', b'two\n'], fail_at=1)",
    'raises-after-empty': r"Body([b'', b'two\n'], fail_at=1)",
    'raises-and-close':
        r"Body([b'one\n'], fail_at=0, close_error=KeyError('close'))",
    'raises-sent-and-close':
        r"Body([b'one\n'], fail_at=1, close_error=KeyError('close'))",
    'raises-exit': r"Body([b'one\n'], fail_at=1, error=SystemExit(4))",
    'iter-raises': "Fails(iter=ValueError('iter'))",
    'iter-of-nothing': 'Fails(iter=None)',
    'len-raises': r"Fails(iter=iter([b'one\n']), len=ValueError('len'))",
    'len-negative': r"Fails(iter=iter([b'one\n']), len=-1)",
    'len-str': r"Fails(iter=iter([b'one\n']), len='1')",
    'len-zero': r"Fails(iter=iter([b'one\n']), len=0)",
    'coroutine': 'coroutine()', 'class': 'GetItemOnly', 'range': 'range(2)',
    'map': r"map(bytes.upper, [b'one\n', b'two\n'])",
    'bytearray': "bytearray(b'raw')", 'exception': "ValueError('returned')",
    'raises-stop': r"Body([b'one\n'], fail_at=1, error=StopIteration())",
    'raises-generator-exit':
        r"Body([b'one\n'], fail_at=1, error=GeneratorExit())",
    'generator-stop': r"(next(iter([])) for c in (b'one\n',))",
    'raises-broken-pipe': r"Body([b'one\n'], fail_at=1, "
                          r"error=BrokenPipeError('own'))",
    'raises-reset-close': r"Body([b'one\n'], fail_at=1, "
                          r"error=ConnectionResetError('own'), "
                          r"close_error=KeyError('close'))",
}
for name, value in RETURNED.items():
    asked('return-' + name, 'returned: ' + value, '/return', value)

# ---- Answers: errors

RAISED = {
    'runtime': "RuntimeError('boom')", 'no-text': 'RuntimeError',
    'lines': r"RuntimeError('two\nlines')", 'unicode': r"ValueError('\u20ac')",
    'surrogate': r"ValueError('\udc80')", 'traceless': 'Traceless()',
    'key': "KeyError('k')", 'syntax': "SyntaxError('s', ('f', 1, 2, 'abc'))",
    'exit': 'SystemExit(3)', 'interrupt': 'KeyboardInterrupt',
    'generator-exit': 'GeneratorExit', 'stop-iteration': 'StopIteration(1)',
    'timeout': "TimeoutError('own')", 'broken-pipe': "BrokenPipeError('own')",
    'reset': "ConnectionResetError('own')",
    'aborted': "ConnectionAbortedError('own')",
    'refused': "ConnectionRefusedError('own')", 'no-exception': "'text'",
}
for name, value in RAISED.items():
    asked('raise-' + name, f'raise {value}, before anything', '/raise', value)
for name in ('runtime', 'exit', 'broken-pipe', 'interrupt'):
    value = RAISED[name]
    asked('raise-started-' + name, f'raise {value}, after start_response',
          '/raise-started', value)
    asked('raise-sent-' + name, f'raise {value}, after write()',
          '/raise-sent', value)
asked('raise-chained', 'an exception with a cause', '/raise',
      "__import__('functools').reduce(lambda error, cause: "
      "(setattr(error, '__cause__', cause), error)[1], "
      "[KeyError('k'), ValueError('v')])")
answer('close-sees-exception', 'close() runs in the except block',
       '/close-sees-exception')

# ---- Answers: statuses

STATUSES = {
    '100': "'100 Continue'", '204': "'204 No Content'",
    '304': "'304 Not Modified'", '999': "'999 High'", 'space': "'200 '",
    'latin1': r"'200 \xe9t\xe9'", 'not-latin1': r"'200 \u20ac'",
    'crlf': r"'200 OK\r\nX-Injected: yes'", 'lf': r"'200 OK\nX-A: yes'",
    'nul': r"'200 O\x00K'", 'superscript': r"'20\xb2 OK'",
    'arabic': r"'\u0662\u0660\u0660 OK'", 'surrogate': r"'200 \udc80'",
    'bytes': "b'200 OK'", 'int': '200', 'none': 'None',
    'subclass': "Str('200 OK')", 'empty': "''", 'short': "'200'",
    'letters': "'abc OK'", 'leading-space': "' 200 OK'",
    'negative': "'-20 Neg'", 'two-digits': "'99 Low'",
    'four-digits': "'2000 OK'", 'no-space': "'200OK'", 'tab': r"'200\tOK'",
}
for name, value in STATUSES.items():
    asked('status-' + name, f'start_response({value}, ...)', '/status', value)

# ---- Answers: headers

GIVEN = {
    'none-at-all': '[]', 'length': "[('Content-Length', '8')]",
    'length-too-long': "[('Content-Length', '80')]",
    'length-too-short': "[('Content-Length', '3')]",
    'length-twice': "[('Content-Length', '8'), ('Content-Length', '9')]",
    'length-junk': "[('content-length', 'junk')]",
    'date': "[('Date', 'long ago')]", 'date-lower': "[('date', 'mine')]",
    'server': "[('Server', 'mine/1.0')]", 'server-upper': "[('SERVER', 'm')]",
    'cookies': "[('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')]",
    'colon': "[('X:A', 'v')]", 'empty-name': "[('', 'v')]",
    'empty-value': "[('X-A', '')]", 'space-name': "[('X A', 'v')]",
    'space-value': "[('X-A', '  padded  ')]", 'tab': r"[('X-A', 'a\tb')]",
    'latin1': r"[('X-A', 'caf\xe9')]", 'latin1-name': r"[('X-\xe9', 'v')]",
    'not-latin1': r"[('X-A', '\u20ac')]", 'status': "[('Status', '404 No')]",
    'trailer': "[('Trailer', 'X-T')]", 'lists': "[['X-A', 'v']]",
    'triple': "[('a', 'b', 'c')]", 'dict': "{'X-A': 'v'}",
    'tuple': "(('X-A', 'v'),)", 'none': 'None', 'str': "'X-A: v'",
    'int-item': '[1]', 'bytes-name': "[(b'X-A', 'v')]",
    'bytes-value': "[('X-A', b'v')]", 'int-value': "[('X-A', 3)]",
    'none-value': "[('X-A', None)]", 'subclass': "[('X-A', Str('v'))]",
    'list-subclass': "type('L', (list,), {})([('X-A', 'v')])",
    'crlf': r"[('X-A', 'a\r\nX-Injected: yes')]", 'lf': r"[('X-A', 'a\nb')]",
    'nul': r"[('X-A', 'a\x00b')]", 'del': r"[('X-A', 'a\x7fb')]",
    'c1': r"[('X-A', 'a\x85b')]", 'lf-name': r"[('X-A\nX-B', 'v')]",
    'tab-name': r"[('X\tA', 'v')]",
    'many': "[('X-%d' % i, 'v' * i) for i in range(200)]",
    'large': "[('X-A', 'v' * 100000)]", 'cr': r"[('X-A', 'a\rb')]",
    'generator': "(h for h in [('X-A', 'v')])", 'empty-tuple': '[()]',
    'length-empty': "[('Content-Length', '')]",
    'date-twice': "[('Date', 'one'), ('Date', 'two')]",
    'connection-part': "[('X-Connection', 'close')]",
}
for name, value in GIVEN.items():
    asked('headers-given-' + name, f'start_response(..., {value})',
          '/headers', value)
for name in ('Connection', 'Keep-Alive', 'Proxy-Authenticate',
             'Proxy-Authorization', 'TE', 'Trailers', 'Transfer-Encoding',
             'UPGRADE'):
    asked('hop-by-hop-' + name.lower(), 'not for the application to send',
          '/headers', f"[('{name}', 'v')]")
answer('cl-and-generator', 'a length of its own', '/cl-and-generator')
answer('cl-too-small', 'which nobody compares', '/cl-too-small')
answer('headers-changed-later', 'the list is the very same',
       '/headers-changed-later')
answer('headers-seen', 'also for what the server adds', '/headers-seen')
case('headers-reused', 'so a list for two requests keeps the first length',
     request('/headers-reused?fresh', 'X-Size: 11'), Again(),
     request('/headers-reused', 'X-Size: 2'))

# ---- Answers: start_response and write

for target, why in {
        '/start-none': 'write() before start_response()',
        '/start-none-empty': 'no headers to finish',
        '/start-late': 'called at the first next()',
        '/start-too-late': 'called after the first block, an empty one',
        '/start-twice': 'the second call is refused',
        '/start-twice-exc-info': 'unless it brings an error',
        '/start-exc-info-sent': 'which flies on when the head is out',
        '/start-exc-info-no-active': 'or another, when none is handled',
        '/start-exc-info-nones': '(None, None, None) is no error',
        '/start-keywords': 'by keyword',
        '/start-one-argument': 'too few arguments',
        '/start-no-argument': 'none at all',
        '/start-too-many': 'too many',
        '/start-wrong-keyword': 'an unknown one',
        '/start-bad-then-good': 'a refused call has set the status',
        '/start-returns-write': 'the names of both',
        '/start-in-environ': 'a cycle through environ',
        '/write': 'write() and an iterable',
        '/write-empty': 'write(b"") sends the head',
        '/write-only': 'write() alone',
        '/write-between': 'write() between two blocks',
        '/write-returns': 'it returns None',
        '/write-keyword': 'by keyword',
        '/write-nothing': 'without an argument',
        '/write-str': 'only bytes',
        '/write-bytearray': 'nothing like bytes',
        }.items():
    answer(target[1:], why, target)
for name, value in {
        'real': 'exc_info()', 'none': 'None', 'empty': '()', 'zero': '0',
        'true': 'True', 'str': "'text'", 'exception': "ValueError('x')",
        'pair': "(ValueError, ValueError('x'))",
        'no-traceback': "(ValueError, ValueError('x'), None)",
        }.items():
    asked('start-with-' + name, 'before the head is out, exc_info is not '
          'looked at: ' + value, '/start-with', value)
    asked('start-with-sent-' + name, 'and then, whether it is there: '
          + value, '/start-with-sent', value)
for name, value in {
        'bytes': r"b'w\n'", 'empty': "b''", 'none': 'None', 'int': '3',
        'memoryview': "memoryview(b'mv')", 'subclass': "Bytes(b'sub')",
        'list': "[b'w']", 'large': "b'w' * 1000000",
        }.items():
    asked('write-of-' + name, 'write() takes bytes: ' + value, '/write-of',
          value)
case('write-saved', "an earlier request's write()",
     request('/write-save'), Again(), request('/write-saved'))
case('start-saved', "an earlier request's start_response",
     request('/start-save'), Again(), request('/start-saved'))

# ---- Files

for target, why in {
        '/file-object': 'a file is an iterable of lines',
        '/file-wrapper': 'in blocks, and closed',
        '/file-wrapper-cl': 'its length is not cut',
        '/file-wrapper-no-close': 'a file that cannot be closed',
        '/file-wrapper-text': 'a file of text',
        '/file-wrapper-real': 'a real one, of several blocks',
        '/file-wrapper-after-write': 'a real one, after write()',
        '/file-wrapper-unstarted': 'a real one, without start_response',
        '/file-wrapper-by-hand': 'as an iterator',
        '/file-wrapper-wrong': 'without a file',
        }.items():
    answer(target[1:], why, target)

# A real file leaves by sendfile(2); nothing else may show that.
for name, value in {
        'disk': 'on_disk()',
        'disk-position': 'on_disk(position=5)',
        'disk-end': 'on_disk(position=24000)',
        'disk-past-end': 'on_disk(position=30000)',
        'disk-empty': "on_disk(b'')",
        'disk-big': "on_disk(b'big ' * 1000000)",
        'disk-raw': 'on_disk(buffering=0)',
        'disk-read': '(lambda f: (f.read(10), f)[1])(on_disk())',
        'disk-written': "(lambda f: (f.write(b'over'), f)[1])(on_disk())",
        'disk-closed': '(lambda f: (f.close(), f)[1])(on_disk())',
        'disk-small-blocks': 'on_disk(), 100',
        'disk-one-read': 'on_disk(), -1',
        'disk-no-block': 'on_disk(), 0',
        'disk-block-of-none': 'on_disk(), None',
        'disk-block-of-str': "on_disk(), 'x'",
        'disk-text': "open('/proc/version')",
        'disk-proc': "open('/proc/version', 'rb')",
        'disk-null': "open('/dev/null', 'rb')",
        'disk-gzip': "gzip.GzipFile(fileobj=io.BytesIO("
                     "gzip.compress(b'zipped', mtime=0)))",
        'disk-buffered-bytes': "io.BufferedReader(io.BytesIO(b'bytes'))",
        'disk-named': "(lambda f: (f.write(b'named'), f.seek(1), f)[2])"
                      "(tempfile.NamedTemporaryFile())",
        'pipe': "pipe(b'piped')",
        }.items():
    asked('file-' + name, 'wrapped: ' + value, '/file-wrapper-of', value)
for name in ('blksize', 'filelike', 'close', 'blksize filelike', '__init__'):
    answer('file-without-' + name.strip('_').replace(' ', '-'),
           'a wrapper that lacks an attribute',
           f'/file-wrapper-without?{quote(name)}')
answer('file-without-by-hand', 'and gets it again',
       '/file-wrapper-without-by-hand')
case('file-disk-head', 'a real one, to HEAD',
     request('/file-wrapper-of?on_disk()', method='HEAD'))
case('file-disk-09', 'a real one, without headers',
     b'GET /file-wrapper-of?on_disk()\r\n\r\n')

# ---- wsgiref.validate as middleware: it looks at types and order

answer('validated-ok', 'all is well', '/validated/ok')
answer('validated-head', 'HEAD too', '/validated/ok', method='HEAD')
answer('validated-unknown-method', 'a warning in the log', '/validated/ok',
       method='FOO')
case('validated-read', 'read(n)', post('/validated/read-cl', HELLO))
case('validated-readline', 'the lines of wsgi.input',
     post('/validated/iter-input', b'a\nb\n'), Shut())
case('validated-read-all', 'read() is refused',
     post('/validated/read-all', HELLO), Shut())
answer('validated-write', 'write()', '/validated/write')
answer('validated-errors', 'wsgi.errors', '/validated/errors')
answer('validated-no-content', '204 must not have a type',
       '/validated/no-content')
answer('validated-file', 'a wrapped file', '/validated/file-wrapper')
answer('validated-generator', 'a generator', '/validated/start-late')
asked('validated-str', 'a str is refused', '/validated/return', "'text'")
asked('validated-close-raises', 'an error in close()', '/validated/return',
      r"Body([b'one\n'], close_error=RuntimeError('close'))")

assert len({case.name for case in CASES}) == len(CASES), 'a name twice'
