"""The application's own signal handlers come first, and what is seen of the end."""

import signal
import unittest

from .situations import (MODES, PATIENCE, Folder, ask, receive, send,
                         wait_for)


class Handlers(Folder):
    def test_one_that_is_installed_at_import(self):
        self.write('app.py', '''
            def on_signal(signum, frame):
                say('mine: ' + signal.Signals(signum).name)
                sys.exit(0)

            for each in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
                signal.signal(each, on_signal)

            def answer_x(environ):
                return repr([signal.getsignal(each) is on_signal for each in
                             (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)])
            ''')
        for options in [], ['--threads']:
            for signum in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
                for server in self.both(options):
                    self.assertEqual(ask(server, '/x'), '[True, True, True]')
                    server.process.send_signal(signum)
                    self.assertEqual(server.process.wait(PATIENCE), 0)
                    self.assertIn('mine: ' + signal.Signals(signum).name,
                                  server.new_log())

    def test_one_that_is_installed_in_a_request(self):
        self.write('app.py', '''
            def answer_x(environ):
                signal.signal(signal.SIGTERM, lambda *_: say('not yet'))
                return 'installed'

            def answer_y(environ):
                return repr(signal.getsignal(signal.SIGTERM).__name__)
            ''')
        for server in self.both():
            self.assertEqual(ask(server, '/x'), 'installed')
            server.process.send_signal(signal.SIGTERM)
            wait_for(server, 'not yet')
            self.assertEqual(ask(server, '/y'), repr('<lambda>'))
            server.process.kill()

    def test_an_alarm(self):
        self.write('app.py', '''
            def answer_x(environ):
                def late(signum, frame):
                    raise TimeoutError('too slow')
                signal.signal(signal.SIGALRM, late)
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                try:
                    time.sleep(1000)
                except TimeoutError as error:
                    return str(error)
            ''')
        self.assert_answers('too slow')

    def test_a_sigint_that_is_ignored_stays_ignored(self):
        """nohup, or a shell's job in the background."""
        self.write('app.py', '''
            def answer_x(environ):
                os.kill(os.getpid(), signal.SIGINT)
                return str(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
            ''')
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        for options in [], ['--threads']:
            for server in self.both(options):
                self.assertEqual(ask(server, '/x'), 'True')
                self.assertEqual(ask(server, '/x'), 'True')

    def test_the_default_one_is_that_of_the_module(self):
        self.write('app.py', '''
            def answer_x(environ):
                default = signal.default_int_handler
                return repr((signal.getsignal(signal.SIGINT) is default,
                             default.__name__, default.__module__))
            ''')
        self.assert_answers("(True, 'default_int_handler', '_signal')")

    def test_asyncio_is_cancelled_by_an_interrupt(self):
        self.write('app.py', '''
            import asyncio

            async def work():
                say('asleep')
                try:
                    await asyncio.sleep(1000)
                except asyncio.CancelledError:
                    say('cancelled')
                    raise

            def answer_x(environ):
                try:
                    asyncio.run(work())
                except KeyboardInterrupt:
                    return 'interrupted'
            ''')
        for server in self.both():
            client = send(server, '/x')
            wait_for(server, 'asleep')
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(receive(client), 'interrupted')
            self.assertIn('cancelled', server.new_log())

    def test_a_sigterm_right_behind_an_answer(self):
        """The access line is written, and no traceback."""
        self.write('app.py', '''
            def answer_x(environ):
                return 'x' * 10
            ''')
        for options in MODES * 20:
            with self.program(options) as server, \
                    send(server, '/x') as client:
                answer = b''
                while not answer.endswith(b'x' * 10):
                    answer += client.recv(1000)
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(PATIENCE), 0)
                log = server.new_log()
                self.assertRegex(log, r'\A\S+ - - \[[^]]*\] "POST /x '
                                 r'HTTP/1\.0" 200 10\n\Z')


class End(Folder):

    def test_a_thread_that_is_no_daemon_is_named(self):
        self.write('app.py', '''
            def poll():
                while True:
                    time.sleep(1)

            threading.Thread(target=poll, name='the poller').start()

            def answer_x(environ):
                return 'here'
            ''')
        for first, second, status in (
                (signal.SIGTERM, signal.SIGINT, 0),
                (signal.SIGINT, signal.SIGINT, 0),
                (signal.SIGTERM, signal.SIGTERM, -signal.SIGTERM)):
            with self.subTest(first=first, second=second), \
                    self.program() as server:
                self.assertEqual(ask(server, '/x'), 'here')
                server.process.send_signal(first)
                log = wait_for(server, 'no daemons: ')
                self.assertIn('the poller', log)
                server.process.send_signal(second)
                self.assertEqual(server.process.wait(PATIENCE), status)

    def test_those_that_end_are_waited_for_without_a_word(self):
        self.write('app.py', '''
            import atexit
            from concurrent.futures import ThreadPoolExecutor

            pool = ThreadPoolExecutor()
            atexit.register(say, 'the end')

            def answer_x(environ):
                pool.submit(time.sleep, 0)
                return 'here'
            ''')
        with self.program(['--quiet']) as server:
            self.assertEqual(ask(server, '/x'), 'here')
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(PATIENCE), 0)
            self.assertEqual(server.new_log(), 'the end\n')


if __name__ == '__main__':
    unittest.main()
