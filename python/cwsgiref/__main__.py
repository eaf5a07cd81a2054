"""python3 -m cwsgiref [options] [MODULE:CALLABLE] is the program cwsgiref."""

import os
import pathlib
import shutil
import sys

import _cwsgiref


def find_program():
    """The program that was built or installed together with this package, or
    else the one of PATH; None if there is none."""
    for folder in pathlib.Path(_cwsgiref.__file__).resolve().parents:
        # build/PRESET/cwsgiref, PREFIX/bin/cwsgiref
        for path in (folder / 'cwsgiref', folder / 'bin' / 'cwsgiref'):
            if path.is_file() and os.access(path, os.X_OK):
                return path
    return shutil.which('cwsgiref')


def main():
    program = find_program()
    if program is None:
        sys.exit('python3 -m cwsgiref: there is no program "cwsgiref", neither '
                 f'above {os.path.dirname(_cwsgiref.__file__)} nor in PATH: '
                 'cmake --install installs it beside this package')
    if sys.prefix != sys.base_prefix:  # of a virtual environment
        os.environ['VIRTUAL_ENV'] = sys.prefix
    sys.stdout.flush()
    os.execv(program, ['cwsgiref', *sys.argv[1:]])


if __name__ == '__main__':
    main()
