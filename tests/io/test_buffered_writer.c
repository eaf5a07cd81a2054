#include "double.h"

#include "io/buffered_writer.h"
#include "no_memory.h"

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

    return double_count(PyObject_CallMethod(raw, "write", "O", b));
}

static int
Double_fileno(RawIOBase *self)
{
    (void)self;
    return 77;
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
    (void)module;
    return new_socket_file(args, "wb");
}

static PyMethodDef constructors[] = {
    { "Writer", new_writer, METH_VARARGS, NULL },
    { "SocketWriter", new_socket_writer, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

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
    assert_repr(eval_python("what_fits()"),
                "([3, 0, 2, 5], [], [b'abcdefghij'], [b'abcdefghij', b'k'], "
                "True)");
}

static void
test_what_does_not_fit_leaves_with_what_waits(void **state)
{
    (void)state;
    assert_repr(eval_python("what_does_not_fit()"),
                "([b'headbody', b' of the page'], [b'xxxxxxxxx'], "
                "[b'tail'])");
}

static void
test_partial_writes_go_on_where_they_stopped(void **state)
{
    (void)state;
    assert_repr(eval_python("partial_writes()"),
                "(10, [b'a', b'bcd', b'', b'ef', b'gh', b'01234', b'5', "
                "b'678', b'9'])");
}

static void
test_any_sequence_of_writes_arrives(void **state)
{
    (void)state;
    run_python("compare_sequences()");
    assert_nothing_differs("rows.report()");
}

/* Unlike CPython's, as the header says. */
static void
test_a_failing_flush_drops_the_rest(void **state)
{
    (void)state;
    assert_repr(eval_python("flush_that_fails()"),
                "((<class 'BrokenPipeError'>, '[Errno 32] Broken pipe'), "
                "[b'ab', b'xy'], True)");
    assert_repr(eval_python("write_whose_flush_fails()"),
                "((<class 'BrokenPipeError'>, '[Errno 32] Broken pipe'), "
                "[b'xyz'])");
    assert_repr(eval_python("flush_that_would_block()"),
                "((11, '[Errno 11] write could not complete without "
                "blocking', 0), [])");
}

static void
test_a_failing_write_is_told(void **state)
{
    (void)state;
    assert_repr(
        eval_python("writes_that_fail()"),
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
    assert_repr(
        eval_python("compare_calls()"),
        "((True, True), (<class 'ValueError'>, 'write to closed file'))");
    assert_nothing_differs("rows.report()");
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
    assert_repr(eval_python("closes()"),
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
    assert_repr(
        eval_python(
            "all(sent(t, s) for t in (-1, 20) for s in (10, -1, 30000))"),
        "True");
}

/* The first thread waits in send() and holds the lock. */
static void
test_another_thread_waits_for_the_lock(void **state)
{
    (void)state;
    assert_repr(eval_python("length_and_order_of_four_threads()"),
                "(2400000, [97, 98, 99, 100])");
}

static void
test_a_call_from_within_is_refused(void **state)
{
    (void)state;
    assert_repr(eval_python("error_from_within()"),
                "(<class 'RuntimeError'>, 'reentrant call inside ')");
}

static void
test_a_signal_handler_may_end_a_write(void **state)
{
    (void)state;
    assert_repr(eval_python("write_that_a_signal_ends()"),
                "(<class 'KeyError'>, \"'handler'\")");
}

static BufferedIOBase *taking;
static char taken[32];

static Py_ssize_t
Taking_write(RawIOBase *self, PyObject *b)
{
    Py_buffer view;
    Py_ssize_t n;

    (void)self;
    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    memcpy(taken, view.buf, (size_t)view.len);
    n = view.len;
    PyBuffer_Release(&view);
    return n;
}

static int
Taking_close(RawIOBase *self)
{
    self->is_closed = true;
    return 0;
}

/* "abc" waits in it. */
static void
open_taking(void)
{
    static RawIOBaseClass Taking_class;
    RawIOBase *raw = new_double(Py_None);
    PyObject *b = PyBytes_FromString("abc");

    Taking_class = Double_class;
    Taking_class.write = Taking_write;
    Taking_class.close = Taking_close;
    raw->cls = &Taking_class;
    taking = BufferedWriter_new(&BufferedWriter_class, raw, 8);
    Py_DECREF(raw);
    assert_non_null(taking);
    assert_int_equal(taking->cls->write(taking, b), 3);
    Py_DECREF(b);
    memset(taken, 0, sizeof(taken));
}

static void
close_taking(void)
{
    Py_CLEAR(taking);
}

static int
flush_it(void)
{
    int result = taking->cls->flush(taking);

    assert_string_equal(taken, result < 0 ? "" : "abc");
    return result;
}

static void
test_a_flush_without_memory_says_so(void **state)
{
    const Operation operation = { "flush", open_taking, flush_it,
                                  close_taking };

    (void)state;
    assert_true(each_allocation_fails(&operation) > 0);
}

/* Another thread writes, and nobody has waited for it yet. */
static void
test_without_memory_for_a_lock_nobody_waits(void **state)
{
    Buffered *buffered;

    (void)state;
    open_taking();
    buffered = (Buffered *)taking;
    buffered->owner = PyThread_get_thread_ident() + 1;
    fail_allocation(0);
    assert_int_equal(taking->cls->flush(taking), -1);
    assert_raised(PyExc_MemoryError, NULL);
    fail_allocation(-1);
    buffered->owner = 0;
    assert_int_equal(flush_it(), 0);
    close_taking();
}

static int
setup(void **state)
{
    (void)state;
    if (start_double(constructors) < 0) {
        return -1;
    }
    Double_class.writable = Double_writable;
    Double_class.write = Double_write;
    Double_class.fileno = Double_fileno;
    run_python_file("io/test_buffered_writer.py");
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
        python_test(test_a_flush_without_memory_says_so),
        python_test(test_without_memory_for_a_lock_nobody_waits),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
