"""What the tests of situations share: a folder with an application, which
runs under wsgiref.simple_server and under cwsgiref."""

import contextlib
import os
import shutil
import sys
import tempfile
import textwrap
import unittest

from tools.compare import servers
from tools.patience import PATIENCE

MODES = [], ['--threads'], ['--fork']

# What each application begins with. A request /x is answered by answer_x().
FRAME = '''
import os, signal, sys, threading, time

def application(environ, start_response):
    text = globals()['answer_' + environ['PATH_INFO'][1:]](environ)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text.encode()]

def say(text):
    print(text, file=sys.stderr, flush=True)

'''


class Folder(unittest.TestCase):
    """A folder of its own for the applications of a test."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text, frame=FRAME):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(frame + textwrap.dedent(text))
        return path

    def environment(self, **more):
        return {**servers.environment(), 'PYTHONPATH': self.folder, **more}

    def reference(self, options=(), name='app:application', **more):
        """Python's server with the application."""
        command = [sys.executable,
                   os.path.join(servers.HERE, 'reference.py'), *options, name]
        return self.server(command, **more)

    def program(self, options=(), name='app:application', **more):
        command = [os.path.abspath(servers.path_of_program()), '--bind',
                   '127.0.0.1:0', *options, name]
        return self.server(command, is_program=True, **more)

    @contextlib.contextmanager
    def server(self, command, is_program=False, **more):
        server = servers.Server(command, cwd=self.folder,
                                env=self.environment(**more),
                                is_program=is_program)
        try:
            yield server
        finally:
            server.stop()

    def both(self, options=(), **more):
        """The two servers, one after the other."""
        for start in self.reference, self.program:
            with start(options, **more) as server:
                yield server

    def assert_answers(self, expected, options=(), path='/x', **more):
        for server in self.both(options, **more):
            self.assertEqual(ask(server, path), expected)


def send(server, path, body=b''):
    client = server.connect()
    client.sendall(b'POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s'
                   % (path.encode(), len(body), body))
    return client


def receive(client):
    """The body of the answer; without a head, all there is."""
    answer = b''
    with client:
        while data := client.recv(65536):
            answer += data
    head, blank, body = answer.partition(b'\r\n\r\n')
    return (body if blank else head).decode()


def ask(server, path, body=b''):
    return receive(send(server, path, body))


def wait_for(server, text):
    """Waits until it is in the log, and returns the log until then."""
    log = ''
    for _ in server.moments(f'not in the log: {text}'):
        ended = server.process.poll() is not None
        log += server.new_log()
        if ended or text in log:
            return log
