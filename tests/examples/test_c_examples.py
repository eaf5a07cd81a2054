"""The programs of examples/c, each beside the Python in its first comment.

    CWSGIREF_BUILD=build/study \
        python3 -m unittest -v tests/examples/test_c_examples.py

CWSGIREF_BUILD in the environment is the directory that they were built in,
build/study by default.
"""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

from tools.compare.differences import without_differences
from tools.patience import PATIENCE
from tools.server import Server

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "examples/c"
BUILD = Path(os.environ.get("CWSGIREF_BUILD", ROOT / "build/study"))
NAMES = sorted(path.stem for path in SOURCES.glob("*.c"))

# What the Python in the comments takes as imported.
IMPORTS = """
import io, socketserver, sys, urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from wsgiref.simple_server import (
    WSGIRequestHandler, WSGIServer, demo_app, make_server)
"""


def python_of(name):
    """The Python in the first comment of an example, for a free port."""
    source = (SOURCES / f"{name}.c").read_text()
    comment = source[: source.index("*/")]
    code = comment[comment.index("Python") :]
    code = re.search(r":\n((?: \*(?:     .*)?\n)+)", code)[1]
    code = textwrap.dedent(re.sub(r"(?m)^ \* ?", "", code))
    code, ports = re.subn(r"\b8000\b", "0", code)
    code, serves = re.subn(
        r"(?m)^    (\w+)\.serve_forever\(\)$",
        r"    print('Serving on port', \1.server_address[1], '...', "
        r"flush=True)\n"
        r"    \1.serve_forever()",
        code,
    )
    assert ports == serves == 1, code
    return code


class Process(Server):
    """An example, or what its comment says in Python."""

    announces = r"^Serving on port (\d+) \.\.\.\n"
    first_of_all = True

    def __init__(self, command, cwd=None):
        super().__init__(
            command,
            cwd=cwd,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def connect(self, host="127.0.0.1"):
        return socket.create_connection(
            ("127.0.0.1", self.port), PATIENCE, source_address=(host, 0)
        )

    def answer(self, request, host="127.0.0.1"):
        """All bytes until the server closes, which we do not."""
        data = b""
        with self.connect(host) as connection:
            # One that refuses us may be gone before we have asked.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
                while more := connection.recv(65536):
                    data += more
        return data

    def get(self, path, headers={}):
        """The response and its body, as http.client reads them."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE)
        client.request("GET", path, headers=headers)
        with client.sock.dup() as connection:
            response = client.getresponse()
            body = response.read()
            # The end of the connection is the end of the request, too.
            assert connection.recv(1) == b""
        return response, body

    def exchange(self, request):
        """The answer and the log, without date, time and ports."""
        answer = self.answer(request).decode("latin-1")
        log = re.sub(r"(?m)^(127\.0\.0\.1.*) \d+$", r"\1 <size>", self.new_log())
        answer = re.sub(r"(?m)^SERVER_PORT = .*\n", "", answer)
        return without_differences(answer), without_differences(log)

    def stop(self, number=signal.SIGTERM):
        """The exit code, and the rest of the log."""
        try:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)
            return self.process.returncode, self.new_log()
        finally:
            self.kill()


class ExampleCase(unittest.TestCase):
    name = None

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def start(self, *arguments, name=None, port="0"):
        """The example; it must end well."""
        program = BUILD / "examples/c" / (name or self.name)
        server = Process([program.resolve(), port, *arguments], self.directory)
        self.addCleanup(self.stop, server)
        return server

    def stop(self, server):
        if server.process.returncode is None:
            self.assertEqual(server.stop(), (0, ""))

    def start_python(self, prelude=""):
        """What the example's comment says in Python."""
        code = IMPORTS + prelude + python_of(self.name)
        server = Process([sys.executable, "-c", code], self.directory)
        self.addCleanup(server.kill)
        return server

    def write(self, name, text):
        path = Path(self.directory, name)
        path.write_text(textwrap.dedent(text))
        return path


class EveryExampleTest(ExampleCase):

    def test_all_are_built_and_in_the_readme(self):
        readme = (ROOT / "examples/README.md").read_text()
        listed = re.findall(r"^\| \[(\w+)\.c\]\(c/\1\.c\) ", readme, re.M)
        self.assertEqual(sorted(listed), NAMES)
        for name in NAMES:
            self.assertTrue((BUILD / "examples/c" / name).is_file(), name)

    def test_the_comment_says_how_to_run_it(self):
        for name in NAMES:
            source = (SOURCES / f"{name}.c").read_text()
            comment = source[: source.index("*/")]
            self.assertRegex(comment, rf"build/study/examples/c/{name} 8000\n")

    def test_a_signal_ends_it_cleanly(self):
        for name in NAMES:
            for number in signal.SIGINT, signal.SIGTERM:
                with self.subTest(name=name, signal=number):
                    server = self.start(name=name)
                    self.assertEqual(server.stop(number), (0, ""))

    def test_a_signal_ends_it_while_a_client_is_silent(self):
        for name in NAMES:
            if name == "udp_echo":
                continue
            with self.subTest(name=name):
                server = self.start(name=name)
                with server.connect() as silent:
                    silent.sendall(b"GET / HT")
                    # It is accepted when the system has nothing of it left.
                    self.wait_until_read(server, silent)
                    self.assertEqual(server.stop(), (0, ""))

    def wait_until_read(self, server, connection):
        """Until the server has received all that was sent."""
        here, there = (
            f":{address[1]:04X}"
            for address in (connection.getpeername(), connection.getsockname())
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
                _, local, remote, _, queues, _, _, _, _, inode, *_ = (
                    line.split()
                )
                if (
                    local.endswith(here)
                    and remote.endswith(there)
                    and queues.endswith(":00000000")
                    and inode != "0"
                ):
                    return
            os.sched_yield()
        self.fail("the server does not read")

    def test_a_port_in_use_is_said(self):
        for name in NAMES:
            with self.subTest(name=name):
                kind = "DGRAM" if name == "udp_echo" else "STREAM"
                kind = getattr(socket, f"SOCK_{kind}")
                with socket.socket(type=kind) as other:
                    other.bind(("127.0.0.1", 0))
                    if name != "udp_echo":
                        other.listen()
                    port = other.getsockname()[1]
                    ended = subprocess.run(
                        [BUILD / "examples/c" / name, str(port)],
                        stdin=subprocess.DEVNULL,
                        capture_output=True,
                        text=True,
                        timeout=PATIENCE,
                    )
                self.assertEqual((ended.returncode, ended.stdout), (1, ""))
                self.assertTrue(
                    ended.stderr.endswith(
                        "OSError: [Errno 98] Address already in use\n"
                    ),
                    ended.stderr,
                )

    def test_it_starts_again_at_once_on_the_same_port(self):
        for name in NAMES:
            with self.subTest(name=name):
                server = self.start(name=name)
                port = str(server.port)
                if name == "udp_echo":
                    server.stop()
                else:  # which closes first, and so has the TIME_WAIT
                    with server.connect() as connection:
                        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                        self.assertTrue(connection.recv(1))
                        server.stop()
                self.assertEqual(server.process.returncode, 0)
                again = self.start(name=name, port=port)
                self.assertEqual(again.port, int(port))
                self.assertEqual(again.stop(), (0, ""))


class MakeServerTest(ExampleCase):
    name = "make_server"
    application = """
        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [environ["PATH_INFO"].encode(), b" from the file"]
        """

    def test_its_own_application(self):
        server = self.start()
        for path, body in (("/", b"world"), ("/caf%C3%A9", "café".encode())):
            response, text = server.get(path)
            self.assertEqual(response.status, 200)
            length = str(len(b"Hello, !\n" + body))
            self.assertEqual(response.headers["Content-Length"], length)
            self.assertEqual(text, b"Hello, %s!\n" % body)
        self.assertRegex(server.new_log(), r'"GET / HTTP/1.1" 200 14\n')

    def test_it_is_pythons_server(self):
        application = textwrap.dedent(self.application)
        server = self.start("-c", application)
        python = self.start_python(application)
        for request in (
            b"GET /a%20b HTTP/1.1\r\nHost: h\r\n\r\n",
            b"POST /p?q HTTP/1.0\r\n\r\n",
            b"HEAD / HTTP/1.1\r\n\r\n",
            b"nonsense\r\n\r\n",
        ):
            with self.subTest(request=request):
                self.assertEqual(
                    server.exchange(request), python.exchange(request)
                )

    def test_the_application_of_a_file_or_module(self):
        self.write("served.py", self.application)
        for name in "served.py", "served", "served:application":
            with self.subTest(name=name):
                server = self.start(name)
                answer = server.answer(b"GET /x HTTP/1.0\r\n\r\n")
                self.assertTrue(answer.endswith(b"\r\n\r\n/x from the file"))
                server.new_log()

    def test_what_is_no_application_is_said(self):
        program = BUILD / "examples/c/make_server"
        for arguments, last_line in (
            (["-c", "x = 1"], "KeyError: 'application'"),
            (["-c", "1 / 0"], "ZeroDivisionError: division by zero"),
            (["-c", "def"], "SyntaxError: invalid syntax"),
            (["no_such_module"], "cwsgiref: .*no_such_module.*"),
        ):
            with self.subTest(arguments=arguments):
                ended = subprocess.run(
                    [program.resolve(), "0", *arguments],
                    cwd=self.directory,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                )
                self.assertEqual((ended.returncode, ended.stdout), (1, ""))
                self.assertRegex(ended.stderr, rf"(?m)^{last_line}$")


class LogMessageTest(ExampleCase):
    name = "log_message"

    def test_one_path_is_not_logged(self):
        server = self.start()
        python = self.start_python()
        for request, logged in (
            (b"GET /health HTTP/1.1\r\n\r\n", ""),
            (b"GET /healthy HTTP/1.1\r\n\r\n", '"GET /healthy HTTP/1.1" 200'),
            (b"GET / HTTP/1.1\r\n\r\n", '"GET / HTTP/1.1" 200'),
            (b"a b c d e\r\n\r\n", "code 400, message Bad"),  # no path yet
        ):
            with self.subTest(request=request):
                _, log = server.exchange(request)
                self.assertIn(logged, log)
                self.assertEqual(log == "", logged == "")
                self.assertEqual(log, python.exchange(request)[1])


class DoGetTest(ExampleCase):
    name = "do_get"
    application = """
        import sys

        class Body:
            def __init__(self, blocks):
                self.blocks = iter(blocks)
            def __iter__(self):
                return self
            def __next__(self):
                return next(self.blocks)
            def close(self):
                print('closed', file=sys.stderr)

        def application(environ, start_response):
            path = environ['PATH_INFO']
            if path == '/fails':
                return 1 / 0
            if path == '/odd':
                start_response('200 OK', ['not a header'])
            status = '404 Nothing Here' if path == '/404' else '200 OK'
            length = str(len(environ.get('CONTENT_LENGTH', '')))
            start_response(status, [('X-Length', length), ('X-Twice', '1'),
                                    ('X-Twice', '2')])
            if path == '/late':
                return Body(b'%d' % (1 // x) for x in (1, 0))
            lines = [f'{key} = {value!r}' for key, value in environ.items()
                     if key not in ('wsgi.input', 'wsgi.errors')]
            lines.append(repr(environ['wsgi.input'].read()))
            return Body(line.encode() + b'\\n' for line in lines)
        """

    def test_demo_app_shows_the_environ(self):
        server = self.start()
        response, body = server.get("/a%20b?c=d", {"X-Name": "value"})
        self.assertEqual((response.status, response.reason), (200, "OK"))
        body = body.decode()
        self.assertTrue(body.startswith("Hello world!\n"))
        self.assertIn("\nPATH_INFO = '/a b'\n", body)
        self.assertIn("\nQUERY_STRING = 'c=d'\n", body)
        self.assertIn("\nHTTP_X_NAME = 'value'\n", body)
        self.assertIn(f"\nSERVER_PORT = '{server.port}'\n", body)
        self.assertRegex(server.new_log(), r'"GET /a%20b\?c=d HTTP/1.1" 200 -\n')

    def test_answers_and_log_are_those_of_the_python(self):
        self.write("app.py", self.application)
        server = self.start("app.py")
        python = self.start_python("from app import application\n")
        body = bytes(range(256)) * 400
        for request in (
            b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            b"GET /caf%C3%A9%00?x=%20 HTTP/1.0\r\n\r\n",
            b"GET /404 HTTP/1.0\r\n\r\n",
            b"GET http://h/p HTTP/1.0\r\n\r\n",
            b"POST /p?q HTTP/1.1\r\nContent-Length: 5\r\nContent-Type: a/b"
            b"\r\nX-A: 1\r\nx_a: 2\r\nX-B:  3\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body,
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello and more",
            b"HEAD / HTTP/1.0\r\n\r\n",  # 501: there is no do_HEAD
            b"DELETE / HTTP/1.0\r\n\r\n",
            b"nonsense\r\n\r\n",
        ):
            with self.subTest(request=request[:60]):
                answer, log = server.exchange(request)
                expected, expected_log = python.exchange(request)
                self.assertEqual(answer, expected)
                self.assertEqual(log, expected_log)

    def test_errors_end_the_connection_and_not_the_server(self):
        self.write("app.py", self.application)
        server = self.start("app.py")
        python = self.start_python("from app import application\n")
        for request, last_line in (
            (b"GET /fails HTTP/1.0\r\n\r\n", "ZeroDivisionError: "),
            (b"GET /late HTTP/1.0\r\n\r\n", "ZeroDivisionError: "),
            (b"GET /odd HTTP/1.0\r\n\r\n", "Error: "),
            (b"POST / HTTP/1.0\r\nContent-Length: x\r\n\r\n", "ValueError: "),
        ):
            with self.subTest(request=request):
                answer, log = server.exchange(request)
                self.assertEqual(answer, python.exchange(request)[0])
                self.assertIn(last_line, log)
                self.assertEqual(log.count("Exception occurred"), 1)
                self.assertEqual(log.count("closed\n"), b"late" in request)
        self.assertIn(b" 200 OK", server.answer(b"GET / HTTP/1.0\r\n\r\n"))
        server.new_log()


class VerifyRequestTest(ExampleCase):
    name = "verify_request"

    def test_who_comes_from_elsewhere_is_refused(self):
        server = self.start()
        request = b"GET / HTTP/1.0\r\n\r\n"
        for host, served in (
            ("127.0.0.1", True),
            ("127.0.0.2", False),
            ("127.0.0.3", False),
            ("127.0.0.1", True),
        ):
            with self.subTest(host=host):
                answer = server.answer(request, host)
                self.assertEqual(
                    answer.startswith(b"HTTP/1.0 200 OK\r\n"), served
                )
                self.assertEqual(server.new_log() != "", served)
                if not served:
                    self.assertEqual(answer, b"")

    def test_it_is_what_the_python_does(self):
        server = self.start()
        python = self.start_python()
        request = b"GET / HTTP/1.0\r\n\r\n"
        for host in "127.0.0.1", "127.0.0.2":
            answers = [s.answer(request, host) for s in (server, python)]
            status = [answer.partition(b"\r\n")[0] for answer in answers]
            self.assertEqual(*status)
        server.new_log()


class ContentLengthInputTest(ExampleCase):
    name = "content_length_input"
    application = """
        def application(environ, start_response):
            body = environ['wsgi.input'].read()
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [b'%d bytes: %s\\n' % (len(body), body)]
        """

    def test_read_ends_at_content_length(self):
        server = self.start()
        python = self.start_python(textwrap.dedent(self.application))
        head = b"POST / HTTP/1.1\r\nContent-Length: "
        large = b"x" * 300_000
        for request, body in (
            (head + b"5\r\n\r\nhello", b"hello"),
            (head + b"5\r\n\r\nhello and more", b"hello"),
            (head + b"0\r\n\r\n", b""),
            (head + b"0\r\n\r\nmore", b""),
            (b"POST / HTTP/1.1\r\n\r\n", b""),
            (b"GET / HTTP/1.0\r\n\r\n", b""),
            (head + b"%d\r\n\r\n" % len(large) + large, large),
        ):
            with self.subTest(request=request[:60]):
                answer = server.exchange(request)
                self.assertTrue(
                    answer[0].endswith(
                        f"\r\n\r\n{len(body)} bytes: {body.decode()}\n"
                    )
                )
                self.assertEqual(
                    answer,
                    python.exchange(request),
                )

    def test_a_body_that_comes_in_pieces(self):
        server = self.start()
        with server.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello":
                connection.sendall(bytes([byte]))
            answer = b""
            while more := connection.recv(8192):
                answer += more
        self.assertTrue(answer.endswith(b"\r\n\r\n5 bytes: hello\n"), answer)
        server.new_log()

    def test_a_client_that_leaves_early(self):
        server = self.start()
        with server.connect() as connection:
            connection.sendall(
                b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n."
            )
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while more := connection.recv(8192):
                answer += more
        self.assertTrue(answer.endswith(b"\r\n\r\n1 bytes: .\n"), answer)
        server.new_log()

    def test_a_length_that_is_none_is_a_bad_request(self):
        server = self.start()
        python = self.start_python("application = None\n")
        for length in b"x", b"-1", b"1.5", b"0x10", b"":
            request = b"POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % length
            with self.subTest(length=length):
                answer = server.exchange(request)
                self.assertIn(" 400 Bad Content-Length\r\n", answer[0])
                self.assertEqual(answer, python.exchange(request))


class TcpEchoTest(ExampleCase):
    name = "tcp_echo"

    def test_lines_come_back(self):
        for server in self.start(), self.start_python():
            with server.connect() as connection:
                with connection.makefile("rwb") as file:
                    for line in b"one\n", b"\n", b"x" * 100_000 + b"\n":
                        file.write(line)
                        file.flush()
                        self.assertEqual(file.readline(), line)
                    file.write(b"no end of line")
                    file.flush()
                    connection.shutdown(socket.SHUT_WR)
                    self.assertEqual(file.read(), b"no end of line")

    def test_one_client_after_the_other(self):
        server = self.start()
        with server.connect() as first, server.connect() as second:
            second.sendall(b"second\n")
            second.shutdown(socket.SHUT_WR)
            first.sendall(b"first\n")
            self.assertEqual(first.recv(99), b"first\n")
            first.shutdown(socket.SHUT_WR)
            self.assertEqual(first.recv(99), b"")
            self.assertEqual(second.recv(99), b"second\n")
            self.assertEqual(second.recv(99), b"")


class UdpEchoTest(ExampleCase):
    name = "udp_echo"

    def test_datagrams_come_back(self):
        for server in self.start(), self.start_python():
            with socket.socket(type=socket.SOCK_DGRAM) as client:
                client.settimeout(PATIENCE)
                client.connect(("127.0.0.1", server.port))
                for data in b"hello", b"", b"two\nlines\n", b"x" * 8192:
                    client.send(data)
                    self.assertEqual(client.recv(65536), data)
                client.send(b"y" * 9000)  # more than max_packet_size
                self.assertEqual(client.recv(65536), b"y" * 8192)


if __name__ == "__main__":
    unittest.main()
