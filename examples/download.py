"""A large file through wsgi.file_wrapper, without holding it in memory.

    script/server examples/download.py
"""

import tempfile
from urllib.parse import parse_qs

MEBIBYTE = 1024 * 1024
LARGEST = 1024  # MiB

INDEX = b"""\
<!doctype html>
<html lang="en">
<title>Download</title>
<h1>Download</h1>
<p><a href="/file">64 MiB</a>
<form action="/file">
  <label>MiB <input type="number" name="size" min="1" max="1024"></label>
  <button>Download</button>
</form>
</html>
"""


def application(environ, start_response):
    match environ["PATH_INFO"]:
        case "/":
            return answer(start_response, "200 OK", "text/html", INDEX)
        case "/file":
            return download(environ, start_response)
        case _:
            return answer(
                start_response, "404 Not Found", "text/plain", b"Not found\n"
            )


def answer(start_response, status, content_type, body):
    start_response(
        status,
        [
            ("Content-Type", f"{content_type}; charset=utf-8"),
            ("Content-Length", str(len(body))),
        ],
    )
    return [body]


def download(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    size = query.get("size", ["64"])[0]
    if not size.isdecimal() or not 1 <= int(size) <= LARGEST:
        return answer(
            start_response,
            "400 Bad Request",
            "text/plain",
            f"size must be from 1 to {LARGEST} MiB\n".encode(),
        )
    file = make_file(int(size))
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/octet-stream"),
            ("Content-Length", str(int(size) * MEBIBYTE)),
            ("Content-Disposition", 'attachment; filename="numbers.bin"'),
        ],
    )
    # The server closes the wrapper, and that closes the file.
    return environ["wsgi.file_wrapper"](file, 64 * 1024)


def make_file(size):
    """A temporary file of size MiB that is removed when it is closed.

    Each MiB holds its own number, 0, 1, 2, ..., in 8 bytes, repeatedly.
    """
    file = tempfile.TemporaryFile()
    for number in range(size):
        file.write(number.to_bytes(8, "big") * (MEBIBYTE // 8))
    file.seek(0)
    return file
