"""Small changes of C, as somebody could make them by mistake: one operator,
one constant, the order of two statements, or a call that is left out.

changes(text) gives all that a file has room for. None is in a comment, in an
assertion, or in a preprocessor's line other than the body of a #define.
"""

import re
from typing import NamedTuple

KINDS = ('operator', 'constant', 'order', 'call')

TOKEN = re.compile(r'''
    (?P<comment>/\*.*?\*/ | //[^\n]*)
  | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\])*")
  | (?P<char>'(?:\\.|[^'\\])+')
  | (?P<number>\d[\w.]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<space>\s+)
  | (?P<operator>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=
                 |\.\.\.|.)
''', re.VERBOSE | re.DOTALL | re.MULTILINE)

DEFINE = re.compile(r'[ \t]*#[ \t]*define[ \t]+\w+(\([^)]*\))?')

# What each operator becomes. Those of one letter stand between blanks where
# they have two operands: clang-format sees to it.
OPERATORS = {
    '==': ['!='], '!=': ['=='], '<': ['<=', '>='], '>': ['>=', '<='],
    '<=': ['<', '>'], '>=': ['>', '<'], '&&': ['||'], '||': ['&&'],
    '+': ['-'], '-': ['+'], '*': ['+'], '/': ['*'], '%': ['/'], '&': ['|'],
    '|': ['&'], '^': ['|'], '<<': ['>>'], '>>': ['<<'], '+=': ['-='],
    '-=': ['+='], '|=': ['&='], '&=': ['|='], '++': ['--'], '--': ['++'],
    '!': ['']}

ESCAPES = {r'\n': r'\r', r'\r': r'\n', r'\0': r'\1', r'\t': r'\n',
           r'\\': '/', r"\'": '"'}

ASSERTIONS = {'assert', '_Static_assert', 'static_assert'}
KEYWORDS = {'if', 'else', 'for', 'while', 'do', 'switch', 'case', 'default',
            'return', 'goto', 'break', 'continue'}
# These have no effect but on what they are given.
RELEASES = {'Py_DECREF', 'Py_XDECREF', 'Py_INCREF', 'Py_XINCREF', 'free',
            'PyMem_Free', 'PyMem_RawFree'}


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Change(NamedTuple):
    kind: str
    start: int   # what is replaced, by its place in the text
    end: int
    new: str

    def made_in(self, text):
        return text[:self.start] + self.new + text[self.end:]


def tokens(text, offset=0):
    """Those that a change may be in or beside: no blanks and comments."""
    for found in TOKEN.finditer(text):
        kind, start = found.lastgroup, found.start() + offset
        if kind == 'directive':
            if head := DEFINE.match(found[0]):
                body = re.sub(r'\\\n', '  ', found[0][head.end():])
                yield from tokens(body, start + head.end())
        elif kind not in ('comment', 'space'):
            yield Token(kind, found[0], start, found.end() + offset)


def closing(row, index):
    """The index of what closes the parenthesis there, or None."""
    depth = 0
    for at in range(index, len(row)):
        depth += (row[at].text in '([{') - (row[at].text in ')]}')
        if depth == 0:
            return at
    return None


def without_assertions(row):
    kept, index = [], 0
    while index < len(row):
        if row[index].text in ASSERTIONS:
            index = closing(row, index + 1) or index
        else:
            kept.append(row[index])
        index += 1
    return kept


# ---- One operator, one constant

def operators(text, row):
    for token in row:
        if token.kind != 'operator' or token.text not in OPERATORS:
            continue
        between = text[token.start - 1:token.start].isspace() and \
            text[token.end:token.end + 1].isspace()
        if between or token.text in ('++', '--', '!'):
            for new in OPERATORS[token.text]:
                yield Change('operator', token.start, token.end, new)


def constants(row):
    for index, token in enumerate(row):
        if is_negative(row, index):
            # Not another error than -1, which is the same to who asks < 0.
            yield Change('constant', row[index - 1].start, token.end, '0')
            continue
        for new in CONSTANTS.get(token.kind, lambda each: [])(token.text):
            yield Change('constant', token.start, token.end, new)


def is_negative(row, index):
    """Whether it is a number that has a sign."""
    if index < 2 or row[index].kind != 'number' or row[index - 1].text != '-':
        return False
    before = row[index - 2]
    return before.text in KEYWORDS or before.kind == 'operator' and \
        before.text not in (')', ']')


def other_numbers(number):
    if re.fullmatch(r'0|[1-9]\d*', number):
        value = int(number)
        return {0: ['1'], 1: ['0', '2']}.get(
            value, [str(value + 1), str(value - 1)])
    if re.fullmatch(r'0[xX][\da-fA-F]+', number):
        return [hex(int(number, 16) + 1), hex(int(number, 16) - 1)]
    if re.fullmatch(r'\d+\.\d+', number):
        return [str(float(number) + 1)]
    return []


def other_words(word):
    return {'true': ['false'], 'false': ['true']}.get(word, [])


def other_characters(char):
    inner = char[1:-1]
    if inner.startswith('\\'):
        return [f"'{ESCAPES[inner]}'"] if inner in ESCAPES else []
    other = chr(ord(inner) + 1)
    return [] if other in "'\\" else [f"'{other}'"]


def other_strings(string):
    letters = re.findall(r'\\(?:x[\da-fA-F]+|[0-7]+|.)|[^\\]', string[1:-1])
    if not letters:
        return ['"x"']
    shorter = '"' + ''.join(letters[:-1]) + '"'
    other = letters[0].swapcase()
    if other == letters[0] or other.startswith('\\'):
        return [shorter]
    return [shorter, '"' + ''.join([other, *letters[1:]]) + '"']


CONSTANTS = {'number': other_numbers, 'word': other_words,
             'char': other_characters, 'string': other_strings}


# ---- Statements

def functions(row):
    """(index of its "{", index of its "}") of each function."""
    index = 0
    while index < len(row):
        if row[index].text == '{':
            end = closing(row, index)
            if end is None:
                return
            if index and row[index - 1].text == ')':
                yield index, end
            index = end
        index += 1


def statements(row, first, last):
    """The rows of tokens of the simple statements between two indices, block
    by block: a list for each run of neighbours."""
    run, one, depth = [], [], 0
    for token in row[first:last + 1]:
        one.append(token)
        depth += (token.text in '([') - (token.text in ')]')
        ends = depth == 0 and token.text in '{};'
        if ends and token.text == ';' and is_simple(one):
            run.append(one)
            one = []
        elif ends or is_label(one):
            if run:
                yield run
            run, one = [], []


def is_label(one):
    return one[-1].text == ':' and (
        len(one) == 2 or one[0].text in ('case', 'default'))


def is_simple(one):
    """No declaration, and nothing with a keyword."""
    words = [token.text for token in one]
    if words[0] in KEYWORDS or len(one) < 3:
        return False
    if words[:3] == ['(', 'void', ')']:
        return True
    if one[0].kind != 'word':
        return words[0] in ('*', '++', '--')
    # TYPE name, TYPE *name
    stars = 1
    while words[stars] == '*':
        stars += 1
    return one[stars].kind != 'word'


def called(one):
    """The name of what a statement calls if it does nothing else, or ''."""
    words = [token.text for token in one]
    index = 3 if words[:3] == ['(', 'void', ')'] else 0
    if one[index].kind != 'word':
        return ''
    while words[index + 1] in ('->', '.'):
        index += 2
    if words[index + 1] == '(' and closing(one, index + 1) == len(one) - 2:
        return words[index]
    return ''


def text_of(text, one):
    return text[one[0].start:one[-1].end]


def orders(text, row):
    for first, last in functions(row):
        for run in statements(row, first, last):
            for one, other in zip(run, run[1:]):
                if not commute(text_of(text, one), text_of(text, other)):
                    yield swapped(text, one, other)


def swapped(text, one, other):
    between = text[one[-1].end:other[0].start]
    return Change('order', one[0].start, other[-1].end,
                  text_of(text, other) + between + text_of(text, one))


def commute(one, other):
    """Whether two statements surely do the same in the other order: they call
    nothing but what releases, and neither has what the other changes."""
    effects = [effect(each) for each in (one, other)]
    return None not in effects and not any(
        touch(effects[a][0], each) for a, b in ((0, 1), (1, 0))
        for each in effects[b][1])


def effect(statement):
    """(what it changes, all that it names), or None if nobody can tell."""
    names = re.findall(r'[A-Za-z_]\w*(?:(?:->|\.)\w+)*', statement)
    calls = re.findall(r'(\w+)\(', statement)
    if calls:
        if len(names) == 2 and calls == names[:1] and calls[0] in RELEASES:
            return names[1], names[1:]
        return None
    if not re.match(r'[\w>.-]+ = ', statement):
        return None
    return names[0], names


def touch(changed, name):
    return (changed == name or name.startswith((changed + '->', changed + '.'))
            or changed.startswith((name + '->', name + '.')))


def calls(text, row):
    for first, last in functions(row):
        for run in statements(row, first, last):
            for one in run:
                if called(one):
                    yield Change('call', one[0].start, one[-1].end, ';')
        yield from succeeded(row[first:last])


def succeeded(row):
    """f(...) < 0 becomes 0 < 0: the call is left out, as if it had gone
    well."""
    for index, token in enumerate(row[:-1]):
        if (token.kind == 'word' and not token.text.isupper()
                and row[index + 1].text == '('
                and token.text not in KEYWORDS):
            end = closing(row, index + 1)
            after = [each.text for each in row[(end or len(row)) + 1:][:2]]
            if after == ['<', '0']:
                start = index
                while row[start - 1].text in ('->', '.'):
                    start -= 2
                yield Change('call', row[start].start, row[end].end, '0')


# ---- All of them

def changes(text):
    """{kind: [Change]}: each that the text has room for."""
    row = without_assertions(list(tokens(text)))
    return {'operator': list(operators(text, row)),
            'constant': list(constants(row)),
            'order': list(orders(text, row)),
            'call': list(calls(text, row))}


def function_at(text, place):
    """The name of the function that a place is in, or ''."""
    name = ''
    for found in re.finditer(r'^(\w+)\([^;{]*\)\n\{|^\}', text[:place + 1],
                             re.MULTILINE):
        name = found[1] or ''
    return name
