"""Real clients: Python's http.client, and curl where there is one.

They understand less than a raw socket shows, and ask in ways that the cases
do not. Each test has one request made to both servers and compares what the
client makes of the answers.
"""

import hashlib
import http.client
import random
import shutil
import subprocess
import tempfile
import unittest

from tools.compare import servers
from tools.compare.differences import without_differences
from tools.patience import PATIENCE

CURL = shutil.which('curl')
LARGE = random.Random(1).randbytes(5_000_000)


class Pair(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.python = servers.reference()
        cls.addClassCleanup(cls.python.stop_cleanly)
        cls.program = servers.program()
        cls.addClassCleanup(cls.program.stop_cleanly)

    def same(self, ask):
        """ask(server) for both servers, whose answers must be the same, as
        must their logs. Returns the answer."""
        self.maxDiff = 4000
        expected, expected_log = self.with_log(ask, self.python)
        answer, log = self.with_log(ask, self.program)
        self.assertEqual(answer, expected)
        self.assertEqual(log, expected_log)
        return answer

    def with_log(self, ask, server):
        try:
            answer = ask(server)
        finally:
            log = without_differences(server.log_of_exchange())
        return answer, log


class HTTPClient(Pair):

    def ask(self, *arguments, read=http.client.HTTPResponse.read, **more):
        """A request by http.client: status, headers and body."""
        def ask(server):
            connection = http.client.HTTPConnection(
                *server.address, timeout=PATIENCE)
            try:
                connection.request(*arguments, **more)
                response = connection.getresponse()
                headers = [header for header in response.getheaders()
                           if header[0] != 'Date']
                return (response.version, response.status, response.reason,
                        headers, read(response))
            finally:
                connection.close()

        return self.same(ask)

    def test_get(self):
        *_, body = self.ask('GET', '/ok')
        self.assertEqual(body, b'ok\n')

    def test_get_without_length(self):
        *_, body = self.ask('GET', '/start-late')
        self.assertEqual(body, b'late\n')

    def test_head(self):
        """The client does not read the body that is sent."""
        _, status, _, headers, body = self.ask('HEAD', '/ok')
        self.assertEqual((status, body), (200, b''))
        self.assertIn(('Content-Length', '3'), headers)

    def test_environ(self):
        """What http.client itself adds to a request."""
        def read(response):
            return without_differences(response.read().decode())

        *_, body = self.ask('GET', '/env?a=1&b=2', read=read,
                            headers={'Host': 'h', 'X-A': 'caf\xe9'})
        self.assertIn("HTTP_ACCEPT_ENCODING = 'identity'\n", body)

    def test_post(self):
        *_, body = self.ask('POST', '/read-cl', body=b'a=1&b=2')
        self.assertEqual(body, b"got b'a=1&b=2'\n")

    def test_post_5_mb(self):
        """Out and back again, much more than any buffer holds."""
        *_, body = self.ask('POST', '/echo', body=LARGE)
        self.assertEqual(hashlib.sha256(body).digest(),
                         hashlib.sha256(LARGE).digest())

    def test_post_5_mb_read_in_pieces(self):
        *_, body = self.ask('POST', '/digest', body=LARGE)
        digest = hashlib.sha256(LARGE).hexdigest()
        self.assertEqual(body, b'missing 0 %s\n' % digest.encode())

    def test_put_in_blocks(self):
        *_, body = self.ask('PUT', '/digest', body=[b'x' * 50000] * 2,
                            headers={'Content-Length': '100000'})
        digest = hashlib.sha256(b'x' * 100_000).hexdigest()
        self.assertEqual(body, b'missing 0 %s\n' % digest.encode())

    def test_chunked_request(self):
        """It is left to the application to take the chunks apart."""
        *_, body = self.ask('POST', '/read-chunked', body=[b'one', b'two'],
                            encode_chunked=True,
                            headers={'Transfer-Encoding': 'chunked'})
        self.assertEqual(body, b"got [b'one', b'two']\n")

    def test_read_in_pieces(self):
        def read(response):
            return b''.join(iter(lambda: response.read(1000), b''))

        *_, body = self.ask('GET', '/file-wrapper-real', read=read)
        self.assertEqual(body, b'real file\n' * 3000)

    def test_read_by_lines(self):
        *_, lines = self.ask('GET', '/write-between', read=list)
        self.assertEqual(lines, [b'y1\n', b'w1\n', b'y2\n'])

    def test_length_too_long(self):
        """The client notices that the answer is cut."""
        def read(response):
            try:
                return response.read()
            except http.client.IncompleteRead as error:
                return repr(error)

        *_, error = self.ask(
            'GET', "/headers?[('Content-Length',%20'80')]", read=read)
        self.assertEqual(error,
                         'IncompleteRead(8 bytes read, 72 more expected)')

    def test_error_page(self):
        _, status, reason, _, _ = self.ask('GET', '/raise?OSError(5)')
        self.assertEqual((status, reason), (500, 'Internal Server Error'))

    def test_too_many_headers(self):
        _, status, _, _, _ = self.ask(
            'GET', '/ok', headers={f'X-{n}': 'v' for n in range(100)})
        self.assertEqual(status, 431)

    def test_two_requests_two_connections(self):
        """The client connects once more, of its own accord."""
        def ask(server):
            connection = http.client.HTTPConnection(
                *server.address, timeout=PATIENCE)
            bodies = []
            for target in ('/ok', '/write'):
                connection.request('GET', target)
                bodies.append(connection.getresponse().read())
            connection.close()
            return bodies

        self.assertEqual(self.same(ask), [b'ok\n', b'w1\nw2\niter\n'])


@unittest.skipUnless(CURL, 'curl is not installed')
class Curl(Pair):

    def ask(self, target, *options, stdin=b''):
        """What curl prints, and its exit status."""
        def ask(server):
            result = subprocess.run(
                [CURL, '--silent', '--show-error', '--include',
                 '--max-time', str(PATIENCE), '--noproxy', '*',
                 '--header', 'Host: h', '--user-agent', 'curl', *options,
                 'http://%s:%d%s' % (*server.address, target)],
                input=stdin, capture_output=True)
            return (result.returncode, result.stderr.decode(),
                    without_differences(result.stdout.decode('latin-1')))

        return self.same(ask)

    def body(self, *arguments, **more):
        status, error, output = self.ask(*arguments, **more)
        self.assertEqual((status, error), (0, ''))
        return output.partition('\r\n\r\n')[2]

    def test_get(self):
        self.assertEqual(self.body('/ok'), 'ok\n')

    def test_environ(self):
        self.assertIn("HTTP_USER_AGENT = 'curl'\n", self.body('/env?a=1'))

    def test_head(self):
        self.assertEqual(self.body('/ok', '--head'), '')

    def test_post_form(self):
        self.assertEqual(
            self.body('/read-cl', '--data', 'a=1+2', '--data', 'b=3'),
            "got b'a=1+2&b=3'\n")

    def test_upload(self):
        """A form with a file, as a browser sends it."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(LARGE[:300_000])
            file.flush()
            body = self.body('/upload', '--expect100-timeout', '0.1',
                             '--form', 'title=A file',
                             '--form', f'file=@{file.name};filename=a.bin')
        self.assertEqual(body, 'title None 6 %s\nfile a.bin 300000 %s\n' % (
            hashlib.sha256(b'A file').hexdigest(),
            hashlib.sha256(LARGE[:300_000]).hexdigest()))

    def test_expect(self):
        """No 100 Continue comes: curl waits a moment and sends the body."""
        body = self.body('/digest', '--header', 'Expect: 100-continue',
                         '--expect100-timeout', '0.1', '--data-binary', '@-',
                         stdin=LARGE)
        self.assertEqual(
            body, f'missing 0 {hashlib.sha256(LARGE).hexdigest()}\n')

    def test_put(self):
        body = self.body('/digest', '--upload-file', '-', '--header',
                         'Content-Length: 10', '--header',
                         'Transfer-Encoding:', stdin=LARGE[:10])
        self.assertEqual(
            body, f'missing 0 {hashlib.sha256(LARGE[:10]).hexdigest()}\n')

    def test_redirect(self):
        self.assertTrue(self.body('/redirect', '--location')
                        .endswith('\r\n\r\nok\n'))

    def test_bad_request(self):
        status, _, output = self.ask('/ok', '--request-target', '/a b')
        self.assertEqual(status, 0)
        self.assertTrue(output.startswith('HTTP/1.0 400 Bad request syntax'))

    def test_length_too_long(self):
        status, error, _ = self.ask(
            "/headers?%5B('Content-Length',%20'80')%5D", '--globoff')
        self.assertEqual(status, 18)
        self.assertRegex(error, r'\b72 bytes (remaining|missing)\b')


if __name__ == '__main__':
    unittest.main()
