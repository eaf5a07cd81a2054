"""script/bench: what it measures is there, and the servers that it compares
give the same answers. No time decides anything here."""

import functools
import io
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from bench import calls, machine, rounds, table
from bench.cases import CASES, FILE_SIZE, ask
from bench.progress import Progress
from bench.running import Running
from bench.servers import OURS, SERVERS, Kit, here
from tools.processes import stat, tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / 'script' / 'bench'
BUILD = pathlib.Path(os.environ['CWSGIREF_BUILD'])


ENVIRONMENT = {**os.environ, 'CWSGIREF_BENCH': str(BUILD)}


def run(*words, **environment):
    return subprocess.run([sys.executable, SCRIPT, *words], text=True,
                          capture_output=True,
                          env={**ENVIRONMENT, **environment})


def tables(text):
    """Of the output: {what stands above the first column: rows}, and a row is
    {column: cell}."""
    found = {}
    for block in re.findall(r'(?:^\|.*\n)+', text, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.split('|')[1:-1]]
                          for line in block.splitlines()]
        found[head[0]] = [dict(zip(head, row)) for row in rows]
    return found


def value(cell):
    """~1,234 (1.23) is 1234."""
    return float(cell.strip('~≥').partition(' ')[0].replace(',', ''))


class Kits(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.folder.chmod(0o755)
        cls.kit = Kit(BUILD, cls.folder)
        cls.kit.file.write_bytes(os.urandom(FILE_SIZE))


class RunTests(Kits):
    """A run of one round, of a few requests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.json = cls.folder / 'found.json'
        cls.done = run('--only', ','.join(OURS), '--rounds', '1',
                       '--requests', '5', '--json', cls.json)

    def setUp(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)

    def test_the_table_has_all_servers_and_each_number_is_positive(self):
        found = tables(self.done.stdout)
        self.assertEqual(list(found), ['hello', 'µs (÷ floor)'])
        for rows in found.values():
            names = [next(iter(row.values())).split()[0] for row in rows]
            self.assertEqual(tuple(names), OURS)
            for row in rows:
                for column, cell in list(row.items())[1:]:
                    if cell == '–' and column == 'system calls':
                        self.assertIn('no system calls: ', self.done.stdout)
                        continue
                    with self.subTest(column, row=row):
                        self.assertGreater(value(cell), 0)

    def test_the_ratios_are_those_of_the_figures(self):
        rows = {next(iter(row.values())).split()[0]: row
                for row in tables(self.done.stdout)['hello']}
        self.assertEqual(rows['floor']['÷ floor'], '1.00')
        self.assertEqual(rows['wsgiref']['wsgiref ÷'], '1.00')
        floor, ours = (self.server(name)['cases']['hello']['cpu']
                       for name in ('floor', 'cwsgiref'))
        self.assertEqual(rows['cwsgiref']['÷ floor'], f'{ours / floor:.2f}')

    @functools.cached_property
    def report(self):
        return json.loads(self.json.read_text(encoding='utf-8'))

    def server(self, name):
        return table.of_server(self.report, name)

    def test_json(self):
        self.assertEqual(list(self.report['cases']), list(CASES))
        for name in OURS:
            server = self.server(name)
            self.assertGreater(server['memory'], 1 << 20)
            for case in CASES:
                with self.subTest(name, case=case):
                    measurement, = server['measurements'][case]
                    self.assertEqual(measurement['requests'], 5)
                    self.assertEqual(measurement['wrong'], 0)
                    self.assertEqual(server['cases'][case]['cpu'],
                                     measurement['cpu'])

    def test_system_calls(self):
        if why := self.report['no_calls']:
            self.skipTest(why)
        counts = self.server('floor')['calls']['hello']
        self.assertEqual(set(counts), {'accept4', 'recvfrom', 'sendto',
                                       'shutdown', 'close'})
        for count in counts.values():
            self.assertAlmostEqual(count, 1, delta=0.05)
        ours = self.server('cwsgiref')['calls']['hello']
        self.assertNotIn('write', ours)
        log = self.server('cwsgiref-log')['calls']['hello']
        self.assertAlmostEqual(log['write'], 1, delta=0.05)

    def test_progress(self):
        """Elsewhere than on a terminal."""
        self.assertIn('script/bench: round 1 of 1\n', self.done.stderr)
        self.assertNotIn('\r', self.done.stderr)


class OtherRunTests(unittest.TestCase):

    def test_what_is_missing_is_named(self):
        with tempfile.TemporaryDirectory() as empty:
            done = run('--only', 'cwsgiref,uwsgi', '--apps', 'hello',
                       '--rounds', '1', '--requests', '1', '--instructions',
                       PATH=empty)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ('there is no unshare here',
                      'no system calls: strace is not installed',
                      'no instructions: valgrind is not installed',
                      'left out: uwsgi: not installed; the package is '
                      'uwsgi-plugin-python3'):
            self.assertIn(words, done.stdout)
        self.assertIn('script/bench: no network namespace of its own',
                      done.stderr)

    def test_json_alone(self):
        done = run('--only', 'floor', '--apps', 'hello', '--rounds', '2',
                   '--requests', '3', '--json', '-')
        server, = json.loads(done.stdout)['servers']
        self.assertEqual([each['requests'] for each in
                          server['measurements']['hello']], [3, 3])

    def test_a_signal_ends_all(self):
        """SIGTERM and Ctrl-C: no server is left."""
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(number), subprocess.Popen(
                    [sys.executable, SCRIPT, '--only', 'cwsgiref,floor',
                     '--seconds', '60'], text=True, env=ENVIRONMENT,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) as bench:
                while 'round 1 of' not in bench.stderr.readline():
                    self.assertIsNone(bench.poll())
                processes = tree(bench.pid)
                self.assertGreaterEqual(len(processes), 3)
                bench.send_signal(number)
                self.assertEqual(bench.communicate(), ('', ''))
                self.assertEqual(bench.returncode, status)
                for pid in processes:
                    self.assertIn(stat(pid)[:1], ([], ['Z']))

    def test_a_command_line_that_means_nothing(self):
        for words, said in (
                (['--only', 'cwsgiref,nginx'], "there is no 'nginx', only "),
                (['--apps', 'goodbye'], "there is no 'goodbye', only hello"),
                (['--connections', '257'], 'a number from 1 to 256'),
                (['--rounds', '0'], 'a number from 1 to 1000'),
                (['--seconds', '0'], 'seconds, 0.01 to 3600'),
                (['--seconds', '1', '--requests', '1'], 'not allowed with')):
            with self.subTest(words):
                done = run(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertIn(said, done.stderr)

    def test_help(self):
        """Every server and every application is in it."""
        done = run('--help')
        self.assertEqual(done.returncode, 0)
        for name in (*SERVERS, *CASES):
            self.assertRegex(done.stdout, rf'\b{name}\b')


class AnswerTests(Kits):
    """Each server that is here answers as Python's does."""

    def raw(self, port, case):
        """All bytes, but for those of the date."""
        with socket.create_connection(('127.0.0.1', port)) as client:
            client.sendall(case.request())
            answer = b''.join(iter(lambda: client.recv(65536), b''))
        return re.sub(rb'\r\nDate: [^\r]*', b'', answer)

    def running(self, server):
        running = Running(server, self.kit, machine.two_cpus())
        self.addCleanup(running.stop)
        return running

    def test_of_all_that_are_here(self):
        file = self.kit.file.read_bytes()
        found, _ = here(self.kit, SERVERS)
        self.assertLessEqual(set(OURS), {server.name for server in found})
        for server in found:
            with self.subTest(server.name):
                running = self.running(server)
                for case in CASES.values():
                    with self.subTest(case.name):
                        status, headers, body = ask(running.port, case)
                        self.assertEqual(status, 200)
                        self.assertEqual(body, case.right_body(file))
                        self.assertIn('content-type', [
                            name.lower() for name, _ in headers])
                        self.assertIsNone(rounds.check_answers(
                            running, case, file))

    def test_the_floor_sends_what_wsgiref_sends(self):
        floor, wsgiref = (self.running(SERVERS[name])
                          for name in ('floor', 'wsgiref'))
        for case in CASES.values():
            with self.subTest(case.name):
                self.assertEqual(self.raw(floor.port, case),
                                 self.raw(wsgiref.port, case))

    def test_a_wrong_answer_is_found(self):
        running = self.running(SERVERS['floor'])
        problem = rounds.check_answers(running, CASES['file'], b'other')
        self.assertEqual(problem, f'file: another body, of {FILE_SIZE} bytes')

    def test_the_end(self):
        """Nothing of a server is left, nor of what it has started."""
        for server in here(self.kit, SERVERS)[0]:
            with self.subTest(server.name):
                running = Running(server, self.kit, machine.two_cpus())
                processes = running.processes()
                self.assertIn(running.process.pid, processes)
                running.stop()
                for pid in processes:  # who has started it may not know yet
                    self.assertIn(stat(pid)[:1], ([], ['Z']))


class LoadTests(Kits):
    """The client, load.c."""

    def load(self, answers, connections='1'):
        """What it says of a server that gives these answers."""
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        asked = []

        def serve():
            for answer in answers:
                client, _ = listener.accept()
                with client:
                    asked.append(client.recv(65536))
                    client.sendall(answer)
        server = threading.Thread(target=serve)
        server.start()
        done = subprocess.run(
            [self.kit.load, str(listener.getsockname()[1]), connections,
             str(len(answers))], input=b'what', stdout=subprocess.PIPE,
            check=True)
        server.join()
        self.assertEqual(asked, [b'what'] * len(answers))
        return json.loads(done.stdout)

    def test_right_answers(self):
        answer = b'HTTP/1.0 200 OK\r\n\r\nfine'
        for connections in '1', '3', '7':
            found = self.load([answer] * 7, connections)
            self.assertEqual(
                (found['requests'], found['wrong'], found['bytes']),
                (7, 0, 7 * len(answer)))
            self.assertGreater(found['median'], 0)
            self.assertGreaterEqual(found['p99'], found['median'])

    def test_a_long_answer(self):
        answer = b'HTTP/1.1 200 OK\r\n\r\n' + bytes(3 << 20)
        found = self.load([answer, answer])
        self.assertEqual((found['wrong'], found['bytes']),
                         (0, 2 * len(answer)))

    def test_wrong_answers(self):
        right = b'HTTP/1.0 200 OK\r\n\r\nfine'
        found = self.load([right, right + b'!', b'',
                           right.replace(b'200', b'500'), right])
        self.assertEqual((found['requests'], found['wrong']), (5, 3))

    def test_nobody_listens(self):
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        done = subprocess.run([self.kit.load, str(port), '2', '6'],
                              input=b'what', stdout=subprocess.PIPE,
                              check=True)
        found = json.loads(done.stdout)
        self.assertEqual((found['requests'], found['wrong']), (6, 6))

    def test_a_command_line_that_means_nothing(self):
        for words in ([], ['1', '1', '0'], ['1', '1', '1m'],
                      ['1', '0', '1'], ['1', '257', '1']):
            with self.subTest(words):
                done = subprocess.run([self.kit.load, *words],
                                      stdin=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 2)
                self.assertTrue(done.stderr)


class MachineTests(unittest.TestCase):

    def test_the_clock_of_a_process(self):
        before = time.process_time()
        clock = machine.clock(os.getpid())
        self.assertLessEqual(before, clock)
        self.assertLessEqual(clock, time.process_time())

    def test_the_clock_of_one_that_has_ended(self):
        with subprocess.Popen(['true']) as process:
            pass
        self.assertEqual(machine.clock(process.pid), 0)

    def test_processors(self):
        allowed = os.sched_getaffinity(0)
        cpus = machine.two_cpus()
        self.assertLessEqual(set(cpus), allowed)
        self.assertEqual(len(set(cpus)), min(2, len(allowed)))
        self.assertGreater(machine.busy(cpus), 0)
        self.assertEqual(machine.busy([]), 0)


class Disturbed:
    """A server of which each measurement says how much others have used."""

    cpus = ()
    server = SERVERS['floor']

    def __init__(self, *foreign):
        self.foreign = list(foreign)

    def measure(self, case, connections, limit):
        foreign = self.foreign.pop(0)
        return {'foreign': foreign, 'disturbed': foreign > 0.1}


class RoundTests(unittest.TestCase):

    def setUp(self):
        self.plan = rounds.Plan({}, [], 1, 1, '1', 3)
        self.progress = Progress(1, io.StringIO())

    def measure(self, *foreign):
        """What is kept, and what has not been measured any more."""
        running = Disturbed(*foreign)
        found = rounds.measure(running, CASES['hello'], self.plan,
                               self.progress)
        return found['foreign'], running.foreign

    def test_a_quiet_one_is_kept(self):
        self.assertEqual(self.measure(0.05, 0), (0.05, [0]))
        self.assertEqual(self.plan.repeats, 3)

    def test_a_disturbed_one_is_repeated(self):
        self.assertEqual(self.measure(0.5, 0.02, 0), (0.02, [0]))
        self.assertEqual(self.measure(0.5, 0.3, 0.4, 0), (0.3, [0]))

    def test_not_for_ever(self):
        self.plan.repeats = 1
        self.assertEqual(self.measure(0.5, 0.3, 0.4), (0.3, [0.4]))
        self.assertEqual(self.measure(0.6, 0.3), (0.6, [0.3]))

    def test_each_round_begins_with_another_server(self):
        order = []

        class Listed(Disturbed):
            def __init__(self, name):
                self.server = SERVERS[name]

            def measure(self, case, connections, limit):
                order.append(self.server.name)
                return {'foreign': 0, 'disturbed': False}

        self.plan.rounds = 3
        good = {CASES['hello']: [Listed('floor'), Listed('wsgiref')]}
        found = rounds.run(self.plan, good, self.progress)
        self.assertEqual(order, ['floor', 'wsgiref', 'wsgiref', 'floor',
                                 'floor', 'wsgiref'])
        self.assertEqual({key: len(each) for key, each in found.items()},
                         {('floor', 'hello'): 3, ('wsgiref', 'hello'): 3})


class CallTests(unittest.TestCase):

    def test_the_table_of_strace(self):
        self.assertEqual(calls.read('''\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.90    0.000091           0       201           accept4
 38.10    0.000056          11         5         2 openat
------ ----------- ----------- --------- --------- ----------------
100.00    0.000147           0       206         2 total
'''), {'accept4': 201, 'openat': 5})


class Terminal(io.StringIO):
    def isatty(self):
        return True


class ProgressTests(unittest.TestCase):

    def test_on_a_terminal(self):
        """One line that changes, and is gone when something stays."""
        screen = Terminal()
        progress = Progress(2, screen)
        progress.round(1, 1)
        progress.step('hello, floor')
        progress.step('hello, wsgiref')
        progress.tell('the end')
        *lines, end = screen.getvalue().split('\r\x1b[K')
        self.assertEqual(lines[1], 'round 1 of 1, hello, floor')
        self.assertRegex(
            lines[2], r'^\d+ s left: round 1 of 1, hello, wsgiref$')
        self.assertEqual(end, 'script/bench: the end\n')


class PageTests(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.page = pathlib.Path(scratch.name) / 'page.md'
        self.report = {
            'python': '3', 'processor': 'one', 'kernel': '6', 'cpus': [0, 0],
            'network': None, 'congestion_control': 'reno', 'connections': 4,
            'rounds': 5, 'limit': '1 s', 'cases': {'hello': 'hello'},
            'missing': {'uwsgi': 'why'}, 'disturbed': 1, 'measurements': 9,
            'no_calls': None, 'no_instructions': 'why', 'counted': {},
            'servers': [
                {'name': name, 'version': version, 'memory': 1 << 24,
                 'calls': {}, 'instructions': {}, 'cases': {'hello': {
                     'cpu': cpu, 'rate': 1e6 / cpu, 'median': cpu,
                     'p99': 2 * cpu, 'wrong': 0, 'disturbed': disturbed,
                     'client_busy': 20 / cpu}}}
                for name, version, cpu, disturbed in (
                    ('cwsgiref', '1', 30, 0), ('floor', '', 20.04, 1))]}

    def write(self, text):
        self.page.write_text(text, encoding='utf-8')
        table.write(self.report, self.page)
        return self.page.read_text(encoding='utf-8')

    def test_between_the_markers(self):
        before, after = f'One.\n{table.BEGIN}\n', f'{table.END}\nTwo.\n'
        text = self.write(f'{before}old\n{after}')
        self.assertTrue(text.startswith(before))
        self.assertTrue(text.endswith(after))
        self.assertNotIn('old', text)
        row, floor = tables(text)['hello']
        self.assertEqual(
            (row['hello'], row['µs'], row['÷ floor'], floor['µs']),
            ('cwsgiref 1', '30', '1.50', '~20'))
        self.assertEqual((row['requests/s'], floor['requests/s']),
                         ('33,333', '≥49,900'))
        self.assertIn('1 of 9 measurements were disturbed', text)
        self.assertEqual(self.write(text), text)

    def test_a_page_without_them(self):
        with self.assertRaises(ValueError):
            self.write('One.\n')
        self.assertEqual(self.page.read_text(encoding='utf-8'), 'One.\n')

    def test_the_page_of_the_project_has_them(self):
        text = table.PAGE.read_text(encoding='utf-8')
        self.assertEqual(text.count(table.BEGIN), 1)
        found = tables(text.partition(table.BEGIN)[2]
                       .partition(table.END)[0])
        self.assertIn('µs (÷ floor)', found)


if __name__ == '__main__':
    unittest.main()
