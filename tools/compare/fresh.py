"""What an application makes anew for each request, so that two servers can't
show the same: session ids, CSRF tokens, times. A comparison of one request
passes over it, where both sides have the same shape.

A kind is a pattern whose groups named `value` are what is new each time; what
is around them must be the same. Two values have the same shape if they are
equal but for their letters, digits, and what else base64 has.
"""

import re
from itertools import zip_longest

DAY = r'(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*'
MONTH = r'(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*'
CLOCK = r'\d\d:\d\d:\d\d(?:[.,]\d+)?'
SECRET = r'[\w.-]*(?:csrf|xsrf|token|nonce|session)[\w.-]*'

KINDS = {
    'cookies': [r'(?i:^Set-Cookie):\s+[^=;\s]+="?(?P<value>[^;"\r\\]+)'],
    'tokens': [
        rf'(?i:name="{SECRET}"[^<>]*(?:value|content)="(?P<value>[^"]+)")',
        rf'(?i:(?:value|content)="(?P<value>[^"]+)"[^<>]*name="{SECRET}")',
        rf'(?i:^[\w-]*(?:csrf|xsrf|request-?id|nonce)[\w-]*: '
        rf'(?P<value>[^\r\\]+))',
        rf'(?i:"{SECRET}": ?"(?P<value>[^"]+)")',
        r"'nonce-(?P<value>[^']+)'",
    ],
    'UUIDs': [r'(?P<value>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-'
              r'[0-9a-fA-F]{12}\b)'],
    'times': [
        rf'(?P<value>{DAY}, \d\d[ -]{MONTH}[ -]\d{{4}} {CLOCK})',
        rf'(?P<value>{DAY} {MONTH} [ \d]\d {CLOCK} \d{{4}})',
        rf'(?P<value>\d\d/{MONTH}/\d{{4}}[: ]{CLOCK})',
        rf'(?P<value>\d{{4}}[-/]\d\d[-/]\d\d[T ]{CLOCK})',
        rf'(?P<value>(?<![\d:]){CLOCK}(?![\d:]))',
        r'(?P<value>(?<![\w.])[12]\d{9}(?:\.\d+)?(?![\w.]))',
    ],
    'addresses of objects': [r'(?P<value>\b0x[0-9a-f]{6,}\b)'],
    'tags of such a body': [r'^E[Tt]ag: (?P<value>[^\r\\]+)'],
}

PATTERNS = [(kind, re.compile(pattern))
            for kind, patterns in KINDS.items() for pattern in patterns]


def shape(value):
    """The value with all of these alike. How many digits a fraction of a
    second has is chance."""
    return re.sub(r'[\w+/-]', 'x', re.sub(r'([.,])\d+$', r'\1', value))


# What is packed and signed, such as a session. A time in it has as many digits
# as it happens to have: sixteen characters are two times, in base64.
PACKED = re.compile(r'[\w+/=.-]{100,}')
DIGITS_OF_TIMES = 16


def are_alike(left, right):
    if PACKED.fullmatch(left) and PACKED.fullmatch(right):
        return abs(len(left) - len(right)) <= DIGITS_OF_TIMES
    return shape(left) == shape(right)


def same(pattern, left, right):
    """Both lines with `<new>` for the values that the pattern finds in them,
    if they are as many and of the same shapes; else None."""
    found = list(pattern.finditer(left)), list(pattern.finditer(right))
    if not found[0] or len(found[0]) != len(found[1]):
        return None
    if not all(are_alike(a['value'], b['value']) for a, b in zip(*found)):
        return None
    return tuple(pattern.sub(hide, line) for line in (left, right))


def hide(match):
    start, end = (at - match.start() for at in match.span('value'))
    return match[0][:start] + '<new>' + match[0][end:]


def pass_over(left, right, ignored=()):
    """Both lists of lines, with `<new>` where both sides have something that
    is made anew, or (`ignored`, patterns) need not be compared; and the kinds
    that were found."""
    kinds = set()
    for pattern in ignored:
        left, right = ([re.sub(pattern, '<ignored>', line) for line in lines]
                       for lines in (left, right))
    if len(left) != len(right):
        return left, right, kinds
    pairs = []
    for a, b in zip_longest(left, right):
        new = (a, b)
        used = set()
        for kind, pattern in PATTERNS:
            if new[0] == new[1]:
                break
            hidden = same(pattern, *new)
            if hidden is not None:
                new, used = hidden, used | {kind}
        if new[0] == new[1]:
            a, b = new
            kinds |= used
        pairs.append((a, b))
    return [a for a, _ in pairs], [b for _, b in pairs], kinds
