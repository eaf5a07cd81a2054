"""What the application forks has the signal actions of any program."""

import unittest

from .situations import MODES, Folder, ask


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


if __name__ == '__main__':
    unittest.main()
