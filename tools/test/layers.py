"""ctest, told layer by layer: how many programs and tests a layer has, as soon
as its last program has ended, what a failed one has said, and in the end which
tests were left out, and why.

A layer is a label of tests/CMakeLists.txt. What a program says is that of
cmocka or of unittest.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from typing import NamedTuple

# What ctest -V says. All that a program says follows its number and a colon.
SAID = re.compile(r'(\d+): ?(.*)')
SAID_BY_CTEST = 'Test timeout computed to be: '  # the last line of these
ENDED = re.compile(r' *\d+/\d+ Test +#(\d+): (\S+) \.*(\*\*\*)? *(\S.*?) +'
                   r'([\d.]+) sec')

# What cmocka says.
C_RUN = re.compile(r'\[==========\] (?:\S+ )?(\d+) test\(s\) run')
C_FAILED = re.compile(r'^\[  FAILED  \] (\w+)$', re.MULTILINE)
C_SKIPPED = re.compile(r'^(?:left out: (.*)\n)?\[  SKIPPED \] (\w+)$',
                       re.MULTILINE)

# What unittest says.
PYTHON_RUN = re.compile(r'^Ran (\d+) tests? in ', re.MULTILINE)
PYTHON_FAILED = re.compile(
    r'^(?:FAIL|ERROR|UNEXPECTED SUCCESS): \w+ \((\S+)\)', re.MULTILINE)
# The name, a doc string if there is one in the next line, and the reason.
PYTHON_SKIPPED = re.compile(
    r'^ *(\w+) \((\S+)\)(?:(?! \.\.\. ).)*(?:\n(?:(?! \.\.\. ).)*)?'
    r""" \.\.\. skipped ('.*'|".*")$""", re.MULTILINE)
PYTHON_FAILURES = '\n' + '=' * 70 + '\n'


class Test(NamedTuple):
    """A test of ctest, which is a program."""
    name: str
    layer: str


class Outcome(NamedTuple):
    """Of the tests of a program, or of several."""
    run: int
    failed: int
    skipped: list  # (name, reason)

    @property
    def passed(self):
        return self.run - self.failed - len(self.skipped)


def outcome(name, said, passed):
    """What a program says about its tests. `passed`: whether it has ended as
    it should."""
    skipped = skipped_by_cmocka(name, said) + skipped_by_unittest(said)
    run = sum(map(int, C_RUN.findall(said) + PYTHON_RUN.findall(said)))
    # Of classes and modules that are skipped as a whole, unittest has run none.
    run += sum('.setUp' in each for each, _ in skipped)
    failed = 0
    if not passed:
        failed = len({*C_FAILED.findall(said), *PYTHON_FAILED.findall(said)})
        failed = max(failed, 1)
    return Outcome(max(run, failed + len(skipped)), failed, skipped)


def skipped_by_cmocka(name, said):
    """It names them twice, the second time in a list of all."""
    found = {}
    for reason, test in C_SKIPPED.findall(said):
        found.setdefault(f'{name}.{test}', reason or 'it does not say why')
    return list(found.items())


def skipped_by_unittest(said):
    found = {}
    for method, test, reason in PYTHON_SKIPPED.findall(said):
        if method.startswith('setUp'):
            test += '.' + method
        found[test] = ast.literal_eval(reason)
    return list(found.items())


class Layers:
    """Counts what ends, and says so on stderr. `title` stands before the name
    of each layer."""

    def __init__(self, layers, title=''):
        self.layers = layers    # that of each program, by its name
        self.title = title
        self.outcomes = {}      # of each program that has ended
        self.seconds = Counter()

    def read(self, lines):
        """Reads what ctest -V says."""
        said = {}
        for line in lines:
            if found := SAID.match(line):
                number, text = found.groups()
                said.setdefault(number, []).append(text)
                if text.startswith(SAID_BY_CTEST):
                    said[number] = []
            elif found := ENDED.match(line):
                number, name, failed, why, seconds = found.groups()
                text = '\n'.join(said.pop(number, []))
                if failed:
                    self.show_failure(name, why, text)
                self.ended(name, outcome(name, text, not failed),
                           float(seconds))

    def ended(self, name, result, seconds):
        layer = self.layers[name]
        self.seconds[layer] += seconds
        self.outcomes[name] = result
        programs = [each for each in self.layers if self.layers[each] == layer]
        if all(each in self.outcomes for each in programs):
            self.say(self.line(layer, programs))
        self.show_progress()

    def line(self, layer, programs):
        total = sum_of(self.outcomes[each] for each in programs)
        return (f'{self.title}{layer}: {plural(len(programs), "program")}, '
                f'{plural(total.run, "test")}, {self.seconds[layer]:.1f} s'
                + (f', {total.failed} FAILED' if total.failed else ''))

    def show_failure(self, name, why, said):
        """What a failed program has said, without the tests that passed."""
        _, separator, failures = said.partition(PYTHON_FAILURES)
        self.say(f'---- {self.title}{name}: {why}\n'
                 f'{separator.lstrip() + failures if separator else said}\n'
                 f'---- the end of {self.title}{name}')

    def say(self, text):
        erase = '\r\033[K' if sys.stderr.isatty() else ''
        print(f'{erase}{text}', file=sys.stderr, flush=True)

    def show_progress(self):
        """On a terminal, in a line that does not stay."""
        done, total = len(self.outcomes), len(self.layers)
        if sys.stderr.isatty() and done < total:
            print(f'\r\033[K{done} of {total} programs', end='',
                  file=sys.stderr, flush=True)


def plural(count, word):
    return f'{count} {word}' if count == 1 else f'{count} {word}s'


def sum_of(outcomes):
    outcomes = list(outcomes)
    return Outcome(sum(each.run for each in outcomes),
                   sum(each.failed for each in outcomes),
                   [skip for each in outcomes for skip in each.skipped])


def ctest(folder, options):
    # One more than there are cores: many tests wait, for a client or a child.
    jobs = len(os.sched_getaffinity(0)) + 1
    return ['ctest', '--test-dir', folder, '--parallel', str(jobs), *options]


def layers_of(folder, options=()):
    """The layer of each program that ctest runs with these options, by its
    name."""
    done = subprocess.run([*ctest(folder, options), '--show-only=json-v1'],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return {test['name']: label(test)
            for test in json.loads(done.stdout)['tests']}


def label(test):
    """The first one that it has."""
    labels = [each['value'] for each in test['properties']
              if each['name'] == 'LABELS']
    return labels[0][0] if labels else 'others'


def run(folder, options=(), title=''):
    """Runs the tests of a build folder that these options of ctest name.
    Returns the Outcome of all."""
    layers = Layers(layers_of(folder, options), title)
    if not layers.layers:
        layers.say(f'there is no such test in {folder}')
        return Outcome(1, 1, [])
    process = subprocess.Popen([*ctest(folder, options), '--verbose'],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True,
                               errors='backslashreplace')
    with process:
        layers.read(process.stdout)
    for name in layers.layers.keys() - layers.outcomes.keys():
        layers.say(f'{title}{name} has not been run')
        layers.outcomes[name] = Outcome(1, 1, [])
    total = sum_of(layers.outcomes.values())
    if process.returncode != 0 and not total.failed:
        layers.say(f'ctest has ended with {process.returncode}')
        return total._replace(run=total.run + 1, failed=1)
    return total._replace(skipped=[(title + name, reason)
                                   for name, reason in total.skipped])
