"""The application's own signal handlers come first, and what is seen of the end."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import unittest

from tools.compare import servers
from tools.patience import wait

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
                    # What a handler raises before, while something is
                    # released, nobody hears of: under Python's server, too.
                    server.wait_until_asleep()
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
                log = wait_for(server, 'not daemons: ')
                self.assertIn('the poller', log)
                server.process.send_signal(second)
                self.assertEqual(server.process.wait(PATIENCE), status)

    # The thread stays until the program has begun to wait for it.
    STAYS = '''
        waited_for = threading.Event()
        nameless = False

        class Named(threading.Thread):
            @property
            def name(self):
                if nameless:
                    raise KeyError('name')
                return super().name

        def stay():
            waited_for.wait()
            say('the end of it')

        thread = Named(target=stay)
        thread.start()
        '''

    def log_of_the_end(self, text):
        self.write('app.py', textwrap.dedent(self.STAYS)
                   + textwrap.dedent(text))
        with self.program() as server:
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(PATIENCE), 0)
            return server.new_log()

    def test_without_a_timer_nobody_says_who_stays(self):
        self.assertEqual(self.log_of_the_end('''
            class NoThread(threading.Timer):
                def start(self):
                    waited_for.set()
                    raise RuntimeError("can't start new thread")

            threading.Timer = NoThread
            '''), 'the end of it\n')

    def test_what_the_timer_calls_may_fail(self):
        """It raises that in the timer, and the program waits on."""
        self.assertRegex(self.log_of_the_end('''
            class Caller(threading.Timer):
                def start(self):
                    global nameless
                    nameless = True
                    for arguments in ['one'], self.args:
                        try:
                            self.function(*arguments)
                        except Exception as error:
                            say(f'{type(error).__name__}: {error}')
                    nameless = False
                    waited_for.set()

            threading.Timer = Caller
            '''), r"\ATypeError: function .*\nKeyError: 'name'\n"
            r"the end of it\n\Z")

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

    def test_an_exit_where_python_would_begin_a_dialogue(self):
        """-i, or PYTHONINSPECT: PyErr_Print() returns then."""
        self.write('app.py', '''
            def leave(signum, frame):
                sys.exit(3)

            signal.signal(signal.SIGUSR1, leave)
            ''')
        for inspect, code in ('', 3), ('1', 1):
            with self.program(PYTHONINSPECT=inspect) as server:
                server.process.send_signal(signal.SIGUSR1)
                self.assertEqual(server.process.wait(PATIENCE), code)
                self.assertEqual(server.new_log().endswith('SystemExit: 3\n'),
                                 code == 1)

    def test_a_listening_socket_that_somebody_has_closed(self):
        self.write('app.py', '''
            import socket

            def listens(fd):
                try:
                    with socket.socket(fileno=os.dup(fd)) as sock:
                        return sock.getsockopt(socket.SOL_SOCKET,
                                               socket.SO_ACCEPTCONN)
                except OSError:
                    return False

            def answer_x(environ):
                os.close(next(filter(listens, range(3, 100))))
                return 'closed'
            ''')
        with self.program(['--once']) as server:
            self.assertEqual(ask(server, '/x'), 'closed')
            self.assertEqual(server.process.wait(PATIENCE), 1)
            self.assertTrue(server.new_log().endswith(
                'OSError: [Errno 9] Bad file descriptor\n'))


class More(Folder):
    """What else can be done with signals."""

    SIGNALS = '''
        import asyncio, faulthandler, select, socket

        USR1 = signal.SIGUSR1

        def answer_usr1(environ):
            got = []
            before = signal.signal(USR1, lambda n, frame: got.append(n))
            os.kill(os.getpid(), USR1)
            signal.signal(USR1, before)
            return repr([each.name for each in map(signal.Signals, got)])

        def answer_wakeup(environ):
            ours, other = socket.socketpair()
            with ours, other:
                ours.setblocking(False)
                before = signal.set_wakeup_fd(ours.fileno())
                signal.signal(USR1, lambda *_: None)
                os.kill(os.getpid(), USR1)
                found = other.recv(10)
                signal.set_wakeup_fd(before)
            return repr((before, found))

        def answer_wait(environ):
            signal.pthread_sigmask(signal.SIG_BLOCK, [USR1])
            signal.raise_signal(USR1)
            pending = USR1 in signal.sigpending()
            found = signal.sigwait([USR1])
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [USR1])
            return repr((pending, found.name, signal.sigpending()))

        def answer_mask(environ):
            return repr(signal.pthread_sigmask(signal.SIG_BLOCK, []))

        def answer_interrupt(environ):
            signal.signal(USR1, lambda *_: None)
            signal.siginterrupt(USR1, False)
            os.kill(os.getpid(), USR1)
            return 'on'

        def answer_pause(environ):
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            signal.pause()
            signal.setitimer(signal.ITIMER_REAL, 0)
            return 'went on'

        def answer_raises(environ):
            def leave(signum, frame):
                sys.exit('left')
            signal.signal(USR1, leave)
            os.kill(os.getpid(), USR1)
            return 'not reached'

        def answer_finally(environ):
            def late(signum, frame):
                raise LookupError(frame.f_code.co_name)
            signal.signal(USR1, late)
            try:
                os.kill(os.getpid(), USR1)
            finally:
                say('finally')

        def answer_loop(environ):
            async def work():
                loop = asyncio.get_running_loop()
                got = asyncio.Queue()
                for each in signal.SIGTERM, signal.SIGINT, USR1:
                    loop.add_signal_handler(each, got.put_nowait, each.name)
                    os.kill(os.getpid(), each)
                names = [await got.get() for _ in range(3)]
                for each in signal.SIGTERM, signal.SIGINT, USR1:
                    loop.remove_signal_handler(each)
                return sorted(names)
            names = asyncio.run(work())
            return repr((names, signal.getsignal(signal.SIGINT)
                         is signal.default_int_handler))

        def answer_dump(environ):
            faulthandler.register(USR1, all_threads=False)
            os.kill(os.getpid(), USR1)
            faulthandler.unregister(USR1)
            return ''

        def answer_handler(environ):
            signal.signal(USR1, lambda *_: None)
            return ''

        def answer_back(environ):
            for each in signal.SIGINT, signal.SIGTERM:
                before = signal.signal(each, lambda *_: say('mine'))
                os.kill(os.getpid(), each)
                signal.signal(each, before)
            return 'put back'
        '''

    def setUp(self):
        super().setUp()
        self.write('app.py', self.SIGNALS)

    ANSWERS = {
        '/usr1': "['SIGUSR1']",
        '/wakeup': r"(-1, b'\n')",
        '/wait': "(True, 'SIGUSR1', set())",
        '/mask': 'set()',
        '/interrupt': 'on',
        '/pause': 'went on',
        '/loop': "(['SIGINT', 'SIGTERM', 'SIGUSR1'], True)",
    }

    def test_in_the_main_thread(self):
        for options in [], ['--fork']:
            for server in self.both(options):
                for path, expected in self.ANSWERS.items():
                    with self.subTest(path, server=server.command):
                        self.assertEqual(ask(server, path), expected)
                self.assertNotIn('Traceback', server.new_log())

    def test_in_a_thread(self):
        for server in self.both(['--threads']):
            self.assertIn('error', ask(server, '/handler'))
            self.assertIn('ValueError: signal only works in main thread of '
                          'the main interpreter', server.new_log())
            self.assertEqual(ask(server, '/wait'), self.ANSWERS['/wait'])
            self.assertEqual(ask(server, '/mask'), 'set()')

    def test_what_a_handler_raises(self):
        for options in [], ['--fork']:
            for server in self.both(options):
                for path, said in (('/raises', 'SystemExit: left\n'),
                                   ('/finally', 'LookupError: '
                                    'answer_finally\n')):
                    self.assertIn('error occurred', ask(server, path))
                    self.assertIn(said, server.new_log())
                self.assertEqual(ask(server, '/mask'), 'set()')

    def test_a_dump_of_the_frames(self):
        for server in self.both():
            ask(server, '/dump')
            log = server.new_log()
            self.assertIn('(most recent call first)', log)
            self.assertRegex(log, r'File ".*/app\.py", line \d+ in '
                             r'answer_dump\n.* in application\n.* in run\n')

    def test_handlers_that_are_put_back(self):
        for signum in signal.SIGINT, signal.SIGTERM:
            for server in self.both():
                self.assertEqual(ask(server, '/back'), 'put back')
                self.assertEqual(server.new_log().count('mine\n'), 2)
                server.process.send_signal(signum)
                self.assertEqual(server.process.wait(PATIENCE),
                                 0 if server.is_program else -signum)

    def test_those_that_nobody_handles(self):
        for signum in signal.SIGUSR1, signal.SIGHUP, signal.SIGALRM:
            for options in [], ['--threads']:
                for server in self.both(options):
                    ask(server, '/mask')
                    server.process.send_signal(signum)
                    self.assertEqual(server.process.wait(PATIENCE), -signum)


def end(process, signum):
    """The exit status. A handler that raises while a request is at its end
    fails that request, and the server goes on: then the signal comes again.
    Not while the program ends, and only waits for a processor."""
    while process.poll() is None:
        process.send_signal(signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            wait(process, 1)
    return process.returncode


class WhileItWaits(Folder):
    """Handlers that run between two requests."""

    def test_one_that_reloads(self):
        self.write('app.py', '''
            settings = ['old']

            def reload(signum, frame):
                settings[0] = 'new'
                say('reloaded')

            for each in signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2:
                signal.signal(each, reload)

            def answer_x(environ):
                found, settings[0] = settings[0], 'old'
                return found
            ''')
        for options in MODES[:2]:
            for server in self.both(options):
                for signum in signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2:
                    self.assertEqual(ask(server, '/x'), 'old')
                    server.process.send_signal(signum)
                    wait_for(server, 'reloaded')
                    self.assertEqual(ask(server, '/x'), 'new')

    def test_one_that_raises(self):
        """It ends the server: with this status, or with a traceback."""
        self.write('app.py', '''
            import atexit

            def leave(signum, frame):
                sys.exit(3)

            def fail(signum, frame):
                raise LookupError('in a handler')

            signal.signal(signal.SIGUSR1, leave)
            signal.signal(signal.SIGUSR2, fail)
            atexit.register(say, 'the end')

            def answer_x(environ):
                return 'x'
            ''')
        for signum, status in (signal.SIGUSR1, 3), (signal.SIGUSR2, 1):
            for options in MODES:
                for server in self.both(options):
                    self.assertEqual(ask(server, '/x'), 'x')
                    self.assertEqual(end(server.process, signum), status)
                    log = server.new_log()
                    self.assertTrue(log.endswith('the end\n'), log)
                    self.assertEqual('LookupError: in a handler\n' in log,
                                     status == 1)

    def test_one_that_calls_what_was_there(self):
        """As those do that add something to the end."""
        self.write('app.py', '''
            def add(signum):
                before = signal.getsignal(signum)
                def first(*arguments):
                    say('first this')
                    signal.signal(signum, before)
                    if callable(before):
                        before(*arguments)
                    else:
                        os.kill(os.getpid(), signum)
                signal.signal(signum, first)

            add(signal.SIGTERM)
            add(signal.SIGINT)

            def answer_x(environ):
                return 'x'
            ''')
        for signum in signal.SIGTERM, signal.SIGINT:
            for server in self.both():
                ask(server, '/x')
                server.process.send_signal(signum)
                self.assertEqual(server.process.wait(PATIENCE),
                                 0 if server.is_program else -signum)
                self.assertIn('first this\n', server.new_log())


class Midst(Folder):
    """SIGTERM and SIGINT while the application does something, without a
    handler of its own: what differences.md calls the better end."""

    def test_a_view_has_its_finally_and_the_program_its_atexit(self):
        self.write('app.py', '''
            import atexit
            atexit.register(say, 'atexit')

            def answer_x(environ):
                say('here')
                try:
                    while True:
                        time.sleep(0.01)
                finally:
                    say('finally')
            ''')
        for signum in signal.SIGTERM, signal.SIGINT:
            with self.program() as server:
                client = send(server, '/x')
                wait_for(server, 'here\n')
                server.process.send_signal(signum)
                self.assertIn('error occurred', receive(client))
                self.assertEqual(server.process.wait(PATIENCE), 0)
                log = server.new_log()
                self.assertRegex(log, r'(?s)\Afinally\n.*KeyboardInterrupt\n'
                                 r'.*"POST /x HTTP/1\.0" 500 \d+\natexit\n\Z')

    def test_the_import(self):
        self.write('app.py', '''
            import atexit
            atexit.register(say, 'atexit')
            try:
                say('importing')
                while True:
                    time.sleep(0.01)
            finally:
                say('finally')
            ''')
        for signum in signal.SIGTERM, signal.SIGINT:
            process = subprocess.Popen(
                [os.path.abspath(servers.path_of_program()), '--bind',
                 '127.0.0.1:0', 'app.py'], cwd=self.folder,
                env=self.environment(), stderr=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True)
            self.addCleanup(process.communicate)
            self.addCleanup(process.kill)
            self.assertEqual(process.stderr.readline(), 'importing\n')
            process.send_signal(signum)
            self.assertEqual(process.communicate(timeout=PATIENCE),
                             ('', 'finally\natexit\n'))
            self.assertEqual(process.returncode, 0)

    def test_a_handler_that_is_set_during_the_import(self):
        self.write('app.py', '''
            signal.signal(signal.SIGTERM, lambda *_: say('mine'))
            os.kill(os.getpid(), signal.SIGTERM)

            def answer_x(environ):
                os.kill(os.getpid(), signal.SIGTERM)
                return 'x'
            ''')
        for server in self.both():
            self.assertEqual(ask(server, '/x'), 'x')
            self.assertEqual(server.new_log().count('mine\n'), 2)
            server.process.kill()


class Longer(Folder):
    """What keeps a program alive, and what is done at its end."""

    def test_all_that_stay_are_named(self):
        self.write('app.py', '''
            from concurrent.futures import ThreadPoolExecutor
            stays = threading.Event()

            for name in 'one', 'two':
                threading.Thread(target=stays.wait, name=name).start()
            threading.Thread(target=stays.wait, name='not me',
                             daemon=True).start()
            timer = threading.Timer(1000, print)
            timer.name = 'a timer'
            timer.start()
            pool = ThreadPoolExecutor(1, thread_name_prefix='pool')

            def answer_x(environ):
                pool.submit(stays.wait)
                return 'x'
            ''')
        for options in MODES:
            with self.program(options) as server:
                ask(server, '/x')
                server.process.send_signal(signal.SIGTERM)
                log = wait_for(server, 'a second signal')
                names = ['one', 'two', 'a timer']
                if not options:  # else a process's, or a daemon's
                    names.append('pool_0')
                for name in names:
                    self.assertIn(name, log)
                self.assertNotIn('not me', log)
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(PATIENCE),
                                 -signal.SIGTERM)

    def test_children_that_stay_are_named(self):
        """multiprocessing waits for those that are no daemons."""
        self.write('app.py', '''
            import multiprocessing
            fork = multiprocessing.get_context('fork')

            def work():
                while True:
                    signal.pause()

            child = fork.Process(target=work, name='the worker')
            child.start()

            def answer_x(environ):
                return str(child.pid)
            ''')
        for first in signal.SIGTERM, signal.SIGINT:
            with self.program() as server:
                child = os.pidfd_open(int(ask(server, '/x')))
                self.addCleanup(os.close, child)
                self.addCleanup(signal.pidfd_send_signal, child,
                                signal.SIGKILL)
                server.process.send_signal(first)
                self.assertIn('the worker',
                              wait_for(server, 'a second signal'))
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(PATIENCE),
                                 -signal.SIGTERM)

    def test_what_atexit_starts(self):
        self.write('app.py', '''
            import atexit, subprocess

            def last():
                said = subprocess.run(['echo', 'from a child'],
                                      stdout=subprocess.PIPE, text=True)
                say(said.stdout)
                if sys.version_info < (3, 12):
                    thread = threading.Thread(target=say, args=['thread'])
                    thread.start()
                    thread.join()

            atexit.register(last)

            def answer_x(environ):
                return 'x'
            ''')
        for options in MODES:
            for server in self.both(options):
                ask(server, '/x')
                server.process.send_signal(signal.SIGINT)
                server.process.wait(PATIENCE)
                log = server.new_log()
                self.assertIn('from a child\n', log)
                self.assertEqual('thread\n' in log,
                                 sys.version_info < (3, 12))


if __name__ == '__main__':
    unittest.main()
