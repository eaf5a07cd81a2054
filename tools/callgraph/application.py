"""The application that a command line names, for Python's own server: as the
program finds it (src/embed/application.h)."""

import importlib
import importlib.util
import os
import re
import sys

DEFAULT_NAMES = ('application', 'app')


def load_file(path):
    """The module of a file: its stem is the name."""
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    name = os.path.basename(path).removesuffix('.py')
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_application(name):
    """MODULE or FILE.py, with :CALLABLE, :OBJECT.ATTRIBUTE or :FACTORY()
    behind it or without. SystemExit says why there is none."""
    where, attribute = re.fullmatch(r'(.*\.py|[^:]*):?(.*)', name).groups()
    sys.path.insert(0, os.getcwd())
    try:
        module = (load_file(where) if where.endswith('.py')
                  else importlib.import_module(where))
        if not attribute:
            attribute = next((each for each in DEFAULT_NAMES
                              if hasattr(module, each)), DEFAULT_NAMES[0])
        found = module
        for part in attribute.removesuffix('()').split('.'):
            found = getattr(found, part)
        return found() if attribute.endswith('()') else found
    except Exception as error:
        sys.exit(f'Python\'s server cannot serve {name}: '
                 f'{type(error).__name__}: {error}')
