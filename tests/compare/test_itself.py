"""Python's server on both sides, on two different days: a text with a date
that the comparison does not pass over differs here each time, and not only
when the clock ticks between the two answers.
"""

import os
import unittest
from unittest import mock

from tools.compare.http_1_1 import PERSISTENT, PERSISTENT_OPTIONS
from tools.compare.pair import Pair
from tools.compare.suites import Variants, add_tests


class Itself:

    compares = False  # the program is not asked

    @classmethod
    def setUpClass(cls):
        with mock.patch.dict(os.environ, CWSGIREF='reference'):
            super().setUpClass()


class OnAnotherDay(Itself, Pair):
    pass


class PersistentOnAnotherDay(Itself, Variants):

    options = PERSISTENT_OPTIONS


add_tests(OnAnotherDay)
add_tests(PersistentOnAnotherDay, PERSISTENT, steps=lambda case: case.steps)


if __name__ == '__main__':
    unittest.main()
