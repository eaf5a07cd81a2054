"""python3 -m cwsgiref.as_wsgiref PROGRAM [ARGUMENT ...]
python3 -m cwsgiref.as_wsgiref -m MODULE [ARGUMENT ...]

Runs a Python program on the classes of cwsgiref, in the place of wsgiref's.
"""

import os
import runpy
import sys

import cwsgiref


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
    sys.argv = arguments
    run(arguments[0], run_name='__main__', **more)
    return 0


if __name__ == '__main__':
    sys.exit(main())
