"""The kinds of requests of tools/reliability: applications.py answers them."""


def get(target, *header_lines, method='GET', version='HTTP/1.1'):
    return '\r\n'.join([f'{method} {target} {version}', 'Host: h',
                        *header_lines, '', '']).encode('latin-1')


def post(target, body=b'a\nb\nc'):
    return get(target, f'Content-Length: {len(body)}', method='POST') + body


ANSWERED = {
    'hello': get('/hello'),
    'HTTP/1.0': get('/hello', version='HTTP/1.0'),
    'HTTP/0.9': b'GET /hello\r\n\r\n',
    'HEAD': get('/hello', method='HEAD'),
    'a target with escapes': get('/hello/%41%E9/%zz?a=%41&b'),
    'a long target': get('/hello/' + 'long' * 2000),
    'headers': get('/hello', 'Connection: Close', 'Expect: 100-Continue',
                   'Content-Type: text/html; charset=a', 'X-A: 1', 'X-A: 2',
                   'Content-Length: 0', 'Cookie: a=b', 'X_A: 3'),
    'a folded header': get('/hello', 'X-A: one', ' two', 'X-B: v'),
    'a header without a name': get('/hello', ': v', 'X-\xe9: v'),
    'no answer to speak of': get('/nothing'),
    'blocks': get('/blocks'),
    'a tuple': get('/pair'),
    'write()': get('/written'),
    'a large body': get('/large'),
    'headers of its own': get('/headers'),
    'a file': get('/file'),
    'a file in memory': get('/file_in_memory'),
    'read()': post('/read'),
    'readlines()': post('/lines', b'a\n' * 5),
    'the lines of the body': post('/iterated', b'b\n' * 5),
    'a body that nobody reads': post('/hello'),
    'expected': get('/read', 'Expect: 100-continue', 'Content-Length: 5',
                    method='POST') + b'hello',
    'wsgi.errors': get('/says'),
    'start_response() again': get('/started_again'),
}

REFUSED = {
    'no version': b'GET / x y\r\n\r\n',
    'a version that is too high': get('/', version='HTTP/9.1'),
    'a version that is none': get('/', version='HTTP/x'),
    'one word': b'GET\r\n\r\n',
    'a line that is too long': b'GET /' + b'x' * 65536,
    'a header that is too long': get('/', 'X: ' + 'x' * 65536),
    'too many headers': get('/', *['X: v'] * 101),
    'an empty line': b'\r\n',
}

FAILING = {
    'an error': get('/fails'),
    'an error amid the answer': get('/fails_late'),
    'an error in close()': get('/close_fails'),
    'no start_response()': get('/not_started'),
    'start_response() twice': get('/started_twice'),
    'start_response() too late': get('/started_too_late'),
    'a bad status': get('/bad_status'),
    'a bad header': get('/bad_header'),
    'a hop-by-hop header': get('/hop_by_hop'),
    'a bad block': get('/bad_block'),
    'no result': get('/no_result'),
}

ALL = ANSWERED | REFUSED | FAILING
