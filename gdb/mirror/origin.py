"""Which Python function a function of C mirrors. The comment above it says
so ("Lib/wsgiref/handlers.py: BaseHandler.run"), or else its name, by the rule
of names. The source is that of the Python that the program is linked with."""

import ast
import functools
import os
import re
import subprocess

import gdb

from callgraph.names import MODULES, c_name

MIRRORED = [name.replace('.', '/') + '.py' for name in MODULES]
BESIDE = ['http/client.py', 'socket.py']
COMMENT = re.compile(r'\b(Lib|Modules)/([\w/]+\.(?:py|c)): ([\w.]+)')
# What is C in Python, too, and has a form in Python beside it.
TWIN = '_pyio.py'


class Function:
    """A function of Python: `lines` begins with its def."""

    def __init__(self, source, name, node, lines):
        self.source = source  # wsgiref/handlers.py
        self.name = name      # BaseHandler.run
        self.first = node.lineno
        self.lines = lines[node.lineno - 1:node.end_lineno]
        self.node = node


class Module:
    """One file of the standard library."""

    def __init__(self, folder, source):
        self.functions = {}
        self.bases = {}
        self.source = source
        self.path = os.path.join(folder, source)
        with open(self.path, encoding='utf-8') as file:
            text = file.read()
        self.lines = text.splitlines()
        self.visit(ast.parse(text), '')

    def visit(self, parent, prefix):
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, (ast.If, ast.Try)):
                self.visit(node, prefix)
            elif isinstance(node, ast.ClassDef):
                self.bases[prefix + node.name] = [
                    base.attr if isinstance(base, ast.Attribute) else base.id
                    for base in node.bases
                    if isinstance(base, (ast.Attribute, ast.Name))]
                self.visit(node, f'{prefix}{node.name}.')
            elif isinstance(node, ast.FunctionDef):
                name = prefix + node.name
                self.functions.setdefault(
                    name, Function(self.source, name, node, self.lines))
                self.visit(node, name + '.')


def build_folder(path):
    """Where the program was built: the nearest folder above it that CMake
    has set up, or None."""
    folder = os.path.dirname(path)
    while folder != os.path.dirname(folder):
        if os.path.exists(os.path.join(folder, 'CMakeCache.txt')):
            return folder
        folder = os.path.dirname(folder)
    return None


ASK = ('import sys, sysconfig; '
       'print(sys.hexversion, sysconfig.get_path("stdlib"))')


@functools.lru_cache
def linked_python(program):
    """(version, folder of its standard library) of the Python that the
    program was built with."""
    build = build_folder(program)
    if build is None:
        raise gdb.GdbError(f'{program} is in no build folder, and so its '
                           'Python is not known: script/gdb builds one.')
    with open(os.path.join(build, 'CMakeCache.txt'),
              encoding='utf-8') as cache:
        python = re.search(r'^_?Python3_EXECUTABLE:\w+=(.*)$', cache.read(),
                           re.M)[1]
    answer = subprocess.run([python, '-c', ASK], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    version, _, folder = answer.strip().partition(' ')
    return int(version), folder


def library(program):
    """The folder of the standard library that the program uses."""
    version, folder = linked_python(program)
    try:
        runs = int(gdb.parse_and_eval('*(unsigned long *)&Py_Version'))
    except gdb.error:  # it does not run yet
        return folder
    if runs != version:
        raise gdb.GdbError(f'The program runs with Python {runs >> 24}.'
                           f'{runs >> 16 & 255}.{runs >> 8 & 255}, and not '
                           'with the one that it was built for: build it '
                           'again.')
    return folder


@functools.lru_cache
def read_module(folder, source):
    return Module(folder, source)


def module(source):
    return read_module(library(gdb.current_progspace().filename), source)


def mirrored_names():
    """The C names of all functions of the mirrored modules."""
    return {c_name(name.replace('.', '.<locals>.')
                   if name.partition('.')[0] in each.functions else name)
            for each in map(module, MIRRORED) for name in each.functions}


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
