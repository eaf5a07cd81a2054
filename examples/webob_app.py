"""WebOb without a framework: requests and responses as objects.

    script/server examples/webob_app.py

WebOb alone answers If-None-Match with 304 and Range with a part.
"""

from html import escape

from webob import Request, Response
from webob.dec import wsgify
from webob.exc import HTTPMethodNotAllowed, HTTPNotFound

PAGE = """\
<!doctype html>
<html lang="en">
<title>WebOb</title>
<h1>What you sent</h1>
<dl>{fields}</dl>
<form method="post">
  <label>Name <input name="name"></label>
  <label>Colour <input name="colour"></label>
  <button>Send</button>
</form>
<p><a href="/numbers">A text to read in parts</a></p>
</html>
"""

# 100,000 lines of 8 bytes
NUMBERS = "".join(f"{number:07}\n" for number in range(100_000))


def form(request):
    fields = "".join(
        f"<dt>{escape(name)}<dd>{escape(value)}"
        for name, value in request.params.items()
    )
    return Response(PAGE.format(fields=fields))


def numbers(request):
    """curl --range 80-95 http://127.0.0.1:8000/numbers"""
    response = Response(
        NUMBERS, content_type="text/plain", conditional_response=True
    )
    response.accept_ranges = "bytes"
    response.md5_etag()
    return response


def language(request):
    """curl -H 'Accept-Language: de;q=0.9, fr' .../language"""
    words = {"en": "Hello", "de": "Hallo", "fr": "Bonjour"}
    chosen = request.accept_language.lookup(list(words), default="en")
    response = Response(f"{words[chosen]}\n", content_type="text/plain")
    response.content_language = chosen
    response.vary = ["Accept-Language"]
    return response


VIEWS = {
    "/": (form, {"GET", "HEAD", "POST"}),
    "/numbers": (numbers, {"GET", "HEAD"}),
    "/language": (language, {"GET", "HEAD"}),
}


@wsgify(RequestClass=Request)
def application(request):
    """A view of VIEWS; an exception of webob.exc is a response, too."""
    try:
        view, methods = VIEWS[request.path_info]
    except KeyError:
        raise HTTPNotFound() from None
    if request.method not in methods:
        raise HTTPMethodNotAllowed(allow=sorted(methods))
    return view(request)
