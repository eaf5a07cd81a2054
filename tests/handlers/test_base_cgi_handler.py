"""The Python of test_base_cgi_handler.c."""

import io
import re
import sys
import wsgiref.handlers

import same_as_python
from ours import run_c
from same_as_python import (
    PLAIN, Body, FailsToFlush, Gone, Partial, Row, observe, row)


class PyHandler(wsgiref.handlers.BaseCGIHandler):
    server_software = 'Test/1.0'


same_as_python.PyHandler = PyHandler


# Applications, to be answered as by Python's BaseCGIHandler.

def returns(result):
    """An application that answers 200 and returns result(environ)."""
    def app(environ, start_response):
        start_response('200 OK', [])
        return result(environ)
    return app


def fails(environ, start_response):
    start_response('200 OK', PLAIN[:])
    raise RuntimeError('between')


def fails_at_once(environ, start_response):
    raise RuntimeError('before')


def exits(environ, start_response):
    sys.exit('exit')


def says_hello(environ, start_response):
    start_response('200 OK', PLAIN[:])
    return [b'hello']


ANSWERS = [
    Row('a length, and neither Date nor Server', says_hello),
    Row('blocks, one of them empty',
        returns(lambda _: Body([b'one', b'', b'two']))),
    Row('a FileWrapper', returns(
        lambda environ: environ['wsgi.file_wrapper'](io.BytesIO(b'abcde'),
                                                     2))),
    Row('what is read is stdin',
        returns(lambda environ: [environ['wsgi.input'].read()])),
    Row('an error at once: the error page, with its Status',
        fails_at_once),
    Row('an error after start_response(): the error page', fails),
    Row('an error after the first block: what is out is out',
        returns(lambda _: Body([b'one', b'two'], 1))),
    Row('close() fails',
        returns(lambda _: Body([b'one'], closing=RuntimeError('closing')))),
    Row('a str', returns(lambda _: ['text'])),
    Row('sys.exit()', exits),
    Row('a partial write() is continued',
        returns(lambda _: [b'x' * 30]), out=Partial),
    Row('the reader is gone', returns(lambda _: [b'x']), out=Gone),
    Row('flush() fails', returns(lambda _: [b'x']), out=FailsToFlush),
]


@row(ANSWERS, 'Date, Server and a second Status are as the application has '
     'them')
def has_headers_of_a_server(environ, start_response):
    start_response('404 Not Found', [('Date', 'now'), ('Server', 's'),
                                     ('Status', '200 OK')])
    return [b'a', b'b']


@row(ANSWERS, 'a status without a reason goes out as it is')
def has_no_reason(environ, start_response):
    start_response('299 ', [])
    return []


@row(ANSWERS, 'Status and headers are sent in Latin-1; REQUEST_METHOD is that '
     'of the environ')
def answers_in_latin_1(environ, start_response):
    start_response('200 Caf\xe9', [('X-A', '\xff')])
    return [environ['REQUEST_METHOD'].encode()]


@row(ANSWERS, 'a length without a body, as for HEAD')
def has_a_length(environ, start_response):
    start_response('200 OK', [('Content-Length', '12345')])
    return []


@row(ANSWERS, 'write() before a block')
def writes_and_returns(environ, start_response):
    write = start_response('200 OK', [])
    write(b'one')
    return [b'two']


@row(ANSWERS, 'what goes to wsgi.errors goes to stderr')
def says(environ, start_response):
    environ['wsgi.errors'].write('said\n')
    start_response('200 OK', [])
    return []


@row(ANSWERS, 'an error after write(): what is out is out')
def writes_and_fails(environ, start_response):
    start_response('200 OK', PLAIN[:])(b'written')
    raise RuntimeError('after')


@row(ANSWERS, 'a status that is too short')
def has_a_short_status(environ, start_response):
    start_response('200', PLAIN[:])
    return []


@row(ANSWERS, 'a hop-by-hop header')
def has_a_hop_by_hop_header(environ, start_response):
    start_response('200 OK', [('Connection', 'close')])
    return []


@row(ANSWERS, 'no start_response()')
def returns_nothing(environ, start_response):
    return []


@row(ANSWERS, 'exc_info replaces the answer')
def replaces_the_answer(environ, start_response):
    start_response('200 OK', PLAIN[:])
    try:
        raise ValueError('inner')
    except ValueError:
        start_response('503 Later', PLAIN[:], sys.exc_info())
    return [b'sorry']


def seen_of_hello():
    return observe(run_c, says_hello, environ={'REQUEST_METHOD': 'GET'})


# Every answer in every environ.
ANSWERS = [
    each._replace(words='%s; %s' % (each.words, words), environ=environ)
    for each in ANSWERS
    for words, environ in (
        ('GET', {'REQUEST_METHOD': 'GET', 'SERVER_PROTOCOL': 'HTTP/1.1'}),
        ('a client of HTTP/0.9 gets the headers all the same',
         {'REQUEST_METHOD': 'HEAD', 'SERVER_PROTOCOL': 'HTTP/0.9'}),
        ('HTTPS, and no protocol is asked for',
         {'REQUEST_METHOD': 'POST', 'HTTPS': 'on', 'HTTP_X': '1'}),
        ('what the server says about itself stays, and nothing is added',
         {'REQUEST_METHOD': 'GET', 'SERVER_SOFTWARE': 'other/1'}))]


# The applications of CPython's HandlerTests.

def answers_nothing(environ, start_response):
    start_response('200 OK', [])
    return []


def shows_its_scheme(environ, start_response):
    start_response('200 OK', [])
    return [environ['wsgi.url_scheme'].encode('iso-8859-1')]


def writes_its_scheme(environ, start_response):
    write = start_response('200 OK', [])
    write(environ['wsgi.url_scheme'].encode('iso-8859-1'))
    return []


def says_test_in_russian(environ, start_response):
    start_response('200 OK', [])
    return ['\u0442\u0435\u0441\u0442'.encode('utf-8')]


def raises_at_once(environ, start_response):
    raise AssertionError('the handler catches it')


def raises_after_output(environ, start_response):
    start_response('200 OK', [])(b'Some output has been sent')
    raise AssertionError('the handler catches it')


def says_data(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain; charset=utf-8')])
    return [b'data']


closed = []


class Crashes:
    def __iter__(self):
        yield b'blah'
        raise AssertionError('the handler catches it')

    def close(self):
        closed.append(True)


def crashes_after_output(environ, start_response):
    start_response('200 OK', [])(b'Some output has been sent')
    return Crashes()


def is_origin_answer(answer, version, server):
    """Whether it is all of an origin server's answer of this version; server
    is a header with its line break, or nothing."""
    return re.fullmatch(
        rb'HTTP/%s 200 OK\r\n'
        rb'Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n'
        rb'%sContent-Length: 0\r\n\r\n' % (version, server),
        answer) is not None
