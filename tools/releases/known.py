"""The releases that cwsgiref is known to agree with: known.json, which has of
each what probes.py was answered, and the digests of sources.py.

    PYTHON -m tools.releases.known

prints the same of the Python that runs it, as JSON.
"""

import json
import os
import pathlib
import platform
import re
import subprocess
import sys
from typing import NamedTuple

from . import probes, sources

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / 'tools' / 'releases' / 'known.json'


class Release(NamedTuple):
    """One Python."""
    name: str      # such as 3.11.2-6+deb12u9 (Debian 12)
    answers: dict  # of each probe
    sources: dict  # for each module: {item: digest}

    def version(self):
        """Of the name, as numbers, to sort by."""
        return [int(number) for number in re.findall(r'\d+', self.name)]

    def x_y_z(self):
        return self.version()[:3]


# ---- The Python that runs this

def this_release():
    """A Release."""
    digests = {module: {name: item.digest
                        for name, item in sources.items(module).items()}
               for module in sources.MODULES}
    return Release(this_name(), probes.answers(), digests)


def this_name():
    """What its distribution calls it: 3.11.2-6+deb12u9 (Debian 12). One that
    no package has brought is 3.11.2."""
    path = os.path.realpath(sources.path_of('http.server'))
    owner = query('-S', path).partition(':')[0]
    version = owner and query('-W', '-f', '${Version}', owner)
    if not version:
        return platform.python_version()
    system = platform.freedesktop_os_release()
    number = system.get('VERSION_ID') or system.get('VERSION_CODENAME', '')
    return f'{version} ({system["NAME"].split()[0]} {number})'


def query(*arguments):
    """What dpkg-query says, or ''."""
    try:
        return subprocess.run(
            ['dpkg-query', *arguments], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL).stdout
    except FileNotFoundError:
        return ''


def ask(python):
    """The Release that another Python is. Raises RuntimeError."""
    try:
        done = subprocess.run(
            [python, '-B', '-m', 'tools.releases.known'], cwd=ROOT,
            capture_output=True, text=True)
    except OSError as error:
        raise RuntimeError(f'{python}: {error.strerror}') from None
    if done.returncode != 0:
        raise RuntimeError(f'{python}: {done.stderr.strip()}')
    return Release(**json.loads(done.stdout))


# ---- Those that are known

def read(path=FILE):
    """The known Releases, by name, the oldest first."""
    data = json.loads(path.read_text(encoding='utf-8'))
    found = {name: Release(name, answers, {})
             for name, answers in data['answers'].items()}
    for module, items in data['sources'].items():
        for release in found.values():
            release.sources[module] = {}
        for item, digests in items.items():
            if isinstance(digests, str):  # the same in all of them
                digests = {digests: list(found)}
            for digest, names in digests.items():
                for name in names:
                    found[name].sources[module][item] = digest
    return found


def write(releases, path=FILE):
    """Back into the file: a line for each item."""
    releases = sorted(releases.values(), key=Release.version)
    modules = {module: None for release in releases
               for module in release.sources}
    text = {'answers': {release.name: {
                name: release.answers[name] for name in probes.PROBES
                if name in release.answers} for release in releases},
            'sources': {module: by_item(module, releases)
                        for module in modules}}
    path.write_text(on_lines(text), encoding='utf-8')


def by_item(module, releases):
    """{item: digest}, or, where not all have the same, {item: {digest: [name
    of a release, ...]}}."""
    found = {}
    for release in releases:
        for item, digest in release.sources.get(module, {}).items():
            found.setdefault(item, {}).setdefault(digest, []).append(
                release.name)
    return {item: next(iter(digests))
            if list(digests.values()) == [[each.name for each in releases]]
            else digests for item, digests in sorted(found.items())}


def on_lines(data, depth=0):
    """JSON with a line for each member of the upper three levels."""
    if depth == 3 or not isinstance(data, dict):
        return json.dumps(data, ensure_ascii=False)
    indent = '\n' + ' ' * (depth + 1)
    members = ','.join(
        f'{indent}{json.dumps(name)}: {on_lines(value, depth + 1)}'
        for name, value in data.items())
    return '{' + members + indent[:-1] + '}' + '\n' * (depth == 0)


def column_of(release, known):
    """The known Release that it is: of the same name or, where a distribution
    has changed nothing of all this, with the same answers and sources. Or
    None."""
    if release.name in known:
        return known[release.name]
    for each in known.values():
        if (each.answers, each.sources) == (release.answers, release.sources):
            return each
    return None


def nearest(release, known):
    """The known Release from which it differs in the fewest items; of several,
    the last one before it."""
    def distance(each):
        return (len(changed(each, release)), each.x_y_z() > release.x_y_z(),
                [-number for number in each.version()])
    return min(known.values(), key=distance)


def changed(before, after):
    """The items of a Release, as (module, name), that another has not or has
    otherwise. One that has moved to another module is the same."""
    same = {item for items in before.sources.values()
            for item in items.items()}
    return [(module, name) for module, items in after.sources.items()
            for name, digest in items.items() if (name, digest) not in same]


if __name__ == '__main__':
    json.dump(this_release()._asdict(), sys.stdout)
