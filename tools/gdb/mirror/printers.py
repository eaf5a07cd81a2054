"""How values are shown: an object of ours by its real class, a stream with
what is in its buffer, Python's values as Python prints them."""

import collections
import re
import sys

import gdb

from tools.gdb.mirror import program
from tools.gdb.mirror.session import log

PREFIX = 'cwsgiref.'  # of the tp_name of every class of ours, at first
SHOWN_BYTES = 200
SHOWN = 60  # characters of a value in a line of the chain

HINT = ('Python values are shown by type and address here: for more, install '
        'the debug symbols of the linked Python (Debian: apt-get install '
        'python3-dbg).')


# `is_ours`: and not made by Python code.
Class = collections.namedtuple('Class', 'name is_ours')


def read_class(kind):
    """The class of a type object."""
    module, _, name = kind['tp_name'].string().rpartition('.')
    if not ((module + '.').startswith(PREFIX)
            or (program.is_python() and program.has_ours_at(int(kind)))):
        return Class(name, False)
    name = name.lstrip('_')  # _SocketWriter: SocketWriter
    return Class(name[:1].upper() + name[1:], True)  # socket: Socket


def classes(pointer):
    """An object's class and its bases, as far as they are ours or made of
    ours: nothing for Python's own objects, or for what is no object."""
    found = []
    try:
        kind = pointer.cast(gdb.lookup_type('PyObject').pointer())['ob_type']
        while int(kind):
            found.append(read_class(kind))
            if len(found) > 1 and found[-2].is_ours > found[-1].is_ours:
                return found[:-1]
            kind = kind['tp_base']
    except (gdb.error, UnicodeDecodeError):  # not initialised yet
        pass
    return []


def names_of_ours(kinds):
    return [each.name for each in kinds if each.is_ours]


def is_object(kind):
    """Whether a struct begins with PyObject_HEAD, as those of ours do."""
    kind = kind.strip_typedefs()
    if kind.code != gdb.TYPE_CODE_STRUCT or not kind.fields():
        return False
    first = kind.fields()[0]
    return first.name == 'ob_base' or (first.name == 'base'
                                       and is_object(first.type))


def whole(pointer, kinds):
    """The object, by the struct of its class, or of the nearest base that
    has one."""
    for name in names_of_ours(kinds):
        try:
            return pointer.cast(gdb.lookup_type(name).pointer()).dereference()
        except gdb.error:
            pass
    return pointer.dereference()


def fields(value):
    """(name, value) of each field, the root's first."""
    for field in value.type.strip_typedefs().fields():
        if field.name == 'base':
            yield from fields(value[field])
        elif field.name not in ('ob_base', 'cls'):  # the class is shown
            yield field.name, value[field]


def memory(pointer, size):
    """The bytes there; b'' for NULL."""
    if not int(pointer) or size <= 0:
        return b''
    return gdb.selected_inferior().read_memory(int(pointer), size).tobytes()


def buffered(stream, kinds):
    """(what they are, the bytes) in the buffer of a stream, or None."""
    names = names_of_ours(kinds)
    if 'BufferedReader' in names:
        data = memory(stream['buffer'], int(stream['read_end']))
        return 'unread', data[int(stream['pos']):]
    if 'BufferedWriter' in names:
        return 'waiting', memory(stream['buffer'], int(stream['write_end']))
    if 'SocketWriter' in names:
        return 'waiting', memory(stream['held'], int(stream['held_size']))
    return None


def shortened(data):
    if len(data) > SHOWN_BYTES:
        return f'{data[:SHOWN_BYTES]!r}... ({len(data)} bytes)'
    return repr(data)


def short(pointer, kinds):
    """An object in a word: <ServerHandler>, <BufferedReader, unread b''>."""
    inside = buffered(whole(pointer, kinds), kinds)
    if inside is None:
        return f'<{kinds[0].name}>'
    return f'<{kinds[0].name}, {inside[0]} {shortened(inside[1])}>'


class ObjectPrinter:
    """`print *self`: <ServerHandler < SimpleHandler < BaseHandler> = {...}"""

    def __init__(self, value, kinds):
        self.kinds = kinds
        self.value = whole(value.address, kinds)

    def to_string(self):
        return '<' + ' < '.join(each.name for each in self.kinds) + '>'

    def children(self):
        inside = buffered(self.value, self.kinds)
        for name, value in fields(self.value):
            if name in ('buffer', 'held') and inside is not None:
                yield inside[0], shortened(inside[1])
            else:
                yield name, value


class TextPrinter:
    def __init__(self, text):
        self.text = text

    def to_string(self):
        return self.text


def pointed_to(value):
    """The struct that a pointer points to, or None."""
    kind = value.type.strip_typedefs()
    if kind.code != gdb.TYPE_CODE_PTR:
        return None
    return kind.target().strip_typedefs().unqualified()


class PythonPrinter:
    """Python's values, by the script of libpython; among the arguments of a
    frame not all of a long one."""

    def __init__(self, script, value):
        self.script = script
        self.value = value

    def to_string(self):
        limit = (SHOWN if gdb.print_options()['summary']
                 else self.script.MAX_OUTPUT_LEN)
        text = self.script.PyObjectPtr.from_pyobject_ptr(
            self.value).get_truncated_repr(limit)
        return text.replace('...(truncated)', ' ...')


def object_printer(value):
    """For objects of ours, pointers to them, by whatever type, and Python's
    values."""
    target = pointed_to(value)
    if target is None:
        if is_object(value.type) and value.address is not None:
            kinds = classes(value.address)
            return ObjectPrinter(value, kinds) if kinds else None
    elif target.name == '_object' or is_object(target):
        kinds = classes(value)
        if kinds:
            return TextPrinter(short(value, kinds))
        script = sys.modules['__main__']
        if target.name == '_object' and hasattr(script, 'PyObjectPtr'):
            return PythonPrinter(script, value)
    return None


def python_printer(value):
    """For Python's values where its own script is not there."""
    target = pointed_to(value)
    if target is None or target.name != '_object' or not int(value):
        return None
    try:
        name = value['ob_type']['tp_name'].string()
    except (gdb.error, UnicodeDecodeError):
        return None
    return TextPrinter(f'<{name} at {int(value):#x}>')


def is_libpython(objfile):
    if program.is_python():
        return objfile.filename == gdb.current_progspace().filename
    return 'libpython' in (objfile.filename or '')


def has_python_script():
    """Whether gdb has loaded the script and the symbols of libpython."""
    return any(is_libpython(each) and each.pretty_printers
               for each in gdb.objfiles())


def shown(value):
    """A value in a word or two, for a line of the chain."""
    text = value.format_string(max_elements=60, address=False,
                               pretty_structs=False)
    text = re.sub(r' at remote 0x[0-9a-f]+', '', ' '.join(text.split()))
    return text if len(text) <= SHOWN else text[:SHOWN - 4] + ' ...'


class Hint:
    """Says once what to install."""

    def __init__(self):
        gdb.events.stop.connect(self.look)

    def look(self, event):
        if any(map(is_libpython, gdb.objfiles())):
            gdb.events.stop.disconnect(self.look)
            if not has_python_script():
                log.note(HINT)


def add_object_printer(objfile):
    """To the program: before libpython's, which takes every PyObject."""
    if (objfile.filename == gdb.current_progspace().filename
            and object_printer not in objfile.pretty_printers):
        objfile.pretty_printers.insert(0, object_printer)


def register():
    for objfile in gdb.objfiles():
        add_object_printer(objfile)
    gdb.events.new_objfile.connect(
        lambda event: add_object_printer(event.new_objfile))
    gdb.pretty_printers.append(python_printer)
    Hint()
