#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "types.h"
#include "headers/http_message.h"
#include "io/makefile.h"
#include "io/python_file.h"
#include "python/objects.h"

/* A stream over what a Python expression gives. */
static BufferedIOBase *
open_file(const char *source)
{
    PyObject *file = eval_python(source);
    BufferedIOBase *fp = PythonFile_new(&PythonFile_class, file);

    Py_DECREF(file);
    assert_non_null(fp);
    return fp;
}

static void
test_blocks_give_the_items_of_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(BLOCKS)");
}

static void
test_end_of_file_ends_the_headers(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(END_OF_FILE)");
}

static void
test_reads_up_to_the_blank_line_and_no_further(void **state)
{
    BufferedIOBase *fp;
    HTTPMessage *message;

    (void)state;
    run_python("file = io.BytesIO(b'A: 1\\r\\n\\r\\nbody\\r\\n')");
    fp = open_file("file");
    message = parse_headers(fp, &HTTPMessage_class);
    assert_non_null(message);
    assert_repr(eval_python("file.read()"), "b'body\\r\\n'");
    run_python("file = io.BytesIO(b'A: 1\\n\\nbody\\r\\n')");
    Py_DECREF(message);
    Py_DECREF(fp);
    fp = open_file("file");
    message = parse_headers(fp, &HTTPMessage_class);
    assert_non_null(message);
    assert_repr(eval_python("file.read()"), "b'body\\r\\n'");
    Py_DECREF(message);
    Py_DECREF(fp);
}

/* The number of headers in a block, or the exception that it gives. */
static void
assert_limit(const char *source, int expected, PyObject *type,
             const char *error)
{
    BufferedIOBase *fp = open_file(source);
    HTTPMessage *message = parse_headers(fp, &HTTPMessage_class);

    if (error != NULL) {
        assert_null(message);
        assert_raised(type, error);
    }
    else {
        assert_non_null(message);
        assert_int_equal(HTTPMessage_len(message), expected);
    }
    Py_XDECREF(message);
    Py_DECREF(fp);
}

static void
test_line_has_at_most_65536_bytes(void **state)
{
    static const char *const too_long =
        "got more than 65536 bytes when reading header line";

    (void)state;
    assert_limit("io.BytesIO(b'X-A: ' + b'a' * 65529 + b'\\r\\n\\r\\n')", 1,
                 NULL, NULL);
    assert_limit("io.BytesIO(b'X-A: ' + b'a' * 65530 + b'\\r\\n\\r\\n')", 0,
                 LineTooLong, too_long);
    assert_limit("io.BytesIO(b'X-A: ' + b'a' * 70000)", 0, LineTooLong,
                 too_long);
    assert_limit("io.BytesIO((b'X-A: ' + b'a' * 65530 + b'\\r\\n') * 200)", 0,
                 LineTooLong, too_long);
    assert_limit("io.BytesIO(b'X-A: ' + b'a' * 35000 + b'\\r\\n ' + "
                 "b'a' * 35000 + b'\\r\\n\\r\\n')",
                 1, NULL, NULL);
}

static void
test_headers_have_at_most_100_lines(void **state)
{
    static const char *const too_many = "got more than 100 headers";
    PyObject *hundred;
    long allowed;

    (void)state;
    assert_limit("io.BytesIO(b'X: v\\r\\n' * 99 + b'\\r\\n')", 99, NULL, NULL);
    assert_limit("io.BytesIO(b'X: v\\r\\n' * 99)", 99, NULL, NULL);
    hundred = eval_python("allowed_of_a_hundred()");
    allowed = PyLong_AsLong(hundred);
    Py_DECREF(hundred);
    assert_limit("io.BytesIO(b'X: v\\r\\n' * 100 + b'\\r\\n')", (int)allowed,
                 allowed ? NULL : HTTPException, allowed ? NULL : too_many);
    assert_limit("io.BytesIO(b'X: v\\r\\n' * 100)", (int)allowed,
                 allowed ? NULL : HTTPException, allowed ? NULL : too_many);
    assert_limit("io.BytesIO(b'X: v\\r\\n' * 101 + b'\\r\\n')", 0,
                 HTTPException, too_many);
    assert_limit("io.BytesIO(b'X: v\\r\\n' * 200 + b'\\r\\n')", 0,
                 HTTPException, too_many);
    /* the lines of the stream count, not those of the parser */
    assert_limit("io.BytesIO(b'X: v\\r' * 200 + b'\\r\\n\\r\\n')", 200, NULL,
                 NULL);
}

static void
test_exceptions_are_those_of_http_client(void **state)
{
    (void)state;
    set_python("HTTPException", HTTPException);
    set_python("LineTooLong", LineTooLong);
    assert_repr(eval_python("LineTooLong.__mro__[1] is HTTPException"),
                "True");
    assert_repr(eval_python("HTTPException.__bases__"),
                "(<class 'Exception'>,)");
    assert_repr(eval_python("LineTooLong.__name__, HTTPException.__name__"),
                "('LineTooLong', 'HTTPException')");
    assert_int_equal(types_ready(), 0); /* once more: the same ones */
    assert_repr(eval_python("LineTooLong.__base__ is HTTPException"), "True");
}

static void
test_failing_read_shows_the_frames_of_the_original(void **state)
{
    (void)state;
    assert_repr(eval_python("frames(http.client.parse_headers, Raises())"),
                "('[Errno 104] reset', ['parse_headers', 'read_headers'])");
    assert_repr(eval_python("frames(ours.parse, Raises())"),
                "('[Errno 104] reset', ['parse_headers', 'read_headers'])");
    assert_repr(
        eval_python("frames(ours.parse, io.BytesIO(b'X: y\\n' * 101))"),
        "('got more than 100 headers', "
        "['parse_headers', 'read_headers'])");
    assert_repr(eval_python("frames(ours.parse, io.BytesIO(b'x' * 70000))"),
                "('got more than 65536 bytes when reading header line', "
                "['parse_headers', 'read_headers'])");
}

/* A message of a header block in Python's bytes. */
static HTTPMessage *
parse_block(const char *block)
{
    PyObject *text =
        PyUnicode_DecodeLatin1(block, (Py_ssize_t)strlen(block), NULL);
    HTTPMessage *message = HTTPMessage_parsestr(&HTTPMessage_class, text);

    Py_DECREF(text);
    assert_non_null(message);
    return message;
}

static void
test_get_gives_the_first_of_that_name(void **state)
{
    HTTPMessage *message = parse_block("X-A: 1\nx-a: 2\nX-B: 3\nX-AB: 4\n");
    PyObject *failobj = eval_python("object()");

    (void)state;
    assert_repr(HTTPMessage_get(message, "X-A", NULL), "'1'");
    assert_repr(HTTPMessage_get(message, "x-a", failobj), "'1'");
    assert_repr(HTTPMessage_get(message, "X-b", NULL), "'3'");
    assert_repr(HTTPMessage_get(message, "x-ab", NULL), "'4'");
    assert_repr(HTTPMessage_get(message, "x-", NULL), "None");
    assert_repr(HTTPMessage_get(message, "", NULL), "None");
    Py_DECREF(failobj);
    failobj = HTTPMessage_get(message, "nothing", Py_Ellipsis);
    assert_ptr_equal(failobj, Py_Ellipsis);
    Py_DECREF(failobj);
    Py_DECREF(message);
}

static void
test_get_all_gives_all_of_that_name(void **state)
{
    HTTPMessage *message = parse_block("X-A: 1\nx-a: 2\nX-B: 3\nX-A: 1\n");

    (void)state;
    assert_repr(HTTPMessage_get_all(message, "x-A", NULL), "['1', '2', '1']");
    assert_repr(HTTPMessage_get_all(message, "X-B", NULL), "['3']");
    assert_repr(HTTPMessage_get_all(message, "X-C", NULL), "None");
    assert_repr(HTTPMessage_get_all(message, "X-C", Py_False), "False");
    Py_DECREF(message);
}

static void
test_items_keys_and_values_keep_the_order(void **state)
{
    HTTPMessage *message = parse_block("X-B: 1\nx-a: 2\nX-B: 3\n");
    PyObject *items = HTTPMessage_items(message);

    (void)state;
    assert_int_equal(HTTPMessage_len(message), 3);
    assert_repr(HTTPMessage_keys(message), "['X-B', 'x-a', 'X-B']");
    assert_repr(HTTPMessage_values(message), "['1', '2', '3']");
    assert_int_equal(PyList_SetSlice(items, 0, 3, NULL), 0); /* a copy */
    Py_DECREF(items);
    assert_repr(HTTPMessage_items(message),
                "[('X-B', '1'), ('x-a', '2'), ('X-B', '3')]");
    Py_DECREF(message);
}

static void
test_content_type_is_that_of_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(CONTENT_TYPES)");
    assert_repr(eval_python("[in_c(b)[1] for words, b in CONTENT_TYPES[:5]]"),
                "['text/plain', 'text/plain', 'text/plain', 'text/html', "
                "'text/html']");
}

static void
test_boundary_that_email_cannot_decode_fails_as_in_the_original(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(BOUNDARIES)");
    assert_repr(eval_python("outcome(in_c, BOUNDARIES[3][1])[0]"),
                "'ValueError'");
}

static void
test_random_blocks_give_what_the_original_gives(void **state)
{
    const char *count = getenv("CWSGIREF_TEST_BLOCKS"); /* more of them */

    (void)state;
    if (count != NULL) {
        PyObject *number = PyLong_FromString(count, NULL, 10);

        set_python("count", number);
        Py_DECREF(number);
        assert_nothing_differs("random_not_as_in_the_original(count, count)");
    }
    assert_nothing_differs("random_not_as_in_the_original(20000, 3333)");
    /* not all of them are trivial */
    assert_repr(eval_python("sizes >= set(range(12))"), "True");
}

static void
test_what_waits_in_a_buffer_gives_what_the_original_gives(void **state)
{
    (void)state;
    assert_nothing_differs("buffered_not_as_in_the_original()");
}

static void
test_a_long_block_is_cut_where_its_lines_end(void **state)
{
    (void)state;
    assert_nothing_differs("not_as_in_the_original(LONG_BLOCKS)");
}

static void
test_text_beyond_latin_1_is_kept(void **state)
{
    PyObject *text = eval_python("'X: \\u20ac\\r\\nY: \\U0001f600\\n\\u20ac'");
    HTTPMessage *message = HTTPMessage_parsestr(&HTTPMessage_class, text);

    (void)state;
    assert_non_null(message);
    assert_repr(PyObject_ASCII(HTTPMessage_items(message)),
                "\"[('X', '\\\\u20ac'), ('Y', '\\\\U0001f600')]\"");
    Py_DECREF(message);
    Py_DECREF(text);
}

static void
test_a_value_is_stripped_as_by_python(void **state)
{
    (void)state;
    assert_nothing_differs("not_stripped()");
}

/* The name of each header, as its characters say it. */
static void
test_the_names_of_headers(void **state)
{
    HTTPMessage *message = parse_block("X-Name: a\nHost:\nx-NAME: b\n");
    static const char *const names_[] = { "X-Name", "Host", "x-NAME" };

    (void)state;
    assert_int_equal(HTTPMessage_len(message), 3);
    for (Py_ssize_t i = 0; i < 3; i++) {
        Piece name = HTTPMessage_name(message, i);

        assert_int_equal(name.size, strlen(names_[i]));
        assert_memory_equal(name.data, names_[i], strlen(names_[i]));
    }
    Py_DECREF(message);
}

static void
test_references_end_with_the_message(void **state)
{
    HTTPMessage *message = parse_block("X-Name: some value\nX-Other: b\n");
    PyObject *block = Py_NewRef(message->block);

    (void)state;
    assert_int_equal(Py_REFCNT(block), 2);
    Py_DECREF(HTTPMessage_get(message, "x-name", NULL));
    Py_DECREF(HTTPMessage_get_all(message, "x-name", NULL));
    Py_DECREF(HTTPMessage_items(message));
    Py_DECREF(HTTPMessage_keys(message));
    Py_DECREF(HTTPMessage_values(message));
    Py_DECREF(HTTPMessage_get_content_type(message));
    Py_DECREF(HTTPMessage_stripped_value(message, 0));
    assert_int_equal(Py_REFCNT(block), 2);
    assert_int_equal(Py_REFCNT(message), 1);
    Py_DECREF(message);
    assert_int_equal(Py_REFCNT(block), 1);
    Py_DECREF(block);
}

static void
test_parse_headers_keeps_no_stream(void **state)
{
    BufferedIOBase *fp = open_file("io.BytesIO(b'X: 1\\r\\n\\r\\n')");
    HTTPMessage *message = parse_headers(fp, &HTTPMessage_class);

    (void)state;
    assert_int_equal(Py_REFCNT(fp), 1);
    assert_ptr_equal(message->cls, &HTTPMessage_class);
    assert_ptr_equal(Py_TYPE(message), &HTTPMessage_type);
    Py_DECREF(message);
    Py_DECREF(fp);
}

/* parse(file): (items, content type) of our message. */
static PyObject *
call_parse(PyObject *module, PyObject *file)
{
    BufferedIOBase *fp = PythonFile_new(&PythonFile_class, file);
    HTTPMessage *message = parse_headers(fp, &HTTPMessage_class);
    PyObject *result = NULL;

    (void)module;
    Py_DECREF(fp);
    if (message != NULL) {
        result = Py_BuildValue("NN", HTTPMessage_items(message),
                               HTTPMessage_get_content_type(message));
        Py_DECREF(message);
    }
    return result;
}

/* A stream whose buffer has all those bytes already, up to 65536. */
static BufferedIOBase *
open_buffered(PyObject *data)
{
    BufferedIOBase *fp;
    Socket *sock;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], PyBytes_AS_STRING(data),
                           (size_t)PyBytes_GET_SIZE(data)),
                     PyBytes_GET_SIZE(data));
    close(ends[1]);
    sock = Socket_new(&Socket_class, -1, -1, -1, ends[0]);
    assert_non_null(sock);
    fp = Socket_makefile(sock, "rb", 65536);
    assert_non_null(fp);
    Py_DECREF(sock);
    assert_int_equal(discard(fp->cls->peek(fp, 1)), 0);
    return fp;
}

/* parse_buffered(data): (items, content type) of our message from such a
 * stream, and the rest of it. */
static PyObject *
call_parse_buffered(PyObject *module, PyObject *data)
{
    BufferedIOBase *fp = open_buffered(data);
    HTTPMessage *message = parse_headers(fp, &HTTPMessage_class);
    PyObject *result = NULL;

    (void)module;
    if (message != NULL) {
        result = Py_BuildValue("(NN)N", HTTPMessage_items(message),
                               HTTPMessage_get_content_type(message),
                               fp->cls->read(fp, -1));
        Py_DECREF(message);
    }
    Py_DECREF(fp);
    return result;
}

/* strip(text): (value.strip() of each header of our message, its values). */
static PyObject *
call_strip(PyObject *module, PyObject *text)
{
    HTTPMessage *message = HTTPMessage_parsestr(&HTTPMessage_class, text);
    PyObject *stripped = PyList_New(0), *values;

    (void)module;
    assert_non_null(message);
    for (Py_ssize_t i = 0; i < HTTPMessage_len(message); i++) {
        PyObject *value = HTTPMessage_stripped_value(message, i);

        assert_int_equal(PyList_Append(stripped, value), 0);
        Py_DECREF(value);
    }
    values = HTTPMessage_values(message);
    Py_DECREF(message);
    return Py_BuildValue("NN", stripped, values);
}

static PyMethodDef functions[] = {
    { "parse", call_parse, METH_O, NULL },
    { "strip", call_strip, METH_O, NULL },
    { "parse_buffered", call_parse_buffered, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

static int
setup(void **state)
{
    (void)state;
    return start_python_file("headers/test_http_message.py", functions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_blocks_give_the_items_of_the_original),
        python_test(test_end_of_file_ends_the_headers),
        python_test(test_reads_up_to_the_blank_line_and_no_further),
        python_test(test_line_has_at_most_65536_bytes),
        python_test(test_headers_have_at_most_100_lines),
        python_test(test_exceptions_are_those_of_http_client),
        python_test(test_failing_read_shows_the_frames_of_the_original),
        python_test(test_get_gives_the_first_of_that_name),
        python_test(test_get_all_gives_all_of_that_name),
        python_test(test_items_keys_and_values_keep_the_order),
        python_test(test_content_type_is_that_of_the_original),
        python_test(
            test_boundary_that_email_cannot_decode_fails_as_in_the_original),
        python_test(test_random_blocks_give_what_the_original_gives),
        python_test(test_what_waits_in_a_buffer_gives_what_the_original_gives),
        python_test(test_a_long_block_is_cut_where_its_lines_end),
        python_test(test_text_beyond_latin_1_is_kept),
        python_test(test_a_value_is_stripped_as_by_python),
        python_test(test_the_names_of_headers),
        python_test(test_references_end_with_the_message),
        python_test(test_parse_headers_keeps_no_stream),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
