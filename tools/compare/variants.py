"""The subclasses of variants.c, in Python.

    python3 variants.py [NAME=VALUE | --OPTION] ... MODULE:CALLABLE

NAME is a class attribute of WSGIRequestHandler (wbufsize=0) or of
ServerHandler (http_version=1.1), VALUE a number, None, or a text.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler
from wsgiref import simple_server
from wsgiref.handlers import IISCGIHandler

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, ROOT)

from tools.application import find_application  # noqa: E402
from tools.compare import entered  # noqa: E402


class Handler(simple_server.WSGIRequestHandler):
    """What NAME=VALUE changes."""


class OwnServerHandler(simple_server.ServerHandler):
    """What NAME=VALUE and the options change."""


class OwnHandler(Handler):
    """Runs OwnServerHandler."""

    handle = BaseHTTPRequestHandler.handle

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.requestline = ''
            self.request_version = ''
            self.command = ''
            self.send_error(414)
            return
        if not self.parse_request():
            return
        handler = OwnServerHandler(
            self.rfile, self.wfile, self.get_stderr(), self.get_environ(),
            multithread=False)
        handler.request_handler = self
        handler.run(self.server.get_app())


def cleanup_headers(self):
    """An answer whose length the client cannot know ends with the connection.
    """
    super(OwnServerHandler, self).cleanup_headers()
    if 'Content-Length' not in self.headers:
        self.request_handler.close_connection = True
    if self.request_handler.close_connection:
        self.headers['Connection'] = 'close'


OPTIONS = {
    '--persistent': {'cleanup_headers': cleanup_headers},
    '--own-environ': {'os_environ': {'HTTPS': 'on'}},
    '--no-wrapper': {'wsgi_file_wrapper': None},
    '--iterate': {},  # as ever: sendfile() is for subclasses
}


def value_of(text, old):
    """What the text stands for, for an attribute that has been `old`."""
    if isinstance(old, bool):
        return text == '1'
    if isinstance(old, bytes):
        return text.encode('latin-1')
    if text.removeprefix('-').isdigit():
        return int(text)
    return None if text == 'None' else text


def serve(handler_class, application):
    server = simple_server.make_server('127.0.0.1', 0, application,
                                       handler_class=handler_class)
    port = server.server_port
    print(f'Serving HTTP on 127.0.0.1 port {port} '
          f'(http://127.0.0.1:{port}/) ...', flush=True)
    server.serve_forever()


def main():
    *arguments, application = sys.argv[1:]
    entered.start()
    handler_class = Handler
    for argument in arguments:
        name, _, value = argument.partition('=')
        if name == '--iis':
            IISCGIHandler().run(find_application(application))
            return
        if name in OPTIONS:
            attributes, cls = OPTIONS[name], OwnServerHandler
        else:
            cls = OwnServerHandler if hasattr(OwnServerHandler, name) \
                else Handler
            attributes = {name: value_of(value, getattr(cls, name))}
        if cls is OwnServerHandler:
            handler_class = OwnHandler
        for name, value in attributes.items():
            setattr(cls, name, value)
    serve(handler_class, find_application(application))


if __name__ == '__main__':
    main()
