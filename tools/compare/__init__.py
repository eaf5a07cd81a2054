"""cwsgiref beside Python's own wsgiref.simple_server, from outside.

The same bytes go to both servers, which run the same application under the
same Python; what comes back must be the same: the answer byte for byte, the
log line by line, and the way the connection ends.

Where to look:

    cases.py          what is sent, case by case: name, reason, steps
    apps.py           the application that both servers run
    differences.py    the few things that may differ: it reads them from
                      docs/differences.md, which has the reasons
    exchange.py       the steps of a case, and what came back
    servers.py        starts and stops the two servers
    reference.py      Python's server, as a program
    pair.py           the class of a test that asks both
    suites.py         a test for each case, and a pair of variants
    corpus.py         all such tests at once, for script/compare

    variants.c, .py   subclasses of the server's classes, in both
    http_1_1.py       what is sent to those that say HTTP/1.1
    reference_cgi.py  Python's CGI handlers, as a program
    failing.py        applications that fail

    fuzz.py           script/compare --fuzz: random cases on both servers
    generator.py      makes the cases: the request, and how it is sent,
    behaviours.py     and what the application does, both by a
    grammar.py        grammar
    shrinker.py       makes one that shows a mismatch as small as it can be
    found.py          what has been found so, and is mended

    one_request.py    one request to any application, for script/compare;
                      observer.py notes its environ, columns.py shows what
                      came back from both, fresh.py passes over what is made
                      anew each time
    changes.py        what is new in a Python that nobody has seen, and which
                      differences that may have caused; entered.py notes which
                      functions a request enters

tests/compare has the tests.
"""
