"""What tools/connections.py says of a connection, and /proc/net/tcp, are one.
"""

import socket
import unittest
from unittest import mock

from tools import connections


class Connections(unittest.TestCase):

    def setUp(self):
        listener = self.keep(socket.create_server(('127.0.0.1', 0)))
        self.port = listener.getsockname()[1]
        self.client = self.keep(socket.create_connection(
            listener.getsockname()))
        self.client_port = self.client.getsockname()[1]
        self.server = self.keep(listener.accept()[0])

    def keep(self, one):
        self.addCleanup(one.close)
        return one

    def wait_for_end(self):
        """Until the server's side has been told."""
        self.server.settimeout(60)
        self.assertEqual(self.server.recv(1, socket.MSG_PEEK), b'')

    def check(self, is_open, by_kernel, in_table):
        self.assertEqual(connections.told(self.port, self.client_port),
                         by_kernel)
        self.assertEqual(connections.table(self.port, self.client_port),
                         in_table)
        self.assertIs(connections.is_open(self.port, self.client_port),
                      is_open)

    def test_open(self):
        self.check(True, connections.ESTABLISHED, {connections.ESTABLISHED})

    def test_not_accepted(self):
        listener = self.keep(socket.create_server(('127.0.0.1', 0)))
        self.port = listener.getsockname()[1]
        client = self.keep(socket.create_connection(listener.getsockname()))
        self.client_port = client.getsockname()[1]
        self.check(True, connections.ESTABLISHED, {connections.ESTABLISHED})

    def test_half_closed(self):
        self.client.shutdown(socket.SHUT_WR)
        self.wait_for_end()
        close_wait = 8
        self.check(False, close_wait, {close_wait})

    def test_no_connection(self):
        self.server.close()
        self.client.close()
        # The ports of another: the server listens, and nobody is there.
        self.client_port = 1
        self.check(False, connections.LISTEN, set())

    def test_nobody(self):
        self.port, self.client_port = 1, 2
        self.check(False, None, set())

    def test_a_kernel_that_does_not_tell(self):
        with mock.patch.object(connections, 'told', return_value=None):
            self.assertTrue(connections.is_open(self.port, self.client_port))
            self.client.shutdown(socket.SHUT_WR)
            self.wait_for_end()
            self.assertFalse(connections.is_open(self.port, self.client_port))


if __name__ == '__main__':
    unittest.main()
