"""What gdb knows of the Python that the program is linked with."""

import functools
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@functools.cache
def has_script():
    """Whether gdb has its script and its symbols, and shows Python's values
    and frames."""
    said = subprocess.run(
        [ROOT / 'script' / 'gdb', '-nx', '--batch', '-ex', 'break main',
         '-ex', 'run', '-ex', 'python from tools.gdb.mirror import printers; '
         'print("SCRIPT", printers.has_python_script())'],
        stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    return 'SCRIPT True' in said


def need_script():
    """Skips what is about them where they are not installed; the system's own
    Python has them wherever all has to be tested."""
    if not has_script():
        missing = ('gdb does not know this Python: its debug symbols are not '
                   'installed (Debian: python3-dbg)')
        if os.environ.get('CI') and sys.prefix == '/usr':
            raise AssertionError(missing)
        raise unittest.SkipTest(missing)
