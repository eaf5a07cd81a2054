"""Python imports this as it starts, where cwsgiref.as_wsgiref has put this
folder on its path: in what a program so run has started, such as that of
Django's autoreload.
"""

import importlib.machinery
import importlib.util
import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def _run_hidden():
    """The sitecustomize that this one hides."""
    path = [folder for folder in sys.path
            if os.path.abspath(folder) != _FOLDER]
    spec = importlib.machinery.PathFinder.find_spec('sitecustomize', path)
    if spec is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules['sitecustomize'] = module
        spec.loader.exec_module(module)


def _install():
    try:
        import cwsgiref
    except ImportError:
        return  # another Python, for which nobody has built it
    cwsgiref.install()


_install()
_run_hidden()
