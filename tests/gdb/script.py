"""script/gdb for a test, and what it prints."""

import os
import pathlib
import re
import shutil
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
C_FLAGS = os.environ['CWSGIREF_C_FLAGS']


def need_gdb():
    if '-O0' not in C_FLAGS or '-finstrument' in C_FLAGS:
        raise unittest.SkipTest('only the study build is stepped')
    if shutil.which('gdb') is None:
        if os.environ.get('CI'):
            raise AssertionError('gdb is not installed')
        raise unittest.SkipTest('gdb is not installed')


def clean_environment():
    """One whose values gdb shows do not depend on the machine."""
    return {'PATH': os.environ['PATH'], 'LANG': 'C.UTF-8',
            'HOME': tempfile.gettempdir(), 'PYTHONDONTWRITEBYTECODE': '1',
            'CWSGIREF': os.environ['CWSGIREF']}


def script_gdb(*arguments):
    return [ROOT / 'script' / 'gdb', '-nx', *arguments]


def tree_of_chain(text):
    return [(len(prefix) // 4, name) for prefix, name in
            re.findall(r'^([│├└─ ]*)(\w+)\(', text, re.MULTILINE)]
