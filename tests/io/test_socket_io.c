#define PY_SSIZE_T_CLEAN
#include "support.h"

#include <sys/socket.h>
#include <unistd.h>

#include "types.h"
#include "io/socket_io.h"

/* One end of a pair, and the raw stream over the other. */
typedef struct Pair {
    int peer;
    Socket *sock;
    RawIOBase *raw;
} Pair;

static Pair
new_pair(const char *mode)
{
    Pair pair;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pair.peer = ends[0];
    pair.sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, ends[1]);
    assert_non_null(pair.sock);
    pair.raw = SocketIO_new(&SocketIO_class, pair.sock, mode);
    assert_non_null(pair.raw);
    pair.sock->_io_refs += 1;
    return pair;
}

static void
end_pair(Pair pair)
{
    close(pair.peer);
    assert_int_equal(pair.sock->cls->close(pair.sock), 0);
    Py_DECREF(pair.raw);
    assert_int_equal(Py_REFCNT(pair.sock), 1);
    assert_int_equal(pair.sock->fd, -1);
    Py_DECREF(pair.sock);
}

/* raw.write(data) */
static Py_ssize_t
write_bytes(RawIOBase *raw, const char *data, Py_ssize_t size)
{
    PyObject *b = PyBytes_FromStringAndSize(data, size);
    Py_ssize_t n;

    assert_non_null(b);
    n = raw->cls->write(raw, b);
    Py_DECREF(b);
    return n;
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&SocketIO_class, offsetof(RawIOBaseClass, readable),
                         sizeof(RawIOBaseClass));
}

static void
test_a_mode_that_python_refuses_is_refused(void **state)
{
    static const char *const modes[] = { "r",   "w",  "rw", "rb", "wb",
                                         "rwb", "wr", "",   "x",  "rbw" };
    Pair pair = new_pair("r");

    (void)state;
    run_python("import io, socket\n"
               "left, right = socket.socketpair()\n"
               "def mode(text):\n"
               "    try:\n"
               "        raw = socket.SocketIO(right, text)\n"
               "    except ValueError as e:\n"
               "        return str(e)\n"
               "    right._io_refs += 1\n"
               "    return (raw.readable(), raw.writable(), raw.mode)\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(modes); i++) {
        char call[32];
        PyObject *expected;
        RawIOBase *raw;

        PyOS_snprintf(call, sizeof(call), "mode('%s')", modes[i]);
        expected = eval_python(call);
        raw = SocketIO_new(&SocketIO_class, pair.sock, modes[i]);
        if (PyUnicode_Check(expected)) {
            assert_null(raw);
            assert_raised(PyExc_ValueError, PyUnicode_AsUTF8(expected));
        }
        else {
            assert_non_null(raw);
            pair.sock->_io_refs += 1;
            set_python("raw", (PyObject *)raw);
            set_python("expected", expected);
            assert_repr(eval_python("expected == (raw.readable(), "
                                    "raw.writable(), raw.mode)"),
                        "True");
            run_python("del raw");
            Py_DECREF(raw);
        }
        Py_DECREF(expected);
    }
    run_python("left.close(), right.close()");
    end_pair(pair);
}

static void
test_it_reads_and_writes_the_socket(void **state)
{
    Pair pair = new_pair("rw");
    char buffer[8] = "";

    (void)state;
    assert_int_equal(write(pair.peer, "hello", 5), 5);
    assert_int_equal(pair.raw->cls->readinto(pair.raw, buffer, 3), 3);
    assert_string_equal(buffer, "hel");
    assert_int_equal(write_bytes(pair.raw, "abc", 3), 3);
    assert_int_equal(read(pair.peer, buffer, 8), 3);
    assert_memory_equal(buffer, "abc", 3);
    assert_int_equal(pair.raw->cls->readinto(pair.raw, buffer, 8), 2);
    assert_int_equal(shutdown(pair.peer, SHUT_WR), 0);
    assert_int_equal(pair.raw->cls->readinto(pair.raw, buffer, 8), 0);
    assert_int_equal(pair.raw->cls->fileno(pair.raw), pair.sock->fd);
    end_pair(pair);
}

static void
test_the_other_direction_is_unsupported(void **state)
{
    Pair reading = new_pair("r"), writing = new_pair("w");
    char buffer[1];

    (void)state;
    run_python("import io");
    assert_int_equal(writing.raw->cls->readinto(writing.raw, buffer, 1), -1);
    set_python("raised", PyErr_Occurred());
    assert_raised(PyExc_OSError, "File or stream is not readable.");
    assert_repr(eval_python("raised is io.UnsupportedOperation"), "True");
    assert_int_equal(write_bytes(reading.raw, "x", 1), -1);
    assert_raised(PyExc_OSError, "File or stream is not writable.");
    end_pair(reading);
    end_pair(writing);
}

static void
test_nothing_without_blocking_is_no_error(void **state)
{
    static char data[100000];
    Pair pair = new_pair("rw");
    char buffer[1];
    Py_ssize_t n;

    (void)state;
    assert_int_equal(Socket_settimeout(pair.sock, 0), 0);
    assert_int_equal(pair.raw->cls->readinto(pair.raw, buffer, 1),
                     RAW_WOULD_BLOCK);
    assert_null(PyErr_Occurred());
    do {
        n = write_bytes(pair.raw, data, sizeof(data));
    } while (n > 0);
    assert_int_equal(n, RAW_WOULD_BLOCK);
    assert_null(PyErr_Occurred());
    end_pair(pair);
}

static void
test_after_a_timeout_it_cannot_be_read(void **state)
{
    Pair pair = new_pair("rw");
    char buffer[1];

    (void)state;
    assert_int_equal(Socket_settimeout(pair.sock, 0.01), 0);
    assert_int_equal(pair.raw->cls->readinto(pair.raw, buffer, 1), -1);
    assert_raised(PyExc_TimeoutError, "timed out");
    assert_int_equal(write(pair.peer, "x", 1), 1);
    assert_int_equal(pair.raw->cls->readinto(pair.raw, buffer, 1), -1);
    assert_raised(PyExc_OSError, "cannot read from timed out object");
    assert_int_equal(write_bytes(pair.raw, "x", 1), 1);
    end_pair(pair);
}

static void
test_a_closed_one_raises_what_python_raises(void **state)
{
    Pair pair = new_pair("rw");
    RawIOBase *raw = pair.raw;
    char buffer[1];

    (void)state;
    assert_int_equal(raw->cls->close(raw), 0);
    assert_int_equal(raw->cls->close(raw), 0);
    assert_null(((SocketIO *)raw)->_sock);
    assert_int_equal(pair.sock->_io_refs, 0);
    assert_int_equal(raw->cls->readinto(raw, buffer, 1), -1);
    assert_raised(PyExc_ValueError, "I/O operation on closed file.");
    assert_int_equal(write_bytes(raw, "x", 1), -1);
    assert_raised(PyExc_ValueError, "I/O operation on closed file.");
    assert_int_equal(raw->cls->fileno(raw), -1);
    assert_raised(PyExc_ValueError, "I/O operation on closed file.");
    assert_int_equal(raw->cls->readable(raw), -1);
    assert_raised(PyExc_ValueError, "I/O operation on closed socket.");
    assert_int_equal(raw->cls->writable(raw), -1);
    assert_raised(PyExc_ValueError, "I/O operation on closed socket.");
    end_pair(pair);
}

/* The application may hold it: wsgi.input.raw. */
static void
test_python_code_sees_pythons_raw_stream(void **state)
{
    Pair pair = new_pair("rw");

    (void)state;
    set_python("ours", (PyObject *)pair.raw);
    assert_int_equal(write(pair.peer, "one two three four", 18), 18);
    assert_int_equal(shutdown(pair.peer, SHUT_WR), 0);
    run_python(
        "import io, socket\n"
        "left, right = socket.socketpair()\n"
        "theirs = socket.SocketIO(right, 'rw')\n"
        "right._io_refs += 1\n"
        "left.sendall(b'one two three four'), left.shutdown(1)\n"
        "def outcome(f, *args):\n"
        "    try: return f(*args)\n"
        "    except Exception as e: return type(e), str(e)\n"
        "def read_into(raw, size):\n"
        "    b = bytearray(size)\n"
        "    return raw.readinto(b), b\n"
        "calls = ([('read', 3), ('read', 0), ('write', b'xyz'), "
        "('readable',), ('writable',), ('seekable',), ('isatty',),\n"
        "          ('flush',), ('seek', 0), ('tell',), ('truncate',), "
        "('fileno',), ('readline', 4), ('readline', 'x'), "
        "('writelines', [b'x', b'y']), ('writelines', 3),\n"
        "          ('readall',), ('read',), ('read', 5), ('readline',), "
        "('readlines',), ('__next__',)])\n"
        "def compare():\n"
        "    for name, *args in calls:\n"
        "        x = outcome(lambda: getattr(ours, name)(*args))\n"
        "        y = outcome(lambda: getattr(theirs, name)(*args))\n"
        "        if name == 'fileno' and isinstance(x, int): x, y = x > 0, "
        "y > 0\n"
        "        assert x == y, (name, args, x, y)\n"
        "    for name in ('closed', 'mode', 'name'):\n"
        "        x, y = [outcome(getattr, r, name) for r in (ours, theirs)]\n"
        "        if name == 'name': x, y = x > 0, y > 0\n"
        "        assert x == y, (name, x, y)\n"
        "x, y = outcome(read_into, ours, 2), outcome(read_into, theirs, 2)\n"
        "assert x == y, (x, y)\n"
        "compare()\n"
        "with ours, theirs: pass\n"
        "compare()\n"
        "x, y = [outcome(r.__enter__) for r in (ours, theirs)]\n"
        "assert x == y, (x, y)\n"
        "ours.mark = 'an attribute'\n"
        "missing = [n for n in dir(theirs) if n[0] != '_' and n not in "
        "dir(ours)]\n"
        "left.close(), right.close()");
    assert_repr(eval_python("vars(ours), missing"),
                "({'mark': 'an attribute'}, [])");
    assert_repr(eval_python("isinstance(ours, io.RawIOBase), ours.closed"),
                "(True, True)");
    run_python("del ours");
    end_pair(pair);
}

static void
test_failures_show_the_frames_that_python_shows(void **state)
{
    Pair pair = new_pair("r");

    (void)state;
    set_python("ours", (PyObject *)pair.raw);
    assert_int_equal(Socket_settimeout(pair.sock, 0.01), 0);
    run_python("import socket, traceback\n"
               "left, right = socket.socketpair()\n"
               "right.settimeout(0.01)\n"
               "frames = []\n"
               "for raw in (ours, socket.SocketIO(right, 'r')):\n"
               "    right._io_refs += 1\n"
               "    for i in range(2):\n"
               "        try: raw.readinto(bytearray(1))\n"
               "        except OSError as e:\n"
               "            frames.append([f.name for f in "
               "traceback.extract_tb(e.__traceback__)])\n"
               "left.close(), raw.close(), right.close()\n"
               "del raw, ours");
    assert_repr(eval_python("frames[:2] == frames[2:], frames[0]"),
                "(True, ['<module>', 'readinto'])");
    end_pair(pair);
}

static int
setup(void **state)
{
    (void)state;
    return start_python() < 0 ? -1 : types_ready();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_a_mode_that_python_refuses_is_refused),
        python_test(test_it_reads_and_writes_the_socket),
        python_test(test_the_other_direction_is_unsupported),
        python_test(test_nothing_without_blocking_is_no_error),
        python_test(test_after_a_timeout_it_cannot_be_read),
        python_test(test_a_closed_one_raises_what_python_raises),
        python_test(test_python_code_sees_pythons_raw_stream),
        python_test(test_failures_show_the_frames_that_python_shows),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
