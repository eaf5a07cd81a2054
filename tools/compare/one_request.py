"""One request to one application under both servers."""

import json
import os
import subprocess
import sys
import tempfile

from . import observer, servers
from .columns import Side
from .exchange import Exchange, exchange

HERE = servers.HERE
OBSERVER = os.path.join(HERE, 'observer.py')


class Unable(Exception):
    """The comparison cannot be made; says why."""


class Pair:
    """Both servers, with any application: a name, or None for the one that
    each of them has itself."""

    def __init__(self, application, options):
        self.application = application
        self.options = options
        self.scratch = tempfile.TemporaryDirectory()
        self.noted = os.path.join(self.scratch.name, 'environ')

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.scratch.cleanup()

    def environment(self):
        """That of the user: the application may want it. The locale is the
        one that Python would choose itself where there is none, and a set of
        texts has the same order on both sides."""
        result = dict(os.environ, LC_ALL='C.UTF-8',
                      PYTHONDONTWRITEBYTECODE='1')
        result.setdefault('PYTHONHASHSEED', '0')
        result.pop('CWSGIREF', None)
        if self.application is not None:
            result[observer.VARIABLE] = json.dumps(
                {'application': self.application, 'environ': self.noted})
        return result

    def check(self):
        """Raises Unable if there is no such application."""
        if self.application is None:
            return
        found = subprocess.run(
            [sys.executable, OBSERVER], env=self.environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        if found.returncode != 0:
            raise Unable(self.problem(found))

    def problem(self, found):
        said = found.stderr.strip()
        if found.returncode == observer.NOT_FOUND:
            return said
        return f'{self.application} has failed:\n{said}'

    def python(self):
        name = ('wsgiref.simple_server:demo_app' if self.application is None
                else OBSERVER + ':application')
        return self.server([sys.executable, os.path.join(HERE, 'reference.py'),
                            *self.options, name])

    def program(self):
        command = [servers.path_of_program(), '--bind', '127.0.0.1:0',
                   *self.options]
        if command[0] == 'reference':
            return self.python()
        if self.application is not None:
            command.append(OBSERVER + ':application')
        return self.server(command, is_program=True)

    def server(self, command, **more):
        return servers.Server(command, cwd=os.getcwd(),
                              env=self.environment(), **more)

    def ask(self, server, steps):
        """Returns a Side, also when the server does not survive it."""
        try:
            came_back = exchange(steps, server)
        except (OSError, RuntimeError) as error:
            came_back = Exchange(b'', str(error).partition(';')[0], '')
        status, log = server.stop()
        if server.is_program and status != 0:
            came_back = came_back._replace(
                end=f'{came_back.end}, and the server ended with {status}',
                log=came_back.log + log)
        return Side(came_back, self.environ())

    def environ(self):
        """What the observer has noted, if there is one."""
        if self.application is None:
            return None
        try:
            with open(self.noted, encoding='utf-8') as file:
                environ = json.load(file)
            os.unlink(self.noted)
        except FileNotFoundError:
            return []
        return environ

    def compare(self, steps):
        """Both Sides."""
        return [self.ask(start(), steps)
                for start in (self.python, self.program)]


def ask_case(case):
    """The Sides of a case of the corpus, with its application."""
    sides = []
    for start in servers.reference, servers.program:
        server = start()
        try:
            sides.append(Side(exchange(case.steps, server), None))
        finally:
            server.stop()
    return sides
