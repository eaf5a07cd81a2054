"""An application of framework.py: text, HTML, JSON, URL parameters, a form.

    script/server examples/framework/app.py
"""

import html

from framework import (
    HTMLResponse,
    HTTPError,
    JSONResponse,
    PlainTextResponse,
    WSGIApplication,
)

app = WSGIApplication()

PAGE = """\
<!doctype html>
<html lang="en">
<title>A framework</title>
<h1>Hello, {name}!</h1>
<form method="post">
  <label>Your name <input name="name" required></label>
  <button>Greet me</button>
</form>
</html>
"""


@app.route("/")
def index(request):
    return PlainTextResponse("Hello, world!\n")


@app.route("/html")
def page(request):
    return HTMLResponse(PAGE.format(name="world"))


@app.route("/html", methods=["POST"])
def greet(request):
    name = request.form.get("name") or "stranger"
    return HTMLResponse(PAGE.format(name=html.escape(name)))


@app.route("/json")
def greeting(request):
    return JSONResponse({"message": "Hello, world!", "query": request.query})


@app.route("/hello/<name>")
def hello(request, name):
    return PlainTextResponse(f"Hello, {name}!\n")


@app.route("/square/<int:number>")
def square(request, number):
    return JSONResponse({"number": number, "square": number**2})


@app.route("/sum", methods=["POST"])
def add_up(request):
    """curl --json '[1, 2, 3]' http://127.0.0.1:8000/sum"""
    numbers = request.json
    try:
        return JSONResponse({"sum": sum(numbers)})
    except TypeError:
        raise HTTPError(400, "The body is not a list of numbers") from None
