#include "support.h"

#include <string.h>

#include "python/latin1.h"

/* The bytes and the str that some texts become, for Python: None if one of them is
 * refused. */
static PyObject *
call_join(PyObject *module, PyObject *texts)
{
    Piece pieces[8];
    size_t count = (size_t)PyTuple_GET_SIZE(texts);

    (void)module;
    for (size_t i = 0; i < count; i++) {
        if (!piece_of_str(PyTuple_GET_ITEM(texts, i), &pieces[i])) {
            Py_RETURN_NONE;
        }
    }
    return Py_BuildValue("NN", join_bytes(pieces, count),
                         join_str(pieces, count));
}

/* Whether a str is a printable piece, for Python. */
static PyObject *
call_printable(PyObject *module, PyObject *text)
{
    Piece piece;

    (void)module;
    assert_true(piece_of_str(text, &piece));
    return PyBool_FromLong(is_printable(piece));
}

/* find_character(text, c), for Python. */
static PyObject *
call_find(PyObject *module, PyObject *args)
{
    PyObject *text;
    int c;

    (void)module;
    if (!PyArg_ParseTuple(args, "UC", &text, &c)) {
        return NULL;
    }
    return PyLong_FromSsize_t(find_character(text, (char)c));
}

/* decimal(number), for Python. */
static PyObject *
call_decimal(PyObject *module, PyObject *number)
{
    (void)module;
    return decimal(PyLong_AsSsize_t(number));
}

static PyMethodDef functions[] = {
    { "join", call_join, METH_VARARGS, NULL },
    { "printable", call_printable, METH_O, NULL },
    { "find", call_find, METH_VARARGS, NULL },
    { "decimal", call_decimal, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static void
test_pieces_become_what_python_encodes(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_encoded()");
}

static void
test_what_has_a_character_beyond_latin_1_is_no_piece(void **state)
{
    (void)state;
    assert_repr(eval_python("ours.join('a', '\\u20ac')"), "None");
    assert_repr(eval_python("ours.join('\\U0001f600')"), "None");
}

static void
test_printable_is_what_python_calls_so(void **state)
{
    (void)state;
    assert_nothing_differs("not_printable_as_in_python()");
}

static void
test_a_character_is_found_where_python_finds_it(void **state)
{
    (void)state;
    assert_nothing_differs("not_found_as_in_python()");
}

static void
test_a_number_is_written_as_by_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_written_as_by_python()");
}

static void
test_what_is_no_str_is_no_piece(void **state)
{
    (void)state;
    assert_repr(eval_python("ours.join(b'a')"), "None");
    assert_repr(eval_python("ours.join(None)"), "None");
    assert_repr(eval_python("ours.join(Text('a'))"), "None");
}

static void
assert_piece(const char *text, bool taken, const char *characters)
{
    Piece piece;

    assert_int_equal(piece_of_text(text, &piece), taken);
    assert_int_equal(piece.size, strlen(characters));
    assert_memory_equal(piece.data, characters, strlen(characters));
}

static void
test_a_c_string_is_a_piece_if_it_is_ascii(void **state)
{
    (void)state;
    assert_piece("", true, "");
    assert_piece("WSGIServer/0.2", true, "WSGIServer/0.2");
    assert_piece("\x01\x7f", true, "\x01\x7f");
    assert_piece("caf\xc3\xa9", false, "caf");
    assert_piece("\x80", false, "");
}

static int
setup(void **state)
{
    (void)state;
    return start_python_file("test_latin1.py", functions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_pieces_become_what_python_encodes),
        python_test(test_what_has_a_character_beyond_latin_1_is_no_piece),
        python_test(test_printable_is_what_python_calls_so),
        python_test(test_a_character_is_found_where_python_finds_it),
        python_test(test_a_number_is_written_as_by_python),
        python_test(test_what_is_no_str_is_no_piece),
        python_test(test_a_c_string_is_a_piece_if_it_is_ascii),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
