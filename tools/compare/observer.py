"""What script/compare puts between a server and an application: it notes the
environ, and passes on everything else untouched.

The environment variable COMPARE_OBSERVER holds, as JSON, which application
this is, and in which file its environ is to be noted. The application does
not see it.

    python3 observer.py

says whether that application can be found: what is wrong, on stderr, and
exits with NOT_FOUND.
"""

import importlib
import importlib.util
import json
import os
import re
import sys

VARIABLE = 'COMPARE_OBSERVER'
NOT_FOUND = 2


def find(name):
    """The application: MODULE:CALLABLE, a dotted module or a path that ends
    in .py, as the program has it. Raises LookupError."""
    match = re.fullmatch(r'(?s)(.*\.py)(?::(.*))?|([^:]*)(?::(.*))?', name)
    if match[1]:
        module, attribute = load_file(match[1]), match[2]
    else:
        module, attribute = load_module(match[3]), match[4]
    if attribute is None:
        attribute = next((each for each in ('application', 'app')
                          if hasattr(module, each)), 'application')
    target, factory = re.fullmatch(r'(.*?)(\(\))?', attribute).groups()
    found = module
    for part in target.split('.'):
        if not hasattr(found, part):
            raise LookupError(f'{module.__name__} has no {target!r}: name '
                              f'the application, as MODULE:CALLABLE')
        found = getattr(found, part)
    if factory:
        found = found()
    if not callable(found):
        raise LookupError(f'{name} cannot be called: it is no application')
    return found


def load_file(path):
    """The module of a file, which can import what lies beside it."""
    if not os.path.isfile(path):
        raise LookupError(f'there is no file {path}')
    path = os.path.realpath(path)
    sys.path.insert(0, os.path.dirname(path))
    name = os.path.basename(path)[:-len('.py')]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load_module(name):
    """A module of the working directory, or of those where Python looks."""
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if f'{name}.'.startswith(f'{error.name}.'):
            raise LookupError(f'there is no module {name!r} here or in '
                              f'PYTHONPATH') from None
        raise
    except (TypeError, ValueError):
        raise LookupError(f'{name!r} is no name of a module') from None


def sync(environ):
    """Whether servers.py asks, which wants to know how far the log is."""
    return (environ['PATH_INFO'].startswith('/sync/')
            and environ['SERVER_PROTOCOL'] == 'HTTP/1.0'
            and 'HTTP_HOST' not in environ)


def observed(application, path):
    """The application, whose environ is noted in the file."""
    def observe(environ, start_response):
        environ.pop(VARIABLE, None)
        if sync(environ):
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return []
        with open(path, 'w', encoding='utf-8', errors='backslashreplace') \
                as file:
            json.dump([f'{key} = {value!r}'
                       for key, value in sorted(environ.items())], file)
        return application(environ, start_response)
    return observe


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path
                   if os.path.abspath(path) != here]
    what = json.loads(os.environ.pop(VARIABLE))
    return observed(find(what['application']), what['environ'])


if __name__ == '__main__':
    try:
        main()
    except LookupError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_FOUND)
elif not __package__:  # a server has imported it
    application = main()
