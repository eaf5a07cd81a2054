#include "double.h"

#include "io/buffered_reader.h"
#include "no_memory.h"
#include "python/objects.h"
#include "python/release.h"

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

    Py_DECREF(view);
    return double_count(count);
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
    (void)module;
    return new_socket_file(args, "rb");
}

static PyMethodDef constructors[] = {
    { "Reader", new_reader, METH_VARARGS, NULL },
    { "SocketReader", new_socket_reader, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

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
    run_python("raw = Raw([b'one\\ntw', b'o\\nthree'])");
    run_python("reader = Reader(raw)");
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

static void
test_every_split_of_the_input_gives_what_python_gives(void **state)
{
    (void)state;
    assert_repr(eval_python("compare_every_split()"), "735");
    assert_nothing_differs("rows.report()");
}

static void
test_the_raw_stream_is_asked_for_the_same_sizes(void **state)
{
    (void)state;
    run_python("compare_sizes()");
    assert_nothing_differs("rows.report()");
    assert_repr(eval_python("sizes_of_a_line_and_the_rest()"),
                "(True, True, 30000)");
}

static void
test_any_sequence_of_calls_gives_what_python_gives(void **state)
{
    (void)state;
    run_python("compare_sequences()");
    assert_nothing_differs("rows.report()");
}

static void
test_wrong_calls_raise_what_python_raises(void **state)
{
    (void)state;
    run_python("compare_wrong_calls()");
    assert_nothing_differs("rows.report()");
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
    run_python("compare_attributes()");
    assert_nothing_differs("rows.report()");
    assert_repr(eval_python("missing_attributes()"), "[]");
    run_python("check_module()");
    assert_repr(eval_python("outcome(readers(closed)[0].readline)"),
                "('ValueError', 'readline of closed file')");
    assert_repr(eval_python("outcome(readers(detached)[0].read)"),
                "('ValueError', 'raw stream has been detached')");
}

static void
test_the_raw_streams_failures_come_through(void **state)
{
    (void)state;
    run_python("compare_failures()");
    assert_nothing_differs("rows.report()");
}

static void
test_python_takes_it_for_a_buffered_stream(void **state)
{
    (void)state;
    assert_repr(eval_python("text_over_both()"),
                "((True, True, True), True, ['ä\\n', '€'], True, True, True)");
}

static void
test_a_call_from_within_is_refused(void **state)
{
    (void)state;
    assert_repr(eval_python("line_and_error_from_within()"),
                "((b'x\\n', b'x\\n'), ('RuntimeError', 'reentrant call inside "
                "<B>'), True)");
}

static int flushes;

/* detach() flushes, too. */
static int
detaching_flush(BufferedIOBase *self)
{
    flushes++;
    return flushes > 1 ? 0
                       : discard(PyObject_CallMethod((PyObject *)self,
                                                     "detach", NULL));
}

static void
test_a_stream_that_its_flush_detaches_has_nothing_to_close(void **state)
{
    BufferedIOBaseClass cls = BufferedReader_class;
    BufferedIOBase *reader;
    PyObject *object;
    RawIOBase *raw;

    (void)state;
    run_python("raw = Raw([b'one'])");
    object = eval_python("raw");
    raw = new_double(object);
    cls.flush = detaching_flush;
    reader = BufferedReader_new(&cls, raw, 8);
    assert_non_null(reader);
    flushes = 0;
    assert_int_equal(cls.close(reader), -1);
    assert_raised(PyExc_ValueError, "raw stream has been detached");
    assert_int_equal(flushes, 2);
    assert_repr(eval_python("raw.closed"), "False");
    assert_int_equal(Py_REFCNT(raw), 1);
    Py_DECREF(reader);
    Py_DECREF(raw);
    Py_DECREF(object);
    run_python("del raw");
}

static void
test_a_stream_detached_meanwhile_is_read_to_its_end(void **state)
{
    (void)state;
    assert_repr(eval_python("size_of_a_detached_stream()"),
                "('ValueError', 'raw stream has been detached')");
    assert_repr(eval_python("data_of_a_detached_stream()"),
                "(b'abcdefg', ('ValueError', 'raw stream has been "
                "detached'))");
}

/* The first thread waits in recv() and holds the lock, the others wait for
 * the lock: each gets one line. (Python's own reader looks into the buffer
 * before it has the lock, and may throw away what came meanwhile.) */
static void
test_another_thread_waits_for_the_lock(void **state)
{
    (void)state;
    assert_repr(eval_python("lines_of_four_threads()"),
                "[b'a\\n', b'b\\n', b'c\\n', b'd\\n']");
}

/* close() and reads come in while a thread reads. Whatever the order in which
 * they get the lock: what was in the buffer, or a ValueError. */
static void
test_a_stream_closed_meanwhile_is_a_value_error(void **state)
{
    (void)state;
    run_python("check_close_meanwhile()");
}

static void
test_a_signal_handler_runs_and_the_read_goes_on(void **state)
{
    (void)state;
    assert_repr(eval_python("reads_with_signals()"),
                "(b'late\\n', ('KeyError', \"'from the handler'\"), "
                "b'again\\n')");
}

static void
test_a_socket_without_data_gives_none_or_what_is_there(void **state)
{
    (void)state;
    run_python("compare_without_data()");
    assert_nothing_differs("rows.report()");
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
    assert_repr(eval_python("what_peers_get_after_a_cycle()"), "[b'', b'']");
}

static void
test_a_failing_close_frees_the_buffer_all_the_same(void **state)
{
    (void)state;
    assert_repr(eval_python("close_that_fails()"),
                "(('OSError', 'no close'), True)");
}

static void
test_a_close_that_fails_at_its_end_is_told_as_by_python(void **state)
{
    (void)state;
    run_python("compare_last_closes()");
    assert_nothing_differs("rows.report()");
}

/* A reader of that size, and where its buffer is. */
static char *
open_reader(const char *name, Py_ssize_t size)
{
    PyObject *object = eval_python("Raw([b'one'])");
    RawIOBase *raw = new_double(object);
    BufferedIOBase *reader =
        BufferedReader_new(&BufferedReader_class, raw, size);

    Py_DECREF(raw);
    Py_DECREF(object);
    give_python(name, (PyObject *)reader);
    return ((Buffered *)reader)->buffer;
}

static void
test_a_buffer_is_used_again_for_one_of_its_size(void **state)
{
    char *first = open_reader("first", 100), *second;

    (void)state;
    second = open_reader("second", 100);
    assert_ptr_not_equal(first, second);
    run_python("first.close()");
    assert_ptr_not_equal(open_reader("other", 4000), first);
    assert_ptr_equal(open_reader("third", 100), first);
    assert_ptr_not_equal(open_reader("fourth", 100), first);
    open_reader("large", 200000);
    run_python("large.close(); del large");      /* is too large to be kept */
    run_python("second.close(); third.close()"); /* one of them is kept */
    assert_repr(eval_python("other.read(), fourth.read()"),
                "(b'one', b'one')");
    run_python("del first, second, other, third, fourth");
}

/* ----- Without memory ----- */

static const char *left; /* what a Given has not given yet */

/* No Python code: later releases crash in it, without memory. */
static Py_ssize_t
Given_readinto(RawIOBase *self, char *buffer, Py_ssize_t size)
{
    Py_ssize_t n = Py_MIN(size, (Py_ssize_t)strlen(left));

    (void)self;
    memcpy(buffer, left, (size_t)n);
    left += n;
    return n;
}

static int
Given_close(RawIOBase *self)
{
    self->is_closed = true;
    return 0;
}

static BufferedIOBase *given;

static RawIOBase *
new_given(void)
{
    static RawIOBaseClass Given_class;
    RawIOBase *raw = new_double(Py_None);

    Given_class = Double_class;
    Given_class.readinto = Given_readinto;
    Given_class.close = Given_close;
    raw->cls = &Given_class;
    left = "one\nand a longer line\nthree";
    return raw;
}

static void
open_given(void)
{
    RawIOBase *raw = new_given();

    given = BufferedReader_new(&BufferedReader_class, raw, 4);
    assert_non_null(given);
    Py_DECREF(raw);
}

static void
close_given(void)
{
    Py_CLEAR(given);
}

/* Whether it is what is expected: takes it. */
static int
is_read(PyObject *data, const char *expected)
{
    if (data == NULL) {
        return -1;
    }
    assert_string_equal(PyBytes_AsString(data), expected);
    Py_DECREF(data);
    return 0;
}

static int
read_line(void)
{
    return is_read(given->cls->readline(given, -1), "one\n") < 0
               ? -1
               : is_read(given->cls->readline(given, -1),
                         "and a longer line\n");
}

static int
read_all(void)
{
    return is_read(given->cls->read(given, 1), "o") < 0
               ? -1
               : is_read(given->cls->read(given, -1),
                         "ne\nand a longer line\nthree");
}

static int
read_some(void)
{
    return is_read(given->cls->read(given, 6), "one\nan");
}

static int
read_once(void)
{
    return is_read(given->cls->read1(given, 3), "one");
}

static int
read_lines(void)
{
    PyObject *lines =
        PyObject_CallMethod((PyObject *)given, "readlines", NULL);

    if (lines == NULL) {
        return -1;
    }
    assert_int_equal(PyList_GET_SIZE(lines), 3);
    Py_DECREF(lines);
    return 0;
}

static RawIOBase *another_raw;

/* The buffer that is kept is one of 4 bytes. */
static void
make_another_raw(void)
{
    open_given();
    close_given();
    another_raw = new_given();
}

static int
open_another(void)
{
    given = BufferedReader_new(&BufferedReader_class, another_raw, 9);
    return given == NULL ? -1 : 0;
}

static void
close_another(void)
{
    close_given();
    assert_int_equal(Py_REFCNT(another_raw), 1);
    Py_CLEAR(another_raw);
}

static void
test_without_memory_each_call_says_so(void **state)
{
    static const Operation operations[] = {
        { "readline", open_given, read_line, close_given },
        { "read", open_given, read_all, close_given },
        { "read of a size", open_given, read_some, close_given },
        { "read1", open_given, read_once, close_given },
        { "readlines", open_given, read_lines, close_given },
        { "a new one", make_another_raw, open_another, close_another },
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(operations); i++) {
        assert_true(each_allocation_fails(&operations[i]) > 0);
    }
}

/* Another thread reads, and nobody has waited for it yet. */
static void
test_without_memory_for_a_lock_nobody_waits(void **state)
{
    const unsigned long another = PyThread_get_thread_ident() + 1;
    Buffered *buffered;
    char buffer[8];

    (void)state;
    open_given();
    buffered = (Buffered *)given;
    buffered->owner = another;
    fail_allocation(0);
    assert_int_equal(given->cls->readinto(given, buffer, 8), -1);
    assert_raised(PyExc_MemoryError, NULL);
    fail_allocation(0);
    assert_int_equal(given->cls->close(given), -1);
    assert_raised(PyExc_MemoryError, NULL);
    fail_allocation(-1);
    assert_int_equal(buffered->owner, another);
    assert_null(buffered->lock);
    buffered->owner = 0;
    assert_int_equal(given->cls->readinto(given, buffer, 8), 8);
    close_given();
}

static int
setup(void **state)
{
    (void)state;
    if (start_double(constructors) < 0) {
        return -1;
    }
    Double_class.readable = Double_readable;
    Double_class.readinto = Double_readinto;
    run_python_file("io/test_buffered_reader.py");
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
        python_test(
            test_a_stream_that_its_flush_detaches_has_nothing_to_close),
        python_test(test_a_stream_detached_meanwhile_is_read_to_its_end),
        python_test(test_another_thread_waits_for_the_lock),
        python_test(test_a_stream_closed_meanwhile_is_a_value_error),
        python_test(test_a_signal_handler_runs_and_the_read_goes_on),
        python_test(test_a_socket_without_data_gives_none_or_what_is_there),
        python_test(test_it_owns_its_raw_stream_and_closes_it_at_the_end),
        python_test(test_the_collector_finds_a_cycle_and_closes_the_stream),
        python_test(test_a_buffer_is_used_again_for_one_of_its_size),
        python_test(test_a_failing_close_frees_the_buffer_all_the_same),
        python_test(test_a_close_that_fails_at_its_end_is_told_as_by_python),
        python_test(test_without_memory_each_call_says_so),
        python_test(test_without_memory_for_a_lock_nobody_waits),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
