"""What a request costs the release build, in user instructions: as much as
bench/instructions.json says, but for a tenth.

script/bench --keep writes the figures of a program that has become faster, or
that may be slower.
"""

import os
import pathlib
import tempfile
import unittest

from bench import instructions
from bench.progress import Progress
from bench.servers import Kit

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get('CWSGIREF_RELEASE', ''))
BUILD = pathlib.Path(os.environ.get('CWSGIREF_BUILD', ''))
TOLERANCE = 0.1


class InstructionTests(unittest.TestCase):

    def kept(self):
        """What they are to be; skips where nobody knows."""
        if why := instructions.why_not():
            self.skipTest(why)
        if not PROGRAM.is_file():
            self.skipTest('there is no release build')
        kept = instructions.kept()
        if instructions.key() not in kept:
            self.skipTest(f'bench/instructions.json knows {", ".join(kept)}, '
                          f'and this is {instructions.key()}')
        return kept[instructions.key()]

    def test_as_many_as_are_kept(self):
        kept = self.kept()
        with tempfile.TemporaryDirectory() as folder:
            kit = Kit(BUILD, pathlib.Path(folder))
            kit.program = PROGRAM
            found = instructions.figures(kit, Progress(5))
        self.assertEqual(found.keys(), kept.keys())
        for words, figure in found.items():
            print(f'{words}: {figure:,}')
            with self.subTest(words):
                self.assertAlmostEqual(
                    figure, kept[words], delta=TOLERANCE * kept[words],
                    msg='script/bench --keep keeps the new figure')


if __name__ == '__main__':
    unittest.main()
