/* Requests for Python's `lines`, each a str with a bar for a CRLF. */
#ifndef CWSGIREF_TESTS_SERVER_REQUESTS_H
#define CWSGIREF_TESTS_SERVER_REQUESTS_H

#include "support.h"

/* Request lines, with what comes after them. */
static const char request_lines[] =
    "lines = [\n"
    "    '', '|', '\\n', '  \\t |', 'GET', 'GET||',\n"
    "    '|GET / HTTP/1.1|Host: h||', 'GET /ok HTTP/1.0',\n"
    "    'GET /env HTTP/1.0||', 'GET /env HTTP/1.1||',\n"
    "    'GET /env HTTP/1.1\\nHost: h\\nX-A: b\\n\\n',\n"
    "    'GET /env HTTP/1.1\\rHost: h\\r\\r',\n"
    "    'GET /env HTTP/1.1|Host: h\\nX-A: b|\\n',\n"
    "    'GET /env||', 'GET /env|Host: h||', 'GET /ok|',\n"
    "    'POST /env||', 'get /env||', 'HEAD /env||',\n"
    "    'GET /a b c||', 'GET /<script> <b>||',\n"
    "    'GET /%s%d%n x y||',\n"
    "    'PRI * HTTP/2.0||SM||\\0\\0\\0\\4\\0\\0\\0\\0\\0',\n"
    "    '\\x16\\3\\1\\0\\xa5\\1\\0\\0\\xa1\\3\\3\\\\\\x7f\\xff',\n"
    "    'A' * 65535, 'A' * 65536, 'A' * 65537, 'A' * 200000,\n"
    "    'GET /%s HTTP/1.1|Host: h||' % ('a' * 65520),\n"
    "    'GET /%s HTTP/1.1|Host: h||' % ('a' * 65521),\n"
    "    'GET /%s HTTP/1.1\\nHost: h\\n\\n' % ('a' * 65522),\n"
    "]\n"
    "lines += [line + '|Host: h||' for line in [\n"
    "    'GET /env HTTP/1.1', 'get /env HTTP/1.1', 'FOO /env HTTP/1.1',\n"
    "    'G<E>T\" /env HTTP/1.1', 'caf\\xe9 / HTTP/1.1', 'G\\0 / HTTP/1.1',\n"
    "    'GET /env HTTP/0.9', 'FAIL /env HTTP/0.9', 'ERROR / HTTP/0.9',\n"
    "    'EARLY / HTTP/0.9', 'BEYOND / HTTP/0.9', 'EARLY / HTTP/1.1',\n"
    "    'BEYOND / HTTP/1.1', 'LATIN / HTTP/1.1', 'LATIN / HTTP/1.0',\n"
    "    'FAIL / HTTP/1.1', 'TIMEOUT / HTTP/1.1', 'TIMEOUT / HTTP/0.9',\n"
    "    'ERROR / HTTP/1.1', 'ERROR / HTTP/1.0', 'HEAD / HTTP/1.1',\n"
    "    'HEAD / HTTP/3.0', 'HEAD /a b HTTP/1.1', 'CLOSE / HTTP/1.1',\n"
    "    'POST / HTTP/1.1', 'GET /a b HTTP/1.1', 'GET\\t/env\\tHTTP/1.1',\n"
    "    'GET   /env   HTTP/1.1  ', ' GET /env HTTP/1.1',\n"
    "    'GET\\x0b/env\\x0cHTTP/1.1', 'GET\\x1c/env\\x1fHTTP/1.1',\n"
    "    'GET\\x85/env\\xa0HTTP/1.1', 'GET /voil\\xc3\\xa0 HTTP/1.1',\n"
    "    'GET /a\\0b HTTP/1.1', 'GET /\\x1b[31mred\\x07 HTTP/1.1',\n"
    "    'GET /a\\\\b\"c HTTP/1.1', 'GET /a\\rb HTTP/1.1',\n"
    "    'GET /env HTTP/1.1\\r', 'GET //evil/p HTTP/1.1',\n"
    "    'GET ////evil//p HTTP/1.1', 'GET //evil?//x HTTP/1.1',\n"
    "    'GET // HTTP/1.1', 'GET /a//b HTTP/1.1', 'GET //a',\n"
    "    'GET * HTTP/1.1',\n"
    "    \"GET /it's HTTP/1.1 more\", 'GET /it\\'s\"both\" HTTP/1.1 more',\n"
    "]]\n";

static const char request_versions[] =
    "lines += ['GET /env %s|Host: h||' % version for version in [\n"
    "    'HTTP/2', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/1.1.1',\n"
    "    'http/1.1',\n"
    "    'HTTP/1.a', 'HTTP/1.1/1.1', 'HTTP1.1', 'HTTP/', 'JUNK', 'FTP/1.1',\n"
    "    'HTTP/1.1;x', 'HTTP/1.10', 'HTTP/1.2', 'HTTP/01.1', 'HTTP/1.01',\n"
    "    'HTTP/0.0', 'HTTP/-1.1', 'HTTP/+1.1', 'HTTP/1.-1', 'HTTP/1.1_0',\n"
    "    'HTTP/1.11111111111', 'HTTP/1.1111111111', 'HTTP/2.0', 'HTTP/3.0',\n"
    "    'HTTP/1.\\xb2', 'HTTP/%s.1' % ('1' * 5000), 'HTTP/<b>&\"\\'',\n"
    "    'HTTP/10.0', 'HTTP/1_0.1', 'HTTP/1_.1', 'HTTP/1.0', 'HTTP/1.9',\n"
    "    'HTTP/2.\\0', 'HTTP/ 1.1', 'HTTP/+2.0',\n"
    "    'HTTP/9999999999.9999999999',\n"
    "]]\n";

/* Request targets. */
static const char request_targets[] =
    "targets = [\n"
    "    '/p?', '/p?a=1?b=2', '/p?a#frag', '/p#frag', '?q',\n"
    "    '/p?a=%41%00%zz',\n"
    "    '/p;v=1?x', 'p/q', '/a/../b/./c', '/a%00b', '/caf%C3%A9',\n"
    "    '/caf%E9',\n"
    "    '/%zz%4', '/%', '/a%2Fb%2fc', '/a%0d%0aX:%20y', '/a%3Fb?c',\n"
    "    '/a%2541', '/a+b?c+d', 'http://other:81/p?q', 'http://other',\n"
    "    'https://other/p', '//evil/p', '////evil//p', '//evil?//x',\n"
    "    '/a//b',\n"
    "    '/\\\\evil', '*', '.', 'h:80', '/~u/%7Eu', '/\"\\'<>`{}^',\n"
    "    '/caf\\xc3\\xa9', '/\\xff?\\xfe', '/\\xe9%E9', '/%4\\xe91',\n"
    "    '/%\\xb21',\n"
    "    '/%%41%4%41%', '/%e9%C3%a9%fF', '%', '%4', '%41', '%%%', '%G1%1G',\n"
    "]\n"
    "for target in targets:\n"
    "    for method in 'GET', 'OPTIONS', 'CONNECT', 'POST', 'get':\n"
    "        lines.append('%s %s HTTP/1.1|Host: h||' % (method, target))\n";

/* Header lines, in requests of each version. */
static const char request_headers[] =
    "headers = [\n"
    "    'X-A: 1|no colon here|X-B: 2', 'X-A: 1|X-S : v|X-B: 2',\n"
    "    'X-A: 1|: v|X-B: 2', 'X-A:|X-B: 2', 'X-A:1|X-B:\\t2\\t',\n"
    "    'X-A: one| two|\\tthree|X-B: 2', ' folded first|X-B: 2',\n"
    "    'X-A: 1|X-A: 2|x-a: 3', 'X-A: caf\\xe9', 'X-\\xe9: v|X-B: 2',\n"
    "    'X-A: a\\0b\\x01\\x7f|X-B: 2', 'X-A: a\\rX-Inj: yes|X-B: 2',\n"
    "    'X-A: a\\x0bb\\x0cc\\x1cd\\x85e|X-B: 2',\n"
    "    'From me@here Mon: x|X-B: 2', 'Subject: =?utf-8?q?caf=C3=A9?=',\n"
    "    'X-A: ' + 'a' * 65529, 'X-A: ' + 'a' * 65530,\n"
    "    'X-A: ' + 'a' * 70000,\n"
    "    'X-A: %s| %s' % ('a' * 35000, 'a' * 35000),\n"
    "    'Connection: close', 'Connection: CLOSE',\n"
    "    'Connection: keep-alive',\n"
    "    'Connection: Keep-Alive', 'Connection: Upgrade', 'Connection:',\n"
    "    'Connection: close|Connection: keep-alive',\n"
    "    'Connection: keep-alive|Connection: close',\n"
    "    'connection: close ', 'Expect: 100-continue',\n"
    "    'Expect: 100-CONTINUE',\n"
    "    'Expect: nonsense', 'Expect: 100-continue|Connection: close',\n"
    "]\n"
    "headers += [\n"
    "    'X_A: under|X-A: dash', 'Content_Length: 5|Content_Type: x/y',\n"
    "    'Script-Name: /evil|Path-Info: /evil|Query-String: evil=1',\n"
    "    'Remote-Addr: 1.2.3.4|Remote-Host: evil|Request-Method: EVIL',\n"
    "    'Server-Name: evil|Server-Port: 1|Server-Protocol: EVIL',\n"
    "    'Server-Software: evil|Gateway-Interface: evil|Remote-User: root',\n"
    "    'Auth-Type: x|Https: on|Proxy: evil|Http-Host: evil',\n"
    "    'wsgi.input: x|Content.Length: 7|Path: /evil|Home: /evil',\n"
    "    'Host: other', 'Host:', 'X-A:|X-A:|X-A: 3',\n"
    "    'Cookie: a=1|Cookie: b=2',\n"
    "    'Content-Type: a/b|Content-Type: c/d', 'Content-Type:',\n"
    "    'Content-Type: nonsense',\n"
    "    'Content-Type: TEXT/HTML; Charset=\"x\"',\n"
    "    'Content-Type:   text/html   ',\n"
    "    'Content-Type: multipart/form-data',\n"
    "    'Content-Type: a/b;\\r\\n c=d', 'Content-Type: /|X: 1',\n"
    "    'Content-Length: 5|Content-Length: 3', 'Content-Length:',\n"
    "    'Content-Length: 5 |X: 1', 'Content-Length: 5|6',\n"
    "    'Content-Length: -1',\n"
    "    'Content-Length: 1_0',\n"
    "    \"X!#$%&'*+.^_`~: v|X(Y)/Z: w\", '1: one|9-: n',\n"
    "    'Transfer-Encoding: chunked', 'X-A: \\xa0v\\x85 \\x1c',\n"
    "    '-: v|_: w',\n"
    "]\n"
    "for count in 98, 99, 100, 200:\n"
    "    headers.append('|'.join(['X-%d: v' % i for i in range(count)]))\n"
    "for header in headers:\n"
    "    for version in '1.0', '1.1', '0.9', '1.2':\n"
    "        lines.append('GET /env HTTP/%s|Host: h|%s||'\n"
    "                     % (version, header))\n"
    "lines.append('HEAD / HTTP/1.1|' + 'X: v|' * 101)\n"
    "lines.append('GET /first|' + 'X: v|' * 101)\n";

/* Several requests in one connection. */
static const char request_sequences[] =
    "one = 'GET /%d HTTP/1.1|Host: h||'\n"
    "post = 'POST / HTTP/1.%d|Content-Length: %d|%s|%s'\n"
    "lines += [\n"
    "    one % 1 + one % 2 + one % 3, one % 1 + '|' + one % 2,\n"
    "    one % 1 + 'CLOSE / HTTP/1.1||' + one % 3,\n"
    "    one % 1 + 'ERROR / HTTP/1.1||' + one % 3,\n"
    "    one % 1 + 'NONE / HTTP/1.1||' + one % 3,\n"
    "    one % 1 + 'FAIL / HTTP/1.1||' + one % 3,\n"
    "    one % 1 + 'GET / HTTP/1.0||' + one % 3,\n"
    "    one % 1 + 'GET / HTTP/1.0|Connection: keep-alive||' + one % 3,\n"
    "    one % 1 + 'X-A: 1||' + one % 3, one % 1 + 'GET /||',\n"
    "    one % 1 + 'GET / HTTP/1.1|X: ' + 'a' * 70000 + '||',\n"
    "    one % 1 + 'GET /' + 'a' * 70000 + '||' + one % 3,\n"
    "    one % 1 + 'GET / HTTP/2.0||' + one % 3,\n"
    "    post % (1, 5, '', 'hello') + one % 2,\n"
    "    post % (0, 5, '', 'hello') + one % 2,\n"
    "    post % (1, 9, '', 'hello'), post % (1, 0, '', one % 2),\n"
    "    post % (1, 5, 'Expect: 100-continue|', 'hello') + one % 2,\n"
    "    post % (0, 5, 'Expect: 100-continue|', 'hello') + one % 2,\n"
    "    'EARLY / HTTP/1.1|Expect: 100-continue||',\n"
    "    one % 1 + 'EARLY / HTTP/1.1||',\n"
    "]\n";

static inline void
make_request_lines(void)
{
    run_python(request_lines);
    run_python(request_versions);
    run_python(request_targets);
    run_python(request_headers);
    run_python(request_sequences);
    run_python("lines = [line.replace('|', '\\r\\n').encode('latin-1')\n"
               "         for line in lines]\n");
}

#endif
