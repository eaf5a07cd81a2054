"""script/player: the page with one request, call by call. What it is made of,
and the page itself in Chromium."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from callgraph import comparison, traces  # noqa: E402
from callgraph.cases import CASES  # noqa: E402
from callgraph.names import c_name  # noqa: E402
from player import page, recording, sources, steps  # noqa: E402

try:
    from selenium import webdriver
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

PROGRAM = os.environ.get('CWSGIREF_TRACE', '')
PATIENCE = 10  # in seconds, before it counts as wrong
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
    need(sys.version_info[:2] != (3, 11),
         'the calls are those of Python 3.11')


def need_browser():
    need(webdriver is None or not os.path.exists(CHROMIUM)
         or not os.path.exists(DRIVER),
         'needs chromium, chromium-driver and python3-selenium')


def script(*arguments, directory=ROOT):
    return subprocess.run(
        [sys.executable, str(ROOT / 'script' / 'player'), *arguments],
        cwd=directory, capture_output=True, text=True, timeout=60,
        env=dict(os.environ, CWSGIREF_TRACE=PROGRAM))


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

    def test_script_cannot_end_in_the_data(self):
        text = page.page({'x': '</script><!--<script>'})
        self.assertEqual(text.count('</script>'), 2)
        self.assertNotIn('<!--', text)


class CommandTests(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        need_program()

    def test_list(self):
        self.assertEqual(script('--list').stdout.split(),
                         [case.name for case in CASES])

    def test_what_cannot_be_recorded(self):
        for arguments, why in (
                (['get-helo'], "no request 'get-helo'; script/player --list"),
                (['raises', '--raw', 'x'], 'go with an application'),
                (['nothing:app'], "nothing"),
                (['get-hello', '-o', '/dev/null/x'], '/dev/null')):
            with self.subTest(why):
                result = script(*arguments)
                self.assertEqual((result.returncode, result.stdout), (1, ''))
                self.assertIn(why, result.stderr)
                self.assertNotIn('Traceback', result.stderr)

    def test_trees_that_differ_make_no_page(self):
        """An application that knows whose it is."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'differs.py').write_text(textwrap.dedent('''\
                import sys

                def app(environ, start_response):
                    write = start_response('200 OK', [])
                    if 'callgraph.names' in sys.modules:
                        write(b'')
                    return []
                '''), encoding='utf-8')
            result = script('differs:app', '-o', 'page.html',
                            directory=folder)
            self.assertEqual((result.returncode, result.stdout), (1, ''))
            self.assertRegex(result.stderr, r'(?m)^script/player: no page: '
                             r'the two call trees differ from step \d+ on: '
                             r'C has \w+, Python BaseHandler_write$')
            self.assertRegex(result.stderr, r'\n- +BaseHandler_write\n')
            self.assertIn('script/trace --both shows', result.stderr)
            self.assertFalse(os.path.exists(
                os.path.join(folder, 'page.html')))

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
            result = script('mine:app', '--raw', r'GET /a HTTP/1.0\r\n\r\n',
                            '-o', 'page.html', directory=folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            path = os.path.join(folder, 'page.html')
            self.assertRegex(result.stdout,
                             r'^\d+ steps: file://\S+page.html$')
            recorded = data(path)
            self.assertTrue(recorded['sent'].endswith('\r\n\r\n/a'))
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
    made = script(name, '-o', path)
    if made.returncode != 0:
        raise AssertionError(made.stderr)
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
        self.assertEqual(self.browser.get_log('browser'), [])
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
        """What went over it grows, by what is marked."""
        received = sent = ''
        for shown in self.every:
            self.assertTrue(shown['received'].startswith(received))
            received = shown['received']
            if shown['fresh']:
                self.assertTrue(received.endswith(shown['fresh'])
                                or shown['sent'].startswith(
                                    sent + shown['fresh']))
            if shown['counts'][1].endswith(' sent'):
                sent = shown['sent']
        self.assertEqual(received, 'GET /hello HTTP/1.1\\r\\n\n'
                         'Host: localhost\\r\\n\n\\r\\n\n')
        self.assertRegex(sent, r'^HTTP/1\.0 200 OK\\r\\n\n')
        self.assertTrue(sent.endswith('\n\\r\\n\nHello, World!\\n\n'))
        self.assertEqual(shown['counts'],
                         ['40 bytes received', '155 bytes sent'])

    def test_every_step_shows_the_right_two_functions(self):
        self.assertEqual(len(self.every), len(self.steps))
        self.assertEqual(len(self.every), 85)
        called = 0
        for number, (step, shown) in enumerate(zip(self.steps, self.every), 1):
            with self.subTest(step=number):
                self.assertEqual(shown['hash'], f'#step={number}')
                self.assertEqual(shown['counter'], f'{number} / 85')
                self.assertIn(f'Step {number} of 85: {step["c"]["name"]}',
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
        self.open(f'#step={self.number_of("format_date_time")}')
        shown = self.shown()
        self.assertEqual(shown['counts'][1], 'C has sent 0, Python 17 bytes')
        self.assertEqual(shown['sent'], 'HTTP/1.0 200 OK\\r\\n\n')
        self.assertEqual(shown['fresh'], '')


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
                             ('step', (Keys.ARROW_RIGHT, 'n')),
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

    def test_both_ends(self):
        self.at_step(1)
        self.assertFalse(self.find('#back').is_enabled())
        self.press(Keys.ARROW_LEFT)
        self.at_step(1)
        self.press(Keys.END)
        self.at_step(85)
        for button in ('step', 'over', 'out'):
            self.assertFalse(self.find(f'#{button}').is_enabled())
        self.press('n', 'o', 'u')
        self.at_step(85)
        self.press(Keys.HOME, 'o')  # past make_server
        self.at_step(self.number_of('BaseServer_serve_forever'))
        self.press('u')  # nothing comes after what is at the root
        self.at_step(85)

    def test_slider(self):
        slider = self.find('#slider')
        ActionChains(self.browser).click(slider).perform()
        self.at_step(43)  # its middle
        self.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, 'n')
        self.at_step(46)
        self.press(Keys.HOME)
        self.at_step(1)

    def test_address(self):
        for address, number in (('#step=35', 35), ('#step=0', 1),
                                ('#step=-3', 1), ('#step=999', 85),
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
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(
            Keys.ENTER).key_up(Keys.SHIFT).perform()
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
        self.find('[data-show=calls]').click()
        small = self.run_script('''
            return [...document.querySelectorAll('button, input, #calls a')]
                .map((element) => [element.outerHTML.slice(0, 60),
                                   element.getBoundingClientRect()])
                .filter(([, {width, height}]) => width > 0
                    && Math.min(width, height) < 40);''')
        self.assertEqual(small, [])

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
        self.assertEqual(seen.count('calls'), 1)  # of 85

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
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(
            Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
        self.assertEqual(self.run_script(
            'return arguments[0].scrollLeft', box), 40)
        self.at_step(1)


if __name__ == '__main__':
    unittest.main()
