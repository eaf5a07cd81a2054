"""script/reliability planted: the tests, tested. Makes changes in src/ as
somebody could make them by mistake (c_changes.py), one at a time, and wants a
test of the project to fail for each. It also runs alone:

    python3 -m tools.reliability.planted [--seed S] [--count N] [--only REGEX]
                                         [--stages N] [--show]

A change that does not compile, or makes no other code, is drawn again, and so
is one of no_change.txt, which does not change what the program does: the file
says why. What has been found is kept in build/planted, and not found again as
long as the file and the test are the same.

--seed S      another row of changes; default: 1
--count N     how many; default: 100
--only REGEX  only the tests of that name
--stages N    only the first stages of seven: the quick tests of the layer, its
              C tests under sanitizers, all C tests, the other tests of the
              layer, quick ones in Python, all C tests under sanitizers, all
              others
--show        runs nothing: prints what is known
"""

import argparse
import collections
import difflib
import hashlib
import json
import os
import random
import re
import sys
import time

from tools import command

from . import builds, c_changes, planting
from .row import Row, Watch, by_two, halves, part, tell

COUNT = 100
WANTED = 95   # percent
SEED = '1'
FOLDER = command.ROOT / 'build' / 'planted'
NO_CHANGE = command.ROOT / 'tools' / 'reliability' / 'no_change.txt'

# Tests that say nothing of what the programs do, or take too long.
OTHERS = re.compile(r'test_(house|imports|releases|changes|install|coverage'
                    r'|tutorials|fresh|examples|generator|variants|mix_ins)$')
QUICK = 10     # seconds


class Planted:
    """A change, and what is known of it."""

    def __init__(self, path, text, change):
        self.path = path
        self.text = text
        self.change = change
        self.new = change.made_in(text)
        self.name = str(path.relative_to(command.ROOT))
        self.function = c_changes.function_at(text, change.start)
        digest = hashlib.sha256(
            f'{self.name}\0{text}\0{self.new}'.encode()).hexdigest()
        self.file = FOLDER / 'found' / f'{digest[:16]}.json'
        self.passed = {}       # {test: digest} of those that saw nothing
        self.caught_by = ''    # a test
        self.catcher = ''      # its digest
        self.seconds = 0
        self.read()

    def read(self):
        if self.file.exists():
            known = json.loads(self.file.read_text())
            self.passed = known['passed']
            self.caught_by = known['caught_by']
            self.catcher = known['catcher']
            self.seconds = known['seconds']

    def write(self):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({
            'name': self.name, 'function': self.function,
            'kind': self.change.kind, 'diff': self.diff(1),
            'passed': self.passed, 'caught_by': self.caught_by,
            'catcher': self.catcher, 'seconds': self.seconds}, indent=1))

    def forget(self, digests):
        """What a test has caught that is another test now."""
        if self.catcher != digests.get(self.caught_by, self.catcher):
            self.caught_by = self.catcher = ''

    def diff(self, context=0):
        lines = difflib.unified_diff(self.text.splitlines(),
                                     self.new.splitlines(), lineterm='',
                                     n=context)
        return [line for line in lines
                if not line.startswith(('---', '+++', '@@'))]

    def key(self):
        """How no_change.txt names it."""
        return (self.name, self.function, *(
            line[0] + ' ' + line[1:].strip() for line in self.diff()))


# ---- The changes

def files():
    """{path: changes} of all files that have room for one."""
    found = {}
    for path in sorted(planting.SRC.rglob('*.[ch]')):
        changes = c_changes.changes(path.read_text())
        if any(changes.values()):
            found[path] = changes
    return found


def lines(path):
    return path.read_text().count('\n')


def draw(seed, count):
    """Yields for each change the row of those to take, the first one first: a
    file gets as many as its part of all lines is."""
    found = files()
    total = sum(map(lines, found))
    for number in range(count):
        dice = random.Random(f'{seed}/{number}')
        place = (number + dice.random()) / count * total
        for path in found:
            place -= lines(path)
            if place < 0:
                break
        yield drawn(dice, path, found[path])


def drawn(dice, path, changes):
    """The kind is thrown with dice. Which one of a kind comes next hangs on
    what it is, not on what else there is: the same changes are drawn when a
    file has become a little different."""
    text = path.read_text()
    salt = dice.random()

    def digest(change):
        first = text.rfind('\n', 0, change.start) + 1
        last = text.index('\n', change.end)
        return hashlib.sha256(
            f'{salt}{text[first:change.start]}\0{text[change.start:last]}\0'
            f'{change.new}'.encode()).digest()

    left = {kind: sorted(changes[kind], key=digest)
            for kind in c_changes.KINDS if changes[kind]}
    while left:
        kind = dice.choice(list(left))
        yield Planted(path, text, left[kind].pop(0))
        if not left[kind]:
            del left[kind]


def no_changes():
    """{key: reason}, of no_change.txt: a paragraph for each, FILE: FUNCTION,
    the lines of the difference, and the reason."""
    found = {}
    text = NO_CHANGE.read_text() if NO_CHANGE.exists() else ''
    for paragraph in re.split(r'\n\n+', text.strip()):
        rows = [line for line in paragraph.split('\n')
                if not line.startswith('#')]
        if any(rows):
            name, _, function = rows[0].partition(':')
            diff = [row for row in rows[1:] if row[:2] in ('- ', '+ ')]
            reason = ' '.join(row for row in rows[1:] if row not in diff)
            if not reason:
                raise ValueError(f'{NO_CHANGE}: no reason for {rows[0]}')
            found[(name, function.strip(), *diff)] = reason
    return found


class Drawer:
    """Which changes are drawn, and which again."""

    def __init__(self, copy):
        self.copy = copy
        self.known = no_changes()
        self.cache = FOLDER / 'drawn.json'
        self.differs = (json.loads(self.cache.read_text())
                        if self.cache.exists() else {})
        self.listed = 0
        self.taken = set()

    def makes_a_difference(self, planted):
        key = planted.file.stem
        if key not in self.differs:
            self.differs[key] = self.copy.makes_a_difference(planted.path,
                                                             planted.new)
            self.cache.write_text(json.dumps(self.differs))
        return self.differs[key]

    def first(self, row):
        for planted in row:
            if planted.file in self.taken:
                continue
            if planted.key() in self.known:
                self.listed += 1
            elif self.makes_a_difference(planted):
                self.taken.add(planted.file)
                return planted
        raise ValueError('a file has no more changes')


# ---- The tests

# The layer of the tests in C is that of the file, but for these.
LAYERS = {'python': 'common', 'src': 'common', 'program': 'embed'}


def is_near(test, planted):
    layer = planted.path.parent.name
    return test.layer in (layer, LAYERS.get(layer))


def stages(plain, sanitized=None):
    """(copy, whether a test of it belongs to a stage): what is likely to
    catch a change, and quick, comes first, for all changes. The C tests run
    under sanitizers, too: these see what is lost, and what is used after it
    was freed."""
    first = (plain, lambda test, planted:
             is_near(test, planted) and (test.is_c or test.cost < 5))
    if sanitized is None:
        return [first]
    return [
        first,
        (sanitized, lambda test, planted:
            test.is_c and is_near(test, planted)),
        (plain, lambda test, planted: test.is_c),
        (plain, is_near),
        (plain, lambda test, planted: test.cost <= QUICK),
        (sanitized, lambda test, planted: test.is_c),
        (plain, lambda test, planted: True)]


def chosen(copy, planted, belongs, only=None):
    """The tests of a stage: first that of the file, then the quickest."""
    tests = [test for test in copy.tests
             if test.layer not in ('tools', 'pages')
             and not OTHERS.search(test.name)
             and copy.sound.get(test.name) is not False
             and re.search(only or '', test.name) and belongs(test, planted)
             and planted.passed.get(copy.title + test.name) != test.digest]
    own = 'test_' + planted.path.stem
    return sorted(tests, key=lambda test: (
        test.name.rpartition('.')[2] != own, not test.is_c,
        not is_near(test, planted), test.cost))


def hunt(copy, planted, tests):
    """Runs tests until one fails."""
    begun = time.monotonic()
    if not copy.plant(planted.path, planted.new):
        raise ValueError(f'{planted.name} does not compile: {planted.diff()}')
    for test in tests:
        if copy.concerns(test) and fails(copy, test):
            copy.mend()
            if copy.is_sound(test):
                planted.caught_by = copy.title + test.name
                planted.catcher = test.digest
                break
            tell(f'{copy.title}{test.name} does not pass here at all')
            copy.plant(planted.path, planted.new)
        planted.passed[copy.title + test.name] = test.digest
    copy.mend()
    planted.seconds += time.monotonic() - begun
    planted.write()


def fails(copy, test):
    """Twice, if it is in Python: the machine may have had something else to
    do."""
    return not copy.run(test) and (test.is_c or not copy.run(test))


# ---- The whole

def prepare(last=None):
    """The builds for that many stages: (what stands before the names of the
    tests, the folder, that of its copies)."""
    planting.check()
    if builds.BUILT in os.environ:  # the instrument is tested
        return [('', os.environ[builds.BUILT], FOLDER / 'tested')]
    presets = {'study': ''}
    if last != 1:
        presets['asan'] = 'asan: '
    return [(title, builds.preset(preset, '--test'), FOLDER / preset)
            for preset, title in presets.items()]


def copies(prepared, number):
    """Of the builds, for one of two processes."""
    return [planting.Copy(base, folder / str(number), title)
            for title, base, folder in prepared]


def plant_all(prepared, seed=SEED, count=COUNT, only=None, last=None):
    """Returns the changes, and how many were drawn again for no_change.txt.
    """
    own = copies(prepared, 0)
    drawer = Drawer(own[0])
    found = [drawer.first(row) for row in draw(seed, count)]
    digests = {copy.title + test.name: test.digest
               for copy in own for test in copy.tests}
    for planted in found:
        planted.forget(digests)
    left = [planted for planted in found if not planted.caught_by]
    if left and last != 0:
        list(by_two([(hunt_all, half, prepared, number, only, last)
                     for number, half in enumerate(halves(left)) if half]))
    for planted in left:
        planted.read()
    return found, drawer.listed


def hunt_all(found, prepared, number, only, last):
    """All stages for a part of the changes. What comes of it is in their
    files."""
    for stage, (copy, belongs) in enumerate(
            stages(*copies(prepared, number))[:last], 1):
        left = [planted for planted in found if not planted.caught_by]
        for planted in left:
            tests = chosen(copy, planted, belongs, only)
            if tests:
                hunt(copy, planted, tests)
                tell(f'stage {stage}: {planted.name}: {planted.function}: '
                     f'{planted.caught_by or "not caught"} '
                     f'({planted.seconds:.0f} s)')


def show(found, file=None):
    """What was not caught, as no_change.txt would have it."""
    for planted in found:
        if not planted.caught_by:
            line = planted.text.count('\n', 0, planted.change.start) + 1
            name, function, *diff = planted.key()
            print('\n'.join([f'{name}: {function}', f'# line {line}',
                             *diff, '']), file=file)


def rows(scale=1.0):
    watch = Watch()
    count = part(COUNT, scale)
    last = 1 if builds.BUILT in os.environ else None
    found, listed = plant_all(prepare(last), SEED, count, last=last)
    caught = sum(bool(each.caught_by) for each in found)
    show(found, sys.stderr)
    yield Row(
        'Small changes in all files of src/, each planted alone, are caught '
        'by the tests', f'{COUNT} changes: {WANTED} caught or more',
        f'{count} changes: {caught} caught; {listed} more that do not change '
        'what the program does', caught >= WANTED * count // 100,
        'script/reliability planted', watch.seconds())


def main():
    parser = argparse.ArgumentParser(
        prog='python3 -m tools.reliability.planted', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', default=SEED)
    parser.add_argument('--count', type=int, default=COUNT)
    parser.add_argument('--only')
    parser.add_argument('--stages', type=int)
    parser.add_argument('--show', action='store_true')
    options = parser.parse_args()
    if options.show:
        options.stages = 0
    found, listed = plant_all(prepare(options.stages), options.seed, options.count,
                              options.only, options.stages)
    show(found)
    caught = collections.Counter(each.caught_by for each in found)
    missed = caught.pop('', 0)
    for name, number in caught.most_common():
        print(f'{number:4} {name}')
    print(f'{len(found)} changes: {len(found) - missed} caught; {listed} '
          'more change nothing')
    return 0 if not missed else 1


if __name__ == '__main__':
    command.run(main)
