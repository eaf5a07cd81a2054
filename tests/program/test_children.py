"""What the application forks has the signal actions of any program."""

import os
import select
import signal
import sys
import unittest

from .situations import MODES, PATIENCE, Folder, ask


class Children(Folder):
    WORK = '''
        import multiprocessing
        fork = multiprocessing.get_context('fork')

        def sleeps(ready):
            ready.set()
            time.sleep(1000)

        def catches(ready):
            ready.set()
            while True:
                try:
                    time.sleep(1000)
                except:
                    pass

        def counts(ready):
            ready.set()
            sum(range(10 ** 12))

        def end(work):
            ready = fork.Event()
            child = fork.Process(target=work, args=(ready,))
            child.start()
            ready.wait()
            child.terminate()
            child.join()
            return child.exitcode

        def answer_terminate(environ):
            return repr([end(work) for work in (sleeps, catches, counts)])

        def answer_pool(environ):
            started = time.monotonic()
            with fork.Pool(2) as pool:
                try:
                    pool.apply_async(time.sleep, (1000,)).get(timeout=0.1)
                except multiprocessing.TimeoutError:
                    pass
            return repr(time.monotonic() - started < 50)

        def answer_actions(environ):
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(write, repr(
                    [signal.getsignal(each) for each in
                     (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
                    + [signal.pthread_sigmask(signal.SIG_BLOCK, ())]
                    ).encode())
                os._exit(0)
            os.waitpid(child, 0)
            os.close(write)
            with open(read) as file:
                return file.read()

        def answer_interrupt(environ):
            child = os.fork()
            if child == 0:
                try:
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(1000)
                except KeyboardInterrupt:
                    os._exit(7)
            return repr(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        def answer_shell(environ):
            import subprocess
            child = subprocess.Popen(['sleep', '1000'])
            child.terminate()
            return repr(child.wait())
        '''

    def test_they_end_by_a_signal_and_without_a_word(self):
        self.write('app.py', self.WORK)
        for options in MODES:
            for server in self.both(options):
                self.assertEqual(ask(server, '/terminate'), '[-15, -15, -15]')
                self.assertEqual(ask(server, '/pool'), 'True')
                self.assertEqual(
                    ask(server, '/actions'),
                    '[<Handlers.SIG_DFL: 0>, <built-in function '
                    'default_int_handler>, <Handlers.SIG_DFL: 0>, set()]')
                self.assertEqual(ask(server, '/interrupt'), '7')
                self.assertEqual(ask(server, '/shell'), '-15')
                self.assertNotIn('Traceback', server.new_log())


class More(Folder):
    """What applications start besides, and what has become of it."""

    WORK = '''
        import json
        import multiprocessing
        import subprocess
        from concurrent.futures import ProcessPoolExecutor

        fork = multiprocessing.get_context('fork')

        def answer_executor(environ):
            with ProcessPoolExecutor(2, mp_context=fork) as pool:
                return repr(list(pool.map(abs, (-1, -2, -3))))

        def answer_preexec(environ):
            code = ('import os, signal; print(signal.getsignal(15), '
                    'os.getsid(0) == os.getpid())')
            return subprocess.run(
                [sys.executable, '-c', code], preexec_fn=os.setsid,
                stdout=subprocess.PIPE, text=True).stdout

        def actions(pid_of):
            """Of a program that the function starts: the signals that it
            holds back and ignores."""
            read, write = os.pipe()
            os.set_inheritable(write, True)
            pid = pid_of('exec grep -E "Sig(Blk|Ign|Cgt)" /proc/self/status >&%d'
                         % write)
            os.close(write)
            if pid:
                os.waitpid(pid, 0)
            with open(read) as file:
                return file.read()

        def spawned(text):
            return os.posix_spawn('/bin/sh', ['sh', '-c', text], os.environ)

        def executed(text):
            pid = os.fork()
            if pid == 0:
                os.execv('/bin/sh', ['sh', '-c', text])
            return pid

        def answer_spawn(environ):
            return actions(spawned)

        def answer_exec(environ):
            return actions(executed)

        def answer_system(environ):
            return actions(lambda text: os.system(text) and 0)

        def answer_killed(environ):
            pid = os.posix_spawn('/bin/sleep', ['sleep', '1000'], os.environ)
            os.kill(pid, signal.SIGTERM)
            return repr(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

        def answer_grandchild(environ):
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                grandchild = os.fork()
                if grandchild == 0:
                    os.write(write, b'x')
                    while True:
                        signal.pause()
                os.read(read, 1)
                os.kill(grandchild, signal.SIGTERM)
                status = os.waitpid(grandchild, 0)[1]
                os._exit(-os.waitstatus_to_exitcode(status))
            return repr(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        def leaves():
            sys.exit(3)

        def raises():
            raise LookupError('in a child')

        def answer_ends(environ):
            children = [fork.Process(target=leaves, name='leaves'),
                        fork.Process(target=raises, name='raises')]
            for child in children:
                child.start()
            for child in children:
                child.join()
            return repr([child.exitcode for child in children])

        def double(number):
            return 2 * number

        def answer_contexts(environ):
            found = []
            for name in 'spawn', 'forkserver':
                context = multiprocessing.get_context(name)
                with context.Pool(1) as pool:
                    found.append(pool.map(double, (4, 5)))
            return repr(found)

        def answer_outlives(environ):
            child = subprocess.Popen(['sleep', '1000'])
            return str(child.pid)

        def answer_goes_on(environ):
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                os.dup2(os.open(os.devnull, os.O_RDWR), 2)
                os.write(write, b'x')
                while True:
                    signal.pause()
            os.read(read, 1)
            return str(child)
        '''

    def setUp(self):
        super().setUp()
        self.write('app.py', self.WORK)

    def test_their_results(self):
        for options in MODES:
            for server in self.both(options):
                self.assertEqual(ask(server, '/executor'), '[1, 2, 3]')
                self.assertIn(ask(server, '/preexec'),
                              ('Handlers.SIG_DFL True\n', '0 True\n'))
                self.assertEqual(ask(server, '/killed'), '-15')
                self.assertEqual(ask(server, '/grandchild'), '15')

    def test_what_signals_do_to_another_program(self):
        for options in MODES:
            for path in '/spawn', '/exec', '/system':
                with self.subTest(path, options=options):
                    python, ours = (ask(server, path)
                                    for server in self.both(options))
                    self.assertIn('SigBlk', python)
                    self.assertEqual(ours, python)

    def test_their_end_is_told_once(self):
        for options in MODES:
            for server in self.both(options):
                self.assertEqual(ask(server, '/ends'), '[3, 1]')
                log = server.new_log()
                self.assertEqual(log.count('Traceback'), 1)
                self.assertEqual(log.count('LookupError: in a child'), 1)

    def test_new_interpreters(self):
        self.assert_answers('[[8, 10], [8, 10]]', path='/contexts')

    def test_they_outlive_the_request_and_the_server(self):
        for path in '/outlives', '/goes_on':
            for options in MODES:
                for server in self.both(options):
                    with self.subTest(path, server=server.command):
                        child = os.pidfd_open(int(ask(server, path)))
                        self.addCleanup(os.close, child)
                        self.end(server)
                        self.assertFalse(select.select([child], [], [], 0)[0])
                        signal.pidfd_send_signal(child, signal.SIGTERM)
                        self.assertTrue(
                            select.select([child], [], [], PATIENCE)[0])

    def end(self, server):
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(PATIENCE),
                         0 if server.is_program else -signal.SIGTERM)


class OfTheApplication(Folder):
    """Those that it starts when it is imported."""

    def test_daemons_end_with_the_program(self):
        """SIGINT in Python; here SIGTERM, too."""
        self.write('app.py', '''
            import multiprocessing
            fork = multiprocessing.get_context('fork')

            def work():
                while True:
                    signal.pause()

            child = fork.Process(target=work, daemon=True)
            child.start()

            def answer_x(environ):
                return str(child.pid)
            ''')
        for signum in signal.SIGINT, signal.SIGTERM:
            for server in self.both():
                child = os.pidfd_open(int(ask(server, '/x')))
                self.addCleanup(os.close, child)
                server.process.send_signal(signum)
                server.process.wait(PATIENCE)
                if signum == signal.SIGTERM and not server.is_program:
                    signal.pidfd_send_signal(child, signum)
                self.assertTrue(select.select([child], [], [], PATIENCE)[0])


class BesideThreads(Folder):

    def test_pythons_warning_of_a_fork(self):
        """Since 3.12. It comes before the server takes the next request."""
        self.write('app.py', '''
            threading.Thread(target=threading.Event().wait,
                             daemon=True).start()

            def answer_x(environ):
                return 'x'
            ''')
        warned = []
        for server in self.both(['--fork'], PYTHONWARNINGS='always'):
            for _ in range(2):
                self.assertEqual(ask(server, '/x'), 'x')
            warned.append('DeprecationWarning: This process (pid=%d) is '
                          'multi-threaded' % server.process.pid
                          in server.new_log())
        self.assertEqual(warned, [sys.version_info >= (3, 12)] * 2)


if __name__ == '__main__':
    unittest.main()
