"""What a record says of an argument: the same as put_object in
tools/trace/trace.c. Nothing of it runs the application's code."""

WIDTH = 60
MAX_DEPTH = 3
LETTERS = {'\t': '\\t', '\n': '\\n', '\r': '\\r', "'": "\\'", '\\': '\\\\'}


def escaped(text):
    return ''.join(LETTERS.get(c) or (
        c if ' ' <= c <= '~' else c.encode('unicode_escape').decode())
        for c in text)


def of_bytes(value):
    size = bytes.__len__(value)
    text = escaped(bytes.__getitem__(value, slice(WIDTH)).decode('latin-1'))
    return f"{size} byte{'' if size == 1 else 's'} b'{text}'"


def of_items(value, depth):
    cls = list if isinstance(value, list) else tuple
    items = [of(item, depth + 1)
             for item in cls.__getitem__(value, slice(WIDTH))]
    inner = ', '.join(items)
    if cls is list:
        return f'[{inner}]'
    return f'({inner},)' if len(items) == 1 else f'({inner})'


def of(value, depth=0):
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        number = int.__int__(value)
        return str(number) if -2 ** 63 <= number < 2 ** 63 else '<int>'
    if isinstance(value, float):
        return f'{float.__float__(value):.12g}'
    if isinstance(value, str):
        return f"'{escaped(str.__getitem__(value, slice(WIDTH)))}'"
    if isinstance(value, bytes):
        return of_bytes(value)
    if isinstance(value, (list, tuple)) and depth < MAX_DEPTH:
        return of_items(value, depth)
    if isinstance(value, dict):
        return f'{{{dict.__len__(value)}}}'
    if isinstance(value, type):
        return value.__name__
    return f'<{type(value).__name__}>'


def shown(value):
    text = of(value)
    return text if len(text) <= WIDTH else text[:WIDTH - 3] + '...'
