"""What is new in the library of the Python that runs this, and which
differences that may have caused.

New is what the nearest of the known releases (docs/releases.md) has not, or
has otherwise: a function, or a value, which counts where a function that
refers to it is called.
"""

import re
from collections import Counter

from tools.releases import known, sources

from .columns import counted

PAGE = 'docs/releases.md'
COMMON = 0.9  # what more of the tests meet counts as met by all
KINDS = 5  # of the differences of a group that are shown
WIDTH = 100  # of a line that is shown
ELSEWHERE = 'the interpreter, its io and socket, or cwsgiref'


class Changes:
    """Between the linked Python and the nearest that is known."""

    def __init__(self, releases=None):
        releases = releases or known.read()
        items = {module: sources.items(module) for module in sources.MODULES}
        digests = {module: {name: item.digest for name, item in found.items()}
                   for module, found in items.items()}
        self.linked = known.Release(known.this_name(), {}, digests)
        self.nearest = known.nearest(self.linked, releases)
        self.newest = max(releases.values(), key=known.Release.version)
        self.changed = known.changed(self.nearest, self.linked)
        self.causes = causes(items, self.changed)

    def notice(self):
        """What to know beforehand, in words; '' where the linked Python is
        one of those that are known."""
        if self.linked.name == self.nearest.name and not self.changed:
            return ''
        what = ('is newer than any that cwsgiref was compared with'
                if self.linked.x_y_z() > self.newest.x_y_z() else
                f'is none of those of {PAGE}')
        number = counted(len(self.changed), 'function')
        return (f'Python {self.linked.name} {what}; the nearest is '
                f'{self.nearest.name}, and {number} or values of its library '
                'are others')


def causes(items, changed):
    """For each function to watch, as (module, name), which of the changed
    items a call of it may show: itself, and values that it refers to."""
    by_name = values_by_name(items, changed)
    found = {}
    for module, of_module in items.items():
        for name, item in of_module.items():
            shown = {each for word in item.names
                     for each in by_name.get(word, ())}
            if (module, name) in changed:
                shown.add((module, name))
            if item.is_function and shown:
                found[module, name] = shown
    return found


def values_by_name(items, changed):
    """The changed values that a word in a function may stand for: their own
    name, or that of a value which is made of them."""
    values = [(module, name, item) for module, of_module in items.items()
              for name, item in of_module.items() if not item.is_function]
    found = {}
    for module, name, _ in values:
        if (module, name) in changed:
            word = name.rpartition('.')[2]
            found.setdefault(word, set()).add((module, name))
    more = True
    while more:
        more = False
        for _, name, item in values:
            through = {each for word in item.names
                       for each in found.get(word, ())}
            word = name.rpartition('.')[2]
            if through - found.get(word, set()):
                found.setdefault(word, set()).update(through)
                more = True
    return found


def shown(item):
    """An item, as docs/releases.md writes it."""
    module, name = item
    path = sources.path_of(module)
    package = '/__init__' if path.name == '__init__.py' else ''
    return f'Lib/{module.replace(".", "/")}{package}.py: {name}'


def whole_test(name):
    """That of a part: test_x of "test_x (number=1)"."""
    return name.partition(' ')[0]


class Suspects:
    """Which of the changed items each test has met."""

    def __init__(self, changes, entered, failed):
        """`entered`: by test, the functions that it has entered; `failed`:
        the tests that differ, or parts of tests, which have more after their
        name."""
        self.met = {test: {item for function in functions
                           for item in changes.causes[function]}
                    for test, functions in entered.items()}
        self.failed = failed
        self.calls = Counter(item for met in self.met.values()
                             for item in met)
        whole = set(map(whole_test, failed))
        self.usual = len(whole) / max(len(self.met), 1)
        self.differing = Counter(item for test in whole
                                 for item in self.met.get(test, ()))
        self.common = {item for item, number in self.calls.items()
                       if number > COMMON * len(self.met)}

    def share(self, item):
        """Of the tests that meet it, how many differ."""
        return self.differing[item] / self.calls[item]

    def groups(self):
        """[(items, tests)], the largest group first. The items are those of
        which the most tests differ that meet them, if these are more than of
        all tests; else those that nearly every test meets."""
        found = {}
        for test in self.failed:
            met = self.met.get(whole_test(test), set())
            shares = {item: self.share(item) for item in met - self.common}
            most = max(shares.values(), default=0)
            worst = {item for item in shares
                     if shares[item] == most > self.usual}
            items = frozenset(worst or met & self.common)
            found.setdefault(items, []).append(test)
        return sorted(found.items(), key=lambda group: -len(group[1]))

    def told(self, items):
        """The items of a group, in words."""
        if not items:
            yield f'nothing that has changed; {ELSEWHERE}'
        elif items <= self.common:
            yield f'what nearly every request meets, see below, or {ELSEWHERE}'
        else:
            for item in sorted(items):
                yield (f'{shown(item)}: {self.differing[item]} of the '
                       f'{self.calls[item]} tests that meet it differ')


def begin(text):
    """Of a diff the first line that only one side has, for each side; of any
    other text the first line."""
    lines = text.strip().splitlines()
    found = [next((line for line in lines if line.startswith(sign)
                   and not line.startswith(3 * sign)), '') for sign in '-+']
    return list(filter(None, found)) or lines[:1]


def kinds(texts):
    """The differences by how they begin, whatever the numbers and the quoted
    texts are, with the shortest of each kind: lines."""
    found = {}
    for test, text in texts.items():
        kind = re.sub(r"'[^']*'|\d+", '0', '\n'.join(begin(text)))
        found.setdefault(kind, []).append(test)
    several = sorted(found.values(), key=lambda tests: -len(tests))
    for tests in several[:KINDS]:
        shortest = min(tests, key=lambda test: len(texts[test]))
        yield f'    {len(tests)} of this kind, such as {shortest}:'
        for line in begin(texts[shortest]):
            yield f'        {line[:WIDTH]}'
    if several[KINDS:]:
        yield f'    {sum(map(len, several[KINDS:]))} of other kinds'


def report(changes, entered, texts):
    """The differences by what has changed: lines. `texts`: what the tests
    that differ have said, by name."""
    if not changes.changed:
        yield (f"Nothing has changed in Python's library since "
               f'{changes.nearest.name}, so the cause is {ELSEWHERE}.')
        return
    suspects = Suspects(changes, entered, list(texts))
    yield (f"The differences by what has changed in Python's library since "
           f'{changes.nearest.name}:')
    for items, tests in suspects.groups():
        yield ''
        yield counted(len(tests), 'difference')
        yield from (f'    {line}' for line in suspects.told(items))
        yield from kinds({test: texts[test] for test in tests})
    if suspects.common:
        yield ''
        yield 'What nearly every request meets, and may be the cause of any:'
        yield from (f'    {shown(item)}' for item in sorted(suspects.common))
