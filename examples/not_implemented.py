"""The answer 501: what a server says to a method that it does not know.

    script/server examples/not_implemented.py
    curl -X BREW http://127.0.0.1:8000/

405 Method Not Allowed would say something else: the server does know the
method, but not for this resource.
"""

KNOWN = {"GET", "HEAD"}


def application(environ, start_response):
    method = environ["REQUEST_METHOD"]
    if method in KNOWN:
        status = "200 OK"
        body = f"{method} is implemented.\n"
    else:
        status = "501 Not Implemented"
        body = f"{method} is not implemented.\n"
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [] if method == "HEAD" else [body.encode()]
