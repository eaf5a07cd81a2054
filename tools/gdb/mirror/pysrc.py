"""The Python beside the C: the command pysrc, and the window of
`layout mirror`."""

import functools
import re

import gdb

from tools.gdb.mirror import origin
from tools.gdb.mirror.alignment import align
from tools.gdb.mirror.program import has_ours_at
from tools.gdb.mirror.session import stack


class Place:
    """A line of a Python function. `index`: from the def on; `sure`: whether
    the line of C was found in it, or only what stands above that line."""

    def __init__(self, function, index, sure):
        self.function = function
        self.index = index
        self.sure = sure

    def title(self):
        title = f'{self.function.source}: {self.function.name}'
        if self.function.source == origin.TWIN:
            title += ' (CPython runs the same in C)'
        return title

    def text(self, numbers=True):
        """The lines of the function, with a mark at this one."""
        lines = self.function.lines
        indent = len(lines[0]) - len(lines[0].lstrip())
        for index, line in enumerate(lines):
            mark = '  '
            if index == self.index:
                mark = '=>' if self.sure else '~>'
            number = f'{self.function.first + index:5} ' if numbers else ' '
            yield f'{mark}{number}{line[indent:]}'.rstrip()


def body(lines, line):
    """The line numbers of a C function: from its name to its last brace."""
    end = line
    while end < len(lines) and not lines[end - 1].startswith('}'):
        end += 1
    return range(line, end + 1)


def code_lines(function):
    """The indices of the lines of a Python function that are no docstring
    and no comment."""
    return [index for index, line in enumerate(function.lines)
            if line.strip() and not line.strip().startswith('#')
            and function.first + index not in function.docstring]


@functools.lru_cache
def places(path, line, function):
    """{line of C: Place} for a C function and the one that it mirrors."""
    lines = origin.source_lines(path)
    numbers = body(lines, line)
    indices = code_lines(function)
    aligned = align([lines[number - 1] for number in numbers],
                    [function.lines[index] for index in indices])
    return {number: Place(function, indices[at], sure)
            for number, (at, sure) in zip(numbers, aligned)}


def of_frame(frame):
    """The place in Python where a frame is; None for a helper."""
    symbol = frame.function()
    sal = frame.find_sal()
    if symbol is None or not sal.symtab or not symbol.symtab:
        return None
    path = symbol.symtab.fullname()
    function = origin.of_function(path, symbol.line, symbol.name)
    if function is None:
        return None
    return places(path, symbol.line, function).get(sal.line)


def current():
    """The place in Python of the selected frame, or of the nearest caller
    that mirrors one."""
    for frame in stack(gdb.selected_frame()):
        if has_ours_at(frame.pc()):
            place = of_frame(frame)
            if place is not None:
                return place
    raise gdb.GdbError('No function here mirrors one of Python.')


class PySrc(gdb.Command):
    """pysrc [NAME]: the Python function that the current C function mirrors.

"=>" is the line that the current line of C stands for, found by the words
they share; "~>" means that only a line above it was found. In a helper it is
the line of its caller. NAME is a function of C, such as BaseHandler_run. The
source is that of the Python that the program is linked with."""

    def __init__(self):
        super().__init__('pysrc', gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        if argument.strip():
            function = origin.by_name(argument.strip())
            if function is None:
                raise gdb.GdbError(f'No function of Python is {argument} by '
                                   'the rule of names.')
            place = Place(function, None, False)
        else:
            place = current()
        print(place.title())
        print('\n'.join(place.text()))

    def complete(self, text, word):
        return sorted(name for name in origin.mirrored_names()
                      if name.startswith(text))


class Window:
    """The right half of `layout mirror`."""

    def __init__(self, window):
        self.window = window
        self.top = 0
        self.left = 0
        self.place = None
        gdb.events.before_prompt.connect(self.follow)

    def close(self):
        gdb.events.before_prompt.disconnect(self.follow)

    def follow(self):
        """After each command: to where the program is now."""
        if self.window.is_valid():
            try:
                self.place = current()
            except (gdb.error, gdb.GdbError):
                self.place = None
            self.show_line()
            self.render()

    def show_line(self):
        """Scrolls to the current line, if need be."""
        if self.place is not None:
            height = self.window.height
            index = self.place.index
            if not self.top <= index < self.top + height - 1:
                self.top = max(0, index - height // 3)

    def render(self):
        if not self.window.is_valid():
            return
        if self.place is None:
            self.window.title = 'Python'
            self.window.write('No function here mirrors one of Python.', True)
            return
        self.window.title = self.place.title()
        self.window.write('\n'.join(self.visible()), True)

    def visible(self):
        lines = list(self.place.text(numbers=False))
        for line in lines[self.top:self.top + self.window.height]:
            text = line[:3] + line[3 + self.left:]
            text = text[:self.window.width - 1]
            if re.match('[=~]>', text):
                text = f'\033[7m{text}\033[0m'
            yield text

    def vscroll(self, number):
        if self.place is not None:
            last = len(self.place.function.lines) - 1
            self.top = min(max(0, self.top + number), last)
            self.render()

    def hscroll(self, number):
        self.left = max(0, self.left + number)
        self.render()


def register():
    PySrc()
    if hasattr(gdb, 'register_window_type'):
        gdb.register_window_type('python', Window)
        gdb.execute('tui new-layout mirror '
                    '{-horizontal src 1 python 1} 2 status 0 cmd 1')
