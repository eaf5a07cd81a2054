"""Every comparison of this folder in one run: what script/compare does when
it is asked for nothing in particular."""

import importlib
import multiprocessing
import os
import pathlib
import signal
import sys
import time
import traceback
import unittest
from typing import NamedTuple

HERE = pathlib.Path(__file__).parent

# Tests of the tools, and of what has no counterpart in Python's server.
OTHERS = {'test_script_compare', 'test_generator', 'test_strict'}

BAR = 30  # the width of the progress bar

CONTEXT = multiprocessing.get_context('fork')


class Outcome(NamedTuple):
    """Of one test class."""
    cases: int
    differences: list  # (name, text)
    skipped: list      # (name, reason)


class Result(unittest.TestResult):
    """Keeps of a failure what a person wants to read: the difference."""

    def __init__(self, progress):
        super().__init__()
        self.progress = progress
        self.differences = []

    def stopTest(self, test):
        super().stopTest(test)
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
    """test_compare.Cases.test_ok, without the package."""
    return test.id().partition('compare.')[2] or str(test)


def test_classes():
    """All that compare, in the order of their files."""
    classes = []
    for path in sorted(HERE.glob('test_*.py')):
        if path.stem in OTHERS:
            continue
        module = importlib.import_module('.' + path.stem, __package__)
        classes += [each for each in vars(module).values()
                    if isinstance(each, type)
                    and issubclass(each, unittest.TestCase)
                    and each.__module__ == module.__name__
                    and getattr(each, 'compares', True)]
    return classes


def tests_of(test_class):
    return unittest.defaultTestLoader.loadTestsFromTestCase(test_class)


def run_class(test_class):
    """In a process of its own."""
    suite = tests_of(test_class)
    result = Result(run_class.progress)
    suite.run(result)
    return Outcome(result.testsRun, result.differences,
                   [(short(test), reason) for test, reason in result.skipped])


def counter():
    """Of the tests that have been run, in all processes."""
    return CONTEXT.Value('i', 0)


def use(progress):
    """What each process begins with."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends without a word
    run_class.progress = progress


def run():
    """All of them, several at once. Returns the Outcomes; shows on a terminal
    how far it is."""
    counts = {each: tests_of(each).countTestCases()
              for each in test_classes()}
    classes = sorted(filter(counts.get, counts), key=counts.get, reverse=True)
    total = sum(counts.values())
    progress = counter()
    with CONTEXT.Pool(os.cpu_count(), use, [progress]) as pool:
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


def main(reference):
    """Runs all and prints what differs. Returns the exit status."""
    started = time.monotonic()
    outcomes = run()
    differences = [each for outcome in outcomes
                   for each in outcome.differences]
    skipped = [each for outcome in outcomes for each in outcome.skipped]
    for name, text in differences:
        print(f'{name}: {text.strip()}\n')
    for name, reason in skipped:
        print(f'left out: {name}: {reason}')
    cases = sum(outcome.cases for outcome in outcomes)
    print(f'{cases} cases, {len(differences)} differences outside '
          f'docs/differences.md ({reference}, '
          f'{time.monotonic() - started:.0f} s)')
    return 1 if differences else 0
