/* The target of a request: its decoding, and the URLs that wsgiref.util makes
 * of an environ again. */
#include "fuzz.h"

#include "util/urllib_parse.h"
#include "util/util.h"

/* env[name] = the text up to the next line end. */
static void
set(PyObject *env, const char *name, Input *input)
{
    PyObject *value = input_latin1(input_until(input, '\n'));

    settle(value == NULL || PyDict_SetItemString(env, name, value) < 0);
    Py_XDECREF(value);
}

static void
ask(PyObject *env)
{
    drop(guess_scheme(env));
    drop(application_uri(env));
    drop(request_uri(env, true));
    drop(request_uri(env, false));
    for (int i = 0; i < 3; i++) {
        drop(shift_path_info(env));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { (const char *)data, size };
    PyObject *text = input_text(input);
    PyObject *env = PyDict_New();

    settle(text == NULL || env == NULL);
    drop(unquote(text));
    drop(quote(text, "/;="));
    set(env, "wsgi.url_scheme", &input);
    set(env, "SERVER_NAME", &input);
    set(env, "SERVER_PORT", &input);
    set(env, "SCRIPT_NAME", &input);
    set(env, "PATH_INFO", &input);
    set(env, "QUERY_STRING", &input);
    if (input.size > 0) {
        set(env, "HTTP_HOST", &input);
    }
    ask(env);
    Py_DECREF(env);
    Py_DECREF(text);
    return 0;
}
