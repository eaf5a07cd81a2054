"""The application that a command line names, for Python's own server: as the
program finds it (find_application in C)."""

import importlib
import importlib.util
import os
import re
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)

DEFAULT_NAMES = ('application', 'app')


def find_application(name):
    """MODULE or FILE.py, with :CALLABLE, :OBJECT.ATTRIBUTE or :FACTORY()
    behind it or without. LookupError says why there is none; what the module
    itself raises passes through."""
    hide_tools()
    match = re.fullmatch(r'(?s)(.*\.py)(?::(.*))?|([^:]*)(?::(.*))?', name)
    if match[1]:
        module, attribute = load_file(match[1]), match[2]
    else:
        module, attribute = load_module(match[3]), match[4]
    if attribute is None:
        attribute = next((each for each in DEFAULT_NAMES
                          if hasattr(module, each)), DEFAULT_NAMES[0])
    target, factory = re.fullmatch(r'(?s)(.*?)(\(\))?', attribute).groups()
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


def hide_tools():
    """The application finds none of our modules: it may have a "tools" or a
    "cases" of its own. What has been imported stays."""
    if ROOT in sys.path:
        sys.path.remove(ROOT)
    sys.path[:] = [folder for folder in sys.path
                   if os.path.dirname(os.path.abspath(folder)) != TOOLS]
    sys.modules.pop('tools', None)


def load_file(path):
    """The module of a file, which can import what lies beside it."""
    if not os.path.isfile(path):
        raise LookupError(f'there is no file {path}')
    path = os.path.realpath(path)
    sys.path[:0] = [os.getcwd(), os.path.dirname(path)]
    name = os.path.basename(path).removesuffix('.py')
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
