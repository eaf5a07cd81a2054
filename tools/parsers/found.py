"""Texts on which a parser has differed, in the form in which script/parsers
prints them, each with the reason, once it is mended. Whenever that parser is
compared, they come first."""

FOUND = [
    ('response', 'what stands behind a NUL was lost',
     ('200 OK', [('A', 'b\0c')])),
    ('response', 'and so it was in a status', ('200 a\0b', [])),
    ('headers', 'and in what a Headers is asked for',
     ('', [('a\0b', 'c'), ('a', 'c\0d')])),
    ('environ', 'and in a target', b'GET /a%00b?c\0d HTTP/1.0\n\n'),
]
