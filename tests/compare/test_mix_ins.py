"""The cases of cases.py once more, with a thread and with a process for each
request: against Python's ThreadingMixIn and ForkingMixIn over WSGIServer.

CWSGIREF is the path of the program under test; `CWSGIREF=reference` runs the
reference against itself.
"""

import unittest

from tools.compare.cases import CASES, request
from tools.compare.differences import without_differences
from tools.compare.exchange import Client, Send, visible
from tools.compare.suites import LEAVING, add_tests, has
from tools.compare.pair import Pair


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
        log = server.new_log()  # its line is there before its end
        Send(b'\r\n').run(slow)
        slow.finish()
        return visible(without_differences(
            f'{quick.answer.decode()}{log}{slow.answer.decode()}'
            f'{server.log_of_exchange()}'))


class Threads(MixIn, Pair):

    arguments = {'options': ['--threads']}


class Fork(MixIn, Pair):

    arguments = {'options': ['--fork']}


# The log lines of a client that leaves would be found among those of the next.
STAYING = [case for case in CASES if not has(case, *LEAVING)]
add_tests(Threads, STAYING)
add_tests(Fork, STAYING)


if __name__ == '__main__':
    unittest.main()
