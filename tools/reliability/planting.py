"""A copy of a build folder, in which one file of src/ can be another: it
compiles what that concerns, links again what a test needs, and runs tests of
the project on it. The sources and the build folder itself stay as they are.

What a changed program does can be anything, kill(-1) too. So each test runs in
namespaces of its own, for processes and for the network.
"""

import functools
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess

from tools import command

from .row import LeftOut

SRC = command.ROOT / 'src'
TESTS = command.ROOT / 'tests'
ALONE = ['unshare', '--net', '--pid', '--fork', '--mount-proc',
         '--kill-child', 'sh', '-c', 'ip link set lo up; "$@"', 'sh']
# After so many seconds without a sign of life a test has failed; or after so
# many times what it takes.
PATIENCE = 30
TIMES = 10


def check():
    """Raises LeftOut where the tests can't be alone."""
    if subprocess.run([*ALONE, 'true'], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        raise LeftOut('nobody but root may make namespaces')


class Test:
    """A test of ctest."""

    def __init__(self, told, base, copy):
        def moved(text):
            return text.replace(str(base), str(copy))

        properties = {each['name']: each['value']
                      for each in told['properties']}
        self.name = told['name']
        self.layer = properties['LABELS'][0]
        self.cost = properties['COST']
        self.is_c = len(told['command']) == 4
        self.command = [moved(word) for word in told['command']]
        self.folder = moved(properties['WORKING_DIRECTORY'])
        self.environment = dict(moved(each).split('=', 1)
                                for each in properties['ENVIRONMENT'])
        self.path = TESTS / self.name.replace('.', '/')
        if not self.is_c:  # one failure is enough
            self.command.insert(-1, '--failfast')

    @functools.cached_property
    def digest(self):
        """Of its own files: it is another test when they are others."""
        digest = hashlib.sha256()
        shared = (command.ROOT / 'tools' / 'compare').glob('*.py')
        for path in [*self.path.parent.glob(f'{self.path.name}.*'),
                     *(sorted(shared) if self.layer == 'compare' else [])]:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def limits(self):
        # A shell has these ignored in what it starts in the background.
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        seconds = 60 if self.is_c else 120 + 4 * int(self.cost)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def patience(self):
        return PATIENCE if self.is_c else max(PATIENCE, TIMES * self.cost)

    def passes(self, temporary):
        """Whether it does. One that takes much too long does not."""
        environment = {**os.environ, **self.environment,
                       'CWSGIREF_PATIENCE': str(self.patience()),
                       'TMPDIR': str(temporary)}
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        process = subprocess.Popen(
            [*ALONE, *self.command], cwd=self.folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=self.limits,
            start_new_session=True)
        try:
            return process.wait(300 if self.is_c else
                                600 + 20 * self.cost) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


class Copy:
    """Of a build folder with its tests."""

    def __init__(self, base, folder, title=''):
        self.title = title     # stands before the names of its tests
        self.base = pathlib.Path(base).resolve()
        self.folder = pathlib.Path(folder).resolve() / 'build'
        self.sources = self.folder.parent / 'src'
        self.temporary = self.folder.parent / 'tmp'
        self.pristine = {}     # of each object that is another now: its bytes
        self.stale = set()     # what has to be linked again
        self.sound = {}        # whether a test passes without a change
        self.copy()
        self.commands = self.read_commands()
        self.archives, self.programs = self.read_links()
        self.tests = self.read_tests()

    def copy(self):
        """Without what is for debuggers: so it is linked in no time."""
        stamp = self.folder.parent / 'copied'
        newest = max(path.stat().st_mtime for path in self.base.rglob('*')
                     if path.suffix in ('.o', '.a'))
        if stamp.exists() and stamp.read_text() == str(newest):
            return
        shutil.rmtree(self.folder.parent, ignore_errors=True)
        shutil.copytree(self.base, self.folder, symlinks=True,
                        ignore=shutil.ignore_patterns('Testing'))
        subprocess.run(['strip', '--strip-debug', *(
            path for path in self.folder.rglob('*')
            if path.suffix in ('.o', '.a'))], check=True)
        stamp.write_text(str(newest))

    # -- What the build folder knows

    def read_commands(self):
        """{source: [(object, command)]}: those that compile a file."""
        told = json.loads((self.base / 'compile_commands.json').read_text())
        found = {}
        for each in told:
            words = shlex.split(each['command'])
            place = pathlib.Path(each['directory']) / words[
                words.index('-o') + 1]
            if place.exists():  # not all targets are built
                found.setdefault(pathlib.Path(each['file']), []).append(
                    (self.in_copy(place), words))
        return found

    def in_copy(self, path):
        return (self.folder / path.relative_to(self.base)).resolve()

    def read_links(self):
        """{archive: its objects}, and {program: (folder, command, all that is
        linked into it)}."""
        archives, programs = {}, {}
        for path in self.folder.rglob('link.txt'):
            folder = path.parent.parent.parent
            words = shlex.split(path.read_text().partition('\n')[0])
            files = [(folder / word).resolve() for word in words]
            parts = {file for file in files if file.suffix in ('.o', '.a')}
            if '-o' in words:
                program = files[words.index('-o') + 1]
                programs[program] = (folder, words, parts)
            else:  # ar qc ARCHIVE OBJECT ...
                archives[files[2]] = parts - {files[2]}
        return archives, programs

    def read_tests(self):
        done = subprocess.run(
            ['ctest', '--test-dir', self.base, '--show-only=json-v1'],
            stdout=subprocess.PIPE, text=True, check=True)
        return [Test(each, self.base, self.folder)
                for each in json.loads(done.stdout)['tests']]

    def users(self, path):
        """The sources that a file of src/ concerns: itself, or all that
        include it."""
        if path in self.commands:
            return [path]
        return [source for source, how in self.commands.items()
                if any(str(path) in (place.parent / (place.name + '.d'))
                       .read_text().split() for place, _ in how)]

    # -- One change

    def compile(self, path, text, source, place, words, *more):
        """Compiles a source as if `text` stood in the file of that path.
        Whether it compiles."""
        changed = self.sources / path.relative_to(SRC)
        changed.parent.mkdir(parents=True, exist_ok=True)
        changed.write_text(text)
        words = [*words, f'-I{self.sources}', '-g0', '-w', *more,
                 f'-fmacro-prefix-map={self.sources}={SRC}']
        # Its folder comes before all others.
        words.insert(1, words.pop(words.index(f'-I{self.sources}')))
        words[words.index('-o') + 1] = str(place)
        words[words.index('-c') + 1] = str(
            changed if source == path else source)
        done = subprocess.run(words, cwd=self.folder, check=False,
                              stderr=subprocess.DEVNULL)
        changed.unlink()
        return done.returncode == 0

    def makes_a_difference(self, path, text):
        """Whether the file compiles with this text, and to other code, by an
        optimizing compiler."""
        objects = []
        source = self.users(path)[0]
        for version in (path.read_text(), text):
            place = self.folder.parent / 'optimized.o'
            _, words = self.commands[source][0]
            if not self.compile(path, version, source, place, words, '-O2'):
                return False
            objects.append(place.read_bytes())
            if source != path:
                return True
        return objects[0] != objects[1]

    def plant(self, path, text):
        """The file at this path has this text now. Whether it compiles."""
        self.mend()
        for source in self.users(path):
            for place, words in self.commands[source]:
                self.pristine[place] = place.read_bytes()
                if not self.compile(path, text, source, place, words):
                    return False
        self.put_together(self.pristine)
        return True

    def mend(self):
        """All is as it was."""
        for place, old in self.pristine.items():
            place.write_bytes(old)
        self.put_together(self.pristine)
        self.pristine = {}

    def put_together(self, objects):
        for archive, members in self.archives.items():
            if changed := members & objects.keys():
                subprocess.run(['ar', 'r', archive, *changed], check=True,
                               stderr=subprocess.DEVNULL)
        self.stale |= self.concerned(objects)

    def concerned(self, objects):
        """The programs that any of these is linked into."""
        changed = set(objects)
        changed |= {archive for archive, members in self.archives.items()
                    if members & changed}
        return {program for program, (_, _, parts) in self.programs.items()
                if parts & changed}

    def concerns(self, test):
        """Whether the change is in anything that the test runs."""
        concerned = self.concerned(self.pristine)
        return any(program in concerned for program in self.programs_of(test))

    def programs_of(self, test):
        """What it may run."""
        if test.is_c:
            return [pathlib.Path(test.command[-1])]
        return [each for each in self.programs
                if each.parent not in (self.folder / 'tests',
                                       self.folder / 'bench')]

    def is_sound(self, test):
        """Whether the test passes without a change, of which it has none now.
        """
        if test.name not in self.sound:
            self.sound[test.name] = self.run(test)
        return self.sound[test.name]

    def run(self, test):
        """Whether the test passes."""
        for program in self.programs_of(test):
            if program in self.stale:
                folder, words, _ = self.programs[program]
                done = subprocess.run(words, cwd=folder, check=False,
                                      stderr=subprocess.DEVNULL)
                if done.returncode != 0:
                    return False
                self.stale.discard(program)
        return test.passes(self.temporary)
