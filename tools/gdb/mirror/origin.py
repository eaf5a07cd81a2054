"""Which Python function a function of C mirrors. The comment above it says
so ("Lib/wsgiref/handlers.py: BaseHandler.run"), or else its name, by the rule
of names. The source is that of the Python that the program is linked with."""

import functools
import json
import os
import re
import subprocess

import gdb

from tools.callgraph.names import APART, MODULES, c_name
from tools.gdb.mirror.program import ours

HERE = os.path.dirname(os.path.abspath(__file__))
MIRRORED = [name.replace('.', '/') + '.py' for name in MODULES]
BESIDE = ['http/client.py', 'socket.py']
COMMENT = re.compile(r'\b(Lib|Modules)/([\w/]+\.(?:py|c)): ([\w.]+)')
# What is C in Python, too, and has a form in Python beside it.
TWIN = '_pyio.py'


class Function:
    """A function of Python: `lines` begins with its def. `docstring`: the
    numbers of the lines of it, in the file as `first`."""

    def __init__(self, source, name, numbers, lines):
        self.source = source  # wsgiref/handlers.py
        self.name = name      # BaseHandler.run
        self.first, last, begin, end = numbers
        self.lines = lines[self.first - 1:last]
        self.docstring = range(begin, end + 1)


class Module:
    """One file of the standard library, with what definitions.py says."""

    def __init__(self, folder, source, defined):
        self.bases = defined['bases']
        with open(os.path.join(folder, source), encoding='utf-8') as file:
            lines = file.read().splitlines()
        self.functions = {
            name: Function(source, name, numbers, lines)
            for name, numbers in defined['functions'].items()}


def build_folder(path):
    """Where the program was built: the nearest folder above it that CMake
    has set up, or None."""
    folder = os.path.dirname(path)
    while folder != os.path.dirname(folder):
        if os.path.exists(os.path.join(folder, 'CMakeCache.txt')):
            return folder
        folder = os.path.dirname(folder)
    return None


@functools.lru_cache
def definitions(program):
    """What the Python that the program was built with says of its library."""
    build = build_folder(program)
    if build is None:
        raise gdb.GdbError(f'{program} is in no build folder, and so its '
                           'Python is not known: script/gdb builds one.')
    with open(os.path.join(build, 'CMakeCache.txt'),
              encoding='utf-8') as cache:
        python = re.search(r'^_?Python3_EXECUTABLE:\w+=(.*)$', cache.read(),
                           re.M)[1]
    return json.loads(subprocess.run(
        [python, os.path.join(HERE, 'definitions.py'), *MIRRORED, *BESIDE,
         TWIN], check=True, stdout=subprocess.PIPE).stdout)


def check_version(version):
    """The program runs with that version, if it runs."""
    try:
        runs = int(gdb.parse_and_eval('*(unsigned long *)&Py_Version'))
    except gdb.error:
        return
    if runs != version:
        raise gdb.GdbError(f'The program runs with Python {runs >> 24}.'
                           f'{runs >> 16 & 255}.{runs >> 8 & 255}, and not '
                           'with the one that it was built for: build it '
                           'again.')


@functools.lru_cache
def read_module(program, source):
    defined = definitions(program)
    return Module(defined['folder'], source, defined[source])


def module(source):
    program = ours().filename
    check_version(definitions(program)['version'])
    return read_module(program, source)


def mirrored_names():
    """The C names of all functions of the mirrored modules."""
    return {c_name(name.replace('.', '.<locals>.')
                   if name.partition('.')[0] in each.functions else name)
            for each in map(module, MIRRORED) for name in each.functions
            if name not in APART}


def inherited(name, within):
    """Class.method, or that of the nearest base that has it."""
    for each in within:
        if name in each.functions:
            return each.functions[name]
    cls, _, method = name.rpartition('.')
    for each in within:
        for base in each.bases.get(cls, ()):
            found = inherited(f'{base}.{method}', within)
            if found is not None:
                return found
    return None


def by_name(name):
    """The Python function of a C name, also of one that is inherited."""
    within = [module(source) for source in MIRRORED + BESIDE]
    for each in within:
        for python, function in each.functions.items():
            local = python.partition('.')[0] in each.functions
            if c_name(python.rpartition('.')[2] if local else python) == name:
                return function
    for each in within:
        for cls in each.bases:
            prefix = cls.lstrip('_') + '_'
            if name.startswith(prefix):
                method = name[len(prefix):]
                for candidate in (method, f'__{method}__'):
                    found = inherited(f'{cls}.{candidate}', within)
                    if found is not None:
                        return found
    return None


@functools.lru_cache
def source_lines(path):
    with open(path, encoding='utf-8') as file:
        return file.read().splitlines()


def comment_above(lines, line):
    """What the comment above the function whose name is in that line (the
    first is 1) says of its origin: a match of COMMENT, or None."""
    index = line - 2
    while index >= 0 and lines[index] and '*/' not in lines[index]:
        index -= 1
    if index < 0 or '*/' not in lines[index]:
        return None
    end = index
    while index > 0 and '/*' not in lines[index]:
        index -= 1
    return COMMENT.search('\n'.join(lines[index:end + 1]))


def of_function(path, line, name):
    """The Python function that the C function mirrors, or None for a helper
    of the C."""
    comment = comment_above(source_lines(path), line)
    if comment is not None:
        top, source, python = comment.groups()
        if top == 'Lib' and python in module(source).functions:
            return module(source).functions[python]
        if top == 'Modules':
            return twin(name)
    return by_name(name)


def twin(name):
    """For what is C in Python, too: its form in Lib/_pyio.py, or None."""
    cls, _, method = name.partition('_')
    return inherited(f'{cls}.{method}', [module(TWIN)])
