"""What files of the standard library define, for origin.py. The Python that
the program is linked with runs this, for the one in gdb may be too old to
read them:

    python definitions.py FILE ...

prints {"version": its sys.hexversion, "folder": that of the library, FILE:
{"bases": {class: [the names of its bases]}, "functions": {name: [first line,
last line, and those of its docstring, or 0, 0]}}, ...}.
"""

import ast
import json
import os
import sys
import sysconfig


def base_names(node):
    for base in node.bases:
        if isinstance(base, (ast.Attribute, ast.Name)):
            yield base.attr if isinstance(base, ast.Attribute) else base.id


def docstring(node):
    """Its first line and its last."""
    if ast.get_docstring(node, clean=False) is None:
        return 0, 0
    return node.body[0].lineno, node.body[0].end_lineno


def visit(parent, prefix, bases, functions):
    """Where one is defined twice, the first counts."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (ast.If, ast.Try)):
            visit(node, prefix, bases, functions)
        elif isinstance(node, ast.ClassDef):
            bases[prefix + node.name] = list(base_names(node))
            visit(node, f'{prefix}{node.name}.', bases, functions)
        elif isinstance(node, ast.FunctionDef):
            name = prefix + node.name
            functions.setdefault(name, [node.lineno, node.end_lineno,
                                        *docstring(node)])
            visit(node, name + '.', bases, functions)


def main():
    folder = sysconfig.get_path('stdlib')
    answer = {'version': sys.hexversion, 'folder': folder}
    for name in sys.argv[1:]:
        bases, functions = {}, {}
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            visit(ast.parse(file.read()), '', bases, functions)
        answer[name] = {'bases': bases, 'functions': functions}
    json.dump(answer, sys.stdout)


if __name__ == '__main__':
    main()
