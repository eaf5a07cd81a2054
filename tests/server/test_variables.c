#include "support.h"

#include "python/latin1.h"
#include "server/variables.h"

/* find(name): the two str of a name. */
static PyObject *
call_find(PyObject *module, PyObject *name)
{
    Variable variable;
    Piece piece;

    (void)module;
    assert_true(piece_of_str(name, &piece));
    assert_int_equal(find_variable(&variable, piece), 0);
    return Py_BuildValue("NN", variable.k, variable.http_k);
}

static PyMethodDef functions[] = {
    { "find", call_find, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static void
test_variables_are_those_of_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_python()");
}

static void
test_a_name_is_made_once(void **state)
{
    (void)state;
    assert_repr(eval_python("found_again('User-Agent')"), "True");
    assert_repr(eval_python("found_again('X' * LONGEST)"), "True");
    assert_repr(eval_python("found_again('X' * (LONGEST + 1))"), "False");
}

static void
test_what_is_kept_needs_no_memory_of_who_asks(void **state)
{
    Piece name = { "X-Referenced", 12 };
    Variable first, second;
    Py_ssize_t count;

    (void)state;
    assert_int_equal(find_variable(&first, name), 0);
    count = Py_REFCNT(first.http_k);
    assert_int_equal(find_variable(&second, name), 0);
    assert_ptr_equal(second.http_k, first.http_k);
    assert_int_equal(Py_REFCNT(first.http_k), count + 1);
    Py_DECREF(second.k);
    Py_DECREF(second.http_k);
    assert_int_equal(Py_REFCNT(first.http_k), count);
    Py_DECREF(first.k);
    Py_DECREF(first.http_k);
}

static int
setup(void **state)
{
    (void)state;
    return start_python_file("server/test_variables.py", functions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_variables_are_those_of_python),
        python_test(test_a_name_is_made_once),
        python_test(test_what_is_kept_needs_no_memory_of_who_asks),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
