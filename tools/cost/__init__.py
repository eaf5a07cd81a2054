"""What each call of one request costs: script/trace --cost.

The cost preset is the release build, but no function of ours is merged into
its caller. valgrind's callgrind counts its instructions, and writes down what
it has counted whenever a function of the tree begins or ends; valgrind also
tells of each system call. From both comes a list of events, and from these
the tree.

    measure.py     runs the program under callgrind for a few requests
    events.py      reads what callgrind has written
    tree.py        the calls of one request with what each costs; as text
    picture.py     the same as a picture
    page.py        the tree in docs/performance.md

tests/cost/test_cost.py
"""
