"""The parsers. Each is a text made up by dice, and a function that gives what
comes of it on one side: a value that == compares."""

from ..compare import generator
from ..compare.grammar import Grammar
from .sides import environ_handler, outcome, request_handler

ODD = ['\0', '\t', '\n', '\r', '\x0b', '\x1b', '\x1f', ' ', '\x7f', '\x80',
       '\x85', '\xa0', '\xe9', '\xff', '\u0131', '\u212a', '\u20ac',
       '\U0001f600', '\ud800', '"', '\\', "'", '<', '&', '>', '%s', '%']
TEXTS = Grammar({
    'text': [(3, '<word>'), '<word><text>', '<odd><text>', '<text><odd>', '',
             '<word> <text>'],
    'word': ['a', 'abc', 'X-Y', '200', '404 Not Found', '12', 'te', 'long' * 9,
             'Content-Type', 'text/plain'],
    'odd': [lambda dice: dice.choice(ODD)],
    'status': [(6, '200 OK'), '<digits> <text>', '<text>', '<digits><text>',
               '20\xb2 OK', '2\u0660\u0660 OK', '200\xa0OK', '200'],
    'digits': ['200', '404', '099', '1000', '20', '2x0'],
    'name': [(6, '<word>'), '<text>', 'Connection', 'keep-alive', 'TE',
             'Transfer-Encoding', 'Content-Length', 'X-<text>',
             '\u212aeep-alive', 'upgrade'],
})


def text(dice, rule='text'):
    return TEXTS.text(dice, rule)


# ---- The request line, and the page of an error in it

def make_request(dice):
    return generator.request(dice)


def request_line(side, data):
    line, _, rest = data.partition(b'\n')
    handler = request_handler(side, rest)
    handler.raw_requestline = line + b'\n'
    parsed = outcome(handler.parse_request)
    return (parsed, handler.wfile.getvalue(), vars_of(handler, (
        'command', 'path', 'request_version', 'requestline',
        'close_connection')))


def vars_of(handler, names):
    return [getattr(handler, name, '-') for name in names]


# ---- The header block

def header_block(side, data):
    handler = request_handler(side, data.partition(b'\n')[2])
    handler.raw_requestline = b'GET / HTTP/1.1\r\n'
    parsed = outcome(handler.parse_request)
    headers = getattr(handler, 'headers', None)
    return (parsed, handler.wfile.getvalue(), handler.rfile.tell(),
            None if headers is None
            else (headers.items(), headers.get_content_type()))


# ---- The environ

class Server:
    """For Python; ours wants one of its own."""
    base_environ = {'SERVER_NAME': 'name', 'SERVER_PORT': '80',
                    'CONTENT_LENGTH': '', 'SCRIPT_NAME': ''}


def environ(side, data):
    line, _, rest = data.partition(b'\n')
    handler = request_handler(side, rest)
    cls = side.simple_server.WSGIServer
    handler.server = cls.__new__(cls)
    handler.server.base_environ = Server.base_environ
    handler.raw_requestline = line + b'\n'
    if outcome(handler.parse_request)[0] is not True:
        return None
    result, _ = outcome(handler.get_environ)
    return list(result.items()) if isinstance(result, dict) else result


# ---- A status and headers

def make_response(dice):
    headers = [(text(dice, 'name'), text(dice))
               for _ in range(dice.randrange(4))]
    kind = dice.randrange(12)
    if kind == 0:
        headers = tuple(headers)
    elif kind == 1:
        headers.append(dice.choice([None, ('a',), ('a', 1), ('a', 'b', 'c'),
                                    [b'a', 'b'], 'ab', 5]))
    return text(dice, 'status'), headers


def response(side, data):
    status, headers = data
    handler = environ_handler(side)
    handler.environ = {'SERVER_PROTOCOL': 'HTTP/1.0'}
    handler.send_preamble = lambda: None
    given, log = outcome(handler.start_response, status, headers)
    sent = None
    if callable(given):
        given = 'write'
        sent = outcome(handler.write, b'x')[0]
    return given, sent, handler.stdout.getvalue()


def headers(side, data):
    """What a Headers does with one name after the other."""
    _, pairs = data
    result, _ = outcome(side.headers.Headers)
    seen = []
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            continue
        name, value = pair
        for method, arguments in (
                ('setdefault', (name, value)), ('__contains__', (name,)),
                ('get_all', (name,)), ('add_header', (value, name)),
                ('__setitem__', (name, value)), ('get', (name,)),
                ('__delitem__', (value,)), ('items', ()), ('__str__', ()),
                ('__bytes__', ()), ('__repr__', ())):
            seen.append(outcome(getattr(result, method), *arguments)[0])
    return seen


# ---- The error page and the log

def for_c(words):
    """C has no text with a NUL or a surrogate for an error: docs/import.md."""
    return words.replace('\0', '').replace('\ud800', '')


def make_error(dice):
    return (dice.choice([400, 404, 200, 304, 100, 205, 999, 500]),
            dice.choice([None, for_c(text(dice))]),
            dice.choice([None, for_c(text(dice))]), text(dice))


def error_page(side, data):
    code, message, explain, line = data
    handler = request_handler(side)
    handler.requestline = line
    handler.request_version = 'HTTP/1.1'
    handler.command = 'GET'
    return (outcome(handler.send_error, code, message, explain),
            handler.wfile.getvalue())


def log(side, data):
    _, message, explain, line = data
    handler = request_handler(side)
    return outcome(handler.log_message, '%s %s', message or line, explain)


# ---- wsgiref.util

def make_environ(dice):
    names = ('SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'HTTP_HOST', 'HTTPS',
             'SERVER_NAME', 'SERVER_PORT', 'wsgi.url_scheme')
    result = {name: dice.choice(['/', '', '/a/b', '/a//b/', '80', '443', 'on',
                                 '1', 'http', 'https', text(dice)])
              for name in names if dice.random() < 0.85}
    return result, text(dice, 'name')


def util(side, data):
    given, name = data
    env = dict(given)
    return [outcome(function, *arguments)[0] for function, arguments in (
        (side.util.guess_scheme, (env,)),
        (side.util.application_uri, (env,)),
        (side.util.request_uri, (env,)),
        (side.util.request_uri, (env, False)),
        (side.util.shift_path_info, (env,)),
        (side.util.is_hop_by_hop, (name,)))] + [env]


PARSERS = {
    'request-line': (make_request, request_line),
    'header-block': (make_request, header_block),
    'environ': (make_request, environ),
    'response': (make_response, response),
    'headers': (make_response, headers),
    'error-page': (make_error, error_page),
    'log': (make_error, log),
    'util': (make_environ, util),
}


def by_texts(names):
    """[(what makes the texts, {name: parser})]: those together that take the
    same texts."""
    found = {}
    for name in names:
        make, run = PARSERS[name]
        found.setdefault(make, {})[name] = run
    return list(found.items())
