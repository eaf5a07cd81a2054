"""HTTP/1.1 as subclasses on both sides have it: variants.c and variants.py.

wsgiref itself sets protocol_version to HTTP/1.0. A subclass can say HTTP/1.1,
and a framework's server completes it with connections that persist.

CWSGIREF is the path of the program under test, CWSGIREF_BUILD the folder it
was built in, where its variants are; `CWSGIREF=reference` runs the reference
against itself.
"""

import unittest

from tools.compare.cases import CASES
from tools.compare.exchange import Again, Shut
from tools.compare.http_1_1 import (ONE_REQUEST, ONE_REQUEST_OPTIONS,
                                    PERSISTENT, PERSISTENT_OPTIONS)
from tools.compare.suites import Variants, add_tests, has, without_silence


# ---- As far as wsgiref goes: one request for each connection

class OneRequest(Variants):
    """protocol_version alone: wsgiref's handle() ends after one request."""

    options = ONE_REQUEST_OPTIONS


add_tests(OneRequest, ONE_REQUEST, steps=lambda case: case.steps)


# ---- As frameworks complete it: connections persist

class Persistent(Variants):

    options = PERSISTENT_OPTIONS


class PersistentCases(Persistent):
    """All that one request can be. The client says that it has no more: the
    server would wait for it."""


def and_no_more(case):
    return [*without_silence(case), Shut()]


add_tests(Persistent, PERSISTENT, steps=lambda case: case.steps)
# 'objects' shows the names of the classes, which are not the same.
add_tests(PersistentCases, [case for case in CASES if not has(case, Again)
                            and case.name != 'objects'], steps=and_no_more)


if __name__ == '__main__':
    unittest.main()
