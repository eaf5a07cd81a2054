"""What each call of a request costs, as a picture: SVG, for any browser, and
for pages that are light or dark.

A call is a box below the one that makes it, as wide as its share of the
instructions. Below a box stand the calls in it, in their order from left to
right; then, in grey, what the call itself needs of CPython and libc; what is
left is its own code in src/. System calls need no instructions of the program:
they are dots where they are made, and have their names at the foot."""

import html
import re

from tools import command
from tools.cost import tree

WIDTH, ROW, MARGIN = 1200, 22, 12
CHARACTER = 6.7   # how wide one is
NARROWEST = 0.4   # a box that is drawn
APART = 14        # two names of system calls

# (name, which folder of src/, colour, colour in the dark)
LAYERS = [
    ('server', 'server', '#bcd7f5', '#2f5d8f'),
    ('handlers', 'handlers', '#c6e8c3', '#35703a'),
    ('headers', 'headers', '#f6d9b0', '#8a5a1c'),
    ('streams', 'io', '#e3cdf2', '#6b4488'),
    ('checks', 'validate', '#f5c9d3', '#8a3f55'),
    ('helpers', 'util', '#d9e3a5', '#64701f'),
    ('Python code', 'python', '#fbe98c', '#857413'),
    ('CPython and libc', 'outside', '#e2e2e2', '#4a4d52'),
]
IN_PYTHON = {tree.INTERPRETER, 'application'}

STYLE = '''
svg { background: #ffffff; font: 11px ui-monospace, Menlo, Consolas,
      "DejaVu Sans Mono", monospace; }
.back { fill: #ffffff; } rect { stroke: #ffffff; stroke-width: 1; }
text { fill: #1a1a1a; } .dot { fill: #b3261e; }
.wire { fill: none; stroke: #b3261e; stroke-width: 0.7;
        stroke-dasharray: 2 3; }
'''
DARK = '''
svg { background: #16181c; }
.back { fill: #16181c; } rect { stroke: #16181c; }
text { fill: #f0f0f0; } .dot { fill: #ff8a80; } .wire { stroke: #ff8a80; }
'''


def style():
    light = ''.join(f'.{key} {{ fill: {colour}; }}\n'
                    for _, key, colour, _ in LAYERS)
    dark = ''.join(f'.{key} {{ fill: {colour}; }}\n'
                   for _, key, _, colour in LAYERS)
    return (f'<style>{STYLE}{light}@media (prefers-color-scheme: dark) {{'
            f'{DARK}{dark}}}</style>')


def folders():
    """{function: its folder of src/}"""
    return {name: path.parent.name
            for path in (command.ROOT / 'src').glob('*/*.c')
            for name in re.findall(r'^(\w+)\(', path.read_text('utf-8'),
                                   re.MULTILINE)}


class Box:
    """A call where it is in the picture; `used`: how much of its width the
    calls in it have taken."""

    def __init__(self, call, x, width):
        self.call = call
        self.x = x
        self.width = width
        self.used = 0


def boxes(calls):
    """One for each call, in their order."""
    scale = (WIDTH - 2 * MARGIN) / tree.total(calls[0])
    above = []
    for call in calls:
        del above[call.depth:]
        x = above[-1].x + above[-1].used if above else MARGIN
        box = Box(call, x, tree.total(call) * scale)
        if above:
            above[-1].used += box.width
        above.append(box)
        yield box


def label(name, width):
    """The name; or the method, without its class; or what fits of it."""
    room = int((width - 6) / CHARACTER)
    method = name.partition('_')[2] if name[0].isupper() else name
    for text in (name, method.lstrip('_')):
        if len(text) <= room:
            return text
    return f'{text[:room - 1]}…' if room > 3 else ''


def top(call):
    return MARGIN + call.depth * ROW


def rectangle(kind, name, title, x, y, width):
    text = label(name, width)
    shown = (f'<text x="{x + 4:.1f}" y="{y + 15}">{html.escape(text)}</text>'
             if text else '')
    return (f'<g><title>{html.escape(title)}</title><rect class="{kind}" '
            f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}"/>'
            f'{shown}</g>')


def rectangles(calls):
    """The calls, and what each of them needs outside."""
    folder_of = folders()
    scale = (WIDTH - 2 * MARGIN) / tree.total(calls[0])
    for box in list(boxes(calls)):
        call = box.call
        if box.width < NARROWEST:
            continue
        kind = ('python' if call.name in IN_PYTHON
                else folder_of.get(call.name, 'server'))
        inclusive, share, own, outside = tree.figures(call,
                                                      tree.total(calls[0]))
        yield rectangle(
            kind, call.name, f'{call.name}: {inclusive} instructions, '
            f'{share} %; own {own}, of these outside src/ {outside}',
            box.x, top(call), box.width)
        width = tree.outside(call.own) * scale
        if width >= NARROWEST and call.name not in IN_PYTHON:
            yield rectangle(
                'outside', 'CPython', f'CPython and libc, for {call.name}: '
                f'{outside} instructions', box.x + box.used,
                top(call) + ROW, width)


def spread(wanted, widths):
    """Where names begin that are to stand in a row, near to where they are
    wanted, and not on each other."""
    places = []
    end = 0.0
    for x, width in zip(wanted, widths):
        places.append(max(x, end))
        end = places[-1] + width
    end = float(WIDTH)
    for index in reversed(range(len(places))):
        places[index] = min(places[index], end - widths[index])
        end = places[index]
    return places


def system_calls(calls, foot):
    """A dot for each, and its name at the foot; one name for some that come
    one after the other."""
    drawn = [box for box in boxes(calls) if box.call.is_system_call]
    named = [box for before, box in zip([None, *drawn], drawn)
             if before is None or before.call.name != box.call.name]
    names = [box.call.name.removesuffix('()') for box in named]
    places = spread([box.x - 8 for box in named],
                    [len(name) * CHARACTER + APART for name in names])
    for box, name, x in zip(named, names, places):
        if x >= 0:
            yield (f'<path class="wire" d="M{box.x:.1f} {top(box.call)} '
                   f'V{foot - 28} L{x + 8:.1f} {foot - 10}"/>'
                   f'<text x="{x:.1f}" y="{foot}">{name}</text>')
    for box in drawn:
        yield (f'<g><title>{html.escape(box.call.text)}</title><circle '
               f'class="dot" cx="{box.x:.1f}" cy="{top(box.call) + 4}" '
               'r="3"/></g>')


def legend(y):
    x = MARGIN
    for name, key, _, _ in LAYERS:
        yield (f'<rect class="{key}" x="{x}" y="{y - 11}" width="14" '
               f'height="14"/><text x="{x + 19}" y="{y}">{name}</text>')
        x += 40 + len(name) * CHARACTER
    yield (f'<circle class="dot" cx="{x + 4}" cy="{y - 4}" r="3"/>'
           f'<text x="{x + 14}" y="{y}">system call</text>')


def draw(calls):
    """The picture."""
    foot = MARGIN + (max(call.depth for call in calls) + 3) * ROW + 12
    height = foot + 2 * ROW + 8
    return '\n'.join([
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        'aria-label="What each call of a request costs" '
        f'viewBox="0 0 {WIDTH} {height}">',
        style(),
        f'<rect class="back" width="{WIDTH}" height="{height}"/>',
        *rectangles(calls), *system_calls(calls, foot),
        *legend(height - MARGIN), '</svg>', ''])
