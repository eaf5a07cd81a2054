"""The source of one function, out of a C file or a Python file: its name,
language, file, the number of its first line, and its text."""

import ast
import functools
import os
import pathlib
import re
import textwrap
import tokenize

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What is not code: a brace in it does not count.
NOT_CODE = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'""",
    re.DOTALL | re.VERBOSE)


@functools.cache
def read(path):
    """In the encoding that a Python file names, or in UTF-8."""
    with tokenize.open(path) as file:
        return file.read()


def short(path):
    """The path without the folder of the project or of the library."""
    for folder in (str(ROOT), os.path.dirname(os.__file__)):
        if path.startswith(folder + os.sep):
            return os.path.relpath(path, folder)
    return path


def source(name, language, path, line, text):
    return {'name': name, 'language': language, 'file': short(path),
            'line': line, 'text': text.rstrip('\n')}


def has_line(found, place):
    """Whether "FILE:LINE" is in the text."""
    path, _, line = (place or '').rpartition(':')
    return short(path) == found['file'] and line.isdecimal() and (
        0 <= int(line) - found['line'] <= found['text'].count('\n'))


def blanked(text):
    """The text with a space for each character that is not code."""
    return NOT_CODE.sub(lambda match: ' ' * len(match[0]), text)


def end_of_block(code, start):
    """Where the block ends that the brace at `start` begins."""
    depth = 0
    for brace in re.finditer('[{}]', code[start:]):
        depth += 1 if brace[0] == '{' else -1
        if depth == 0:
            return start + brace.end()
    raise LookupError('a block without an end')


def cut_c(text, name):
    """(number of the first line, text) of the definition of a function, with
    the comment above it. The layout is that of .clang-format: the name begins
    its line, and an empty line stands above."""
    code = blanked(text)
    found = re.search(rf'^{re.escape(name)}\([^;{{]*\{{', code, re.MULTILINE)
    if found is None:
        raise LookupError(f'no definition of {name}')
    before = code.rfind('\n\n', 0, found.start())
    start = 0 if before < 0 else before + 2
    end = end_of_block(code, found.end() - 1)
    return text.count('\n', 0, start) + 1, text[start:end]


def c_source(name, path):
    try:
        return source(name, 'c', path, *cut_c(read(path), name))
    except LookupError as error:
        raise LookupError(f'{path}: {error}') from None


def definitions(tree, prefix=''):
    """(first line, last line, qualified name) of each function and class."""
    for node in ast.iter_child_nodes(tree):
        name = getattr(node, 'name', '<lambda>')
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef,
                             ast.ClassDef, ast.Lambda)):
            decorators = getattr(node, 'decorator_list', [])
            first = min(each.lineno for each in [node, *decorators])
            yield first, node.end_lineno, prefix + name
        inner = prefix
        if isinstance(node, ast.ClassDef):
            inner = prefix + name + '.'
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = ''  # a function in a function has its own name
        yield from definitions(node, inner)


@functools.cache
def functions(path):
    """{first line: (last line, qualified name)}; where two begin in one line,
    the outer one counts."""
    found = {}
    for first, last, name in definitions(ast.parse(read(path))):
        found.setdefault(first, (last, name))
    return found


def python_source(place):
    """The function that begins at "FILE:LINE". Of an application that is
    written in C, or by a program, there is none: "-", "<string>:1"."""
    path, _, line = place.rpartition(':')
    if not os.path.isfile(path):
        return source('application', 'python', '-', 1,
                      '# no file has its source')
    first = int(line)
    if first not in functions(path):
        raise LookupError(f'{path}: no function begins at line {line}')
    last, name = functions(path)[first]
    lines = read(path).split('\n')[first - 1:last]
    return source(name, 'python', path, first,
                  textwrap.dedent('\n'.join(lines)))
