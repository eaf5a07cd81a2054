"""A Flask application: form, cookies, JSON, file upload, streaming answer.

    script/server examples/flask_app.py
"""

import hashlib
import time

from flask import (
    Flask,
    Response,
    jsonify,
    redirect,
    render_template_string,
    request,
    session,
    url_for,
)

app = Flask(__name__)
app.secret_key = "for demonstration only"  # signs the session cookie

INDEX = """\
<!doctype html>
<html lang="en">
<title>Flask on cwsgiref</title>
<h1>Hello, {{ name }}!</h1>
<p>Visits: {{ visits }}</p>
<form method="post" action="{{ url_for('set_name') }}">
  <label>Your name <input name="name" required></label>
  <button>Greet me</button>
</form>
<form method="post" action="{{ url_for('upload') }}"
      enctype="multipart/form-data">
  <label>A file <input type="file" name="file" required></label>
  <button>Upload</button>
</form>
<p><a href="{{ url_for('stream') }}">A streaming answer</a></p>
</html>
"""


@app.get("/")
def index():
    session["visits"] = session.get("visits", 0) + 1
    return render_template_string(
        INDEX,
        name=request.cookies.get("name", "stranger"),
        visits=session["visits"],
    )


@app.post("/name")
def set_name():
    """The name from the form is kept in a cookie of its own."""
    answer = redirect(url_for("index"), code=303)
    answer.set_cookie("name", request.form["name"], samesite="Lax")
    return answer


@app.post("/json")
def echo_json():
    """curl --json '{"numbers": [1, 2, 3]}' http://127.0.0.1:8000/json"""
    return jsonify(visitor=request.remote_addr, received=request.get_json())


@app.post("/upload")
def upload():
    """curl -F file=@README.md http://127.0.0.1:8000/upload"""
    file = request.files["file"]
    digest = hashlib.file_digest(file.stream, "sha256")
    return jsonify(
        name=file.filename,
        size=file.stream.tell(),
        sha256=digest.hexdigest(),
    )


@app.get("/stream")
def stream():
    """curl -N 'http://127.0.0.1:8000/stream?lines=20'"""
    lines = request.args.get("lines", default=10, type=int)

    def count():
        for number in range(1, lines + 1):
            yield f"{number}\n"  # the server sends each block at once
            time.sleep(0.1)

    return Response(count(), mimetype="text/plain")
