"""cwsgiref beside Python's own wsgiref.simple_server, from outside.

The same bytes go to both servers, which run the same application under the
same Python; what comes back must be the same: the answer byte for byte, the
log line by line, and the way the connection ends.

Where to look:

    cases.py             what is sent, case by case: name, reason, steps
    apps.py              the application that both servers run
    differences.py       the few things that may differ, each with its reason
    exchange.py          the steps of a case, and what came back
    servers.py           starts and stops the two servers
    reference.py         Python's server, as a program
    test_compare.py      every case on both servers; is the program level?
    test_mix_ins.py      the same with --threads, and with --fork
    test_http_client.py  real clients: http.client and curl

To run it, from the folder above:

    CWSGIREF=../build/study/cwsgiref \\
        python3 -m unittest -v compare/test_compare.py

CWSGIREF=reference puts Python's server on both sides: no case may differ
then, or the case is not fit to tell anything.
"""
