"""The targets of libFuzzer (tools/fuzz) on the inputs that are kept, by this
build and its sanitizers."""

import os
import pathlib
import unittest

from tools.reliability import libfuzzer

BUILD = pathlib.Path(os.environ['CWSGIREF_BUILD'])


class Corpus(unittest.TestCase):

    def test_every_target_has_inputs(self):
        self.assertEqual({each.name for each in libfuzzer.CORPUS.iterdir()},
                         set(libfuzzer.TARGETS))

    def test_they_are_not_too_many(self):
        files = [each for each in libfuzzer.CORPUS.rglob('*')
                 if each.is_file()]
        self.assertLessEqual(len(files), 2000)
        self.assertLessEqual(sum(each.stat().st_size for each in files),
                             1 << 20)


class Targets(unittest.TestCase):

    def test_every_input(self):
        found = list(libfuzzer.replayed(BUILD))
        self.assertEqual([name for name, _, _ in found],
                         list(libfuzzer.TARGETS))
        for name, inputs, finding in found:
            self.assertEqual(finding, '')
            self.assertGreater(inputs, 20, name)


if __name__ == '__main__':
    unittest.main()
