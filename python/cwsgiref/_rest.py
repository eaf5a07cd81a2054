"""What this project does not mirror of a module stays Python's: mix-ins,
SimpleHTTPRequestHandler, the constants. But it must stand on our classes. So
the source of Python's module is run once more, without the classes that are
ours.
"""

import ast
import importlib
from importlib.machinery import PathFinder


class _Without(ast.NodeTransformer):
    def __init__(self, names):
        self.names = names

    def visit_ClassDef(self, node):
        if node.name in self.names:
            return ast.copy_location(ast.Pass(), node)
        return node

    def visit_FunctionDef(self, node):
        return node


def _find_spec(name):
    """Of Python's own module, where install() has put ours in its place."""
    package = name.rpartition('.')[0]
    path = importlib.import_module(package).__path__ if package else None
    return PathFinder.find_spec(name, path)


def run(name, classes, imports, namespace, complete={}):
    """Run Python's module of that name in the namespace, with our classes (a
    dict) in the place of its own.

    imports: modules of ours that it finds as its own, by their names there.
    complete: what is called with a class of Python's, by its name, when that
    has been made.
    """
    spec = _find_spec(name)
    source = spec.loader.get_source(spec.name)
    tree = _Without(classes).visit(ast.parse(source, spec.origin))
    # the imports first, then ours in their places, then the rest
    own = {key: namespace[key] for key in
           ('__name__', '__doc__', '__spec__', '__file__', '__package__')}
    namespace.update(classes)
    for statement in tree.body:
        code = compile(ast.Module([statement], []), spec.origin, 'exec')
        exec(code, namespace)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            namespace.update({key: value for key, value in imports.items()
                              if key in namespace})
        elif getattr(statement, 'name', None) in complete:
            complete[statement.name](namespace[statement.name])
    namespace.update(own)
