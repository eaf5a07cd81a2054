#include "support.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "headers/headers.h"
#include "types.h"
#include "python/release.h"

/* Each is an expression over H, the class: ours or the original. Both must
 * give the same value or exception, and leave the same list. */
static const char *const expressions[] = {
    /* what a list of headers must be */
    "H()",
    "H(None)",
    "H([])",
    "H([('Content-Type', 'text/plain'), ('X', '')])",
    "H(())",
    "H({})",
    "H('')",
    "H(0)",
    "H(type('L', (list,), {})())",
    "H((('a', 'b'),))",
    "H([['a', 'b']])",
    "H([('a', 'b', 'c')])",
    "H([('a',)])",
    "H([()])",
    "H([['a', 'b', 'c']])",
    "H([['a']])",
    "H(['ab'])",
    "H(['abc'])",
    "H(['a'])",
    "H([b'ab'])",
    "H([None])",
    "H([7])",
    "H([{'a': 1, 'b': 2}])",
    "H([iter(('a', 'b'))])",
    "H([iter(('a', 'b', 'c'))])",
    "H([iter('a')])",
    "H([raising('before')])",
    "H([raising('after', 'a')])",
    "H([raising('after', 'a', 'b')])",
    "H([raising('after', 'a', 'b', 'c')])",
    "H([NotIterable()])",
    "H([GetItem()])",
    "H([('a', 'b'), None])",
    "H([(b'a', 'b')])",
    "H([('a', b'b')])",
    "H([(1, 'b')])",
    "H([('a', 1)])",
    "H([('a', None)])",
    "H([('a', Str('b'))])",
    "H([(Str('a'), 'b')])",
    "H([('a', NoRepr())])",
    "H([('a', '\\u20ac')])",
    "H([('\\u20ac', 'b')])",
    /* control characters */
    "[refused(H, 'X' + c, 'v') for c in controls]",
    "[refused(H, 'X', 'v' + c) for c in controls]",
    "[refused(H, c + '\\xe9', '\\u20ac' + c) for c in controls]",
    "[refused(H, '\\U0001f600' + c, '') for c in controls]",
    "[refused(H, '', '\\U0001f600' + c) for c in controls]",
    /* the mapping */
    "len(H())",
    "len(h(H))",
    "bool(H())",
    "bool(h(H))",
    "h(H)['set-cookie']",
    "h(H)['SET-COOKIE']",
    "h(H)['nothing']",
    "h(H)['']",
    "h(H)[0]",
    "h(H)[None]",
    "h(H)['a\\n']",
    "h(H)['a\\t']",
    "h(H)[b'set-cookie']",
    "h(H)[Str('Set-Cookie')]",
    "h(H)[Lower('set-cookie')]",
    "h(H)[Lower(7)]",
    "'set-cookie' in h(H)",
    "'set-cookies' in h(H)",
    "'set-cooki' in h(H)",
    "'x-empty' in h(H)",
    "0 in h(H)",
    "'a\\r' in h(H)",
    "list(h(H))",
    "sorted(h(H).keys())",
    "dict(h(H))",
    "{**h(H)}",
    "h(H).get('X-Empty')",
    "h(H).get('x-empty', 'no')",
    "h(H).get('nothing')",
    "h(H).get('nothing', 7)",
    "h(H).get('nothing', default=7)",
    "h(H).get(name='set-cookie')",
    "h(H).get(1)",
    "h(H).get()",
    "h(H).get(1, 2, 3)",
    "h(H).get('a', nope=1)",
    "h(H).get_all('Set-Cookie')",
    "h(H).get_all('nothing')",
    "h(H).get_all(name='x-EMPTY')",
    "h(H).get_all('x\\x7f')",
    "h(H).get_all(1)",
    "h(H).get_all()",
    "h(H).keys()",
    "h(H).values()",
    "h(H).items()",
    "(lambda x: [x.items().append(1), x.items() is x._headers])(h(H))",
    "H([('\\xc9', '1')])['\\xe9']",
    "H([('\\u0130', '1')])['i\\u0307']",
    "H([('\\u212aey', '1')])['key']",
    "H([('key', '1')])['\\u212aEY']",
    "H([('Stra\\xdfe', '1')])['strasse']",
    /* set, delete, setdefault */
    "do(h(H), setitem, 'Set-Cookie', 'c=3')",
    "do(h(H), setitem, 'set-cookie', 'c=3')",
    "do(h(H), setitem, 'New', '\\u20ac')",
    "do(h(H), setitem, 'New', 'a\\tb')",
    "do(h(H), setitem, 'Set-Cookie', 'a\\nb')",
    "do(h(H), setitem, 'Set-Cookie', 1)",
    "do(h(H), setitem, 'Set-Cookie\\n', 'a')",
    "do(h(H), setitem, Str('Set-Cookie'), 'a')",
    "do(h(H), setitem, Lower('set-cookie'), 'a')",
    "do(h(H), setitem, 7, 'a')",
    "do(h(H), delitem, 'Set-Cookie')",
    "do(h(H), delitem, 'SET-COOKIE')",
    "do(h(H), delitem, 'nothing')",
    "do(h(H), delitem, '')",
    "do(h(H), delitem, 7)",
    "do(h(H), delitem, 'a\\n')",
    "do(h(H), delitem, Lower('set-cookie'))",
    "do(h(H), H.setdefault, 'Set-Cookie', 'c')",
    "do(h(H), H.setdefault, 'x-empty', 'c')",
    "do(h(H), H.setdefault, 'New', 'c')",
    "do(h(H), H.setdefault, name='New', value='c')",
    "do(h(H), H.setdefault, 'New\\n', 'c')",
    "do(h(H), H.setdefault, 'New', 'c\\n')",
    "do(h(H), H.setdefault, 'New', None)",
    "do(h(H), H.setdefault, 'New', Str('c'))",
    "do(h(H), H.setdefault, Str('New'), 'c')",
    "do(h(H), H.setdefault, 'New')",
    "do(h(H), H.setdefault, 7, 'c')",
    /* add_header */
    "do(h(H), H.add_header, 'C', 'attachment', filename='bud.gif')",
    "do(h(H), H.add_header, 'C', 'a', b_c_d='e', f=None, g='', h_i=None)",
    "do(h(H), H.add_header, 'C', 'a', b='q\"u\\\\o\"te')",
    "do(h(H), H.add_header, 'C', None, b='c')",
    "do(h(H), H.add_header, 'C', None)",
    "do(h(H), H.add_header, 'C', '')",
    "do(h(H), H.add_header, 'C', '', b='c')",
    "do(h(H), H.add_header, 'C', 'a', b=1)",
    "do(h(H), H.add_header, 'C', 'a', b='c\\n')",
    "do(h(H), H.add_header, 'C', 'a', b='c\\td')",
    "do(h(H), H.add_header, 'C', 'a', **{'b\\t': 'c'})",
    "do(h(H), H.add_header, 'C', 'a\\n', b='c')",
    "do(h(H), H.add_header, 'C\\t', 'a', b='c')",
    "do(h(H), H.add_header, 1, 'a')",
    "do(h(H), H.add_header, 'C', 1)",
    "do(h(H), H.add_header, 'C', 'a', b=Str('c'))",
    "do(h(H), H.add_header, _name='C', _value='a', _other='c')",
    "do(h(H), H.add_header, 'C', _value='a', b='c')",
    "do(h(H), H.add_header, 'C', 'a', 'b')",
    "do(h(H), H.add_header, 'C', 'a', _name='b')",
    "do(h(H), H.add_header, 'C')",
    "do(h(H), H.add_header, b='c')",
    /* as text */
    "repr(H())",
    "repr(h(H))",
    "str(H())",
    "str(h(H))",
    "bytes(H())",
    "bytes(h(H))",
    "str(H([('X-A', '\\u20ac')]))",
    "bytes(H([('X-A', '\\u20ac')]))",
    "bytes(H([('X-A', 'caf\\xe9')]))",
    "bytes(H([('\\u20ac', 'b')]))",
    "bytes(H([('', ''), ('%s', '%d'), ('a b', '  c  ')]))",
    "'%s' % h(H)",
    /* a list that the application changed afterwards */
    "[str(late(H, kv)) for kv in [('a', 1), (None, b'c'), (Str('x'), 2)]]",
    "str(late(H, ['a', 'b']))",
    "str(late(H, ('a',)))",
    "str(late(H, ('a', 'b', 'c')))",
    "str(late(H, 'ab'))",
    "str(late(H, {'a': 1}))",
    "str(late(H, Mod('line')))",
    "str(late(H, Mod(7)))",
    "str(late(H, ('a', NoRepr())))",
    "bytes(late(H, ('a', NoRepr())))",
    "repr(late(H, NoRepr()))",
    "[do(late(H, kv), f, 'a') for kv in odd for f in looks]",
    "[do(late(H, kv), setitem, 'a', 'b') for kv in odd]",
    "[do(late(H, kv), H.setdefault, 'a', 'b') for kv in odd]",
    "[do(late(H, kv), f) for kv in odd for f in [len, H.keys, H.values]]",
    "[do(late(H, kv), f) for kv in odd for f in [H.items, H.__repr__]]",
    "[do(late(H, kv), f) for kv in odd for f in [H.__str__, H.__bytes__]]",
    "len(late(H, 1, 2, 3))",
    "grows(H).get('b')",
    "grows(H).get_all('b')",
    "do(grows(H), delitem, 'b')",
};

static void
compare_with_the_original(const char *expression)
{
    PyObject *source = PyUnicode_FromString(expression);
    PyObject *original, *ours;

    set_python("source", source);
    original = eval_python("outcome(source, Original)");
    ours = eval_python("outcome(source, Ours)");
    if (PyUnicode_Compare(original, ours) != 0) {
        fail_msg("%s\nis %s\nnot %s", expression, PyUnicode_AsUTF8(ours),
                 PyUnicode_AsUTF8(original));
    }
    Py_DECREF(ours);
    Py_DECREF(original);
    Py_DECREF(source);
}

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(expressions); i++) {
        compare_with_the_original(expressions[i]);
    }
}

/* Headers over a new list from `source`. */
static Headers *
new_headers(const HeadersClass *cls, const char *source)
{
    PyObject *list = eval_python(source);
    Headers *headers = Headers_new(cls, list);

    Py_DECREF(list);
    assert_non_null(headers);
    return headers;
}

static void
test_keeps_the_very_list(void **state)
{
    PyObject *list = eval_python("[('a', '1'), ('b', '2'), ('A', '3')]");
    PyObject *name = eval_python("'a'");
    PyObject *value = eval_python("'4'");
    Headers *headers = Headers_new(&Headers_class, list);

    (void)state;
    assert_ptr_equal(headers->_headers, list);
    assert_int_equal(Headers_setitem(headers, name, value), 0);
    assert_repr(Py_NewRef(list), "[('b', '2'), ('a', '4')]");
    assert_int_equal(Headers_delitem(headers, name), 0);
    assert_repr(Py_NewRef(list), "[('b', '2')]");
    assert_ptr_equal(headers->_headers, list);
    assert_int_equal(Headers_len(headers), 1);
    assert_int_equal(Headers_contains(headers, name), 0);
    Py_DECREF(headers);
    assert_int_equal(Py_REFCNT(list), 1);
    Py_DECREF(value);
    Py_DECREF(name);
    Py_DECREF(list);
}

static void
test_headers_as_on_the_wire(void **state)
{
    Headers *headers =
        new_headers(&Headers_class, "[('Content-Type', 'text/plain')]");

    (void)state;
    assert_repr(Headers_str(headers),
                "'Content-Type: text/plain\\r\\n\\r\\n'");
    assert_repr(Headers_bytes(headers),
                "b'Content-Type: text/plain\\r\\n\\r\\n'");
    Py_DECREF(headers);
}

static void
test_no_list_is_a_new_one(void **state)
{
    Headers *one = Headers_new(&Headers_class, NULL);
    Headers *two = Headers_new(&Headers_class, NULL);

    (void)state;
    assert_repr(Headers_items(one), "[]");
    assert_ptr_not_equal(one->_headers, two->_headers);
    Py_DECREF(one);
    Py_DECREF(two);
}

static void
test_formatparam_is_the_original(void **state)
{
    static const char *const calls[] = {
        "'p'",           "'p', None",      "'p', None, 0",
        "'p', ''",       "'p', '', 0",     "'p', 'v'",
        "'p', 'v', 0",   "'p', 'v w', 0",  "'p', 'v\\\\\"w', 0",
        "'p', 'v\\\\w'", "'p', '\\u20ac'", "'p', '\\u20ac', 0",
        "'p', 7",        "'p', [], 0",     "'p', [7], 0",
        "'p', b'v'",     "'p', [7]",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(calls); i++) {
        char source[100];

        PyOS_snprintf(source, sizeof(source), "H._formatparam(%s)", calls[i]);
        compare_with_the_original(source);
    }
    for (int c = 0x20; c < 0x7F; c++) {
        char source[100];

        PyOS_snprintf(source, sizeof(source),
                      "H._formatparam('p', chr(%d), 0)", c);
        compare_with_the_original(source);
    }
}

static void
test_failures_show_the_frames_of_the_original(void **state)
{
    static const char *const failing[] = {
        "H(())",
        "H([None])",
        "H([('a', b'b')])",
        "H([('a\\n', 'b')])",
        "h(H)['a\\n']",
        "h(H)[0]",
        "0 in h(H)",
        "h(H).get(0)",
        "h(H).get_all('a\\n')",
        "setitem(h(H), 'a\\n', 'b')",
        "setitem(h(H), 'a', 'b\\n')",
        "setitem(h(H), 'a', 1)",
        "delitem(h(H), 'a\\n')",
        "h(H).setdefault('a\\n', 'b')",
        "h(H).setdefault('a', 'b\\n')",
        "h(H).add_header('a', 1)",
        "h(H).add_header(1, 'a')",
        "late(H, 7)['a']",
        "late(H, 7).keys()",
        "late(H, 7).values()",
        "late(H, 7).get_all('a')",
        "delitem(late(H, 7), 'a')",
        "str(late(H, ['a', 'b']))",
        "bytes(late(H, ['a', 'b']))",
        "bytes(late(H, ('a', '\\u20ac')))",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(failing); i++) {
        char source[100];

        PyOS_snprintf(source, sizeof(source), "frames(lambda: %s)",
                      failing[i]);
        compare_with_the_original(source);
    }
}

/* A class whose methods note that they are called, in `calls`. */

static void
note(const char *method, PyObject *one, PyObject *two)
{
    PyObject *name = PyUnicode_FromString(method);

    set_python("one", one == NULL ? Py_None : one);
    set_python("two", two == NULL ? Py_None : two);
    set_python("method", name);
    Py_DECREF(name);
    run_python("calls.append((method, one, two))");
}

static int
note_setitem(Headers *self, PyObject *name, PyObject *val)
{
    note("__setitem__", name, val);
    return Headers_setitem(self, name, val);
}

static int
note_delitem(Headers *self, PyObject *name)
{
    note("__delitem__", name, NULL);
    return Headers_delitem(self, name);
}

static PyObject *
note_get(Headers *self, PyObject *name, PyObject *default_)
{
    note("get", name, default_);
    return Headers_get(self, name, default_);
}

static PyObject *
note_str(Headers *self)
{
    note("__str__", NULL, NULL);
    return Headers_str(self);
}

static PyObject *
note_convert_string_type(Headers *self, PyObject *value, int name)
{
    /* the original has the parameter `name` only where it needs it */
    if (release_asked(header_control_characters_refused)) {
        note("_convert_string_type", value, name ? Py_True : Py_False);
    }
    else {
        note("_convert_string_type", value, NULL);
    }
    return Headers__convert_string_type(self, value, name);
}

static HeadersClass Noting_class;

static void
test_methods_call_each_other_as_in_the_original(void **state)
{
    static const char *const uses[] = {
        "H([('A', 'b'), ('C', 'd')])",
        "H()",
        "'content-length' in h(H)",
        "'Content-Length' in h(H)",
        "h(H)['X-Empty']",
        "h(H).get('X-Empty', '1')",
        "h(H).get_all('X-Empty')",
        "setitem(h(H), 'Content-Length', '14')",
        "delitem(h(H), 'Content-Length')",
        "h(H).setdefault('Content-Length', '0')",
        "h(H).setdefault('Set-Cookie', '0')",
        "h(H).add_header('A', 'b', c='d', e=None)",
        "h(H).add_header('A', None)",
        "bytes(h(H))",
        "str(h(H))",
        "repr(h(H))",
        "h(H).keys(), h(H).values(), h(H).items(), len(h(H))",
    };

    (void)state;
    Noting_class = Headers_class;
    Noting_class.setitem = note_setitem;
    Noting_class.delitem = note_delitem;
    Noting_class.get = note_get;
    Noting_class.str = note_str;
    Noting_class._convert_string_type = note_convert_string_type;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(uses); i++) {
        PyObject *original, *ours;
        PyObject *source = PyUnicode_FromString(uses[i]);

        set_python("source", source);
        original = eval_python("called(source, OriginalNoting)");
        ours = eval_python("called(source, OursNoting)");
        if (PyUnicode_Compare(original, ours) != 0) {
            fail_msg("%s\ncalls %s\nnot %s", uses[i], PyUnicode_AsUTF8(ours),
                     PyUnicode_AsUTF8(original));
        }
        Py_DECREF(ours);
        Py_DECREF(original);
        Py_DECREF(source);
    }
}

static void
test_references_are_kept_only_by_the_list(void **state)
{
    PyObject *list = eval_python("[('X-Name', ''.join(['va', 'lue']))]");
    PyObject *value = PyTuple_GET_ITEM(PyList_GET_ITEM(list, 0), 1);
    PyObject *name = eval_python("''.join(['Na', 'me'])");
    Headers *headers = Headers_new(&Headers_class, list);

    (void)state;
    assert_int_equal(Py_REFCNT(list), 2);
    assert_int_equal(Py_REFCNT(value), 1);
    for (int i = 0; i < 3; i++) {
        Py_DECREF(Headers_str(headers));
        Py_DECREF(Headers_bytes(headers));
        Py_DECREF(Headers_repr(headers));
        Py_DECREF(Headers_keys(headers));
        Py_DECREF(Headers_values(headers));
        Py_DECREF(Headers_items(headers));
        Py_DECREF(Headers_get(headers, name, value));
        Py_DECREF(Headers_getitem(headers, name));
        Py_DECREF(Headers_get_all(headers, name));
        Headers_contains(headers, name);
        assert_int_equal(Headers_setitem(headers, name, value), 0);
        assert_int_equal(Py_REFCNT(value), 2);
        Py_DECREF(Headers_setdefault(headers, name, value));
        assert_int_equal(Headers_delitem(headers, name), 0);
        Py_DECREF(Headers_setdefault(headers, name, value));
        assert_int_equal(Headers_delitem(headers, name), 0);
        assert_int_equal(Headers_add_header(headers, name, value, NULL), 0);
        assert_int_equal(Headers_delitem(headers, name), 0);
        Py_DECREF(Headers__convert_string_type(headers, value, 0));
        assert_null(Headers__convert_string_type(headers, list, 0));
        PyErr_Clear();
    }
    assert_int_equal(Py_REFCNT(list), 2);
    assert_int_equal(Py_REFCNT(value), 1);
    assert_int_equal(Py_REFCNT(name), 1);
    Py_DECREF(headers);
    assert_int_equal(Py_REFCNT(list), 1);
    Py_DECREF(name);
    Py_DECREF(list);
}

static void
test_failing_init_leaves_the_list_alone(void **state)
{
    PyObject *list = eval_python("[('a', b'b')]");

    (void)state;
    assert_null(Headers_new(&Headers_class, list));
    assert_raised(PyExc_AssertionError,
                  "Header names/values must be of type str (got b'b')");
    assert_int_equal(Py_REFCNT(list), 1);
    Py_DECREF(list);
}

static void
test_cycle_through_the_list_is_collected(void **state)
{
    PyObject *list = eval_python("[]");
    Headers *headers = Headers_new(&Headers_class, list);
    PyObject *gone;

    (void)state;
    run_python("class Watched: pass\n"
               "import gc, weakref\n"
               "watched = Watched()\n"
               "gone = weakref.ref(watched)\n");
    gone = eval_python("watched");
    assert_int_equal(PyList_Append(list, gone), 0);
    assert_int_equal(PyList_Append(list, (PyObject *)headers), 0);
    Py_DECREF(gone);
    Py_DECREF(headers);
    Py_DECREF(list);
    run_python("del watched\n"
               "gc.collect()\n");
    assert_repr(eval_python("gone()"), "None");
}

static void
test_no_table_has_an_empty_slot(void **state)
{
    (void)state;
    assert_no_empty_slot(&Headers_class, offsetof(HeadersClass, init),
                         sizeof(HeadersClass));
}

static void
test_python_makes_no_instance(void **state)
{
    (void)state;
    set_python("Type", (PyObject *)&Headers_type);
    assert_repr(eval_python("Type.__name__"), "'Headers'");
    assert_null(PyObject_CallNoArgs((PyObject *)&Headers_type));
    assert_raised(PyExc_TypeError,
                  "cannot create 'cwsgiref.headers.Headers' instances");
}

/* The classes as Python's expressions see them. */

static PyObject *
call_new(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = { "headers", NULL };
    PyObject *headers = NULL;

    (void)module;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O", names, &headers)) {
        return NULL;
    }
    return (PyObject *)Headers_new(&Headers_class, headers);
}

static PyObject *
call_new_noting(PyObject *module, PyObject *args)
{
    PyObject *headers = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "|O", &headers)) {
        return NULL;
    }
    return (PyObject *)Headers_new(&Noting_class, headers);
}

static PyObject *
call_formatparam(PyObject *module, PyObject *args)
{
    PyObject *param, *value = NULL;
    int quote = 1;

    (void)module;
    if (!PyArg_ParseTuple(args, "O|Oi", &param, &value, &quote)) {
        return NULL;
    }
    return formatparam(param, value, quote);
}

static PyMethodDef definitions[] = {
    { "new", (PyCFunction)(void (*)(void))call_new,
      METH_VARARGS | METH_KEYWORDS, NULL },
    { "new_noting", call_new_noting, METH_VARARGS, NULL },
    { "formatparam", call_formatparam, METH_VARARGS, NULL },
};

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    set_python("Type", (PyObject *)&Headers_type);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(definitions); i++) {
        PyObject *function = PyCFunction_New(&definitions[i], NULL);

        set_python(definitions[i].ml_name, function);
        Py_DECREF(function);
    }
    run_python(
        "import wsgiref.headers, traceback\n"
        "from operator import setitem, delitem, getitem, contains\n"
        "class Original(wsgiref.headers.Headers):\n"
        "    _formatparam = staticmethod(wsgiref.headers._formatparam)\n"
        "Original.__name__ = 'Headers'\n"
        "class Ours:\n"
        "    '''Calls as the class does, and has its methods.'''\n"
        "    _formatparam = staticmethod(formatparam)\n"
        "    def __new__(cls, *args): return new(*args)\n"
        "for name in ('setdefault', 'add_header', 'keys', 'values', 'items',\n"
        "             'get_all', '__repr__', '__str__', '__bytes__'):\n"
        "    setattr(Ours, name, getattr(Type, name))\n"
        "calls = []\n"
        "class OriginalNoting(wsgiref.headers.Headers):\n"
        "    def __setitem__(self, name, val):\n"
        "        calls.append(('__setitem__', name, val))\n"
        "        return super().__setitem__(name, val)\n"
        "    def __delitem__(self, name):\n"
        "        calls.append(('__delitem__', name, None))\n"
        "        return super().__delitem__(name)\n"
        "    def get(self, name, default=None):\n"
        "        calls.append(('get', name, default))\n"
        "        return super().get(name, default)\n"
        "    def __str__(self):\n"
        "        calls.append(('__str__', None, None))\n"
        "        return super().__str__()\n"
        "    def _convert_string_type(self, value, **kw):\n"
        "        calls.append(('_convert_string_type', value,\n"
        "                      kw.get('name')))\n"
        "        return super()._convert_string_type(value, **kw)\n"
        "class OursNoting:\n"
        "    def __new__(cls, *args): return new_noting(*args)\n"
        "def called(source, H):\n"
        "    calls.clear()\n"
        "    eval(source, {**globals(), 'H': H})\n"
        "    return repr(calls)\n");
    run_python(
        "class Str(str): pass\n"
        "class NoRepr:\n"
        "    def __repr__(self): raise KeyError('no repr')\n"
        "class NotIterable:\n"
        "    def __iter__(self): return 7\n"
        "class GetItem:\n"
        "    def __getitem__(self, i): return ('a', 'b')[i]\n"
        "class Lower:\n"
        "    def __init__(self, to): self.to = to\n"
        "    def lower(self): return self.to\n"
        "    def __repr__(self): return 'Lower(%r)' % self.to\n"
        "class Mod:\n"
        "    def __init__(self, line): self.line = line\n"
        "    def __rmod__(self, text): return self.line\n"
        "    def __str__(self): return 'a Mod'\n"
        "    def __getitem__(self, i): return ('a', 'b')[i]\n"
        "def raising(when, *items):\n"
        "    yield from items\n"
        "    raise OSError(when)\n"
        "controls = [chr(c) for c in range(0xa1)] + ['\\u2028', '\\u0100']\n"
        "def refused(H, name, value):\n"
        "    try: H([(name, value)])\n"
        "    except ValueError as e: return str(e)\n"
        "def h(H):\n"
        "    return H([('Set-Cookie', 'a=1'), ('X-Empty', ''),\n"
        "              ('SET-cookie', 'b=2'), ('\\xc9', 'caf\\xe9')])\n"
        "def late(H, *entries):\n"
        "    headers = h(H)\n"
        "    headers._headers[:0] = entries\n"
        "    return headers\n"
        "class Grows:\n"
        "    '''A name that adds to the list while it is searched.'''\n"
        "    def __init__(self, to): self.to, self.left = to, 3\n"
        "    def lower(self):\n"
        "        self.left -= 1\n"
        "        if self.left >= 0: self.to.append(('b', str(self.left)))\n"
        "        if self.left < 0: del self.to[1:3]\n"
        "        return 'grows'\n"
        "    def __repr__(self): return 'Grows'\n"
        "def grows(H):\n"
        "    headers = h(H)\n"
        "    headers._headers[:0] = [(Grows(headers._headers), '1')] * 5\n"
        "    return headers\n"
        "odd = [None, 7, (), ('a',), ['a', 'b'], ('a', 'b', 'c'), 'ab', 'x',\n"
        "       'abc', (1, 2), (None, 'b'), (b'a', 'b'), {0: 'a', 1: 'b'},\n"
        "       {'a': 'b'}, GetItem(), NotIterable(), Mod('a'),\n"
        "       (Lower('a'), 1), (Lower(7), 1), (Str('A'), Str('b')),\n"
        "       [Str('A'), 1], (b'A', b'b'), ('\\xe9', 1)]\n"
        "def get(h, *args): return h.get(*args)\n"
        "def get_all(h, *args): return h.get_all(*args)\n"
        "looks = [getitem, contains, delitem, get, get_all]\n"
        "def do(headers, method, *args, **kwargs):\n"
        "    held = headers._headers\n"
        "    try: result = method(headers, *args, **kwargs)\n"
        "    except Exception as e: result = type(e).__name__, str(e)\n"
        "    assert held is headers._headers\n"
        "    return repr(result), repr(held)\n"
        "import re\n"
        "def clean(text):\n"
        "    return re.sub(' at 0x[0-9a-f]+', '', text)\n"
        "def outcome(source, H):\n"
        "    try: value = repr(eval(source, {**globals(), 'H': H}))\n"
        "    except Exception as e:\n"
        "        value = '%s: %s' % (type(e).__name__, e)\n"
        "    return clean(value)\n"
        "def frames(function):\n"
        "    try: function()\n"
        "    except Exception as e: tb = e.__traceback__\n"
        "    return [f.name for f in traceback.extract_tb(tb)\n"
        "            if f.filename.endswith(('/wsgiref/headers.py', '.c'))\n"
        "            and f.name != '<listcomp>']\n");
    return 0;
}

/* CPython's HeaderTests, by their names. */

static void
HeaderTests_testMappingInterface(void **state)
{
    (void)state;
    assert_repr(eval_python("len(Ours()), len(Ours([]))"), "(0, 0)");
    run_python("test = [('x', 'y')]\n"
               "own = Ours(test)\n");
    assert_repr(eval_python("len(own), own.keys(), own.values(), own.items()"),
                "(1, ['x'], ['y'], [('x', 'y')])");
    assert_repr(eval_python("own.items() is test, own.items() == test"),
                "(False, True)"); /* a copy */

    run_python("h = Ours()\n"
               "del h['foo']\n" /* not there: no error */
               "h['Foo'] = 'bar'\n"
               "lookups = [lambda name: name in h, h.get, h.get_all,\n"
               "           lambda name: h[name]]\n");
    assert_repr(eval_python("[bool(look(name)) for look in lookups\n"
                            " for name in ('foo', 'Foo', 'FOO', 'bar')]"),
                "[True, True, True, False, True, True, True, False, "
                "True, True, True, False, True, True, True, False]");
    assert_repr(eval_python("h['foo']"), "'bar'");
    run_python("h['foo'] = 'baz'\n");
    assert_repr(eval_python("h['FOO'], h.get_all('foo')"), "('baz', ['baz'])");
    assert_repr(eval_python("h.get('foo', 'whee'), h.get('zoo', 'whee')"),
                "('baz', 'whee')");
    assert_repr(eval_python("h.setdefault('foo', 'whee'),"
                            " h.setdefault('zoo', 'whee')"),
                "('baz', 'whee')");
    assert_repr(eval_python("h['foo'], h['zoo']"), "('baz', 'whee')");
    run_python("del h, lookups, own, test");
}

static void
HeaderTests_testRequireList(void **state)
{
    PyObject *text = eval_python("'foo'");

    (void)state;
    assert_null(Headers_new(&Headers_class, text));
    assert_raised(PyExc_TypeError,
                  "Headers must be a list of name/value tuples");
    Py_DECREF(text);
}

static void
HeaderTests_testExtras(void **state)
{
    (void)state;
    run_python("h = Ours()");
    assert_repr(eval_python("str(h)"), "'\\r\\n'");
    run_python("h.add_header('foo', 'bar', baz='spam')");
    assert_repr(eval_python("h['foo']"), "'bar; baz=\"spam\"'");
    assert_repr(eval_python("str(h)"), "'foo: bar; baz=\"spam\"\\r\\n\\r\\n'");
    run_python("h.add_header('Foo', 'bar', cheese=None)");
    assert_repr(eval_python("h.get_all('foo')"),
                "['bar; baz=\"spam\"', 'bar; cheese']");
    assert_repr(eval_python("str(h)"),
                "'foo: bar; baz=\"spam\"\\r\\nFoo: bar; cheese\\r\\n\\r\\n'");
    run_python("del h");
}

static void
HeaderTests_testRaisesControlCharacters(void **state)
{
    (void)state;
    if (!release_asked(header_control_characters_refused)) {
        leave_out("this release of Python permits them");
    }
    run_python(
        "def refuses(method, *args, **kwargs):\n"
        "    if isinstance(method, str): method = getattr(Type, method)\n"
        "    try: method(Ours(), *args, **kwargs)\n"
        "    except ValueError: return True\n"
        "    return False\n");
    run_python("for c in [*map(chr, range(0x20)), '\\x7f']:\n"
               "    tab = c == '\\t'\n"
               "    assert refuses('add_header', 'key' + c, 'val', p='p'), c\n"
               "    assert refuses('setdefault', 'key' + c, 'val'), c\n"
               "    assert refuses(setitem, 'key' + c, 'val'), c\n"
               /* a TAB may be in a value, not in a name */
               "    assert refuses(setitem, 'key', 'val' + c) != tab, c\n"
               "    assert refuses('setdefault', 'key', 'val' + c) != tab, c\n"
               "    assert refuses('add_header', 'key', 'val' + c) != tab, c\n"
               "    assert refuses('add_header', 'key', 'val',\n"
               "                   p='p' + c) != tab, c\n");
}

/* python -O: the checks of __init__ are left out, those of the other methods
 * are not. */
static void
test_without_debug_init_looks_at_nothing(void **state)
{
    (void)state;
    assert_repr(eval_python("__debug__"), "False");
    test_does_what_the_original_does(state);
    assert_repr(eval_python("Ours([('a\\n', b'b'), 7])"),
                "Headers([('a\\n', b'b'), 7])");
    compare_with_the_original("frames(lambda: h(H)['a\\n'])");
    test_methods_call_each_other_as_in_the_original(state);
}

/* In a process of its own, because Python starts once in each. */
static int
run_without_debug(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_without_debug_init_looks_at_nothing),
    };
    pid_t child = fork();
    int status;

    if (child == 0) {
        setenv("PYTHONOPTIMIZE", "1", 1);
        exit(cmocka_run_group_tests(tests, setup, stop_python));
    }
    return waitpid(child, &status, 0) == child ? status : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_keeps_the_very_list),
        python_test(test_headers_as_on_the_wire),
        python_test(test_no_list_is_a_new_one),
        python_test(test_formatparam_is_the_original),
        python_test(test_failures_show_the_frames_of_the_original),
        python_test(test_methods_call_each_other_as_in_the_original),
        python_test(test_references_are_kept_only_by_the_list),
        python_test(test_failing_init_leaves_the_list_alone),
        python_test(test_cycle_through_the_list_is_collected),
        python_test(test_no_table_has_an_empty_slot),
        python_test(test_python_makes_no_instance),
        python_test(HeaderTests_testMappingInterface),
        python_test(HeaderTests_testRequireList),
        python_test(HeaderTests_testExtras),
        python_test(HeaderTests_testRaisesControlCharacters),
    };
    int failed = run_without_debug() != 0;

    return cmocka_run_group_tests(tests, setup, stop_python) + failed;
}
