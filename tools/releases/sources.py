"""What Python's library is made of, in digests: one for each function, and for
each value that a module or a class has. Two releases in which an item has the
same digest have the same code there.

A digest is that of the syntax tree, without docstrings, annotations and
positions, so that every Python makes the same of the same source.
"""

import ast
import fnmatch
import hashlib
import importlib.util
import pathlib
from typing import NamedTuple

# Modules that cwsgiref mirrors, or that those call while they answer. After
# the name: which items, or (with "!") which not.
MODULES = {
    'socketserver': '',
    'http': '',
    'http.server': '!SimpleHTTPRequestHandler* CGIHTTPRequestHandler* '
                   '_url_collapse_path nobody* executable test '
                   '_get_best_family',
    'wsgiref.simple_server': '',
    'wsgiref.handlers': '',
    'wsgiref.headers': '',
    'wsgiref.util': '',
    'wsgiref.validate': '',
    'http.client': 'parse_headers _read_headers _parse_header_lines '
                   'HTTPMessage* _MAX*',
    'email.feedparser': '',
    'email.parser': '',
    'email.message': '!EmailMessage* MIMEPart*',
    'email._policybase': '',
    'email.utils': 'decode_* collapse_rfc2231_value unquote rfc2231*',
    'urllib.parse': 'quote* unquote* _Quoter* _quoter* _unquote* _ALWAYS* '
                    '_hexdig* _hextobyte* _asciire',
    'html': 'escape',
    'socket': '!create_* has_* fromfd socketpair send_fds recv_fds',
    'selectors': '!Epoll* Kqueue* Devpoll*',
    'threading': 'Thread Thread.* _DummyThread* ExceptHookArgs '
                 '_make_excepthook* excepthook',
    'traceback': '',
    'warnings': '_show* _format* show* format*',
    '_py_warnings': '_show* _format* show* format*',
}


class Item(NamedTuple):
    """A function, a class as such, or a value that has a name."""
    digest: str
    is_function: bool
    names: set  # what it refers to


def path_of(module):
    """The file of a module of this Python; None if it has no such module."""
    spec = importlib.util.find_spec(module)
    return spec and pathlib.Path(spec.origin)


def items(module):
    """The Items of a module of this Python, by name: BaseServer.shutdown."""
    path = path_of(module)
    if path is None:
        return {}
    found = {}
    collect(ast.parse(path.read_bytes()).body, '', found)
    pattern = MODULES[module]
    patterns = pattern.removeprefix('!').split()
    return {name: item for name, item in found.items()
            if pattern == '' or pattern.startswith('!') != any(
                fnmatch.fnmatchcase(name, each) for each in patterns)}


def collect(statements, prefix, found):
    """Adds the items of the body of a module or a class."""
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            add(found, prefix + node.name, node, is_function=True)
        elif isinstance(node, ast.ClassDef):
            collect_class(node, prefix + node.name, found)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for name in assigned(node):
                add(found, prefix + name, node.value)
        elif '__name__' not in names_in(getattr(node, 'test', node)):
            # The parts of if, try, with; anything else has none.
            for part in 'body', 'orelse', 'finalbody':
                collect(getattr(node, part, []), prefix, found)
            for handler in getattr(node, 'handlers', []):
                collect(handler.body, prefix, found)


def assigned(node):
    """The names that get a value; none in an annotation alone."""
    targets = getattr(node, 'targets', None) or [node.target]
    return [each.id for target in targets for each in ast.walk(target)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            and node.value is not None]


def collect_class(node, name, found):
    """An enumeration is one item."""
    if 'Enum' in ' '.join(names_in(node)):
        add(found, name, node)
        return
    head = ast.Tuple([*node.bases, *node.decorator_list,
                      *(each.value for each in node.keywords)])
    add(found, name, head)
    collect(node.body, name + '.', found)


def add(found, name, node, is_function=False):
    """One name may have several meanings: in the branches of an `if`, or with
    the setter of a property."""
    names = names_in(node)
    digest = digest_of(node)
    if name in found:
        before = found[name]
        names |= before.names
        digest = shortened(before.digest + digest)
        is_function |= before.is_function
    found[name] = Item(digest, is_function, names)


def names_in(node):
    """All that it refers to, without what stands before a dot."""
    return {getattr(each, 'id', None) or getattr(each, 'attr', '')
            for each in ast.walk(node)
            if isinstance(each, (ast.Name, ast.Attribute))}


def digest_of(node):
    return shortened(repr(normal(node)))


def shortened(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


# Fields of a node that say nothing about what it does.
UNSEEN = {'annotation', 'returns', 'ctx', 'kind', 'type_comment',
          'type_params'}


def normal(node):
    """The tree as a tuple. A field that newer Pythons have besides is empty, 0
    or None for the code of older ones: such are left out."""
    if isinstance(node, list):
        return [normal(each) for each in node if not is_text(each)]
    if not isinstance(node, ast.AST):
        return node
    fields = [(name, normal(value)) for name, value in ast.iter_fields(node)
              if name not in UNSEEN and (value or name == 'value')]
    return (type(node).__name__, *sorted(fields))


def is_text(node):
    """A docstring, or a text that stands for a comment."""
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str))
