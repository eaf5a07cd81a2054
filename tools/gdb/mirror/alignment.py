"""Which line of a Python function a line of C stands for.

Both say the same in the same order: so each line of C is given a line of
Python, never one before that of the line above, such that they have as many
words in common as can be. A word counts the more, the fewer lines have it."""

import re

WORD = re.compile(r'[A-Za-z_]\w*')
# What one side writes for a word of the other.
SYNONYMS = {'RAISE': 'raise', 'RAISE_NONE': 'raise', 'RERAISE': 'raise',
            'except_enter': 'except', 'finally_enter': 'finally',
            'PyErr_Clear': 'pass', 'PyErr_ExceptionMatches': 'except',
            'PyObject_Size': 'len', 'PyIter_Next': 'for', 'contains': 'in',
            'PySequence_Contains': 'in', 'PyObject_GetIter': 'for',
            'true': 'True', 'false': 'False', 'PyDict_Copy': 'copy',
            'PyDict_Update': 'update', 'PyObject_TypeCheck': 'isinstance',
            'init': '__init__', 'PyObject_HasAttr': 'hasattr'}
NOISE = {'self', 'cls', 'FAILED', 'NULL', 'int', 'char', 'const', 'static',
         'goto', 'done', 'result', 'PyObject', 'Py_None', 'None', 'void',
         'bool', 'the', 'a', 'of', 'is', 'it', 'and', 'to', 'by', 'as', 'not',
         'self_', 'base', 'or', 'else', 'Py_NewRef', 'Py_DECREF', 'Py_INCREF',
         'Py_XDECREF', 'Py_SETREF', 'Py_XSETREF', 'Py_CLEAR'}
# What only C has: checks for failure, references that are let go.
ONLY_C = re.compile(r'goto \w+;|return (-1|NULL);|Py_X?DECREF\(|Py_CLEAR\(|'
                    r'if \(FAILED\(\w+ (== NULL|< 0)\)\)|\w+_leave\(')
WEAK = {'if': 0.2, 'return': 0.5}
SURE = 0.3  # how alike two lines must be


def words_of_c(line):
    """The words of a line of C, as Python would write them."""
    if ONLY_C.match(line.strip()):
        return
    for name in re.findall(r'\b(?:self|cls)->(\w+)', line):
        yield 'self.' + name
    line = re.sub(r'\bnames\.(\w+)', lambda name: ' '.join(
        [name[1], *name[1].split('_')]), line)
    for word in WORD.findall(line):
        word = word.removeprefix('PyExc_')
        yield SYNONYMS.get(word, word)
        cls, _, method = word.partition('_')
        if method and cls[:1].isupper() and cls != 'Py':
            yield cls
            yield SYNONYMS.get(method, method)


def words_of_python(line):
    for name in re.findall(r'\bself\.(\w+)', line):
        yield 'self.' + name
    for word in WORD.findall(line):
        yield word
        if word.startswith('_'):
            yield word.strip('_')


def called(line):
    return set(re.findall(r'(\w+)\(', line))


def weights(python):
    """How much each word counts in a function."""
    count = {}
    for words in python:
        for word in words:
            count[word] = count.get(word, 0) + 1
    return {word: WEAK.get(word, 1) / number
            for word, number in count.items()}


def align(c, python):
    """[(index of the Python line, whether that is sure)] for each line of C.
    A line that has nothing in common with any is where the one above is; on
    the first line of the Python, the def, that is sure."""
    words = [set(words_of_python(line)) - NOISE for line in python]
    weight = weights(words)
    calls = [called(line) for line in python]
    alike = []
    for line in c:
        own = set(words_of_c(line)) - NOISE
        alike.append([sum(weight[word] * (2 if word in calls[j] else 1)
                          for word in own & words[j])
                      for j in range(len(python))])
    return best_path(alike)


def best_path(alike):
    """The way down the table, never to the left, with the greatest sum."""
    best = [[0] * len(alike[0])]  # best[i][j]: i lines, the last one at <= j
    for row in alike:
        above, here = best[-1], []
        for j, value in enumerate(row):
            here.append(max(above[j] + value, here[-1] if here else 0))
        best.append(here)
    path = []
    j = len(alike[0]) - 1
    for i in range(len(alike), 0, -1):
        while j > 0 and best[i][j] == best[i][j - 1]:
            j -= 1
        path.append((j, j == 0 or alike[i - 1][j] >= SURE))
    return path[::-1]
