"""docs/classes.svg: the classes and their bases, drawn from the sources.

A class is a row of src/types.c, in that order. Its base is what its type says
as tp_base; what a mix-in is laid over is in src/server/mixed_servers.c.
"""

import pathlib
import re
from typing import NamedTuple
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURE = ROOT / 'docs' / 'classes.svg'

TYPES = re.compile(r'^    &(\w+)_type,$', re.MULTILINE)
BASE = re.compile(r'^PyTypeObject (\w+)_type = \{\n(?:    .*\n)*?'
                  r'    \.tp_base = &(\w+)_type,$', re.MULTILINE)
MIXED = re.compile(r'"cwsgiref\.[\w.]+\.(Threading|Forking)(\w+)",')

# What takes part in every request; their bases do, too.
MEET_A_REQUEST = ['WSGIServer', 'WSGIRequestHandler', 'ServerHandler',
                  'Headers', 'HTTPMessage', 'Socket', 'SocketIO',
                  'BufferedReader', 'SocketWriter']


class Lane(NamedTuple):
    """A part of the picture. The lane of a class is that of its root."""
    title: str
    words: str
    roots: list


LANES = [
    Lane('The server', 'waits for a client, accepts it, and makes a request '
         'handler for it', ['BaseServer']),
    Lane('The request handler', 'reads the request, writes the log, and makes '
         'a WSGI handler', ['BaseRequestHandler']),
    Lane('The WSGI handler', 'calls the application, and sends its answer',
         ['BaseHandler']),
    Lane('The headers', 'of the response, and of the request',
         ['Headers', 'HTTPMessage']),
    Lane('The socket and its streams', 'rfile, which the application gets as '
         'wsgi.input, and wfile', ['Socket', 'IOBase']),
    Lane('Beside the chain', 'wsgi.file_wrapper, the threads of requests, and '
         'the wrappers of wsgiref.validate',
         ['FileWrapper', 'Threads', 'NoThreads', 'InputWrapper', 'InputLines',
          'ErrorWrapper', 'WriteWrapper', 'PartialIteratorWrapper',
          'IteratorWrapper']),
]

COLUMNS = 5
WIDTH, GAP = 164, 14            # of a box, and between two
HEIGHT, TALL, BELOW = 26, 40, 10  # of a box; with mix-ins; below a row
MARGIN, HEAD = 12, 30           # around all; a lane's heading
PAGE_WIDTH = 2 * MARGIN + COLUMNS * WIDTH + (COLUMNS - 1) * GAP

STYLE = '''
  svg { font-family: "Liberation Sans", Arial, Helvetica, sans-serif; }
  .page { fill: #f4f4f1; }
  .box { fill: #ffffff; stroke: #a9aeb3; }
  .chain { fill: #ffedb8; stroke: #c98a00; }
  .line { fill: none; stroke: #a9aeb3; }
  text { fill: #1d2125; font-size: 12px; }
  .class { text-anchor: middle; }
  .title { font-size: 14px; font-weight: bold; }
  .words, .mixed { fill: #5d646b; }
  .mixed { font-size: 9.5px; text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #131517; }
    .box { fill: #1b1e21; stroke: #5b636b; }
    .chain { fill: #51400f; stroke: #e5ac2e; }
    .line { stroke: #5b636b; }
    text { fill: #e4e6e8; }
    .words, .mixed { fill: #b4bbc2; }
  }
'''


class Classes:
    """The classes of the sources."""

    def __init__(self, sources=ROOT / 'src'):
        text = {path: path.read_text(encoding='utf-8')
                for path in sorted(sources.rglob('*.c'))}
        mixed = MIXED.findall(text[sources / 'server' / 'mixed_servers.c'])
        self.bases = {cls: base for each in text.values()
                      for cls, base in BASE.findall(each)}
        self.mix_ins = {}           # {class: what is mixed over it}
        for mix_in, cls in mixed:
            self.mix_ins.setdefault(cls, []).append(f'{mix_in}MixIn')
        made = {mix_in + cls for mix_in, cls in mixed}
        self.names = [name for name in
                      TYPES.findall(text[sources / 'types.c'])
                      if name not in made]
        self.chain = {name for each in MEET_A_REQUEST
                      for name in self.above(each)}

    def children(self, name):
        """The subclasses, those that take part in a request first."""
        found = [each for each in self.names if self.bases.get(each) == name]
        return sorted(found, key=lambda each: each not in self.chain)

    def above(self, name):
        """The class and its bases."""
        while name is not None:
            yield name
            name = self.bases.get(name)

    def roots(self):
        return [name for name in self.names if name not in self.bases]


class Box(NamedTuple):
    name: str
    row: int
    column: int
    base: object    # the box of the base, or None


def boxes(classes, lane):
    """Those of a lane. The first subclass is beside its base, others below
    it; roots without any stand side by side."""
    found = []

    def place(name, row, column, base):
        box = Box(name, row, column, base)
        found.append(box)
        last = row
        for index, child in enumerate(classes.children(name)):
            last = place(child, last + (index > 0), column + 1, box)
        return last

    row, column = 0, 0
    for root in lane.roots:
        if column and (column == COLUMNS or classes.children(root)):
            row, column = row + 1, 0
        row = place(root, row, column, None)
        column = COLUMNS if classes.children(root) else column + 1
    return found


def described(classes):
    """The picture in words."""
    def words(name):
        text = name
        if name in classes.mix_ins:
            text += ' (also with ' + ' or '.join(classes.mix_ins[name]) + ')'
        children = ', '.join(map(words, classes.children(name)))
        return f'{text} [{children}]' if children else text
    yield 'In brackets are the subclasses of a class.'
    for lane in LANES:
        yield f'{lane.title}: ' + ', '.join(map(words, lane.roots)) + '.'


def drawn_box(classes, box, x, y, height):
    kind = 'box chain' if box.name in classes.chain else 'box'
    yield (f'<rect class="{kind}" x="{x}" y="{y}" width="{WIDTH}" '
           f'height="{height}" rx="5"/>')
    middle = x + WIDTH // 2
    yield f'<text class="class" x="{middle}" y="{y + 17}">{box.name}</text>'
    if mix_ins := classes.mix_ins.get(box.name):
        yield (f'<text class="mixed" x="{middle}" y="{y + 32}">+ '
               + ', '.join(mix_ins) + '</text>')


def drawn_lane(classes, lane, top):
    """The lines of a lane that begins at `top`, and where it ends."""
    found = boxes(classes, lane)
    heights = {}
    for box in found:
        tall = TALL if box.name in classes.mix_ins else HEIGHT
        heights[box.row] = max(heights.get(box.row, 0), tall)
    tops = {0: top + HEAD}
    for row in sorted(heights):
        tops[row + 1] = tops[row] + heights[row] + BELOW
    lines = [f'<text x="{MARGIN}" y="{top + 20}"><tspan class="title">'
             f'{escape(lane.title)}</tspan><tspan class="words">: '
             f'{escape(lane.words)}</tspan></text>']
    for box in found:
        x = MARGIN + box.column * (WIDTH + GAP)
        y = tops[box.row]
        if box.base is not None:
            start = tops[box.base.row] + HEIGHT // 2
            lines.append(f'<path class="line" d="M{x - GAP} {start} '
                         f'h{GAP // 2} V{y + HEIGHT // 2} H{x}"/>')
        height = TALL if box.name in classes.mix_ins else HEIGHT
        lines += drawn_box(classes, box, x, y, height)
    return lines, tops[max(tops)]


def picture(classes):
    """The file."""
    in_lanes = [root for lane in LANES for root in lane.roots]
    if sorted(in_lanes) != sorted(classes.roots()):
        raise ValueError('tools/classes.py: in LANES or in src/types.c, but '
                         'not in both: '
                         f'{sorted({*in_lanes} ^ {*classes.roots()})}')
    lines, top = [], MARGIN // 2
    for lane in LANES:
        drawn, top = drawn_lane(classes, lane, top)
        lines += drawn
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-labelledby="title desc" width="{PAGE_WIDTH}" height="{top}" '
        f'viewBox="0 0 {PAGE_WIDTH} {top}">',
        '<!-- written by script/classes -->',
        '<title id="title">The classes of cwsgiref and their bases</title>',
        '<desc id="desc">' + escape('\n'.join(described(classes)))
        + '</desc>',
        f'<style>{STYLE}</style>',
        f'<rect class="page" width="{PAGE_WIDTH}" height="{top}" rx="8"/>',
        *lines,
        '</svg>']) + '\n'
