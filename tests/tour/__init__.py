"""The tour's exercises, and its page.

    stop_01.c ...      the test of each exercise in docs/tour.md: it fails
                       until the reader has made the change
    tour.h             what they share
    test_tour.py       every command of the page; every exercise, before and
                       after the change that the page gives
"""
