"""Where releases of CPython differ."""
