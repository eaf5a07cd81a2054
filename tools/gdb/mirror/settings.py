"""What gdb is told before anything else."""

import gdb

SETTINGS = [
    'set debuginfod enabled off',
    'set pagination off',
    'set print pretty on',
    'set filename-display basename',
    # `step` goes from method to method of ours: not into CPython, whose API
    # begins with Py, nor into libc, where their debug symbols are installed.
    'skip -gfi *.h',
    'skip -rfu ^_*Py',
]
# The folders of libc's source, where `step` might get to from ours.
LIBC = ['io', 'libio', 'stdio-common', 'string', 'stdlib', 'time', 'socket',
        'misc', 'nptl', 'malloc', 'debug', 'inet', 'posix', 'elf', 'signal',
        'sysdeps', 'sysdeps/*', 'sysdeps/*/*', 'sysdeps/*/*/*',
        'sysdeps/*/*/*/*', 'sysdeps/*/*/*/*/*']


def register():
    for command in SETTINGS:
        gdb.execute(command, to_string=True)
    for folder in LIBC:
        gdb.execute(f'skip -gfi {folder}/*.[cS]', to_string=True)
