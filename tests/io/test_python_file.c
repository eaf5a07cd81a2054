#include "support.h"

#include "types.h"
#include "io/python_file.h"
#include "no_memory.h"

static BufferedIOBase *
new_file(const char *expression)
{
    PyObject *object = eval_python(expression);
    BufferedIOBase *file = PythonFile_new(&PythonFile_class, object);

    assert_non_null(file);
    Py_DECREF(object);
    return file;
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&PythonFile_class,
                         offsetof(BufferedIOBaseClass, readable),
                         sizeof(BufferedIOBaseClass));
}

static void
test_reads_are_the_objects(void **state)
{
    BufferedIOBase *file;
    char buffer[8] = "";

    (void)state;
    run_python("raw = io.BytesIO(b'one\\ntwo\\nthree four five')");
    file = new_file("io.BufferedReader(raw)");
    assert_repr(file->cls->readline(file, -1), "b'one\\n'");
    assert_repr(file->cls->readline(file, 2), "b'tw'");
    assert_repr(file->cls->read(file, 2), "b'o\\n'");
    assert_repr(file->cls->peek(file, 1), "b'three four five'");
    assert_repr(file->cls->read1(file, 6), "b'three '");
    assert_int_equal(file->cls->readinto(file, buffer, 5), 5);
    assert_string_equal(buffer, "four ");
    assert_repr(file->cls->read(file, 0), "b''");
    assert_repr(file->cls->read(file, -1), "b'five'");
    assert_int_equal(file->cls->readable(file), 1);
    assert_int_equal(file->cls->writable(file), 0);
    assert_int_equal(file->cls->closed(file), 0);
    assert_int_equal(file->cls->flush(file), 0);
    assert_int_equal(file->cls->close(file), 0);
    assert_int_equal(file->cls->closed(file), 1);
    assert_null(file->cls->read(file, 1));
    assert_raised(PyExc_ValueError, "read of closed file");
    Py_DECREF(file);
}

/* A file may have no more than these, and take no size for all of it. */
static void
test_calls_are_those_that_python_code_would_make(void **state)
{
    BufferedIOBase *file;
    PyObject *b;

    (void)state;
    run_python("file = File()");
    file = new_file("file");
    assert_repr(file->cls->read(file, -1), "b''");
    assert_repr(file->cls->read(file, 9), "b''");
    assert_repr(file->cls->readline(file, -1), "b''");
    assert_repr(file->cls->readline(file, 65537), "b''");
    assert_repr(file->cls->read1(file, -1), "b''");
    assert_int_equal(file->cls->readable(file), 0);
    assert_int_equal(file->cls->writable(file), 1);
    assert_int_equal(file->cls->fileno(file), 5);
    assert_int_equal(file->cls->closed(file), 0);
    assert_int_equal(file->cls->flush(file), 0);
    b = eval_python("b'abc'");
    assert_int_equal(file->cls->write(file, b), 3); /* None: all taken */
    Py_DECREF(b);
    assert_int_equal(file->cls->close(file), 0);
    run_python("answers['fileno'] = None; calls.pop()");
    assert_int_equal(file->cls->fileno(file), -1); /* None is no descriptor */
    assert_raised(PyExc_TypeError, NULL);
    run_python("calls[-1] = ('close',)");
    assert_repr(eval_python("calls"),
                "[('read',), ('read', 9), ('readline',), ('readline', "
                "65537), ('read1',), ('readable',), ('writable',), "
                "('fileno',), ('flush',), ('write', b'abc'), ('close',)]");
    Py_DECREF(file);
    run_python("del file");
}

static void
test_write_gives_the_objects_count(void **state)
{
    BufferedIOBase *file;
    PyObject *b = eval_python("b'hello'");

    (void)state;
    run_python("writer = Writer()");
    file = new_file("writer");
    set_python("b", b);
    assert_int_equal(file->cls->write(file, b), 2);
    assert_repr(eval_python("writer.data is b"), "True");
    run_python("writer.answer = 0");
    assert_int_equal(file->cls->write(file, b), 0);
    run_python("writer.answer = None");
    assert_int_equal(file->cls->write(file, b), 5);
    run_python("writer.answer = 'five'");
    assert_int_equal(file->cls->write(file, b), -1);
    assert_raised(PyExc_TypeError, NULL);
    run_python("writer.answer = -4");
    assert_int_equal(file->cls->write(file, b), -1);
    assert_raised(PyExc_ValueError, "-4 is not a count");
    assert_int_equal(file->cls->flush(file), -1);
    assert_raised(PyExc_AttributeError,
                  "'Writer' object has no attribute 'flush'");
    assert_int_equal(file->cls->fileno(file), -1);
    assert_raised(PyExc_AttributeError,
                  "'Writer' object has no attribute 'fileno'");
    assert_int_equal(file->cls->closed(file), -1);
    assert_raised(PyExc_AttributeError,
                  "'Writer' object has no attribute 'closed'");
    Py_DECREF(file);
    Py_DECREF(b);
    run_python("del writer, b");
}

static void
test_what_should_be_bytes_is_checked(void **state)
{
    BufferedIOBase *file;
    char buffer[4];

    (void)state;
    file = new_file("io.StringIO('text')");
    assert_null(file->cls->read(file, 1));
    assert_raised(PyExc_TypeError, "read() should have returned a bytes "
                                   "object, not 'str'");
    assert_null(file->cls->readline(file, 1));
    assert_raised(PyExc_TypeError, "readline() should have returned a bytes "
                                   "object, not 'str'");
    assert_int_equal(file->cls->readinto(file, buffer, 4), -1);
    assert_raised(PyExc_AttributeError, NULL);
    Py_DECREF(file);
    run_python("keeps = Keeps()");
    file = new_file("keeps");
    assert_int_equal(file->cls->readinto(file, buffer, 4), 2);
    assert_memory_equal(buffer, "hi", 2);
    assert_repr(eval_python("message(ValueError, keeps.b.tobytes)"),
                "'operation forbidden on released memoryview object'");
    Py_DECREF(file);
    run_python("del keeps");
}

static BufferedIOBase *bytes_file;

static void
open_bytes_file(void)
{
    bytes_file = new_file("io.BytesIO(b'hello')");
}

static int
read_into_bytes(void)
{
    char buffer[5];
    Py_ssize_t n = bytes_file->cls->readinto(bytes_file, buffer, 5);

    if (n >= 0) {
        assert_int_equal(n, 5);
        assert_memory_equal(buffer, "hello", 5);
    }
    return n < 0 ? -1 : 0;
}

static void
close_bytes_file(void)
{
    Py_CLEAR(bytes_file);
}

static void
test_readinto_without_memory_says_so(void **state)
{
    const Operation operation = { "readinto", open_bytes_file, read_into_bytes,
                                  close_bytes_file };

    (void)state;
    assert_true(each_allocation_fails(&operation) > 0);
}

/* The memory is the caller's: a view that is still in use is an error. */
static void
test_a_view_of_a_view_that_is_kept_is_an_error(void **state)
{
    BufferedIOBase *file;
    char buffer[4];

    (void)state;
    run_python("keeps = KeepsAView()");
    file = new_file("keeps");
    assert_int_equal(file->cls->readinto(file, buffer, 4), -1);
    assert_raised(PyExc_BufferError, "memoryview has 1 exported buffer");
    run_python("del keeps");
    Py_DECREF(file);
}

static void
test_python_code_sees_the_object_itself(void **state)
{
    BufferedIOBase *file;

    (void)state;
    run_python("raw = io.BytesIO(b'one\\ntwo\\nthree\\n')");
    file = new_file("raw");
    set_python("file", (PyObject *)file);
    assert_repr(eval_python("isinstance(file, io.BufferedIOBase), "
                            "isinstance(file, io.BytesIO)"),
                "(True, False)");
    assert_repr(eval_python("file.read(2), file.seek(0), file.getvalue() == "
                            "raw.getvalue(), file.read.__self__ is raw"),
                "(b'on', 0, True, True)");
    assert_repr(eval_python("next(file), list(file)"),
                "(b'one\\n', [b'two\\n', b'three\\n'])");
    assert_repr(eval_python("lines_of_text(file, raw)"),
                "(['one\\n', 'two\\n', 'three\\n'], True, True)");
    assert_repr(
        eval_python("message(AttributeError, getattr, file, 'nothing')"),
        "\"'_io.BytesIO' object has no attribute 'nothing'\"");
    run_python("del file");
    Py_DECREF(file);
    file = new_file("Own()");
    set_python("file", (PyObject *)file);
    assert_repr(eval_python("file.note"), "'mine'");
    assert_repr(eval_python("enters_itself(file), file.closed"),
                "(True, True)");
    run_python("del file");
    Py_DECREF(file);
    file = new_file("Lines()");
    set_python("file", (PyObject *)file);
    assert_repr(eval_python("list(file)"), "[b'x']");
    assert_repr(eval_python("message(TypeError, next, file)"),
                "\"'Lines' object is not an iterator\"");
    run_python("del file");
    Py_DECREF(file);
}

static void
test_it_owns_the_object_and_leaves_it_open(void **state)
{
    BufferedIOBase *file;
    PyObject *object;
    Py_ssize_t before;

    (void)state;
    run_python("raw = io.BytesIO(b'x')");
    object = eval_python("raw");
    before = Py_REFCNT(object);
    file = PythonFile_new(&PythonFile_class, object);
    assert_int_equal(Py_REFCNT(object), before + 1);
    assert_repr(file->cls->read(file, -1), "b'x'");
    Py_DECREF(file);
    assert_int_equal(Py_REFCNT(object), before);
    assert_repr(eval_python("raw.closed"), "False");
    Py_DECREF(object);
    run_python("cycle = Cycle()");
    file = new_file("cycle");
    set_python("file", (PyObject *)file);
    Py_DECREF(file);
    run_python("gone = hold(cycle, file); del cycle, file; collect()");
    assert_repr(eval_python("gone()"), "None");
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    run_python_file("io/test_python_file.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_reads_are_the_objects),
        python_test(test_calls_are_those_that_python_code_would_make),
        python_test(test_write_gives_the_objects_count),
        python_test(test_what_should_be_bytes_is_checked),
        python_test(test_readinto_without_memory_says_so),
        python_test(test_a_view_of_a_view_that_is_kept_is_an_error),
        python_test(test_python_code_sees_the_object_itself),
        python_test(test_it_owns_the_object_and_leaves_it_open),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
