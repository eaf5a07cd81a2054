"""Python's own server, one request long, with its calls on record.

    python3 record.py [--threads | --fork | --cgi] [--validate] [--sendfile]
                      [--port PORT] [MODULE:CALLABLE]

Each call into the mirrored modules is two lines in the file that TRACE_FILE
names, with tabs between the fields:

    E THREAD NAME CODE SITE NAME=VALUE ...  when it begins
    X THREAD NAME                           when it ends
    R THREAD BYTES                          what the connection has received
    W THREAD BYTES                          what it has sent

The name of a method is the one of the class that defines it; the call of the
application is "application". CODE is where the function stands, SITE the line
that calls it, both FILE:LINE, and BYTES are hexadecimal digits.
"""

import argparse
import inspect
import os
import socket
import socketserver
import sys
import threading
from wsgiref import handlers, simple_server, validate

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, ROOT)

from tools.application import find_application  # noqa: E402
from tools.callgraph import values  # noqa: E402
from tools.callgraph.names import FIELDS, MODULES, c_name  # noqa: E402


def place(code):
    return f'{code.co_filename}:{code.co_firstlineno}'


def arguments(frame, name):
    """NAME=VALUE of each."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS)
    names = code.co_varnames[:count]
    given = {each: frame.f_locals[each] for each in names
             if each in frame.f_locals}
    for field in FIELDS.get(c_name(name), ()):
        given[field] = getattr(given['self'], field, None)
    return [f'{each}={values.shown(value)}' for each, value in given.items()]


class Recorder:
    """A profile function, as sys.setprofile wants it."""

    def __init__(self, path, others):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.others = others  # {code: (name, code)} of what is in no module

    def write(self, what, *fields):
        line = '\t'.join((what, str(threading.get_native_id()), *fields))
        os.write(self.file, (line + '\n').encode(errors='surrogateescape'))

    def known(self, frame):
        """(what to write for a call, where it stands), or None."""
        code = frame.f_code
        if frame.f_globals.get('__name__') in MODULES:
            if code.co_name.startswith('<'):
                return None
            return code.co_qualname, place(code)
        return self.others.get(code)

    def site(self, frame):
        """The line of the nearest caller on record, from which the call
        comes; where that is application() of main(), the line of the one that
        it calls."""
        caller = frame.f_back
        while caller.f_back and not self.known(caller) and not (
                self.known(caller.f_back)
                and caller.f_back.f_code.co_name == 'application'):
            caller = caller.f_back
        return f'{caller.f_code.co_filename}:{caller.f_lineno}'

    def __call__(self, frame, event, argument):
        known = self.known(frame) if event in ('call', 'return') else None
        if known is None:
            return
        if event == 'call':
            self.write('E', *known, self.site(frame),
                       *arguments(frame, known[0]))
        else:
            self.write('X', known[0])

    def start(self):
        threading.setprofile(self)
        sys.setprofile(self)

    def stop(self):
        sys.setprofile(None)
        threading.setprofile(None)


class RecordedSocket(socket.socket):
    """A connection whose bytes are on record."""

    __slots__ = ()
    recorder = None

    def recv_into(self, buffer, *rest):
        size = super().recv_into(buffer, *rest)
        self.recorder.write('R', bytes(buffer[:size]).hex())
        return size

    def send(self, data, *rest):
        size = super().send(data, *rest)
        self.recorder.write('W', bytes(data[:size]).hex())
        return size

    def sendall(self, data, *rest):
        super().sendall(data, *rest)
        self.recorder.write('W', bytes(data).hex())

    def sendfile(self, file, *rest):
        sent = super().sendfile(file, *rest)
        self.recorder.write('W', os.pread(file.fileno(), sent, 0).hex())
        return sent


RecordedSocket.__name__ = 'socket'  # what a record says of it


class WSGIServer(simple_server.WSGIServer):
    """serve_forever ends after the turn with the first request."""

    has_served = False
    daemon_threads = True
    block_on_close = False

    def _handle_request_noblock(self):
        self.has_served = True
        super()._handle_request_noblock()

    def get_request(self):
        request, client_address = super().get_request()
        request.__class__ = RecordedSocket
        return request, client_address

    def service_actions(self):
        super().service_actions()
        if self.has_served:
            self._BaseServer__shutdown_request = True


class ThreadingWSGIServer(WSGIServer, socketserver.ThreadingMixIn,
                          simple_server.WSGIServer):
    pass


class ForkingWSGIServer(WSGIServer, socketserver.ForkingMixIn,
                        simple_server.WSGIServer):
    pass


class ServerHandler(simple_server.ServerHandler):
    """Has the sendfile that the program's ServerHandler has, for a file that
    is one."""

    def sendfile(self):
        if not self.headers_sent:
            self.send_headers()
        self.request_handler.connection.sendfile(self.result.filelike)
        return True


def code_place(application):
    """Where an application stands: a function, or an object with __call__."""
    code = getattr(application, '__code__', None) or getattr(
        type(application).__call__, '__code__', None)
    return place(code) if code else '-'


def serve(server_class, port, application):
    try:
        server = simple_server.make_server('127.0.0.1', port, application,
                                           server_class)
    except OSError as error:
        sys.exit(f'Python\'s server cannot listen on port {port}: '
                 f'{error.strerror}')
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
    parser.set_defaults(server_class=WSGIServer)
    parser.add_argument('--threads', dest='server_class',
                        action='store_const', const=ThreadingWSGIServer)
    parser.add_argument('--fork', dest='server_class',
                        action='store_const', const=ForkingWSGIServer)
    parser.add_argument('--cgi', action='store_true')
    parser.add_argument('--validate', action='store_true')
    parser.add_argument('--sendfile', action='store_true')
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('application', nargs='?',
                        default='wsgiref.simple_server:demo_app')
    arguments = parser.parse_args()

    try:
        served = find_application(arguments.application)
    except Exception as error:
        sys.exit(f'Python\'s server cannot serve {arguments.application}: '
                 f'{type(error).__name__}: {error}')

    def application(environ, start_response):
        # The call of a generator function, and of what is no function, has
        # no event of its own.
        return served(environ, start_response)

    if arguments.sendfile:
        simple_server.ServerHandler = ServerHandler
    sendfile = ServerHandler.sendfile.__code__
    recorder = Recorder(os.environ['TRACE_FILE'], {
        application.__code__: ('application', code_place(served)),
        sendfile: ('ServerHandler.sendfile', place(sendfile))})
    RecordedSocket.recorder = recorder
    recorder.start()
    if arguments.validate:
        application = validate.validator(served)
    if arguments.cgi:
        handlers.CGIHandler().run(application)
    else:
        serve(arguments.server_class, arguments.port, application)
    recorder.stop()


if __name__ == '__main__':
    main()
