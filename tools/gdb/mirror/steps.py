"""Breakpoints by the steps of docs/callgraph.md."""

import os
import re

import gdb

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..',
                    '..', 'docs', 'callgraph.md')
ROW = re.compile(r'^\| (\d+) \| (.*?) \| \[`(\w+)`\]\(.*?\) '
                 r'\| \[`([\w.]+)`\]\(.*?\) \|$', re.MULTILINE)


def read_steps():
    """{number: (what, C name, Python name)}, as the page's table has it."""
    with open(PAGE, encoding='utf-8') as page:
        return {int(number): (what.replace('`', ''), c, python)
                for number, what, c, python in ROW.findall(page.read())}


class BreakStep(gdb.Command):
    """break-step [N]: a breakpoint at step N of docs/callgraph.md.

Without a number it lists the steps. `request` then runs to it."""

    def __init__(self):
        super().__init__('break-step', gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument, from_tty):
        steps = read_steps()
        if not argument.strip():
            for number, (what, c, _) in steps.items():
                print(f'{number:2}  {c:28} {what}')
            return
        try:
            what, c, python = steps[int(argument)]
        except (ValueError, KeyError):
            raise gdb.GdbError(f'There is no step {argument}: `break-step` '
                               'alone lists them.') from None
        gdb.Breakpoint(function=c)
        print(f'Step {argument}: {what} ({python})')

    def complete(self, text, word):
        return [str(number) for number in read_steps()
                if str(number).startswith(word)]


def register():
    BreakStep()
