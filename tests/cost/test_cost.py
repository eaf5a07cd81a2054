"""script/trace --cost: what each call of a request costs, as a tree and as a
picture, and docs/performance.md, which shows both."""

import collections
import functools
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

from tools.callgraph import comparison, traces
from tools.cost import events, measure, page, picture, tree
from tools.server import Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get('CWSGIREF_COST', '')
TRACE = os.environ.get('CWSGIREF_TRACE', '')
GET = b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
POST = (b'POST /?a=b HTTP/1.1\r\nContent-Type: text/plain\r\n'
        b'Content-Length: 5\r\n\r\n12345')


def installed(program):
    """What script/bootstrap --test installs, in CI at least."""
    missing = shutil.which(program) is None and not os.environ.get('CI')
    return unittest.skipIf(missing, f'{program} is not installed')


def built(program, preset):
    missing = not os.access(program, os.X_OK) and not os.environ.get('CI')
    return unittest.skipIf(missing, f'the {preset} preset is not built')


LOG = '''\
==7== Command: build/cost/cwsgiref
--7-- Start dumping at BB 3 (--dump-before=f)...
--7-- Dumping done.
SYSCALL[7,1](228) sys_clock_gettime( 1, 0x1f )[sync] --> Success(0x0)
SYSCALL[7,1](7) sys_poll ( 0x1f, 1, 500 )
 --> [async] ...
SYSCALL[7,1](7) ... [async] --> Success(0x1)
SYSCALL[7,1](5) sys_newfstat ( 1, 0x1f )[sync] --> Failure(0x9)
--7-- Start dumping at BB 9 (--dump-after=f)...
--7-- Start dumping at BB 9 (Prg.Term.)...
'''
PROFILE = '''\
# callgrind format
part: 1

desc: Trigger: --dump-before=f

events: Ir
summary: 12

ob=/usr/lib/libpython3.11.so.1.0
fl=../Objects/object.c
fn=PyObject_Repr
7 5
calls=1 8
7 1000
7 2
ob=/build/cwsgiref
fl=/root/src/io/wait.c
fn=wait_for
9 4
fi=/usr/include/object.h
3 1

part: 2

desc: Trigger: --dump-after=f

events: Ir
summary: 3

ob=/usr/lib/libc.so.6
fl=./libio/vfprintf.c
fn=vfprintf
9 3

part: 3

desc: Trigger: Program termination

events: Ir
summary: 0
'''


class EventTests(unittest.TestCase):

    def read(self, log=LOG, profile=PROFILE):
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder, name) for name in ('log', 'profile')]
            for path, text in zip(paths, (log, profile)):
                path.write_text(text, encoding='utf-8')
            return list(events.read(
                *paths, events.place_of('/build/cwsgiref', '/root')))

    def test_what_valgrind_writes(self):
        self.assertEqual(self.read(), [
            events.Event('begins', 'f', '', collections.Counter(
                {'CPython': 7, 'src/io': 5})),
            events.Event('system call', 'poll', '1'),
            events.Event('system call', 'fstat', '-1 EBADF'),
            events.Event('ends', 'f', '', collections.Counter({'libc': 3}))])

    def test_a_part_for_another_reason(self):
        with self.assertRaisesRegex(RuntimeError, '--dump-after=g'):
            self.read(profile=PROFILE.replace('after=f', 'after=g'))


def event(what, name, **cost):
    return events.Event(what, name, '', collections.Counter(
        {place.replace('_', '/'): count for place, count in cost.items()}))


TURN = [
    event('ends', 'BaseServer_service_actions', CPython=1000),
    event('begins', 'BaseServer__handle_request_noblock', src_server=7),
    event('begins', 'call_application', src_server=10),
    event('begins', 'run_code', src_handlers=20),
    event('begins', 'Headers_init', CPython=30),
    event('begins', 'helper', src_headers=40),
    event('ends', 'helper', src_python=50),
    event('ends', 'Headers_init', libc=60),
    event('ends', 'run_code', CPython=70),
    event('system call', 'close'),
    event('ends', 'call_application', CPython=80),
    event('ends', 'stranger', CPython=90),
    event('ends', 'BaseServer__handle_request_noblock'),
    event('begins', 'BaseServer_service_actions'),
    event('ends', 'BaseServer_service_actions', CPython=1)]
IDLE = TURN[-2:]


class TreeTests(unittest.TestCase):

    def view(self):
        counted, = tree.requests([*IDLE, *TURN, *IDLE, *TURN[:4]])
        return tree.view(counted, 'run_code')

    def test_calls(self):
        self.assertEqual(
            [(call.depth, call.name, tree.total(call), call.own.total(),
              tree.outside(call.own)) for call in self.view()],
            [(0, 'BaseServer_serve_forever', 458, 7, 0),
             (1, 'BaseServer__handle_request_noblock', 450, 100, 90),
             (2, 'application', 350, 100, 80),
             (3, 'the interpreter', 250, 100, 100),
             (4, 'Headers_init', 150, 150, 60),
             (3, 'close()', 0, 0, 0),
             (1, 'BaseServer_service_actions', 1, 1, 1)])

    def test_lines(self):
        lines = list(tree.lines(self.view()))
        self.assertEqual(lines[0], 'inclusive     % own outside  call')
        self.assertIn('      350  76.4 100      80  │ └ application', lines)
        self.assertIn('      150  32.8 150      60  │   │ └ Headers_init',
                      lines)
        self.assertIn(f'{"":29}│   └ close() = ', lines)

    def test_places(self):
        self.assertEqual(list(tree.places(self.view()))[0],
                         '      271   59.2  CPython')

    def test_a_call_that_outlives_its_caller(self):
        with self.assertRaisesRegex(RuntimeError, 'Headers_init, which it'):
            list(tree.requests([*TURN[:5], event('ends', 'call_application')]))


class PictureTests(unittest.TestCase):

    def test_boxes_lie_below_each_other(self):
        counted, = tree.requests(TURN)
        calls = tree.view(counted, 'run_code')
        above = []
        for box in picture.boxes(calls):
            del above[box.call.depth:]
            if above:
                self.assertGreaterEqual(box.x, above[-1].x)
                self.assertLessEqual(box.x + box.width,
                                     above[-1].x + above[-1].width + 0.01)
            above.append(box)
        svg = ElementTree.fromstring(picture.draw(calls))
        shown = [each.text for each in svg.iter() if each.tag.endswith('text')]
        for name in ('Headers_init', 'application', 'close'):
            self.assertIn(name, shown)
        self.assertIn('close() = ', [each.text for each in svg.iter()
                                     if each.tag.endswith('title')])

    def test_label(self):
        for name, width, text in (
                ('Headers_init', 200, 'Headers_init'),
                ('Headers_init', 60, 'init'), ('Headers_init', 25, ''),
                ('BaseServer__handle_request_noblock', 60, 'handle_…'),
                ('parse_headers', 60, 'parse_h…')):
            with self.subTest([name, width]):
                self.assertEqual(picture.label(name, width), text)

    def test_names_that_stand_in_a_row(self):
        self.assertEqual(picture.spread([0, 5, 100], [20, 20, 20]),
                         [0, 20, 100])
        self.assertEqual(picture.spread([1190, 1195], [20, 30]),
                         [1150, 1170])


class PageTests(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, 'page.md')

    def test_written_and_read(self):
        self.path.write_text('a\n\n<!-- cost -->\nold\n<!-- /cost -->\nb\n')
        for report in (['1', '', '2'], ['3']):
            page.write(self.path, report)
            self.assertEqual(page.read(self.path), report)
        self.assertEqual(self.path.read_text(),
                         'a\n\n<!-- cost -->\n```text\n3\n```\n'
                         '<!-- /cost -->\nb\n')

    def test_no_place_for_it(self):
        self.path.write_text('<!-- cost -->\n')
        with self.assertRaisesRegex(RuntimeError, 'has no lines'):
            page.write(self.path, ['1'])


def request_of(calls):
    """From the accepted connection on, without what a plain tree has not:
    nor has that "application" above one that is a function of ours."""
    plain = list(comparison.without_mirrored_application(comparison.without(
        calls, lambda name, path: tree.is_beside(name))))
    start = next(index for index, call in enumerate(plain)
                 if call.name == tree.REQUEST)
    return plain[start:]


def in_any_environ(calls):
    """The validator asserts something of each variable, and valgrind has some
    of its own."""
    return comparison.without(calls, lambda name, path: (
        name == 'assert_' and 'check_environ' in path))


def names_in(lines):
    """[(how far to the right, name)] of a tree."""
    found = (re.match(r'[ \d,.]*?  ([│├└─ ]*)([\w, ()]+?)(?: = .*)?$', line)
             for line in lines[1:lines.index('')])
    return [(len(each[1]), each[2]) for each in found]


@installed('valgrind')
@built(PROGRAM, 'cost')
class CostTests(unittest.TestCase):
    maxDiff = None

    @staticmethod
    @functools.cache
    def measured(application, raw, *options):
        """In the folder of the applications."""
        return measure.measure(measure.CountedRun(
            PROGRAM, application, options, traces.HERE), raw)

    def check_sums(self, calls):
        """A call has what those in it have, and its own."""
        for index, call in enumerate(calls):
            inside = 0
            for each in calls[index + 1:]:
                if each.depth <= call.depth:
                    break
                if each.depth == call.depth + 1:
                    inside += tree.total(each)
            with self.subTest(call.name):
                self.assertGreaterEqual(tree.total(call), inside)
                self.assertEqual(call.own.total(), tree.total(call) - inside)
                self.assertGreaterEqual(min(call.own.values(), default=0), 0)

    @built(TRACE, 'trace')
    def test_calls_are_those_of_the_plain_tree(self):
        for application, raw, options in (
                ('apps:hello', GET, []), ('apps:echo', POST, ['--validate']),
                ('apps:generator', GET, []),
                ('apps:hello', b'GET / HTTP/2.0\r\n\r\n', [])):
            with self.subTest([application, *options]):
                measured = self.measured(application, raw, *options)
                with traces.ProgramRun(TRACE, application, options) as run:
                    run.request(raw)
                    plain = comparison.shown(run.calls())
                start = [call.name for call in plain].index(tree.REQUEST)
                plain = plain[start:]
                end = next(index for index, call in enumerate(plain)
                           if call.name.endswith('service_actions'))
                self.assertEqual(
                    comparison.lines(in_any_environ(
                        request_of(measured.calls))),
                    comparison.lines(in_any_environ(plain[:end + 1])))
                self.check_sums(measured.calls)

    def test_requests_cost_the_same(self):
        """To 3 %: when the collector of garbage comes is not ours to say."""
        measured = self.measured('apps:hello', GET)
        self.assertEqual(len(measured.totals), measure.MEASURED)
        self.assertLess(measured.totals[-2] - measured.totals[1],
                        0.03 * measured.totals[2])
        self.assertEqual(tree.total(measured.calls[0]), measured.totals[2])
        self.assertTrue(measured.answer.endswith(b'\r\n\r\nHello, World!\n'))

    def test_python_code_has_a_line_of_its_own(self):
        calls = self.measured('apps:generator', GET).calls
        finish = next(call for call in calls
                      if call.name == 'BaseHandler_finish_response')
        self.assertIn((finish.depth + 1, tree.INTERPRETER),
                      [(call.depth, call.name) for call in calls])
        interpreter = next(call for call in calls
                           if call.name == tree.INTERPRETER)
        self.assertGreater(tree.outside(interpreter.own), 100)
        self.assertEqual(tree.outside(interpreter.own),
                         interpreter.own.total())

    @installed('strace')
    def test_system_calls_are_those_that_strace_sees(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'strace')
            try:
                subprocess.run(['strace', '-o', path, 'true'], check=True,
                               capture_output=True)
            except subprocess.CalledProcessError as error:
                self.skipTest('strace must not trace here: '
                              + error.stderr.decode().strip())
            with Server(['strace', '-D', '-o', path, PROGRAM, '--bind',
                         '127.0.0.1:0', 'apps:hello'],
                        cwd=traces.HERE) as server:
                for _ in range(3):
                    traces.exchange(server.port, GET, b'',
                                    server.process.pid)
                server.process.terminate()
                server.process.wait()
            with open(path, encoding='utf-8') as file:
                seen = re.findall(r'(?m)^(\w+)\(.*\) += (\d+)', file.read())
        accepts = [index for index, (name, _) in enumerate(seen)
                   if name == 'accept4']
        seen = seen[accepts[1] - 1:accepts[2] - 1]
        while seen[-1] == ('poll', '0'):  # turns without a request
            seen.pop()
        found = [(call.name.removesuffix('()'), call.result)
                 for call in self.measured('apps:hello', GET).calls
                 if call.is_system_call]
        # Which number the connection gets is not the program's to say.
        self.assertEqual([each for each in found if each[0] != 'accept4'],
                         [each for each in seen if each[0] != 'accept4'])
        self.assertEqual([name for name, _ in found],
                         [name for name, _ in seen])

    def script(self, *arguments, **environment):
        return subprocess.run(
            [sys.executable, ROOT / 'script' / 'trace', *arguments],
            cwd=ROOT, env={**os.environ, **environment}, text=True,
            capture_output=True)

    def test_script(self):
        with tempfile.TemporaryDirectory() as folder:
            svg = os.path.join(folder, 'cost.svg')
            done = self.script('--cost', '--svg', svg, 'examples/hello.py')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, r'C: HTTP/1\.0 200 OK, \d+ bytes')
            self.assertTrue(ElementTree.parse(svg).getroot().tag
                            .endswith('svg'))
        lines = done.stdout.splitlines()
        self.assertLessEqual(max(map(len, lines)), 100)
        self.check_page(lines)

    def check_page(self, now):
        """docs/performance.md shows these calls, and figures like these."""
        shown = page.read(ROOT / 'docs' / 'performance.md')
        release = f'Python {platform.python_version()};'
        if not shown[-1].startswith(release):
            self.skipTest('docs/performance.md shows another release of '
                          'Python')
        self.assertEqual(names_in(shown), names_in(now))
        totals = [int(lines[1].split()[0].replace(',', ''))
                  for lines in (shown, now)]
        self.assertLess(abs(totals[0] - totals[1]), 0.1 * totals[1],
                        'script/trace --cost examples/hello.py --svg '
                        'docs/cost.svg --page docs/performance.md')

    def test_application_that_is_not_there(self):
        done = self.script('--cost', 'nothing:app')
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no module 'nothing'", done.stderr)
        self.assertNotIn('Traceback', done.stderr)


class ScriptTests(unittest.TestCase):

    def test_without_valgrind(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, ROOT / 'script' / 'trace', '--cost'],
                env={**os.environ, 'PATH': folder, 'CWSGIREF_COST': 'x'},
                text=True, capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, '^script/trace: --cost counts with '
                         'valgrind.*in the package valgrind')

    def test_what_does_not_go_together(self):
        for options in (['--cost', '--wait'], ['--cost', '--threads'],
                        ['--cost', '--fork'], ['--cost', '--python'],
                        ['--svg', 'x'], ['--page', 'x']):
            with self.subTest(options):
                done = subprocess.run(
                    [sys.executable, ROOT / 'script' / 'trace', *options],
                    text=True, capture_output=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn('--cost', done.stderr)


if __name__ == '__main__':
    unittest.main()
