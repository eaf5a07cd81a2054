"""The applications of test_base_handler_optimized.c."""

from same_as_python import Partial, Row, starts


class BytesSub(bytes):
    pass


def sends(headers):
    return starts('200 OK', headers)


def gives(blocks):
    """An application that answers 200 and returns blocks()."""
    def app(environ, start_response):
        start_response('200 OK', [])
        return blocks()
    return app


ANSWERS = [
    Row('two characters are a status', starts('20')),
    Row('letters are a code', starts('abc OK')),
    Row('nothing need be between code and reason', starts('200OK')),
    Row('an empty status is none when write() looks, which is no assert',
        starts('')),
    Row('an int is still no str: that is no assert', starts(200)),
    Row('nor are bytes', starts(b'200 OK')),
    Row('a line break: sent, or refused by releases that look for it',
        starts('200 O\nK')),
    Row('a hop-by-hop header is sent',
        sends(lambda: [('Connection', 'close')])),
    Row('Headers() does not look at values', sends(lambda: [('X-A', None)])),
    Row('nor at names', sends(lambda: [(b'X-A', 1)])),
    Row('a line break in a value: sent, or refused by releases that look',
        sends(lambda: [('X-A', 'a\r\nb')])),
    Row('a triple fails when a name is looked up',
        sends(lambda: [('a', 'b', 'c')])),
    Row('and so does an int', sends(lambda: [1])),
    Row('headers are a list: that is no assert', sends(lambda: ())),
    Row('a bytearray is written', gives(lambda: [bytearray(b'ba')])),
    Row('a memoryview is written', gives(lambda: [memoryview(b'mv')])),
    Row('a subclass of bytes is written', gives(lambda: [BytesSub(b'sub')])),
    Row('a str fails in the stream', gives(lambda: ['text'])),
    Row('and so does one after bytes', gives(lambda: [b'x', 'text'])),
    Row('None has no length', gives(lambda: [None])),
    Row('nor has an int', gives(lambda: [1])),
    Row('an empty list has one, and fails in the stream',
        gives(lambda: [[]])),
    Row('a str gives str', gives(lambda: 'text')),
    Row('what a partial write has left is a slice of what is no bytes',
        gives(lambda: [memoryview(b'x' * 30), bytearray(30)]), out=Partial),
]
