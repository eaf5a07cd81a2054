"""Where releases of CPython differ: docs/releases.md says it to people.

Where to look:

    probes.py   a probe for each behaviour, which asks the library
    sources.py  digests of the functions of the library
    known.py    the releases that have been asked; known.json has what
                both of these said
    page.py     the tables of docs/releases.md

script/releases asks Pythons and writes known.json and the page.
tools/compare/changes.py makes use of the digests; tests/releases asks the
linked Python.
"""
