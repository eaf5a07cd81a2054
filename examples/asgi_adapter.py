"""Runs an ASGI application, such as FastAPI, on a WSGI server.

    application = ASGIMiddleware(asgi_application)

ASGI's application is a coroutine, so an event loop runs it, in a thread of its
own. The server's thread does what a coroutine must not do, because it takes
time: it reads the request's body, and hands the answer to the server. The two
take turns, piece by piece, so that neither has to hold a whole body.

There is no lifespan protocol: an application that wants its start-up events
has to send them itself. Nor are there WebSockets, which WSGI does not know.
"""

import asyncio
import contextlib
import queue
import threading
from http.client import responses
from wsgiref.util import is_hop_by_hop

BLOCK_SIZE = 64 * 1024


class ASGIMiddleware:
    """The WSGI application."""

    def __init__(self, app):
        self.app = app
        self.loop = asyncio.new_event_loop()
        # A daemon: it ends with the program, or by close().
        self.thread = threading.Thread(target=self.run_loop, daemon=True)
        self.thread.start()

    def run_loop(self):
        with contextlib.closing(self.loop):
            self.loop.run_forever()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def __call__(self, environ, start_response):
        exchange = Exchange(self.loop, environ)
        running = asyncio.run_coroutine_threadsafe(
            self.run(environ, exchange), self.loop
        )
        running.add_done_callback(lambda _: exchange.steps.put(None))
        started = False
        try:
            for message, done in iter(exchange.steps.get, None):
                result = None
                match message["type"]:
                    case "http.request":
                        result = exchange.read_body()
                    case "http.response.start":
                        started = True
                        start_response(*head(message))
                    case "http.response.body":
                        # Comes back when the server has sent it.
                        yield message.get("body", b"")
                self.loop.call_soon_threadsafe(exchange.finish, done, result)
            running.result()  # raises what has ended the application
            if not started:
                raise RuntimeError("the ASGI application has not answered")
        finally:
            # All is sent, or the client has gone away.
            self.loop.call_soon_threadsafe(exchange.disconnect)

    async def run(self, environ, exchange):
        await self.app(scope(environ), exchange.receive, exchange.send)


class Exchange:
    """One request and its answer, between the event loop and the server."""

    def __init__(self, loop, environ):
        self.loop = loop
        self.input = environ["wsgi.input"]
        self.left = int(environ.get("CONTENT_LENGTH") or 0)
        self.body_is_read = False
        self.steps = queue.SimpleQueue()  # for the server's thread to do
        self.waiting = set()  # futures: who waits for one of them
        self.disconnected = asyncio.Event()

    def read_body(self):
        """In the server's thread: the next event of the request."""
        block = self.input.read(min(self.left, BLOCK_SIZE))
        if not block and self.left:  # less than Content-Length has promised
            return {"type": "http.disconnect"}
        self.left -= len(block)
        self.body_is_read = self.left == 0
        return {
            "type": "http.request",
            "body": block,
            "more_body": self.left > 0,
        }

    # The others run in the event loop.

    async def receive(self):
        if self.body_is_read:
            await self.disconnected.wait()
        try:
            return await self.do({"type": "http.request"})
        except ConnectionError:
            return {"type": "http.disconnect"}

    async def send(self, message):
        await self.do(message)

    async def do(self, message):
        """Has the server's thread do it, and waits for the result."""
        if self.disconnected.is_set():
            raise ConnectionError("the client has gone away")
        done = self.loop.create_future()
        self.waiting.add(done)
        self.steps.put((message, done))
        try:
            return await done
        finally:
            self.waiting.discard(done)

    def finish(self, done, result):
        if not done.done():  # it may have been cancelled
            done.set_result(result)

    def disconnect(self):
        self.disconnected.set()
        for done in self.waiting:
            if not done.done():
                done.set_exception(ConnectionError("the client has gone away"))


def scope(environ):
    """What ASGI calls the environ."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": environ["SERVER_PROTOCOL"].removeprefix("HTTP/"),
        "method": environ["REQUEST_METHOD"],
        "scheme": environ["wsgi.url_scheme"],
        "root_path": as_text(environ.get("SCRIPT_NAME", "")),
        "path": as_text(environ.get("PATH_INFO", "")),
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "headers": list(request_headers(environ)),
        "server": (environ["SERVER_NAME"], int(environ["SERVER_PORT"] or 0)),
        "client": (environ.get("REMOTE_ADDR", ""), 0),
    }


def as_text(path):
    """WSGI has the bytes of a path as the characters U+0000 to U+00FF."""
    return path.encode("latin-1").decode("utf-8", "replace")


def request_headers(environ):
    for key, value in environ.items():
        if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            name = key
        elif key.startswith("HTTP_"):
            name = key.removeprefix("HTTP_")
        else:
            continue
        name = name.lower().replace("_", "-")
        yield name.encode("latin-1"), value.encode("latin-1")


def head(message):
    """The arguments of start_response."""
    status = message["status"]
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in message.get("headers", ())
    ]
    return f"{status} {responses.get(status, 'Unknown')}", [
        (name, value) for name, value in headers if not is_hop_by_hop(name)
    ]
