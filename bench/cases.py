"""What the servers are asked, and which answer is right."""

import http.client
import socket

from bench import applications
from tools.patience import PATIENCE

FILE_SIZE = 10 << 20
HEADERS = {'Host': '127.0.0.1', 'User-Agent': 'bench', 'Accept': '*/*',
           'Connection': 'close'}
# What a browser has beside these.
MORE_HEADERS = {
    'Accept-Language': 'en-US,en;q=0.7,de;q=0.3',
    'Accept-Encoding': 'gzip, deflate, br, zstd',
    'Cache-Control': 'max-age=0',
    'Cookie': 'session=59c1d2b6f0e84a7d8d1f; theme=light; seen=1764230400',
    'DNT': '1',
    'Priority': 'u=0, i',
    'Referer': 'http://127.0.0.1/a/page/before/this/one?number=17',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Site': 'same-origin',
    'Upgrade-Insecure-Requests': '1',
}
POSTED = bytes(range(256)) * 256


class Case:
    """`name` is for the command line, `words` for the table. `headers` are
    beside HEADERS. `body`, or None, is what is posted."""

    def __init__(self, name, words, path, headers, body):
        self.name = name
        self.words = words
        self.path = path
        self.headers = headers
        self.body = body

    def request(self):
        """Its bytes."""
        lines = [f'{"GET" if self.body is None else "POST"} {self.path} '
                 'HTTP/1.1']
        headers = HEADERS | self.headers
        if self.body is not None:
            headers['Content-Type'] = 'text/plain'
            headers['Content-Length'] = len(self.body)
        lines += [f'{name}: {value}' for name, value in headers.items()]
        return '\r\n'.join([*lines, '', '']).encode() + (self.body or b'')

    def right_body(self, file):
        """That of the answer; `file`: the bytes that /file sends."""
        return {'/hello': applications.HELLO, '/echo': self.body,
                '/page': applications.PAGE, '/file': file,
                '/blocks': applications.BLOCK * applications.BLOCKS,
                }[self.path]


CASES = {case.name: case for case in (
    Case('hello', 'hello', '/hello', {}, None),
    Case('headers', 'hello, 10 more headers', '/hello', MORE_HEADERS, None),
    Case('echo', 'echo of 64 KiB', '/echo', {}, POSTED),
    Case('page', '1 MiB', '/page', {}, None),
    Case('blocks', '256 × 4 KiB', '/blocks', {}, None),
    Case('file', 'file of 10 MiB', '/file', {}, None))}


def ask(port, case):
    """(status, headers, body) of one answer. http.client undoes what HTTP/1.1
    may do to a body."""
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as client:
        client.sendall(case.request())
        answer = http.client.HTTPResponse(client)
        answer.begin()
        return answer.status, answer.getheaders(), answer.read()
