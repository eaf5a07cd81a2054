"""A Python that has the package cwsgiref on its path: that of this build."""

import functools
import os
import pathlib
import subprocess
import sys

from tools.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ['CWSGIREF_BUILD'])
PATH = f'{ROOT / "python"}:{BUILD / "python"}'


@functools.cache
def sanitizer():
    """What a Python that AddressSanitizer is not in needs to load a module
    that it is in. Leaks are another test's, with a debug build of CPython:
    here each Python would report its own."""
    if '-fsanitize=address' not in os.environ.get('CWSGIREF_C_FLAGS', ''):
        return {}
    library = subprocess.run(['cc', '-print-file-name=libasan.so'], text=True,
                             stdout=subprocess.PIPE, check=True).stdout.strip()
    return {'LD_PRELOAD': os.path.realpath(library),
            'PYTHONMALLOC': 'malloc',
            'ASAN_OPTIONS': 'detect_leaks=0'}


def environment(**more):
    """Whatever uses memory that is free finds something there that is no
    object."""
    return {**os.environ, 'PYTHONPATH': PATH, 'PYTHONDONTWRITEBYTECODE': '1',
            'PYTHONMALLOC': 'debug', **sanitizer(), **more}


def python(*arguments, **more):
    """Runs it to its end."""
    return subprocess.run(
        [sys.executable, '-X', 'faulthandler', *arguments],
        env=environment(), capture_output=True, text=True, timeout=PATIENCE,
        check=False, **more)
