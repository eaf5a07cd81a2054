"""docs/classes.svg is what the sources say, and a picture that can be read."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

from tools import classes

ROOT = pathlib.Path(__file__).resolve().parent.parent
SVG = '{http://www.w3.org/2000/svg}'
README = (ROOT / 'README.md').read_text(encoding='utf-8')


class PictureTests(unittest.TestCase):

    def setUp(self):
        self.text = classes.PICTURE.read_text(encoding='utf-8')
        self.svg = ElementTree.fromstring(self.text)

    def boxes(self):
        """{class: (x, y, its CSS classes)}"""
        rects = [each for each in self.svg.findall(f'{SVG}rect')
                 if 'box' in each.get('class')]
        names = [each.text for each in self.svg.findall(f'{SVG}text')
                 if each.get('class') == 'class']
        return {name: (int(rect.get('x')), int(rect.get('y')),
                       rect.get('class').split())
                for name, rect in zip(names, rects, strict=True)}

    def test_it_is_fresh(self):
        check = subprocess.run([sys.executable, ROOT / 'script' / 'classes',
                                '--check'], capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stderr), (0, ''))

    def test_every_class_is_in_it(self):
        types = (ROOT / 'src' / 'types.c').read_text(encoding='utf-8')
        boxes = self.boxes()
        names = classes.TYPES.findall(types)
        self.assertGreater(len(names), 50)
        for name in names:
            found = re.match('(Threading|Forking)(.+)', name)
            with self.subTest(name):
                self.assertIn(found[2] if found else name, boxes)
                if found:
                    self.assertIn(f'{found[1]}MixIn', self.text)

    def test_a_subclass_is_to_the_right_of_its_base(self):
        boxes = self.boxes()
        for name, base in (('WSGIServer', 'HTTPServer'),
                           ('UDPServer', 'TCPServer'),
                           ('ServerHandler', 'SimpleHandler'),
                           ('BufferedReader', 'Buffered')):
            with self.subTest(name):
                self.assertGreater(boxes[name][0], boxes[base][0])
                self.assertGreaterEqual(boxes[name][1], boxes[base][1])

    def test_no_box_is_over_another(self):
        places = [box[:2] for box in self.boxes().values()]
        self.assertEqual(len(set(places)), len(places))

    def test_the_chain_is_in_colour(self):
        boxes = self.boxes()
        for name, chain in (('WSGIRequestHandler', True),
                            ('BaseServer', True), ('IOBase', True),
                            ('UDPServer', False), ('CGIHandler', False)):
            with self.subTest(name):
                self.assertEqual('chain' in boxes[name][2], chain)

    def test_it_is_in_words_too(self):
        self.assertEqual(self.svg.get('role'), 'img')
        words = self.svg.find(f'{SVG}desc').text
        self.assertIn('HTTPServer (also with ThreadingMixIn) [WSGIServer',
                      words)
        for name in self.boxes():
            with self.subTest(name):
                self.assertRegex(words, rf'\b{name}\b')

    def test_dark_and_light(self):
        """Each colour has another one in a dark page."""
        light, dark = self.svg.find(f'{SVG}style').text.split('@media')
        self.assertIn('prefers-color-scheme: dark', dark)
        for rule in re.findall(r'^ +([\w., ]+) \{[^}]*#', light, re.M):
            with self.subTest(rule):
                self.assertIn(f' {rule} {{', dark)


class DrawingTests(unittest.TestCase):

    def test_a_class_that_no_lane_has(self):
        found = classes.Classes()
        found.names.append('Comet')
        with self.assertRaisesRegex(ValueError, 'Comet'):
            classes.picture(found)

    def test_a_new_subclass_is_drawn(self):
        found = classes.Classes()
        found.names.append('Comet')
        found.bases['Comet'] = 'WSGIServer'
        self.assertIn('>Comet</text>', classes.picture(found))

    def test_the_base_is_that_of_the_type(self):
        with tempfile.TemporaryDirectory() as directory:
            sources = pathlib.Path(directory)
            (sources / 'server').mkdir()
            (sources / 'server' / 'mixed_servers.c').write_text(
                '    { "cwsgiref.a.ThreadingPear", &ThreadingPear_type,\n')
            (sources / 'types.c').write_text(
                '    &Fruit_type,\n    &Pear_type,\n'
                '    &ThreadingPear_type,\n')
            (sources / 'pear.c').write_text(
                'PyTypeObject Pear_type = {\n    .tp_name = "a",\n'
                '    .tp_base = &Fruit_type,\n};\n')
            found = classes.Classes(sources)
        self.assertEqual((found.names, found.bases, found.mix_ins),
                         (['Fruit', 'Pear'], {'Pear': 'Fruit'},
                          {'Pear': ['ThreadingMixIn']}))


class ReadmeTests(unittest.TestCase):

    def test_its_pictures_are_there_and_have_words(self):
        found = re.findall(r'!\[([^]]+)\]\(([\w./]+)\)', README)
        self.assertEqual([path for _, path in found],
                         ['docs/player.png', 'docs/classes.svg'])
        for words, path in found:
            with self.subTest(path):
                self.assertGreater(len(words), 50)
                size = (ROOT / path).stat().st_size
                self.assertLess(size, 200_000)


if __name__ == '__main__':
    unittest.main()
