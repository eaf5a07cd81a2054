"""The cases of cases.py once more, with wsgiref.validate between the
server and the application: --validate beside Python's validator().

CWSGIREF is the path of the program under test; `CWSGIREF=reference` runs the
reference against itself.
"""

import unittest

from tools.compare.cases import CASES
from tools.compare.suites import add_tests, waits_for_application
from tools.compare.pair import Pair


class Validator(Pair):
    """One test for each case, made below."""

    arguments = {'options': ['--validate']}


# The validator's InputWrapper has no fileno, by which an application sees that
# its client has left; what is validated twice warns once; that a coroutine was
# not awaited is said of the Python line at which it died; and inspect knows no
# signature of a wrapper in C.
VALIDATED = [case for case in CASES if not waits_for_application(case)
             and not case.name.startswith('validated-')
             and case.name not in ('return-coroutine', 'signatures')]
add_tests(Validator, VALIDATED)


if __name__ == '__main__':
    unittest.main()
