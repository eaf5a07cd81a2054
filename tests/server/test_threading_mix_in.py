"""The threads of a request, and what Python's own classes do."""

import contextlib
import http.server
import itertools
import os
import queue
import re
import socket
import socketserver
import threading
from wsgiref.simple_server import WSGIServer

import mixed_classes
from mixed_classes import (
    Base, ask, connect, describe, events, outcome, plan, same, step)
from rows import Rows

rows = Rows()
ThreadingHTTPServer = http.server.ThreadingHTTPServer


class ThreadingWSGIServer(socketserver.ThreadingMixIn, WSGIServer):
    pass


# ---- The exceptions of a request

errors = [None, ValueError, SystemExit, KeyboardInterrupt]
steps = ['finish_request', 'handle_error', 'shutdown_request']
plans = [dict(zip(steps, kinds))
         for kinds in itertools.product(errors, errors[:3], errors[:3])]


def words_of(this_plan):
    raised = ['%s raises %s' % (name, kind.__name__)
              for name, kind in this_plan.items() if kind]
    return ', '.join(raised) or 'nothing raises'


def begin_plan(this_plan):
    events.clear()
    plan.clear()
    plan.update(this_plan)


def end_plan(this_plan, error):
    """Ours has done it; so does Python's."""
    got = {'raised': describe(error), 'events': events[:]}
    events.clear()
    server = same(socketserver.ThreadingMixIn)()
    raised = outcome(server.process_request_thread, 'request', 'address')
    rows.compare(words_of(this_plan), got,
                 {'raised': raised, 'events': events[:]})


# ---- A request that waits

started, go = queue.Queue(), threading.Event()


def waiting_finish_request(*arguments):
    """The thread of a request waits in it until the test says go.set()."""
    started.put(threading.current_thread())
    if not go.wait(60):
        os.abort()
    step('finish_request', *arguments)


def start_waiting():
    mixed_classes.start()
    mixed_classes.replace('finish_request', waiting_finish_request)
    go.clear()


def next_thread():
    return started.get(timeout=60)


def check_thread_of_the_request():
    thread = next_thread()
    assert type(thread) is threading.Thread
    assert thread in threading.enumerate()
    assert thread is not threading.current_thread()
    assert re.fullmatch(r'Thread-\d+ \(process_request_thread\)',
                        thread.name)
    assert not thread.daemon and thread.is_alive()
    assert events == []
    go.set()
    thread.join(60)
    assert not thread.is_alive()
    assert events == [
        ('finish_request', 'None', 'request', 'address'),
        ('shutdown_request', 'None', 'request')], events


def server_close_that_lets_go():
    step('server_close')
    go.set()


def three_threads():
    threads = [next_thread() for i in range(3)]
    assert events == []
    return threads


def check_closed_before_the_threads_ended(threads):
    assert [thread.is_alive() for thread in threads] == [False] * 3
    assert events[0][0] == 'server_close'
    assert len(events) == 7


def check_that_it_goes_on(thread):
    """server_close() has not waited for it."""
    assert thread.is_alive()
    go.set()
    thread.join(60)


# ---- A thread that does not start

python = same(socketserver.ThreadingMixIn)()
thread_start = threading.Thread.start


def fail(self):
    raise RuntimeError("can't start new thread")


def no_thread_starts():
    threading.Thread.start = fail


def threads_start():
    threading.Thread.start = thread_start


# ---- What flies out of a thread

def in_common(text):
    """Without the name of the thread and the places in the library."""
    text = re.sub(r'Thread-\d+', 'Thread', text)
    text = re.sub(r'  File "[^"]*", line \d+, in (.*)\n(?:    .*\n)*',
                  r'  in \1\n', text)
    return text.replace('  in finish_request_of_base\n', '')


def finish_request_of_base(self, *arguments):
    waiting_finish_request(*arguments)


def run_pythons():
    finish_request = Base.finish_request
    Base.finish_request = finish_request_of_base
    server = same(socketserver.ThreadingMixIn)()
    server.process_request('request', 'address')
    server.server_close()
    Base.finish_request = finish_request


def compare_texts(kind, ours, pythons):
    ours, pythons = in_common(ours), in_common(pythons)
    rows.compare('the text of a ' + kind.__name__, ours, pythons)
    if kind is SystemExit:
        assert ours == ''
    else:
        assert ours.startswith(
            'Exception in thread Thread (process_request_thread):\n'
            'Traceback '), ours
        assert '  in process_request_thread\n' in ours


# ---- `self._threads`, with threads that are none

calls = []


class Fake:
    def __init__(self, name, alive=True, daemon=False, error=None):
        self.name, self.alive, self.error = name, alive, error
        self.daemon = daemon

    def __repr__(self):
        return self.name

    def is_alive(self):
        calls.append(('is_alive', self.name))
        if self.error == 'is_alive':
            raise KeyError(self.name)
        return self.alive

    def join(self):
        calls.append(('join', self.name))
        if self.error == 'join':
            raise KeyError(self.name)


class NoDaemon:
    pass


fakes = [
    ('daemons are not kept, and who is done is let go',
     [Fake('a'), Fake('b', alive=False), Fake('c', daemon=True),
      Fake('d', alive=False, daemon=True), Fake('e')]),
    ('is_alive() raises',
     [Fake('a'), Fake('b', error='is_alive'), Fake('c'), Fake('d')]),
    ('join() raises', [Fake('a'), Fake('b', error='join'), Fake('c')]),
    ('what has no attribute daemon', [NoDaemon()]),
    ('no thread', []),
]


def described(function, *arguments):
    try:
        return repr(function(*arguments))
    except Exception as error:
        return type(error), str(error)


def end_threads(words, row, results, as_list):
    """Ours has been through it; so goes Python's."""
    got = {'results': results, 'list': as_list, 'calls': calls[:]}
    calls.clear()
    kind = (socketserver._NoThreads if as_list is None
            else socketserver._Threads)
    threads = kind()
    results = [described(threads.append, fake) for fake in row]
    as_list = repr(threads) if isinstance(threads, list) else None
    results.append(described(threads.join))
    rows.compare('%s: %s' % (kind.__name__, words), got,
                 {'results': results, 'list': as_list, 'calls': calls[:]})
    calls.clear()


class Shrinking:
    """Empties the list that it is in."""

    def __init__(self, threads):
        self.threads = threads

    def is_alive(self):
        self.threads.clear()
        return True


def check_that_python_makes_none(threads):
    assert isinstance(threads, list) and threads == []
    try:
        type(threads)()
    except TypeError:
        return
    raise AssertionError('Python has made one')


# ---- Clients of a server that echoes

def check_answer(client, answer):
    assert client.recv(100) == answer
    client.close()


def silent_clients(address):
    return [connect(address) for i in range(4)]


def check_late_answers(silent, client):
    assert client.recv(100) == b'HELLO\n'
    assert client.recv(100) == b''
    client.close()
    for each in silent:
        each.send(b'late\n')
        check_answer(each, b'LATE\n')


class Askers:
    """Eight threads that ask 25 times each."""

    def __init__(self, address):
        self.address, self.answers = address, []
        self.threads = [threading.Thread(target=self.ask, args=(i,))
                        for i in range(8)]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        for i in range(25):
            with ask(b'from %d\n' % number, self.address) as client:
                self.answers.append(client.makefile('rb').read())

    def check(self):
        for thread in self.threads:
            thread.join(60)
        assert sorted(self.answers) == sorted(
            b'FROM %d\n' % i for i in range(8) for j in range(25))


class ShutsDown:
    """A thread that asks, then shuts the server down, while another client
    says nothing."""

    def __init__(self, address, shutdown):
        self.address, self.shutdown, self.seen = address, shutdown, []
        self.thread = threading.Thread(target=self.ask_and_shut_down)
        self.thread.start()

    def ask_and_shut_down(self):
        silent = connect(self.address)
        with ask(b'hello\n', self.address) as client:
            self.seen.append(client.makefile('rb').read())
        self.shutdown()
        self.seen.append('shut down')
        silent.close()  # server_close waits for it

    def check(self):
        self.thread.join(60)
        assert self.seen == [b'HELLO\n', 'shut down'], self.seen


def peer_of_closed(client):
    assert client.recv(100) == b''
    peer = client.getsockname()
    client.close()
    return peer


def check_report(text, peer):
    assert re.fullmatch(
        '-' * 40 + '\n'
        'Exception occurred during processing of request from ' +
        re.escape(repr(peer)) +
        r'\nTraceback \(most recent call last\):\n'
        r'  File "[^"]*threading_mix_in.c", line \d+, '
        r'in process_request_thread\n(?s:.*)'
        'ValueError: told to fail\n' + '-' * 40 + '\n', text), text


# ---- An application that keeps wsgi.input, and one that looks into it

kept, entered, peekers = [], threading.Event(), []


def peek():
    with contextlib.suppress(ValueError):  # when it is closed
        kept[0].peek()


def app(environ, start_response):
    if environ['PATH_INFO'] == '/keep':
        kept.append(environ['wsgi.input'])
        entered.set()
        data = environ['wsgi.input'].read(1000)
    else:
        data = b''
        peekers.extend(threading.Thread(target=peek) for i in range(4))
        for thread in peekers:
            thread.start()
    start_response('200 OK', [])
    return [data]


def send_half(address):
    client = socket.create_connection(address, 60)
    client.sendall(b'POST /keep HTTP/1.0\r\n\r\n' + b'a' * 500)
    return client


def send_get(address):
    assert entered.wait(60)
    client = socket.create_connection(address, 60)
    client.sendall(b'GET / HTTP/1.0\r\n\r\n')
    return client


def check_both_answers(first, second):
    assert b' 200 OK' in second.makefile('rb').read()
    first.sendall(b'b' * 500)
    first.shutdown(socket.SHUT_WR)
    assert first.makefile('rb').read().endswith(b'a' * 500 + b'b' * 500)
    first.close()
    second.close()
    for thread in peekers:
        thread.join(60)
    peekers.clear()
    kept.clear()
