"""python3 -m cwsgiref.as_wsgiref PROGRAM [ARGUMENT ...]
python3 -m cwsgiref.as_wsgiref -m MODULE [ARGUMENT ...]

Runs a Python program on the classes of cwsgiref, in the place of wsgiref's;
and so what the program starts with the same Python.
"""

import os
import pathlib
import runpy
import sys

import cwsgiref

# What is a program itself: it has to be that of ours.
_PROGRAMS = {'http.server': 'cwsgiref.http.server'}


def _tell_children():
    """Children find _children/sitecustomize.py; they find this package as
    this process has."""
    folder = pathlib.Path(cwsgiref.__file__).resolve().parent / '_children'
    known = os.environ.get('PYTHONPATH')
    os.environ['PYTHONPATH'] = os.pathsep.join(
        [str(folder), *([known] if known else [])])


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ['-m']:
        arguments = arguments[1:]
        run = runpy.run_module
        more = {'alter_sys': True}
        sys.path.insert(0, os.getcwd())
    else:
        run = runpy.run_path
        more = {}
        if arguments:
            sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
    if not arguments or arguments[0].startswith('-'):
        print(__doc__, file=sys.stderr)
        return 2
    cwsgiref.install()
    _tell_children()
    sys.argv = arguments
    program = arguments[0]
    if run is runpy.run_module and program in _PROGRAMS:
        program = _PROGRAMS[program]
        sys.modules.pop(program)
    run(program, run_name='__main__', **more)
    return 0


if __name__ == '__main__':
    sys.exit(main())
