"""Overrides that record their calls, and objects as text that is the same on
either side."""

import http
import io
import re
import socket
import types

# What is another one each time: times, ports, where an object is.
CHANGING = (
    (rb'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', b'TIME'),
    (rb'\d\d/\w{3,5}/\d{4} \d\d:\d\d:\d\d', b'TIME'),
    (rb'0x[0-9a-f]{6,}', b'PLACE'),
    (rb"('127\.0\.0\.1', |'::1', |127\.0\.0\.1:)\d+", rb'\1PORT'),
    (rb'  File "[^"]*", line \d+', b'  File'),
    # of a caller's frame, the lines below it are Python's own
    (rb'\n    [^\n]*(?=\n)', b''),
)


def masked(data, port):
    if isinstance(data, str):
        return masked(data.encode(), port).decode()
    for pattern, instead in CHANGING:
        data = re.sub(pattern, instead, data)
    return data.replace(b':%d' % port, b':PORT')


def show(value):
    """What an argument or a result is."""
    if isinstance(value, http.HTTPStatus):
        return show(int(value))     # where Python passes one, C passes an int
    if isinstance(value, (str, bytes)):
        return repr(masked(value, 0))
    if isinstance(value, (int, float, type(None))):
        return repr(value)
    if isinstance(value, BaseException):
        return f'{type(value).__name__}({value})'
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, tuple):
        if len(value) == 2 and value[0] in ('127.0.0.1', '::1'):
            return 'an address'
        return f"({', '.join(map(show, value))})"
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, dict):
        return f'a dict of {len(value) > 10}' if len(value) > 10 else (
            str(sorted((show(key), show(value[key])) for key in value)))
    if isinstance(value, socket.socket):
        return 'a socket'
    if isinstance(value, types.TracebackType):
        return 'a traceback'
    if isinstance(value, io.IOBase):
        return 'a file'
    if callable(value):
        return getattr(value, '__name__', 'a callable')
    return f'a {type(value).__name__}'


class Recorder:
    """calls: a list of [name, argument, ...], in their order."""

    def __init__(self):
        self.calls = []

    def note(self, *words):
        self.calls.append([word if isinstance(word, str) else show(word)
                           for word in words])

    def around(self, name, original):
        """A function that records its call and what it gives, and does what
        the original does."""
        def override(*args, **kwargs):
            shown = [show(arg) for arg in args]
            shown += [f'{key}={show(kwargs[key])}' for key in sorted(kwargs)]
            self.calls.append([name, *shown])
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                self.calls.append([name, 'raised', show(error)])
                raise
            self.calls.append([name, 'gave', 'a descriptor' if name == 'fileno'
                               else show(result)])
            return result
        override.__name__ = name
        return override
