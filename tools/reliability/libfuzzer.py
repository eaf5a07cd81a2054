"""libFuzzer on the parsers: tools/fuzz, in the preset "fuzz", with ASan and
UBSan. It begins with the corpus of tools/fuzz/corpus. What it finds is kept in
build/fuzz/found: a file for each input that a parser has failed on.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from tools.command import ROOT

from . import builds
from .row import LeftOut, Row, Watch, part, tell

BUILD = ROOT / 'build' / 'fuzz'
CORPUS = ROOT / 'tools' / 'fuzz' / 'corpus'
FOUND = BUILD / 'found'

TARGETS = {
    'request_line': 'request line and environ',
    'header_block': 'header block',
    'target': 'target decoding',
    'response': 'status and header checks',
    'error_page': 'error page',
    'log': 'log escape',
}

SECONDS = 200  # for each target, two of them at once
TOGETHER = 2
LONGEST = 70000  # bytes of an input


def missing():
    """Why there is no libFuzzer here, or ''."""
    if shutil.which('clang') is None:
        return 'clang is not installed'
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, 'empty.c')
        with open(source, 'w', encoding='ascii') as file:
            file.write('int LLVMFuzzerTestOneInput(const char *d, long n)\n'
                       '{ return n < 0 && d[0]; }\n')
        done = subprocess.run(
            ['clang', '-fsanitize=fuzzer,address', '-o', source + '.out',
             source], capture_output=True)
    return '' if done.returncode == 0 else 'this clang has no libFuzzer'


def build():
    for command in (['cmake', '--preset', 'fuzz',
                     f'-DPython3_EXECUTABLE={sys.executable}'],
                    ['cmake', '--build', BUILD, '--target', 'fuzz_targets',
                     '--parallel', str(len(os.sched_getaffinity(0)))]):
        subprocess.run(command, cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)


class Hunt:
    """A target that runs."""

    def __init__(self, name, seconds, corpus=None):
        self.name = name
        self.folder = tempfile.TemporaryDirectory()
        FOUND.mkdir(parents=True, exist_ok=True)
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [BUILD / 'tools' / 'fuzz' / f'fuzz_{name}',
             f'-max_total_time={seconds}', f'-max_len={LONGEST}',
             '-print_final_stats=1', '-detect_leaks=0',
             f'-artifact_prefix={FOUND}/{name}-',
             corpus or self.folder.name, CORPUS / name],
            stdout=subprocess.DEVNULL, stderr=self.log, cwd=ROOT)

    def finish(self):
        """(executions, the log of a finding or '')"""
        status = self.process.wait()
        self.log.seek(0)
        log = self.log.read().decode('utf-8', 'backslashreplace')
        self.log.close()
        self.folder.cleanup()
        match = re.search(r'number_of_executed_units: (\d+)', log)
        executions = int(match[1]) if match else 0
        return executions, log if status or not match else ''


def run(seconds, names=TARGETS):
    """(name, executions, finding) of each."""
    names = list(names)
    while names:
        some, names = names[:TOGETHER], names[TOGETHER:]
        for hunt in [Hunt(name, seconds) for name in some]:
            yield hunt.name, *hunt.finish()


def replayed(folder):
    """The same by a build that has no libFuzzer: each input of the corpus."""
    for name in TARGETS:
        done = subprocess.run(
            [folder / 'tools' / 'fuzz' / f'fuzz_{name}', CORPUS / name],
            capture_output=True, text=True)
        match = re.fullmatch(r'(\d+) inputs\n', done.stdout)
        executions = int(match[1]) if match else 0
        yield name, executions, done.stderr if done.returncode else ''


def rows(scale=1.0):
    if builds.BUILT in os.environ:
        found = replayed(builds.folder())
    elif missing():
        raise LeftOut(missing())
    else:
        build()
        found = run(part(SECONDS, scale))
    watch = Watch()
    for name, executions, finding in found:
        if finding:
            tell(finding[-3000:])
        yield Row('libFuzzer, ASan and UBSan: ' + TARGETS[name],
                  '10 minutes for all: 0 findings',
                  f'{executions:,} executions: {int(bool(finding))} findings',
                  not finding and executions > 0,
                  'script/reliability libfuzzer', watch.seconds())


def keep(seconds):
    """Makes the corpus: what reaches most with fewest bytes, of what is there
    and what is found in that time."""
    for name in TARGETS:
        with tempfile.TemporaryDirectory() as more, \
                tempfile.TemporaryDirectory() as least:
            Hunt(name, seconds, more).finish()
            subprocess.run(
                [BUILD / 'tools' / 'fuzz' / f'fuzz_{name}', '-merge=1',
                 '-detect_leaks=0', '-max_len=2000', least, CORPUS / name,
                 more], check=True, stderr=subprocess.DEVNULL)
            shutil.rmtree(CORPUS / name)
            shutil.copytree(least, CORPUS / name)


def main():
    parser = argparse.ArgumentParser(prog='libfuzzer')
    parser.add_argument('--seconds', type=int, default=SECONDS)
    parser.add_argument('--keep', action='store_true',
                        help='makes the corpus again, with what is found')
    arguments = parser.parse_args()
    builds.begin()
    if missing():
        sys.exit(missing())
    build()
    if arguments.keep:
        return keep(arguments.seconds)
    failed = 0
    for name, executions, finding in run(arguments.seconds):
        print(f'{name}: {executions} executions, '
              f'{int(bool(finding))} findings', flush=True)
        print(finding[-3000:], file=sys.stderr)
        failed += bool(finding)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
