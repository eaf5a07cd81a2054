"""Makes a case that shows a mismatch as small as it can be, and prints it.

Shrinking is trying: whatever can be left out, is, as long as the two servers
still differ in the same respects.
"""

import ast
import time
from contextlib import suppress
from functools import partial
from itertools import islice

from .exchange import Dribble, Pause, Send, Shut


class Over(Exception):
    """What has been found so far will do."""


class Shrinker:
    """differs(case) runs a case; true when it shows the mismatch. It is not
    called any more after `seconds`, or when it has raised Over."""

    def __init__(self, differs, seconds=60):
        self.differs = differs
        self.end = time.monotonic() + seconds
        self.done = False  # has all been tried?

    def shrink(self, case):
        """The smallest case found."""
        self.best = case
        with suppress(Over):
            self.try_all(case)
            self.done = True
        return self.best

    def try_all(self, case):
        """Until nothing can be left out any more."""
        before = None
        while case != before:
            before = case
            case = self.with_one_send(case)
            case = self.with_fewer_steps(case)
            case = self.with_shorter_behaviour(case)
            case = self.with_shorter_steps(case)

    def attempt(self, candidate):
        if time.monotonic() >= self.end:
            raise Over
        if not self.differs(candidate):
            return False
        self.best = candidate
        return True

    def with_one_send(self, case):
        """All that is sent, at once."""
        if not case.is_patient():
            return case
        data = b''.join(step.data for step in case.steps
                        if isinstance(step, (Send, Dribble)))
        candidate = case._replace(steps=[Send(data), Shut()])
        if candidate != case and self.attempt(candidate):
            return candidate
        return case

    def with_fewer_steps(self, case):
        """Without Shut a server could wait for more; and who leaves while it
        is stopped stays away."""
        if not case.is_patient() or case.has(Pause):
            return case
        steps = self.smaller(case.steps[:-1], lambda steps: case._replace(
            steps=[*steps, case.steps[-1]]))
        return case._replace(steps=[*steps, case.steps[-1]])

    def with_shorter_steps(self, case):
        if not case.is_patient() and not case.has(Pause):
            return case
        for index, step in enumerate(case.steps):
            if isinstance(step, (Send, Dribble)):
                def replaced(data):
                    steps = case.steps.copy()
                    steps[index] = step._replace(data=bytes(data))
                    return case._replace(steps=steps)
                case = replaced(self.smaller(list(step.data), replaced))
        return case

    def with_shorter_behaviour(self, case):
        fixed, program = '', case.behaviour
        if not case.is_patient() and not case.has(Pause):
            fixed, _, program = program.partition('\n')
            fixed += '\n'
        shorter = self.shorter(program, lambda program: case._replace(
            behaviour=fixed + program))
        return case._replace(behaviour=fixed + shorter)

    def shorter(self, program, make_case):
        """As little of the program as is needed. What the client waits for
        stays in it."""
        waits = program.count('wait_for_')
        number = 0
        while True:
            candidate = without(program, number)
            if candidate is None:
                return program
            if (candidate.count('wait_for_') == waits
                    and self.attempt(make_case(candidate))):
                program = candidate
            else:
                number += 1

    def smaller(self, items, make_case):
        """As few of the items as are needed: first large pieces are left
        out, then smaller ones, at last one by one."""
        size = len(items)
        while size:
            start = 0
            while start < len(items):
                fewer = items[:start] + items[start + size:]
                if self.attempt(make_case(fewer)):
                    items = fewer
                else:
                    start += size
            size //= 2
        return items


# ---- Programs

def without(program, number):
    """The program with one thing less; None if there are not so many things
    to leave out."""
    try:
        tree = ast.parse(program)
    except SyntaxError:
        return None
    cuts = (cut for node in ast.walk(tree) for cut in cuts_of(node))
    cut = next(islice(cuts, number, None), None)
    if cut is None:
        return None
    cut()
    return ast.unparse(ast.fix_missing_locations(tree))


def cuts_of(node):
    """Functions that leave out a part of the node, or simplify it."""
    if isinstance(node, ast.Constant):
        for value in smaller_values(node.value):
            yield partial(setattr, node, 'value', value)
    for name, value in ast.iter_fields(node):
        if name == 'body' and isinstance(value, list):
            yield from cuts_of_block(value)
        elif name in ('args', 'keywords', 'elts'):
            for index in range(len(value) if isinstance(value, list) else 0):
                yield partial(value.pop, index)
        for part in parts_of(value):
            yield partial(setattr, node, name, part)


def cuts_of_block(statements):
    """No block may be empty: what is left then is pass."""
    for index, statement in enumerate(statements):
        rest = statements[index + 1:]
        for instead in ([], *blocks_of(statement)):
            left = statements[:index] + instead + rest or [ast.Pass()]
            if len(statements) > 1 or not isinstance(statement, ast.Pass):
                yield partial(statements.__setitem__, slice(None), left)


def blocks_of(statement):
    """What can stand for a statement."""
    if isinstance(statement, ast.Try):
        yield statement.body
        yield from (handler.body for handler in statement.handlers)
        if statement.finalbody:
            yield statement.finalbody
    elif isinstance(statement, ast.Assign):
        yield [ast.Expr(statement.value)]


def parts_of(value):
    """What can stand for an expression."""
    if isinstance(value, ast.BinOp):
        yield value.left
        yield value.right
    elif isinstance(value, ast.Call):
        yield from value.args


def smaller_values(value):
    """What can stand for a constant."""
    if isinstance(value, (str, bytes)) and value:
        half = (len(value) + 1) // 2
        yield value[half:]
        yield value[:half - 1]
        if len(value) < 50:
            for index in range(len(value)):
                yield value[:index] + value[index + 1:]
    elif type(value) is int:
        yield from (number for number in (0, 1, value // 2)
                    if number < value)
