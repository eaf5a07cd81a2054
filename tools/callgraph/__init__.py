"""The calls of one request, in Python's server and in cwsgiref: the same
functions, in the same order, at the same depth.

Where to look:

    cases.py           the requests: name, application, bytes, options
    apps.py            the applications, one for each branch of the chain
    names.py           the rule of names: what a Python function is in C;
                       what a tree shows
    record.py          Python's server with its calls on record
    values.py          how it writes an argument down
    ../trace/trace.c   the same of the trace preset
    parameters.py      where the arguments of a C function lie
    traces.py          runs either for one request, reads the record
    comparison.py      both records by one rule; the table of what may differ
    live.py            a tree that is printed while the request runs
    page.py            docs/callgraph.md, as far as it is written by machine

tests/callgraph/test_callgraph.py: every case; docs/callgraph.md; script/trace

    script/bootstrap trace
    CWSGIREF_TRACE=build/trace/cwsgiref \\
        python3 -m unittest -v tests/callgraph/test_callgraph.py

The table of what may differ is the last one of docs/callgraph.md.
"""
