"""The modules that the tests name, in a directory of their own that is the
current one: copies of embed/applications, and what is made here."""

import os
import shutil
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True
applications = os.path.join(os.path.dirname(__file__), 'applications')
directory = tempfile.TemporaryDirectory()
os.chdir(directory.name)
here = os.getcwd()


def write(path, text):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'w') as file:
        file.write(text)


shutil.copytree(applications, '.', dirs_exist_ok=True)
write('bare.py', '')
write('numbered.py', '__name__ = 5\n')
write('package/__init__.py', '')
write('package/module.py', 'def app(e, s): pass\n')
write('package/needs.py', 'import not_there\n')
write('namespace/inner.py', 'def app(e, s): pass\n')
write('raises.py', 'def f():\n    1 / 0\nf()\n')
write('needs.py', 'import not_there\n')
write('syntax.py', 'def app(:\n')
write('exits.py', 'import sys\nsys.exit("set SECRET first")\n')
write('exits3.py', 'import sys\nsys.exit(3)\n')
write('interrupted.py', 'raise KeyboardInterrupt\n')
write('plain', '')
write('sub/in.sub.py', 'import beside\napp = beside.app\n')
write('sub/beside.py', 'def app(e, s): pass\n')
write('sub/raises.py', 'def f():\n    1 / 0\nf()\n')
write('sub/os.py', 'def app(e, s): pass\n')
write('sub/a:b/colon.py', 'def app(e, s): pass\n')
write('sub/file.py/README', '')
os.symlink('sub/in.sub.py', 'link.py')


def remove_modules():
    os.chdir('/')
    directory.cleanup()


def frames_of(caught):
    """The names in the traceback of what it was raised over."""
    context = caught.__context__
    return context and [
        frame.name for frame in traceback.extract_tb(context.__traceback__)]
