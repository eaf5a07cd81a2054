"""A Pyramid application: routes, renderers, a session, a CSRF-checked form.

    script/server examples/pyramid_app.py
"""

from html import escape

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from pyramid.view import notfound_view_config, view_config

PAGE = """\
<!doctype html>
<html lang="en">
<title>Notes</title>
<h1>Your notes</h1>
<ul>{notes}</ul>
<form method="post">
  <input type="hidden" name="csrf_token" value="{token}">
  <label>Note <input name="note" required></label>
  <button>Add</button>
</form>
</html>
"""


@view_config(route_name="notes", request_method="GET")
def show_notes(request):
    notes = request.session.get("notes", [])
    return Response(
        PAGE.format(
            notes="".join(f"<li>{escape(note)}</li>" for note in notes),
            token=get_csrf_token(request),
        )
    )


@view_config(route_name="notes", request_method="POST", require_csrf=True)
def add_note(request):
    """The notes travel in the visitor's cookie, which has room for 4 KiB."""
    note = request.POST.get("note")
    if not note:
        raise HTTPBadRequest("A note needs a text.")
    notes = request.session.get("notes", [])
    request.session["notes"] = [*notes, note[:40]][-5:]
    raise HTTPSeeOther(request.route_path("notes"))


@view_config(route_name="hello", renderer="string")
def hello(request):
    return f"Hello, {request.matchdict['name']}!"


@view_config(route_name="power", request_method="GET", renderer="json")
def power(request):
    """curl http://127.0.0.1:8000/power/2/10"""
    try:
        base = int(request.matchdict["base"])
        exponent = int(request.matchdict["exponent"])
    except ValueError:
        raise HTTPBadRequest("Both have to be whole numbers.") from None
    if abs(base) > 1000 or not 0 <= exponent <= 1000:
        raise HTTPBadRequest("They have to be at most 1000.")
    return {"base": base, "exponent": exponent, "power": base**exponent}


@notfound_view_config(renderer="string")
def not_found(request):
    request.response.status = 404
    return f"There is nothing at {request.path}."


def create_app():
    sessions = SignedCookieSessionFactory("for demonstration only")
    with Configurator(session_factory=sessions) as config:
        config.add_route("notes", "/")
        config.add_route("hello", "/hello/{name}")
        config.add_route("power", "/power/{base}/{exponent}")
        config.scan()  # finds the decorated views of this module
        return config.make_wsgi_app()


application = create_app()
