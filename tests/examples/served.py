"""Examples, served by the program and used as their visitors use them.

CWSGIREF in the environment is the program, build/study/cwsgiref by default.

A module whose load_tests is of load_tests_with_options has each test once as
it stands. Those that are marked with_each_option run with --threads and with
--fork, too; if CWSGIREF_LONG_TESTS is not empty, all of them do, also with
--strict. Under a
sanitizer, where a server takes long to start, only the marked ones run, and
those as they stand, unless CWSGIREF_LONG_TESTS is not empty.
"""

import contextlib
import functools
import http.client
import http.cookiejar
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

from tools import server
from tools.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAM = os.environ.get("CWSGIREF", str(ROOT / "build/study/cwsgiref"))
LONG = bool(os.environ.get("CWSGIREF_LONG_TESTS"))
BRIEF = "-fsanitize" in os.environ.get("CWSGIREF_C_FLAGS", "") and not LONG


def needs_module(module, package):
    return unittest.skipUnless(
        importlib.util.find_spec(module),
        f"needs {module}: apt install {package}",
    )


def needs_command(command):
    return unittest.skipUnless(
        shutil.which(command), f"needs {command}: apt install {command}"
    )


def with_each_option(test):
    """A decorator: this test runs with --threads and with --fork, too."""
    test.with_each_option = True
    return test


def is_marked(cls, test_name):
    return hasattr(getattr(cls, test_name), "with_each_option")


def load_tests_with_options(classes):
    """What unittest calls, in a module of these classes."""

    def load_tests(loader, tests, pattern):
        if BRIEF:
            return unittest.TestSuite(
                test for suite in tests for test in suite
                if is_marked(type(test), test._testMethodName))
        options = ("--threads", "--fork", "--strict") if LONG else (
            "--threads", "--fork")
        for option in options:
            for cls in classes:
                tests.addTests(tests_with(option, cls, loader))
        return tests

    return load_tests


def tests_with(option, cls, loader):
    """HelloTest--threads.test_greets and so on."""
    name = cls.__name__ + option
    content = {"__module__": cls.__module__, "options": [option]}
    variant = type(name, (cls,), content)
    for test_name in loader.getTestCaseNames(variant):
        if LONG or is_marked(variant, test_name):
            yield variant(test_name)


class Server(server.Server):
    """The program, serving one example, or demo_app, on a free port."""

    announces = r"^Serving HTTP on .* port (\d+) \((http:.*/)\)"
    first_of_all = True

    def __init__(self, example, *options, **environ):
        application = [EXAMPLES / example] if example else []
        super().__init__(
            [PROGRAM, "--port", "0", *options, *application],
            env={**os.environ, **environ},
        )
        self.url = re.search(self.announces, self.announcement)[2]
        self.idle_files = self.open_files()

    def processes(self):
        """The directories in /proc of the program and of its children.

        With --fork, a connection goes from the one to the other: the children
        are looked for when the program itself has been looked at.
        """
        pid = self.process.pid
        yield Path(f"/proc/{pid}")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        yield from map(Path("/proc").joinpath, children.split())

    def open_files(self):
        files = set()
        for process in self.processes():
            links = []
            with contextlib.suppress(FileNotFoundError, PermissionError):
                links = list((process / "fd").iterdir())  # if it still runs
            for link in links:
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    files.add(os.readlink(link))  # if it is still open
        return files

    def deleted_files(self):
        """Open files without a name that the application has made."""
        return {
            file
            for file in self.open_files() - self.idle_files
            if file.endswith("(deleted)")
        }

    def has_requests(self):
        """Is there a connection that it has not accepted or not closed?"""
        address = f":{self.port:04X}"
        open_states = {"01", "03", "08"}
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, _, state, _, _, _, _, _, inode, *_ = line.split()
            if (
                local.endswith(address)
                and inode == "0"
                and state in open_states
            ):
                return True
        unix = Path("/proc/net/unix").read_text().splitlines()[1:]
        known = {f"socket:[{line.split()[6]}]" for line in unix}
        return any(
            file.startswith("socket:")
            for file in self.open_files() - self.idle_files - known
        )

    def finish_requests(self):
        """Returns when it has logged and closed all that it was asked."""
        deadline = time.monotonic() + PATIENCE
        while self.has_requests():
            if time.monotonic() > deadline:
                raise AssertionError(f"no end:\n{super().log()}")
            time.sleep(0.001)

    def log(self):
        self.finish_requests()
        return super().log()

    def memory_peak(self):
        """What the largest of its processes has used, in bytes."""
        peak = 0
        for process in self.processes():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = (process / "status").read_text()
                # A process that has just ended has no memory.
                for size in re.findall(r"VmHWM:\s+(\d+) kB", status):
                    peak = max(peak, int(size) * 1024)
        return peak

    def stop(self):
        """Ends the program by SIGTERM: its exit code and what it logged."""
        try:
            self.finish_requests()
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
            return self.process.returncode, super().log()
        finally:
            self.kill()


class ServedExample(unittest.TestCase):
    """Each test has its server, which must end cleanly and in good health."""

    example = None  # the file; None is demo_app
    options = []  # of the program
    keeps_memory = False  # the framework does, whatever it is asked

    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.serve()

    def serve(self):
        self.server = self.start()
        self.addCleanup(self.stop, self.server)

    def start(self):
        environ = self.environ()
        if self.keeps_memory:
            options = os.environ.get("ASAN_OPTIONS", "")
            environ["ASAN_OPTIONS"] = f"{options}:detect_leaks=0"
        return Server(self.example, *self.options, **environ)

    def environ(self):
        return {"TMPDIR": str(self.directory)}

    def stop(self, server):
        if server.process.returncode is None:
            exit_code, log = server.stop()
            self.assertNotIn("Traceback", log)
            self.assertNotRegex(log, "Sanitizer|runtime error:")
            self.assertEqual(exit_code, 0, log)

    def connect(self):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.server.port, timeout=PATIENCE
        )
        self.addCleanup(connection.close)
        return connection

    def request(self, method, path, body=None, headers={}):
        connection = self.connect()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response, response.read()

    def curl(self, *arguments):
        path = arguments[-1]
        return subprocess.run(
            [
                "curl",
                "--silent",
                "--show-error",
                "--noproxy",
                "*",
                "--max-time",
                str(PATIENCE),
                *arguments[:-1],
                urllib.parse.urljoin(self.server.url, path),
            ],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout


class Page(HTMLParser):
    """What a person sees of a page: its text, and forms to fill in."""

    def __init__(self, response):
        super().__init__()
        self.url = response.url
        self.status = response.status
        self.html = response.read().decode()
        self.forms = []
        self.stylesheets = []
        self.words = []
        self.textarea = None
        self.feed(self.html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        name = attributes.get("name")
        if tag == "form":
            action = attributes.get("action") or ""
            self.forms.append((urllib.parse.urljoin(self.url, action), {}))
        elif tag == "link" and attributes.get("rel") == "stylesheet":
            self.stylesheets.append(attributes["href"])
        elif tag == "textarea":
            self.textarea = name
            self.forms[-1][1][name] = ""
        elif tag == "input" and name and self.forms:
            if attributes.get("type") not in {"checkbox", "submit"}:
                self.forms[-1][1][name] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.textarea = None

    def handle_data(self, data):
        self.words.append(data)
        if self.textarea:
            self.forms[-1][1][self.textarea] += data

    def form(self, field):
        """The form that has this field: its address and fields."""
        return next(form for form in self.forms if field in form[1])


class Browser:
    """Keeps cookies, follows redirects, sends the hidden fields back."""

    def __init__(self, url):
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )

    def get(self, path, data=None):
        url = urllib.parse.urljoin(self.url, path)
        try:
            with self.opener.open(url, data, timeout=PATIENCE) as response:
                return Page(response)
        except urllib.error.HTTPError as error:
            with error:
                return Page(error)

    def submit(self, page, **fields):
        """Fills in the form that has these fields, and sends it."""
        url, values = page.form(next(iter(fields)))
        data = urllib.parse.urlencode({**values, **fields}).encode()
        return self.get(url, data)

    def cookie(self, name):
        return next(c.value for c in self.cookies if c.name == name)


class ServedOnce(ServedExample):
    """All tests of a class have one server: a framework takes long to start.
    """

    def setUp(self):
        cls = type(self)
        if "server" not in vars(cls):
            directory = cls.enterClassContext(tempfile.TemporaryDirectory())
            cls.directory = Path(directory)
            cls.server = self.start()
            cls.addClassCleanup(delattr, cls, "server")
            cls.addClassCleanup(self.stop, cls.server)


@functools.cache
def first_database():
    """What the Django project's first run makes: it takes as long as the rest
    of its start."""
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "guestbook.sqlite3"
        server = Server(ServedDjango.example, GUESTBOOK_DATABASE=str(database))
        exit_code, log = server.stop()
        if exit_code:
            raise AssertionError(f"exit code {exit_code}:\n{log}")
        return database.read_bytes()


class ServedDjango(ServedExample):
    """The Django project after its first run."""

    example = "django_project/serve.py"

    def setUp(self):
        database = first_database()
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.database = self.directory / "guestbook.sqlite3"
        self.database.write_bytes(database)
        self.serve()

    def environ(self):
        return {"GUESTBOOK_DATABASE": str(self.database)}
