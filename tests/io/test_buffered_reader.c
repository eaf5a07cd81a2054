#include "support.h"

#include <sys/socket.h>

#include "io/buffered_reader.h"
#include "io/makefile.h"
#include "types.h"
#include "python/release.h"

/* A raw stream that does what a Python one does: the same object stands under
 * our reader and under Python's. */
typedef struct Double {
    RawIOBase base;
    PyObject *raw; /* owned */
} Double;

static RawIOBaseClass Double_class;

static int
Double_readable(RawIOBase *self)
{
    (void)self;
    return 1;
}

static Py_ssize_t
Double_readinto(RawIOBase *self, char *buffer, Py_ssize_t size)
{
    PyObject *raw = ((Double *)self)->raw;
    PyObject *view = PyMemoryView_FromMemory(buffer, size, PyBUF_WRITE);
    PyObject *count = PyObject_CallMethod(raw, "readinto", "O", view);
    Py_ssize_t n = -1;

    Py_DECREF(view);
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

    assert_non_null(self);
    self->base.cls = &Double_class;
    self->raw = Py_NewRef(raw);
    return &self->base;
}

/* Reader(raw, buffer_size), for Python: ours over a Double. */
static PyObject *
new_reader(PyObject *module, PyObject *args)
{
    BufferedIOBase *reader;
    RawIOBase *raw;
    PyObject *object;
    Py_ssize_t size = release()->default_buffer_size;

    (void)module;
    if (!PyArg_ParseTuple(args, "O|n", &object, &size)) {
        return NULL;
    }
    raw = new_double(object);
    reader = BufferedReader_new(&BufferedReader_class, raw, size);
    Py_DECREF(raw);
    return (PyObject *)reader;
}

/* SocketReader(fd, timeout, buffer_size), for Python: ours over a socket. */
static PyObject *
new_socket_reader(PyObject *module, PyObject *args)
{
    BufferedIOBase *reader = NULL;
    Socket *sock;
    double timeout = -1;
    int fd, size = -1;

    (void)module;
    if (!PyArg_ParseTuple(args, "i|di", &fd, &timeout, &size)) {
        return NULL;
    }
    sock = Socket_new(&Socket_class, -1, -1, -1, fd);
    if (sock == NULL) {
        return NULL;
    }
    if (Socket_settimeout(sock, timeout) == 0) {
        reader = Socket_makefile(sock, "rb", size);
        sock->cls->close(sock); /* now the reader's alone */
    }
    Py_DECREF(sock);
    return (PyObject *)reader;
}

static PyMethodDef constructors[] = {
    { "Reader", new_reader, METH_VARARGS, NULL },
    { "SocketReader", new_socket_reader, METH_VARARGS, NULL },
};

/* What all tests share in Python. `outcome` is what a call gives or raises,
 * with what differs by design made the same. */
static const char shared_python[] =
    "import gc, io, os, random, re, signal, socket, sys, threading\n"
    "\n"
    "class Raw(io.RawIOBase):\n"
    "    'Gives its chunks one by one, and notes what it was asked for.'\n"
    "    def __init__(self, chunks):\n"
    "        self.chunks, self.sizes = list(chunks), []\n"
    "    def readable(self):\n"
    "        return True\n"
    "    def readinto(self, b):\n"
    "        if self.closed:\n"
    "            raise ValueError('I/O operation on closed file.')\n"
    "        self.sizes.append(len(b))\n"
    "        chunk = self.chunks.pop(0) if self.chunks else b''\n"
    "        if chunk is None or isinstance(chunk, int):\n"
    "            return chunk\n"
    "        if isinstance(chunk, Exception):\n"
    "            raise chunk\n"
    "        b[:len(chunk)] = chunk[:len(b)] if len(chunk) > len(b) else "
    "chunk\n"
    "        return min(len(chunk), len(b))\n"
    "\n"
    "class Long(Raw):\n"
    "    'Keeps for the next time what did not fit.'\n"
    "    def readinto(self, b):\n"
    "        if self.chunks and isinstance(self.chunks[0], bytes):\n"
    "            chunk = self.chunks.pop(0)\n"
    "            if len(chunk) > len(b):\n"
    "                self.chunks.insert(0, chunk[len(b):])\n"
    "            self.chunks.insert(0, chunk[:len(b)])\n"
    "        return super().readinto(b)\n"
    "\n"
    "def same(text):\n"
    "    text = re.sub(r'_io\\._Buffered|_io\\.BufferedReader|"
    "cwsgiref\\.io\\.BufferedReader|'\n"
    "        r'cwsgiref\\.io\\.BufferedIOBase|_io\\._BufferedIOBase|"
    "_io\\._IOBase', 'B', text)\n"
    "    text = re.sub(r'\\b(_?Buffered(IOBase|Reader)?|_IOBase)\\b', 'B', "
    "text)\n"
    "    return re.sub(r'name=\\d+', 'name=N', text)\n"
    "\n"
    "def outcome(f, *args):\n"
    "    try:\n"
    "        value = f(*args)\n"
    "    except Exception as e:\n"
    "        return type(e).__name__, same(str(e))\n"
    "    return value\n"
    "\n"
    "def call(reader, name, *args):\n"
    "    if name in ('readinto', 'readinto1') and args and "
    "isinstance(args[0], int):\n"
    "        b = bytearray(args[0])\n"
    "        return outcome(getattr(reader, name), b), bytes(b)\n"
    "    if name == 'next':\n"
    "        return outcome(next, reader, 'the end')\n"
    "    if name == 'list':\n"
    "        return outcome(list, reader)\n"
    "    return outcome(lambda: getattr(reader, name)(*args))\n"
    "\n"
    "def compare(chunks, calls, size=8192, kind=Long):\n"
    "    'The same calls of both, over the same chunks.'\n"
    "    ours, theirs = kind(chunks), kind(chunks)\n"
    "    a, b = Reader(ours, size), io.BufferedReader(theirs, size)\n"
    "    for at, c in enumerate(calls):\n"
    "        x, y = call(a, *c), call(b, *c)\n"
    "        assert x == y, (chunks, size, calls[:at + 1], x, y)\n"
    "    assert ours.sizes == theirs.sizes, (chunks, size, calls, "
    "ours.sizes, theirs.sizes)\n"
    "\n"
    "def pair(kind, messages, timeout=None):\n"
    "    'Our reader and Python\\'s, each over a socket of its own.'\n"
    "    readers, peers = [], []\n"
    "    for make in (lambda s: SocketReader(s.detach(), -1 if timeout is "
    "None else timeout),\n"
    "                 lambda s: s.makefile('rb')):\n"
    "        left, right = socket.socketpair(socket.AF_UNIX, kind)\n"
    "        right.settimeout(timeout)\n"
    "        for message in messages:\n"
    "            left.send(message)\n"
    "        peers.append(left)\n"
    "        readers.append(make(right))\n"
    "        right.close()\n"
    "    return readers, peers\n";

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&BufferedIOBase_class,
                         offsetof(BufferedIOBaseClass, readable),
                         sizeof(BufferedIOBaseClass));
    assert_no_empty_slot(&BufferedReader_class,
                         offsetof(BufferedIOBaseClass, readable),
                         sizeof(BufferedIOBaseClass));
    assert_no_empty_slot(&RawIOBase_class, offsetof(RawIOBaseClass, readable),
                         sizeof(RawIOBaseClass));
}

static void
test_a_line_is_read_through_the_table(void **state)
{
    BufferedIOBase *reader;
    char buffer[4] = "...";

    (void)state;
    run_python("raw = Raw([b'one\\ntw', b'o\\nthree'])\n"
               "reader = Reader(raw)");
    reader = (BufferedIOBase *)eval_python("reader");
    assert_repr(reader->cls->peek(reader, 0), "b'one\\ntw'");
    assert_repr(reader->cls->readline(reader, -1), "b'one\\n'");
    assert_repr(reader->cls->readline(reader, 2), "b'tw'");
    assert_repr(reader->cls->readline(reader, 65537), "b'o\\n'");
    assert_repr(reader->cls->read1(reader, 1), "b't'");
    assert_int_equal(reader->cls->readinto(reader, buffer, 3), 3);
    assert_string_equal(buffer, "hre");
    assert_repr(reader->cls->read(reader, -1), "b'e'");
    assert_repr(reader->cls->read(reader, 7), "b''");
    assert_int_equal(reader->cls->closed(reader), 0);
    assert_int_equal(reader->cls->flush(reader), 0);
    assert_int_equal(reader->cls->close(reader), 0);
    assert_int_equal(reader->cls->closed(reader), 1);
    assert_int_equal(reader->cls->close(reader), 0);
    assert_repr(eval_python("raw.closed"), "True");
    Py_DECREF(reader);
    run_python("del reader, raw");
}

/* Over SOCK_SEQPACKET each recv() gives one message, so that both pieces can
 * be sent beforehand. */
static void
test_every_split_of_the_input_gives_what_python_gives(void **state)
{
    (void)state;
    run_python(
        "text = b'GET / HTTP/1.0\\r\\nA: b\\n\\nlong body\\n\\nend'\n"
        "scripts = [\n"
        "    [('readline',)] * 8,\n"
        "    [('readline', n) for n in (1, 2, 3, 65537, 5, 0, None, -1, -7, "
        "4, 4, 4)],\n"
        "    [('readline', 65537), ('read', 10), ('read',)],\n"
        "    [('readline',), ('readline',), ('readline',), ('read', 9)],\n"
        "    [('read', 1), ('read', 20), ('read', 0), ('read', 30)],\n"
        "    [('readline',), ('read', -1), ('read', -1)],\n"
        "    [('read', None)],\n"
        "    [('read1',)] * 4,\n"
        "    [('read1', 3), ('read1', 30), ('read1', -1), ('read1', 0), "
        "('read1', 1)],\n"
        "    [('peek',), ('readline',), ('peek', 3), ('read1', 5), "
        "('peek', 0), ('read', 90)],\n"
        "    [('readinto', 7), ('readinto', 25), ('readinto', 0), "
        "('readinto', 25)],\n"
        "    [('readinto1', 7), ('readinto1', 25), ('readinto1', 0), "
        "('readinto1', 25)],\n"
        "    [('readinto', 9000)], [('readinto1', 9000)],\n"
        "    [('readline', 5), ('readinto', 8200)],\n"
        "    [('readlines',)], [('readlines', 20), ('readlines', None)],\n"
        "    [('readlines', 0)], [('readlines', -3)],\n"
        "    [('next',)] * 8, [('list',)],\n"
        "]\n"
        "count = 0\n"
        "for at in range(1, len(text)):\n"
        "    for script in scripts:\n"
        "        (ours, theirs), peers = pair(socket.SOCK_SEQPACKET,\n"
        "                                     [text[:at], text[at:]])\n"
        "        for peer in peers:\n"
        "            peer.close()\n"
        "        for c in script:\n"
        "            x, y = call(ours, *c), call(theirs, *c)\n"
        "            assert x == y, (at, script, c, x, y)\n"
        "        ours.close(), theirs.close()\n"
        "        count += 1\n");
    assert_repr(eval_python("count"), "735");
}

static void
test_the_raw_stream_is_asked_for_the_same_sizes(void **state)
{
    (void)state;
    run_python(
        "line = b'x' * 99 + b'\\n'\n"
        "big = line * 300\n"
        "cut = [big[i:i + 5000] for i in range(0, len(big), 5000)]\n"
        "for chunks in ([big], cut, [big[:8192], big[8192:]], [big] * 2):\n"
        "    for calls in (\n"
        "            [('read',)], [('read', -1)], [('readline',), "
        "('read',)],\n"
        "            [('readline',), ('read', 8000)],\n"
        "            [('readline',), ('read', 20000), ('readline',)],\n"
        "            [('read', 8192)], [('read', 8193)], [('read', 16384)],\n"
        "            [('read', 100)] * 100, [('read', 30001)],\n"
        "            [('read1', 100), ('read1', 20000), ('read1',)],\n"
        "            [('readinto', 100), ('readinto', 20000)],\n"
        "            [('readinto1', 100), ('readinto1', 20000)],\n"
        "            [('readinto', 8192)], [('readinto', 8193)],\n"
        "            [('readinto1', 8192), ('readinto1', 8193)],\n"
        "            [('readline', 65537)] * 5, [('readlines',)],\n"
        "            [('peek',), ('read', 20000), ('peek',)]):\n"
        "        compare(chunks, calls)\n"
        "raw = Long([big])\n"
        "reader = Reader(raw)\n"
        "head, body = reader.readline(), reader.read()");
    assert_repr(eval_python("set(raw.sizes) == {io.DEFAULT_BUFFER_SIZE}"),
                "True");
    assert_repr(eval_python("len(raw.sizes) > 1"), "True");
    assert_repr(eval_python("len(head + body)"), "30000");
}

static void
test_any_sequence_of_calls_gives_what_python_gives(void **state)
{
    (void)state;
    run_python(
        "rng = random.Random(20)\n"
        "names = ['read', 'read1', 'readline', 'peek', 'readinto',\n"
        "         'readinto1', 'readlines', 'next']\n"
        "def chunk():\n"
        "    if rng.random() < .1:\n"
        "        return rng.choice([None, b'', InterruptedError(4, 'eintr'), "
        "OSError(5, 'no')])\n"
        "    return bytes(rng.choices(b'ab\\n', k=rng.randrange(1, 20)))\n"
        "def one():\n"
        "    name = rng.choice(names)\n"
        "    if name == 'next' or (name[:8] != 'readinto' and rng.random() < "
        ".2):\n"
        "        return name,\n"
        "    return name, rng.randrange(0 if name[:8] == 'readinto' else -1, "
        "30)\n"
        "for n in range(1500):\n"
        "    compare([chunk() for i in range(rng.randrange(9))],\n"
        "            [one() for i in range(rng.randrange(1, 9))],\n"
        "            rng.choice([1, 2, 3, 7, 8, 16, 8192]))");
}

static void
test_wrong_calls_raise_what_python_raises(void **state)
{
    (void)state;
    run_python(
        "for c in [('read', -2), ('read', -10**9), ('read', 1.5), "
        "('read', '1'),\n"
        "          ('read', 10**30), ('read', 1, 2), ('read1', None), "
        "('read1', 'x'),\n"
        "          ('read1', 10**30), ('read1', 1, 2), ('readline', 1.5), "
        "('readline', 10**30),\n"
        "          ('readline', 1, 2), ('peek', None), ('peek', 1, 2), "
        "('peek', 10**30),\n"
        "          ('readlines', 1.5), ('readlines', 1, 2), "
        "('readinto', b'fixed'),\n"
        "          ('readinto', None), ('readinto1', b'fixed'), "
        "('readinto1', 'x'), ('readinto',),\n"
        "          ('write', b'x'), ('writelines', [b'x']), "
        "('writelines', []), ('writelines', 3),\n"
        "          ('truncate',), ('truncate', 3), ('fileno',), "
        "('close', 1), ('flush', 1)]:\n"
        "    compare([b'abc\\n'], [c, ('readline',)])\n"
        "for name in ('read', 'read1', 'readline', 'peek', 'readlines'):\n"
        "    results = [outcome(lambda: getattr(r, name)(size=1))\n"
        "               for r in (Reader(Raw([])), "
        "io.BufferedReader(Raw([])))]\n"
        "    assert results[0] == results[1], results\n"
        "for size in (0, -1):\n"
        "    assert (outcome(Reader, Raw([]), size) ==\n"
        "            outcome(io.BufferedReader, Raw([]), size))");
    /* the compared ones once in full, so that they stand here too */
    assert_repr(eval_python("outcome(Reader(Raw([])).read, -2)"),
                "('ValueError', 'read length must be non-negative or -1')");
    assert_repr(eval_python("outcome(Reader(Raw([])).write, b'x')"),
                "('UnsupportedOperation', 'write')");
    assert_repr(eval_python("outcome(Reader, Raw([]), 0)"),
                "('ValueError', 'buffer size must be strictly positive')");
}

static void
test_a_raw_stream_that_cannot_read_is_refused(void **state)
{
    RawIOBaseClass cls = Double_class;
    PyObject *object;
    RawIOBase *raw;

    (void)state;
    cls.readable = IOBase_readable;
    object = eval_python("Raw([])");
    raw = new_double(object);
    raw->cls = &cls;
    assert_null(BufferedReader_new(&BufferedReader_class, raw, 1));
    assert_raised(PyExc_OSError, "File or stream is not readable.");
    Py_DECREF(raw);
    Py_DECREF(object);
}

/* Over a socket: closed, detached, and all that Python code may ask. */
static void
test_every_attribute_answers_as_pythons_does(void **state)
{
    (void)state;
    run_python(
        "asked = [('read',), ('read', 0), ('read', -2), ('read1',), "
        "('read1', 0), ('readline',),\n"
        "         ('readline', 0), ('readlines',), ('peek',), "
        "('readinto', 3), ('readinto1', 3), ('readinto', 0),\n"
        "         ('next',), ('list',), ('flush',), ('seekable',), "
        "('readable',), ('writable',),\n"
        "         ('isatty',), ('tell',), ('seek', 0), ('seek', 0, 1), "
        "('seek', 0, 9), ('seek', 'x'), ('seek',), ('truncate',),\n"
        "         ('write', b'x'), ('writelines', [b'x']), "
        "('writelines', []), ('__enter__',), ('__exit__', 1, 2),\n"
        "         ('close',), ('detach',), ('close',)]\n"
        "def ask(readers, what):\n"
        "    for c in what:\n"
        "        results = [call(r, *c) for r in readers]\n"
        "        if results[0] is readers[0]:\n"
        "            results = [True, results[1] is readers[1]]\n"
        "        assert results[0] == results[1], (c, results)\n"
        "    for name in ('closed', 'name', 'mode'):\n"
        "        results = [outcome(getattr, r, name) for r in readers]\n"
        "        if name == 'name' and isinstance(results[0], int):\n"
        "            results = [r > 0 for r in results]\n"
        "        assert results[0] == results[1], (name, results)\n"
        "    results = [same(repr(r)) for r in readers]\n"
        "    assert results[0] == results[1], results\n"
        "def readers(state):\n"
        "    both, peers = pair(socket.SOCK_STREAM, [b'one\\ntwo\\n'])\n"
        "    for peer in peers:\n"
        "        peer.close()\n"
        "    for r in both:\n"
        "        if state == 'read':\n"
        "            r.readline()\n"
        "        elif state == 'closed':\n"
        "            r.close()\n"
        "        elif state == 'closed after a line':\n"
        "            r.readline(), r.close()\n"
        "        elif state == 'raw closed after a line':\n"
        "            r.readline(), r.raw.close()\n"
        "        elif state == 'detached':\n"
        "            r.detach().close()\n"
        "    return both\n"
        "for s in ('fresh', 'read', 'closed', 'closed after a line',\n"
        "          'raw closed after a line', 'detached'):\n"
        "    for c in asked:\n"
        "        if c[0] != 'detach' or s in ('closed', 'detached'):\n"
        "            both = readers(s)\n"
        "            ask(both, [c])\n"
        "            for r in both:\n"
        "                outcome(r.close)\n"
        "    ask(readers(s), [c for c in asked if c[0] not in ('detach', "
        "'close', '__exit__')])\n");
    run_python("both = readers('fresh')\n"
               "ours = set(dir(both[0]))\n"
               "missing = [n for n in dir(both[1]) if n[0] != '_' and n not "
               "in ours]\n"
               "for r in both: r.close()\n"
               "del both, r");
    assert_repr(eval_python("missing"), "[]");
    run_python("both = readers('fresh')\n"
               "has = [hasattr(r, '__module__') for r in both]\n"
               "ours = both[0]\n"
               "shown = not has[0] or ours.__module__ == "
               "type(ours).__module__\n"
               "for r in both: r.close()\n"
               "del both, ours, r");
    assert_repr(eval_python("has[0] == has[1] and shown"), "True");
    assert_repr(eval_python("outcome(readers('closed')[0].readline)"),
                "('ValueError', 'readline of closed file')");
    assert_repr(eval_python("outcome(readers('detached')[0].read)"),
                "('ValueError', 'raw stream has been detached')");
}

static void
test_the_raw_streams_failures_come_through(void **state)
{
    (void)state;
    run_python(
        "for name in ('read', 'read1', 'readline', 'peek', 'readlines', "
        "'next', 'list'):\n"
        "    for size in (3, 8192):\n"
        "        for bad in (OSError(5, 'five'), TimeoutError('timed out'), "
        "None, 99999, -3,\n"
        "                    InterruptedError(4, 'eintr')):\n"
        "            # Python's own readall() trusts a count\n"
        "            if name == 'read' and isinstance(bad, int): continue\n"
        "            for first in ([], [b'abcdefg']):\n"
        "                compare(first + [bad, b'x\\ny'], [(name,)] * 3, "
        "size, Raw)\n"
        "for name in ('read', 'readinto', 'readinto1', 'readline'):\n"
        "    for bad in (OSError(5, 'five'), None, -3):\n"
        "        compare([b'abc', bad, b'defg', bad, b'hi'], [(name, 5)] * 4, "
        "3, Raw)\n");
}

static void
test_python_takes_it_for_a_buffered_stream(void **state)
{
    (void)state;
    run_python(
        "(ours, theirs), peers = pair(socket.SOCK_STREAM, "
        "['\\xe4\\n\\u20ac'.encode()])\n"
        "for peer in peers: peer.close()\n"
        "texts = [io.TextIOWrapper(r, encoding='utf-8') for r in (ours, "
        "theirs)]\n"
        "lines = [t.readlines() for t in texts]\n"
        "with ours as entered: pass\n");
    assert_repr(eval_python("isinstance(ours, io.BufferedIOBase), "
                            "isinstance(ours.raw, io.RawIOBase), "
                            "issubclass(type(ours), io.IOBase)"),
                "(True, True, True)");
    assert_repr(eval_python("lines[0] == lines[1], lines[0]"),
                "(True, ['ä\\n', '€'])");
    assert_repr(eval_python("entered is ours, ours.closed, texts[0].closed"),
                "(True, True, True)");
    run_python("theirs.close(); del texts, ours, theirs, entered");
}

static void
test_a_call_from_within_is_refused(void **state)
{
    (void)state;
    run_python(
        "class Reentrant(Raw):\n"
        "    def readinto(self, b):\n"
        "        self.raised = outcome(self.reader.readline)\n"
        "        return super().readinto(b)\n"
        "raw, other = Reentrant([b'x\\n']), Reentrant([b'x\\n'])\n"
        "raw.reader, other.reader = Reader(raw), io.BufferedReader(other)\n"
        "lines = raw.reader.readline(), other.reader.readline()\n"
        "raised = raw.raised\n"
        "texts = raw.raised, (other.raised[0], re.sub(r' name=.*>', '>', "
        "other.raised[1]))\n"
        "del raw.reader, other.reader");
    assert_repr(eval_python("lines"), "(b'x\\n', b'x\\n')");
    assert_repr(eval_python("raised"),
                "('RuntimeError', 'reentrant call inside <B>')");
    assert_repr(eval_python("texts[0] == texts[1]"), "True");
}

/* The first thread waits in recv() and holds the lock, the others wait for
 * the lock: each gets one line. (Python's own reader looks into the buffer
 * before it has the lock, and may throw away what came meanwhile.) */
static void
test_another_thread_waits_for_the_lock(void **state)
{
    (void)state;
    run_python("left, right = socket.socketpair()\n"
               "reader = SocketReader(right.detach())\n"
               "lines = []\n"
               "threads = [threading.Thread(target=lambda: "
               "lines.append(reader.readline()))\n"
               "           for i in range(4)]\n"
               "for t in threads: t.start()\n"
               "left.sendall(b'a\\nb\\nc\\n')\n"
               "left.sendall(b'd\\n')\n"
               "for t in threads: t.join()\n"
               "left.close(), reader.close()");
    assert_repr(eval_python("sorted(lines)"),
                "[b'a\\n', b'b\\n', b'c\\n', b'd\\n']");
}

/* close() and reads come in while a thread reads. Whatever the order in which
 * they get the lock: what was in the buffer, or a ValueError. */
static void
test_a_stream_closed_meanwhile_is_a_value_error(void **state)
{
    (void)state;
    run_python(
        "class Closes(Raw):\n"
        "    late = 0\n"
        "    def readinto(self, b):\n"
        "        if self.closed: self.late += 1; return 0\n"
        "        if not self.sizes:\n"
        "            for t in threads: t.start()\n"
        "            until_they_wait(threads)\n"
        "        return super().readinto(b)\n"
        "def until_they_wait(threads):\n"
        "    for t in threads:\n"
        "        path = '/proc/self/task/%d/stat' % t.native_id\n"
        "        while b') S ' not in open(path, 'rb').read():\n"
        "            os.sched_yield()\n"
        "for order in range(20):\n"
        "    raw, results = Closes([b'line\\n', b'more']), []\n"
        "    reader = Reader(raw)\n"
        "    calls = [reader.readline, reader.read, reader.peek, "
        "reader.read1]\n"
        "    threads = [threading.Thread(target=lambda f=f: "
        "results.append(outcome(f)))\n"
        "               for f in calls]\n"
        "    threads.insert(order % 5, threading.Thread("
        "target=reader.close))\n"
        "    assert reader.readline() == b'line\\n'\n"
        "    for t in threads: t.join()\n"
        "    assert len(results) == 4\n"
        "    for r in results:\n"
        "        assert r in (b'', b'more') or r[0] == 'ValueError', r\n"
        "    assert reader.closed and raw.closed and not raw.late\n"
        "del reader, raw, threads, calls");
}

static void
test_a_signal_handler_runs_and_the_read_goes_on(void **state)
{
    (void)state;
    /* Again and again, until the handler has run: a signal just before the
     * call blocks is seen at the next one only. */
    run_python("(ours, theirs), peers = pair(socket.SOCK_STREAM, [])\n"
               "def handler(number, frame):\n"
               "    signal.setitimer(signal.ITIMER_REAL, 0)\n"
               "    peers[0].sendall(b'late\\n')\n"
               "old = signal.signal(signal.SIGALRM, handler)\n"
               "signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)\n"
               "line = ours.readline()\n"
               "def handler(number, frame):\n"
               "    signal.setitimer(signal.ITIMER_REAL, 0)\n"
               "    raise KeyError('from the handler')\n"
               "signal.signal(signal.SIGALRM, handler)\n"
               "signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)\n"
               "raised = outcome(ours.readline)\n"
               "peers[0].sendall(b'again\\n')\n"
               "after = ours.readline()\n"
               "signal.signal(signal.SIGALRM, old)\n"
               "for f in [ours, theirs] + peers: f.close()");
    assert_repr(eval_python("line, raised, after"),
                "(b'late\\n', ('KeyError', \"'from the handler'\"), "
                "b'again\\n')");
}

static void
test_a_socket_without_data_gives_none_or_what_is_there(void **state)
{
    (void)state;
    run_python(
        "for message in ([], [b'ab'], [b'a\\nb']):\n"
        "    for name in ('read', 'read1', 'readline', 'peek', 'readlines', "
        "'next'):\n"
        "        both, peers = pair(socket.SOCK_STREAM, message, 0)\n"
        "        for i in range(3):\n"
        "            x, y = [call(r, name) for r in both]\n"
        "            assert x == y, (name, message, x, y)\n"
        "        x, y = [call(r, 'readinto', 3) for r in both]\n"
        "        assert x == y, (name, message, x, y)\n"
        "        for f in both + peers: f.close()");
}

static void
test_it_owns_its_raw_stream_and_closes_it_at_the_end(void **state)
{
    BufferedIOBase *reader;
    RawIOBase *raw;
    PyObject *object;

    (void)state;
    object = eval_python("Raw([b'line\\n'])");
    set_python("raw", object);
    raw = new_double(object);
    reader = BufferedReader_new(&BufferedReader_class, raw, 16);
    assert_int_equal(Py_REFCNT(raw), 2);
    assert_repr(reader->cls->readline(reader, -1), "b'line\\n'");
    assert_int_equal(Py_REFCNT(raw), 2);
    assert_int_equal(Py_REFCNT(reader), 1);
    assert_repr(eval_python("raw.closed"), "False");
    Py_DECREF(reader);
    assert_int_equal(Py_REFCNT(raw), 1);
    assert_repr(eval_python("raw.closed"), "True");
    Py_DECREF(raw);
    Py_DECREF(object);
    run_python("del raw");
}

static void
test_the_collector_finds_a_cycle_and_closes_the_stream(void **state)
{
    (void)state;
    run_python("closed = []\n"
               "class Cycle(Raw):\n"
               "    def close(self):\n"
               "        closed.append(True)\n"
               "        super().close()\n"
               "(ours, theirs), peers = pair(socket.SOCK_STREAM, [])\n"
               "keeper = [ours]\n"
               "keeper.append(keeper)\n"
               "del keeper, ours, theirs\n"
               "gc.collect()\n"
               "for p in peers: p.settimeout(5)\n"
               "ends = [p.recv(1) for p in peers]\n"
               "for p in peers: p.close()");
    assert_repr(eval_python("ends"), "[b'', b'']");
}

static void
test_a_failing_close_frees_the_buffer_all_the_same(void **state)
{
    (void)state;
    run_python("class Fails(Raw):\n"
               "    def close(self):\n"
               "        if self.chunks:\n"
               "            self.chunks = []\n"
               "            raise OSError('no close')\n"
               "        super().close()\n"
               "raws = Fails([b'x\\ny']), Fails([b'x\\ny'])\n"
               "both = Reader(raws[0]), io.BufferedReader(raws[1])\n"
               "for r in raws: r.chunks.append(b'more')\n"
               "results = [(r.readline(), outcome(r.close), outcome(r.read), "
               "outcome(r.readline)) for r in both]\n");
    assert_repr(eval_python("results[0][1]"), "('OSError', 'no close')");
    assert_repr(eval_python("results[0] == results[1]"), "True");
    run_python("del raws, both");
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
    Double_class.readable = Double_readable;
    Double_class.readinto = Double_readinto;
    Double_class.close = Double_close;
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
        python_test(test_a_line_is_read_through_the_table),
        python_test(test_every_split_of_the_input_gives_what_python_gives),
        python_test(test_the_raw_stream_is_asked_for_the_same_sizes),
        python_test(test_any_sequence_of_calls_gives_what_python_gives),
        python_test(test_wrong_calls_raise_what_python_raises),
        python_test(test_a_raw_stream_that_cannot_read_is_refused),
        python_test(test_every_attribute_answers_as_pythons_does),
        python_test(test_the_raw_streams_failures_come_through),
        python_test(test_python_takes_it_for_a_buffered_stream),
        python_test(test_a_call_from_within_is_refused),
        python_test(test_another_thread_waits_for_the_lock),
        python_test(test_a_stream_closed_meanwhile_is_a_value_error),
        python_test(test_a_signal_handler_runs_and_the_read_goes_on),
        python_test(test_a_socket_without_data_gives_none_or_what_is_there),
        python_test(test_it_owns_its_raw_stream_and_closes_it_at_the_end),
        python_test(test_the_collector_finds_a_cycle_and_closes_the_stream),
        python_test(test_a_failing_close_frees_the_buffer_all_the_same),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
