"""The applications of the servers that are held up, signalled, ended."""

import atexit
import itertools
import os
import signal
import sys

PLAIN = [('Content-Type', 'text/plain')]
count = itertools.count(1)
handled = [0]


def answer(start_response, body):
    start_response('200 OK', PLAIN[:])
    return [body]


def application(environ, start_response):
    """By the path: /number is another one each time, /echo the body, /big two
    MiB, /block reads what never comes, /file the file that FILE names."""
    path = environ['PATH_INFO']
    if path == '/number':
        return answer(start_response, b'%d' % next(count))
    if path in ('/echo', '/block'):
        length = int(environ['CONTENT_LENGTH'])
        if path == '/block':
            print('blocked', flush=True)
        return answer(start_response, environ['wsgi.input'].read(length))
    if path == '/big':
        start_response('200 OK', PLAIN[:])
        return (b'%05d,' % number * 2048 for number in range(1, 172))
    if path == '/file':
        start_response('200 OK', PLAIN[:])
        return environ['wsgi.file_wrapper'](open(os.environ['FILE'], 'rb'))
    if path == '/pid':
        return answer(start_response, b'%d' % os.getpid())
    if path == '/handled':
        return answer(start_response, b'%d' % handled[0])
    return answer(start_response, b'Hello, world!\n')


def alarmed():
    """The same, and a signal arrives each millisecond and is handled."""
    def handle(signum, frame):
        handled[0] += 1
    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    # Nobody handles it any more when the interpreter has ended.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
    return application


def raising():
    raise LookupError('a factory that fails')


def exiting():
    sys.exit(3)


not_callable = 5


def with_thread():
    """And a daemon's thread, which is there when the interpreter ends."""
    import threading
    threading.Thread(target=signal.pause, daemon=True).start()
    return application


def saying_goodbye():
    atexit.register(print, 'goodbye', file=sys.stderr)
    return application
