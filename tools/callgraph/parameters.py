"""The arguments that the program of the trace preset writes down: where each
lies when a function has just been called. The compiler says so in its debug
information (DWARF), which readelf prints; tools/trace/trace.c reads the table.

One line an argument: FUNCTION NAME KIND FRAME FIELD, as struct Argument has
it. The frame pointer of an x86-64 program without optimization tells where the
arguments lie, where gcc has compiled it. Anywhere else the table is empty.
"""

import functools
import platform
import re
import subprocess

from tools.callgraph.names import FIELDS, OVERRIDES, SHOWN, mirrored

RECORDED = SHOWN | mirrored()[0] | OVERRIDES | {'call_application'}

# gcc counts from the stack before the call, which has the return address and
# the caller's frame pointer on top of it.
FRAME_POINTER = 16

# An entry begins, or has one of the attributes that are read here.
LINE = re.compile(
    r'^ *<(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \((\w+)\)'
    r'|^ *<[0-9a-f]+> +DW_AT_'
    r'(name|type|location|frame_base|low_pc|data_member_location) *: (.*)$',
    re.MULTILINE)
KINDS = {'long int': 'l', 'int': 'i', '_Bool': 't', 'double': 'd'}


class Entry:
    """One entry of the debug information."""

    def __init__(self, tag):
        self.tag = tag
        self.attributes = {}
        self.children = []

    def named(self, attribute):
        """The value of an attribute without its form."""
        return re.sub(r'^(\(.*\):?)? *', '',
                      self.attributes.get(attribute, ''))

    def number(self, attribute):
        return int(self.named(attribute), 0)

    def children_of(self, tag):
        return [child for child in self.children if child.tag == tag]


def entries(program):
    """{offset: entry} of all that the debug information has."""
    listing = subprocess.run(
        ['readelf', '--wide', '--debug-dump=info', program], check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        errors='replace').stdout
    found = {}
    above = {-1: Entry('')}  # {depth: the last entry there}
    for line in LINE.finditer(listing):
        depth, offset, tag, attribute, value = line.groups()
        if tag:
            entry = found[int(offset, 16)] = Entry(tag)
            above[int(depth)] = entry
            above.get(int(depth) - 1, above[-1]).children.append(entry)
        else:
            entry.attributes[attribute] = value
    return found


class Types:
    """The types of an entry."""

    def __init__(self, found):
        self.found = found

    def of(self, entry):
        """The type without typedef and const; None is void."""
        while entry is not None:
            reference = re.search(r'<0x([0-9a-f]+)>',
                                  entry.attributes.get('type', ''))
            entry = reference and self.found.get(int(reference[1], 16))
            if entry is None or entry.tag not in ('DW_TAG_typedef',
                                                  'DW_TAG_const_type'):
                return entry
        return None

    def is_object(self, struct):
        """Whether a struct begins as a PyObject does."""
        while struct is not None and struct.tag == 'DW_TAG_structure_type':
            if struct.named('name') == '_object':
                return True
            members = struct.children_of('DW_TAG_member')
            struct = self.of(members[0]) if members else None
        return False

    def kind(self, entry):
        """The letter that trace.c knows; None: what it does not show. A
        `void *self` is an object, too."""
        value = self.of(entry)
        if value is None:
            return None
        if value.tag == 'DW_TAG_base_type':
            return KINDS.get(value.named('name'))
        if value.tag == 'DW_TAG_pointer_type':
            target = self.of(value)
            if self.is_object(target) or (target is None and
                                          entry.named('name') == 'self'):
                return 'o'
            if target is not None and target.named('name') == 'char':
                return 's'
        return None

    def field(self, struct, name):
        """(member, offset) of a field of a struct or of its bases."""
        offset = 0
        while struct is not None:
            members = struct.children_of('DW_TAG_member')
            for member in members:
                if member.named('name') == name:
                    return (member, offset
                            + member.number('data_member_location'))
            struct = self.of(members[0]) if members else None
        raise LookupError(f'no field {name}')


def frame_offset(entry):
    """Where it lies, seen from the stack pointer before the call."""
    found = re.search(r'DW_OP_fbreg: (-?\d+)',
                      entry.attributes.get('location', ''))
    return int(found[1]) if found else None


def is_constant(types, entry):
    """Whether it is a `const char *`, and no `char *`."""
    target = re.search(r'<0x([0-9a-f]+)>', types.of(entry).attributes['type'])
    return types.found[int(target[1], 16)].tag == 'DW_TAG_const_type'


def python_name(name):
    """What Python calls an argument."""
    return 'self' if name in ('base', 'raw', 'op') else name.rstrip('_')


def parameters(types, function):
    """(name, kind, frame, field) of a function's arguments."""
    found = [(python_name(each.named('name')), types.kind(each),
              frame_offset(each), each)
             for each in function.children_of('DW_TAG_formal_parameter')]
    sizes = {index for index in range(1, len(found))
             if found[index][0] == 'size' and found[index - 1][1] == 's'}
    for index, (name, kind, frame, entry) in enumerate(found):
        if kind is None or frame is None or index in sizes:
            continue
        if name == 'line' and kind not in 'os':
            continue  # of our source
        if kind == 's' and not is_constant(types, entry):
            continue  # a buffer that is still empty
        if index + 1 in sizes:
            yield name, 'b', frame, found[index + 1][2] + FRAME_POINTER
        else:
            yield name, kind, frame, -1


def fields(types, function):
    """The same of FIELDS."""
    for name in FIELDS.get(function.named('name'), ()):
        own = function.children_of('DW_TAG_formal_parameter')[0]
        member, offset = types.field(types.of(types.of(own)), name)
        yield name, types.kind(member), frame_offset(own), offset


def is_recorded(function):
    """Whether it is one that gcc has compiled, and whose name is shown."""
    return (function.tag == 'DW_TAG_subprogram'
            and 'call_frame_cfa' in function.attributes.get('frame_base', '')
            and function.named('name') in RECORDED)


@functools.lru_cache
def table(program, start):
    """The table, for the program that begins at the address `start`."""
    if platform.machine() != 'x86_64':
        return ''
    lines = []
    found = entries(program)
    types = Types(found)
    for function in found.values():
        if is_recorded(function):
            offset = function.number('low_pc') - start
            for name, kind, frame, field in [*parameters(types, function),
                                             *fields(types, function)]:
                lines.append(f'{offset:x} {name} {kind} '
                             f'{frame + FRAME_POINTER} {field}\n')
    return ''.join(lines)
