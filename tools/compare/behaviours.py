"""Applications made up at random: a grammar of Python programs, and the
application of both servers that runs the program of the moment.

A behaviour is the body of `application(environ, start_response)`, as text. It
does not travel in the request, of which nothing may be left: it stands on a
Board, a piece of memory that the client shares with the servers.
"""

import mmap
import os
import re
import traceback
from functools import partial

# A rule is a list of alternatives; <name> in one stands for a rule. A number
# before an alternative says how often it is meant to come; without, it is 1.
RULES = {
    'behaviour': [
        (5, '<before><start>\nreturn <result>'),
        (3, '<before><start>\n<after>return <result>'),
        (4, '<before>return env(environ, start_response)'),
        (3, '<before><start>\n<yields>'),
        (2, '<start>\n<before>return [b"%r" % <read>]'),
        (2, '<before><start>\n<restart>\n<after>return <result>'),
        '<yield>\n<before><start>\n<yields>',
        '<before><start>\n<after>raise <error>',
        '<before>raise <error>',
        '<before>return <result>',
        '<before><start>\n<start>\nreturn <result>',
        'return validator(<validated>)(environ, start_response)',
        'pass',
    ],
    # Where the client leaves after a block, which has to be a sound one.
    'left': [
        (2, '<sound-start>\nyield <bytes>\nwait_for_hang_up(environ)\n'
            '<yields>'),
        '<sound-start>\nwrite(<bytes>)\nwait_for_hang_up(environ)\n'
        '<after>return <result>',
        '<sound-start>\nwrite(<bytes>)\nwait_for_hang_up(environ)\n'
        'saying_errors(write, <block>)\nsaying_errors(write, <block>)\n'
        'return [<blocks>]',
        '<sound-start>\nwrite(<bytes>)\nwait_for_hang_up(environ)\n'
        'try: write(<block>)\n'
        'except OSError: traceback.print_exc()\nreturn <wrapped>',
    ],
    'sound-start': ["write = start_response('200 OK', plain())"],
    'before': [(12, ''), (5, '<step>\n'), '<step>\n<before>'],
    'step': [
        (8, 'said(<read>)'),
        (2, 'try: said(<read>)\nexcept Exception as error: said(repr(error))'),
        (2, 'try: <start>\nexcept Exception as error: said(repr(error))'),
        (3, '<environ>'),
        (3, '<errors>'),
        'said(len(environ))',
        'said(sys.exc_info())',
        'said(write)',
    ],
    'read': [
        'stdin.read()', 'stdin.read(None)', 'stdin.read(-1)',
        (10, 'stdin.read(<size>)'),
        (6, "stdin.read(int(environ['CONTENT_LENGTH'] or 0))"),
        'stdin.readline()', (5, 'stdin.readline(<size>)'),
        'stdin.readline(None)', 'stdin.readlines()',
        (2, 'stdin.readlines(<size>)'), 'list(stdin)', 'next(stdin, None)',
        'next(iter(stdin))', 'stdin.readinto(bytearray(<size>))',
        "stdin.read('5')", 'stdin.read(5, 5)',
        'stdin.readinto(b"x")', 'stdin.readline(2.5)', 'stdin.write(b"x")',
        'stdin.tell()', 'stdin.seek(0)', 'stdin.close()', 'stdin.closed',
        '(stdin.readable(), stdin.writable(), stdin.seekable())',
        'iter(stdin) is stdin', 'stdin.flush()', 'stdin.isatty()',
        'stdin.readinto(memoryview(bytearray(<size>))[::1])',
    ],
    # What comes of these depends on what has arrived already.
    'hasty-read': [
        'stdin.read1()', 'stdin.read1(<size>)', 'len(stdin.peek())',
        'stdin.peek(<size>)', 'stdin.readinto1(bytearray(<size>))',
    ],
    'size': ['0', '1', '2', '5', '10', '100', '8191', '8192', '8193',
             '20000', '-1', '-2', 'True', 'None', '2 ** 70'],
    'environ': [
        'environ.clear()',
        (2, 'del environ[<key>]'),
        (2, 'environ[<key>] = <value>'),
        (2, "environ['SERVER_PROTOCOL'] = <protocol>"),
        'environ.setdefault(<key>, <value>)',
        "environ['start'] = start_response",
        "environ[5] = None",
    ],
    'key': ["'SERVER_PROTOCOL'", "'REQUEST_METHOD'", "'wsgi.input'",
            "'wsgi.errors'", "'wsgi.file_wrapper'", "'PATH_INFO'",
            "'CONTENT_LENGTH'", "'HTTP_HOST'", "'PATH'", "'new'"],
    'value': ["''", "'x'", '5', 'None', "b'x'", '[]', "Str('x')"],
    'protocol': ["'HTTP/0.9'", "'http/0.9'", "'HTTP/1.1'", "''", 'None',
                 '9', "b'HTTP/0.9'", "Str('HTTP/0.9')"],
    # What is written ends its line: before the time of a log line there may
    # be nothing else.
    'errors': [
        "errors.write('APP <letters>\\n')",
        "errors.writelines(['APP 1\\n', 'APP 2\\n'])",
        'errors.write(<bytes>)', 'errors.flush()',
        "errors.writelines([<status>, '\\n'])",
        "print('APP', <bytes>, file=errors)", 'said(errors is sys.stderr)',
    ],

    # start_response

    'start': [
        (30, 'write = start_response(<status>, <headers>)'),
        (15, "write = start_response('200 OK', plain())"),
        'write = start_response(<status>, <headers>, <exc-info>)',
        'write = start_response(status=<status>, headers=<headers>)',
        'start_response(<status>, <headers>, exc_info=<exc-info>)',
        'start_response(<status>)', 'start_response()',
        'start_response(<status>, <headers>, None, None)',
        'start_response(<status>, headers=<headers>, more=1)',
    ],
    'restart': [
        (3, 'try: raise <error>\nexcept BaseException: '
            'start_response(<status>, <headers>, sys.exc_info())'),
        'try: raise <error>\nexcept BaseException: info = sys.exc_info()\n'
        'start_response(<status>, <headers>, info)',
        'try: <start>\nexcept Exception: '
        'start_response(<status>, <headers>, sys.exc_info())',
        'start_response(<status>, <headers>, <exc-info>)',
    ],
    'exc-info': ['None', '()', '0', '1', '(None, None, None)',
                 "(ValueError, ValueError('v'), None)", 'sys.exc_info()',
                 "'text'", 'odd(len=lambda: 0)',
                 'odd(bool=lambda: fail(KeyError(3)))'],
    'status': [
        (40, "'200 OK'"), (8, "'404 Not Found'"), "'500 Oops'",
        "'204 No Content'", "'304 Not Modified'", "'100 Continue'",
        "'<status-text>'", "b'200 OK'", '200', 'None', "Str('200 OK')",
        "['200', ' ', 'O', 'K']",
    ],
    'status-text': [
        '200 ', '200', '200OK', '', '2', 'abc OK', ' 200 OK', '-20 Neg',
        '99 Low', '2000 OK', '999 High', '200\\tOK', '200 \\xe9t\\xe9',
        '200 \\u20ac', '200 O\\x00K', '200 OK\\r\\nX-A: b', '200 OK\\n',
        '20\\xb2 OK', '\\u0662\\u0660\\u0660 OK', '200 \\udc80', '200  ',
        '\\u2460\\u2461\\u2462 OK', '2\\U0001d7ce0 OK', '200 <letters>',
    ],
    'headers': [
        (30, 'plain()'), (20, '[<header-list>]'), (3, '[]'),
        'plain() + [<header-list>]',
        '(<header-list>,)', 'None', "'text'", '5', 'odd([<header-list>])',
        '{<header-name>: <header-value>}', 'odd([<header-list>], list)',
        "[('X-%d' % i, 'v' * i) for i in range(200)]",
        '[<header-item>]', 'plain() + [<header-item>]',
    ],
    'header-list': [(3, '<header>'), '<header>, <header-list>'],
    'header': [
        (10, '(<header-name>, <header-value>)'),
        (2, "('Content-Length', '<number>')"),
    ],
    'header-item': [
        "'ab'", "b'ab'", "['X-A', 'v']", "('X-A',)", "('X-A', 'v', 'w')",
        "odd(('X-A', 'v'))", '5', 'None', "{'X-A', }", "'abc'", "()",
        "odd(['X-A', 'v'])", "odd([], iter=lambda: fail(KeyError(1)))",
        "odd(('X-A', 'v'), tuple)", "Pair('X-A', 'v')",
    ],
    'header-name': [
        (40, "'X-A'"), "'x-a'", "'Content-Type'", "'content-LENGTH'",
        "'Date'", "'date'", "'Server'", "'SERVER'", "'Set-Cookie'",
        "'Status'", "'Location'", "'Trailer'", (4, "'<hop-by-hop>'"),
        "''", "'X A'", "'X:A'", "'X\\r\\nB'", "'X\\n'", "'X\\x00'",
        "'X\\t'", "'X-\\xe9'", "'X-\\u20ac'", "'X-\\udc80'", "b'X-A'", '5',
        'None', "Str('X-A')", "'X-<letters>'",
    ],
    'hop-by-hop': [
        'Connection', 'keep-alive', 'Proxy-Authenticate',
        'Proxy-Authorization', 'TE', 'trailers', 'Transfer-Encoding',
        'UPGRADE', '\\u212aeep-Alive', 'Tran\\u017ffer-Encoding', 'Upgrade ',
    ],
    'header-value': [
        (30, "'v'"), "''", "'  padded  '", "'a\\tb'", "'a\\r\\nX-B: c'",
        "'a\\nb'", "'a\\x00b'", "'a\\x7fb'", "'a\\x85b'", "'caf\\xe9'",
        "'\\u20ac'", "'\\udc80'", "b'v'", '5', 'None', "Str('v')", "['v']",
        "'<number>'", "'<letters>'", "'v' * <number>",
    ],

    # The answer

    'after': [
        (3, ''), (4, 'write(<block>)\n'), '<step>\n',
        'write(<block>)\n<after>', 'write()\n', 'write(data=<block>)\n',
        'write(<block>, 1)\n', 'said(write(<block>))\n',
        'try: write(<block>)\n'
        'except Exception as error: said(repr(error))\n',
    ],
    'yields': [(4, '<yield>'), (2, '<yield>\n<yields>'),
               '<yield>\n<after><yields>', '<yield>\nraise <error>',
               '<yield>\n<restart>\n<yields>',
               'try: <yield>\nfinally: <yield>',
               'try: <yield>\nfinally: said(sys.exc_info()[0])',
               '<yield>\nreturn <block>', 'yield from <source>'],
    # A frame of Python's that stands in a traceback holds its objects, one of
    # C does not: none of these says when it goes.
    'source': ['[<blocks>]', 'Body([<blocks>]<failing>)', 'GetItemOnly()',
               'wrapper(io.BytesIO(<bytes>)<block-size>)', 'None', '5'],
    'yield': [(3, 'yield <block>'), 'yield <read>'],
    'result': [
        (25, '[<blocks>]'), (3, '(<blocks>,)'), '[]', '()', "b''", "''",
        'None',
        '5', "b'raw'", "'text'", '{<block>}', '{<bytes>: 1}',
        (5, 'iter([<blocks>])'), (5, '(each for each in [<blocks>])'),
        '[<blocks>] * 3',
        (6, 'Body([<blocks>]<failing>)'), 'SizedBody([<blocks>]<failing>)',
        'GetItemOnly()', 'NoneClose([<blocks>])', 'SeesException()',
        'File(<bytes>)', 'io.StringIO("text")',
        (2, 'odd([<blocks>]<methods>)'), 'odd([<blocks>], list<methods>)',
        'odd([<blocks>], tuple<methods>)',
        (10, '<wrapped>'), 'bytearray(b"ba")', 'memoryview(b"mv")',
        'map(bytes, [[1], [2]])', 'range(2)', 'stdin',
        '[<blocks>].__iter__', 'Exception', 'zip([<block>])',
    ],
    'failing': [(6, ''), ', fail_at=<digit>', ', close_error=<error>',
                ', fail_at=<digit>, error=<error>',
                ', fail_at=<digit>, error=<error>, close_error=<error>'],
    'methods': ['<len><iter><close><getattr>'],
    'len': [(3, ''), (2, ', len=lambda: <digit>'), ', len=lambda: <length>',
            ', len=lambda: fail(<error>)',
            ', length_hint=lambda: fail(<error>)'],
    'iter': [(8, ''), ', iter=lambda: fail(<error>)',
             ', iter=lambda: <value>', ', iter=lambda: iter([<blocks>])',
             ', next=lambda: fail(<error>)'],
    'close': [(4, ''), ', close=<value>', (2, ', close=lambda: said(1)'),
              ', close=lambda: fail(<error>)',
              ', close=lambda: write(<block>)',
              ', close=lambda: said(sys.exc_info()[0])',
              ', close=lambda: start_response(<status>, <headers>, 1)'],
    'getattr': [(8, ''), ', getattr=lambda name: fail(<error>)',
                ', getattr=lambda name: fail(AttributeError(name))'],
    'length': ['-1', '2 ** 70', "'1'", 'None', '1.0', 'True'],
    'wrapped': [
        (12, 'wrapper(File(<bytes>)<block-size>)'),
        (12, 'wrapper(on_disk(<bytes>)<block-size>)'),
        'wrapper(on_disk(position=<digit>)<block-size>)',
        'wrapper(on_disk(buffering=0)<block-size>)',
        'wrapper(NoClose(<bytes>)<block-size>)',
        'wrapper(io.StringIO("text")<block-size>)',
        'wrapper(pipe(b"piped")<block-size>)', 'wrapper(stdin<block-size>)',
        "wrapper(open('/proc/version', 'rb')<block-size>)",
        "wrapper(open('/proc/version')<block-size>)",
        'without(wrapper(on_disk()), <attribute>)', 'wrapper.__new__(wrapper)',
        'wrapper(None)', 'wrapper()', 'wrapper(5, 5, 5)',
        (3, 'wrapper(odd(read=lambda *size: <no-block>)<block-size>)'),
        'wrapper(odd(read=lambda *size: fail(<error>))<block-size>)',
        'list(wrapper(io.BytesIO(<bytes>)<block-size>))',
        '[next(wrapper(io.BytesIO(<bytes>)<block-size>))]',
        'iter(wrapper(File(<bytes>)<block-size>))',
    ],
    'attribute': ["'filelike'", "'blksize'", "'close'",
                  "'blksize', 'filelike'"],
    'block-size': [(3, ''), ', <size>', ", 'x'", ', blksize=<size>',
                   ', 3.5'],
    'no-block': ["'x'", '5', 'None', "b''", '[]'],
    'blocks': [(3, '<block>'), (2, '<block>, <blocks>')],
    'block': [(60, '<bytes>'), "'text'", '5', 'None', "bytearray(b'ba')",
              "memoryview(b'mv')", "Bytes(b'sub')", "['nested']"],
    'bytes': [(4, "b'<letters>'"), (2, "b''"), "b'line1\\nline2\\n'",
              "b'\\x00\\r\\n\\xff'", "b'x' * <number>", "b'y' * 100000"],
    'number': [(3, '<digit>'), '8191', '8192', '8193', '70'],
    'digit': ['0', '1', '2', '3', '9'],
    'letters': ['a', 'bc', 'def gh', 'i%s', '<lt>&"'],
    'lt': ['<'],
    'error': [
        (3, "RuntimeError('boom')"), 'RuntimeError', "KeyError('k')",
        "RuntimeError('two\\nlines')", "ValueError('\\u20ac')",
        "ValueError('\\udc80')", 'Traceless()', "TypeError('t')",
        "AttributeError('a')", "NotImplementedError('n')",
        "AssertionError('as')", 'SystemExit(3)', 'KeyboardInterrupt',
        'GeneratorExit', 'StopIteration(1)', 'StopAsyncIteration',
        "TimeoutError('own')", "BrokenPipeError('own')",
        "ConnectionResetError('own')", "ConnectionAbortedError('own')",
        "ConnectionRefusedError('own')", "OSError(9, 'nine')",
        'MemoryError()', 'RecursionError()', 'BaseException(1)',
        "SyntaxError('s', ('f', 1, 2, 'abc'))", "'text'", 'UserWarning(1)',
        "UnicodeDecodeError('utf-8', b'x', 0, 1, 'u')",
'None', 'int',
    ],
    'validated': [(3, 'ROUTES["/ok"]'), 'ROUTES["/read-cl"]',
                  'ROUTES["/write"]', 'ROUTES["/no-content"]',
                  'ROUTES["/file-wrapper"]', 'ROUTES["/start-late"]',
                  'ROUTES["/iter-input"]', 'ROUTES["/errors"]',
                  'lambda environ, start: <result>',
                  'lambda environ, start: '
                  '(start(<status>, <headers>), <result>)[1]'],
}


class Board:
    """Memory for one behaviour: the client writes, its servers read."""

    SIZE = 1 << 20
    LENGTH = 4  # the first bytes say how long the text is

    def __init__(self, path=None):
        """path: of a board that another process has made."""
        if path is None:
            self.descriptor = os.memfd_create('behaviour')
            os.truncate(self.descriptor, self.SIZE)
        else:
            self.descriptor = os.open(path, os.O_RDWR)
        self.memory = mmap.mmap(self.descriptor, self.SIZE)

    def application(self):
        """What a server has to be told to run what is on this board."""
        return f'behaviours:on_board_{os.getpid()}_{self.descriptor}'

    def write(self, text):
        data = text.encode()
        self.memory[:self.LENGTH] = len(data).to_bytes(self.LENGTH, 'big')
        self.memory[self.LENGTH:self.LENGTH + len(data)] = data

    def read(self):
        length = int.from_bytes(self.memory[:self.LENGTH], 'big')
        return self.memory[self.LENGTH:self.LENGTH + length].decode()

    def close(self):
        self.memory.close()
        os.close(self.descriptor)


def __getattr__(name):
    """Each board has an application of its own."""
    match = re.fullmatch(r'on_board_(\d+)_(\d+)', name)
    if match is None:
        raise AttributeError(name)
    return partial(application, names(), Board('/proc/%s/fd/%s'
                                               % match.groups()))


PRELUDE = '''\
def application(environ, start_response):
    stdin, errors = environ['wsgi.input'], environ['wsgi.errors']
    wrapper, write = environ['wsgi.file_wrapper'], None
'''


def application(known, board, environ, start_response):
    """Does what the board says."""
    if environ['PATH_INFO'].startswith('/sync/'):
        return known['sync'](environ, start_response)
    program = known.copy()
    exec(compile(source(board.read()), 'behaviour', 'exec'), program)
    return program['application'](environ, start_response)


def source(behaviour):
    """Of the function application() that does it."""
    return PRELUDE + ''.join(
        '    ' + line for line in behaviour.splitlines(keepends=True))


def names():
    """What a behaviour may name: all that apps.py has, and more."""
    import apps
    known = {name: value for name, value in vars(apps).items()
             if not name.startswith('__')}
    return {**known, 'fail': fail, 'odd': odd, 'Pair': Pair,
            'traceback': traceback, 'without': without,
            'saying_errors': partial(saying_errors, apps.said)}


def fail(error):
    """raise, as an expression."""
    raise error


def without(thing, *names):
    """It, when the attributes of these names are deleted."""
    for name in names:
        delattr(thing, name)
    return thing


def saying_errors(said, function, *arguments):
    """Calls it; an error of the connection is said and over."""
    try:
        function(*arguments)
    except OSError as error:
        said(repr(error))


class Pair(tuple):
    """Not type tuple."""

    def __new__(cls, *items):
        return super().__new__(cls, items)


def odd(items=(), base=object, **methods):
    """An iterable whose methods do what they are told: odd([b'a'],
    len=lambda: 7, close=None)."""
    namespace = {'__repr__': lambda self: 'odd()'}  # without its address
    if base is object:
        namespace['__iter__'] = lambda self: iter(items)
    for name, method in methods.items():
        if name in ('close', 'read'):
            namespace[name] = (staticmethod(method) if callable(method)
                               else method)
        else:
            namespace[f'__{name}__'] = bound(method)
    kind = type('Odd', (base,), namespace)
    return kind(items) if base is not object else kind()


def bound(method):
    return lambda self, *arguments: method(*arguments)
