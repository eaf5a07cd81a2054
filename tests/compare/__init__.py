"""cwsgiref beside Python's own wsgiref.simple_server, by tools/compare.

    test_compare.py         every case of cases.py on both servers
    test_itself.py          Python's server on both sides, on two different
                            days
    test_level.py           is the program where it was, after each?
    test_mix_ins.py         the same with --threads, and with --fork
    test_validator.py       the same with --validate
    test_leaving.py         clients that leave, at each byte of their request
    test_http_client.py     real clients: http.client and curl
    test_variants.py        subclasses with other buffers and class attributes
    test_http_1_1.py        HTTP/1.1, once and with connections that persist
    test_cgi.py             --cgi, and IISCGIHandler
    test_tracebacks.py      the frames in the log
    test_strict.py          --strict, beside the releases that refuse the same

    test_generator.py       script/compare --fuzz: some thousand cases, and
                            what it has found
    test_changes.py         script/compare, with a library in which a method
                            is another
    test_fresh.py           what script/compare passes over
    test_script_compare.py  what script/compare says, and its exit status

`script/compare` runs all that compare; one file, from the project's folder:

    CWSGIREF=build/study/cwsgiref \\
        python3 -m unittest -v tests/compare/test_compare.py

CWSGIREF=reference puts Python's server on both sides: no case may differ
then, or the case is not fit to tell anything.
"""
