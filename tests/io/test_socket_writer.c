#include "support.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "types.h"
#include "io/socket_writer.h"
#include "socket_pair.h"

/* One end of a pair, and the writer over the other. */
typedef struct Pair {
    int peer;
    Socket *sock;
    BufferedIOBase *writer;
} Pair;

static Pair
new_pair(void)
{
    Pair pair;

    pair.sock = new_unix_socket(&pair.peer);
    pair.writer = SocketWriter_new(&SocketWriter_class, pair.sock);
    assert_non_null(pair.writer);
    assert_int_equal(Py_REFCNT(pair.sock), 2);
    return pair;
}

/* The same, by TCP: a segment of the loopback has room for 60 KiB. */
static Pair
new_tcp_pair(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    Pair pair;

    assert_int_equal(
        bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size),
                     0);
    pair.peer = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
        connect(pair.peer, (struct sockaddr *)&address, sizeof(address)), 0);
    pair.sock = Socket_new(&Socket_class, AF_INET, SOCK_STREAM, 0,
                           accept(listener, NULL, NULL));
    assert_non_null(pair.sock);
    pair.writer = SocketWriter_new(&SocketWriter_class, pair.sock);
    assert_non_null(pair.writer);
    close(listener);
    return pair;
}

static void
hang_up(Pair *pair)
{
    close(pair->peer);
    pair->peer = -1;
}

static void
end_pair(Pair pair)
{
    Py_DECREF(pair.writer);
    assert_int_equal(Py_REFCNT(pair.sock), 1);
    assert_int_equal(pair.sock->cls->close(pair.sock), 0);
    Py_DECREF(pair.sock);
    if (pair.peer >= 0) {
        close(pair.peer);
    }
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
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    assert_int_equal(write_python(writer, "b'hello'"), 5);
    assert_int_equal(recv(pair.peer, buffer, 16, MSG_DONTWAIT), 5);
    assert_memory_equal(buffer, "hello", 5);
    assert_int_equal(write_python(writer, "bytearray(b'ab')"), 2);
    /* an array of three ints of two bytes: six bytes, not three items */
    run_python("import array");
    assert_int_equal(write_python(writer, "array.array('h', [1, 2, 3])"), 6);
    assert_int_equal(recv(pair.peer, buffer, 16, MSG_DONTWAIT), 8);
    assert_int_equal(write_python(writer, "b''"), 0);
    end_pair(pair);
}

static int sendalls;
static int with_more; /* how many of them have said that more follows */

static int
fake_sendall(Socket *self, const char *data, Py_ssize_t size)
{
    (void)data;
    sendalls++;
    with_more += self->more_follows;
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
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    cls.sendall = fake_sendall;
    pair.sock->cls = &cls;
    sendalls = 0;
    assert_int_equal(write_python(writer, "b'12345'"), 5);
    assert_int_equal(write_python(writer, "b''"), 0);
    assert_int_equal(sendalls, 2);
    assert_int_equal(write_python(writer, "b'123456'"), -1);
    assert_raised(PyExc_TimeoutError, "timed out");
    assert_int_equal(sendalls, 3);
    end_pair(pair);
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
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one '"), 4);
    assert_int_equal(write_python(writer, "bytearray(b'two ')"), 4);
    SocketWriter_release((SocketWriter *)writer);
    assert_received(pair.peer, "");
    assert_int_equal(write_python(writer, "b'three'"), 5);
    assert_received(pair.peer, "one two three");
    assert_int_equal(write_python(writer, "b'at once'"), 7);
    assert_received(pair.peer, "at once");

    /* in one sendall(), but for a block too large to be copied */
    cls.sendall = fake_sendall;
    pair.sock->cls = &cls;
    sendalls = with_more = 0;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'12'"), 2);
    SocketWriter_release((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'345'"), 3);
    assert_int_equal(sendalls, 1);
    assert_int_equal(with_more, 0);
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'12'"), 2);
    SocketWriter_release((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "bytes(20000)"), -1);
    assert_raised(PyExc_TimeoutError, "timed out");
    assert_int_equal(sendalls, 3);
    assert_int_equal(with_more, 1); /* the first of them */
    assert_false(pair.sock->more_follows);
    end_pair(pair);
}

/* The answer of a client that waits for 20,000 bytes: one piece, not two. */
static void
test_what_is_held_is_no_packet_of_its_own(void **state)
{
    Pair pair = new_tcp_pair();
    struct tcp_info before, after;
    socklen_t size = sizeof(before);

    (void)state;
    getsockopt(pair.sock->fd, IPPROTO_TCP, TCP_INFO, &before, &size);
    SocketWriter_hold((SocketWriter *)pair.writer);
    assert_int_equal(write_python(pair.writer, "b'head'"), 4);
    SocketWriter_release((SocketWriter *)pair.writer);
    assert_int_equal(write_python(pair.writer, "bytes(20000)"), 20000);
    getsockopt(pair.sock->fd, IPPROTO_TCP, TCP_INFO, &after, &size);
    assert_int_equal(after.tcpi_data_segs_out - before.tcpi_data_segs_out, 1);
    end_pair(pair);
}

static void
test_flush_and_close_send_what_is_held(void **state)
{
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one'"), 3);
    assert_int_equal(writer->cls->flush(writer), 0);
    assert_received(pair.peer, "one");
    assert_int_equal(write_python(writer, "b'two'"), 3);
    SocketWriter_release((SocketWriter *)writer);
    assert_received(pair.peer, "");
    assert_int_equal(writer->cls->close(writer), 0);
    assert_received(pair.peer, "two");
    end_pair(pair);
}

static void
test_what_is_held_is_dropped_when_it_cannot_be_sent(void **state)
{
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    SocketWriter_hold((SocketWriter *)writer);
    assert_int_equal(write_python(writer, "b'one'"), 3);
    SocketWriter_release((SocketWriter *)writer);
    hang_up(&pair);
    assert_int_equal(writer->cls->flush(writer), -1);
    assert_raised(PyExc_BrokenPipeError, "[Errno 32] Broken pipe");
    assert_int_equal(writer->cls->close(writer), 0);
    end_pair(pair);
}

static void
test_nothing_is_held_for_who_has_hung_up_by_half(void **state)
{
    Pair pair = new_pair();

    (void)state;
    assert_false(Socket_hung_up(pair.sock));
    shutdown(pair.peer, SHUT_WR);
    assert_true(Socket_hung_up(pair.sock));
    SocketWriter_hold((SocketWriter *)pair.writer);
    assert_int_equal(write_python(pair.writer, "b'one'"), 3);
    assert_received(pair.peer, "one");
    end_pair(pair);
}

/* Then what is nothing fails, too. */
static void
test_nothing_is_held_for_who_has_hung_up(void **state)
{
    Pair pair = new_pair();

    (void)state;
    hang_up(&pair);
    assert_true(Socket_hung_up(pair.sock));
    SocketWriter_hold((SocketWriter *)pair.writer);
    assert_int_equal(write_python(pair.writer, "b''"), -1);
    assert_raised(PyExc_BrokenPipeError, "[Errno 32] Broken pipe");
    end_pair(pair);
}

static void
test_what_has_no_buffer_is_refused(void **state)
{
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    set_python("ours", (PyObject *)writer);
    assert_repr(eval_python("compare_writes(ours)"),
                "(<class 'TypeError'>, \"a bytes-like object is required, "
                "not 'str'\")");
    assert_nothing_differs("rows.report()");
    run_python("del ours");
    end_pair(pair);
}

static void
test_the_rest_is_what_buffered_io_base_gives(void **state)
{
    Pair pair = new_pair();
    BufferedIOBase *writer = pair.writer;

    (void)state;
    assert_int_equal(writer->cls->fileno(writer), pair.sock->fd);
    set_python("ours", (PyObject *)writer);
    run_python("compare_open_and_closed(ours)");
    assert_nothing_differs("rows.report()");
    run_python("del ours");
    end_pair(pair);
}

static void
test_init_may_be_called_again(void **state)
{
    Pair pair = new_pair();
    Pair other = new_pair();

    (void)state;
    SocketWriter_init(pair.writer, other.sock);
    assert_int_equal(Py_REFCNT(pair.sock), 1);
    assert_int_equal(write_python(pair.writer, "b'to the other'"), 12);
    assert_int_equal(recv(pair.peer, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
    assert_int_equal(recv(other.peer, &(char){ 0 }, 1, MSG_DONTWAIT), 1);
    end_pair(pair);
    end_pair(other);
}

/* As Python's: also when it is closed. */
static void
test_it_is_always_writable(void **state)
{
    Pair pair = new_pair();

    (void)state;
    assert_int_equal(SocketWriter_writable(pair.writer), 1);
    assert_int_equal(pair.writer->cls->close(pair.writer), 0);
    assert_int_equal(SocketWriter_writable(pair.writer), 1);
    assert_int_equal(pair.writer->cls->readable(pair.writer), 0);
    end_pair(pair);
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    run_python_file("io/test_socket_writer.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_write_sends_at_once_and_counts_bytes),
        python_test(test_write_calls_sendall_once_through_the_class),
        python_test(test_what_is_held_leaves_with_the_next_write),
        python_test(test_what_is_held_is_no_packet_of_its_own),
        python_test(test_flush_and_close_send_what_is_held),
        python_test(test_what_is_held_is_dropped_when_it_cannot_be_sent),
        python_test(test_nothing_is_held_for_who_has_hung_up_by_half),
        python_test(test_nothing_is_held_for_who_has_hung_up),
        python_test(test_what_has_no_buffer_is_refused),
        python_test(test_the_rest_is_what_buffered_io_base_gives),
        python_test(test_init_may_be_called_again),
        python_test(test_it_is_always_writable),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
