"""The calls of one request, as a tree."""

import collections

import gdb

from tools.callgraph.comparison import SENDING, SHOWN, box, is_stream

from tools.gdb.mirror import origin, session
from tools.gdb.mirror.printers import classes, shown
from tools.gdb.mirror.program import BRIDGE, ours

Call = collections.namedtuple('Call', 'depth name')

# The functions of C that have another name in the tree.
HELPERS = {'call_application': 'application'}
# Those that call an override in Python, of which they have the name.
OVERRIDES = {'call_override', 'call_override_with'}


def functions():
    """The functions of the program that a tree shows, as docs/callgraph.md
    does: {name: symbol}."""
    code = ours()
    found = {}
    for name in origin.mirrored_names() | SHOWN | set(HELPERS) | OVERRIDES:
        symbol = (code.lookup_global_symbol(name)
                  or code.lookup_static_symbol(name))
        if symbol is None or not symbol.is_function:
            continue
        # One between Python and the chain may have a name of the chain's.
        if name in OVERRIDES or BRIDGE not in symbol.symtab.fullname():
            found[name] = symbol
    return found


def is_result(kind):
    """Whether it is where the function puts a pointer."""
    return (kind.code == gdb.TYPE_CODE_PTR
            and kind.target().code == gdb.TYPE_CODE_PTR)


def arguments(frame):
    """The arguments in parentheses, as they are on entry."""
    block = frame.block()
    while block.function is None:
        block = block.superblock
    return ', '.join(f'{symbol.print_name}={shown(symbol.value(frame))}'
                     for symbol in block
                     if symbol.is_argument and not is_result(symbol.type))


def first_line(symbol):
    """The address behind the prologue, where the arguments can be read: that
    of the function's second line."""
    start = int(symbol.value().address)
    return min(entry.pc for entry in symbol.symtab.linetable()
               if entry.pc > start)


class Entry(gdb.Breakpoint):
    """Takes down each call of one function, and lets it go on. (By address:
    gdb would look for the name in the interpreter as well.)"""

    def __init__(self, symbol, chain):
        super().__init__(f'*{first_line(symbol):#x}', internal=True)
        self.silent = True
        self.chain = chain

    def stop(self):
        self.chain.call(gdb.selected_frame())
        return False


def is_shown(name, above):
    """Without what the streams ask of each other, but for the bytes that
    leave."""
    return (not is_stream(name) or name in SENDING
            or not any(map(is_stream, above)))


class Chain:
    """The calls so far, by thread."""

    def __init__(self, began):
        self.began = began
        self.calls = {}
        self.symbols = functions()
        self.entries = [Entry(symbol, self)
                        for symbol in self.symbols.values()]

    def call(self, frame):
        if frame.name() == 'BaseServer__handle_request_noblock':
            self.began = True
        if self.began:
            path = [each for each in session.stack(frame)
                    if each.name() in self.symbols][::-1]
            names = [each.name() for each in path]
            path = [each for index, each in enumerate(path)
                    if is_shown(names[index], names[:index])]
            self.add(path, is_shown(names[-1], names[:-1]))

    def add(self, path, with_last):
        """The last one of the path; before it, those above it when they began
        before we looked."""
        thread = gdb.selected_thread().num
        if thread not in self.calls:
            self.calls[thread] = [Call(depth, call(each))
                                  for depth, each in enumerate(path[:-1])]
        if with_last:
            self.calls[thread].append(
                Call(len(path) - 1, call(path[-1])))

    def lines(self):
        return [line for _, calls in sorted(self.calls.items())
                for line in box(calls)]

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        for each in self.entries:
            each.delete()


def override(frame):
    """Handler.handle, of the Python class Handler."""
    self = frame.read_var('self').cast(gdb.lookup_type('PyObject').pointer())
    name = frame.read_var('name').string()
    return f'{classes(self)[0].name}.{name}(self={shown(self)})'


def call(frame):
    name = frame.name()
    if name in OVERRIDES:
        return override(frame)
    return f'{HELPERS.get(name, name)}({arguments(frame)})'


class ChainCommand(gdb.Command):
    """chain [-raw TEXT | PATH]: one request, and the tree of its calls.

The program is started, if need be, on a free port; the request is that of
`request`. Your breakpoints wait until it is over. Calls as docs/callgraph.md
has them, with their arguments on entry."""

    def __init__(self):
        super().__init__('chain', gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        was_running = session.is_running()
        client = session.send(argument.strip())
        if client is None:
            raise gdb.GdbError('A breakpoint has stopped the program before '
                               'it serves: `continue`, and then `chain`.')
        with session.without_breakpoints(), Chain(not was_running) as chain, \
                session.Answered() as answered:
            try:
                session.quietly('continue')
            finally:
                print('\n'.join(chain.lines()))
        if answered.done or not session.is_running():
            print(client.summary())
        else:
            gdb.execute('frame')


def register():
    ChainCommand()
