"""docs/house.md: what a machine can check of its rules."""

import graphlib
import http
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / 'src'
PAGE = ROOT / 'docs' / 'house.md'
LONGEST = 65        # lines of a function
OPENS_WITH = 200    # a file that is longer says first what is in it

FILES = sorted(path for path in SRC.rglob('*.[ch]'))


def name(path):
    """As an #include has it."""
    return str(path.relative_to(SRC))


def folder(included):
    return included.split('/')[0] if '/' in included else included[:-2]


def includes(path):
    return re.findall(r'^#include "(.+)"$', path.read_text(), re.MULTILINE)


def allowed():
    """{folder: what it may include}, from the page's table of layers. "and"
    adds to the row above."""
    rows, before = {}, set()
    table = PAGE.read_text().partition('## Layers')[2].partition('## Files')[0]
    for row in re.findall(r'^\| (`src.*) \| (.*) \|$', table, re.MULTILINE):
        folders = re.findall(r'`src/(\w+)(?:\.c)?`', row[0])
        named = set(re.findall(r'`(\w+)(?:\.c)?`', row[1]))
        if row[1].startswith('and '):
            named |= before
        for each in folders:
            rows[each] = named
        before = named | set(folders)
    return rows


def functions(path):
    """(name, number of lines) of each function that the file defines."""
    lines = path.read_text().split('\n')
    for index, line in enumerate(lines):
        if line == '{':
            head = index
            while lines[head - 1] and not lines[head - 1].startswith('#'):
                head -= 1
            found = re.search(r'^(\w+)\(', '\n'.join(lines[head:index]),
                              re.MULTILINE)
            end = lines.index('}', index)
            if found:
                yield found[1], end - index + 1


class IncludeTests(unittest.TestCase):

    def test_no_circle(self):
        """Of headers; a .c file is at no other's beginning."""
        graph = {name(path): includes(path) for path in FILES
                 if path.suffix == '.h'}
        self.assertGreater(len(graph), 40)
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            self.fail('headers include each other: '
                      + ' <- '.join(error.args[1]))

    def test_no_circle_of_files(self):
        """A class is its .h and its .c, and needs what either includes."""
        graph = {}
        for path in FILES:
            graph.setdefault(name(path)[:-2], set()).update(
                each[:-2] for each in includes(path)
                if each[:-2] != name(path)[:-2])
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            self.fail('classes need each other: '
                      + ' <- '.join(error.args[1]))

    def test_one_way_between_folders(self):
        rows = allowed()
        self.assertIn('io', rows['handlers'])
        self.assertIn('handlers', rows['server'])
        for path in FILES:
            own = folder(name(path))
            if own in ('types', 'program'):
                continue
            for each in includes(path):
                with self.subTest(file=name(path), includes=each):
                    self.assertIn(folder(each), rows[own] | {own})

    def test_every_folder_is_in_the_table(self):
        folders = {path.name for path in SRC.iterdir() if path.is_dir()}
        self.assertEqual(folders - {'program'},
                         set(allowed()) - {'types', 'program'})


class FileTests(unittest.TestCase):

    def test_no_loose_file_but_the_list_of_types(self):
        self.assertEqual([path.name for path in sorted(SRC.glob('*.c'))],
                         ['types.c'])

    def test_the_map_is_the_tree(self):
        readme = (ROOT / 'README.md').read_text()
        for path in sorted(SRC.iterdir()):
            if path.is_dir():
                with self.subTest(path.name):
                    self.assertIn(f'| [src/{path.name}](src/{path.name})',
                                  readme)

    def test_no_function_is_too_long(self):
        count = 0
        for path in FILES:
            for function, length in functions(path):
                count += 1
                with self.subTest(file=name(path), function=function):
                    self.assertLessEqual(length, LONGEST)
        self.assertGreater(count, 700)

    def test_a_long_file_says_what_is_in_it(self):
        for path in FILES:
            text = path.read_text()
            if path.suffix == '.c' and text.count('\n') > OPENS_WITH:
                with self.subTest(name(path)):
                    self.assertTrue(text.startswith('/* '))


class TableTests(unittest.TestCase):

    def test_every_table_is_looked_at_for_empty_slots(self):
        """By tests/test_types.c."""
        tables = {table for path in FILES if path.suffix == '.h'
                  for table in re.findall(
                      r'^extern (?:const )?\w+Class (\w+_class);$',
                      path.read_text(), re.MULTILINE)}
        self.assertGreater(len(tables), 40)
        looked_at = re.findall(r'&(\w+_class)\b', (
            ROOT / 'tests' / 'test_types.c').read_text())
        self.assertEqual(tables, set(looked_at))


class StatusTests(unittest.TestCase):

    def test_names_are_those_of_httpstatus(self):
        """Of every code that Python 3.11 knows, and with its number."""
        header = (SRC / 'server' / 'responses.h').read_text()
        found = re.findall(r'^    HTTPStatus_(\w+) = (\d+),$', header,
                           re.MULTILINE)
        self.assertGreater(len(found), 60)
        for word, number in found:
            with self.subTest(word):
                self.assertEqual(http.HTTPStatus[word], int(number))
        if sys.version_info < (3, 12):
            self.assertEqual([word for word, number in found],
                             [status.name for status in http.HTTPStatus])


def anchors(page):
    """Those that GitHub gives the headings of a page."""
    headings = re.findall(r'^#+ (.+)$', re.sub(
        r'^```.*?^```', '', page.read_text(), flags=re.MULTILINE | re.DOTALL),
        re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
            for heading in headings}


class LinkTests(unittest.TestCase):

    def test_links_between_pages_lead_somewhere(self):
        count = 0
        for page in [ROOT / 'README.md', ROOT / 'examples' / 'README.md',
                     *sorted((ROOT / 'docs').glob('*.md'))]:
            for link in re.findall(r'\]\(([^():]+)\)', page.read_text()):
                count += 1
                path, _, anchor = link.partition('#')
                target = page.parent / path if path else page
                with self.subTest(page=page.name, link=link):
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(target))
        self.assertGreater(count, 300)


class WordTests(unittest.TestCase):

    def test_takes_is_the_one_verb(self):
        for path in FILES:
            for number, line in enumerate(path.read_text().split('\n'), 1):
                with self.subTest(file=name(path), line=number):
                    self.assertNotRegex(line, r'\b(steals?|stolen)\b')


if __name__ == '__main__':
    unittest.main()
