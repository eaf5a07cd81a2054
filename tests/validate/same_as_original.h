/* Runs the same Python source on wsgiref.validate and on src/validate, both in
 * this process, and compares all that can be seen.
 *
 *     assert_same("V.check_status('200 OK')");
 *
 * V is the one or the other. The source may use what the prelude below
 * defines: env(), say(), serve(), ... */
#ifndef CWSGIREF_TESTS_VALIDATE_SAME_AS_ORIGINAL_H
#define CWSGIREF_TESTS_VALIDATE_SAME_AS_ORIGINAL_H

#include "support.h"

#include "validate/checks.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/validate.h"
#include "types.h"
#include "validate/write_wrapper.h"

static const char prelude[] =
    "import collections, gc, io, re, sys, traceback, types, warnings\n"
    "import weakref, wsgiref.validate\n"
    "from wsgiref.util import setup_testing_defaults\n"
    "ours = types.SimpleNamespace()\n"
    "log = []\n"
    "def say(*what): log.append(mask(repr(what)))\n"
    "class Stderr:\n"
    "    def write(self, text):\n"
    "        say('stderr', text)\n"
    "        return [text]\n"
    "    def flush(self): pass\n"
    "class Str(str): pass\n"
    "class Bytes(bytes): pass\n"
    "class Dict(dict): pass\n"
    "class List(list): pass\n"
    "class Tuple(tuple): pass\n"
    "class Bad:\n" /* whose every question is answered by an error */
    "    def __init__(self, error=None):\n"
    "        self.error = error or ValueError('bad')\n"
    "    def __repr__(self): raise self.error\n"
    "    def __bool__(self): raise self.error\n"
    "    def __iter__(self): raise self.error\n"
    "    def __ne__(self, other): raise self.error\n"
    "class Told:\n" /* which says when it is shown */
    "    def __init__(self, name): self.name = name\n"
    "    def __repr__(self):\n"
    "        say('repr', self.name)\n"
    "        return self.name\n"
    "PLAIN = [('Content-Type', 'text/plain')]\n"
    "def env(*without, **changes):\n"
    "    result = dict(QUERY_STRING='', SCRIPT_NAME='', PATH_INFO='/')\n"
    "    setup_testing_defaults(result)\n"
    "    result['wsgi.errors'] = io.StringIO()\n"
    "    result.update({name.replace('__', '.'): value\n"
    "                   for name, value in changes.items()})\n"
    "    for name in without: del result[name]\n"
    "    return result\n"
    "def with_items(items, **changes):\n"
    "    result = env(**changes)\n"
    "    result.update(items)\n"
    "    return result\n"
    "def start_response(*args, **kw):\n"
    "    say('start_response', args, kw)\n"
    "    return lambda data: say('write', data)\n"
    "def serve(app, environ=None, start_response=start_response):\n"
    "    # What a server does with V's application.\n"
    "    body = app(env() if environ is None else environ, start_response)\n"
    "    say('returned', body)\n"
    "    try:\n"
    "        for data in body: say('data', data)\n"
    "    finally:\n"
    "        body.close()\n"
    "def errors(call, *args):\n"
    "    # With every warning an error.\n"
    "    with warnings.catch_warnings():\n"
    "        warnings.simplefilter('error')\n"
    "        return call(*args)\n"
    "def attributes(base, **body):\n"
    "    return type('Subclass', (base,), body)\n";

static const char comparison[] =
    /* No addresses; our classes live in another module, and messages have
     * their full name. */
    "def mask(text):\n"
    "    text = re.sub(r'0x[0-9a-f]+', '0x', text)\n"
    "    text = text.replace('cwsgiref.validate', 'wsgiref.validate')\n"
    "    return re.sub(r\"'wsgiref\\.validate\\.(\\w+)'( object| has)\",\n"
    "                  r\"'\\1'\\2\", text)\n"
    "def frames(tb):\n"
    "    return [f.name for f in traceback.extract_tb(tb)]\n"
    "def describe(e):\n"
    "    if e is None: return None\n"
    "    return (type(e).__name__, mask(str(e)), mask(repr(e.args)),\n"
    "            type(e) is not StopIteration and frames(e.__traceback__),\n"
    "            describe(e.__context__), describe(e.__cause__))\n"
    "def unraisable(u):\n"
    "    say('unraisable', u.exc_type.__name__, str(u.exc_value),\n"
    "        frames(u.exc_traceback), describe(u.exc_value.__context__),\n"
    "        getattr(u.object, '__name__', None), callable(u.object),\n"
    "        re.sub('<.*__del__.*>', '<__del__>', u.err_msg or ''))\n"
    "def show(message, category, filename, lineno, file=None, line=None):\n"
    "    say('warned', category.__name__, category.__bases__, str(message))\n"
    "def evaluate(source, V):\n"
    "    try: code = compile(source, '<test>', 'eval')\n"
    "    except SyntaxError: code = compile(source, '<test>', 'exec')\n"
    "    names = dict(globals(), V=V)\n"
    "    value = eval(code, names)\n"
    "    return names.pop('result', value)\n"
    "def outcome(source, V):\n"
    "    del log[:]\n"
    "    value = raised = None\n"
    "    sys.stderr = Stderr()\n"
    "    sys.unraisablehook = unraisable\n"
    "    with warnings.catch_warnings():\n"
    "        warnings.simplefilter('always')\n"
    "        warnings.showwarning = show\n"
    "        try: value = mask(repr(evaluate(source, V)))\n"
    "        except BaseException as e:\n"
    "            raised = describe(e)\n"
    "            say('caught')\n"
    "            e.__context__ = None\n"
    "    gc.collect()\n"
    "    sys.stderr = sys.__stderr__\n"
    "    sys.unraisablehook = sys.__unraisablehook__\n"
    "    return {'value': value, 'raised': raised, 'log': list(log)}\n"
    "def blocks():\n"
    "    # Without those of the cache of methods, which holds a thousand "
    "names\n"
    "    # before it lets go of one.\n"
    "    clear = getattr(sys, '_clear_internal_caches', None)\n"
    "    (clear or sys._clear_type_cache)()\n"
    "    return sys.getallocatedblocks()\n"
    "def leaks(source):\n"
    "    # Whether each of ten runs leaves a block behind, and goes on so "
    "when\n"
    "    # Python's caches are full: five times without will do. With older\n"
    "    # objects out of the way each collection is quick.\n"
    "    without = 0\n"
    "    gc.freeze()\n"
    "    for _ in range(100):\n"
    "        before = blocks()\n"
    "        for _ in range(10): outcome(source, ours)\n"
    "        without += blocks() - before < 5\n"
    "        if without == 5: break\n"
    "    gc.unfreeze()\n"
    "    return without < 5\n"
    "def differences(source):\n"
    "    c = outcome(source, ours)\n"
    "    py = outcome(source, wsgiref.validate)\n"
    "    return ''.join('%s\\n  C:      %r\\n  Python: %r\\n'\n"
    "                   % (k, c[k], py[k]) for k in c if c[k] != py[k])\n";

static inline PyObject *
none_or_null(int result)
{
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
call_assert_(PyObject *module, PyObject *args)
{
    PyObject *cond, *message = NULL;

    (void)module;
    if (!PyArg_ParseTuple(args, "O|U", &cond, &message)) {
        return NULL;
    }
    return none_or_null(message == NULL
                            ? assert_(PyObject_IsTrue(cond), NULL)
                            : assert_(PyObject_IsTrue(cond), "%U", message));
}

static PyObject *
call_check_string_type(PyObject *module, PyObject *args)
{
    PyObject *value;
    const char *title;

    (void)module;
    if (!PyArg_ParseTuple(args, "Os", &value, &title)) {
        return NULL;
    }
    return check_string_type(value, title) < 0 ? NULL : Py_NewRef(value);
}

static PyObject *
call_check_environ(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_environ(value));
}

static PyObject *
call_check_input(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_input(value));
}

static PyObject *
call_check_errors(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_errors(value));
}

static PyObject *
call_check_status(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_status(value));
}

static PyObject *
call_check_headers(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_headers(value));
}

static PyObject *
call_check_content_type(PyObject *module, PyObject *args)
{
    PyObject *status, *headers;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &status, &headers)) {
        return NULL;
    }
    return none_or_null(check_content_type(status, headers));
}

static PyObject *
call_check_exc_info(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_exc_info(value));
}

static PyObject *
call_check_iterator(PyObject *module, PyObject *value)
{
    (void)module;
    return none_or_null(check_iterator(value));
}

static PyObject *
call_validator(PyObject *module, PyObject *application)
{
    (void)module;
    return validator(application);
}

static PyMethodDef functions[] = {
    { "assert_", call_assert_, METH_VARARGS, NULL },
    { "check_string_type", call_check_string_type, METH_VARARGS, NULL },
    { "validator", call_validator, METH_O, NULL },
    { "check_environ", call_check_environ, METH_O, NULL },
    { "check_input", call_check_input, METH_O, NULL },
    { "check_errors", call_check_errors, METH_O, NULL },
    { "check_status", call_check_status, METH_O, NULL },
    { "check_headers", call_check_headers, METH_O, NULL },
    { "check_content_type", call_check_content_type, METH_VARARGS, NULL },
    { "check_exc_info", call_check_exc_info, METH_O, NULL },
    { "check_iterator", call_check_iterator, METH_O, NULL },
    { NULL, NULL, 0, NULL },
};

/* ours.name = value; steals the value. */
static inline void
set_ours(PyObject *ours, const char *name, PyObject *value)
{
    assert_non_null(value);
    assert_int_equal(PyObject_SetAttrString(ours, name, value), 0);
    Py_DECREF(value);
}

/* After the interpreter: the types, the prelude, and `ours`. */
static inline int
ready_validate(void)
{
    static PyTypeObject *const types[] = {
        &InputWrapper_type,    &ErrorWrapper_type,
        &WriteWrapper_type,    &PartialIteratorWrapper_type,
        &IteratorWrapper_type,
    };
    PyObject *ours;

    if (types_ready() < 0) {
        PyErr_Print();
        return -1;
    }
    run_python(prelude);
    run_python(comparison);
    ours = eval_python("ours");
    for (size_t i = 0; functions[i].ml_name != NULL; i++) {
        set_ours(ours, functions[i].ml_name,
                 PyCFunction_New(&functions[i], NULL));
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        set_ours(ours, types[i]->tp_name + strlen("cwsgiref.validate."),
                 Py_NewRef((PyObject *)types[i]));
    }
    set_ours(ours, "WSGIWarning", Py_NewRef(WSGIWarning));
    Py_DECREF(ours);
    return 0;
}

/* Group setup of the files that need nothing else. */
static inline int
start_validate(void **state)
{
    (void)state;
    return start_python() < 0 ? -1 : ready_validate();
}

/* Fails, with what differs, unless the source fares as with the original. */
static inline void
assert_same(const char *source)
{
    PyObject *text = PyUnicode_FromString(source);
    PyObject *differences;

    set_python("source", text);
    differences = eval_python("differences(source)");
    if (PyUnicode_GET_LENGTH(differences) > 0) {
        fail_msg("%s\nis not as in the original: %s", source,
                 PyUnicode_AsUTF8(differences));
    }
    Py_DECREF(differences);
    Py_DECREF(text);
}

/* The same, and str() of what it raises is `message`: with ours, and so with
 * both. */
static inline void
assert_same_error(const char *source, const char *message)
{
    PyObject *raised;

    assert_same(source);
    raised = eval_python("(outcome(source, ours)['raised'] or [0, 0])[1]");
    if (!PyUnicode_Check(raised)) {
        fail_msg("%s\nraises nothing", source);
    }
    assert_string_equal(PyUnicode_AsUTF8(raised), message);
    Py_DECREF(raised);
}

/* The same for a list of sources. */
static inline void
assert_all_same(const char *const sources[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_same(sources[i]);
    }
}

/* Fails when ours leaves something behind each time it runs a source. (Nothing
 * is counted where PYTHONMALLOC=malloc leaves that to LeakSanitizer.) */
static inline void
assert_none_leaks(const char *const sources[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PyObject *text = PyUnicode_FromString(sources[i]);
        PyObject *leaks;

        set_python("source", text);
        leaks = eval_python("leaks(source)");
        if (leaks != Py_False) {
            fail_msg("%s\nleaves something behind", sources[i]);
        }
        Py_DECREF(leaks);
        Py_DECREF(text);
    }
}

#endif
