#include "doubles.h"

#include "server/responses.h"

static void
test_every_status_of_python_has_its_row(void **state)
{
    PyObject *members;

    (void)state;
    run_python("from http import HTTPStatus\n"
               "members = [(m.value, m.phrase, m.description)\n"
               "           for m in HTTPStatus.__members__.values()]\n");
    members = eval_python("members");
    assert_true(PyList_GET_SIZE(members) > 60);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(members); i++) {
        PyObject *member = PyList_GET_ITEM(members, i);
        const Response *row =
            response_for((int)PyLong_AsLong(PyTuple_GET_ITEM(member, 0)));

        assert_non_null(row);
        assert_equal(
            Py_BuildValue("(iss)", row->code, row->phrase, row->description),
            Py_NewRef(member));
    }
    Py_DECREF(members);
}

static void
test_no_other_code_has_a_row(void **state)
{
    (void)state;
    run_python("from http import HTTPStatus\n"
               "codes = {m.value for m in HTTPStatus}\n");
    for (int code = -1000; code < 2000; code++) {
        PyObject *number = PyLong_FromLong(code);
        PyObject *codes = eval_python("codes");

        assert_int_equal(response_for(code) != NULL,
                         PySet_Contains(codes, number));
        Py_DECREF(number);
        Py_DECREF(codes);
    }
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
    run_python("from http import HTTPStatus");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        char expression[100];

        PyOS_snprintf(expression, sizeof(expression), "HTTPStatus.%s.value",
                      names[i].name);
        assert_equal(eval_python(expression), PyLong_FromLong(names[i].code));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_every_status_of_python_has_its_row),
        python_test(test_no_other_code_has_a_row),
        python_test(test_the_names_are_those_of_http_status),
    };

    return cmocka_run_group_tests(tests, start_server_types, stop_python);
}
