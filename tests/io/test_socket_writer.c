#include "support.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "types.h"
#include "io/socket_writer.h"

static Socket *
new_pair(int *peer)
{
    Socket *sock;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    *peer = ends[0];
    sock = Socket_new(&Socket_class, AF_UNIX, SOCK_STREAM, 0, ends[1]);
    assert_non_null(sock);
    return sock;
}

static void
end_pair(Socket *sock, int peer)
{
    assert_int_equal(Py_REFCNT(sock), 1);
    assert_int_equal(sock->cls->close(sock), 0);
    Py_DECREF(sock);
    close(peer);
}

/* write() of what `expression` gives. */
static Py_ssize_t
write_python(BufferedIOBase *writer, const char *expression)
{
    PyObject *b = eval_python(expression);
    Py_ssize_t n = writer->cls->write(writer, b);

    Py_DECREF(b);
    return n;
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&SocketWriter_class,
                         offsetof(BufferedIOBaseClass, readable),
                         sizeof(BufferedIOBaseClass));
}

static void
test_write_sends_at_once_and_counts_bytes(void **state)
{
    char buffer[16];
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer = SocketWriter_new(&SocketWriter_class, sock);

    (void)state;
    assert_int_equal(Py_REFCNT(sock), 2);
    assert_int_equal(write_python(writer, "b'hello'"), 5);
    assert_int_equal(recv(peer, buffer, 16, MSG_DONTWAIT), 5);
    assert_memory_equal(buffer, "hello", 5);
    assert_int_equal(write_python(writer, "bytearray(b'ab')"), 2);
    /* an array of three ints of two bytes: six bytes, not three items */
    run_python("import array");
    assert_int_equal(write_python(writer, "array.array('h', [1, 2, 3])"), 6);
    assert_int_equal(recv(peer, buffer, 16, MSG_DONTWAIT), 8);
    assert_int_equal(write_python(writer, "b''"), 0);
    Py_DECREF(writer);
    end_pair(sock, peer);
}

static int sendalls;

static int
fake_sendall(Socket *self, const char *data, Py_ssize_t size)
{
    (void)self;
    (void)data;
    sendalls++;
    if (size > 5) {
        PyErr_SetString(PyExc_TimeoutError, "timed out");
        return -1;
    }
    return 0;
}

static void
test_write_calls_sendall_once_through_the_class(void **state)
{
    SocketClass cls = Socket_class;
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer;

    (void)state;
    cls.sendall = fake_sendall;
    sock->cls = &cls;
    writer = SocketWriter_new(&SocketWriter_class, sock);
    assert_int_equal(write_python(writer, "b'12345'"), 5);
    assert_int_equal(write_python(writer, "b''"), 0);
    assert_int_equal(sendalls, 2);
    assert_int_equal(write_python(writer, "b'123456'"), -1);
    assert_raised(PyExc_TimeoutError, "timed out");
    assert_int_equal(sendalls, 3);
    Py_DECREF(writer);
    end_pair(sock, peer);
}

/* What the peer can read now. */
static void
assert_received(int peer, const char *expected)
{
    ssize_t size = (ssize_t)strlen(expected);
    char buffer[64];

    assert_int_equal(recv(peer, buffer, sizeof(buffer), MSG_DONTWAIT),
                     size == 0 ? -1 : size);
    assert_memory_equal(buffer, expected, (size_t)size);
}

static void
test_what_is_held_leaves_with_the_next_write(void **state)
{
    SocketClass cls = Socket_class;
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer = SocketWriter_new(&SocketWriter_class, sock);

    (void)state;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one '"), 4);
    assert_int_equal(write_python(writer, "bytearray(b'two ')"), 4);
    SocketWriter_release((SocketWriter *)writer);
    assert_received(peer, "");
    assert_int_equal(write_python(writer, "b'three'"), 5);
    assert_received(peer, "one two three");
    assert_int_equal(write_python(writer, "b'at once'"), 7);
    assert_received(peer, "at once");

    /* in one sendall(), but for a block too large to be copied */
    cls.sendall = fake_sendall;
    sock->cls = &cls;
    sendalls = 0;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'12'"), 2);
    SocketWriter_release((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'345'"), 3);
    assert_int_equal(sendalls, 1);
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'12'"), 2);
    SocketWriter_release((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "bytes(100000)"), -1);
    assert_raised(PyExc_TimeoutError, "timed out");
    assert_int_equal(sendalls, 3);
    Py_DECREF(writer);
    end_pair(sock, peer);
}

static void
test_flush_and_close_send_what_is_held(void **state)
{
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer = SocketWriter_new(&SocketWriter_class, sock);

    (void)state;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one'"), 3);
    assert_int_equal(writer->cls->flush(writer), 0);
    assert_received(peer, "one");
    assert_int_equal(write_python(writer, "b'two'"), 3);
    SocketWriter_release((SocketWriter *)writer);
    assert_received(peer, "");
    assert_int_equal(writer->cls->close(writer), 0);
    assert_received(peer, "two");
    Py_DECREF(writer);
    end_pair(sock, peer);
}

static void
test_what_is_held_is_dropped_when_it_cannot_be_sent(void **state)
{
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer = SocketWriter_new(&SocketWriter_class, sock);

    (void)state;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one'"), 3);
    SocketWriter_release((SocketWriter *)writer);
    close(peer);
    assert_int_equal(writer->cls->flush(writer), -1);
    assert_raised(PyExc_BrokenPipeError, "[Errno 32] Broken pipe");
    assert_int_equal(writer->cls->close(writer), 0);
    Py_DECREF(writer);
    Py_DECREF(sock);
}

static void
test_nothing_is_held_for_who_has_hung_up(void **state)
{
    BufferedIOBase *writer;
    Socket *sock;
    int peer;

    (void)state;
    /* half: what is sent still arrives */
    sock = new_pair(&peer);
    writer = SocketWriter_new(&SocketWriter_class, sock);
    assert_false(Socket_hung_up(sock));
    shutdown(peer, SHUT_WR);
    assert_true(Socket_hung_up(sock));
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one'"), 3);
    assert_received(peer, "one");
    Py_DECREF(writer);
    end_pair(sock, peer);

    /* wholly: also what is nothing fails */
    sock = new_pair(&peer);
    writer = SocketWriter_new(&SocketWriter_class, sock);
    close(peer);
    assert_true(Socket_hung_up(sock));
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b''"), -1);
    assert_raised(PyExc_BrokenPipeError, "[Errno 32] Broken pipe");
    Py_DECREF(writer);
    Py_DECREF(sock);
}

static void
test_what_has_no_buffer_is_refused(void **state)
{
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer = SocketWriter_new(&SocketWriter_class, sock);

    (void)state;
    set_python("ours", (PyObject *)writer);
    run_python("import socket, socketserver\n"
               "left, right = socket.socketpair()\n"
               "theirs = socketserver._SocketWriter(right)\n"
               "def outcome(f, *args):\n"
               "    try: return f(*args)\n"
               "    except Exception as e: return type(e), str(e)\n"
               "for b in ('text', None, 3, memoryview(b'abcd')[::2]):\n"
               "    x, y = outcome(ours.write, b), outcome(theirs.write, b)\n"
               "    assert x == y, (b, x, y)\n"
               "raised = outcome(ours.write, 'text')");
    assert_repr(eval_python("raised"),
                "(<class 'TypeError'>, \"a bytes-like object is required, "
                "not 'str'\")");
    run_python("del ours");
    Py_DECREF(writer);
    end_pair(sock, peer);
}

static void
test_the_rest_is_what_buffered_io_base_gives(void **state)
{
    int peer;
    Socket *sock = new_pair(&peer);
    BufferedIOBase *writer = SocketWriter_new(&SocketWriter_class, sock);

    (void)state;
    assert_int_equal(writer->cls->fileno(writer), sock->fd);
    set_python("ours", (PyObject *)writer);
    run_python(
        "calls = [('read',), ('read', 1), ('read1',), ('readline',), "
        "('readlines',), ('readinto', bytearray(2)),\n"
        "         ('readinto1', bytearray(2)), ('__next__',), "
        "('writelines', [b'a', b'b']), ('writelines', ['a']), ('flush',),\n"
        "         ('readable',), ('writable',), ('seekable',), ('isatty',), "
        "('seek', 0), ('tell',), ('truncate',), ('detach',)]\n"
        "def compare():\n"
        "    for name, *args in calls:\n"
        "        x = outcome(lambda: getattr(ours, name)(*args))\n"
        "        y = outcome(lambda: getattr(theirs, name)(*args))\n"
        "        assert x == y, (name, args, x, y)\n"
        "    assert ours.closed == theirs.closed\n"
        "    x, y = [outcome(lambda: iter(w) is w) for w in (ours, theirs)]\n"
        "    assert x == y, (x, y)\n"
        "compare()\n"
        "with ours, theirs: pass\n"
        "assert ours.closed\n"
        "compare()\n"
        "left.settimeout(5)\n"
        "got = left.recv(9)\n"
        "left.close(), right.close()\n"
        "del ours");
    Py_DECREF(writer);
    end_pair(sock, peer);
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
        python_test(test_write_sends_at_once_and_counts_bytes),
        python_test(test_write_calls_sendall_once_through_the_class),
        python_test(test_what_is_held_leaves_with_the_next_write),
        python_test(test_flush_and_close_send_what_is_held),
        python_test(test_what_is_held_is_dropped_when_it_cannot_be_sent),
        python_test(test_nothing_is_held_for_who_has_hung_up),
        python_test(test_what_has_no_buffer_is_refused),
        python_test(test_the_rest_is_what_buffered_io_base_gives),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
