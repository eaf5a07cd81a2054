"""A Python that has the package cwsgiref on its path: that of this build."""

import os
import pathlib
import subprocess
import sys

from tools.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ['CWSGIREF_BUILD'])
PATH = f'{ROOT / "python"}:{BUILD / "python"}'


def environment(**more):
    return {**os.environ, 'PYTHONPATH': PATH, 'PYTHONDONTWRITEBYTECODE': '1',
            **more}


def python(*arguments, **more):
    """Runs it to its end."""
    return subprocess.run(
        [sys.executable, '-X', 'faulthandler', *arguments],
        env=environment(), capture_output=True, text=True, timeout=PATIENCE,
        check=False, **more)
