"""What script/test, and tests, run a program with.

    layers.py    ctest, told layer by layer
    watch.py     runs a test, and ends it when it hangs
    ptys.py      a terminal to run a program in
    terminal.py  one of the kind vt100, and what stands on its screen
"""
