"""The applications that every server of script/bench serves: one for each
path. What the client asks them is in cases.py.

BENCH_FILE in the environment names the file that /file sends.
"""

import os
from wsgiref.util import FileWrapper

HELLO = b'Hello, world!'
PAGE = b'x' * (1 << 20)
BLOCK = b'y' * 4096
BLOCKS = 256

TEXT = [('Content-Type', 'text/plain')]


def hello(environ, start_response):
    start_response('200 OK', TEXT[:])
    return [HELLO]


def echo(environ, start_response):
    body = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))
    start_response('200 OK', TEXT[:])
    return [body]


def page(environ, start_response):
    start_response('200 OK', TEXT[:])
    return [PAGE]


def blocks(environ, start_response):
    start_response('200 OK', TEXT[:])
    return (BLOCK for _ in range(BLOCKS))


def file(environ, start_response):
    source = open(os.environ['BENCH_FILE'], 'rb')
    size = os.fstat(source.fileno()).st_size
    start_response('200 OK', [('Content-Type', 'application/octet-stream'),
                              ('Content-Length', str(size))])
    wrapper = environ.get('wsgi.file_wrapper', FileWrapper)
    return wrapper(source)


PATHS = {'/hello': hello, '/echo': echo, '/page': page, '/blocks': blocks,
         '/file': file}


def application(environ, start_response):
    return PATHS[environ['PATH_INFO']](environ, start_response)
