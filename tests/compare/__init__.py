"""cwsgiref beside Python's own wsgiref.simple_server, from outside.

The same bytes go to both servers, which run the same application under the
same Python; what comes back must be the same: the answer byte for byte, the
log line by line, and the way the connection ends.

Where to look:

    cases.py             what is sent, case by case: name, reason, steps
    apps.py              the application that both servers run
    differences.py       the few things that may differ: it reads them from
                         docs/differences.md, which has the reasons
    exchange.py          the steps of a case, and what came back
    servers.py           starts and stops the two servers
    reference.py         Python's server, as a program
    test_compare.py      every case on both servers
    test_itself.py       Python's server on both sides, on two different days
    test_level.py        is the program where it was, after each?
    test_mix_ins.py      the same with --threads, and with --fork
    test_validator.py    the same with --validate
    test_leaving.py      clients that leave, at each byte of their request
    test_http_client.py  real clients: http.client and curl

    suites.py            a test for each case, and a pair of variants
    variants.c, .py      subclasses of the server's classes, in both
    test_variants.py     with other buffers and class attributes
    test_http_1_1.py     HTTP/1.1, once and with connections that persist
    reference_cgi.py     Python's CGI handlers, as a program
    test_cgi.py          --cgi, and IISCGIHandler

    failing.py           applications that fail
    test_tracebacks.py   the frames in the log
    test_strict.py       --strict, beside the releases that refuse the same

    fuzz.py              script/compare --fuzz: random cases on both servers
    generator.py         makes the cases: the request, and how it is sent,
    behaviours.py        and what the application does, both by a
    grammar.py           grammar
    shrinker.py          makes one that shows a mismatch as small as it can be
    found.py             what has been found so, and is mended
    test_generator.py    these files, some thousand cases, and found.py

    corpus.py            all of these at once, for script/compare
    one_request.py       one request to any application, for script/compare;
                         observer.py notes its environ, columns.py shows what
                         came back from both, fresh.py passes over what is
                         made anew each time
    changes.py           what is new in a Python that nobody has seen, and
                         which differences that may have caused; entered.py
                         notes which functions a request enters
    test_changes.py      with a library in which a method is another

`script/compare` runs all of it; one file, from the project's folder:

    CWSGIREF=build/study/cwsgiref \\
        python3 -m unittest -v tests/compare/test_compare.py

CWSGIREF=reference puts Python's server on both sides: no case may differ
then, or the case is not fit to tell anything.
"""
