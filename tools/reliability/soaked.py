"""The application of the servers under load: what the board says, compiled
once; without a board's text, that of tools/compare. /level is what must not
grow, /sound is always the same."""

import gc
import json
import linecache
import os
import re
import sys
import threading
import warnings
from functools import partial

COMPARE = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), 'compare')
sys.path.insert(0, COMPARE)

import apps  # noqa: E402
import behaviours  # noqa: E402

SOUND = b'Hello, world!\n'


def __getattr__(name):
    """Each board has an application of its own."""
    match = re.fullmatch(r'on_board_(\d+)_(\d+)', name)
    if match is None:
        raise AttributeError(name)
    board = behaviours.Board('/proc/%s/fd/%s' % match.groups())
    return partial(application, behaviours.names(), {}, board)


def application(known, compiled, board, environ, start_response):
    path = environ['PATH_INFO']
    if path == '/level':
        return level(start_response)
    if path == '/sound':
        start_response('200 OK', apps.plain())
        return [SOUND]
    text = board.read()
    if not text:
        return apps.application(environ, start_response)
    if text not in compiled:
        compiled[text] = compile(behaviours.source(text), 'behaviour', 'exec')
    program = known.copy()
    exec(compiled[text], program)
    return program['application'](environ, start_response)


def clear_caches():
    """What the interpreter and its library keep, as CPython's own hunt for
    leaks does, with many requests or few."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        sys._clear_type_cache()
    re.purge()
    linecache.clearcache()


def level(start_response):
    clear_caches()
    gc.collect()
    gc.collect()
    found = {
        'objects': len(gc.get_objects()),
        'blocks': sys.getallocatedblocks(),
        'descriptors': len(os.listdir('/proc/self/fd')),
        'threads': threading.active_count(),
    }
    if hasattr(sys, 'gettotalrefcount'):
        found['references'] = sys.gettotalrefcount()
    return apps.answer(start_response, json.dumps(found).encode())
