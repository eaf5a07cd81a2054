"""Clients that leave after each byte of a request. The server is stopped while
the client sends and leaves, so that it is no chance what the server finds."""

from .cases import CASES
from .exchange import Close, Pause, Reset, Resume, Send, Shut

# The requests that are cut: what is refused, what is read, what is answered
# with nothing, with a block, with many, with a file, with an error.
SHAPES = '''
    line-10 line-one-word line-four-words line-tls version-refused-junk
    version-2 version-head 09-env 09-headers 09-post 09-raise target-absolute
    header-twice header-fold header-first-no-colon header-latin1-name
    header-expect length-junk body-read body-read-all body-readlines
    body-iterate body-chunked body-unread pipeline head-ok no-content
    environ-http-09 return-empty-list return-list-one return-generator
    return-raises-first return-raises-second raise-runtime raise-broken-pipe
    headers-given-not-latin1 status-not-latin1 write file-wrapper file-disk
    '''.split()

MANNERS = {'closes': Close(), 'resets': Reset(), 'half-closes': Shut()}


def leaving(data, leave):
    return [Pause(), Send(data), leave, Resume()]


def cuts(data, first=0, step=1):
    """How many bytes come: each step's, all, and all but one."""
    return sorted({*range(first % step, len(data), step),
                   len(data) - 1, len(data)})


def requests():
    """{name: bytes} of the shapes."""
    by_name = {case.name: case for case in CASES}
    return {name: b''.join(step.data for step in by_name[name].steps
                           if isinstance(step, Send)) for name in SHAPES}
