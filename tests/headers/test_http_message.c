#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "types.h"
#include "headers/http_message.h"
#include "io/python_file.h"

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

/* Header blocks as they follow the request line, up to the blank line; the
 * items that the original makes of them. Expectations are as measured, and
 * the original is asked as well. */
static const struct {
    const char *block; /* inside b'' */
    const char *items;
} blocks[] = {
    { "Host: h", "[('Host', 'h')]" },
    { "", "[]" },
    /* what is no header ends the block */
    { "X-A: 1\\r\\nno colon here\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\nX-S : v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\nX-S\\t: v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\nX S: v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\nX-\\xe9: v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\nX\\x01Y: v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\nX\\x7fY: v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "X-A: 1\\r\\n\\x00: v\\r\\nX-B: 2", "[('X-A', '1')]" },
    { "nope\\r\\nHost: h", "[]" },
    { "X-A: 1\\r\\nbad line\\r\\nHost: h", "[('X-A', '1')]" },
    { "\\r\\r\\nX-B: 2", "[]" },
    { "X-A: 1\\r\\r\\nX-B: 2", "[('X-A', '1')]" },
    /* no name */
    { "X-A: 1\\r\\n: v\\r\\nX-B: 2", "[('X-A', '1'), ('X-B', '2')]" },
    { "X-A: 1\\r\\n: v\\r\\n more\\r\\nX-B: 2",
      "[('X-A', '1'), ('X-B', '2')]" },
    /* values, with white space before them gone, and none after */
    { "X-A:\\r\\nX-B: 2", "[('X-A', ''), ('X-B', '2')]" },
    { "X-A:1\\r\\nX-B:\\t2\\t\\r\\nX-C:   3   ",
      "[('X-A', '1'), ('X-B', '2\\t'), ('X-C', '3   ')]" },
    { "X-A: a:b:c", "[('X-A', 'a:b:c')]" },
    { "X-A: :", "[('X-A', ':')]" },
    { "X-A: \\x0b\\x0c\\xa0v", "[('X-A', '\\x0b\\x0c\\xa0v')]" },
    { "X-A: caf\\xe9", "[('X-A', 'caf\xc3\xa9')]" },
    { "X-A: caf\\xc3\\xa9", "[('X-A', 'caf\xc3\x83\xc2\xa9')]" },
    { "X-A: a\\x00b\\r\\nX-B: 2", "[('X-A', 'a\\x00b'), ('X-B', '2')]" },
    { "X-A: a\\x01\\x1b\\x7fb", "[('X-A', 'a\\x01\\x1b\\x7fb')]" },
    { "X-A: a\\x0bb\\x0cc", "[('X-A', 'a\\x0bb\\x0cc')]" },
    { "X-A: a\\x1cb\\x85c", "[('X-A', 'a\\x1cb\\x85c')]" },
    { "Subject: =?utf-8?q?caf=C3=A9?=",
      "[('Subject', '=?utf-8?q?caf=C3=A9?=')]" },
    /* continuation lines */
    { "X-A: one\\r\\n two\\r\\n\\tthree\\r\\nX-B: 2",
      "[('X-A', 'one\\r\\n two\\r\\n\\tthree'), ('X-B', '2')]" },
    { "Host: h\\r\\n folded first\\r\\nX-B: 2",
      "[('Host', 'h\\r\\n folded first'), ('X-B', '2')]" },
    { "X-A: one\\r\\n \\r\\nX-B: 2", "[('X-A', 'one\\r\\n '), ('X-B', '2')]" },
    { "X-A:\\r\\n two\\r\\nX-B: 2", NULL }, /* this depends on the release */
    { "X-A: \\t\\n\\t \\r two\\r\\nX-B: 2", NULL },
    { "X-A:\\r\\n \\r\\nX-B: 2", NULL },
    { "X-A: one\\r two\\n three", "[('X-A', 'one\\r two\\n three')]" },
    { " folded: x\\r\\nHost: h", "[('Host', 'h')]" },
    { "\\tfolded: x\\r\\n twice\\r\\nHost: h", "[('Host', 'h')]" },
    { "Content-Length: 5\\r\\n 6\\r\\nContent-Type: a/b;\\r\\n c=d",
      "[('Content-Length', '5\\r\\n 6'), ('Content-Type', 'a/b;\\r\\n "
      "c=d')]" },
    /* a lone CR or LF ends a line, too */
    { "X-A: a\\rX-Inj: yes\\r\\nX-B: 2",
      "[('X-A', 'a'), ('X-Inj', 'yes'), ('X-B', '2')]" },
    { "X-A: a\\rb\\r\\nX-B: 2", "[('X-A', 'a')]" },
    { "X-A: a\\nX-B: b\\rX-C: c",
      "[('X-A', 'a'), ('X-B', 'b'), ('X-C', 'c')]" },
    /* a mailbox's "From " */
    { "From me@here Mon: x\\r\\nX-B: 2", "[('X-B', '2')]" },
    { "X-A: 1\\r\\nFrom me@here Mon: x\\r\\nX-B: 2",
      "[('X-A', '1'), ('X-B', '2')]" },
    { "X-A: 1\\r\\nFrom me\\r\\n more\\r\\nX-B: 2",
      "[('X-A', '1'), ('X-B', '2')]" },
    { "From: me@here\\r\\nX-B: 2", "[('From', 'me@here'), ('X-B', '2')]" },
    { "X-A: 1\\r\\nFrom : me\\r\\nX-B: 2", "[('X-A', '1'), ('X-B', '2')]" },
    { ">From: x\\r\\nX-B: 2", "[('>From', 'x'), ('X-B', '2')]" },
    { "Host: h\\r\\nFrom me@here Mon: x", "[('Host', 'h')]" },
    { "From\\r\\nX-B: 2", "[]" },
    { "from me\\r\\nX-B: 2", "[]" },
    /* names */
    { "1: one\\r\\n9-: nine", "[('1', 'one'), ('9-', 'nine')]" },
    { "X_A: under\\r\\nX-A: dash", "[('X_A', 'under'), ('X-A', 'dash')]" },
    { "X!#$%&*+.^_`|~: v\\r\\nX(Y)/Z: w",
      "[('X!#$%&*+.^_`|~', 'v'), ('X(Y)/Z', 'w')]" },
    { "X-A: 1\\r\\nX-A: 2\\r\\nx-a: 3",
      "[('X-A', '1'), ('X-A', '2'), ('x-a', '3')]" },
    { "X-A:\\r\\nX-A:\\r\\nX-A: 3",
      "[('X-A', ''), ('X-A', ''), ('X-A', '3')]" },
    /* what Python takes for a body is none of the headers */
    { "Content-Type: message/rfc822\\r\\rX-A: 1",
      "[('Content-Type', 'message/rfc822')]" },
    { "Content-Type: multipart/form-data; boundary=b\\r\\nnope\\r--b\\rX-A: 1",
      "[('Content-Type', 'multipart/form-data; boundary=b')]" },
    { "Content-Type: multipart/digest; boundary=b\\r\\rX-A: 1",
      "[('Content-Type', 'multipart/digest; boundary=b')]" },
};

static void
test_blocks_give_the_items_of_the_original(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(blocks); i++) {
        char source[300];

        PyOS_snprintf(source, sizeof(source), "block = b'%s\\r\\n\\r\\nrest'",
                      blocks[i].block);
        run_python(source);
        assert_repr(eval_python("ours(block) == original(block)"), "True");
        if (blocks[i].items != NULL) {
            assert_repr(eval_python("ours(block)[0]"), blocks[i].items);
        }
    }
}

static void
test_end_of_file_ends_the_headers(void **state)
{
    static const char *const sources[] = {
        "b''",
        "b'X-A: part'",
        "b'X-A: line\\r\\n'",
        "b'X-A: line\\r'",
        "b' '",
        "b'X'",
        "b'X:'",
        "b'From '",
        "b':'",
        "b'X: a\\r'",
        "b'\\r'",
        "b'X: a\\r\\n b'",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sources); i++) {
        char source[100];

        PyOS_snprintf(source, sizeof(source), "block = %s", sources[i]);
        run_python(source);
        assert_repr(eval_python("ours(block) == original(block)"), "True");
    }
    assert_repr(eval_python("ours(b'X-A: part')[0]"), "[('X-A', 'part')]");
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
    run_python("def allows(block):\n"
               "    try: http.client.parse_headers(io.BytesIO(block))\n"
               "    except http.client.HTTPException: return False\n"
               "    return True\n");
    hundred = eval_python("100 * allows(b'X: v\\r\\n' * 100 + b'\\r\\n')");
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
    run_python("class Raises(io.BytesIO):\n"
               "    def readline(self, size):\n"
               "        raise ConnectionResetError(104, 'reset')\n"
               "def frames(function, *args):\n"
               "    try: function(*args)\n"
               "    except Exception as e:\n"
               "        tb, text = e.__traceback__, str(e)\n"
               "    return text, [f.name.lstrip('_')\n"
               "        for f in traceback.extract_tb(tb)\n"
               "        if f.filename.endswith(('/http/client.py', "
               "'/http_message.c'))]\n");
    assert_repr(eval_python("frames(http.client.parse_headers, Raises())"),
                "('[Errno 104] reset', ['parse_headers', 'read_headers'])");
    assert_repr(eval_python("frames(parse, Raises())"),
                "('[Errno 104] reset', ['parse_headers', 'read_headers'])");
    assert_repr(eval_python("frames(parse, io.BytesIO(b'X: y\\n' * 101))"),
                "('got more than 100 headers', "
                "['parse_headers', 'read_headers'])");
    assert_repr(eval_python("frames(parse, io.BytesIO(b'x' * 70000))"),
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
    run_python(
        "types = ['', ' ', 'nonsense', 'text/html', 'TEXT/HTML; C=\"x\"',\n"
        "    '  text/html  ', 'a/b/c', 'a/', '/b', '/', '//', ';', 'a;b/c',\n"
        "    ' ; a/b', 'a/b;c/d', 'a /b', '\\xa0a/b\\x85', '\\x1ca/b\\x1f',\n"
        "    '\\xc9/\\xdf', 'multipart/form-data', 'message/rfc822',\n"
        "    'multipart/digest; boundary=x', 'message/partial', 'a\\0/b',\n"
        "    'multipart/mixed', 'a/b;\\r\\n c=d', 'a\\r\\n /b', "
        "'\\xb5/\\xb5']\n"
        "blocks = [('Content-Type:' + t + '\\r\\n\\r\\n').encode('latin-1')\n"
        "          for t in types]\n"
        "blocks += [b'content-TYPE: A/B\\r\\nContent-Type: c/d\\r\\n\\r\\n',\n"
        "           b'X-A: b\\r\\n\\r\\n', b'Content-Types: "
        "a/b\\r\\n\\r\\n']\n");
    assert_repr(eval_python("[b for b in blocks if ours(b) != original(b)]"),
                "[]");
    assert_repr(eval_python("[ours(b)[1] for b in blocks[:5]]"),
                "['text/plain', 'text/plain', 'text/plain', 'text/html', "
                "'text/html']");
}

static void
test_boundary_that_email_cannot_decode_fails_as_in_the_original(void **state)
{
    (void)state;
    run_python(
        "kinds = ['boundary*=a; boundary*0=b', 'boundary=b', 'boundary*=b',\n"
        "    'boundary*' + '9' * 5000 + '=x', \"boundary*=a\\0b'en'x\", '']\n"
        "blocks = [('Content-Type: %s; %s\\r\\n\\r\\n' % (t, k)).encode()\n"
        "          for t in ['multipart/mixed', 'MULTIPART/x', 'text/x']\n"
        "          for k in kinds]\n"
        "def outcome(parse, block):\n"
        "    try: return parse(block)\n"
        "    except Exception as e: return type(e), str(e)\n");
    assert_repr(eval_python("[b for b in blocks if outcome(ours, b) != "
                            "outcome(original, b)]"),
                "[]");
    assert_repr(eval_python("outcome(ours, blocks[3])[0]"),
                "<class 'ValueError'>");
}

static void
test_random_blocks_give_what_the_original_gives(void **state)
{
    const char *count = getenv("CWSGIREF_TEST_BLOCKS"); /* more of them */

    (void)state;
    run_python(
        "import random\n"
        "pieces = [b'\\r', b'\\n', b'\\r\\n', b'\\r\\n', b'\\r\\n', b':',\n"
        "    b': ', b' ', b'\\t', b'\\0', b'\\x0b', b'\\x0c', b'\\x1c',\n"
        "    b'\\x85', b'\\xa0', b'\\x7f', b'\\xe9', b';', b'/', b'From ',\n"
        "    b'From', b'X-A', b'X-B: v', b'X-A: 1\\r\\n', b'\\r\\n ', b'a',\n"
        "    b'Z', b'Content-Type', b'Content-Type: ', b'text/html',\n"
        "    b'\\r\\nContent-Type: ', b'multipart/mixed; boundary=b',\n"
        "    b'multipart/digest; boundary=b', b'message/rfc822', b'--b',\n"
        "    b'message/delivery-status', b'x' * 4090, b'\\r\\n\\r\\n',\n"
        "    b'\\r\\nX-C: ', b'\\rX-D:', b'\\nFrom ', b'\\r\\n:', b'\\n\\t']\n"
        "weights = [5] * len(pieces)\n"
        "weights[-7:] = [1, 1, 60, 40, 10, 10, 10]\n"
        "def differences(count, seed):\n"
        "    choose = random.Random(seed)\n"
        "    for i in range(count):\n"
        "        block = b''.join(choose.choices(pieces, weights,\n"
        "            k=choose.randrange(40)))\n"
        "        if choose.randrange(4): block = b'X-A: ' + block\n"
        "        expected = original(block)\n"
        "        if ours(block) != expected:\n"
        "            yield block, ours(block), expected\n"
        "        seen.add(len(expected[0]))\n"
        "seen = set()\n");
    if (count != NULL) {
        PyObject *number = PyLong_FromString(count, NULL, 10);

        set_python("count", number);
        Py_DECREF(number);
        assert_repr(eval_python("next(differences(count, count), None)"),
                    "None");
    }
    assert_repr(eval_python("next(differences(20000, 3333), None)"), "None");
    /* not all of them are trivial */
    assert_repr(eval_python("seen >= set(range(12))"), "True");
}

static void
test_a_long_block_is_cut_where_its_lines_end(void **state)
{
    (void)state;
    /* Python's parser is fed 8192 characters at a time. */
    run_python("def around(end):\n"
               "    for at in range(8180, 8200):\n"
               "        b = b'X: ' + b'y' * at + end + b'Z: 1\\r\\n\\r\\n'\n"
               "        if ours(b) != original(b): return b\n");
    assert_repr(eval_python("around(b'\\r\\n')"), "None");
    assert_repr(eval_python("around(b'\\r')"), "None");
    assert_repr(eval_python("around(b'\\n')"), "None");
    assert_repr(eval_python("around(b'\\r\\n\\r')"), "None");
    assert_repr(eval_python("around(b'\\r \\r\\n')"), "None");
}

static void
test_text_beyond_latin_1_is_kept(void **state)
{
    PyObject *text = eval_python("'X: \\u20ac\\r\\nY: \\U0001f600\\n\\u20ac'");
    HTTPMessage *message = HTTPMessage_parsestr(&HTTPMessage_class, text);

    (void)state;
    assert_non_null(message);
    assert_repr(PyUnicode_FromFormat("%A", message->_headers),
                "\"[('X', '\\\\u20ac'), ('Y', '\\\\U0001f600')]\"");
    Py_DECREF(message);
    Py_DECREF(text);
}

static void
test_references_end_with_the_message(void **state)
{
    HTTPMessage *message = parse_block("X-Name: some value\nX-Other: b\n");
    PyObject *header = PyList_GET_ITEM(message->_headers, 0);
    PyObject *value = Py_NewRef(PyTuple_GET_ITEM(header, 1));

    (void)state;
    assert_int_equal(Py_REFCNT(value), 2);
    Py_DECREF(HTTPMessage_get(message, "x-name", NULL));
    Py_DECREF(HTTPMessage_get_all(message, "x-name", NULL));
    Py_DECREF(HTTPMessage_items(message));
    Py_DECREF(HTTPMessage_keys(message));
    Py_DECREF(HTTPMessage_values(message));
    Py_DECREF(HTTPMessage_get_content_type(message));
    assert_int_equal(Py_REFCNT(header), 1);
    assert_int_equal(Py_REFCNT(value), 2);
    assert_int_equal(Py_REFCNT(message), 1);
    Py_DECREF(message);
    assert_int_equal(Py_REFCNT(value), 1);
    Py_DECREF(value);
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

static PyMethodDef parse_def = { "parse", call_parse, METH_O, NULL };

static int
setup(void **state)
{
    PyObject *parse;

    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    parse = PyCFunction_New(&parse_def, NULL);
    set_python("parse", parse);
    Py_DECREF(parse);
    run_python("import io, traceback, http.client\n"
               "def ours(block):\n"
               "    return parse(io.BytesIO(block))\n"
               "def original(block):\n"
               "    m = http.client.parse_headers(io.BytesIO(block))\n"
               "    return m.items(), m.get_content_type()\n");
    return 0;
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
        python_test(test_a_long_block_is_cut_where_its_lines_end),
        python_test(test_text_beyond_latin_1_is_kept),
        python_test(test_references_end_with_the_message),
        python_test(test_parse_headers_keeps_no_stream),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
