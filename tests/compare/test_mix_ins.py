"""The cases of cases.py once more, with a thread and with a process for each
request: against Python's ThreadingMixIn and ForkingMixIn over WSGIServer.

CWSGIREF is the path of the program under test; `CWSGIREF=reference` runs the
reference against itself.
"""

from .cases import CASES, request
from .differences import without_differences
from .exchange import Client, Close, Reset, Send, visible
from .test_compare import Pair

# The log of a request is complete when the client has seen its end. One that
# does not wait for it would find the log lines of two requests mixed.
LEAVING = Close, Reset


class MixIn:
    """Tests of either mix-in."""

    def test_a_silent_client_blocks_nobody(self):
        self.same(self.two_clients(self.python),
                  self.two_clients(self.program))

    def two_clients(self, server):
        slow, quick = Client(server), Client(server)
        Send(b'GET /ok HTTP/1.1\r\nHost: slow\r\n').run(slow)
        Send(request('/env')).run(quick)
        quick.finish()
        log = server.log_of_exchange()
        Send(b'\r\n').run(slow)
        slow.finish()
        return visible(without_differences(
            f'{quick.answer.decode()}{log}{slow.answer.decode()}'
            f'{server.log_of_exchange()}'))


class Threads(MixIn, Pair):

    arguments = {'mix_in': '--threads'}


class Fork(MixIn, Pair):

    arguments = {'mix_in': '--fork'}


def add_tests():
    for case in CASES:
        if any(isinstance(step, LEAVING) for step in case.steps):
            continue

        def test(self, case=case):
            self.compare(case.steps)
        name = 'test_' + case.name.replace('-', '_')
        test.__doc__ = case.why
        for test_class in Threads, Fork:
            setattr(test_class, name, test)


add_tests()
