"""Every comparison of a folder of tests in one run: what script/compare does
when it is asked for nothing in particular. A test class, or a module, with
`compares = False` is left out: a test of the tools, or of what has no
counterpart in Python's server."""

import multiprocessing
import os
import pathlib
import re
import signal
import sys
import tempfile
import time
import traceback
import unittest
from typing import NamedTuple

from . import entered
from .changes import Changes, report

ROOT = pathlib.Path(__file__).parents[2]

BAR = 30  # the width of the progress bar

CONTEXT = multiprocessing.get_context('fork')


class Outcome(NamedTuple):
    """Of one test class."""
    cases: int
    differences: list  # (name, text)
    skipped: list      # (name, reason)
    entered: dict      # by test: the watched functions of Python's library


class Result(unittest.TestResult):
    """Keeps of a failure what a person wants to read: the difference."""

    def __init__(self, progress, log=None):
        super().__init__()
        self.progress = progress
        self.log = log  # of what Python's servers enter, or None
        self.entered = {}
        self.at_start = None  # what the servers of a class have entered
        self.differences = []

    def startTest(self, test):
        super().startTest(test)
        if self.log is not None and self.at_start is None:
            self.at_start = self.log.new()

    def stopTest(self, test):
        super().stopTest(test)
        if self.log is not None:
            self.entered[short(test)] = self.at_start | self.log.new()
        with self.progress.get_lock():
            self.progress.value += 1

    def addFailure(self, test, error):
        self.differences.append((short(test), str(error[1])))

    def addError(self, test, error):
        text = ''.join(traceback.format_exception(*error))
        self.differences.append((short(test), text))

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(subtest, error)


def short(test):
    """test_compare.Cases.test_ok, without the packages."""
    return re.sub(r'^(\w+\.)+?(?=test_\w+\.)', '', test.id())


def each_test(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from each_test(each)
        else:
            yield each


def test_classes(folder):
    """All of the folder that compare, in the order of their files."""
    found = unittest.TestLoader().discover(
        folder, top_level_dir=str(ROOT))
    classes = dict.fromkeys(type(each) for each in each_test(found))
    return [each for each in classes if getattr(each, 'compares', True)
            and getattr(sys.modules[each.__module__], 'compares', True)]


def tests_of(test_class):
    return unittest.defaultTestLoader.loadTestsFromTestCase(test_class)


def run_class(test_class):
    """In a process of its own."""
    suite = tests_of(test_class)
    if run_class.watched is None:
        return outcome(suite, Result(run_class.progress))
    with tempfile.TemporaryDirectory() as folder:
        log = entered.Log(folder, run_class.watched)
        return outcome(suite, Result(run_class.progress, log))


def outcome(suite, result):
    suite.run(result)
    return Outcome(result.testsRun, result.differences,
                   [(short(test), reason) for test, reason in result.skipped],
                   result.entered)


def counter():
    """Of the tests that have been run, in all processes."""
    return CONTEXT.Value('i', 0)


def use(progress, watched):
    """What each process begins with."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends without a word
    run_class.progress = progress
    run_class.watched = watched


def run(folder, watched=None):
    """All of the folder, several at once. Returns the Outcomes; shows on a
    terminal how far it is. `watched`: functions that Python's servers are to
    note, which takes longer."""
    counts = {each: tests_of(each).countTestCases()
              for each in test_classes(folder)}
    classes = sorted(filter(counts.get, counts), key=counts.get, reverse=True)
    total = sum(counts.values())
    progress = counter()
    with CONTEXT.Pool(os.cpu_count(), use, [progress, watched]) as pool:
        running = pool.map_async(run_class, classes, chunksize=1)
        while not running.ready():
            show(progress.value, total)
            running.wait(0.2)
        hide()
        return running.get()


def show(done, total):
    if sys.stderr.isatty():
        bar = '#' * (done * BAR // total)
        print(f'\r{bar:.<{BAR}} {done} of {total}', end='', file=sys.stderr,
              flush=True)


def hide():
    if sys.stderr.isatty():
        print('\r\033[K', end='', file=sys.stderr, flush=True)


def grouped(folder, changes, differences):
    """The lines of a report. What Python's servers do meanwhile is noted in a
    run of its own, so that nothing disturbs the first."""
    outcomes = run(folder, set(changes.causes)) if changes.changed else []
    noted = {test: functions for outcome in outcomes
             for test, functions in outcome.entered.items()}
    return report(changes, noted, dict(differences))


def main(folder, reference):
    """Runs all of the folder and prints what differs. Returns the exit
    status."""
    started = time.monotonic()
    changes = Changes()
    if changes.notice():
        print(changes.notice())
    outcomes = run(folder)
    differences = [each for outcome in outcomes
                   for each in outcome.differences]
    skipped = [each for outcome in outcomes for each in outcome.skipped]
    for name, text in differences:
        print(f'{name}: {text.strip()}\n')
    for name, reason in skipped:
        print(f'left out: {name}: {reason}')
    if differences:
        for line in grouped(folder, changes, differences):
            print(line)
        print()
    cases = sum(outcome.cases for outcome in outcomes)
    print(f'{cases} cases, {len(differences)} differences outside '
          f'docs/differences.md ({reference}, '
          f'{time.monotonic() - started:.0f} s)')
    return 1 if differences else 0
