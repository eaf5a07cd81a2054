"""A web framework in one file: what lies between WSGI and a view function.

    app = WSGIApplication()

    @app.route("/hello/<name>")
    def hello(request, name):
        return PlainTextResponse(f"Hello, {name}!")

The application finds the function by the path and the method, and calls it
with the request and the URL's parameters; the response that it returns is a
WSGI application itself.
"""

import json
import re
from http import HTTPStatus
from urllib.parse import parse_qsl
from wsgiref.headers import Headers


class HTTPError(Exception):
    """Raised by whoever gives up a request: the status of its answer."""

    def __init__(self, status, message="", headers=()):
        super().__init__(message or HTTPStatus(status).phrase)
        self.status = status
        self.headers = headers


class Request:
    """What a view wants to know of the environ, in Python's types."""

    LARGEST_BODY = 1024 * 1024

    def __init__(self, environ):
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]
        # WSGI has the bytes of the path as the characters U+0000 to U+00FF.
        path = environ.get("PATH_INFO", "").encode("latin-1")
        self.path = path.decode("utf-8", "replace") or "/"
        self._body = None

    @property
    def query(self):
        """/search?q=wsgi is {"q": "wsgi"}; of a repeated name, the last."""
        query = self.environ.get("QUERY_STRING", "")
        return dict(parse_qsl(query, keep_blank_values=True))

    def header(self, name, default=None):
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        return self.environ.get(key, default)

    @property
    def body(self):
        """The bytes, read once: the connection has nothing behind them."""
        if self._body is None:
            length = self.header("Content-Length") or "0"
            if not re.fullmatch("[0-9]{1,18}", length):
                raise HTTPError(400, "Content-Length is not a length")
            if int(length) > self.LARGEST_BODY:
                raise HTTPError(413)
            self._body = self.environ["wsgi.input"].read(int(length))
        return self._body

    @property
    def text(self):
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise HTTPError(400, "The body is not UTF-8") from None

    @property
    def form(self):
        """The fields of <form method="post">, like query."""
        return dict(parse_qsl(self.text, keep_blank_values=True))

    @property
    def json(self):
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400, f"The body is not JSON: {error}") from None


class Response:
    """Status, headers and a body of bytes, as a WSGI application."""

    content_type = "application/octet-stream"

    def __init__(self, body=b"", status=200, headers=()):
        self.body = self.render(body)
        self.status = HTTPStatus(status)
        self.headers = Headers(list(headers))
        if self.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.headers.setdefault("Content-Type", self.content_type)
            self.headers.setdefault("Content-Length", str(len(self.body)))

    def render(self, body):
        return body

    def __call__(self, environ, start_response):
        status = f"{self.status.value} {self.status.phrase}"
        start_response(status, self.headers.items())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]


class PlainTextResponse(Response):
    content_type = "text/plain; charset=utf-8"

    def render(self, body):
        return body.encode()


class HTMLResponse(PlainTextResponse):
    content_type = "text/html; charset=utf-8"


class JSONResponse(Response):
    content_type = "application/json"

    def render(self, body):
        return json.dumps(body).encode()


class Route:
    """Which requests a view answers: /post/<int:number>, GET."""

    CONVERTERS = {"str": r"[^/]+", "int": r"[0-9]{1,18}", "path": r".+"}

    def __init__(self, pattern, methods, view):
        self.methods = {method.upper() for method in methods}
        if "GET" in self.methods:
            self.methods.add("HEAD")
        self.view = view
        self.converters = {}
        # The odd parts are those in < >.
        parts = re.split(r"<([^>]*)>", pattern)
        parts[0::2] = map(re.escape, parts[0::2])
        parts[1::2] = map(self.add_parameter, parts[1::2])
        self.regex = re.compile("".join(parts), re.DOTALL)

    def add_parameter(self, declaration):
        """A regular expression for name or converter:name."""
        converter, _, name = declaration.rpartition(":")
        self.converters[name] = converter or "str"
        return f"(?P<{name}>{self.CONVERTERS[converter or 'str']})"

    def match(self, path):
        """The parameters of the view, or None."""
        match = self.regex.fullmatch(path)
        if match is None:
            return None
        return {
            name: int(value) if self.converters[name] == "int" else value
            for name, value in match.groupdict().items()
        }


class WSGIApplication:
    """Calls the view whose route is the first that fits."""

    def __init__(self):
        self.routes = []

    def route(self, pattern, methods=("GET",)):
        """A decorator: @app.route("/hello/<name>", methods=["POST"])"""

        def add(view):
            self.routes.append(Route(pattern, methods, view))
            return view

        return add

    def find_view(self, request):
        allowed = set()
        for route in self.routes:
            parameters = route.match(request.path)
            if parameters is None:
                continue
            if request.method in route.methods:
                return route.view, parameters
            allowed |= route.methods
        if allowed:
            allow = ", ".join(sorted(allowed))
            raise HTTPError(405, headers=[("Allow", allow)])
        raise HTTPError(404)

    def respond(self, request):
        try:
            view, parameters = self.find_view(request)
            return view(request, **parameters)
        except HTTPError as error:
            return PlainTextResponse(f"{error}\n", error.status, error.headers)

    def __call__(self, environ, start_response):
        """Any other exception is the server's, which answers 500."""
        response = self.respond(Request(environ))
        return response(environ, start_response)
