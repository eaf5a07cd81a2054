"""The requests to subclasses that say HTTP/1.1, and their options: variants.py
and variants.c."""

from .cases import Case, post, request
from .exchange import Close, Dribble, ExpectOpen, Reset, Send, Shut, Until

# ---- As far as wsgiref goes: one request for each connection

EXPECT = request('/read-cl', 'Expect: 100-continue', 'Content-Length: 5',
                 method='POST')
CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'
NEXT = request('/ok?next')
END = b'Host: h\r\n\r\n'

ONE_REQUEST = [
    Case('keep-alive', 'the connection ends all the same',
         [Send(request('/env', 'Connection: keep-alive') + NEXT)]),
    Case('expect', '100 Continue, at once',
         [Send(EXPECT), Until(CONTINUE), Send(b'hello')]),
    Case('expect-10', 'HTTP/1.0 knows none',
         [Send(EXPECT.replace(b'HTTP/1.1', b'HTTP/1.0') + b'hello')]),
    Case('expect-12', 'any later version does',
         [Send(EXPECT.replace(b'HTTP/1.1', b'HTTP/1.2')), Until(CONTINUE),
          Send(b'hello')]),
    Case('expect-upper', 'in capitals',
         [Send(EXPECT.replace(b'100-continue', b'100-CONTINUE')),
          Until(CONTINUE), Send(b'hello')]),
    Case('expect-two', 'only by itself',
         [Send(EXPECT.replace(b'100-continue', b'100-continue, x')),
          ExpectOpen(), Send(b'hello')]),
    Case('expect-body', 'even for a body that is there',
         [Send(EXPECT + b'hello')]),
    Case('expect-get', 'even for none at all',
         [Send(request('/ok', 'Expect: 100-continue'))]),
    Case('expect-unread', 'whatever the application then does',
         [Send(request('/raise?OSError(5)', 'Expect: 100-continue',
                       'Content-Length: 5', method='PUT')), Until(CONTINUE)]),
    Case('expect-leaves', 'the client has thought better of it',
         [Send(EXPECT), Until(CONTINUE), Shut()]),
    Case('line-four-words', "the page's status line says HTTP/1.1",
         [Send(b'GET /a b HTTP/1.1\r\n' + END)]),
    Case('line-too-long', '414', [Send(b'GET /' + b'a' * 65536)]),
    Case('headers-too-many', '431',
         [Send(b'GET /ok HTTP/1.1\r\n' + b'X-A: b\r\n' * 101 + b'\r\n')]),
    Case('headers-too-many-head', 'its head alone',
         [Send(b'HEAD /ok HTTP/1.1\r\n' + b'X-A: b\r\n' * 101 + b'\r\n')]),
    Case('version-2', '505, headless', [Send(b'GET /ok HTTP/2.0\r\n' + END)]),
    Case('09', 'HTTP/0.9 is answered as ever', [Send(b'GET /ok\r\n\r\n')]),
    Case('no-host', 'nobody asks for Host',
         [Send(b'GET /env HTTP/1.1\r\n\r\n')]),
]

ONE_REQUEST_OPTIONS = ['protocol_version=HTTP/1.1']


# ---- As frameworks complete it: connections persist

def then(name, why, *requests):
    """After these requests, one more; and the client has no more to say."""
    return Case(name, why, [Send(b''.join(requests) + NEXT), Shut()])


PERSISTENT = [
    then('two', 'answered one after the other', request('/env')),
    then('three', 'also three', request('/ok'), request('/read-cl')),
    then('close', 'the client wants no more',
         request('/ok', 'Connection: close')),
    then('close-upper', 'in capitals', request('/ok', 'Connection: CLOSE')),
    then('close-and-more', 'only by itself',
         request('/ok', 'Connection: close, x')),
    then('10', 'HTTP/1.0 ends', b'GET /ok HTTP/1.0\r\n\r\n'),
    then('10-keep-alive', 'unless the client asks',
         b'GET /ok HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'),
    then('12', 'HTTP/1.2 goes on', b'GET /ok HTTP/1.2\r\n\r\n'),
    then('09', 'HTTP/0.9 cannot', b'GET /ok\r\n\r\n'),
    then('head', 'the body of HEAD confuses any client',
         request('/ok', method='HEAD')),
    then('no-content', '204 has a length, here', request('/no-content')),
    then('not-modified', 'and 304', request('/not-modified')),
    then('no-length', 'the end of such a body is the end of the connection',
         request('/start-late')),
    then('write', 'the same for write()', request('/write')),
    then('wrong-length', 'nobody compares', request('/cl-too-small')),
    then('file', 'sendfile', request('/file-wrapper-of?on_disk()')),
    then('body', 'the next request begins where the body ends',
         post('/read-cl', b'hello')),
    then('body-echo', 'also after a large one',
         post('/echo', b'e' * 100000)),
    then('body-unread', 'a body that nobody reads is the next request',
         post('/ok', b'hello\r\n')),
    then('body-request', 'whatever it holds',
         post('/ok', request('/env'))),
    then('body-long', 'and so is what is too much',
         post('/read-cl', b'hello') + b'!'),
    then('body-no-length', 'or has no length at all',
         request('/read-cl', method='POST', body=b'a b c\r\n')),
    then('body-chunked', 'chunks are for the application to read',
         request('/read-chunked', 'Transfer-Encoding: chunked', method='POST',
                 body=b'5\r\nhello\r\n0\r\n\r\n')),
    then('body-chunked-unread', 'or the next request',
         request('/ok', 'Transfer-Encoding: chunked', method='POST',
                 body=b'5\r\nhello\r\n0\r\n\r\n')),
    then('body-read-all', 'read() takes all that follows',
         post('/read-all', b'hello')),
    then('input-closed', 'nothing can be read any more',
         request('/input-close')),
    then('empty-line', 'an empty line ends it', b'\r\n'),
    then('empty-line-between', 'also later', request('/ok'), b'\r\n'),
    then('bad', 'a bad request line ends it', b'GET /a b HTTP/1.1\r\n' + END),
    then('bad-version', 'so does a bad version', b'GET /a b\r\n' + END),
    then('version-2', 'but 505 does not: it has looked at the version',
         b'GET /ok HTTP/2.0\r\n' + END),
    then('too-long', '414', b'GET /' + b'a' * 65536 + b'\r\n' + END),
    then('too-many', '431 leaves the rest unread',
         b'GET /ok HTTP/1.1\r\n' + b'X-A: b\r\n' * 101 + b'\r\n'),
    then('raise', '500 has a length', request('/raise?OSError(5)')),
    then('raise-sent', 'an error amid the answer',
         request('/raise-sent?OSError(5)')),
    then('raise-pipe', 'an error that says the client has gone',
         request('/raise?BrokenPipeError(5)')),
    then('close-raises', 'an error in close()',
         request("/return?Body([b'1'],close_error=OSError(5))")),
    then('upgrade', 'nobody upgrades',
         request('/ok', 'Connection: Upgrade', 'Upgrade: h2c')),
    Case('later', 'the second comes when the first is answered',
         [Send(request('/ok')), Until(b'ok\n'), Send(NEXT), Shut()]),
    Case('idle', 'the server waits for it',
         [Send(request('/ok')), Until(b'ok\n'), ExpectOpen(), Shut()]),
    Case('expect-two', '100 Continue for each',
         [Send(EXPECT), Until(CONTINUE), Send(b'hello' + EXPECT),
          Until(CONTINUE), Send(b'world'), Shut()]),
    Case('dribble', 'byte by byte',
         [Dribble(request('/ok') + NEXT), Shut()]),
    Case('cut', 'the second is cut in its request line',
         [Send(request('/ok') + b'GET /en'), Shut()]),
    Case('cut-headers', 'in its headers',
         [Send(request('/ok') + b'GET /env HTTP/1.1\r\nHost:'), Shut()]),
    Case('leaves', 'the client leaves between two',
         [Send(request('/ok')), Until(b'ok\n'), Close()]),
    Case('resets', 'with an error',
         [Send(request('/ok')), Until(b'ok\n'), Reset()]),
    Case('resets-late', 'amid the second',
         [Send(request('/ok')), Until(b'ok\n'), Send(b'GET /env HTTP/1.1\r\n'),
          Reset()]),
]

PERSISTENT_OPTIONS = ['protocol_version=HTTP/1.1', 'http_version=1.1',
                      '--persistent']
