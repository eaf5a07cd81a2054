#include "doubles.h"

#include "server/responses.h"

static void
test_every_status_of_python_has_its_row(void **state)
{
    PyObject *members;

    (void)state;
    members = eval_python("members");
    assert_true(PyList_GET_SIZE(members) > 60);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(members); i++) {
        PyObject *member = PyList_GET_ITEM(members, i);
        const Response *row = response_for((int)PyLong_AsLong(member));

        set_python("member", member);
        give_python("got", row == NULL
                               ? Py_NewRef(Py_None)
                               : Py_BuildValue("(iss)", row->code, row->phrase,
                                               row->description));
        run_python("compare_response(member, got)");
    }
    Py_DECREF(members);
    assert_nothing_differs("rows.report()");
}

static void
test_no_other_code_has_a_row(void **state)
{
    PyObject *codes = PyList_New(0);

    (void)state;
    for (int code = -1000; code < 2000; code++) {
        if (response_for(code) != NULL) {
            PyObject *number = PyLong_FromLong(code);

            assert_int_equal(PyList_Append(codes, number), 0);
            Py_DECREF(number);
        }
    }
    give_python("got", codes);
    run_python("compare_codes(got)");
    assert_nothing_differs("rows.report()");
}

static void
test_the_names_are_those_of_http_status(void **state)
{
    static const struct {
        const char *name;
        int code;
    } names[] = {
        { "CONTINUE", HTTPStatus_CONTINUE },
        { "NO_CONTENT", HTTPStatus_NO_CONTENT },
        { "RESET_CONTENT", HTTPStatus_RESET_CONTENT },
        { "NOT_MODIFIED", HTTPStatus_NOT_MODIFIED },
        { "BAD_REQUEST", HTTPStatus_BAD_REQUEST },
        { "REQUEST_URI_TOO_LONG", HTTPStatus_REQUEST_URI_TOO_LONG },
        { "REQUEST_HEADER_FIELDS_TOO_LARGE",
          HTTPStatus_REQUEST_HEADER_FIELDS_TOO_LARGE },
        { "NOT_IMPLEMENTED", HTTPStatus_NOT_IMPLEMENTED },
        { "HTTP_VERSION_NOT_SUPPORTED",
          HTTPStatus_HTTP_VERSION_NOT_SUPPORTED },
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        give_python("name", PyUnicode_FromString(names[i].name));
        give_python("got", PyLong_FromLong(names[i].code));
        run_python("compare_name(name, got)");
    }
    assert_nothing_differs("rows.report()");
}

static int
setup(void **state)
{
    return start_with(state, "server/test_responses.py");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_every_status_of_python_has_its_row),
        python_test(test_no_other_code_has_a_row),
        python_test(test_the_names_are_those_of_http_status),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
