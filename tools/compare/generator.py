"""Cases made up at random: a request, how the client sends it, and what the
application does with it.

    case(seed, index)

is the same one every time. The request is made by a grammar, part by part;
then its parts may be mixed up, and then its bytes. What is chance in Python's
own server is left out: a client that stays half-closes in the end, lest a
server wait for more, and one that leaves does so while the server is stopped,
or where it must notice it in its next read.
"""

import re
from typing import NamedTuple

from . import behaviours
from .exchange import (Close, Dribble, Line, Pause, Quiet, Reset, Resume,
                       Send, Shut)
from .grammar import Dice, Grammar

# Text is Latin-1: a character is a byte.
RULES = {
    'line': [(80, '<method> <target> <version>\r\n'),
             (6, '<method><space><target><space><version><eol>'),
             '<method> <target><eol>', '<version><eol>', '<method><eol>',
             '<space><method> <target> <version><space><eol>',
             '<method> <target> <word> <version><eol>',
             '<word> <word><eol>', '<eol>', '<space><eol>',
             'GET /<long-line> HTTP/1.1\r\n', '<word><long-line><eol>'],
    'method': [(20, 'GET'), (10, 'POST'), (5, 'HEAD'), 'PUT', 'DELETE',
               'OPTIONS', 'CONNECT', 'PATCH', 'get', 'Post', 'M-SEARCH',
               'G<lt>E>T"', '<word>'],
    'space': [(6, ' '), '  ', '\t', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e',
              '\x1f', '\x85', '\xa0', '\r', '\0', '', ' <space>'],
    'eol': [(8, '\r\n'), (3, '\n'), '\r', '\r\r\n', '\n\r', '', ' \r\n',
            '\x0b\n', '\0\r\n', '\x85\r\n'],
    'target': [(20, '<path>'), (12, '<path>?<query>'), (2, '/'), '*', '.',
               '<word>', '//<path>', '///<word><path>', '//<word>?<query>',
               'http://<word><path>', 'https://u:p@<word>:81/?<query>',
               '<word>:443', '?<query>', '#<word>', '/\\<word>',
               '<path>#<word>', '<path>;<word>?<query>'],
    'path': [(4, '/<segment>'), (2, '/<segment><path>'), '/<segment>/'],
    'segment': [(20, '<word>'), '.', '..', '', '<word>.<word>', '~<word>',
                '<percent>', '<word><percent><segment>', '<word>+<word>',
                '<byte>', '<byte><segment>', '<word>;v=1', '<lt>b>', '"\'`',
                '{}|^', '@:&=$,', '%s%d%n'],
    'query': ['', '<word>', '<word>=<word>', '<word>=<percent>&<query>',
              '?<query>', '<byte>', 'a=1#<word>', '//<query>', '+'],
    'percent': ['%41', '%2f', '%2F', '%C3%A9', '%E9', '%zz', '%', '%4',
                '%00', '%0d%0a', '%3F', '%25', '%2541', '%%', '%u0041',
                '%c3%28', '%ED%A0%80'],
    'version': [(70, 'HTTP/1.1'), (40, 'HTTP/1.0'), (12, '<odd-version>')],
    'odd-version': ['HTTP/1.<number>', 'HTTP/<number>.1',
                    'HTTP/<number>.<number>', 'HTTP/<number>', 'HTTP/0.9',
                    'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1.1',
                    'HTTP/', 'HTTP', 'HTTP/1.1/1.1', 'HTTP/.', 'HTTP/ 1.1',
                    'FTP/1.1', 'HTTP/<word>', '<word>', 'HTTP/1.<byte>',
                    '<lt>HTTP&"\''],
    'number': [(2, '1'), '0', '2', '9', '10', '01', '+1', '-1', '-0', '1_0',
               '1__0', '_1', '', '\xb2', '1e1', '0x1', '1' * 40, '1' * 4300,
               '1' * 4301, ' 1', '\xa01', '1\x1f', '1\0', '\xbd'],
    'word': [(12, 'a'), (8, 'abc'), 'x-y', 'X_Y', '0', 'caf\xe9',
             'caf\xc3\xa9', "it's", 'say"', '%s', 'env', '\x1b[31m', '\\n',
             '<byte>', 'long-' * 20, '<word><word>'],
    'byte': [lambda dice: chr(dice.randrange(256)),
             lambda dice: dice.choice('\0\x01\t\n\x0b\x0c\r\x1b\x1c\x7f\x80'
                                      '\x85\x9b\xa0\xad\xb5\xdf\xff')],
    'lt': ['<'],

    # Headers

    'header': [(30, '<name>: <value>\r\n'), (3, '<name>:<value><eol>'),
               (2, '<name><space>:<space><value><space><eol>'),
               (2, '<name>: <value><eol><space><value><eol>'),
               (2, '<twice>'),
               '<word><eol>', '<value><eol>', ':<value><eol>', ' <eol>',
               '<space><name>: <value><eol>', '<name>:<eol>',
               'From <word>: <value><eol>', '>From <word><eol>',
               '<name>: <long-line>\r\n', '<many>',
               '<name>: <value>\r<name>: <value>\r\n',
               '<length-name>: <length><eol>'],
    'twice': ['X-A: 1\r\nX-A: <value>\r\n', 'Host: a\r\nhost: b\r\n',
              'Cookie: a=1\r\nCookie: b=2\r\n', 'X-A: 1\r\nX_A: 2\r\n',
              'Content-Type: a/b\r\ncontent-type: <value>\r\n',
              'Content-Length: 5\r\nContent-Length: <length>\r\n',
              'X-A:\r\nX-A:\r\nX-A: <value>\r\n'],
    'name': [(6, 'Host'), (4, 'X-A'), 'x-a', 'X_A', 'X-B', 'Accept',
             'User-Agent', 'Referer', 'Cookie', 'cookie', 'Authorization',
             'Connection', 'Keep-Alive', 'Expect', 'Transfer-Encoding', 'TE',
             'Upgrade', 'Via', 'Range', 'If-None-Match', 'From', 'Subject',
             (2, 'Content-Type'), 'content-TYPE', 'Content_Type',
             'Content-Encoding', 'MIME-Version', 'Proxy', 'Https', 'Path',
             'Script-Name', 'Path-Info', 'Query-String', 'Remote-Addr',
             'Remote-Host', 'Request-Method', 'Server-Name', 'Server-Port',
             'Server-Protocol', 'Server-Software', 'Gateway-Interface',
             'Http-Host', 'Wsgi.input', 'Home', 'Lang', '<word>', '<byte>',
             '<byte><name>', '<name><byte>', '', '1', "X!#$%&'*+.^_`|~",
             'X-' + 'n' * 300],
    'value': [(10, 'v'), (5, '<word>'), '', '1', '<word> <word>',
              '<space><word><space>', 'close', 'keep-alive', 'Keep-Alive',
              '100-continue', '100-Continue', 'chunked', 'gzip, chunked',
              'text/html', 'text/plain; charset=utf-8', 'nonsense', 'a/b/c',
              'TEXT/HTML; Charset="x"; y=z', 'multipart/form-data',
              'multipart/form-data; boundary=b', 'message/rfc822',
              'a/b;', '/', 'h:80', '[::1]:80', '"quoted, string"',
              '=?utf-8?q?caf=C3=A9?=', '<percent>', 'bytes=0-1', 'h2c',
              '<byte>', '<byte><value>', '<value>, <value>', 'v' * 500,
              '<value>\x0b<value>', '<value>\x1c<value>',
              '<value>\x85<value>'],
    'length-name': [(4, 'Content-Length'), 'content-length',
                    'CONTENT-LENGTH', 'Content_Length', 'Content-Length '],
    'length': [(4, '5'), '0', '3', '05', '-5', '+5', ' 5 ', '5 5', '5, 5',
               '5.0', '0x5', '1_0', '', 'junk', '100000', '9' * 40, '\xb2',
               '5\0', '<number>'],
    'long-line': [lambda dice: 'l' * dice.choice(
                      [65500, 65507, 65520, 65521, 65528, 65529, 65530,
                       65531, 65533, 65534, 65535, 65536, 65537, 66000,
                       8185, 8190, 8191, 8192, 8193, 9000])],
    'many': [lambda dice: 'X-N: v\r\n' * dice.choice(
                 [50, 96, 97, 98, 99, 100, 101, 102, 150])],
    'end': [(40, '\r\n'), (4, '\n'), '', '\r', '\r\r\n', ' \r\n', '\n\r\n',
            '\0\r\n'],

    # The body

    'body': [(8, ''), (4, 'hello'), (2, '<lines>'), (2, '<chunks>'),
             'a=1&b=<percent>', '<binary>', '<long-body>', '<word>',
             '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n'],
    'lines': ['a\nb\n', 'a\r\nb', '\n\n', '<word>\n<lines>', '<lines>\r'],
    'chunks': ['5\r\nhello\r\n0\r\n\r\n', '5;x=y\r\nhello\r\n0\r\n\r\n',
               '1\r\na\r\n<chunks>', 'zz\r\n', '0\r\n\r\n',
               '-1\r\nhello\r\n0\r\nX-T: v\r\n\r\n'],
    'binary': [lambda dice: dice.randbytes(dice.randrange(1, 300))
               .decode('latin-1')],
    'long-body': [lambda dice: 'body\n' * dice.choice(
                      [1638, 1639, 2000, 14000])],
    'framing': [(4, ''), (4, 'right'), 'wrong', 'chunked', 'both', 'junk'],

    # What is done with the finished request

    'mutation': [(30, ''), (5, 'parts'), (5, 'bytes'), (2, 'parts bytes'),
                 'parts parts', 'bytes bytes bytes'],
    'part-mutation': ['drop', 'double', 'swap', 'move', 'replace', 'insert',
                      'join', 'cut-rest'],
    'byte-mutation': ['flip', 'replace', 'insert', 'delete', 'cut', 'splice',
                      'repeat'],
    'manner': [(30, 'whole'), (6, 'pieces'), (4, 'dribble'),
               (4, 'second request'), 'nothing', 'reset in the line',
               'reset in the headers', 'reset in the body',
               'reset before the answer', 'close before a word',
               (8, 'gone'), (2, 'leave amid the answer')],
    'part': [(3, 'whole'), 'cut'],
    'end-of-sending': ['at once', 'before it is read', 'in the end'],
    'end-of-client': ['closes', 'resets'],
}

REQUESTS = Grammar(RULES)
BEHAVIOURS = Grammar(behaviours.RULES)


class Case(NamedTuple):
    steps: list      # as in exchange.py
    behaviour: str   # as in behaviours.py

    def is_patient(self):
        """Whether the client stays to the end. If not, the steps or the
        behaviour, which waits for the client to leave, see to it that the
        server does not answer just then."""
        return not self.has(Close, Reset, Line)

    def has(self, *kinds):
        """Whether a step is of such a kind."""
        return any(isinstance(step, kinds) for step in self.steps)


def case(seed, index, taken=None):
    """One of the endless row of cases that belong to a seed. taken: a Counter
    for the alternatives that it is made of."""
    dice = Dice(f'{seed}/{index}')
    result = MANNERS[REQUESTS.text(dice, 'manner')](dice)
    if taken is not None:
        taken.update(dice.taken)
    return result


# ---- The request

def request(dice):
    """The bytes of a request, sound or not."""
    parts = sound_request(dice)
    mutations = REQUESTS.text(dice, 'mutation').split()
    for _ in range(mutations.count('parts')):
        mutate_parts(dice, parts)
    data = bytearray(b''.join(parts))
    for _ in range(mutations.count('bytes')):
        mutate_bytes(dice, data)
    return up_to_long_line(bytes(data))


# Not longer, for that is refused in a few words.
LONG_LINE = re.compile(rb'^[^\n]{60000,65535}(?:\n|\Z)', re.MULTILINE)


def up_to_long_line(data):
    """Answers quote a long line. If the server left unread what stands behind
    it, close() would reset the connection, and what of a large answer gets
    through before is chance."""
    match = LONG_LINE.search(data)
    return data[:match.end()] if match else data


def sound_request(dice):
    """A list: the line, the headers, the end of the headers, the body."""
    body = REQUESTS.text(dice, 'body')
    headers = [REQUESTS.text(dice, 'header')
               for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 4, 6)))]
    headers += framing(dice, body)
    dice.shuffle(headers)
    parts = [REQUESTS.text(dice, 'line'), *headers,
             REQUESTS.text(dice, 'end'), body]
    return [part.encode('latin-1') for part in parts]


def framing(dice, body):
    """The headers that tell how long the body is."""
    kind = REQUESTS.text(dice, 'framing')
    length = len(body)
    if kind == 'wrong':
        length += dice.choice((-1, 1, 5, 100))
    elif kind == 'junk':
        length = REQUESTS.text(dice, 'length')
    headers = []
    if kind in ('right', 'wrong', 'junk', 'both'):
        headers.append(f'Content-Length: {length}\r\n')
    if kind in ('chunked', 'both'):
        headers.append('Transfer-Encoding: chunked\r\n')
    return headers


def mutate_parts(dice, parts):
    """Changes the order or the number of the parts."""
    at, other = (dice.randrange(len(parts)) for _ in range(2))
    kind = REQUESTS.text(dice, 'part-mutation')
    if kind == 'drop' and len(parts) > 1:
        del parts[at]
    elif kind == 'double':
        parts.insert(other, parts[at])
    elif kind == 'swap':
        parts[at], parts[other] = parts[other], parts[at]
    elif kind == 'move':
        parts.insert(other, parts.pop(at))
    elif kind == 'replace':
        parts[at] = dice.choice(sound_request(dice))
    elif kind == 'insert':
        parts.insert(at, REQUESTS.text(dice, 'header').encode('latin-1'))
    elif kind == 'join':
        parts[at] = parts[at].rstrip(b'\r\n')
    elif kind == 'cut-rest':
        del parts[at + 1:]


def mutate_bytes(dice, data):
    """Changes a few bytes, anywhere."""
    at = dice.randrange(len(data) + 1)
    count = dice.choice((1, 1, 1, 2, 4, 20))
    some = REQUESTS.text(dice, 'byte').encode('latin-1')
    kind = REQUESTS.text(dice, 'byte-mutation')
    if kind == 'flip' and at < len(data):
        data[at] ^= 1 << dice.randrange(8)
    elif kind == 'replace':
        data[at:at + 1] = some
    elif kind == 'insert':
        data[at:at] = some * count
    elif kind == 'delete':
        del data[at:at + count]
    elif kind == 'cut':
        del data[at:]
    elif kind == 'splice':
        other = b''.join(sound_request(dice))
        data[at:] = other[dice.randrange(len(other) + 1):]
    elif kind == 'repeat':
        data[at:at] = data[at:at + count] * count


# ---- How it is sent

def behaviour(dice):
    return BEHAVIOURS.text(dice, 'behaviour')


def modest(dice):
    """A behaviour with a small answer, see up_to_long_line."""
    return behaviour(dice).replace('100000', '1000')


def whole(dice):
    """All at once. If it is short the server has it all after its first recv,
    and what is there is no chance."""
    data = request(dice)
    steps = ENDS[REQUESTS.text(dice, 'end-of-sending')](data)
    if len(data) > 4096:
        return Case(steps, modest(dice))
    program = behaviour(dice)
    if dice.random() < 0.1:
        program = f'said({BEHAVIOURS.text(dice, "hasty-read")})\n' + program
    return Case(steps, program)


# When the client half-closes. Our wfile sends at once what it writes to a
# client that has done so, as Python's always does; else it has a buffer.
ENDS = {
    'at once': lambda data: [Send(data), Shut()],
    'before it is read':
        lambda data: [Pause(), Send(data[:ARRIVES]), Shut(), Resume()],
    'in the end': lambda data: [Send(data), Quiet(), Shut()],
}


def pieces(dice):
    data = request(dice)
    cuts = sorted(dice.randrange(len(data) + 1)
                  for _ in range(dice.randrange(1, 5)))
    steps = [Send(data[start:end])
             for start, end in zip([0, *cuts], [*cuts, len(data)])]
    return Case([*steps, Shut()], modest(dice))


def dribble(dice):
    """Some of its bytes come one by one."""
    data = request(dice)
    start = dice.randrange(len(data) + 1)
    end = start + dice.randrange(1, 40)
    return Case([Send(data[:start]), Dribble(data[start:end]),
                 Send(data[end:]), Shut()], modest(dice))


def second_request(dice):
    """Another one behind it."""
    data = up_to_long_line(request(dice) + request(dice))
    return Case([Send(data), Shut()], modest(dice))


def nothing(dice):
    return Case([Shut()], behaviour(dice))


def close_before_a_word(dice):
    """To an empty line nobody answers."""
    step = dice.choice(([], [Send(b'\r\n')], [Send(b' \t\r\n')]))
    return Case([*step, Close()], behaviour(dice))


def reset_in_the_line(dice):
    word = REQUESTS.text(dice, 'target').replace('\n', '')
    return Case([Send(b'GET ' + word.encode('latin-1')), Reset()],
                behaviour(dice))


PLAIN = b'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n'


def reset_in_the_headers(dice):
    end = dice.randrange(PLAIN.index(b'\n') + 1, len(PLAIN) + 1)
    return Case([Send(PLAIN[:end]), Reset()], behaviour(dice))


def reset_in_the_body(dice):
    """The application reads until it fails, and may go on then."""
    read = dice.choice((
        # no read() without a size: the validator refuses it and reads nothing
        'stdin.read(20)', 'stdin.readline()', 'list(stdin)',
        'saying_errors(stdin.read, 20)', 'saying_errors(stdin.readlines)',
        'saying_errors(list, stdin)'))
    return Case([Send(PLAIN + b'\r\nhello'), Reset()],
                f'{read}\n{behaviour(dice)}')


def reset_before_the_answer(dice):
    """Whatever is sent fails, from the first byte on."""
    return Case([Send(PLAIN + b'\r\n'), Line(b'waiting'), Reset()],
                f'wait_for_reset(environ)\n{behaviour(dice)}')


def leave(dice):
    return {'closes': Close, 'resets': Reset}[
        REQUESTS.text(dice, 'end-of-client')]()


# So many bytes have arrived when the client has sent them, though nobody reads
# them.
ARRIVES = 30000


def gone(dice):
    """The client has left when the server begins to read: after all of its
    request or a part of it."""
    data = request(dice)[:ARRIVES]
    if REQUESTS.text(dice, 'part') == 'cut':
        data = data[:dice.randrange(len(data) + 1)]
    return Case([Pause(), Send(data), leave(dice), Resume()], behaviour(dice))


def leave_amid_the_answer(dice):
    """After a block, whether the client has got that or not."""
    return Case([Send(PLAIN + b'\r\n'), Line(b'waiting'), leave(dice)],
                f'{BEHAVIOURS.text(dice, "left")}')


MANNERS = {
    'whole': whole, 'pieces': pieces, 'dribble': dribble,
    'second request': second_request, 'nothing': nothing,
    'close before a word': close_before_a_word,
    'reset in the line': reset_in_the_line,
    'reset in the headers': reset_in_the_headers,
    'reset in the body': reset_in_the_body,
    'reset before the answer': reset_before_the_answer,
    'gone': gone, 'leave amid the answer': leave_amid_the_answer,
}
