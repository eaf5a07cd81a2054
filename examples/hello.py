"""The smallest WSGI application: one function that answers every request.

Its answer, as a CGI program prints it for a web server:

    script/server --cgi examples/hello.py

The same over HTTP, where Date and Server come before it:

    script/server examples/hello.py
"""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"Hello, world!\n"]
