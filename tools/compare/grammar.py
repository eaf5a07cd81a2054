"""Texts made up at random by the rules of a grammar."""

import random
import re
from bisect import bisect
from collections import Counter
from itertools import accumulate


class Dice(random.Random):
    """A source of chance that keeps count of the alternatives it took."""

    def __init__(self, seed):
        super().__init__(seed)
        self.taken = Counter()


class Grammar:
    """rules: {name: alternatives}. An alternative is a text, in which <name>
    stands for a text by that rule, or a function of the dice that returns a
    text. (number, alternative) is one that comes that often."""

    NAME = re.compile('<([a-z0-9-]+)>')

    def __init__(self, rules):
        self.rules = {}
        for name, rows in rules.items():
            rows = [row if isinstance(row, tuple) else (1, row)
                    for row in rows]
            weights, alternatives = zip(*rows)
            self.rules[name] = (list(map(self.pieces, alternatives)),
                                list(accumulate(weights)))

    def pieces(self, alternative):
        """Text, the name of a rule, text, ...; a function as it is."""
        return (alternative if callable(alternative)
                else self.NAME.split(alternative))

    def alternatives(self):
        """All that dice can take."""
        return {(name, number)
                for name, (alternatives, _) in self.rules.items()
                for number in range(len(alternatives))}

    def text(self, dice, name):
        """A text by the rule."""
        alternatives, weights = self.rules[name]
        number = bisect(weights, dice.random() * weights[-1])
        dice.taken[name, number] += 1
        alternative = alternatives[number]
        if callable(alternative):
            return alternative(dice)
        if len(alternative) == 1:
            return alternative[0]
        return ''.join([self.text(dice, piece) if index % 2 else piece
                        for index, piece in enumerate(alternative)])
