/* Runs an application in our SimpleHandler and in Python's, both in this
 * process, on equal streams and environs, and compares all that can be seen.
 *
 *     assert_same_as_python("def app(environ, start_response): ...");
 *
 * The source may use what the prelude below defines: Body, say(), ... */
#ifndef CWSGIREF_TESTS_SAME_AS_PYTHON_H
#define CWSGIREF_TESTS_SAME_AS_PYTHON_H

#include "support.h"

#include "types.h"
#include "handlers/simple_handler.h"
#include "io/python_file.h"
#include "python/release.h"

/* The class that run_c makes its handlers of. */
static BaseHandlerClass tested_class;

/* A handler on Python streams; `out` may be None. A new reference. */
static inline BaseHandler *
new_handler(const BaseHandlerClass *cls, PyObject *in, PyObject *out,
            PyObject *err, PyObject *env)
{
    BaseHandler *self = BaseHandler_new(cls);
    BufferedIOBase *stream = NULL;

    assert_non_null(self);
    if (out != Py_None) {
        stream = PythonFile_new(&PythonFile_class, out);
        assert_non_null(stream);
    }
    assert_int_equal(
        SimpleHandler_init(self, in, stream, err, env, false, false), 0);
    Py_XDECREF(stream);
    return self;
}

/* self.run(app): what was raised, and what the handler, which is released,
 * holds afterwards. */
static inline PyObject *
run_and_release(BaseHandler *self, PyObject *app)
{
    PyObject *raised, *state;
    int result = self->cls->run(self, app);

    assert_int_equal(result < 0, PyErr_Occurred() != NULL);
    raised = take_exception();
    state =
        Py_BuildValue("(NOOOiiin)", raised, self->status, self->environ,
                      self->result, self->headers == NULL, self->headers_sent,
                      Py_REFCNT(self) > 1, self->bytes_sent);
    Py_DECREF(self);
    return state;
}

/* run_c(app, stdin, stdout, stderr, environ) */
static PyObject *
run_c(PyObject *module, PyObject *args)
{
    PyObject *app, *in, *out, *err, *env;

    (void)module;
    if (!PyArg_ParseTuple(args, "OOOOO", &app, &in, &out, &err, &env)) {
        return NULL;
    }
    return run_and_release(new_handler(&tested_class, in, out, err, env), app);
}

static const char prelude[] =
    "import gc, io, re, sys, traceback, warnings\n"
    "import wsgiref.handlers\n"
    "log = []\n"
    "def say(*what): log.append(repr(what))\n"
    "PLAIN = [('Content-Type', 'text/plain')]\n"
    "class Body:\n"
    "    def __init__(self, blocks, fail_at=None, error=None, closing=None):\n"
    "        self.blocks, self.fail_at = blocks, fail_at\n"
    "        self.error = error or RuntimeError('iteration failed')\n"
    "        self.closing = closing\n"
    "    def __iter__(self):\n"
    "        for i, block in enumerate(self.blocks):\n"
    "            if i == self.fail_at:\n"
    "                raise self.error\n"
    "            yield block\n"
    "        if self.fail_at == len(self.blocks):\n"
    "            raise self.error\n"
    "    def close(self):\n"
    "        say('close', sys.exc_info()[:2])\n"
    "        if self.closing:\n"
    "            raise self.closing\n"
    "class Sized(Body):\n"
    "    def __len__(self): return 1\n"
    "class NoLen:\n"
    "    def __init__(self, error): self.error = error\n"
    "    def __iter__(self): return iter([b'no len'])\n"
    "    def __len__(self): raise self.error\n"
    "class StrSub(str): pass\n"
    "class PyHandler(wsgiref.handlers.SimpleHandler):\n"
    "    server_software = 'Test/1.0'\n"
    "def run_py(app, stdin, stdout, stderr, environ):\n"
    "    h = PyHandler(stdin, stdout, stderr, environ, False, False)\n"
    "    raised = None\n"
    "    try: h.run(app)\n"
    "    except BaseException as e:\n"
    "        raised = e\n"
    "        e.__traceback__ = e.__traceback__.tb_next\n"
    "    return (raised, h.status, getattr(h, 'environ', None), h.result,\n"
    "            h.headers is None, h.headers_sent, None, h.bytes_sent)\n"
    /* No files, lines, sources, carets, addresses; and no list comprehensions,
     * which are no frames from 3.12 on. */
    "def mask(text):\n"
    "    text = re.sub(r'  File \".*\", line \\d+, in (.*)\\n(    .*\\n)*',\n"
    "                  r'  in \\1\\n', text)\n"
    "    text = text.replace('  in <listcomp>\\n', '')\n"
    "    return re.sub(r'0x[0-9a-f]+', '0x', text)\n"
    "def describe(e):\n"
    "    if e is None: return None\n"
    "    return (type(e), str(e), e.args if type(e) is not KeyError else (),\n"
    "            [f.name for f in traceback.extract_tb(e.__traceback__)\n"
    "             if f.name != '<listcomp>'],\n"
    "            describe(e.__context__), describe(e.__cause__))\n"
    "def environ_of(d):\n"
    "    return d and {k: (type(v) if k == 'wsgi.file_wrapper' else mask(\n"
    "                      repr(v))) for k, v in d.items()}\n"
    "def observe(run, source, env, name='app'):\n"
    "    del log[:]\n"
    "    ns = dict(globals())\n"
    "    exec(source, ns)\n"
    "    out = ns.get('out', io.BytesIO())\n"
    "    err = ns.get('err', io.StringIO())\n"
    "    with warnings.catch_warnings(record=True) as warned:\n"
    "        warnings.simplefilter('always')\n"
    "        (raised, status, environ, result, no_headers, sent, kept,\n"
    "         count) = run(ns[name], io.BytesIO(b'input'), out, err,\n"
    "                      dict(env))\n"
    "    return {\n"
    "        'stdout': re.sub(rb'Date: ..., .*? GMT', b'Date: <DATE>',\n"
    "                         getattr(out, 'getvalue', bytes)()),\n"
    "        'stderr': mask(err.getvalue()), 'raised': describe(raised),\n"
    "        'status': mask(repr(status)), 'environ': environ_of(environ),\n"
    "        'result': type(result).__name__, 'no headers': no_headers,\n"
    "        'headers_sent': bool(sent), 'bytes_sent': count,\n"
    "        'log': list(log),\n"
    "        'warned': [(w.category, str(w.message)) for w in warned]}\n"
    "def differences(source, env):\n"
    "    c = observe(run_c, source, env)\n"
    "    py = observe(run_py, source, env)\n"
    "    return ''.join('%s\\n  C:      %r\\n  Python: %r\\n'\n"
    "                   % (k, c[k], py[k]) for k in c if c[k] != py[k])\n"
    "ENVIRON = {'SERVER_PROTOCOL': 'HTTP/1.1', 'REQUEST_METHOD': 'GET'}\n";

static PyMethodDef run_c_def = { "run_c", run_c, METH_VARARGS, NULL };

/* Group setup: the interpreter, the types, and the prelude. */
static inline int
start_handlers(void)
{
    PyObject *run_c_function;

    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    tested_class = SimpleHandler_class;
    tested_class.server_software = "Test/1.0";
    run_python(prelude);
    run_c_function = PyCFunction_New(&run_c_def, NULL);
    assert_non_null(run_c_function);
    set_python("run_c", run_c_function);
    Py_DECREF(run_c_function);
    return 0;
}

/* Fails unless what the class sets is what Python's class of that name sets;
 * what wsgi_file_wrapper and headers_class are is not compared. */
static inline void
assert_class_attributes_of_python(const BaseHandlerClass *cls,
                                  const char *name)
{
    give_python("name", PyUnicode_FromString(name));
    give_python("error_body", PyBytes_FromString(cls->error_body));
    give_python("error_status", PyUnicode_FromString(cls->error_status));
    give_python("error_headers",
                Py_BuildValue("[(ss)]", cls->error_headers[0].name,
                              cls->error_headers[0].value));
    assert_null(cls->error_headers[1].name);
    give_python("flags",
                Py_BuildValue("(iiiiissi)", cls->wsgi_version[0],
                              cls->wsgi_version[1], cls->wsgi_multithread,
                              cls->wsgi_multiprocess, cls->wsgi_run_once,
                              cls->http_version, cls->server_software,
                              cls->origin_server));
    set_python("os_environ", *cls->os_environ);
    run_python("B = getattr(wsgiref.handlers, name)\n"
               "assert B.error_body == error_body\n"
               "assert B.error_status == error_status\n"
               "assert B.error_headers == error_headers\n"
               "assert flags == (*B.wsgi_version, B.wsgi_multithread,\n"
               "                 B.wsgi_multiprocess, B.wsgi_run_once,\n"
               "                 B.http_version, B.server_software,\n"
               "                 B.origin_server), flags\n"
               "assert B.os_environ == os_environ\n"
               "assert B.traceback_limit is None\n"
               "del B, name, error_body, error_status, error_headers, flags\n"
               "del os_environ\n");
    assert_int_equal(cls->traceback_limit, -1);
}

/* Fails, with what differs, unless app of `source` fares as in Python. */
static inline void
assert_same_as_python_with(const char *source, const char *env)
{
    PyObject *text = PyUnicode_FromString(source);
    char call[200];
    PyObject *differences;

    set_python("source", text);
    PyOS_snprintf(call, sizeof(call), "differences(source, %s)", env);
    differences = eval_python(call);
    if (PyUnicode_GET_LENGTH(differences) > 0) {
        fail_msg("%s\nis not as in Python: %s", source,
                 PyUnicode_AsUTF8(differences));
    }
    Py_DECREF(differences);
    Py_DECREF(text);
}

static inline void
assert_same_as_python(const char *source)
{
    assert_same_as_python_with(source, "ENVIRON");
}

#endif
