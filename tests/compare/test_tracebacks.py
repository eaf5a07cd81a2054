"""Tracebacks tell the truth.

Every application of failing.py fails under both servers. The two logs must
show the same frames in the same order: those of the application letter for
letter, those of the server under the same name, in the C function that
mirrors the Python one, at a line that is there, that makes the call which
Python's line makes, and whose text is shown.
"""

import ast
import functools
import os
import re
import unittest
from typing import NamedTuple

from tools.callgraph.names import c_name

from tools.compare import servers
from tools.compare.differences import without_differences
from tools.compare.exchange import Reset, Send, Until, exchange
from tools.compare.failing import APPLICATIONS

SOURCE = os.path.normpath(os.path.join(servers.HERE, '../../src'))

FRAME = re.compile(r'^(?P<margin>[ |]*)  File "(?P<file>[^"]+)", '
                   r'line (?P<line>\d+), in (?P<name>.+)\n'
                   r'(?P<text>(?:(?P=margin)    .*\n)*)', re.MULTILINE)
WARNING = re.compile(r'^.+?:\d+: (WSGIWarning: .+)\n  .+\n', re.MULTILINE)

# What is not called by its name, neither here nor there.
THROUGH = {'__init__': r'_new\(', '__next__': 'PyErr_Occurred',
           'readinto': 'readline', 'lint_app': 'call_application'}

# What is done after the request; a client that goes is no error.
STEPS = {'/fails_when_the_client_goes': [Until(b'xxx'), Reset()]}


class Frame(NamedTuple):
    """One of the server's."""
    file: str
    line: int
    name: str
    text: str
    span: tuple  # where it stands in the log: from, to


class Log:
    """A log, and the server's frames in it."""

    def __init__(self, text):
        self.frames = []
        text = re.sub(r'"[^"]*/broken\.py"', '"broken.py"', text)
        text = re.sub("<(method '|function IteratorWrapper[.])__del__.*>",
                      '<IteratorWrapper.__del__>', text)
        text = re.sub(r"'cwsgiref[.][\w.]*?(\w+)' object", r"'\1' object",
                      text)
        text = WARNING.sub(r'the validator: \1\n', text)
        self.text = without_differences(FRAME.sub(self.note, text))

    def note(self, match):
        """What stands in the text for a frame."""
        margin, file, line, name, text = match.group(
            'margin', 'file', 'line', 'name', 'text')
        if os.path.dirname(file) in ('', servers.HERE):
            return (f'{margin}  the application, {file} {line} {name}\n'
                    f'{text}')
        if name == '<listcomp>':  # until 3.12
            return ''
        self.frames.append(Frame(file, int(line), name, text,
                                 match.span()))
        return f'{margin}  the server, {name}\n'


@functools.cache
def lines_of(file):
    with open(file) as source:
        return source.read().splitlines()


@functools.cache
def functions_of(file):
    """(first line, last line, qualified name) of all of a Python file."""
    found = []

    def look_at(node, prefix):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
                name = prefix + child.name
                found.append((child.lineno, child.end_lineno, name))
                look_at(child, name + ('.' if isinstance(child, ast.ClassDef)
                                       else '.<locals>.'))
            else:
                look_at(child, prefix)

    look_at(ast.parse('\n'.join(lines_of(file))), '')
    return found


def python_function(frame):
    """The qualified name of the innermost function around a frame's line."""
    return max(found for found in functions_of(frame.file)
               if found[0] <= frame.line <= found[1])[2]


def c_function(frame):
    """(the name of the C function around a frame's line, its lines up to
    that one)."""
    lines = lines_of(frame.file)[:frame.line]
    for start in reversed(range(len(lines))):
        if lines[start] == '}' and start != frame.line - 1:
            break
        if match := re.match(r'(\w+)\(', lines[start]):
            return match[1], lines[start:]
    raise AssertionError(f'{frame} is in no function')


def statement(frame):
    """The statement at a C frame's line: gcc gives a macro's first line,
    clang its last."""
    lines = lines_of(frame.file)
    first = last = frame.line - 1
    while not re.search(r'FAILED\(|RAISE|traceback_here\(', lines[first]):
        first -= 1
    while lines[last][-1] not in ';{':
        last += 1
    return ' '.join(line.strip() for line in lines[first:last + 1])


def with_its_call(frame):
    """The same and, where it only looks at a result, what has given it; and
    what the helpers do that it calls, or hands on as the body of a loop."""
    text = statement(frame)
    _, lines = c_function(frame)
    for variable in re.findall(r'FAILED\((\w[\w>-]*) (?:==|<)', text):
        before = '\n'.join(lines[:-1])
        *_, assigned = re.finditer(
            r'(?:\b%s =|&%s|\(%s,)[^;]*;' % ((re.escape(variable),) * 3),
            before)
        text = assigned[0] + text
    whole = '\n'.join(lines_of(frame.file))
    for helper in re.findall(r'for_each\(\w+, (\w+)|(\w+)\(', text):
        text += ''.join(re.findall(
            rf'^{"".join(helper)}\([^;]*?^{{$.*?^}}$', whole,
            re.MULTILINE | re.DOTALL))
    return text


class Tracebacks(unittest.TestCase):

    maxDiff = None
    options = ()

    @classmethod
    def setUpClass(cls):
        arguments = {'application': 'failing:application',
                     'options': cls.options}
        cls.python = servers.reference(**arguments)
        cls.addClassCleanup(cls.python.stop_cleanly)
        cls.program = servers.program(**arguments)
        cls.addClassCleanup(cls.program.stop_cleanly)

    def compare(self, *steps):
        """Returns the text of the logs."""
        python, program = [Log(exchange(steps, server).log)
                           for server in (self.python, self.program)]
        self.assertEqual(program.text, python.text)
        if self.program.is_program:
            for theirs, ours in zip(python.frames, program.frames):
                self.mirrors(ours, theirs)
            for frame, called in zip(program.frames, program.frames[1:]):
                if frame.span[1] == called.span[0]:
                    self.calls(frame, called)
        return program.text

    def mirrors(self, ours, theirs):
        """Our frame is of the function that mirrors theirs, at a line where
        something fails, and has its text."""
        self.assertTrue(ours.file.startswith(SOURCE + os.sep), ours)
        self.assertEqual(ours.text.strip(' |'),
                         lines_of(ours.file)[ours.line - 1].strip() + '\n')
        self.assertEqual(c_function(ours)[0], c_name(python_function(theirs)))
        line = lines_of(theirs.file)[theirs.line - 1].strip()
        if line.startswith(('raise ', 'assert ')):
            self.assertRegex(statement(ours), r'RAISE|require_|FAILED\(true\)')
        else:
            self.assertIn('FAILED(', statement(ours))

    def calls(self, frame, called):
        """The line of our frame is the one that makes the next."""
        self.assertRegex(with_its_call(frame),
                         THROUGH.get(called.name, called.name.strip('_')))


class Applications(Tracebacks):
    """One test for each, made below."""

    def test_that_they_fail(self):
        for path in APPLICATIONS.keys() - STEPS.keys():
            with self.subTest(path):
                self.assertIn('Traceback', self.compare(get(path)))


class Validated(Tracebacks):
    """And with the frames of the validator around it."""

    options = ('--validate',)


def add_tests(tests):
    for path in APPLICATIONS:
        def test(self, path=path):
            self.compare(get(path), *STEPS.get(path, ()))
        setattr(tests, 'test_' + path[1:], test)


def get(path):
    return Send(f'GET {path} HTTP/1.1\r\nHost: h\r\n\r\n'.encode())


add_tests(Applications)
add_tests(Validated)


class Clients(Tracebacks):

    def test_reset_before_the_request(self):
        self.assertIn('the server, readinto', self.compare(Reset()))


class Threads(Tracebacks):

    options = ('--threads',)

    def test_error_after_an_error(self):
        self.assertIn('the server, process_request_thread',
                      self.compare(get('/close_fails')))
