#define PY_SSIZE_T_CLEAN
#include "support.h"

#include <sys/socket.h>
#include <unistd.h>

#include "types.h"
#include "io/socket_io.h"
#include "no_memory.h"
#include "socket_pair.h"

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

    pair.sock = new_unix_socket(&pair.peer);
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
    PyObject *modes = eval_python("modes");
    Pair pair = new_pair("r");

    (void)state;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(modes); i++) {
        PyObject *this = PyList_GET_ITEM(modes, i);
        RawIOBase *raw =
            SocketIO_new(&SocketIO_class, pair.sock,
                         PyUnicode_AsUTF8(PyTuple_GET_ITEM(this, 1)));

        if (raw == NULL) {
            assert_true(PyErr_ExceptionMatches(PyExc_ValueError));
            give_python("got", take_exception());
        }
        else {
            pair.sock->_io_refs += 1;
            give_python("got", (PyObject *)raw);
        }
        set_python("row", this);
        run_python("compare_mode(*row, got); del got");
    }
    Py_DECREF(modes);
    assert_nothing_differs("rows.report()");
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
    run_python("compare_raw_stream(ours)");
    assert_nothing_differs("rows.report()");
    assert_repr(eval_python("is_raw_stream(ours), ours.closed"),
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
    assert_repr(eval_python("frames_of_timeouts(ours)"),
                "(True, ['frames_of_timeouts', 'readinto'])");
    run_python("del ours");
    end_pair(pair);
}

static void
test_what_is_not_bytes_is_refused(void **state)
{
    Pair pair = new_pair("w");
    PyObject *number = PyLong_FromLong(5);

    (void)state;
    assert_int_equal(pair.raw->cls->write(pair.raw, number), -1);
    assert_raised(PyExc_TypeError,
                  "a bytes-like object is required, not 'int'");
    Py_DECREF(number);
    end_pair(pair);
}

static int
failing_flush(IOBase *self)
{
    (void)self;
    PyErr_SetString(PyExc_KeyError, "flush");
    return -1;
}

/* As in Python, the socket is not let go then. */
static void
test_a_close_whose_flush_fails_is_told(void **state)
{
    Pair pair = new_pair("w");
    RawIOBaseClass cls = SocketIO_class;

    (void)state;
    cls.flush = failing_flush;
    pair.raw->cls = &cls;
    assert_int_equal(pair.raw->cls->close(pair.raw), -1);
    assert_raised(PyExc_KeyError, NULL);
    assert_true(pair.raw->is_closed);
    assert_int_equal(pair.sock->_io_refs, 1);
    assert_int_equal(Socket__decref_socketios(pair.sock), 0);
    end_pair(pair);
}

static Pair full; /* of more than a reader asks for at once */

static void
fill_pair(void)
{
    static const char data[40000];
    Py_ssize_t size = 0, n = 1;

    full = new_pair("r");
    while (size < (Py_ssize_t)sizeof(data) && n > 0) {
        n = write(full.peer, data, sizeof(data) - (size_t)size);
        size += n;
    }
    assert_int_equal(size, sizeof(data));
    assert_int_equal(shutdown(full.peer, SHUT_WR), 0);
}

static void
empty_pair(void)
{
    end_pair(full);
}

/* Takes what has been read. */
static int
has_size(PyObject *data, Py_ssize_t size)
{
    if (data == NULL) {
        return -1;
    }
    assert_int_equal(PyBytes_GET_SIZE(data), size);
    Py_DECREF(data);
    return 0;
}

static int
read_all(void)
{
    return has_size(full.raw->cls->read(full.raw, -1), 40000);
}

static int
read_some(void)
{
    return has_size(full.raw->cls->read(full.raw, 5), 5);
}

static void
test_reads_without_memory_say_so(void **state)
{
    static const Operation operations[] = {
        { "read all", fill_pair, read_all, empty_pair },
        { "read some", fill_pair, read_some, empty_pair },
    };

    (void)state;
    assert_true(each_allocation_fails(&operations[0]) > 1);
    assert_true(each_allocation_fails(&operations[1]) > 0);
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    run_python_file("io/test_socket_io.py");
    return 0;
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
        python_test(test_what_is_not_bytes_is_refused),
        python_test(test_a_close_whose_flush_fails_is_told),
        python_test(test_reads_without_memory_say_so),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
