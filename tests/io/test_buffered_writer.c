#include "support.h"

#include <string.h>

#include "io/buffered_writer.h"
#include "io/makefile.h"
#include "types.h"

/* A raw stream that a Python object stands for: its write(data) says what
 * becomes of each piece. */
typedef struct Double {
    RawIOBase base;
    PyObject *raw; /* owned */
} Double;

static RawIOBaseClass Double_class;

static int
Double_writable(RawIOBase *self)
{
    (void)self;
    return 1;
}

static Py_ssize_t
Double_write(RawIOBase *self, PyObject *b)
{
    PyObject *raw = ((Double *)self)->raw;
    PyObject *count = PyObject_CallMethod(raw, "write", "O", b);
    Py_ssize_t n = -1;

    if (count == Py_None) {
        n = RAW_WOULD_BLOCK;
    }
    else if (count != NULL) {
        n = PyLong_AsSsize_t(count);
    }
    Py_XDECREF(count);
    return n;
}

static int
Double_close(RawIOBase *self)
{
    PyObject *raw = ((Double *)self)->raw;
    PyObject *result = PyObject_CallMethod(raw, "close", NULL);

    Py_XDECREF(result);
    self->is_closed = true;
    return result == NULL ? -1 : 0;
}

static int
Double_fileno(RawIOBase *self)
{
    (void)self;
    return 77;
}

static int
Double_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((Double *)op)->raw);
    return IOBase_traverse(op, visit, arg);
}

static int
Double_clear(PyObject *op)
{
    Py_CLEAR(((Double *)op)->raw);
    return IOBase_clear(op);
}

static PyTypeObject Double_type = {
    .ob_base = { PyObject_HEAD_INIT(NULL) 0 },
    .tp_name = "Double",
    .tp_base = &RawIOBase_type,
    .tp_basicsize = sizeof(Double),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = Double_traverse,
    .tp_clear = Double_clear,
};

static RawIOBase *
new_double(PyObject *raw)
{
    Double *self = (Double *)Double_type.tp_alloc(&Double_type, 0);

    self->base.cls = &Double_class;
    self->raw = Py_NewRef(raw);
    return &self->base;
}

/* Writer(raw, buffer_size), for Python. */
static PyObject *
new_writer(PyObject *module, PyObject *args)
{
    BufferedIOBase *writer;
    PyObject *object;
    RawIOBase *raw;
    Py_ssize_t size;

    (void)module;
    if (!PyArg_ParseTuple(args, "On", &object, &size)) {
        return NULL;
    }
    raw = new_double(object);
    writer = BufferedWriter_new(&BufferedWriter_class, raw, size);
    Py_DECREF(raw);
    return (PyObject *)writer;
}

/* SocketWriter(fd, timeout, buffer_size), for Python. */
static PyObject *
new_socket_writer(PyObject *module, PyObject *args)
{
    BufferedIOBase *writer = NULL;
    Socket *sock;
    double timeout;
    int fd, size;

    (void)module;
    if (!PyArg_ParseTuple(args, "idi", &fd, &timeout, &size)) {
        return NULL;
    }
    sock = Socket_new(&Socket_class, -1, -1, -1, fd);
    if (sock == NULL) {
        return NULL;
    }
    if (Socket_settimeout(sock, timeout) == 0) {
        writer = Socket_makefile(sock, "wb", size);
        sock->cls->close(sock);
    }
    Py_DECREF(sock);
    return (PyObject *)writer;
}

static PyMethodDef constructors[] = {
    { "Writer", new_writer, METH_VARARGS, NULL },
    { "SocketWriter", new_socket_writer, METH_VARARGS, NULL },
};

static const char shared_python[] =
    "import gc, io, os, random, re, select, signal, socket, threading\n"
    "\n"
    "class Raw(io.RawIOBase):\n"
    "    'Takes what its answers say, then all; notes what came.'\n"
    "    def __init__(self, *answers):\n"
    "        self.answers, self.pieces = list(answers), []\n"
    "    def writable(self):\n"
    "        return True\n"
    "    def write(self, b):\n"
    "        if self.closed:\n"
    "            raise ValueError('I/O operation on closed file.')\n"
    "        b = bytes(b)\n"
    "        answer = self.answers.pop(0) if self.answers else len(b)\n"
    "        if isinstance(answer, Exception):\n"
    "            raise answer\n"
    "        if isinstance(answer, int):\n"
    "            answer = min(answer, len(b))\n"
    "            self.pieces.append(b[:answer])\n"
    "        return answer\n"
    "\n"
    "def outcome(f, *args):\n"
    "    try:\n"
    "        return f(*args)\n"
    "    except Exception as e:\n"
    "        text = re.sub(r'\\S*BufferedWriter', 'W', str(e))\n"
    "        return type(e), re.sub(r'cwsgiref.\\S*|_io\\S*', 'W', text)\n";

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&BufferedWriter_class,
                         offsetof(BufferedIOBaseClass, readable),
                         sizeof(BufferedIOBaseClass));
}

static void
test_what_fits_waits_for_flush(void **state)
{
    (void)state;
    run_python("raw = Raw()\n"
               "w = Writer(raw, 10)\n"
               "counts = [w.write(b) for b in (b'abc', b'', bytearray(b'de'), "
               "memoryview(b'fghij'))]\n"
               "before = list(raw.pieces)\n"
               "w.flush(), w.flush()\n"
               "after = list(raw.pieces)\n"
               "w.write(b'k'), w.close()");
    assert_repr(eval_python("counts, before, after, raw.pieces, raw.closed"),
                "([3, 0, 2, 5], [], [b'abcdefghij'], [b'abcdefghij', b'k'], "
                "True)");
}

static void
test_what_does_not_fit_leaves_with_what_waits(void **state)
{
    (void)state;
    run_python("raw = Raw()\n"
               "w = Writer(raw, 8)\n"
               "w.write(b'head'), w.write(b'body of the page')\n"
               "first = list(raw.pieces)\n"
               "w.write(b'x' * 9), w.write(b'tail')\n"
               "second = raw.pieces[2:]\n"
               "w.close()");
    assert_repr(eval_python("first, second, raw.pieces[3:]"),
                "([b'headbody', b' of the page'], [b'xxxxxxxxx'], "
                "[b'tail'])");
}

static void
test_partial_writes_go_on_where_they_stopped(void **state)
{
    (void)state;
    run_python("raw = Raw(1, 3, 0, 2)\n"
               "w = Writer(raw, 8)\n"
               "w.write(b'abcdefgh'), w.flush()\n"
               "raw.answers = [5, 1, 3, 2]\n"
               "n = w.write(b'0123456789')\n"
               "w.close()");
    assert_repr(eval_python("n, raw.pieces"),
                "(10, [b'a', b'bcd', b'', b'ef', b'gh', b'01234', b'5', "
                "b'678', b'9'])");
}

static void
test_any_sequence_of_writes_arrives(void **state)
{
    (void)state;
    run_python("rng = random.Random(7)\n"
               "for n in range(1000):\n"
               "    raw = Raw(*[rng.randrange(0, 12) for i in "
               "range(rng.randrange(9))])\n"
               "    size = rng.choice([1, 2, 5, 8, 64])\n"
               "    w, data = Writer(raw, size), b''\n"
               "    for i in range(rng.randrange(1, 8)):\n"
               "        b = rng.randbytes(rng.randrange(0, 30))\n"
               "        assert w.write(b) == len(b)\n"
               "        data += b\n"
               "        waiting = len(data) - len(b''.join(raw.pieces))\n"
               "        assert 0 <= waiting <= size\n"
               "        if rng.random() < .3:\n"
               "            w.flush()\n"
               "            assert b''.join(raw.pieces) == data\n"
               "    w.close()\n"
               "    assert b''.join(raw.pieces) == data, (raw.pieces, data)");
}

/* Unlike CPython's, as the header says. */
static void
test_a_failing_flush_drops_the_rest(void **state)
{
    (void)state;
    run_python("raw = Raw(2, OSError(32, 'Broken pipe'))\n"
               "w = Writer(raw, 8)\n"
               "w.write(b'abcdef')\n"
               "raised = outcome(w.flush)\n"
               "w.flush(), w.write(b'xy'), w.close()\n"
               "other = Raw(None)\n"
               "w = Writer(other, 8)\n"
               "w.write(b'abcdef')\n"
               "try: w.flush()\n"
               "except BlockingIOError as e:\n"
               "    blocked = e.errno, str(e), e.characters_written\n"
               "w.close()");
    assert_repr(eval_python("raised, raw.pieces, raw.closed"),
                "((<class 'BrokenPipeError'>, '[Errno 32] Broken pipe'), "
                "[b'ab', b'xy'], True)");
    assert_repr(eval_python("blocked, other.pieces"),
                "((11, '[Errno 11] write could not complete without "
                "blocking', 0), [])");
}

static void
test_a_failing_write_is_told(void **state)
{
    (void)state;
    run_python("results = []\n"
               "for bad in (OSError(5, 'five'), TimeoutError('timed out'), "
               "-3, None):\n"
               "    raw = Raw(bad)\n"
               "    w = Writer(raw, 4)\n"
               "    results.append(outcome(w.write, b'abcdefgh'))\n"
               "    w.close()");
    assert_repr(
        eval_python("results"),
        "[(<class 'OSError'>, '[Errno 5] five'), (<class 'TimeoutError'>, "
        "'timed out'), (<class 'OSError'>, 'raw write() returned invalid "
        "length -3 (should have been between 0 and 8)'), (<class "
        "'BlockingIOError'>, '[Errno 11] write could not complete without "
        "blocking')]");
}

static void
test_wrong_calls_raise_what_python_raises(void **state)
{
    (void)state;
    run_python(
        "calls = [('write', 'text'), ('write', None), ('write', 3), "
        "('write', memoryview(b'abcd')[::2]), ('writelines', 3),\n"
        "         ('writelines', ['x']), ('read',), ('read', 3), ('read1',), "
        "('readline',), ('readlines',), ('readinto', bytearray(3)),\n"
        "         ('readable',), ('writable',), ('write', b'x'), "
        "('writelines', [b'x', b'y']), ('flush',), ('close',), ('flush',),\n"
        "         ('write', b'x'), ('write', b''), ('write', 'text'), "
        "('writelines', []), ('close',), ('__enter__',)]\n"
        "ours, theirs = Writer(Raw(), 8), io.BufferedWriter(Raw(), 8)\n"
        "for name, *args in calls:\n"
        "    x = outcome(lambda: getattr(ours, name)(*args))\n"
        "    y = outcome(lambda: getattr(theirs, name)(*args))\n"
        "    assert x == y, (name, args, x, y)\n"
        "closed = ours.closed, theirs.closed\n"
        "message = outcome(ours.write, b'x')\n"
        "sizes = [outcome(Writer, Raw(), n) == "
        "outcome(io.BufferedWriter, Raw(), n) for n in (0, -1)]");
    assert_repr(eval_python("closed, message, sizes"),
                "((True, True), (<class 'ValueError'>, 'write to closed "
                "file'), [True, True])");
}

/* Over a socket: closed, detached, and all that Python code may ask. */
static void
test_every_attribute_answers_as_pythons_does(void **state)
{
    (void)state;
    run_python(
        "asked = [('seekable',), ('isatty',), ('tell',), ('seek', 0), "
        "('seek', 0, 9), ('seek',), ('truncate',),\n"
        "         ('truncate', 1, 2), ('readable',), ('writable',), "
        "('write', b'x')]\n"
        "def told(w, asked):\n"
        "    'What a writer answers, but for names that differ by design.'\n"
        "    said = [outcome(lambda: getattr(w, name)(*args)) for name, *args "
        "in asked]\n"
        "    said += [outcome(getattr, w, name) for name in ('closed', "
        "'mode')]\n"
        "    said += [outcome(lambda: type(w.name)), type(w.raw).__name__]\n"
        "    return said + [re.sub(r'\\S*Buffered|name=\\d+', '', repr(w))]\n"
        "def writers(state):\n"
        "    both = []\n"
        "    for make in (lambda s: SocketWriter(s.detach(), -1, 8),\n"
        "                 lambda s: s.makefile('wb', 8)):\n"
        "        left, right = socket.socketpair()\n"
        "        w = make(right)\n"
        "        right.close(), left.close()\n"
        "        if state == 'closed':\n"
        "            w.close()\n"
        "        if state == 'detached':\n"
        "            w.detach().close()\n"
        "        both.append(w)\n"
        "    return both\n"
        "for s in ('fresh', 'closed', 'detached'):\n"
        "    calls = asked + [('detach',), ('close',)] * (s != 'fresh')\n"
        "    both = writers(s)\n"
        "    ours, theirs = [told(w, calls) for w in both]\n"
        "    assert ours == theirs, (s, ours, theirs)\n"
        "    for w in both:\n"
        "        outcome(w.close)\n"
        "missing = [n for n in dir(both[1]) if n[0] != '_' and n not in "
        "dir(both[0])]\n"
        "fresh = writers('fresh')[0]\n"
        "facts = fresh.mode, fresh.name == fresh.fileno(), "
        "repr(fresh).endswith('name=%d>' % fresh.name)\n"
        "fresh.close()\n"
        "del both, w, fresh");
    assert_repr(eval_python("missing, facts"), "([], ('wb', True, True))");
}

static void
test_a_raw_stream_that_cannot_write_is_refused(void **state)
{
    RawIOBaseClass cls = Double_class;
    PyObject *object;
    RawIOBase *raw;

    (void)state;
    cls.writable = IOBase_writable;
    object = eval_python("Raw()");
    raw = new_double(object);
    raw->cls = &cls;
    assert_null(BufferedWriter_new(&BufferedWriter_class, raw, 1));
    assert_raised(PyExc_OSError, "File or stream is not writable.");
    Py_DECREF(raw);
    Py_DECREF(object);
}

static void
test_close_closes_even_when_flush_fails(void **state)
{
    (void)state;
    run_python(
        "class Fails(Raw):\n"
        "    def close(self):\n"
        "        if not self.closed:\n"
        "            super().close()\n"
        "            raise KeyError('from close')\n"
        "def closes(make, raw):\n"
        "    w = make(raw, 8)\n"
        "    w.write(b'abc')\n"
        "    try: w.close()\n"
        "    except Exception as e: return repr(e), repr(e.__context__), "
        "w.closed\n"
        "ours, theirs = [[closes(make, kind(OSError(5, 'five'))) for kind in "
        "(Raw, Fails)] for make in (Writer, io.BufferedWriter)]\n");
    assert_repr(eval_python("ours == theirs, ours"),
                "(True, [(\"OSError(5, 'five')\", 'None', True), "
                "(\"KeyError('from close')\", \"OSError(5, 'five')\", "
                "True)])");
}

static void
test_it_owns_its_raw_stream_and_flushes_at_the_end(void **state)
{
    BufferedIOBase *writer;
    PyObject *object, *b;
    RawIOBase *raw;

    (void)state;
    object = eval_python("Raw()");
    set_python("raw", object);
    raw = new_double(object);
    writer = BufferedWriter_new(&BufferedWriter_class, raw, 16);
    assert_int_equal(Py_REFCNT(raw), 2);
    b = eval_python("b'a block of data'");
    {
        Py_ssize_t before = Py_REFCNT(b);

        assert_int_equal(writer->cls->write(writer, b), 15);
        assert_int_equal(writer->cls->write(writer, b), 15);
        assert_int_equal(Py_REFCNT(b), before);
    }
    Py_DECREF(b);
    assert_int_equal(writer->cls->fileno(writer), 77);
    assert_int_equal(writer->cls->writable(writer), 1);
    assert_int_equal(writer->cls->readable(writer), 0);
    b = eval_python("b'end'");
    assert_int_equal(writer->cls->write(writer, b), 3);
    Py_DECREF(b);
    Py_DECREF(writer);
    assert_int_equal(Py_REFCNT(raw), 1);
    assert_repr(eval_python("raw.pieces, raw.closed"),
                "([b'a block of dataa', b' block of data', b'end'], True)");
    Py_DECREF(raw);
    Py_DECREF(object);
    run_python("del raw");
}

static void
test_over_a_socket_all_arrives_in_order(void **state)
{
    (void)state;
    run_python(
        "def sent(timeout, size):\n"
        "    left, right = socket.socketpair()\n"
        "    right.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)\n"
        "    w = SocketWriter(right.detach(), timeout, size)\n"
        "    got = bytearray()\n"
        "    def read():\n"
        "        while True:\n"
        "            b = left.recv(10000)\n"
        "            if not b: return\n"
        "            got.extend(b)\n"
        "    reader = threading.Thread(target=read); reader.start()\n"
        "    data = bytes(range(256)) * 2000\n"
        "    for at in range(0, len(data), 7919):\n"
        "        w.write(data[at:at + 7919])\n"
        "    w.close(), reader.join(), left.close()\n"
        "    return got == data\n"
        "results = [sent(t, s) for t in (-1, 20) for s in (10, -1, 30000)]");
    assert_repr(eval_python("all(results)"), "True");
}

/* The first thread waits in send() and holds the lock. */
static void
test_another_thread_waits_for_the_lock(void **state)
{
    (void)state;
    run_python(
        "left, right = socket.socketpair()\n"
        "w = SocketWriter(right.detach(), -1, 10)\n"
        "blocks = [bytes([c]) * 600000 for c in b'abcd']\n"
        "threads = [threading.Thread(target=w.write, args=(b,)) for b in "
        "blocks]\n"
        "for t in threads: t.start()\n"
        "closer = threading.Thread(target=lambda: ([t.join() for t in "
        "threads], w.close()))\n"
        "closer.start()\n"
        "got = b''.join(iter(lambda: left.recv(1 << 20), b''))\n"
        "closer.join(), left.close()\n"
        "order = re.sub(rb'(.)\\1*', rb'\\1', got)");
    assert_repr(eval_python("len(got), sorted(order)"),
                "(2400000, [97, 98, 99, 100])");
}

static void
test_a_call_from_within_is_refused(void **state)
{
    (void)state;
    run_python("class Reentrant(Raw):\n"
               "    def write(self, b):\n"
               "        self.raised = outcome(self.writer.write, b'x')\n"
               "        return super().write(b)\n"
               "raw = Reentrant()\n"
               "raw.writer = w = Writer(raw, 4)\n"
               "w.write(b'abc'), w.flush()\n"
               "raised = raw.raised\n"
               "del raw.writer, w");
    assert_repr(eval_python("raised[0], raised[1][:22]"),
                "(<class 'RuntimeError'>, 'reentrant call inside ')");
}

static void
test_a_signal_handler_may_end_a_write(void **state)
{
    (void)state;
    run_python("left, right = socket.socketpair()\n"
               "w = SocketWriter(right.detach(), -1, 10)\n"
               "def handler(number, frame):\n"
               "    # Once the write has begun.\n"
               "    if select.select([left], [], [], 0)[0]:\n"
               "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
               "        raise KeyError('handler')\n"
               "old = signal.signal(signal.SIGALRM, handler)\n"
               "signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)\n"
               "raised = outcome(w.write, b'x' * 10000000)\n"
               "signal.signal(signal.SIGALRM, old)\n"
               "w.close(), left.close()");
    assert_repr(eval_python("raised"), "(<class 'KeyError'>, \"'handler'\")");
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0 ||
        PyType_Ready(&Double_type) < 0) {
        return -1;
    }
    Double_class = RawIOBase_class;
    Double_class.type = &Double_type;
    Double_class.writable = Double_writable;
    Double_class.write = Double_write;
    Double_class.close = Double_close;
    Double_class.fileno = Double_fileno;
    run_python(shared_python);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(constructors); i++) {
        PyObject *constructor = PyCFunction_New(&constructors[i], NULL);

        set_python(constructors[i].ml_name, constructor);
        Py_DECREF(constructor);
    }
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_what_fits_waits_for_flush),
        python_test(test_what_does_not_fit_leaves_with_what_waits),
        python_test(test_partial_writes_go_on_where_they_stopped),
        python_test(test_any_sequence_of_writes_arrives),
        python_test(test_a_failing_flush_drops_the_rest),
        python_test(test_a_failing_write_is_told),
        python_test(test_wrong_calls_raise_what_python_raises),
        python_test(test_every_attribute_answers_as_pythons_does),
        python_test(test_a_raw_stream_that_cannot_write_is_refused),
        python_test(test_close_closes_even_when_flush_fails),
        python_test(test_it_owns_its_raw_stream_and_flushes_at_the_end),
        python_test(test_over_a_socket_all_arrives_in_order),
        python_test(test_another_thread_waits_for_the_lock),
        python_test(test_a_call_from_within_is_refused),
        python_test(test_a_signal_handler_may_end_a_write),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
