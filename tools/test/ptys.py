"""Terminals to run a program in. Where the system has none, as in a chroot
without /dev/pts, the test is skipped."""

import pty
import unittest


def or_skip(make):
    try:
        return make()
    except OSError as error:
        raise unittest.SkipTest(
            f'no terminal can be had here (/dev/pts): {error}')


def open_pty():
    return or_skip(pty.openpty)


def fork_pty():
    return or_skip(pty.fork)
