"""The systems of the tutorials: a framework, FastAPI, threads, 501, the seven
steps of a request; Pyramid, Falcon, WebOb, Werkzeug.

    python3 -m unittest -v tests/examples/test_tutorials.py

They run with --threads and --fork, too: see served.py.
"""

import asyncio
import contextlib
import importlib
import io
import json
import queue
import re
import socket
import sys
import threading
import unittest
import urllib.parse
import warnings
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import WSGIWarning, validator

from tools.patience import PATIENCE

from .served import (
    EXAMPLES,
    Browser,
    ServedDjango,
    ServedExample,
    ServedOnce,
    load_tests_with_options,
    needs_command,
    needs_module,
    with_each_option,
)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def import_example(folder, module):
    sys.path.insert(0, str(EXAMPLES / folder))
    try:
        return importlib.import_module(module)
    finally:
        sys.path.pop(0)


class FrameworkTest(ServedExample):
    example = "framework/app.py"

    def test_plain_text(self):
        response, body = self.request("GET", "/")
        self.assertEqual(response.status, 200)
        self.assertEqual(
            response.headers["Content-Type"], "text/plain; charset=utf-8"
        )
        self.assertEqual(response.headers["Content-Length"], "14")
        self.assertEqual(body, b"Hello, world!\n")

    def test_html(self):
        page = Browser(self.server.url).get("/html")
        self.assertEqual(page.status, 200)
        self.assertIn("Hello, world!", page.text)

    def test_json(self):
        response, body = self.request("GET", "/json?a=1&b=&a=%C3%A9")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(
            json.loads(body),
            {"message": "Hello, world!", "query": {"a": "é", "b": ""}},
        )

    def test_url_parameter(self):
        _, body = self.request("GET", "/hello/J%C3%B6rg%20%2B")
        self.assertEqual(body.decode(), "Hello, Jörg +!\n")

    def test_url_parameter_ends_at_a_slash(self):
        self.assertEqual(self.request("GET", "/hello/a/b")[0].status, 404)
        self.assertEqual(self.request("GET", "/hello/")[0].status, 404)

    def test_url_parameter_with_a_converter(self):
        _, body = self.request("GET", "/square/12")
        self.assertEqual(json.loads(body), {"number": 12, "square": 144})
        for path in "/square/twelve", "/square/-12", "/square/" + "9" * 5000:
            self.assertEqual(self.request("GET", path)[0].status, 404)

    @with_each_option
    def test_form(self):
        browser = Browser(self.server.url)
        page = browser.submit(browser.get("/html"), name="<i>Zoë</i>")
        self.assertIn("Hello, <i>Zoë</i>!", page.text)
        self.assertNotIn("<i>Zoë", page.html)

    def test_posted_json(self):
        response, body = self.request("POST", "/sum", "[1, 2, 3.5]", JSON)
        self.assertEqual(response.status, 200)
        self.assertEqual(json.loads(body), {"sum": 6.5})

    def test_bad_requests(self):
        for sent, answer in [
            (b"[1, 2", b"The body is not JSON: "),
            (b"[" * 200_000, b"The body is not JSON: "),
            (b'"\xff"', b"The body is not UTF-8"),
            (b'["one"]', b"The body is not a list of numbers"),
            (b"1", b"The body is not a list of numbers"),
        ]:
            with self.subTest(sent[:10]):
                response, body = self.request("POST", "/sum", sent, JSON)
                self.assertEqual(response.status, 400)
                self.assertIn(answer, body)

    def status_for_length(self, length):
        headers = {"Content-Length": length}
        return self.request("POST", "/sum", headers=headers)[0].status

    def test_malformed_content_length(self):
        for length in "none", "-1", "1_0", "9" * 19:
            with self.subTest(length):
                self.assertEqual(self.status_for_length(length), 400)

    def test_body_is_too_large(self):
        self.assertEqual(self.status_for_length("1048577"), 413)

    def test_not_found(self):
        response, body = self.request("GET", "/nowhere")
        self.assertEqual(response.status, 404)
        self.assertEqual(body, b"Not Found\n")

    def test_method_not_allowed(self):
        for path, allowed in [
            ("/", "GET, HEAD"),
            ("/sum", "POST"),
            ("/html", "GET, HEAD, POST"),
        ]:
            with self.subTest(path):
                response, body = self.request("DELETE", path)
                self.assertEqual(response.status, 405)
                self.assertEqual(response.headers["Allow"], allowed)
                self.assertEqual(body, b"Method Not Allowed\n")

    def test_head_has_no_body(self):
        response, body = self.request("HEAD", "/")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Length"], "14")
        self.assertEqual(body, b"")

    @needs_command("curl")
    def test_curl_posts_json(self):
        body = self.curl("--data", "[20, 22]", "/sum")
        self.assertEqual(json.loads(body), {"sum": 42})


class FrameworkUnderValidateTest(FrameworkTest):
    """The whole once more: a complaint would be a 500 and a traceback."""

    options = ["--validate"]

    def test_malformed_content_length(self):
        """Here the request itself is not valid: the validator is at work."""
        self.assertEqual(self.status_for_length("-1"), 500)
        exit_code, log = self.server.stop()
        self.assertEqual(exit_code, 0, log)
        self.assertIn("AssertionError: Invalid CONTENT_LENGTH: '-1'", log)


class ValidatedTest(unittest.TestCase):
    """Examples of our own, without a server, in Python's validator."""

    def environ(self, **environ):
        """That of a GET, but for what is given."""
        setup_testing_defaults(environ)
        return environ

    def answer(self, application, method="GET", path="/", body=b"", **environ):
        """Status, headers and body, if they and the application are valid."""
        environ = self.environ(
            **environ,
            REQUEST_METHOD=method,
            SCRIPT_NAME="",
            PATH_INFO=path,
            QUERY_STRING="",
            CONTENT_LENGTH=str(len(body)),
            **{"wsgi.input": io.BytesIO(body)},
        )
        head = []

        def start_response(status, headers, exc_info=None):
            head[:] = status, dict(headers)
            return lambda data: None

        with warnings.catch_warnings():
            warnings.simplefilter("error", WSGIWarning)
            result = validator(application)(environ, start_response)
            with contextlib.closing(result):
                body = b"".join(result)
        return *head, body


class FrameworkValidatedTest(ValidatedTest):
    def setUp(self):
        self.framework = import_example("framework", "framework")
        self.app = import_example("framework", "app").app

    def test_every_kind_of_answer(self):
        for method, path, sent, status in [
            ("GET", "/", b"", "200 OK"),
            ("HEAD", "/", b"", "200 OK"),
            ("GET", "/html", b"", "200 OK"),
            ("POST", "/html", b"name=Ann", "200 OK"),
            ("GET", "/json", b"", "200 OK"),
            ("GET", "/hello/Ann", b"", "200 OK"),
            ("POST", "/sum", b"[1]", "200 OK"),
            ("POST", "/sum", b"[", "400 Bad Request"),
            ("PUT", "/sum", b"", "405 Method Not Allowed"),
            ("GET", "/nowhere", b"", "404 Not Found"),
            ("HEAD", "/nowhere", b"", "404 Not Found"),
        ]:
            with self.subTest(f"{method} {path}"):
                answer = self.answer(self.app, method, path, sent)
                self.assertEqual(answer[0], status)

    def test_response_without_a_body(self):
        app = self.framework.WSGIApplication()

        @app.route("/entry", methods=["DELETE"])
        def delete(request):
            return self.framework.Response(status=204)

        status, headers, body = self.answer(app, "DELETE", "/entry")
        self.assertEqual((status, headers, body), ("204 No Content", {}, b""))

    def test_headers_of_request_and_response(self):
        app = self.framework.WSGIApplication()

        @app.route("/<path:path>")
        def show(request, path):
            return self.framework.PlainTextResponse(
                f"{path}, {request.header('Accept-Language')},"
                f" {request.header('Content-Type')},"
                f" {request.header('X-None', 'no default')}",
                headers=[("Content-Type", "text/css")],
            )

        _, headers, body = self.answer(
            app, path="/a/b", HTTP_ACCEPT_LANGUAGE="de", CONTENT_TYPE="c/d"
        )
        self.assertEqual(headers["Content-Type"], "text/css")
        self.assertEqual(body, b"a/b, de, c/d, no default")

    def test_pattern_is_taken_literally(self):
        app = self.framework.WSGIApplication()
        app.route("/a.b")(lambda request: self.framework.Response(b"found"))
        self.assertEqual(self.answer(app, path="/a.b")[2], b"found")
        for path in "/axb", "/a.b/", "/a.b\n":
            self.assertEqual(self.answer(app, path=path)[0], "404 Not Found")

    def test_other_exceptions_are_for_the_server(self):
        app = self.framework.WSGIApplication()

        @app.route("/")
        def fail(request):
            raise LookupError("lost")

        with self.assertRaisesRegex(LookupError, "lost"):
            app(self.environ(), None)


class NotImplementedTest(ServedExample):
    example = "not_implemented.py"

    def test_known_methods(self):
        response, body = self.request("GET", "/")
        self.assertEqual((response.status, response.reason), (200, "OK"))
        self.assertEqual(body, b"GET is implemented.\n")
        response, body = self.request("HEAD", "/")
        self.assertEqual((response.status, body), (200, b""))

    @with_each_option
    def test_unknown_methods(self):
        for method in "BREW", "POST", "get", "M-SEARCH":
            with self.subTest(method):
                response, body = self.request(method, "/")
                self.assertEqual(response.status, 501)
                self.assertEqual(response.reason, "Not Implemented")
                self.assertEqual(
                    body.decode(), f"{method} is not implemented.\n"
                )

    @needs_command("curl")
    def test_curl_brews(self):
        body = self.curl("--request", "BREW", "/")
        self.assertEqual(body, b"BREW is not implemented.\n")


class SevenStepsTest(ServedExample):
    """The way of a request, as demo_app shows it: cwsgiref without a name."""

    example = None

    def environ(self):
        return {**super().environ(), "SEVEN_STEPS": "of the server's process"}

    def exchange(self, request=b"GET / HTTP/1.0\r\n\r\n"):
        address = ("127.0.0.1", self.server.port)
        with socket.create_connection(address, PATIENCE) as connection:
            connection.sendall(request)
            with connection.makefile("rb") as answer:
                return answer.read().decode()

    def body_for(self, request=b"GET / HTTP/1.0\r\n\r\n"):
        return self.exchange(request).partition("\r\n\r\n")[2]

    def test_1_the_server_listens_and_waits_for_a_client(self):
        self.assertRegex(self.server.url, r"^http://127\.0\.0\.1:[0-9]+/$")
        address = ("127.0.0.1", self.server.port)
        # A client that says nothing is accepted, and asked nothing.
        with socket.create_connection(address, PATIENCE) as connection:
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.recv(1), b"")
        self.assertEqual(self.server.log(), "")

    def test_2_the_client_is_put_into_the_environ(self):
        body = self.body_for(
            b"GET / HTTP/1.0\r\nUser-Agent: by hand\r\nX-Two: a\r\n"
            b"X-Two: b\r\n\r\n"
        )
        for line in [
            "REMOTE_ADDR = '127.0.0.1'",
            "HTTP_USER_AGENT = 'by hand'",
            "HTTP_X_TWO = 'a,b'",
        ]:
            self.assertIn(f"\n{line}\n", body)

    def test_3_the_request_is_taken_apart(self):
        body = self.body_for(
            b"PUT /a%20b/c?d=%26&e HTTP/1.1\r\nContent-Length: 0\r\n"
            b"Content-Type: text/css\r\n\r\n"
        )
        for line in [
            "REQUEST_METHOD = 'PUT'",
            "PATH_INFO = '/a b/c'",
            "QUERY_STRING = 'd=%26&e'",
            "SERVER_PROTOCOL = 'HTTP/1.1'",
            "CONTENT_TYPE = 'text/css'",
            "CONTENT_LENGTH = '0'",
        ]:
            self.assertIn(f"\n{line}\n", body)

    def test_4_the_server_adds_what_it_knows(self):
        body = self.body_for()
        for line in [
            f"SERVER_PORT = '{self.server.port}'",
            "GATEWAY_INTERFACE = 'CGI/1.1'",
            "SCRIPT_NAME = ''",
            "SEVEN_STEPS = \"of the server's process\"",
            "wsgi.version = (1, 0)",
            "wsgi.url_scheme = 'http'",
            "wsgi.run_once = False",
        ]:
            self.assertIn(f"\n{line}\n", body)
        for name in [
            "SERVER_NAME",
            "SERVER_SOFTWARE",
            "wsgi.input",
            "wsgi.errors",
            "wsgi.file_wrapper",
        ]:
            self.assertRegex(body, rf"\n{name} = .")

    @with_each_option
    def test_5_the_application_is_called_with_the_environ(self):
        greeting, empty, *lines, end = self.body_for().split("\n")
        self.assertEqual((greeting, empty, end), ("Hello world!", "", ""))
        names = [line.partition(" = ")[0] for line in lines]
        self.assertEqual(names, sorted(names))
        self.assertIn("REQUEST_METHOD", names)

    def test_6_the_application_gives_status_headers_and_body(self):
        response, body = self.request("GET", "/")
        self.assertEqual((response.status, response.reason), (200, "OK"))
        self.assertEqual(
            response.headers["Content-Type"], "text/plain; charset=utf-8"
        )
        self.assertEqual(response.headers["Content-Length"], str(len(body)))

    def test_7_the_handler_sends_the_answer_through_the_socket(self):
        answer = self.exchange(b"GET /last HTTP/1.0\r\n\r\n")
        self.assertRegex(
            answer,
            r"\AHTTP/1\.0 200 OK\r\n"
            r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n"
            r"Server: WSGIServer(?:/0\.2)? CPython/\d+\.\d+\.\d+\+?\r\n"
            r"Content-Type: text/plain; charset=utf-8\r\n"
            r"Content-Length: (\d+)\r\n"
            r"\r\n"
            r"Hello world!\n",
        )
        body = answer.partition("\r\n\r\n")[2].encode()
        self.assertRegex(
            self.server.log(),
            r"\A127\.0\.0\.1 - - \[.+\]"
            rf' "GET /last HTTP/1\.0" 200 {len(body)}\n\Z',
        )


@needs_module("fastapi", "python3-fastapi")
class FastAPITest(ServedOnce):
    example = "fastapi_app.py"
    keeps_memory = True  # the event loop's thread

    def get_json(self, path):
        response, body = self.request("GET", path)
        return response.status, json.loads(body)

    def order(self, **order):
        response, body = self.request(
            "POST", "/orders", json.dumps(order), JSON
        )
        return response.status, json.loads(body)

    def test_json_answer(self):
        response, body = self.request("GET", "/")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(response.headers["Content-Length"], str(len(body)))
        self.assertEqual(json.loads(body), {"message": "Hello, world!"})

    def test_path_and_query_parameters(self):
        self.assertEqual(
            self.get_json("/repeat/2"), (200, {"words": ["hello", "hello"]})
        )
        self.assertEqual(
            self.get_json("/repeat/1?word=%C4%8Daj"),
            (200, {"words": ["čaj"]}),
        )

    def test_wrong_parameter(self):
        status, answer = self.get_json("/repeat/twice")
        self.assertEqual(status, 422)
        self.assertEqual(answer["detail"][0]["loc"], ["path", "count"])

    @with_each_option
    def test_json_body(self):
        self.assertEqual(
            self.order(item="čaj", price=2.5, count=4),
            (201, {"item": "čaj", "total": 10}),
        )

    def test_body_of_many_blocks(self):
        item = "tea" * 100_000
        self.assertEqual(
            self.order(item=item, price=1), (201, {"item": item, "total": 1})
        )

    def test_wrong_body(self):
        for order, field in [
            ({"item": "tea", "price": 0}, "price"),
            ({"item": "tea", "price": "a lot"}, "price"),
            ({"item": "tea", "price": 1, "count": "many"}, "count"),
            ({"price": 1}, "item"),
        ]:
            with self.subTest(order):
                status, answer = self.order(**order)
                self.assertEqual(status, 422)
                self.assertEqual(answer["detail"][0]["loc"], ["body", field])

    def test_body_that_is_not_json(self):
        response, _ = self.request("POST", "/orders", "{", JSON)
        self.assertEqual(response.status, 422)

    def test_not_found_and_method_not_allowed(self):
        self.assertEqual(self.request("GET", "/nowhere")[0].status, 404)
        response, _ = self.request("DELETE", "/orders")
        self.assertEqual(response.status, 405)
        self.assertEqual(response.headers["Allow"], "POST")

    def test_streaming_answer(self):
        response, body = self.request("GET", "/stream?lines=3")
        self.assertNotIn("Content-Length", response.headers)
        self.assertEqual(body, b"1\n2\n3\n")

    @with_each_option
    def test_streaming_answer_arrives_line_by_line(self):
        # It would take three hours: lines arrive while it is being made.
        connection = self.connect()
        connection.request("GET", "/stream?lines=100000")
        response = connection.getresponse()
        lines = [response.readline() for _ in range(3)]
        self.assertEqual(lines, [b"1\n", b"2\n", b"3\n"])
        # The stream ends with its client; the next one is served.
        response.close()
        connection.close()
        self.assertEqual(self.request("GET", "/")[0].status, 200)

    def test_description_of_the_interface(self):
        _, answer = self.get_json("/openapi.json")
        self.assertEqual(answer["info"]["title"], "FastAPI on cwsgiref")

    @needs_command("curl")
    def test_curl_orders(self):
        order = '{"item": "tea", "price": 2}'
        header = "Content-Type: application/json"
        body = self.curl("--header", header, "--data", order, "/orders")
        self.assertEqual(json.loads(body), {"item": "tea", "total": 2})


class ASGIAdapterTest(ValidatedTest):
    """asgi_adapter.py, with ASGI applications of one function."""

    def setUp(self):
        adapter = import_example(".", "asgi_adapter")
        self.block_size = adapter.BLOCK_SIZE
        self.new_middleware = adapter.ASGIMiddleware

    def middleware(self, app):
        middleware = self.new_middleware(app)
        complaints = []
        middleware.loop.set_exception_handler(
            lambda loop, context: complaints.append(context)
        )
        self.addCleanup(self.assertEqual, complaints, [])
        self.addCleanup(self.finish, middleware)
        return middleware

    def finish(self, middleware):
        """All that the requests have started ends."""
        tasks = self.other_tasks()
        running = asyncio.run_coroutine_threadsafe(tasks, middleware.loop)
        self.assertEqual(running.result(), set())
        middleware.close()

    @staticmethod
    async def other_tasks():
        """Those that do not end."""
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            _, pending = await asyncio.wait(tasks, timeout=PATIENCE)
            if pending:
                return pending
        return set()

    @staticmethod
    def message(body, more_body=False):
        return {
            "type": "http.response.body",
            "body": body,
            "more_body": more_body,
        }

    START = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"text/plain")],
    }

    def test_scope(self):
        scopes = []

        async def app(scope, receive, send):
            scopes.append(scope)
            await send({**self.START, "status": 404})
            await send(self.message(b"gone"))

        status, headers, body = self.answer(
            self.middleware(app),
            path="/caf\xc3\xa9",
            REMOTE_ADDR="192.0.2.1",
            HTTP_X_ONE="two",
            CONTENT_TYPE="a/b",
        )
        self.assertEqual(status, "404 Not Found")
        self.assertEqual(headers, {"content-type": "text/plain"})
        self.assertEqual(body, b"gone")
        (scope,) = scopes
        self.assertEqual(scope["type"], "http")
        self.assertEqual(scope["method"], "GET")
        self.assertEqual(scope["path"], "/café")
        self.assertEqual(scope["http_version"], "1.0")
        self.assertEqual(scope["scheme"], "http")
        self.assertEqual(scope["client"], ("192.0.2.1", 0))
        self.assertEqual(scope["server"], ("127.0.0.1", 80))
        self.assertEqual(
            sorted(scope["headers"]),
            [
                (b"content-length", b"0"),
                (b"content-type", b"a/b"),
                (b"host", b"127.0.0.1"),
                (b"x-one", b"two"),
            ],
        )

    def test_body_comes_block_by_block(self):
        events = []

        async def app(scope, receive, send):
            while not events or events[-1].get("more_body"):
                events.append(await receive())
            await send(self.START)
            await send(self.message(b""))

        for length in 0, 1, self.block_size, 2 * self.block_size + 1:
            events.clear()
            sent = bytes(length)
            self.answer(self.middleware(app), "POST", body=sent)
            blocks = [event["body"] for event in events]
            self.assertEqual(b"".join(blocks), sent)
            self.assertEqual(
                len(blocks), max(1, -(-length // self.block_size))
            )

    def test_body_is_not_read_before_it_is_asked_for(self):
        async def app(scope, receive, send):
            await send(self.START)
            await send(self.message(b"no, thanks"))

        environ = self.environ(
            CONTENT_LENGTH="10", **{"wsgi.input": None}
        )
        result = self.middleware(app)(environ, lambda status, headers: None)
        self.assertEqual(list(result), [b"no, thanks"])

    def test_client_that_breaks_off_its_body(self):
        events = []

        async def app(scope, receive, send):
            events.append(await receive())
            events.append(await receive())
            await send(self.START)
            await send(self.message(b""))

        environ = self.environ(
            CONTENT_LENGTH="10", **{"wsgi.input": io.BytesIO(b"half")}
        )
        list(self.middleware(app)(environ, lambda status, headers: None))
        self.assertEqual(
            events,
            [
                {"type": "http.request", "body": b"half", "more_body": True},
                {"type": "http.disconnect"},
            ],
        )

    def test_answer_is_handed_over_piece_by_piece(self):
        sent = []

        async def app(scope, receive, send):
            await send(self.START)
            for piece in b"1", b"2", b"3":
                await send(self.message(piece, True))
                sent.append(piece)
            await send(self.message(b""))

        result = self.middleware(app)(self.environ(), lambda *head: None)
        # It waits with the next one until the server comes for it.
        self.assertEqual((next(result), sent), (b"1", []))
        self.assertEqual((next(result), sent), (b"2", [b"1"]))
        self.assertEqual((next(result), sent), (b"3", [b"1", b"2"]))
        self.assertEqual(list(result), [b""])

    def test_client_that_goes_away(self):
        ended = threading.Event()
        errors = []

        async def app(scope, receive, send):
            await send(self.START)
            try:
                while True:
                    await send(self.message(b"on and on", True))
            except OSError as error:
                errors.append(error)
            await receive()
            errors.append((await receive())["type"])
            ended.set()

        result = self.middleware(app)(self.environ(), lambda *head: None)
        next(result)
        next(result)
        result.close()
        self.assertTrue(ended.wait(PATIENCE))
        self.assertEqual(str(errors[0]), "the client has gone away")
        self.assertEqual(errors[1], "http.disconnect")

    def test_application_that_listens_for_the_disconnection(self):
        events = queue.SimpleQueue()

        async def app(scope, receive, send):
            async def listen():
                await receive()
                events.put(await receive())

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(listen())
                await send(self.START)
                await send(self.message(b"first"))

        result = self.middleware(app)(self.environ(), lambda *head: None)
        next(result)
        result.close()
        event = events.get(timeout=PATIENCE)
        self.assertEqual(event, {"type": "http.disconnect"})

    def test_application_that_gives_up_to_receive(self):
        async def app(scope, receive, send):
            receiving = asyncio.create_task(receive())
            await asyncio.sleep(0)  # it has begun
            receiving.cancel()
            await send(self.START)
            await send(self.message(b"done"))

        self.assertEqual(self.answer(self.middleware(app))[2], b"done")

    def test_exception_is_raised_in_the_server(self):
        async def app(scope, receive, send):
            raise LookupError("lost")

        with self.assertRaisesRegex(LookupError, "lost"):
            self.answer(self.middleware(app))

    def test_exception_after_the_answer_has_begun(self):
        async def app(scope, receive, send):
            await send(self.START)
            await send(self.message(b"first", True))
            raise LookupError("lost")

        result = self.middleware(app)(self.environ(), lambda *head: None)
        self.assertEqual(next(result), b"first")
        with self.assertRaisesRegex(LookupError, "lost"):
            next(result)

    def test_application_without_an_answer(self):
        async def app(scope, receive, send):
            pass

        with self.assertRaisesRegex(RuntimeError, "has not answered"):
            self.answer(self.middleware(app))

    def test_server_that_refuses_the_headers(self):
        async def app(scope, receive, send):
            await send(self.START)

        def start_response(status, headers):
            raise AssertionError("refused")

        result = self.middleware(app)(self.environ(), start_response)
        with self.assertRaisesRegex(AssertionError, "refused"):
            next(result)

    def test_hop_by_hop_headers_are_the_server_s(self):
        async def app(scope, receive, send):
            headers = [*self.START["headers"], (b"connection", b"close")]
            await send({**self.START, "headers": headers})
            await send(self.message(b""))

        _, headers, _ = self.answer(self.middleware(app))
        self.assertEqual(headers, {"content-type": "text/plain"})

    def test_requests_at_once(self):
        """Each waits for the other one."""
        meeting = threading.Barrier(2, timeout=PATIENCE)
        answers = []

        async def app(scope, receive, send):
            await asyncio.to_thread(meeting.wait)
            await send(self.START)
            await send(self.message(scope["path"].encode()))

        application = self.middleware(app)
        threads = [
            threading.Thread(
                target=lambda path=path: answers.append(
                    self.answer(application, path=path)[2]
                )
            )
            for path in ("/one", "/two")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(sorted(answers), [b"/one", b"/two"])


@needs_module("django", "python3-django")
class DjangoWithThreadsTest(ServedDjango):
    """The server of threads that runs Django."""

    options = ["--threads"]

    def test_page_while_another_request_is_being_read(self):
        browser = Browser(self.server.url)
        browser.get("/")  # Django gives the token, and the cookie of it
        token = browser.cookie("csrftoken")
        body = urllib.parse.urlencode(
            {"csrfmiddlewaretoken": token, "name": "Slow", "message": "Done."}
        )
        connection = self.connect()
        connection.putrequest("POST", "/")
        connection.putheader("Cookie", f"csrftoken={token}")
        connection.putheader("Content-Type", FORM["Content-Type"])
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:10].encode())

        # Django is in the midst of this form when it gets another one.
        page = browser.submit(browser.get("/"), name="Fast", message="First.")
        self.assertIn("Fast First.", page.text)
        self.assertNotIn("Slow", page.text)

        connection.send(body[10:].encode())
        self.assertEqual(connection.getresponse().status, 302)
        self.assertRegex(browser.get("/").text, "Slow Done. .* Fast First.")

    def test_silent_client_blocks_nobody(self):
        connection = self.connect()
        connection.connect()
        self.assertEqual(Browser(self.server.url).get("/").status, 200)

    def test_guests_at_once(self):
        guests = [f"Guest {number}" for number in range(6)]
        start = threading.Barrier(len(guests), timeout=PATIENCE)
        statuses = []

        def sign(name):
            browser = Browser(self.server.url)
            page = browser.get("/")
            start.wait()
            page = browser.submit(page, name=name, message="!")
            statuses.append(page.status)

        threads = [threading.Thread(target=sign, args=[g]) for g in guests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(statuses, [200] * len(guests))
        text = Browser(self.server.url).get("/").text
        self.assertEqual(sorted(re.findall(r"Guest \d", text)), guests)


class DjangoWithProcessesTest(DjangoWithThreadsTest):
    """The same with a process for each request."""

    options = ["--fork"]


@needs_module("pyramid", "python3-pyramid")
class PyramidTest(ServedOnce):
    example = "pyramid_app.py"
    keeps_memory = True  # zope.interface

    @with_each_option
    def test_notes_are_kept_in_the_session(self):
        browser = Browser(self.server.url)
        page = browser.submit(browser.get("/"), note="<b>Käse</b>")
        self.assertEqual(page.url, self.server.url)
        page = browser.submit(page, note="茶")
        self.assertIn("Your notes <b>Käse</b> 茶", page.text)
        self.assertNotIn("<b>Käse", page.html)
        self.assertNotIn("茶", Browser(self.server.url).get("/").text)

    def test_session_fits_into_its_cookie(self):
        browser = Browser(self.server.url)
        page = browser.get("/")
        for number in range(7):
            page = browser.submit(page, note=f"{number}" + "🐎" * 100)
            self.assertEqual(page.status, 200)
        numbers = re.findall(r"\b(\d)🐎", page.text)
        self.assertEqual(numbers, ["2", "3", "4", "5", "6"])

    def test_form_without_csrf_token_is_refused(self):
        response, _ = self.request("POST", "/", "note=forged", FORM)
        self.assertEqual(response.status, 400)

    def test_empty_note_is_refused(self):
        browser = Browser(self.server.url)
        page = browser.submit(browser.get("/"), note="")
        self.assertEqual(page.status, 400)

    def test_url_parameter(self):
        response, body = self.request("GET", "/hello/J%C3%B6rg")
        self.assertEqual(
            response.headers["Content-Type"], "text/plain; charset=UTF-8"
        )
        self.assertEqual(body.decode(), "Hello, Jörg!")

    def test_json(self):
        response, body = self.request("GET", "/power/2/100")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(body)["power"], 2**100)

    def test_bad_request(self):
        for path in "/power/2/x", "/power/2/-1", "/power/9999/9999":
            with self.subTest(path):
                self.assertEqual(self.request("GET", path)[0].status, 400)

    def test_not_found(self):
        response, body = self.request("GET", "/nowhere")
        self.assertEqual(response.status, 404)
        self.assertEqual(body, b"There is nothing at /nowhere.")

    @needs_command("curl")
    def test_curl_says_hello(self):
        self.assertEqual(self.curl("/hello/curl"), b"Hello, curl!")


@needs_module("falcon", "python3-falcon")
class FalconTest(ServedOnce):
    example = "falcon_app.py"
    keeps_memory = True  # Falcon's modules in Cython

    def test_json(self):
        response, body = self.request("GET", "/squares/12")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(body), {"number": 12, "square": 144})

    @with_each_option
    def test_posted_json(self):
        text = "A rose is a rose is a rosé"
        response, body = self.request(
            "POST", "/words?most=2", json.dumps({"text": text}), JSON
        )
        self.assertEqual(response.status, 201)
        self.assertEqual(
            json.loads(body), {"words": 8, "most": {"a": 3, "rose": 2}}
        )

    def test_posted_text(self):
        _, body = self.request(
            "POST",
            "/words?most=1",
            ("čaj, čaj " * 50_000).encode(),
            {"Content-Type": "text/plain; charset=utf-8"},
        )
        self.assertEqual(
            json.loads(body), {"words": 100_000, "most": {"čaj": 100_000}}
        )

    def test_errors_are_json(self):
        for method, path, sent, status in [
            ("GET", "/nowhere", None, 404),
            ("GET", "/squares/twelve", None, 404),
            ("GET", "/lines/0", None, 404),
            ("DELETE", "/words", None, 405),
            ("POST", "/words", "{", 400),
            ("POST", "/words", "[]", 422),
            ("POST", "/words?most=x", '{"text": ""}', 400),
        ]:
            with self.subTest(f"{method} {path} {sent}"):
                response, body = self.request(method, path, sent, JSON)
                self.assertEqual(response.status, status)
                self.assertTrue(json.loads(body)["title"])

    def test_options(self):
        response, _ = self.request("OPTIONS", "/words")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Allow"], "GET, POST")

    def test_streaming_answer(self):
        response, body = self.request("GET", "/lines/3")
        self.assertNotIn("Content-Length", response.headers)
        self.assertEqual(body, b"1\n2\n3\n")

    @needs_command("curl")
    def test_curl_reads_many_lines(self):
        lines = self.curl("/lines/20000").splitlines()
        self.assertEqual(lines, [b"%d" % n for n in range(1, 20001)])


@needs_module("webob", "python3-webob")
class WebObTest(ServedOnce):
    example = "webob_app.py"

    @with_each_option
    def test_form(self):
        browser = Browser(self.server.url)
        page = browser.get("/")
        page = browser.submit(page, name="<i>Zoë</i>", colour="žlutá & bílá")
        self.assertIn("name <i>Zoë</i> colour žlutá & bílá", page.text)
        self.assertNotIn("<i>Zoë", page.html)

    def test_query(self):
        page = Browser(self.server.url).get("/?a=1&a=2")
        self.assertIn("What you sent a 1 a 2", page.text)

    def test_unchanged_page_is_not_sent_again(self):
        response, _ = self.request("GET", "/numbers")
        etag = response.headers["ETag"]
        response, body = self.request(
            "GET", "/numbers", headers={"If-None-Match": etag}
        )
        self.assertEqual((response.status, body), (304, b""))

    def test_part(self):
        response, body = self.request(
            "GET", "/numbers", headers={"Range": "bytes=796-803"}
        )
        self.assertEqual(response.status, 206)
        self.assertEqual(
            response.headers["Content-Range"], "bytes 796-803/800000"
        )
        self.assertEqual(body, b"099\n0000")

    def test_part_beyond_the_end(self):
        response, _ = self.request(
            "GET", "/numbers", headers={"Range": "bytes=800000-"}
        )
        self.assertEqual(response.status, 416)

    def test_language(self):
        for accepted, language, greeting in [
            ("de;q=0.9, fr", "fr", b"Bonjour\n"),
            ("de-AT, en;q=0.5", "de", b"Hallo\n"),
            ("cs", "en", b"Hello\n"),
        ]:
            with self.subTest(accepted):
                response, body = self.request(
                    "GET", "/language", headers={"Accept-Language": accepted}
                )
                self.assertEqual(
                    response.headers["Content-Language"], language
                )
                self.assertEqual(body, greeting)

    def test_not_found_and_method_not_allowed(self):
        self.assertEqual(self.request("GET", "/nowhere")[0].status, 404)
        response, _ = self.request("POST", "/numbers", "x=y", FORM)
        self.assertEqual(response.status, 405)
        self.assertEqual(response.headers["Allow"], "GET, HEAD")

    def test_head_has_no_body(self):
        response, body = self.request("HEAD", "/numbers")
        self.assertEqual(response.headers["Content-Length"], "800000")
        self.assertEqual(body, b"")

    @needs_command("curl")
    def test_curl_reads_a_part(self):
        body = self.curl("--range", "80-95", "/numbers")
        self.assertEqual(body, b"0000010\n0000011\n")


@needs_module("werkzeug", "python3-werkzeug")
class WerkzeugTest(ServedOnce):
    example = "werkzeug_app.py"

    @with_each_option
    def test_form_leads_to_a_calendar(self):
        browser = Browser(self.server.url)
        page = browser.submit(browser.get("/"), year="2000", month="2")
        self.assertEqual(page.url, self.server.url + "2000/2")
        self.assertIn("February 2000 Mon Tue Wed Thu Fri Sat Sun", page.text)
        self.assertIn("28 29", page.text)

    def test_incomplete_form_is_a_bad_request(self):
        response, body = self.request("POST", "/", "year=2000&month=x", FORM)
        self.assertEqual(response.status, 400)
        self.assertIn(b"A calendar needs a year and a month.", body)

    def test_month_out_of_bounds(self):
        for path in "/2000/13", "/2000/0", "/0/1", "/10000/1", "/2000/may":
            with self.subTest(path):
                self.assertEqual(self.request("GET", path)[0].status, 404)

    def test_method_not_allowed(self):
        response, _ = self.request("POST", "/2000/2", "", FORM)
        self.assertEqual(response.status, 405)
        allowed = response.headers["Allow"].split(", ")
        self.assertEqual(sorted(allowed), ["GET", "HEAD"])

    def test_unchanged_calendar_is_not_sent_again(self):
        response, _ = self.request("GET", "/2000/2")
        etag = response.headers["ETag"]
        response, body = self.request(
            "GET", "/2000/2", headers={"If-None-Match": etag}
        )
        self.assertEqual((response.status, body), (304, b""))

    def test_file(self):
        response, body = self.request("GET", "/source")
        self.assertEqual(response.status, 200)
        self.assertIn("text/x-python", response.headers["Content-Type"])
        self.assertEqual(body, (EXAMPLES / self.example).read_bytes())

    def test_there_is_no_debugger(self):
        response, _ = self.request("GET", "/console")
        self.assertEqual(response.status, 404)

    @needs_command("curl")
    def test_curl_follows_the_redirect(self):
        body = self.curl("--location", "--data", "year=1970&month=1", "/")
        self.assertIn(b"January 1970", body)


load_tests = load_tests_with_options(
    [
        FrameworkTest,
        NotImplementedTest,
        SevenStepsTest,
        FastAPITest,
        PyramidTest,
        FalconTest,
        WebObTest,
        WerkzeugTest,
    ]
)

if __name__ == "__main__":
    unittest.main()
