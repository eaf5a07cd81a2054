"""The player's page: player.html with its style, its script and one recording
inside, so that it needs nothing else.

The recording is JSON:

    request       its first line        application   what it was sent to
    release       of Python, on both sides
    received      its bytes, as latin-1: the beginning, how many are left out
                  then, and the end
    sent          those of the answer
    sources       the functions: name, language, file, line, text
    steps         the calls: depth; parent, the number of the calling step or
                  null; begins, what begins with a call without a caller:
                  "program", "thread" or "process", or null; for c and python
                  each: name, source, arguments, line (the calling line in the
                  parent's source, or null), via (where else it was called
                  from, or null); and for received
                  and sent how many bytes there were when the call began, and
                  when the next one did
    copyright, licences  of the excerpts
"""

import base64
import hashlib
import json
import os
import pathlib
import platform
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def read(name):
    return (HERE / name).read_text(encoding='utf-8')


def hash_source(text):
    """What a Content-Security-Policy calls a text that is allowed."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(style, script):
    return ("<meta http-equiv=\"Content-Security-Policy\" content=\""
            f"default-src 'none'; base-uri 'none'; "
            f"style-src {hash_source(style)}; "
            f"script-src {hash_source(script)}\">")


def replaced(text, old, new):
    if text.count(old) != 1:
        raise ValueError(f'player.html: {old} has to be there once')
    return text.replace(old, new)


def page(recording):
    style, script = read('player.css'), read('player.js')
    # No "</script>" and no "<!--" may be in the data.
    data = json.dumps(recording, separators=(',', ':')).replace('<', r'\u003c')
    text = read('player.html')
    text = replaced(text, '<link rel="stylesheet" href="player.css">',
                    f'{policy(style, script)}\n<style>{style}</style>')
    text = replaced(text, '<script src="player.js"></script>',
                    f'<script>{script}</script>')
    return replaced(text, 'id="recording"></script>',
                    f'id="recording">{data}</script>')


def python_licence():
    """The text that the installation has; else where there is one."""
    library = pathlib.Path(os.__file__).parent
    for folder in (library, library.parent):
        for name in ('LICENSE.txt', 'LICENSE'):
            if (folder / name).is_file():
                return (folder / name).read_text(encoding='utf-8')
    return f'{sys.copyright}\n\nhttps://www.python.org/psf/license/'


def notices():
    """release, copyright and licences: the page has excerpts of both
    projects."""
    owner = ' '.join(sys.copyright.splitlines()[:2])
    return {
        'release': platform.python_version(),
        'copyright': f'Excerpts of CPython {platform.python_version()}: '
                     f'{owner}',
        'licences': [['C: cwsgiref', (ROOT / 'LICENSE').read_text(
                         encoding='utf-8')],
                     ['Python: CPython', python_licence()]],
    }
