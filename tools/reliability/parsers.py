"""script/parsers, on many texts of a new seed."""

import os
import subprocess
import sys

from tools import command
from tools.compare import fuzz
from tools.parsers.parsers import PARSERS

from . import builds
from .row import Row, Watch, by_two, part, tell

COMMAND = 'script/reliability parsers'
TEXTS = 1_000_000


def rows(scale=1.0):
    watch = Watch()
    seed = fuzz.fresh_seed()
    texts = part(TEXTS, scale, 50)
    differing = [name for name, output in by_two(
        [(compare, name, seed, texts) for name in PARSERS]) if output]
    yield Row(
        f'{len(PARSERS)} parsers of the chain beside Python\'s, in one '
        'process', f'{TEXTS:,} texts each: the same value, exception, answer '
        'and log', f'seed {seed}, {texts:,} each: '
        + (f'{", ".join(differing)} differ' if differing else '0 differences'),
        not differing, COMMAND, watch.seconds())


def compare(name, seed, texts):
    """The name, and what is wrong, in words."""
    folders = command.ROOT / 'python', builds.folder() / 'python'
    done = subprocess.run(
        [sys.executable, command.ROOT / 'script' / 'parsers', '--cases',
         str(texts), '--seed', seed, name], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, 'PYTHONPATH': ':'.join(map(str, folders))})
    if done.returncode == 0:
        return name, ''
    tell(done.stdout)
    return name, done.stdout
