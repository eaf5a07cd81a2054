"""The applications of test_base_handler.c."""

import gc
import io
import re
import sys
import traceback
import warnings
import wsgiref.handlers

import same_as_python
from ours import run_c
from same_as_python import (
    ENVIRON, PLAIN, Body, FailsToFlush, Full, Gone, NoLen, Partial, Row, Sized,
    StrSub, describe, log, mask, observe, returns, row, run_py, say, starts)
from support import differing, unequal

STATUSES = [
    Row('three digits, a space, a reason', starts('200 OK')),
    Row('100 is sent like any other, with a body', starts('100 Continue')),
    Row('204 is sent with a body and its length', starts('204 No Content')),
    Row('any three digits will do', starts('999 High')),
    Row('the reason may be empty, the space not', starts('200 ')),
    Row('a line break: sent, or refused by releases that look for it',
        starts('200 OK\r\nX-Injected: yes')),
    Row('a NUL: sent, or refused by releases that look for it',
        starts('200 O\0K')),
    Row('a reason is sent in Latin-1', starts('200 \xe9t\xe9')),
    Row('a reason outside Latin-1 fails when it is sent, and then the error '
        'page cannot be sent either', starts('200 \u20ac')),
    Row('a surrogate pair is one character, outside Latin-1',
        starts('200 \U0001f600\U0001f600')),
    Row("digits are Unicode's: superscript two counts", starts('20\xb2 OK')),
    Row('Arabic digits count, and fail when they are sent',
        starts('\u0662\u0660\u0660 OK')),
    Row('so do mathematical digits, beyond 16 bits',
        starts('\U0001d7d9\U0001d7d9\U0001d7d9 OK')),
    Row('one half is numeric, not a digit: refused', starts('\xbd00 OK')),
    Row('letters are no code', starts('abc OK')),
    Row('a leading space is no digit', starts(' 200 OK')),
    Row('a sign is no digit', starts('-20 Neg')),
    Row('two digits and a space are no code', starts('99 Low')),
    Row('a fourth digit is no space', starts('2000 OK')),
    Row('without a space', starts('200OK')),
    Row('a tab is not the space', starts('200\tOK')),
    Row('a no-break space is not the space', starts('200\xa0OK')),
    Row('empty: shorter than four characters', starts('')),
    Row('a code alone is shorter than four characters', starts('200')),
    Row('its length is looked at before its digits', starts('20')),
    Row('bytes are no str', starts(b'200 OK')),
    Row('an int is no str', starts(200)),
    Row('None is no str', starts(None)),
    Row('a subclass of str is no str', starts(StrSub('200 OK'))),
]


def sends(headers):
    return starts('200 OK', headers)


HEADERS = [
    Row('headers go out in their order',
        sends(lambda: [('X-A', 'a'), ('X-B', 'b')])),
    Row('a Content-Length stays, though it is not true',
        sends(lambda: [('Content-Length', '8')])),
    Row('so does one in lower case that is no number',
        sends(lambda: [('content-length', 'junk')])),
    Row('and so do two', sends(lambda: [('Content-Length', '1')] * 2)),
    Row('no second Date', sends(lambda: [('Date', 'mine')])),
    Row('nor a second Server, in whatever case',
        sends(lambda: [('date', 'mine'), ('SERVER', 'mine/1.0')])),
    Row('an empty Server is one', sends(lambda: [('Server', '')])),
    Row('a name may be empty', sends(lambda: [('', '')])),
    Row('a value is sent in Latin-1', sends(lambda: [('X-A', 'caf\xe9')])),
    Row('a value outside Latin-1 fails when it is sent',
        sends(lambda: [('X-A', '\u20ac')])),
    Row('a tab is sent', sends(lambda: [('X-A', 'a\tb')])),
    Row('a line break: sent, or refused by releases that look for it',
        sends(lambda: [('X-A', 'a\r\nb')])),
    Row('Trailer is not hop-by-hop; the list has "trailers"',
        sends(lambda: [('Trailer', 'X-T')])),
    Row('Connection is hop-by-hop: refused',
        sends(lambda: [('Connection', 'close')])),
    Row('hop-by-hop in whatever case, and not only the first',
        sends(lambda: [('X-A', 'a'), ('UPGRADE', 'b')])),
    Row('hop-by-hop: its value is never encoded',
        sends(lambda: [('Transfer-Encoding', '\u20ac')])),
    Row("a pair that is a list unpacks, but '%s: %s' does not take it",
        sends(lambda: [['Content-Type', 'text/plain']])),
    Row('a triple does not unpack', sends(lambda: [('a', 'b', 'c')])),
    Row('nor does one value', sends(lambda: [('a',)])),
    Row('nor does none', sends(lambda: [()])),
    Row('nor does an int', sends(lambda: [1])),
    Row('two letters unpack to a name and a value', sends(lambda: ['ab'])),
    Row('three letters do not', sends(lambda: ['abc'])),
    Row('a generator unpacks once, and not for the second look',
        sends(lambda: [(x for x in ('a', 'b'))])),
    Row("a dict of two unpacks to its keys, but '%s: %s' does not take it",
        sends(lambda: [{'a': 1, 'b': 2}])),
    Row('a name is no bytes', sends(lambda: [(b'X-A', 'v')])),
    Row('a value is not None', sends(lambda: [('X-A', None)])),
    Row('a value is no subclass of str',
        sends(lambda: [('X-A', StrSub('v'))])),
    Row('a dict is no list', sends(lambda: {'Content-Type': 'text/plain'})),
    Row('a tuple is no list',
        sends(lambda: (('Content-Type', 'text/plain'),))),
    Row('a subclass of list is no list',
        sends(lambda: type('L', (list,), {})())),
    Row('None is an empty list for Headers, but cannot be looked through',
        sends(lambda: None)),
    Row('an int is no list', sends(lambda: 42)),
    Row('headers are looked at before the status', starts('20', lambda: 42)),
    Row('the status before the names of the headers',
        starts(20, lambda: [('Connection', 'close')])),
]


@row(HEADERS, 'the very list is kept: what is appended later is sent')
def appends_a_header(environ, start_response):
    headers = PLAIN[:]
    start_response('200 OK', headers)
    headers.append(('X-Late', 'yes'))
    return [b'mutated']


@row(HEADERS, 'after the first block an application sees what was added to it')
def looks_at_its_headers(environ, start_response):
    headers = PLAIN[:]
    start_response('200 OK', headers)
    yield b'one'
    say(headers)


@row(HEADERS, 'a triple that is put in later fails when a name is looked up')
def puts_a_triple_in(environ, start_response):
    headers = PLAIN[:]
    start_response('200 OK', headers)
    headers[:] = [('a', 'b', 'c')]
    return [b'mutated']


@row(HEADERS, 'so does a name that has no lower()')
def puts_none_in(environ, start_response):
    headers = PLAIN[:]
    start_response('200 OK', headers)
    headers[:] = [(None, 'b')]
    return [b'mutated']


class GetItem:
    """Iterable by its indices alone."""

    def __getitem__(self, i):
        return [b'a', b'b'][i]


class Reads:
    """A file of two blocks that has read() and nothing else."""

    def __init__(self):
        self.parts = [b'a', b'b', b'']

    def read(self, size):
        return self.parts.pop(0)


class NegativeLen:
    def __iter__(self):
        return iter([b'x'])

    def __len__(self):
        return -1


class BytesSub(bytes):
    pass


def wraps(file, size=4):
    """An application that returns environ['wsgi.file_wrapper'](file())."""
    def wrapped(environ):
        return environ['wsgi.file_wrapper'](file(), size)
    return returns(wrapped)


def one_block():
    return wraps(lambda: io.BytesIO(b'0123456789'))


ITERABLES = [
    Row('a list of one block has a length', returns(lambda _: [b'one'])),
    Row('a list of two has none', returns(lambda _: [b'one', b'two'])),
    Row('a tuple of one has', returns(lambda _: (b'one',))),
    Row('a set of one has', returns(lambda _: {b'one'})),
    Row('a dict gives its keys', returns(lambda _: {b'one': 1})),
    Row('nothing to send: length 0', returns(lambda _: [])),
    Row('an empty tuple', returns(lambda _: ())),
    Row('empty bytes are an iterable of no block', returns(lambda _: b'')),
    Row('and so is an empty str', returns(lambda _: '')),
    Row('one empty block', returns(lambda _: [b''])),
    Row('two empty blocks: headers are sent with the first',
        returns(lambda _: [b'', b''])),
    Row('empty blocks before one that is not',
        returns(lambda _: [b'', b'', b'data'])),
    Row('an empty block after one that is not',
        returns(lambda _: [b'data', b''])),
    Row('a generator has no length',
        returns(lambda _: (c for c in (b'one', b'two')))),
    Row('not even one of one block',
        returns(lambda _: (c for c in (b'one',)))),
    Row('a generator of nothing', returns(lambda _: (c for c in ()))),
    Row('a file gives its lines',
        returns(lambda _: io.BytesIO(b'line1\nline2'))),
    Row('__getitem__ is enough to be iterated', returns(lambda _: GetItem())),
    Row('close() is called', returns(lambda _: Body([b'one', b'two']))),
    Row('a len() of 1 is believed: the length of the first block is sent',
        returns(lambda _: Sized([b'one', b'two']))),
    Row('a FileWrapper gives blocks of its size', one_block()),
    Row('one of a text file gives str, which is refused',
        wraps(lambda: io.StringIO('0123'))),
    Row('one of what only reads', wraps(Reads, 8192)),
    Row('None cannot be iterated', returns(lambda _: None)),
    Row('nor can an int', returns(lambda _: 42)),
    Row('bytes give ints, which are refused', returns(lambda _: b'raw')),
    Row('a str gives str', returns(lambda _: 'text')),
    Row('a block is no str', returns(lambda _: ['text'])),
    Row('nor None', returns(lambda _: [None])),
    Row('a str after bytes: what is out is out',
        returns(lambda _: [b'good', 'bad'])),
    Row('a block is no bytearray', returns(lambda _: [bytearray(b'ba')])),
    Row('no memoryview', returns(lambda _: [memoryview(b'mv')])),
    Row('and no subclass of bytes', returns(lambda _: [BytesSub(b'sub')])),
    Row('len() may raise TypeError',
        returns(lambda _: NoLen(TypeError('x')))),
    Row('or AttributeError', returns(lambda _: NoLen(AttributeError('x')))),
    Row('or NotImplementedError',
        returns(lambda _: NoLen(NotImplementedError('x')))),
    Row('RecursionError is a RuntimeError as NotImplementedError is, and is '
        'an error', returns(lambda _: NoLen(RecursionError('x')))),
    Row('ValueError is an error', returns(lambda _: NoLen(ValueError('x')))),
    Row('what is no Exception is not caught',
        returns(lambda _: NoLen(KeyboardInterrupt()))),
    Row('a len() of -1 is a ValueError', returns(lambda _: NegativeLen())),
    Row('an __iter__ that gives an int',
        returns(lambda _: type('I', (), {'__iter__': lambda s: 1})())),
    Row('an __iter__ that is None',
        returns(lambda _: type('I', (), {'__iter__': None})())),
]


START_RESPONSE = []


@row(START_RESPONSE, 'twice, without exc_info: refused')
def starts_twice(environ, start_response):
    start_response('200 OK', PLAIN[:])
    start_response('200 OK', PLAIN[:])
    return [b'body']


@row(START_RESPONSE, 'never: write() before start_response()')
def never_starts(environ, start_response):
    return [b'body']


@row(START_RESPONSE, 'never, and nothing to send: the headers are missing')
def never_starts_and_is_empty(environ, start_response):
    return []


@row(START_RESPONSE, 'in time: when the first block is asked for')
def starts_in_its_body(environ, start_response):
    def body():
        start_response('200 OK', PLAIN[:])
        yield b'late'
    return body()


@row(START_RESPONSE, 'too late: after an empty block')
def starts_after_a_block(environ, start_response):
    yield b''
    start_response('200 OK', PLAIN[:])


@row(START_RESPONSE, 'it and write() are methods of one handler, with '
     "Python's names and keywords")
def starts_by_keywords(environ, start_response):
    write = start_response(headers=PLAIN[:], exc_info=None, status='200 OK')
    say(start_response.__name__, write.__name__)
    say(start_response.__self__ is write.__self__)
    return [b'body']


@row(START_RESPONSE, 'headers have no default')
def starts_without_headers(environ, start_response):
    start_response('200 OK')


@row(START_RESPONSE, 'nor has the status')
def starts_without_arguments(environ, start_response):
    start_response()


@row(START_RESPONSE, 'a fourth argument is one too many')
def starts_with_four(environ, start_response):
    start_response('200 OK', [], None, 4)


@row(START_RESPONSE, 'an unknown keyword')
def starts_with_a_keyword(environ, start_response):
    start_response('200 OK', [], nope=1)


@row(START_RESPONSE, 'exc_info before any output: the answer is replaced')
def replaces_the_answer(environ, start_response):
    start_response('200 OK', PLAIN[:])
    try:
        raise ValueError('inner')
    except ValueError:
        start_response('500 Oops', [('X-B', 'b')], sys.exc_info())
    return [b'replaced']


@row(START_RESPONSE, 'exc_info after output: the error is raised again')
def replaces_what_is_sent(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    write(b'written')
    try:
        raise ValueError('inner')
    except ValueError:
        start_response('500 Oops', [], sys.exc_info())


@row(START_RESPONSE, 'outside the except nothing is there to be raised again')
def replaces_outside_the_except(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    write(b'written')
    try:
        raise ValueError('inner')
    except ValueError:
        exc_info = sys.exc_info()
    start_response('500 Oops', [], exc_info)


@row(START_RESPONSE, 'exc_info after a block was given')
def replaces_after_a_block(environ, start_response):
    start_response('200 OK', PLAIN[:])
    yield b'first'
    try:
        raise ValueError('inner')
    except ValueError:
        start_response('500 Oops', [], sys.exc_info())


@row(START_RESPONSE, 'three Nones are true, and so an exc_info')
def starts_with_nones(environ, start_response):
    start_response('200 OK', PLAIN[:], (None, None, None))
    return [b'nones']


@row(START_RESPONSE, 'an exc_info that is false is none')
def starts_with_false_ones(environ, start_response):
    start_response('200 OK', PLAIN[:], ())
    start_response('200 OK', PLAIN[:], 0)


@row(START_RESPONSE, 'an exc_info whose truth is an error')
def starts_with_an_untrue_one(environ, start_response):
    class Untrue:
        def __bool__(self):
            raise ArithmeticError('untrue')
    start_response('200 OK', PLAIN[:], Untrue())


@row(START_RESPONSE, 'when Headers() fails there are no headers: another try '
     'is allowed')
def tries_after_wrong_headers(environ, start_response):
    try:
        start_response('200 OK', None)
    except TypeError:
        pass
    try:
        start_response('200 OK', {})
    except TypeError:
        pass
    return [b'body']


@row(START_RESPONSE, 'a status that is refused is set, and so is sent')
def goes_on_after_a_short_status(environ, start_response):
    try:
        start_response('20', [('X-A', 'a')])
    except AssertionError:
        pass
    return [b'body']


@row(START_RESPONSE, 'so is one that is bytes')
def goes_on_after_bytes(environ, start_response):
    try:
        start_response(b'20', [('X-A', 'a')])
    except AssertionError:
        pass
    return [b'body']


@row(START_RESPONSE, 'an empty one is no status when write() looks')
def goes_on_after_an_empty_status(environ, start_response):
    try:
        start_response('', [('X-A', 'a')])
    except AssertionError:
        pass
    return [b'body']


@row(START_RESPONSE, 'the refusal shows repr(status), write() its truth')
def starts_with_a_status_of_errors(environ, start_response):
    class Status:
        def __repr__(self):
            raise ArithmeticError('repr')

        def __str__(self):
            raise LookupError('str')

        def __bool__(self):
            raise ValueError('bool')
    try:
        start_response(Status(), [])
    except ArithmeticError:
        pass
    return [b'body']


@row(START_RESPONSE, 'the status line shows str(status)')
def starts_with_a_status_without_str(environ, start_response):
    class Status:
        def __str__(self):
            raise LookupError('str')
    try:
        start_response(Status(), [])
    except AssertionError:
        pass
    return [b'body']


@row(START_RESPONSE, 'an application is called with two arguments, no keyword')
def asks_how_it_is_called(environ, start_response):
    class App:
        def __call__(self, *args, **kwargs):
            say(len(args), kwargs, type(args[0]))
            args[1]('200 OK', [])
            return [b'x']
    return App()(environ, start_response)


def takes_nothing():
    pass


def takes_three(environ, start_response, third):
    pass


START_RESPONSE += [
    Row('an application that cannot be called', 42),
    Row('one that takes no argument', takes_nothing),
    Row('one that takes three', takes_three),
]


def writes(*blocks, **keywords):
    """An application that calls write() with each tuple of arguments."""
    def app(environ, start_response):
        write = start_response('200 OK', PLAIN[:])
        for arguments in blocks:
            write(*arguments, **keywords)
        return [b'iter']
    return app


WRITE = [
    Row('what is written comes before what is returned',
        writes((b'w1',), (b'w2',))),
    Row('an empty write() sends the headers, without a length',
        writes((b'',))),
    Row('write() takes no str', writes(('text',))),
    Row('no bytearray', writes((bytearray(b'ba'),))),
    Row('and not None', writes((None,))),
    Row('it takes an argument', writes(())),
    Row('and no second', writes((b'', b''))),
    Row('an unknown keyword', writes((), nope=b'')),
]


@row(WRITE, 'what is written may be all')
def writes_all(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    write(b'w1')
    return []


@row(WRITE, 'its argument is called data, and it returns None')
def writes_by_keyword(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    say(write(data=b'w1'))
    return []


@row(WRITE, 'an error after a write(): what is out is out')
def writes_and_fails(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    write(b'written')
    raise RuntimeError('boom')


@row(WRITE, 'write() between two blocks')
def writes_between_blocks(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    yield b'y1'
    write(b'w1')
    yield b'y2'


@row(WRITE, 'len() of the result calls write(), which asks for len()')
def writes_in_len(environ, start_response):
    write = start_response('200 OK', PLAIN[:])

    class Result(Body):
        def __len__(self):
            if not log:
                say('len')
                write(b'from len')
            return 1
    return Result([b'body'])


def raises(error, *args):
    """An application that raises error(*args) at once."""
    def app(environ, start_response):
        raise error(*args)
    return app


def fails(error, *args):
    """One that raises it after start_response()."""
    def app(environ, start_response):
        start_response('200 OK', PLAIN[:])
        raise error(*args)
    return app


ERRORS = [
    Row('before start_response(): the error page',
        raises(RuntimeError, 'before')),
    Row('SystemExit gives the error page as well', raises(SystemExit, 3)),
    Row('and so does KeyboardInterrupt', raises(KeyboardInterrupt)),
    Row('and GeneratorExit', raises(GeneratorExit)),
    Row('StopIteration is an error like others', raises(StopIteration, 'x')),
    Row('TimeoutError is an OSError that is not passed over',
        raises(TimeoutError, 'x')),
    Row('BrokenPipeError is taken for the client: nothing is said',
        raises(BrokenPipeError)),
    Row('its base ConnectionError is not', raises(ConnectionError, 'x')),
    Row('after start_response(): the error page all the same',
        fails(RuntimeError, 'after start')),
    Row('ConnectionResetError is taken for the client',
        fails(ConnectionResetError)),
    Row('and so is ConnectionAbortedError', fails(ConnectionAbortedError)),
    Row('the first block fails: the error page',
        returns(lambda _: Body([b'one', b'two'], 0))),
    Row('the second fails: what is out is out',
        returns(lambda _: Body([b'one', b'two'], 1))),
    Row('the second fails after an empty one, with which headers were sent',
        returns(lambda _: Body([b'', b'two'], 1))),
    Row('the end fails with SystemExit',
        returns(lambda _: Body([b'one'], 1, SystemExit(4)))),
    Row('the first block finds the client gone',
        returns(lambda _: Body([b'one'], 0, BrokenPipeError()))),
    Row('the end finds the client gone',
        returns(lambda _: Body([b'one'], 1, ConnectionResetError()))),
    Row('the first block fails, and close() too: the context is kept',
        returns(lambda _: Body([b'one'], 0, closing=RuntimeError('closing')))),
    Row('the end fails, and close() too',
        returns(lambda _: Body([b'one'], 1, closing=RuntimeError('closing')))),
    Row('close() finds the client gone: the first error is not told',
        returns(lambda _: Body([b'one'], 0, closing=BrokenPipeError()))),
    Row('a block of str: close() is called',
        returns(lambda _: Body(['text']))),
]


@row(ERRORS, 'an error has a cause and a context')
def raises_from(environ, start_response):
    try:
        1 / 0
    except ArithmeticError as e:
        raise ValueError('x') from e


@row(ERRORS, 'a write(), and then the client is gone')
def writes_and_is_gone(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    write(b'w')
    raise BrokenPipeError


@row(ERRORS, 'a generator is closed before close() is called')
def has_a_generator(environ, start_response):
    start_response('200 OK', PLAIN[:])

    class Result:
        def __iter__(self):
            try:
                yield b'one'
                yield 'two'
            finally:
                say(sys.exc_info()[1].__context__)

        def close(self):
            say('close', sys.exc_info()[:2])
    return Result()


@row(ERRORS, 'a generator is closed while its error is handled')
def is_a_generator(environ, start_response):
    start_response('200 OK', PLAIN[:])
    try:
        yield 'text'
    finally:
        say('finally', sys.exc_info()[:2])


@row(ERRORS, 'the error page fails too, without SERVER_PROTOCOL')
def clears_and_fails(environ, start_response):
    environ.clear()
    raise RuntimeError('x')


class FailingLog(io.StringIO):
    def write(self, text):
        say(sys.exc_info()[:2])

    def flush(self):
        raise OSError(28, 'No space')


class Fails:
    def __call__(self, environ, start_response):
        raise RuntimeError('x')


ERRORS += [
    Row('the log sees the error in flight, and may fail itself',
        Fails(), err=FailingLog),
]


@row(ERRORS, 'the status fails when it is sent, and close() too')
def fails_and_fails_to_close(environ, start_response):
    start_response('200 \u20ac', PLAIN[:])
    return Body([b'one'], closing=ValueError('closing'))


class NoStr(Exception):
    def __str__(self):
        raise ValueError('str')


class FullLater(io.BytesIO):
    def write(self, data):
        if self.tell() > 50:
            raise OSError(28, 'No space')
        return super().write(data)


class FailsToFlushLater(io.BytesIO):
    flushed = False

    def flush(self):
        if self.flushed:
            raise OSError(28, 'No space')
        self.flushed = True


ERRORS += [
    Row('an error whose str() fails', raises(NoStr)),
    Row('the stream fails with the first byte',
        returns(lambda _: [b'x']), out=Full),
    Row('the stream fails later, with the headers half sent',
        returns(lambda _: [b'x']), out=FullLater),
    Row('the first flush() fails',
        returns(lambda _: [b'x', b'y']), out=FailsToFlush),
    Row("a later flush() fails: it is the stream's own by then, and _flush is "
        'not in the traceback',
        returns(lambda _: [b'x', b'y']), out=FailsToFlushLater),
    Row('the client is gone with the first byte: close() is called',
        returns(lambda _: Body([b'x'])), out=Gone),
]


def closes_by(close, **keywords):
    """An application whose result, of one block, has that close."""
    def result(environ):
        return type('Result', (Body,), {'close': close})([b'x'], **keywords)
    return returns(result)


CLOSING = [
    Row('what has nothing to send is closed', returns(lambda _: Body([]))),
    Row('close() fails after the end: what is out is out',
        returns(lambda _: Body([], closing=RuntimeError('closing')))),
    Row('close() fails after a block',
        returns(lambda _: Body([b'one'], closing=RuntimeError('closing')))),
    Row('close() exits', returns(
        lambda _: Body([b'one'], closing=SystemExit(5)))),
    Row('close() finds the client gone',
        returns(lambda _: Body([b'one'], closing=BrokenPipeError()))),
    Row('a close that is None is there, and cannot be called',
        closes_by(None)),
    Row('close is looked up twice, for hasattr() and for the call',
        closes_by(property(
            lambda self: say('got') or (lambda: say('called'))))),
    Row('hasattr() passes on what is no AttributeError',
        closes_by(property(lambda self: 1 / 0))),
    Row('and does so after an error, which is its context',
        closes_by(property(lambda self: 1 / 0), fail_at=0)),
    Row('an AttributeError is no close()',
        closes_by(property(lambda self: self.nope))),
    Row('close() is called without arguments',
        closes_by(lambda self, n: 0)),
]


class Variable:
    """A variable of environ that says when it is let go of."""

    def __del__(self):
        say('del', sys.exc_info()[:2])


@row(CLOSING, 'environ is let go of while the error of close() is in flight')
def keeps_and_fails_to_close(environ, start_response):
    environ['variable'] = Variable()
    start_response('200 OK', PLAIN[:])
    return Body([b'x'], closing=RuntimeError('closing'))


@row(CLOSING, 'environ is let go of after close()')
def keeps_and_closes(environ, start_response):
    environ['variable'] = Variable()
    start_response('200 OK', PLAIN[:])
    return Body([b'x'])


@row(CLOSING, 'close() still finds the handler: it may write')
def writes_in_close(environ, start_response):
    write = start_response('200 OK', PLAIN[:])

    class Result(Body):
        def close(self):
            write(b' written by close')
            say(sorted(environ) != [])
    return Result([b'x'])


def claims(protocol):
    """An application that sets SERVER_PROTOCOL after start_response()."""
    def app(environ, start_response):
        start_response('200 OK', [])
        environ['SERVER_PROTOCOL'] = protocol
        return [b'x']
    return app


ENVIRONS = []


@row(ENVIRONS, 'the variables, their order and their values')
def tells_its_environ(environ, start_response):
    say(list(environ), type(environ), environ['wsgi.version'],
        environ['wsgi.multithread'], environ['wsgi.multiprocess'],
        environ['wsgi.run_once'], environ['wsgi.url_scheme'],
        environ['SERVER_SOFTWARE'], environ['wsgi.input'].read())
    environ['wsgi.errors'].write('to wsgi.errors')
    start_response('200 OK', [])
    return [b'x']


class Unequal:
    """A protocol that is unequal once, and then an error."""

    def upper(self):
        say('upper')
        return self

    def __ne__(self, other):
        say(other)
        if len(log) > 2:
            raise ArithmeticError
        return [1]


def tells_its_scheme(environ, start_response):
    say(environ['wsgi.url_scheme'], environ.get('SERVER_SOFTWARE'))
    start_response('200 OK', [])
    return [b'x']


@row(ENVIRONS, 'SERVER_PROTOCOL is looked up when headers are sent: KeyError')
def clears(environ, start_response):
    start_response('200 OK', [])
    environ.clear()
    return [b'x']


@row(ENVIRONS, 'so it is when there is nothing to send')
def clears_and_is_empty(environ, start_response):
    start_response('200 OK', [])
    environ.clear()
    return []


ENVIRONS += [
    Row('HTTP/0.9 has no headers, in whatever case', claims('http/0.9')),
    Row('a protocol of bytes is not HTTP/0.9', claims(b'HTTP/0.9')),
    Row('a protocol of None has no upper()', claims(None)),
    Row('client_is_modern() compares with !=, and is asked twice',
        claims(Unequal())),
    Row('HTTPS makes the scheme https', tells_its_scheme,
        environ={**ENVIRON, 'HTTPS': 'on'}),
    Row('SERVER_SOFTWARE stays as it is, wsgi.input does not',
        tells_its_scheme,
        environ={**ENVIRON, 'SERVER_SOFTWARE': 'mine', 'wsgi.input': 'lost'}),
    Row('a request in HTTP/0.9', tells_its_scheme,
        environ={**ENVIRON, 'SERVER_PROTOCOL': 'HTTP/0.9'}),
    Row('no variable from outside', tells_its_scheme, environ={}),
    Row('a variable may be no str', tells_its_scheme,
        environ={'SERVER_PROTOCOL': 'HTTP/1.0', 1: 2}),
]


# What an application keeps of another request.

kept = []


def is_kept(environ, start_response):
    write = start_response('200 OK', [])
    kept[:] = start_response, write
    return [b'first']


def attempt(function, *args):
    try:
        say(function(*args))
    except Exception as e:
        say(describe(e))


def uses_what_was_kept(environ, start_response):
    environ['run'](is_kept, io.BytesIO(), io.BytesIO(), io.StringIO(),
                   dict(ENVIRON))
    attempt(kept[1], b'late')
    write = kept[0]('200 OK', [])
    attempt(write, b'late')
    attempt(kept[0], '200 OK', [])
    start_response('200 OK', [])
    return [b'x']


def kept_differences(app):
    """Each with its own run in environ, whose repr is not compared."""
    c, py = ({**observe(run, app, environ={**ENVIRON, 'run': run}),
              'environ': None} for run in (run_c, run_py))
    return unequal(c, py)


KEPT = [
    ('a handler that has closed is alive, and empty', uses_what_was_kept),
]


def not_kept_as_in_python():
    return differing(KEPT, kept_differences)


def every_attempt_was_refused():
    """Whether each of the last run's three has got the right error."""
    refusals = 'write() before', 'not subscriptable', 'already'
    return len(log) == 3 and all(
        any(words in line for words in refusals) for line in log)


# What is left over after a request.

LEFT = [
    Row('a block', returns(lambda _: [b'one'])),
    Row('an iterator', returns(lambda _: Body([b'one', b'two']))),
    Row('an error before the first block',
        returns(lambda _: Body([b'one'], 0))),
    Row('an error after it', returns(lambda _: Body([b'one'], 1))),
    Row('an error in close()',
        returns(lambda _: Body([b'one'], closing=RuntimeError('closing')))),
    Row('an error in close() over another',
        returns(lambda _: Body([b'one'], 0, closing=RuntimeError('closing')))),
    Row('a client that is gone',
        returns(lambda _: Body([b'one'], 0, BrokenPipeError()))),
    Row('a FileWrapper', wraps(lambda: io.BytesIO(b'01'))),
    Row('None, which cannot be iterated', returns(lambda _: None)),
    Row('a status that is refused', starts('20')),
    Row('a status that is no str', starts(20)),
    Row('headers that are None', starts('200 OK', lambda: None)),
    Row('a header that is refused',
        sends(lambda: [('Connection', 'close')])),
    Row('a triple for a header', sends(lambda: [('a', 'b', 'c')])),
    Row('a generator for a header',
        sends(lambda: [(x for x in ('a', 'b'))])),
    Row('a value that is refused', sends(lambda: [('X-A', None)])),
    Row('a status that cannot be encoded', starts('200 \u20ac')),
    Row('what is written', writes((b'w1',), (b'w2',))),
    Row('a str that is written', writes(('text',))),
    Row('a write() without arguments', writes(())),
    Row('nothing to send, and no start_response()',
        never_starts_and_is_empty),
    Row('a block, and no start_response()', never_starts),
    Row('an error at once', raises(RuntimeError, 'before')),
    Row('exc_info after output', replaces_what_is_sent),
    Row('an error page that fails', clears_and_fails),
    Row('a stream that fails', returns(lambda _: [b'x']), out=Full),
    Row('a stream that takes a part',
        returns(lambda _: [b'x' * 30]), out=Partial),
]


@row(LEFT, 'a cycle through environ')
def keeps_in_environ(environ, start_response):
    start_response('200 OK', [])
    environ['kept'] = start_response, environ
    raise BrokenPipeError


@row(LEFT, 'a cycle through stdin')
def keeps_in_stdin(environ, start_response):
    start_response('200 OK', [])
    environ.pop('wsgi.input').kept = start_response
    raise BrokenPipeError


@row(LEFT, 'a cycle through stderr')
def keeps_in_stderr(environ, start_response):
    start_response('200 OK', [])
    environ.pop('wsgi.errors').kept = start_response
    raise BrokenPipeError


@row(LEFT, 'a cycle through the headers')
def keeps_in_headers(environ, start_response):
    class Value(str):
        pass
    headers = []
    start_response('200 OK', headers)
    headers.append(('X-A', Value()))
    headers[0][1].kept = start_response
    raise BrokenPipeError


@row(LEFT, 'a cycle through the result, which fails')
def keeps_in_its_result(environ, start_response):
    write = start_response('200 OK', PLAIN[:])
    write(b'written')
    result = Body([b'x'], 1)
    result.kept = result, write, start_response, environ
    return result


def growth(app, out, times=20):
    """How much more there is of everything after `times` requests."""
    env = dict(ENVIRON)
    watched = app, env, None, '200 OK', b'one'

    def once():
        return run_c(app, io.BytesIO(), out(), io.StringIO(), env)[0] and None

    def look():
        del log[:]
        while gc.collect():
            pass
        sys._clear_type_cache()  # it owns names, and Nones
        return [len(gc.get_objects()), sys.getallocatedblocks(),
                *map(sys.getrefcount, watched)]

    warnings.simplefilter('ignore')
    for _ in range(3):
        once()
        look()
    before = look()
    for _ in range(times):
        once()
    return [a - b for a, b in zip(look(), before)]


def leaks(app, out, *others):
    found = growth(app, out)
    if all(abs(n) < 12 for n in found):
        return ''
    return '    leaves behind: %r' % found


def leaking():
    return differing(LEFT, leaks)


# The calls of a request, on self and on self.headers, which the C test records
# in calls_in_c.

calls_in_c, calls_in_python = [], []
depth = 0


def recording(base, names, prefix=''):
    """A subclass whose methods of these names put down that they are called,
    indented."""
    def method(name):
        def call(self, *args):
            global depth
            calls_in_python.append('  ' * depth + prefix + name)
            depth += 1
            try:
                return getattr(base, name)(self, *args)
            finally:
                depth -= 1
        return call
    return type(base.__name__, (base,),
                {name: method(name) for name in names.split()})


RecordingHandler = recording(
    same_as_python.PyHandler,
    'run setup_environ finish_response get_scheme set_content_length '
    'cleanup_headers start_response send_preamble write sendfile '
    'finish_content close send_headers result_is_file client_is_modern '
    'log_exception handle_error error_output _write _flush get_stdin '
    'get_stderr add_cgi_vars')
RecordingHandler.headers_class = recording(
    wsgiref.handlers.Headers,
    '__init__ __setitem__ __contains__ __bytes__ setdefault', 'Headers.')


def claims_0_9(environ, start_response):
    environ['SERVER_PROTOCOL'] = 'HTTP/0.9'
    start_response('200 OK', [])
    return [b'x']


CALLS = [
    Row('one block', returns(lambda _: [b'one'])),
    Row('two blocks', returns(lambda _: Body([b'one', b'two']))),
    Row('no block', returns(lambda _: [])),
    Row('a block that is refused after one that is not',
        returns(lambda _: [b'one', 'two'])),
    Row('the first block is refused', returns(lambda _: ['one'])),
    Row('a FileWrapper', one_block()),
    Row('close() fails',
        returns(lambda _: Body([b'one'], closing=RuntimeError('closing')))),
    Row('a status that is refused', starts('20')),
    Row('an application with headers of its own', sends(
        lambda: [('date', ''), ('server', ''), ('content-length', '')])),
    Row('write() and a block', writes((b'w1',), (b'w2',))),
    Row('the client is gone', fails(BrokenPipeError)),
    Row('an error at once', raises(RuntimeError, 'before')),
    Row('a block, and no start_response()', never_starts),
    Row('neither a block nor start_response()', never_starts_and_is_empty),
    Row('the error page fails', clears_and_fails),
    Row('a client of HTTP/0.9', claims_0_9),
]


def call_differences(*case):
    del calls_in_c[:], calls_in_python[:]
    observe(run_c, *case)
    observe(run_py, *case)
    assert len('\n'.join(calls_in_python)) > 100
    return unequal({'calls': calls_in_c}, {'calls': calls_in_python})


def not_called_as_in_python():
    unrecorded = same_as_python.PyHandler
    same_as_python.PyHandler = RecordingHandler
    try:
        return differing(CALLS, call_differences)
    finally:
        same_as_python.PyHandler = unrecorded


# What the C test runs by itself.

def frames(error):
    return [f.name for f in traceback.extract_tb(error.__traceback__)]


def sent(out):
    """What stdout has got, the date masked."""
    return re.sub(rb'Date: ..., .*? GMT', b'Date: D', out.getvalue())


def logged(err):
    return mask(err.getvalue())


def says_no_way(environ, start_response):
    raise AssertionError('no way')


def writes_and_says_no_way(environ, start_response):
    start_response('200 OK', [])(b'written')
    raise AssertionError('no way')


def answers_nothing(environ, start_response):
    start_response('200 OK', [])
    return []


def yields_and_fails(environ, start_response):
    start_response('200 OK', [('X-A', 'a')])
    yield b'one'
    raise RuntimeError('x')


body = Body([b'x'])


def returns_body(environ, start_response):
    start_response('200 OK', [])
    return body


def returns_a_file(environ, start_response):
    start_response('200 OK', [])
    return environ['wsgi.file_wrapper'](io.BytesIO(b'x'))


def raises_x(environ, start_response):
    raise ValueError('x')


def headless(result):
    """An application that returns result(), with no headers."""
    def app(environ, start_response):
        start_response('200 OK', [])
        return result()
    return app


def writes_data(environ, start_response):
    start_response('200 OK', [])(b'data')
    return []


def not_iterable():
    """What Python says of `in None`: 3.14 has other words."""
    try:
        'x' in None
    except TypeError as e:
        return str(e)
