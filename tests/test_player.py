"""script/player: the page with one request, call by call. What it is made of,
and the page itself in Chromium."""

import contextlib
import functools
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
from unittest import mock

from tools import command
from tools.callgraph import traces
from tools.callgraph.cases import CASES
from tools.callgraph.names import c_name
from tools.patience import PATIENCE
from tools.player import page, recording, sources, steps

try:
    from selenium import webdriver
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get('CWSGIREF_TRACE', '')
STEPS = 91      # of the page's first request
MIDDLE = 46
CHROMIUM, DRIVER = '/usr/bin/chromium', '/usr/bin/chromedriver'


def need(missing, remedy):
    """Skips what cannot be tested here; where all has to be tested, it
    fails."""
    if missing and os.environ.get('CI'):
        raise AssertionError(remedy)
    if missing:
        raise unittest.SkipTest(remedy)


def need_program():
    need(not os.path.exists(PROGRAM),
         f'script/bootstrap trace builds the program to record: {PROGRAM!r}')


def need_browser():
    need(webdriver is None or not os.path.exists(CHROMIUM)
         or not os.path.exists(DRIVER),
         'needs chromium, chromium-driver and python3-selenium')


def script(*arguments, directory=ROOT):
    return subprocess.run(
        [sys.executable, str(ROOT / 'script' / 'player'), *arguments],
        cwd=directory, capture_output=True, text=True, timeout=PATIENCE,
        env=dict(os.environ, CWSGIREF_TRACE=PROGRAM))


@functools.cache
def module():
    """The script, to call its main()."""
    loader = importlib.machinery.SourceFileLoader(
        'script_player', str(ROOT / 'script' / 'player'))
    found = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(found)
    return found


def main(*arguments, directory=ROOT):
    """(what it says on stdout, why it ends or None). In this process, for the
    program's debugging information is read only once then."""
    with mock.patch.object(sys, 'argv', ['script/player', *arguments]), \
            contextlib.chdir(directory), \
            contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            module().main()
        except SystemExit as end:
            return said.getvalue(), end.code
    return said.getvalue(), None


class SourceTests(unittest.TestCase):
    """A function cut out of its file."""

    C = textwrap.dedent('''\
        #include "x.h"

        int BaseHandler_run(BaseHandler *self);

        /* Not BaseHandler_run(): this calls it.
         *
         * { */
        static int
        run_BaseHandler_run(BaseHandler *self)
        {
            return BaseHandler_run(self);
        }

        /* class: run { */
        int
        BaseHandler_run(BaseHandler *self,
                        const char *name)
        {
            if (name[0] == '}') { /* } */
                puts("}\\"}"); // }
            }

            return '\\'' == '{';
        }

        int
        last(void)
        {
        }
        ''')

    def test_c_function_with_its_comment(self):
        line, text = sources.cut_c(self.C, 'BaseHandler_run')
        self.assertEqual(line, 14)
        self.assertEqual(text.splitlines(), self.C.splitlines()[13:24])

    def test_comment_with_an_empty_line(self):
        code = self.C.replace('class: run {', 'class:\n\nrun {')
        line, text = sources.cut_c(code, 'BaseHandler_run')
        self.assertEqual(line, 14)
        self.assertTrue(text.startswith('/* class:\n\nrun {'))

    def test_first_and_last_function(self):
        self.assertEqual(sources.cut_c('int\nf(void)\n{\n}\n', 'f'),
                         (1, 'int\nf(void)\n{\n}'))
        self.assertEqual(sources.cut_c(self.C, 'last'),
                         (26, 'int\nlast(void)\n{\n}'))

    def test_c_function_that_is_not_there(self):
        for name in ('BaseHandler', 'puts', 'run'):
            with self.subTest(name), self.assertRaises(LookupError):
                sources.cut_c(self.C, name)

    PYTHON = textwrap.dedent('''\
        class Outer:
            """A class."""

            @decorated
            def first(self):
                def inner():
                    return 1

                return inner

            async def second(self): return ')'
        f = lambda: 3
        ''')

    def test_python_functions(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'module.py')
            pathlib.Path(path).write_text(self.PYTHON, encoding='utf-8')
            for line, name, text in (
                    (4, 'Outer.first', '@decorated\ndef first(self):\n'
                     '    def inner():\n        return 1\n\n'
                     '    return inner'),
                    (6, 'inner', 'def inner():\n    return 1'),
                    (11, 'Outer.second', "async def second(self): return ')'"),
                    (12, '<lambda>', 'f = lambda: 3')):
                with self.subTest(name):
                    self.assertEqual(
                        sources.python_source(f'{path}:{line}'),
                        {'name': name, 'language': 'python', 'file': path,
                         'line': line, 'text': text})
            with self.assertRaisesRegex(LookupError, 'at line 2'):
                sources.python_source(f'{path}:2')

    def test_lines_are_those_of_the_compiler(self):
        """A page break ends none. The file names its encoding."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'module.py')
            pathlib.Path(path).write_bytes(
                b'# coding: latin-1\n\f\nf = lambda: "\xe9"\n')
            self.assertEqual(sources.python_source(f'{path}:3')['text'],
                             'f = lambda: "\xe9"')

    def test_python_function_without_a_file(self):
        for place in ('-', '<string>:1', '/no/such/file.py:1'):
            with self.subTest(place):
                self.assertEqual(
                    sources.python_source(place),
                    {'name': 'application', 'language': 'python', 'file': '-',
                     'line': 1, 'text': '# no file has its source'})

    def test_files_are_those_of_the_project_and_the_library(self):
        self.assertEqual(sources.short(str(ROOT / 'src' / 'main.c')),
                         'src/main.c')
        self.assertEqual(sources.short(tempfile.__file__), 'tempfile.py')
        self.assertEqual(sources.short('/srv/app.py'), '/srv/app.py')


def call(depth, name, before=0, after=0, **others):
    return traces.Call(depth, name, before=before, after=after, **others)


class RecordingTests(unittest.TestCase):
    """Two recordings made one."""

    CALLER = sources.source('f', 'c', '/srv/f.c', 10, 'int\nf(void)\n{\n}\n')

    def test_calling_line_is_one_of_the_caller(self):
        for place, line, via in (
                ('/srv/f.c:10', 10, None), ('/srv/f.c:13', 13, None),
                ('/srv/f.c:9', None, '/srv/f.c:9'),
                ('/srv/f.c:14', None, '/srv/f.c:14'),
                ('/srv/g.c:11', None, '/srv/g.c:11'),
                ('/srv/f.c:?', None, '/srv/f.c:?'), (None, None, None)):
            with self.subTest(place):
                self.assertEqual(steps.calling(self.CALLER, place),
                                 {'line': line, 'via': via})

    def test_parents(self):
        self.assertEqual(
            list(steps.parents([call(0, 'a'), call(1, 'b'), call(2, 'c'),
                                call(1, 'd'), call(0, 'e'), call(1, 'f')])),
            [None, 0, 1, 0, None, 4])

    def test_bytes_until_the_next_call_of_the_thread(self):
        calls = [call(0, 'a', 0, 3), call(1, 'b', 1, 2),
                 call(0, 'other thread', 0, 2), call(1, 'c', 1, 1)]
        self.assertEqual(list(steps.moments(calls)),
                         [(0, 1), (1, 3), (0, 1), (1, 2)])
        wire = [('R', b'123'), ('W', b'1234'), ('W', b'12')]
        self.assertEqual(steps.counts(calls[:2], wire, 'W'), [[0, 0], [0, 6]])
        self.assertEqual(steps.counts(calls[:2], wire, 'R'), [[0, 3], [3, 3]])

    def test_first_difference(self):
        one = [call(0, 'a'), call(1, 'b'), call(1, 'c')]
        steps.check_same(one, list(one))
        for other, number, names in (
                (one[:2], 3, 'C has c, Python none'),
                ([one[0], call(1, 'x'), one[2]], 2, 'C has b, Python x'),
                ([*one[:2], call(2, 'c')], 3, 'C has c, Python c'),
                ([*one, call(0, 'd')], 4, 'C has no call, Python d')):
            with self.subTest(names), self.assertRaisesRegex(
                    steps.Different, rf'from step {number} on: {names}\n'):
                steps.check_same(one, other)

    def test_arguments_and_whose_method_it_is(self):
        """Those of the application are Python's, whose source it has."""
        here = pathlib.Path(__file__)
        line = 1 + here.read_text(encoding='utf-8').split('\n').index(
            'def script(*arguments, directory=ROOT):')
        code = f'{here}:{line}'
        c = [call(0, 'application', arguments={'environ': '{1}', 'x': '2'}),
             call(0, 'is_hop_by_hop', code=7, arguments={'self': '<A>',
                                                         'n': '1'})]
        python = [call(0, 'application', code=code,
                       arguments={'environ': '{1}'}),
                  call(0, 'is_hop_by_hop', code=code, arguments={'n': '2'})]
        found, _ = steps.build(
            c, python, {7: f'{ROOT}/src/util/util.c:1'}, 'thread')
        self.assertEqual([(step['c']['arguments'],
                           step['python']['arguments']) for step in found],
                         [('environ={1}', 'environ={1}'),
                          ('self=<A>, n=1', 'n=2')])

    def test_what_a_call_without_a_caller_begins(self):
        for name, flow in (('make_server', 'program'),
                           ('ThreadingMixIn_server_close', 'program'),
                           ('ThreadingMixIn_process_request_thread', 'thread'),
                           ('BaseServer_finish_request', 'process')):
            with self.subTest(name):
                self.assertEqual(steps.beginning(
                    call(0, name), 'thread' if flow == 'program' else flow),
                    flow)
        flows = {case.name: recording.flow_of(case) for case in CASES}
        self.assertEqual((flows['threads'], flows['fork']),
                         ('thread', 'process'))

    def test_both_ends_of_very_much(self):
        half = recording.KEPT
        self.assertEqual(recording.both_ends(b'\xff' * 2 * half),
                         ['\xff' * 2 * half, 0, ''])
        self.assertEqual(
            recording.both_ends(b'1' * half + b'234' + b'5' * half),
            ['1' * half, 3, '5' * half])
        self.assertEqual(recording.both_ends(b''), ['', 0, ''])

    def test_request_in_one_line(self):
        for raw, line in ((b'GET / HTTP/1.0\r\nHost: x\r\n', 'GET / HTTP/1.0'),
                          (b'GET /' + b'a' * 100, f'GET /{"a" * 72}...'),
                          (b'\r\nGET /', 'an empty line'),
                          (b'', 'no request')):
            with self.subTest(line):
                self.assertEqual(recording.request_of(
                    CASES[0]._replace(raw=raw)), line)
        self.assertEqual(
            recording.request_of(CASES[0]._replace(options=('--cgi',))),
            'the environment of a CGI program')

    def test_script_cannot_end_in_the_data(self):
        text = page.page({'x': '</script><!--<script>'})
        self.assertEqual(text.count('</script>'), 2)
        self.assertNotIn('<!--', text)


class CommandTests(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        need_program()

    def test_list(self):
        lines = script('--list').stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines],
                         [case.name for case in CASES])
        for line in (r'post +POST /\?a=b HTTP/1\.0 +apps:echo',
                     r'demo-app +GET /hello HTTP/1\.1 +demo_app',
                     r'fork +GET /hello HTTP/1\.1 +apps:hello --fork'):
            self.assertTrue(any(re.fullmatch(line, each) for each in lines))

    def test_what_cannot_be_recorded(self):
        """One line says why; there is no page."""
        hint = 'MODULE:CALLABLE or FILE.py'
        for arguments, why in (
                (['get-helo'], r"no request 'get-helo': did you mean get-hello"
                 rf'\? script/player --list shows all\. .* {hint}'),
                (['qqqq'], r"no request 'qqqq': script/player --list .*"),
                (['raises', '--raw', 'x'], f'only an application, {hint}, .*'),
                (['raises', '--fork'], f'only an application, {hint}, .*'),
                (['x:y', '--raw', r'GET /\x'], '--raw has no other .*'),
                (['x:y', '--raw', r'GET /\u4e16'], '--raw has no .*'),
                (['x:y', '--request', '/no/file'], ".*file.*'/no/file'"),
                (['-o', '/dev/null/x'], 'cannot write /dev/null/x: .*; -o .*'),
                (['-o', '/'], 'cannot write /: Is a directory; -o names .*')):
            with self.subTest(arguments):
                said, end = main(*arguments)
                self.assertEqual(said, '')
                self.assertRegex(end,
                                 fr'\Ascript/player: (there is )?{why}\Z')

    def test_application_that_cannot_be_served(self):
        """The program says it, before Python's server has a traceback."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'asgi.py').write_text(
                'async def app(scope, receive, send):\n    pass\n',
                encoding='utf-8')
            result = script('asgi.py', '-o', 'page.html', directory=folder)
            self.assertEqual((result.returncode, result.stdout), (1, ''))
            self.assertRegex(result.stderr,
                             '(?m)^cwsgiref: .* is an ASGI application')
            self.assertNotIn('Traceback', result.stderr)
            self.assertEqual(os.listdir(folder), ['asgi.py'])

    def test_request_in_the_command_line(self):
        for raw, expected in (('GET /\xe9', b'GET /\xc3\xa9'),
                              (r'a\r\n\xff\\', b'a\r\n\xff\\')):
            self.assertEqual(command.request_bytes(None, raw), expected)

    def test_trees_that_differ_make_no_page(self):
        """An application that knows whose it is."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'differs.py').write_text(textwrap.dedent('''\
                def app(environ, start_response):
                    write = start_response('200 OK', [])
                    whose = type(environ['wsgi.input']).__module__
                    if not whose.startswith('cwsgiref'):
                        write(b'')
                    return []
                '''), encoding='utf-8')
            said, end = main('differs:app', '-o', 'page.html',
                             directory=folder)
            self.assertEqual(said, '')
            self.assertRegex(end, r'(?m)^script/player: no page: '
                             r'the two call trees differ from step \d+ on: '
                             r'C has \w+, Python BaseHandler_write$')
            self.assertRegex(end, r'\n- +BaseHandler_write\n')
            self.assertTrue(end.endswith('script/trace --both shows both '
                                         'trees.'))
            self.assertFalse(os.path.exists(
                os.path.join(folder, 'page.html')))

    def test_file_of_ones_own(self):
        """The program sends it by sendfile, which Python's server does when
        it is told to."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'sends.py').write_text(textwrap.dedent('''\
                def app(environ, start_response):
                    start_response('200 OK', [])
                    return environ['wsgi.file_wrapper'](open(__file__, 'rb'))
                '''), encoding='utf-8')
            said, end = main('sends.py', directory=folder)
            self.assertEqual(said, '')
            self.assertTrue(end.endswith(
                '\nWith --sendfile, Python has it, too.'))
            said, end = main('sends.py', '--sendfile', '-o', 'page.html',
                             directory=folder)
            self.assertIsNone(end)
            recorded = data(os.path.join(folder, 'page.html'))
            self.assertIn('ServerHandler_sendfile', [
                step['c']['name'] for step in recorded['steps']])
            self.assertTrue(recorded['sent'][0].endswith(
                "(open(__file__, 'rb'))\n"))

    def test_another_request_on_each_side_makes_no_recording(self):
        case = CASES[0]
        with self.assertRaises(steps.Different):
            recording.record(case, traces.PythonRun('apps:two_blocks'),
                             traces.ProgramRun(PROGRAM, 'apps:hello'))

    def test_application_of_ones_own(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'mine.py').write_text(textwrap.dedent('''\
                class Application:
                    def __call__(self, environ, start_response):
                        start_response('200 OK', [])
                        return [environ['PATH_INFO'].encode()]

                app = Application()
                '''), encoding='utf-8')
            result = script('mine.py', '--raw', r'GET /a HTTP/1.0\r\n\r\n',
                            '-o', 'page.html', directory=folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            path = os.path.join(folder, 'page.html')
            self.assertRegex(result.stdout,
                             r'^\d+ steps: file://\S+page.html$')
            recorded = data(path)
            self.assertEqual(recorded['application'], 'mine.py')
            self.assertEqual(recorded['release'], platform.python_version())
            self.assertTrue(recorded['sent'][0].endswith('\r\n\r\n/a'))
            own = next(step for step in recorded['steps']
                       if step['c']['name'] == 'application')
            for side in steps.SIDES:
                source = recorded['sources'][own[side]['source']]
                self.assertEqual(source['name'], 'Application.__call__')


def data(path):
    """The recording in a page."""
    text = pathlib.Path(path).read_text(encoding='utf-8')
    return json.loads(re.search(r'id="recording">(.*?)</script>', text)[1])


# What the page shows, as the browser sees it.
SHOWN = '''
const shown = () => {
    const box = (side, name) => {
        const found = document.querySelector(`#${side} .${name}`);
        const lines = [...found.querySelectorAll('.line')];
        const calling = found.querySelector('.calling');
        return {
            name: found.querySelector('.name')?.textContent ?? null,
            text: lines.map((line) => line.querySelector('.text').textContent)
                .join(''),
            defined: found.querySelector('.definition')?.textContent ?? null,
            number: Number(calling?.querySelector('.number').dataset.number),
            calling: calling?.querySelector('.text').textContent ?? null,
            visible: calling !== null
                && inside(calling, calling.closest('pre')),
            colour: calling && getComputedStyle(calling).backgroundColor,
        };
    };
    const inside = (element, box) => {
        const [a, b] = [element, box].map((e) => e.getBoundingClientRect());
        return a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
    };
    const text = (selector) => document.querySelector(selector).textContent;
    const sides = {};
    for (const side of ['c', 'python']) {
        sides[side] = {callee: box(side, 'callee'),
                       caller: box(side, 'caller')};
    }
    const tree = document.querySelector('#calls');
    const marked = tree.querySelectorAll('[aria-current]');
    return {
        ...sides,
        hash: location.hash,
        counter: text('#counter'),
        said: text('#said'),
        slider: Number(document.querySelector('#slider').value),
        marked: [...marked].map((link) => link.textContent),
        inView: inside(marked[0], tree),
        above: [...tree.querySelectorAll('.ancestor')]
            .map((link) => link.textContent),
        received: text('#received pre'),
        sent: text('#sent pre'),
        counts: [text('#received .count'), text('#sent .count')],
        fresh: [...document.querySelectorAll('#wire .new')]
            .map((part) => part.textContent).join(''),
    };
};
'''


def method(name):
    """What a call of the function has in its line."""
    return re.split(r'[._](?=_*[a-z])', name)[-1].strip('_')


@functools.cache
def scratch():
    folder = tempfile.mkdtemp()
    unittest.addModuleCleanup(shutil.rmtree, folder)
    return folder


@functools.cache
def page_of(name):
    """The path of the page with a request."""
    path = os.path.join(scratch(), f'{name}.html')
    _, end = main(name, '-o', path)
    if end is not None:
        raise AssertionError(end)
    return path


@functools.cache
def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ('--headless=new', '--no-sandbox', '--disable-gpu',
                     '--disable-dev-shm-usage',
                     f'--user-data-dir={scratch()}/profile'):
        options.add_argument(argument)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    browser = webdriver.Chrome(service=Service(DRIVER), options=options)
    unittest.addModuleCleanup(browser.quit)
    browser.set_script_timeout(300)
    browser.get('about:blank')
    browser.get_log('browser')  # what the page said that it begins with
    return browser


class BrowserTests(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        need_program()
        need_browser()
        cls.recording = data(page_of('get-hello'))
        cls.steps = cls.recording['steps']
        cls.browser = chromium()

    def setUp(self):
        self.width(1400)
        self.colours('light')
        self.open()

    def tearDown(self):
        """Whatever a test did: nothing was said, nothing was loaded."""
        self.assertEqual([entry for entry in self.browser.get_log('browser')
                          # of the page that the browser itself begins with
                          if not entry['message'].startswith('chrome://')],
                         [])
        self.assertEqual(self.run_script(
            'return performance.getEntriesByType("resource")'
            '.map((entry) => entry.name)'), [])
        self.run_script('localStorage.clear()')

    def run_script(self, text, *arguments):
        return self.browser.execute_script(text, *arguments)

    def open(self, address='', name='get-hello'):
        """Loads the page anew, where only the address has changed, too."""
        self.browser.get('about:blank')
        self.browser.get(pathlib.Path(page_of(name)).as_uri() + address)

    def go_to(self, number):
        """By the page's own function; open() and test_address go by the
        address."""
        self.run_script('go(arguments[0] - 1)', number)

    def width(self, width, height=900):
        self.browser.execute_cdp_cmd(
            'Emulation.setDeviceMetricsOverride',
            {'width': width, 'height': height, 'deviceScaleFactor': 1,
             'mobile': width < 600})

    def colours(self, scheme):
        self.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {
            'features': [{'name': 'prefers-color-scheme', 'value': scheme}]})

    def find(self, selector):
        return self.browser.find_element('css selector', selector)

    def press(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def press_shifted(self, key):
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(
            key).key_up(Keys.SHIFT).perform()

    def shown(self):
        return self.run_script(SHOWN + 'return shown();')

    def at_step(self, number):
        """The number stands in three places, and the function in one. A link
        takes its time."""
        def shown():
            return self.run_script('''
                return [location.hash, document.querySelector('#slider').value,
                        document.querySelector('#counter').textContent,
                        ...[...document.querySelectorAll('[aria-current]')]
                            .map((link) => link.textContent)];''')
        expected = [f'#step={number}', str(number),
                    f'{number} / {len(self.steps)}',
                    self.steps[number - 1]['c']['name']]
        try:
            WebDriverWait(self.browser, PATIENCE, 0.05).until(
                lambda browser: shown() == expected)
        except TimeoutException:
            self.assertEqual(shown(), expected)

    def number_of(self, name):
        """The first step that calls the C function."""
        return 1 + [step['c']['name'] for step in self.steps].index(name)


class StepTests(BrowserTests):
    """Every step."""

    @functools.cached_property
    def every(self):
        """What is shown at each step, by the Step button."""
        return self.run_script(SHOWN + '''
            const all = [shown()];
            const step = document.querySelector('#step');
            while (!step.disabled) {
                step.click();
                all.push(shown());
            }
            return all;''')

    def check_functions(self, step, shown):
        """The two functions, by the rule of names and by their texts."""
        for side in steps.SIDES:
            callee = shown[side]['callee']
            source = self.recording['sources'][step[side]['source']]
            self.assertEqual(callee['name'], step[side]['name'])
            self.assertEqual(callee['text'], source['text'] + '\n')
        c, python = shown['c']['callee'], shown['python']['callee']
        self.assertEqual(python['defined'], python['name'].split('.')[-1])
        if c['name'] != 'application':
            self.assertEqual(c['defined'], c['name'])
            self.assertEqual(c['name'], c_name(python['name']))

    def check_caller(self, step, shown):
        """The caller is what stands above in the tree, and the coloured line
        is one of its own, on both sides."""
        parent = self.steps[step['parent']]
        self.assertEqual(parent['depth'], step['depth'] - 1)
        self.assertEqual(len(shown['above']), step['depth'])
        self.assertEqual(shown['above'][-1], parent['c']['name'])
        for side in steps.SIDES:
            caller = shown[side]['caller']
            source = self.recording['sources'][parent[side]['source']]
            self.assertEqual(caller['name'], parent[side]['name'])
            self.assertEqual(caller['number'], step[side]['line'])
            self.assertEqual(caller['text'], source['text'] + '\n')
            self.assertTrue(caller['visible'])
            self.assertEqual(
                caller['calling'].rstrip('\n'),
                source['text'].split('\n')[caller['number'] - source['line']])
        self.assertEqual(shown['c']['caller']['colour'],
                         shown['python']['caller']['colour'])

    def check_wire(self):
        """What went over it so far, and as new what this call moves: out of
        C, or out of Python into C's buffer."""
        def visible(text):
            return text.replace('\r', '\\r').replace('\n', '\\n\n')

        request, answer = (self.recording[name][0]
                           for name in ('received', 'sent'))
        for number, (step, shown) in enumerate(zip(self.steps, self.every), 1):
            start, end = step['received']
            c, python = step['sent']['c'], step['sent']['python']
            with self.subTest(step=number):
                self.assertEqual(shown['received'], visible(request[:end]))
                self.assertEqual(shown['sent'], visible(answer[:python[1]]))
                self.assertEqual(
                    shown['fresh'],
                    visible(request[start:end] + answer[c[0]:c[1]]
                            + answer[max(c[1], python[0]):python[1]]))
        self.assertEqual(shown['received'], 'GET /hello HTTP/1.1\\r\\n\n'
                         'Host: localhost\\r\\n\n\\r\\n\n')
        self.assertRegex(shown['sent'], r'^HTTP/1\.0 200 OK\\r\\n\n')
        self.assertTrue(shown['sent'].endswith(
            '\n\\r\\n\nHello, World!\\n\n'))
        self.assertEqual(shown['counts'],
                         ['40 bytes received', '155 bytes sent'])

    def test_every_step_shows_the_right_two_functions(self):
        self.assertEqual(len(self.every), len(self.steps))
        self.assertEqual(len(self.every), STEPS)
        called = 0
        for number, (step, shown) in enumerate(zip(self.steps, self.every), 1):
            with self.subTest(step=number):
                self.assertEqual(shown['hash'], f'#step={number}')
                self.assertEqual(shown['counter'], f'{number} / {STEPS}')
                self.assertIn(f'Step {number} of {STEPS}: {step["c"]["name"]}',
                              shown['said'])
                self.assertEqual(shown['marked'], [step['c']['name']])
                self.assertTrue(shown['inView'])
                self.check_functions(step, shown)
                if step['parent'] is None:
                    self.assertIsNone(shown['c']['caller']['name'])
                else:
                    self.check_caller(step, shown)
                called += all(
                    method(shown[side]['callee']['name'])
                    in (shown[side]['caller']['calling'] or '')
                    for side in steps.SIDES)
        # The others are calls by an operator or a constructor, or through a
        # helper.
        self.assertGreater(called, 60)
        with self.subTest('the wire'):
            self.check_wire()

    def test_what_c_has_in_its_buffer(self):
        """The status line, which Python has sent already."""
        status = 'HTTP/1.0 200 OK\\r\\n\n'
        number = self.number_of('SocketWriter_write')
        for number, fresh in (
                (number, status), (self.number_of('format_date_time'), '')):
            self.go_to(number)
            shown = self.shown()
            self.assertEqual(shown['counts'][1],
                             'C has sent 0, Python 17 bytes')
            self.assertEqual(shown['sent'], status)
            self.assertEqual(shown['fresh'], fresh)

    def test_where_the_tree_begins(self):
        """The first step says how one goes on."""
        for number, what in ((1, 'The main program .* next call'),
                             (self.number_of('TCPServer_server_close'),
                              'The main program .* in its own way.$')):
            self.go_to(number)
            self.assertRegex(self.find('#c .caller').text.replace('\n', ' '),
                             f'^The tree begins here {what}')

    def test_thread_of_the_request(self):
        """Its calls come after those of the first thread."""
        self.open(name='threads')
        self.assertEqual(self.find('#calls .begins').text,
                         'in a thread of its own')
        self.find('#calls li:has(.begins) > a').click()
        shown = self.shown()
        self.assertEqual(shown['c']['callee']['name'],
                         'ThreadingMixIn_process_request_thread')
        self.assertIsNone(shown['c']['caller']['name'])
        self.assertIn('A thread begins here', self.find('#python .caller').text)
        self.assertEqual(self.browser.title,
                         'GET /hello HTTP/1.1 · apps:hello --threads')
        self.assertEqual(
            self.find('.what p').text,
            'GET /hello HTTP/1.1 answered by apps:hello --threads under '
            f'Python {platform.python_version()}')


class MoveTests(BrowserTests):
    """From step to step."""

    def after(self, index, depth):
        """The number of the first step after one that is at most so deep."""
        return next(number for number, step in enumerate(self.steps, 1)
                    if number > index + 1 and step['depth'] <= depth)

    def test_back_over_and_out(self):
        number = self.number_of('BaseHandler_setup_environ')
        depth = self.steps[number - 1]['depth']
        for button, keys in (('over', (Keys.ARROW_DOWN, 'o')),
                             ('out', (Keys.ARROW_UP, 'u')),
                             ('step', (Keys.ARROW_RIGHT, 'n', ' ')),
                             ('back', (Keys.ARROW_LEFT, 'p'))):
            expected = {'over': self.number_of('application'),
                        'out': self.after(number - 1, depth - 1),
                        'step': number + 1, 'back': number - 1}[button]
            with self.subTest(button):
                self.go_to(number)
                self.find(f'#{button}').click()
                self.at_step(expected)
            for key in keys:
                with self.subTest(button, key=key):
                    self.go_to(number)
                    self.press(key)
                    self.at_step(expected)

    def test_space_has_its_own_meaning_for_what_has_the_focus(self):
        def press(selector, press_key):
            self.run_script('arguments[0].focus()', self.find(selector))
            press_key(' ')
        self.go_to(30)
        press('#calls [aria-current]', self.press)
        self.at_step(31)
        press('#back', self.press)
        self.at_step(30)
        press('#c .callee pre', self.press)
        self.at_step(30)
        press('#calls [aria-current]', self.press_shifted)
        self.at_step(29)

    def test_both_ends(self):
        self.at_step(1)
        self.assertFalse(self.find('#back').is_enabled())
        self.press(Keys.ARROW_LEFT)
        self.at_step(1)
        self.press(Keys.END)
        self.at_step(STEPS)
        for button in ('step', 'over', 'out'):
            self.assertFalse(self.find(f'#{button}').is_enabled())
        self.press('n', 'o', 'u')
        self.at_step(STEPS)
        self.press(Keys.HOME, 'o')  # past make_server
        self.at_step(self.number_of('BaseServer_serve_forever'))
        self.press('u')  # nothing comes after what is at the root
        self.at_step(STEPS)

    def test_slider(self):
        slider = self.find('#slider')
        ActionChains(self.browser).click(slider).perform()
        self.at_step(MIDDLE)
        self.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, 'n')
        self.at_step(MIDDLE + 3)
        self.press(Keys.HOME)
        self.at_step(1)

    def test_address(self):
        for address, number in (('#step=35', 35), ('#step=0', 1),
                                ('#step=-3', 1), ('#step=999', STEPS),
                                ('#step=x', 1), ('#other', 1), ('', 1)):
            with self.subTest(address):
                self.open(address)
                self.at_step(number)
        self.run_script("location.hash = '#step=12'")
        self.at_step(12)

    def test_links(self):
        """In the tree, to the caller, and from a line to what it calls."""
        number = self.number_of('BaseHandler_run')
        self.find(f'#calls [href="#step={number}"]').click()
        self.at_step(number)
        for side in steps.SIDES:
            with self.subTest(side):
                self.go_to(number)
                link = self.find(f'#{side} .callee a.number')
                label = link.get_attribute('aria-label')
                self.run_script('arguments[0].click()', link)
                self.at_step(number + 1)
                self.assertTrue(label.endswith(
                    self.steps[number][side]['name']))
                self.find(f'#{side} .caller header a').click()
                self.at_step(number)


class SearchTests(BrowserTests):

    def test_search(self):
        wanted = [number for number, step in enumerate(self.steps, 1)
                  if 'headers_' in step['c']['name'].lower()
                  or 'headers_' in step['python']['name'].lower()]
        self.press('/', 'Headers_')
        self.assertEqual(self.find('#found').text, f'{len(wanted)} found')
        found = self.browser.find_elements('css selector', '#calls .found')
        self.assertEqual(len(found), len(wanted))
        for index, number in enumerate([*wanted, wanted[0]]):
            self.press(Keys.ENTER)
            self.at_step(number)
            self.assertEqual(self.find('#found').text,
                             f'{index % len(wanted) + 1} of {len(wanted)}')
        self.press_shifted(Keys.ENTER)
        self.at_step(wanted[-1])
        self.press(Keys.ESCAPE)
        self.assertEqual(self.find('#found').text, '')
        self.press('n')  # a key of the page again
        self.at_step(wanted[-1] + 1)

    def test_name_in_python(self):
        self.press('/', '__setitem__', Keys.ENTER)
        self.at_step(self.number_of('Headers_setitem'))

    def test_nothing_found(self):
        self.press('/', 'no such', Keys.ENTER)
        self.assertEqual(self.find('#found').text, '0 found')
        self.at_step(1)


class LookTests(BrowserTests):
    """Colours, widths, and who has no mouse."""

    def background(self):
        return self.run_script(
            'return getComputedStyle(document.body).backgroundColor')

    def test_light_and_dark(self):
        light = self.background()
        self.colours('dark')
        dark = self.background()
        self.assertNotEqual(light, dark)
        self.press('t')
        self.assertEqual(self.background(), light)
        self.browser.refresh()
        self.assertEqual(self.background(), light)  # remembered
        self.find('#theme').click()
        self.assertEqual(self.background(), dark)

    def contrasts(self):
        """{text: the contrast of its colour} where it is less than WCAG's
        4.5; a button that is of no use may be pale."""
        return self.run_script('''
            const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
            const light = (colour) => {
                const [r, g, b] = numbers(colour).slice(0, 3)
                    .map((each) => each / 255)
                    .map((each) => each <= .04045 ? each / 12.92
                        : ((each + .055) / 1.055) ** 2.4);
                return .2126 * r + .7152 * g + .0722 * b;
            };
            const behind = (element) => {
                const colour = getComputedStyle(element).backgroundColor;
                return (numbers(colour)[3] ?? 1) > 0 ? colour
                    : behind(element.parentElement);
            };
            const contrast = (colour, element) => {
                const [a, b] = [light(colour), light(behind(element))];
                return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            };
            const found = {};
            const check = (text, colour, element) => {
                const number = contrast(colour, element);
                if (number < 4.5) {
                    found[text] = number;
                }
            };
            const walker = document.createTreeWalker(document.body,
                                                     NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const element = walker.currentNode.parentElement;
                if (element.getClientRects().length
                    && !element.closest(':disabled, script')) {
                    check(walker.currentNode.data.slice(0, 40),
                          getComputedStyle(element).color, element);
                }
            }
            const search = document.querySelector('#search input');
            check('placeholder',
                  getComputedStyle(search, '::placeholder').color, search);
            return found;''')

    def test_contrast(self):
        steps_to_see = [self.number_of(name) for name in (
            'BaseHandler_start_response', 'Headers_contains',
            'Headers_str', 'SimpleHandler__flush')]
        for scheme in ('light', 'dark'):
            self.colours(scheme)
            for number in [*steps_to_see, steps_to_see[-2] + 1]:
                self.go_to(number)
                with self.subTest(scheme, step=number):
                    self.assertEqual(self.contrasts(), {})
            self.press('?')
            self.assertEqual(self.contrasts(), {})
            self.press(Keys.ESCAPE)

    def test_no_method_is_cut_in_the_tree(self):
        for width in (1400, 390):
            self.width(width)
            self.find('#step').click()
            self.go_to(self.number_of(
                'BaseHTTPRequestHandler_log_date_time_string'))
            if width < 900:
                self.find('[data-show=calls]').click()
            self.assertEqual(self.run_script('''
                return [...document.querySelectorAll('#calls .method')]
                    .filter((element) =>
                        element.scrollWidth > element.clientWidth + 1
                        || element.getBoundingClientRect().right
                            > element.closest('a').getBoundingClientRect()
                                .right)
                    .map((element) => element.textContent);'''), [])

    def test_low_window(self):
        """The page is higher than it, so that one can still read; the buttons
        stay in sight."""
        for width, height in ((844, 390), (320, 480), (1400, 400)):
            self.width(width, height)
            self.open('#step=30')
            with self.subTest(width=width):
                [pre, low, high, overflow] = self.run_script('''
                    const box = (selector) => document.querySelector(selector)
                        .getBoundingClientRect();
                    return [box('#c .caller pre').height,
                            box('.buttons').bottom, innerHeight,
                            document.scrollingElement.scrollWidth
                                - innerWidth];''')
                self.assertGreater(pre, 40)
                self.assertLessEqual(low, high)
                self.assertLessEqual(overflow, 0)

    def test_nothing_on_the_wire(self):
        """As in a CGI program."""
        path = os.path.join(scratch(), 'nothing.html')
        recorded = dict(self.recording, sent=['', 0, ''])
        pathlib.Path(path).write_text(page.page(recorded), encoding='utf-8')
        self.browser.get(pathlib.Path(path).as_uri())
        shown = self.shown()
        self.assertEqual((shown['received'], shown['sent']),
                         ('', 'Nothing goes over a socket at any step.'))

    def test_very_much_on_the_wire(self):
        """Its middle is left out: in the page, and again to look at."""
        line = 'x' * 9 + '\n'
        recorded = dict(self.recording, sent=[line * 10000, 4000000,
                                              'y\n' * 50000])
        total = 100000 + 4000000 + 100000
        recorded['steps'] = [dict(
            step, sent={'c': [10, total - 2], 'python': [total, total]})
            for step in self.steps[:1]]
        path = os.path.join(scratch(), 'large.html')
        pathlib.Path(path).write_text(page.page(recorded), encoding='utf-8')
        self.browser.get(pathlib.Path(path).as_uri())
        shown = self.shown()
        self.assertEqual(
            shown['fresh'],
            r'xxxxxxxxx\n'.join(['', *['\n'] * 100]) + ' … 9,799 lines … \n'
            + r'xxxxxxxxx\n'.join(['', *['\n'] * 100])
            + ' … 4,000,000 bytes … \n' + 'y\\n\n' * 100
            + ' … 49,799 lines … \n' + 'y\\n\n' * 100)
        self.assertTrue(shown['sent'].startswith('xxxxxxxxx\\n\nxxx'))
        self.assertEqual(shown['counts'][1],
                         'C has sent 4,199,998, Python 4,200,000 bytes')

    def overflow(self):
        """In each view: how much larger the page is than the window, and what
        sticks out of it; what is in a box of its own is cut or scrolls there.
        """
        return self.run_script('''
            const boxed = (element) => element !== document.body && (
                getComputedStyle(element).overflowX !== 'visible'
                || boxed(element.parentElement));
            const page = document.scrollingElement;
            return [...document.querySelectorAll('.views button')].map(
                (button) => {
                    button.click();
                    return [page.scrollWidth - innerWidth,
                            page.scrollHeight - innerHeight,
                            [...document.querySelectorAll('body *')].filter(
                                (element) => element.getClientRects().length
                                    && element.getBoundingClientRect().right
                                        > innerWidth
                                    && !boxed(element.parentElement))
                            .map((element) => element.outerHTML.slice(0, 60))];
                });''')

    def test_nothing_is_wider_than_the_page(self):
        for name in ('get-hello', 'uri-too-long'):
            self.open('#step=30', name)
            for width in (1400, 900, 390, 320):
                self.width(width, 844)
                with self.subTest(name, width=width):
                    self.assertEqual(self.overflow(), [[0, 0, []]] * 4)

    def test_one_view_at_a_time_on_a_phone(self):
        self.width(390, 844)
        self.open('#step=30')
        for view in ('calls', 'python', 'wire', 'c'):
            self.find(f'[data-show={view}]').click()
            self.assertEqual(
                [each for each in ('calls', 'c', 'python', 'wire')
                 if self.find(f'#{each}').is_displayed()], [view])
        self.find('#step').click()
        self.assertTrue(self.shown()['c']['caller']['visible'])
        self.find('[data-show=calls]').click()
        self.assertTrue(self.shown()['inView'])

    def test_buttons_are_large_enough_for_a_thumb(self):
        self.width(390, 844)
        self.open('#step=30')
        small = self.run_script('''
            const small = () => [...document.querySelectorAll(
                    'button, input, #calls a, .panel h2 a')]
                .map((element) => [element.outerHTML.slice(0, 60),
                                   element.getBoundingClientRect()])
                .filter(([, {width, height}]) => width > 0
                    && Math.min(width, height) < 40);
            return [...document.querySelectorAll('.views button')].map(
                (button) => {
                    button.click();
                    return small();
                });''')
        self.assertEqual(small, [[], [], [], []])

    def test_keyboard_alone(self):
        """Tab comes to all there is, and shows where it is."""
        self.open('#step=30')
        seen = []
        for _ in range(80):
            self.press(Keys.TAB)
            name, outline = self.run_script('''
                const found = document.activeElement;
                return [found.id || found.closest('[id]')?.id,
                        getComputedStyle(found).outlineStyle];''')
            if name is None:
                break
            self.assertEqual(outline, 'solid', name)
            seen.append(name)
        self.assertLessEqual(
            {'search', 'help', 'theme', 'calls', 'c', 'python', 'received',
             'sent', 'back', 'step', 'over', 'out', 'slider',
             'show-licences'}, set(seen))
        self.assertEqual(seen.count('calls'), 1)  # of all

    def test_dialogs(self):
        for key, button, dialog in (('?', '#help', '#keys'),
                                    (None, '#show-licences', '#licences')):
            if key:
                self.press(key)
                self.assertTrue(self.find(dialog).is_displayed())
                self.press('n')  # is not for the page
                self.at_step(1)
                self.press(Keys.ESCAPE)
                self.assertFalse(self.find(dialog).is_displayed())
            self.find(button).click()
            self.assertTrue(self.find(dialog).is_displayed())
            self.find(f'{dialog} form button').click()
            self.assertFalse(self.find(dialog).is_displayed())
        self.assertIn('Python Software Foundation',
                      self.find('footer').text)

    def test_scrolls_by_keyboard(self):
        box = self.find('#python .callee pre')
        self.run_script('arguments[0].focus()', box)
        self.press_shifted(Keys.ARROW_RIGHT)
        self.assertEqual(self.run_script(
            'return arguments[0].scrollLeft', box), 40)
        self.at_step(1)


if __name__ == '__main__':
    unittest.main()
