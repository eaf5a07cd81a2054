"""Python's server on both sides, on two different days: a text with a date
that the comparison does not pass over differs here each time, and not only
when the clock ticks between the two answers.
"""

import os
import unittest
from unittest import mock

from .suites import add_tests
from .test_compare import Pair
from .test_http_1_1 import PERSISTENT, Persistent


class Itself:

    compares = False  # the program is not asked

    @classmethod
    def setUpClass(cls):
        with mock.patch.dict(os.environ, CWSGIREF='reference'):
            super().setUpClass()


class OnAnotherDay(Itself, Pair):
    pass


class PersistentOnAnotherDay(Itself, Persistent):
    pass


add_tests(OnAnotherDay)
add_tests(PersistentOnAnotherDay, PERSISTENT, steps=lambda case: case.steps)


if __name__ == '__main__':
    unittest.main()
