"""What test_allocations.c needs of Python: modules for the names of
applications, an application, and clients."""

import atexit
import io
import os
import shutil
import socket
import sys
import tempfile
import traceback

FILES = {
    'hello.py': '''
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']

other = app
number = 5

def build(name):
    return app

def takes():
    return None

async def coroutine(scope, receive, send):
    pass

class Class:
    wsgi = app
''',
    'package/__init__.py': 'from . import nothing',
    'fails.py': 'raise ValueError("fails")',
    'leaves.py': 'raise SystemExit("leaves")',
    'relative.py': 'from . import nothing',
    'wrong.py': 'this is no Python',
    'needs.py': 'import there_is_no_such_module',
    'empty.py': '',
    'http.py': 'import http.server',
}

folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)
for name, text in FILES.items():
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
os.chdir(folder)
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
path = list(sys.path)
modules = set(sys.modules)


def forget_modules():
    for name in ('hello', 'package', 'fails', 'leaves', 'relative', 'wrong',
                 'needs', 'empty', '__main__.app'):
        sys.modules.pop(name, None)
    sys.path[:] = path


def quiet():
    """What is said goes nowhere."""
    sys.stderr = io.StringIO()
    sys.stdout = io.StringIO()


quiet()

# Since 3.12 CPython crashes in a function without memory that defines another
# one, as those of traceback do. These here are not Python code.
if sys.version_info >= (3, 12):
    sys.excepthook = ''.format
    traceback.print_exc = traceback.print_exception = ''.format

clients = []


def connect(address, request):
    client = socket.create_connection(address)
    client.sendall(request)
    client.shutdown(socket.SHUT_WR)
    clients.append(client)


def disconnect():
    clients.pop().close()


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']


class Joined:
    """A thread that has ended."""

    def join(self):
        pass
