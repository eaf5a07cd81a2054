"""Rows that are compared one by one, between calls of C. Each says in words
what it shows."""


class Rows:
    def __init__(self):
        self.count = 0
        self.differing = []

    def compare(self, words, got, wanted):
        """What C gives and what Python gives; of dicts with the same keys
        only what is not the same is shown."""
        self.count += 1
        if got == wanted:
            return
        if not isinstance(got, dict):
            got, wanted = {'result': got}, {'result': wanted}
        lines = ['- ' + words]
        for key in got:
            if got[key] != wanted[key]:
                lines += ['    ' + key,
                          '      C:      ' + shown(got[key], wanted[key]),
                          '      Python: ' + shown(wanted[key], got[key])]
        self.differing.append('\n'.join(lines))

    def report(self):
        """Names every row that differs, and says how; '' if none does. The
        next row is the first of another table."""
        count, differing = self.count, self.differing
        self.__init__()
        assert count > 0, 'an empty table shows nothing'
        if not differing:
            return ''
        return '%d of %d rows differ:\n%s' % (
            len(differing), count, '\n'.join(differing))


def shown(value, other):
    """repr(value); of a long one from where it is not as `other`."""
    same = 0
    if type(value) is type(other) and isinstance(value, (bytes, list, str)):
        while value[same:same + 1] == other[same:same + 1] != value[:0]:
            same += 1
    same = same if isinstance(value, list) else max(same - 40, 0)
    text = repr(value[same:] if same else value)
    return ('... ' if same else '') + (
        text if len(text) <= 1500 else text[:1500] + ' ...')
