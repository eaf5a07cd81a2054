"""Python's own server, one request long, with its calls on record.

    python3 record.py [--threads | --fork | --cgi] [--validate] [--sendfile]
                      MODULE:CALLABLE

Each call into the mirrored modules is a line in the file that TRACE_FILE
names: "E THREAD NAME" when it begins, "X THREAD NAME" when it ends, where the
name is the one of the class that defines the method. The call of the
application is "application".
"""

import argparse
import importlib
import os
import socketserver
import sys
import threading
from wsgiref import handlers, simple_server, validate

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))

from callgraph.names import MODULES  # noqa: E402


class Recorder:
    """A profile function, as sys.setprofile wants it."""

    def __init__(self, path, others):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.others = others  # {code: name} of what is in no module

    def name(self, frame):
        """What to write for a call, or None."""
        code = frame.f_code
        if frame.f_globals.get('__name__') in MODULES:
            return None if code.co_name.startswith('<') else code.co_qualname
        return self.others.get(code)

    def __call__(self, frame, event, argument):
        if event in ('call', 'return'):
            name = self.name(frame)
            if name is not None:
                what = 'E' if event == 'call' else 'X'
                line = f'{what} {threading.get_native_id()} {name}\n'
                os.write(self.file, line.encode())

    def start(self):
        threading.setprofile(self)
        sys.setprofile(self)

    def stop(self):
        sys.setprofile(None)
        threading.setprofile(None)


class OneRequest(simple_server.WSGIServer):
    """serve_forever ends after the turn with the first request."""

    has_served = False
    daemon_threads = True
    block_on_close = False

    def _handle_request_noblock(self):
        self.has_served = True
        super()._handle_request_noblock()

    def service_actions(self):
        super().service_actions()
        if self.has_served:
            self._BaseServer__shutdown_request = True


class OneRequestThreading(OneRequest, socketserver.ThreadingMixIn,
                          simple_server.WSGIServer):
    pass


class OneRequestForking(OneRequest, socketserver.ForkingMixIn,
                        simple_server.WSGIServer):
    pass


class SendingHandler(simple_server.ServerHandler):
    """Has the sendfile that the program's ServerHandler has, for a file that
    is one."""

    def sendfile(self):
        if not self.headers_sent:
            self.send_headers()
        self.request_handler.connection.sendfile(self.result.filelike)
        return True


def serve(server_class, application):
    server = simple_server.make_server('127.0.0.1', 0, application,
                                       server_class)
    port = server.server_port
    print(f'Serving HTTP on 127.0.0.1 port {port} '
          f'(http://127.0.0.1:{port}/) ...', flush=True)
    server.serve_forever()
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    server.server_close()


def main():
    parser = argparse.ArgumentParser()
    parser.set_defaults(server_class=OneRequest)
    parser.add_argument('--threads', dest='server_class',
                        action='store_const', const=OneRequestThreading)
    parser.add_argument('--fork', dest='server_class',
                        action='store_const', const=OneRequestForking)
    parser.add_argument('--cgi', action='store_true')
    parser.add_argument('--validate', action='store_true')
    parser.add_argument('--sendfile', action='store_true')
    parser.add_argument('application', metavar='MODULE:CALLABLE')
    arguments = parser.parse_args()

    sys.path.insert(0, os.getcwd())
    module, _, name = arguments.application.partition(':')
    served = getattr(importlib.import_module(module), name)

    def application(environ, start_response):
        # The call of a generator function, and of what is no function, has
        # no event of its own.
        return served(environ, start_response)

    if arguments.sendfile:
        simple_server.ServerHandler = SendingHandler
    recorder = Recorder(os.environ['TRACE_FILE'], {
        application.__code__: 'application',
        SendingHandler.sendfile.__code__: 'ServerHandler.sendfile'})
    recorder.start()
    if arguments.validate:
        application = validate.validator(served)
    if arguments.cgi:
        handlers.CGIHandler().run(application)
    else:
        serve(arguments.server_class, application)
    recorder.stop()


if __name__ == '__main__':
    main()
