"""One request on record, to step backwards through."""

import sys

import gdb

from tools.gdb.mirror import session

# gdb cannot record AVX: glibc and its loader do without it. The names are
# those of glibc on x86-64; elsewhere they mean nothing.
ENVIRONMENT = {
    'LD_BIND_NOW': '1',
    'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=' + ','.join(
        '-' + feature for feature in
        'AVX512F AVX512VL AVX512BW AVX512DQ AVX2 BMI2 AVX XSAVEC XSAVE RTM '
        'ERMS FSRM EVEX AVX_Fast_Unaligned_Load'.split()),
}


AT_NULL, AT_IGNORE, AT_SYSINFO_EHDR = 0, 1, 33


def hide_vdso():
    """The kernel's clock, which gdb cannot record either, becomes a system
    call: before its first instruction, the program is told of no vDSO. (Above
    the stack are argc, argv, envp, and then pairs of type and value.)"""
    word = gdb.lookup_type('unsigned long')
    at = gdb.parse_and_eval('$sp').cast(word.pointer())
    at += 1 + int(at.dereference()) + 1  # argc, argv and its NULL
    while int(at.dereference()):         # envp
        at += 1
    at += 1
    while int(at.dereference()) != AT_NULL:
        if int(at.dereference()) == AT_SYSINFO_EHDR:
            gdb.selected_inferior().write_memory(
                int(at), AT_IGNORE.to_bytes(word.sizeof, sys.byteorder))
        at += 2


def start():
    """Starts the program, again if need be, without what cannot be
    recorded."""
    if session.is_running():
        session.quietly('kill')
    for name, value in ENVIRONMENT.items():
        gdb.execute(f'set environment {name}={value}')
    try:
        return session.start(hide_vdso)
    finally:
        for name in ENVIRONMENT:
            gdb.execute(f'unset environment {name}')


def run_to(function):
    stop = session.Silent(function)
    try:
        session.quietly('continue')
    finally:
        stop.delete()


class RecordRequest(gdb.Command):
    """record-request [-raw TEXT | PATH]: one request on record.

The program is started (again, if it runs), and everything it does for the
request is recorded. It then stands at the end of the request, and time goes
both ways: reverse-step, reverse-next, reverse-finish, reverse-continue (to a
breakpoint), and step, next, finish, continue as ever. Variables have the
values they had. `record stop` ends it.

    break BaseHandler_start_response
    record-request /
    reverse-continue
    print *self"""

    def __init__(self):
        super().__init__('record-request', gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        with session.without_breakpoints():
            start()
            client = session.send(argument.strip())
            run_to('BaseServer_verify_request')
            gdb.execute('record full')
            gdb.execute('set record full insn-number-max unlimited')
            print('Recording; every instruction takes its time, and a large '
                  'application minutes ...')
            gdb.flush()
            with session.Answered(began=True) as answered:
                said = session.quietly('continue')
        if not answered.done:
            print(said.strip())
            gdb.execute('frame')
            raise gdb.GdbError('The record ends here, before the request '
                               'does.')
        print(client.summary())
        print(gdb.execute('info record', to_string=True).splitlines()[-2])
        print('This is the end of the request: reverse-continue goes back to '
              'a breakpoint, reverse-step back one line.')


def register():
    RecordRequest()
