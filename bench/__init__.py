"""What script/bench is made of: it lets servers answer the same requests, side
by side, and says what one request costs each of them.

applications.py  what every server serves
cases.py         what they are asked, and which answer is right
servers.py       the servers: which are here, and how each is started
serve.py         starts one that is a Python library
floor.c          the least that a server in C can do
load.c           the client
machine.py       processors, a network of one's own, and who else is busy
running.py       a server that runs, and one measurement of it
rounds.py        all of them in turn, round by round
calls.py         system calls of a request
instructions.py  user instructions of a request; instructions.json keeps them
table.py         what comes out, as tables, and as a part of a page
progress.py      how far it is
"""
