"""The smallest WSGI application: one function that answers every request.

    script/server examples/hello.py
"""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"Hello, world!\n"]
