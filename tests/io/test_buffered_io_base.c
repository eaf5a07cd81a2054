#include "support.h"

#include "types.h"
#include "io/buffered_io_base.h"
#include "io/raw_io_base.h"

/* def read(self, size): return self.give(size) */
static PyObject *
Giver_read(BufferedIOBase *self, Py_ssize_t size)
{
    return PyObject_CallMethod((PyObject *)self, "give", "n", size);
}

/* A stream that has no more than read() and read1(): all else is that of the
 * base. */
static PyObject *
new_giver(PyObject *module, PyObject *args)
{
    static BufferedIOBaseClass Giver_class;
    PyTypeObject *type = &BufferedIOBase_type;
    BufferedIOBase *self = (BufferedIOBase *)type->tp_alloc(type, 0);

    (void)module;
    (void)args;
    Giver_class = BufferedIOBase_class;
    Giver_class.read = Giver_class.read1 = Giver_read;
    if (self != NULL) {
        self->cls = &Giver_class;
    }
    return (PyObject *)self;
}

static void
test_it_fills_a_buffer_as_python_does(void **state)
{
    (void)state;
    assert_nothing_differs("buffers_not_as_in_python()");
}

static void
test_it_reads_lines_byte_by_byte_as_python_does(void **state)
{
    (void)state;
    assert_repr(eval_python("bytes_asked_for()"), "[1, 1, 1]");
    assert_nothing_differs("lines_not_as_in_python()");
}

static void
test_it_cannot_look_ahead(void **state)
{
    BufferedIOBase *stream = (BufferedIOBase *)new_giver(NULL, NULL);

    (void)state;
    assert_non_null(stream);
    assert_null(stream->cls->peek(stream, 0));
    set_python("raised", PyErr_Occurred());
    assert_raised(PyExc_OSError, "peek");
    assert_repr(eval_python("raised is io.UnsupportedOperation"), "True");
    Py_DECREF(stream);
}

static void
test_a_raw_stream_without_readinto_cannot_read(void **state)
{
    PyTypeObject *type = &RawIOBase_type;
    RawIOBase *raw = (RawIOBase *)type->tp_alloc(type, 0);
    char buffer[1];

    (void)state;
    assert_non_null(raw);
    raw->cls = &RawIOBase_class;
    assert_int_equal(raw->cls->readinto(raw, buffer, 1), -1);
    set_python("raised", PyErr_Occurred());
    assert_raised(PyExc_OSError, "readinto");
    assert_repr(eval_python("raised is io.UnsupportedOperation"), "True");
    Py_DECREF(raw);
}

static void
test_what_it_was_given_is_given_back(void **state)
{
    (void)state;
    assert_repr(eval_python("references_kept()"), "0");
}

static void
test_without_a_method_of_its_own_it_can_nothing(void **state)
{
    (void)state;
    assert_nothing_differs("refusals_not_as_in_python()");
}

static int
setup(void **state)
{
    static PyMethodDef functions[] = {
        { "new_giver", new_giver, METH_NOARGS, NULL },
        { NULL, NULL, 0, NULL },
    };

    (void)state;
    return start_python_file("io/test_buffered_io_base.py", functions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_it_fills_a_buffer_as_python_does),
        python_test(test_it_reads_lines_byte_by_byte_as_python_does),
        python_test(test_it_cannot_look_ahead),
        python_test(test_a_raw_stream_without_readinto_cannot_read),
        python_test(test_what_it_was_given_is_given_back),
        python_test(test_without_a_method_of_its_own_it_can_nothing),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
