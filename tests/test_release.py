"""What Python says when it is asked in words of its own."""

import sys

from rows import Rows
from tools.releases.probes import PROBES

rows = Rows()


def compare_with_probe(name, said):
    rows.compare(name, said, PROBES[name].ask())


class Interrupts:
    def find_spec(*arguments):
        raise KeyboardInterrupt


asked = None


def interrupt_imports():
    global asked
    asked = sys.modules.pop('http.server')
    sys.meta_path.insert(0, Interrupts)


def hide_module():
    """Whoever asked now would get no answer."""
    global asked
    asked = sys.modules['http.server']
    sys.modules['http.server'] = None


def restore():
    if Interrupts in sys.meta_path:
        sys.meta_path.remove(Interrupts)
    sys.modules['http.server'] = asked
