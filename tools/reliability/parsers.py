"""script/parsers, on many texts of a new seed."""

import os
import re
import subprocess
import sys

from tools import command
from tools.compare import fuzz
from tools.parsers.parsers import PARSERS, by_texts

from . import builds
from .row import Row, Watch, by_two, part, tell

COMMAND = 'script/reliability parsers'
TEXTS = 2_500_000


def rows(scale=1.0):
    watch = Watch()
    seed = fuzz.fresh_seed()
    texts = part(TEXTS, scale, 50)
    differing = sum(by_two([(compare, list(parsers), seed, texts)
                            for _, parsers in by_texts(PARSERS)]), [])
    yield Row(
        f'{len(PARSERS)} parsers of the chain beside Python\'s, in one '
        'process', f'{TEXTS:,} texts each: the same value, exception, answer '
        'and log', f'seed {seed}, {texts:,} each: '
        + (f'{", ".join(differing)} differ' if differing else '0 differences'),
        not differing, COMMAND, watch.seconds())


def compare(names, seed, texts):
    """The names of those that differ."""
    folders = command.ROOT / 'python', builds.folder() / 'python'
    done = subprocess.run(
        [sys.executable, command.ROOT / 'script' / 'parsers', '--cases',
         str(texts), '--seed', seed, *names], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, 'PYTHONPATH': ':'.join(map(str, folders))})
    if done.returncode == 0:
        return []
    tell(done.stdout)
    return re.findall(r'(?m)^(\S+): \d+ texts, [1-9]', done.stdout) or names
