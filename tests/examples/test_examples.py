"""The first examples: hello, a download, Bottle, Flask, Django; Chromium.

    python3 -m unittest -v tests/examples/test_examples.py

They run with --threads and --fork, too: see served.py.
"""

import hashlib
import json
import os
import re
import subprocess
import tempfile
import unittest
import urllib.parse
from pathlib import Path

from tools.patience import PATIENCE

from .served import (
    EXAMPLES,
    Browser,
    ServedDjango,
    ServedExample,
    ServedOnce,
    load_tests_with_options,
    needs_command,
    needs_module,
    with_each_option,
)

MEBIBYTE = 1024 * 1024


class HelloTest(ServedExample):
    example = "hello.py"

    @with_each_option
    def test_greets(self):
        response, body = self.request("GET", "/any/path")
        self.assertEqual(response.status, 200)
        self.assertEqual(
            response.headers["Content-Type"], "text/plain; charset=utf-8"
        )
        self.assertEqual(response.headers["Content-Length"], "14")
        self.assertEqual(body, b"Hello, world!\n")

    @needs_command("curl")
    def test_greets_curl(self):
        self.assertEqual(self.curl("/"), b"Hello, world!\n")

    def test_logs_each_request(self):
        self.request("GET", "/one")
        self.server.finish_requests()
        self.request("GET", "/two")
        self.assertRegex(
            self.server.log(),
            r'\A127\.0\.0\.1 - - \[.+\] "GET /one HTTP/1\.1" 200 14\n'
            r'127\.0\.0\.1 - - \[.+\] "GET /two HTTP/1\.1" 200 14\n\Z',
        )


class DownloadTest(ServedExample):
    example = "download.py"

    def environ(self):
        # AddressSanitizer would keep what was freed, and count it as used.
        options = os.environ.get("ASAN_OPTIONS", "")
        return {
            **super().environ(),
            "ASAN_OPTIONS": f"{options}:quarantine_size_mb=1",
        }

    @staticmethod
    def sha256_of(size):
        digest = hashlib.sha256()
        for number in range(size):
            digest.update(number.to_bytes(8, "big") * (MEBIBYTE // 8))
        return digest.hexdigest()

    def download(self, path):
        """The answer, its digest, and what memory it has taken."""
        connection = self.connect()
        connection.request("GET", path)
        response = connection.getresponse()
        digest = hashlib.sha256()
        memory = 0
        while block := response.read(MEBIBYTE):
            digest.update(block)
            memory = max(memory, self.server.memory_peak())
        return response, digest.hexdigest(), memory

    def assert_file_is_gone(self):
        self.server.finish_requests()
        self.assertEqual(self.server.deleted_files(), set())
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_index_links_to_the_file(self):
        page = Browser(self.server.url).get("/")
        self.assertIn('href="/file"', page.html)
        self.assertEqual(page.form("size")[0], self.server.url + "file")

    @with_each_option
    def test_streams_64_mebibytes_in_constant_memory(self):
        _, _, before = self.download("/file?size=1")
        response, sha256, memory = self.download("/file")
        self.assertEqual(response.status, 200)
        self.assertEqual(
            response.headers["Content-Length"], str(64 * MEBIBYTE)
        )
        self.assertEqual(
            response.headers["Content-Disposition"],
            'attachment; filename="numbers.bin"',
        )
        self.assertEqual(sha256, self.sha256_of(64))
        self.assertLess(memory - before, 16 * MEBIBYTE)
        self.assert_file_is_gone()

    def test_size_from_the_query(self):
        response, sha256, _ = self.download("/file?size=3")
        self.assertEqual(response.headers["Content-Length"], str(3 * MEBIBYTE))
        self.assertEqual(sha256, self.sha256_of(3))

    def test_refuses_a_size_out_of_bounds(self):
        for size in ["0", "1025", "-1", "many"]:
            with self.subTest(size=size):
                response, body = self.request("GET", f"/file?size={size}")
                self.assertEqual(response.status, 400)
                self.assertEqual(body, b"size must be from 1 to 1024 MiB\n")

    def test_any_other_path_is_not_found(self):
        response, body = self.request("GET", "/other")
        self.assertEqual(response.status, 404)
        self.assertEqual(body, b"Not found\n")

    @with_each_option
    def test_closes_the_file_when_the_client_goes_away(self):
        connection = self.connect()
        connection.request("GET", "/file")
        response = connection.getresponse()
        self.assertEqual(response.read(8), bytes(8))
        self.assertEqual(len(self.server.deleted_files()), 1)
        response.close()
        connection.close()
        self.assert_file_is_gone()

    @needs_command("curl")
    def test_curl_saves_the_file(self):
        with tempfile.NamedTemporaryFile() as copy:
            self.curl("--output", copy.name, "/file?size=8")
            content = copy.read()
        self.assertEqual(
            hashlib.sha256(content).hexdigest(), self.sha256_of(8)
        )


@needs_module("bottle", "python3-bottle")
class BottleTest(ServedExample):
    example = "bottle_app.py"

    def items(self):
        response, body = self.request("GET", "/items")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        return json.loads(body)["items"]

    def test_page_from_the_inline_template(self):
        page = Browser(self.server.url).get("/")
        self.assertIn("Shopping list bread milk", page.text)

    @with_each_option
    def test_form_adds_an_item(self):
        browser = Browser(self.server.url)
        page = browser.submit(browser.get("/"), item="<b>Käse</b> & 茶")
        self.assertEqual(page.url, self.server.url)
        self.assertIn("bread milk <b>Käse</b> & 茶", page.text)
        self.assertEqual(self.items(), ["bread", "milk", "<b>Käse</b> & 茶"])

    @with_each_option
    def test_removes_an_item(self):
        response, body = self.request("DELETE", "/items/0")
        self.assertEqual((response.status, body), (204, b""))
        self.assertEqual(self.items(), ["milk"])

    def test_no_such_item(self):
        response, body = self.request("DELETE", "/items/2")
        self.assertEqual(response.status, 404)
        self.assertIn(b"There is no such item.", body)

    def test_method_not_allowed(self):
        response, _ = self.request("PUT", "/items")
        self.assertEqual(response.status, 405)
        self.assertIn("GET", response.headers["Allow"].split(","))

    @needs_command("curl")
    def test_curl_fills_in_the_form(self):
        self.curl("--data-urlencode", "item=green tea", "/")
        items = json.loads(self.curl("/items"))["items"]
        self.assertEqual(items, ["bread", "milk", "green tea"])


@needs_module("flask", "python3-flask")
class FlaskTest(ServedOnce):
    example = "flask_app.py"

    def upload(self, name, content):
        boundary = "3f2b7c"
        body = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"'
            "\r\nContent-Type: application/octet-stream\r\n\r\n"
        ).encode()
        return self.request(
            "POST",
            "/upload",
            body + content + f"\r\n--{boundary}--\r\n".encode(),
            {"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )

    def test_session_counts_the_visits(self):
        browser = Browser(self.server.url)
        for visits in range(1, 4):
            self.assertIn(f"Visits: {visits} ", browser.get("/").text)
        other = Browser(self.server.url)
        self.assertIn("Visits: 1 ", other.get("/").text)

    def test_forged_session_is_refused(self):
        _, body = self.request("GET", "/", headers={"Cookie": "session=e30.x"})
        self.assertIn(b"Visits: 1<", body)

    @with_each_option
    def test_form_keeps_the_name_in_a_cookie(self):
        browser = Browser(self.server.url)
        page = browser.get("/")
        self.assertIn("Hello, stranger!", page.text)
        page = browser.submit(page, name="<i>Zoë</i>")
        self.assertEqual(page.url, self.server.url)
        self.assertIn("Hello, <i>Zoë</i>!", page.text)
        self.assertIn("Hello, <i>Zoë</i>!", browser.get("/").text)
        self.assertNotIn("<i>Zoë", page.html)

    def test_form_answers_with_redirect_and_cookie(self):
        response, _ = self.request(
            "POST",
            "/name",
            "name=Ann",
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        self.assertEqual(response.status, 303)
        self.assertEqual(response.headers["Location"], "/")
        self.assertEqual(
            response.headers["Set-Cookie"], "name=Ann; Path=/; SameSite=Lax"
        )

    def test_missing_field_is_a_bad_request(self):
        response, _ = self.request(
            "POST",
            "/name",
            "other=Ann",
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        self.assertEqual(response.status, 400)

    def test_json(self):
        sent = {"numbers": [1, 2.5, None], "text": "žluťoučký 🐎"}
        response, body = self.request(
            "POST",
            "/json",
            json.dumps(sent),
            {"Content-Type": "application/json"},
        )
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(
            json.loads(body), {"visitor": "127.0.0.1", "received": sent}
        )

    def test_malformed_json_is_a_bad_request(self):
        response, _ = self.request(
            "POST", "/json", "{", {"Content-Type": "application/json"}
        )
        self.assertEqual(response.status, 400)

    @with_each_option
    def test_upload(self):
        content = bytes(range(256)) * 8192  # 2 MiB, CR, LF and NUL in it
        response, body = self.upload("all bytes.bin", content)
        self.assertEqual(response.status, 200)
        self.assertEqual(
            json.loads(body),
            {
                "name": "all bytes.bin",
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        )

    def test_upload_of_an_empty_file(self):
        _, body = self.upload("empty", b"")
        self.assertEqual(json.loads(body)["size"], 0)

    def test_streaming_answer(self):
        response, body = self.request("GET", "/stream?lines=3")
        self.assertNotIn("Content-Length", response.headers)
        self.assertEqual(body, b"1\n2\n3\n")

    @with_each_option
    def test_streaming_answer_arrives_line_by_line(self):
        # It would take three hours: lines arrive while it is being made.
        connection = self.connect()
        connection.request("GET", "/stream?lines=100000")
        response = connection.getresponse()
        lines = [response.readline() for _ in range(3)]
        self.assertEqual(lines, [b"1\n", b"2\n", b"3\n"])
        # The generator ends with its client; the next one is served.
        response.close()
        connection.close()
        self.assertEqual(self.request("GET", "/")[0].status, 200)

    def test_not_found(self):
        response, body = self.request("GET", "/nowhere")
        self.assertEqual(response.status, 404)
        self.assertIn(b"<h1>Not Found</h1>", body)

    def test_method_not_allowed(self):
        response, body = self.request("GET", "/upload")
        self.assertEqual(response.status, 405)
        allowed = response.headers["Allow"].split(", ")
        self.assertEqual(sorted(allowed), ["OPTIONS", "POST"])
        self.assertIn(b"<h1>Method Not Allowed</h1>", body)

    def test_head_has_no_body(self):
        response, body = self.request("HEAD", "/")
        self.assertEqual(response.status, 200)
        self.assertGreater(int(response.headers["Content-Length"]), 0)
        self.assertEqual(body, b"")

    @needs_command("curl")
    def test_curl_uploads_a_file(self):
        path = EXAMPLES / "README.md"
        answer = json.loads(self.curl("--form", f"file=@{path}", "/upload"))
        self.assertEqual(answer["name"], "README.md")
        self.assertEqual(
            answer["sha256"], hashlib.sha256(path.read_bytes()).hexdigest()
        )

    @needs_command("curl")
    def test_curl_keeps_cookies(self):
        jar = str(self.directory / "cookies")
        cookies = ["--cookie-jar", jar, "--cookie", jar]
        self.curl(*cookies, "--location", "--data", "name=Ann", "/name")
        self.assertIn(b"Visits: 2", self.curl(*cookies, "/"))
        self.assertIn(b"Hello, Ann!", self.curl(*cookies, "/"))

    @needs_command("curl")
    def test_curl_reads_the_stream(self):
        body = self.curl("--no-buffer", "/stream?lines=2")
        self.assertEqual(body, b"1\n2\n")


@needs_module("django", "python3-django")
class DjangoTest(ServedDjango):
    def setUp(self):
        super().setUp()
        self.browser = Browser(self.server.url)

    def log_in(self, password="admin"):
        page = self.browser.get("/admin/")
        self.assertEqual(
            page.url, self.server.url + "admin/login/?next=/admin/"
        )
        return self.browser.submit(page, username="admin", password=password)

    def sign(self, name, message):
        page = self.browser.get("/")
        return self.browser.submit(page, name=name, message=message)

    def test_first_run_creates_database_and_admin(self):
        self.stop(self.server)
        self.database.unlink()
        self.serve()
        self.assertTrue(self.database.is_file())
        self.assertIn(
            'the demonstration user "admin" with the password "admin"',
            self.server.log(),
        )

    def test_second_run_keeps_them(self):
        self.sign("Ann", "See you tomorrow.")
        self.stop(self.server)
        self.serve()
        self.browser = Browser(self.server.url)
        self.assertIn("See you tomorrow.", self.browser.get("/").text)
        self.assertNotIn("password", self.server.log())
        self.assertIn("Site administration", self.log_in().text)

    @with_each_option
    def test_guest_signs_the_book(self):
        self.assertIn("No entries yet.", self.browser.get("/").text)
        self.sign("Ann", "First!")
        page = self.sign("Zoë <b>", "Žluťoučký 🐎 & co.")
        self.assertEqual(page.url, self.server.url)
        self.assertRegex(page.text, "Zoë <b> Žluťoučký 🐎 & co. .* Ann First!")
        self.assertNotIn("Zoë <b>", page.html)

    def test_empty_message_is_refused(self):
        page = self.sign("Ann", "")
        self.assertIn("This field is required.", page.text)
        self.assertIn("No entries yet.", page.text)

    def test_form_without_csrf_token_is_refused(self):
        page = self.browser.get("/", b"name=Ann&message=forged")
        self.assertEqual(page.status, 403)
        self.assertIn("No entries yet.", self.browser.get("/").text)

    def test_foreign_host_is_refused(self):
        response, _ = self.request("GET", "/", headers={"Host": "example.org"})
        self.assertEqual(response.status, 400)
        # Django 4 logs a traceback of its own.
        exit_code, log = self.server.stop()
        self.assertEqual(exit_code, 0, log)
        self.assertIn("Invalid HTTP_HOST header", log)

    def test_page_not_found(self):
        self.assertEqual(self.browser.get("/nowhere").status, 404)

    def test_static_files_of_the_page(self):
        page = self.browser.get("/")
        self.assertEqual(page.stylesheets, ["/static/guestbook/style.css"])
        response, body = self.request("GET", page.stylesheets[0])
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Type"], "text/css")
        style = EXAMPLES / "django_project/guestbook" / page.stylesheets[0][1:]
        self.assertEqual(body, style.read_bytes())

    def test_static_files_of_the_admin_site(self):
        page = self.browser.get("/admin/login/")
        self.assertIn("/static/admin/css/base.css", page.stylesheets)
        for path in page.stylesheets:
            with self.subTest(path=path):
                response, body = self.request("GET", path)
                self.assertEqual(response.status, 200)
                self.assertEqual(response.headers["Content-Type"], "text/css")
                self.assertEqual(
                    response.headers["Content-Length"], str(len(body))
                )
                self.assertIn(b"{", body)

    def test_unchanged_static_file_is_not_sent_again(self):
        path = "/static/admin/css/base.css"
        response, _ = self.request("GET", path)
        date = response.headers["Last-Modified"]
        response, body = self.request(
            "GET", path, headers={"If-Modified-Since": date}
        )
        self.assertEqual((response.status, body), (304, b""))

    def test_missing_static_file(self):
        response, _ = self.request("GET", "/static/missing.css")
        self.assertEqual(response.status, 404)

    def test_log_in_with_a_wrong_password(self):
        page = self.log_in(password="wrong")
        self.assertIn("Please enter the correct username", page.text)
        self.assertIn("/admin/login/", self.browser.get("/admin/").url)

    @with_each_option
    def test_log_in_and_out(self):
        page = self.log_in()
        self.assertEqual(page.url, self.server.url + "admin/")
        self.assertIn("Site administration", page.text)
        self.assertIn("Entries", page.text)
        self.assertTrue(self.browser.cookie("sessionid"))
        data = {"csrfmiddlewaretoken": self.browser.cookie("csrftoken")}
        page = self.browser.get(
            "/admin/logout/", urllib.parse.urlencode(data).encode()
        )
        self.assertIn("Logged out", page.text)
        self.assertIn("/admin/login/", self.browser.get("/admin/").url)

    def test_admin_adds_changes_and_deletes_an_entry(self):
        self.log_in()
        page = self.browser.get("/admin/guestbook/entry/add/")
        page = self.browser.submit(page, name="Bob", message="Hello.\nBob")
        self.assertIn("was added successfully", page.text)
        self.assertIn("Hello. Bob", self.browser.get("/").text)

        change = re.search(r"/admin/guestbook/entry/\d+/change/", page.html)[0]
        page = self.browser.get(change)
        self.assertEqual(page.form("message")[1]["name"], "Bob")
        page = self.browser.submit(page, message="Goodbye.")
        self.assertIn("was changed successfully", page.text)
        self.assertIn("Bob Goodbye.", self.browser.get("/").text)

        page = self.browser.get(change.replace("change", "delete"))
        self.assertIn("Are you sure", page.text)
        page = self.browser.submit(page, post="yes")
        self.assertIn("was deleted successfully", page.text)
        self.assertIn("No entries yet.", self.browser.get("/").text)

    def test_admin_searches(self):
        self.sign("Ann", "Apples")
        self.sign("Bob", "Pears")
        self.log_in()
        page = self.browser.get("/admin/guestbook/entry/?q=pear")
        self.assertIn("Pears", page.text)
        self.assertNotIn("Apples", page.text)

    @needs_command("curl")
    def test_curl_reads_the_page(self):
        self.assertIn(b"<h1>Guest book</h1>", self.curl("/"))


class ChromiumTest(ServedExample):
    """The same examples in a real browser, if there is one."""

    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def environ(self):
        database = self.directory / "guestbook.sqlite3"
        return {"GUESTBOOK_DATABASE": str(database)}

    def page(self, example, path):
        self.example = example
        self.serve()
        return subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--no-proxy-server",
                f"--user-data-dir={self.directory / 'profile'}",
                "--dump-dom",
                urllib.parse.urljoin(self.server.url, path),
            ],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE,
        ).stdout

    @needs_command("chromium")
    def test_hello(self):
        self.assertIn("Hello, world!", self.page("hello.py", "/"))

    @needs_command("chromium")
    @needs_module("django", "python3-django")
    def test_admin_login_page(self):
        page = self.page("django_project/serve.py", "/admin/login/")
        self.assertIn('name="csrfmiddlewaretoken"', page)
        self.assertIn('type="password"', page)
        log = self.server.log()
        self.assertRegex(log, r'"GET /static/admin/css/base.css .*" 200')


load_tests = load_tests_with_options(
    [HelloTest, DownloadTest, BottleTest, FlaskTest, DjangoTest, ChromiumTest]
)

if __name__ == "__main__":
    unittest.main()
