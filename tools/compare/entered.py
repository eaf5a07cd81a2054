"""Which functions of Python's library a reference server enters, of those that
somebody watches: changes.py.

The folder that COMPARE_ENTERED names has a file "watched", of [module, name of
a function], and gets a line in its file "log" for each time that one of them
is entered.
"""

import json
import os
import sys
import threading

VARIABLE = 'COMPARE_ENTERED'


def start():
    """Watches, in all threads, if somebody wants it."""
    folder = os.environ.get(VARIABLE)
    if folder is None:
        return
    with open(os.path.join(folder, 'watched'), encoding='utf-8') as file:
        watched = set(map(tuple, json.load(file)))
    log = os.open(os.path.join(folder, 'log'), os.O_WRONLY | os.O_APPEND)
    lines = {}  # by code object: what to write, or nothing

    def note(frame, event, argument):
        if event != 'call':
            return
        code = frame.f_code
        if code not in lines:
            name = (frame.f_globals.get('__name__'),
                    code.co_qualname.partition('.<locals>')[0])
            lines[code] = f'{json.dumps(name)}\n' if name in watched else ''
        if lines[code]:
            os.write(log, lines[code].encode())

    threading.setprofile(note)
    sys.setprofile(note)


class Log:
    """The other end: what the servers of this process have entered."""

    def __init__(self, folder, watched):
        """All servers that are started from here on write into the folder."""
        self.path = os.path.join(folder, 'log')
        self.position = 0
        with open(self.path, 'w', encoding='utf-8'):
            pass
        with open(os.path.join(folder, 'watched'), 'w',
                  encoding='utf-8') as file:
            json.dump(list(watched), file)
        os.environ[VARIABLE] = folder

    def new(self):
        """The set of (module, function) since the last call."""
        with open(self.path, encoding='utf-8') as file:
            file.seek(self.position)
            lines = file.readlines()
            self.position = file.tell()
        return {tuple(json.loads(line)) for line in set(lines)}
