"""The builds that the instruments look at."""

import os
import pathlib
import subprocess
import sys

from tools import command

from .row import LeftOut

# An environment variable: the folder of a build, which then stands for that
# of the release preset. The tests have one that is built already.
BUILT = 'CWSGIREF_RELIABILITY'


def begin():
    """Builds the release preset, and goes on with the Python in it. Says to
    tools/compare where the program is."""
    folder = pathlib.Path(os.environ.get(BUILT, command.ROOT / 'build'
                                         / 'release')).resolve()
    if BUILT not in os.environ:
        command.build('release', '--module')
    os.environ['CWSGIREF'] = str(folder / 'cwsgiref')
    os.environ['CWSGIREF_BUILD'] = str(folder)


def folder():
    """Of the release preset, or what stands for it."""
    return pathlib.Path(os.environ['CWSGIREF_BUILD'])


def preset(name, purpose='--program', python=None):
    """The folder of another preset, built."""
    environment = dict(os.environ)
    if python is not None:
        if not os.path.exists(python):
            raise LeftOut(f'there is no {python}')
        environment['PYTHON'] = python
    done = subprocess.run(
        [command.ROOT / 'script' / 'bootstrap', purpose, name],
        env=environment, stdout=sys.stderr)
    if done.returncode != 0:
        raise LeftOut(f'the {name} preset cannot be built')
    return command.ROOT / 'build' / name
