/* From Py_InitializeFromConfig to Py_FinalizeEx: which Python it is, how
 * sys.path begins, the start, the exit code, and the end, which waits for
 * threads and processes. */
#include "program/interpreter.h"

#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "python/errors.h"
#include "python/objects.h"
#include "python/linked.h"

/* Finds "python3.12" in the folders of a virtual environment; out. */
static void
find_python_of(const char *environment, char *python, size_t size)
{
    char pattern[PATH_MAX];
    glob_t found;

    snprintf(python, size, "another Python");
    snprintf(pattern, sizeof(pattern), "%s/lib/python*", environment);
    if (glob(pattern, 0, NULL, &found) == 0) {
        snprintf(python, size, "%s", strrchr(found.gl_pathv[0], '/') + 1);
        globfree(&found);
    }
}

/* Whether the linked Python can use the virtual environment. Says so if it
 * can't. */
static bool
is_usable(const char *environment)
{
    char path[PATH_MAX];
    char python[80];

    snprintf(path, sizeof(path), "%s/lib/python%d.%d", environment,
             PY_MAJOR_VERSION, PY_MINOR_VERSION);
    if (access(path, F_OK) == 0) {
        return true;
    }
    if (access(environment, F_OK) != 0) {
        fprintf(stderr,
                "cwsgiref: the virtual environment %s does not exist: "
                "continuing without it\n",
                environment);
        return false;
    }
    find_python_of(environment, python, sizeof(python));
    fprintf(stderr,
            "cwsgiref: the virtual environment %s is for %s, but cwsgiref "
            "runs Python %d.%d: continuing without it; to use it, build "
            "cwsgiref with -DPython3_EXECUTABLE=%s/bin/python3\n",
            environment, python, PY_MAJOR_VERSION, PY_MINOR_VERSION,
            environment);
    return false;
}

/* Finds what sys.executable will be; out. Python finds the virtual environment
 * by it. */
static void
find_program_name(char *name, size_t size)
{
    const char *environment = getenv("VIRTUAL_ENV");

    if (environment != NULL && environment[0] != '\0' &&
        is_usable(environment)) {
        snprintf(name, size, "%s/bin/python3", environment);
    }
    else {
        snprintf(name, size, "%s", CWSGIREF_PYTHON);
    }
}

/* Whether another Python of the same version has made the virtual environment
 * of `program_name`. It has a standard library of its own. `home`: out, where
 * the linked Python's is; of PATH_MAX bytes. */
static bool
is_foreign(const char *program_name, char *home)
{
    char theirs[PATH_MAX];
    char landmark[PATH_MAX + 40];

    if (realpath(CWSGIREF_PYTHON, home) == NULL ||
        (realpath(program_name, theirs) != NULL && strcmp(home, theirs) == 0))
    {
        return false;
    }
    for (int i = 0; i < 2; i++) { /* /usr/bin/python3.11: /usr */
        char *slash = strrchr(home, '/');

        if (slash == NULL) {
            return false;
        }
        *slash = '\0';
    }
    snprintf(landmark, sizeof(landmark), "%s/lib/python%d.%d/os.py", home,
             PY_MAJOR_VERSION, PY_MINOR_VERSION);
    return access(landmark, F_OK) == 0;
}

static PyStatus
configure(PyConfig *config, int argc, char *const argv[])
{
    char program_name[PATH_MAX];
    char home[PATH_MAX];
    PyStatus status;

    config->parse_argv = 0; /* the options are ours, not Python's */
    find_program_name(program_name, sizeof(program_name));
    status =
        PyConfig_SetBytesString(config, &config->program_name, program_name);
    if (!PyStatus_Exception(status) && getenv("PYTHONHOME") == NULL &&
        is_foreign(program_name, home))
    {
        status = PyConfig_SetBytesString(config, &config->home, home);
    }
    if (!PyStatus_Exception(status)) {
        status = PyConfig_SetBytesArgv(config, argc, argv);
    }
    return status;
}

static PyStatus
initialize(int argc, char *const argv[])
{
    PyConfig config;
    PyStatus status;

    PyConfig_InitPythonConfig(&config);
    status = configure(&config, argc, argv);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

/* Whether a Python expression is true. An error counts as false. */
static bool
is_true(const char *statements, const char *expression)
{
    int answer = truth(evaluate(statements, expression));

    PyErr_Clear();
    return answer == 1;
}

bool
is_safe_path(void)
{
    return is_true("import sys", "sys.flags.safe_path");
}

int
import_first_from(const char *directory)
{
    PyObject *path = PySys_GetObject("path"); /* borrowed */
    PyObject *name;
    int result;

    if (is_safe_path()) {
        return 0;
    }
    if (path == NULL || !PyList_Check(path)) {
        PyErr_SetString(PyExc_RuntimeError, "sys.path is not a list");
        return -1;
    }
    name = PyUnicode_DecodeFSDefault(directory);
    if (name == NULL) {
        return -1;
    }
    result = PyList_Insert(path, 0, name);
    Py_DECREF(name);
    return result;
}

/* As `python -m` does: the path of the directory, not '', which would follow
 * chdir(). */
static int
import_from_current_directory(void)
{
    char path[PATH_MAX];

    if (getcwd(path, sizeof(path)) == NULL) {
        return 0; /* it is gone: nothing can be imported from it */
    }
    return import_first_from(path);
}

int
interpreter_start(int argc, char *const argv[])
{
    char why[200];
    PyStatus status;

    if (!linked_fits(why, sizeof(why))) {
        fprintf(stderr, "cwsgiref: %s\n", why);
        return -1;
    }
    status = initialize(argc, argv);
    if (PyStatus_Exception(status)) {
        fprintf(stderr,
                "cwsgiref: Python cannot start: %s (if PYTHONHOME or "
                "PYTHONPATH is set, it must be for Python %d.%d)\n",
                status.err_msg == NULL ? "no reason given" : status.err_msg,
                PY_MAJOR_VERSION, PY_MINOR_VERSION);
        return -1;
    }
    if (import_from_current_directory() < 0) {
        PyErr_Print();
        return -1;
    }
    return 0;
}

int
interpreter_exit_code(void)
{
    Handled handled;
    PyObject *message, *context;

    if (!PyErr_Occurred()) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear();
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
        PyErr_Print();
        return 1;
    }
    handled = except_enter();
    message = PyObject_GetAttrString(handled.raised, "code");
    if (message == NULL || !PyUnicode_Check(message)) {
        /* sys.exit(3), not ours: Python ends as it does for that */
        Py_XDECREF(message);
        RERAISE();
        except_leave(handled);
        PyErr_Print();
        return 1;
    }
    context = PyException_GetContext(handled.raised);
    except_leave(handled);
    if (context != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(context), context);
        PyErr_Print();
        Py_DECREF(context);
    }
    PySys_FormatStderr("cwsgiref: %U\n", message);
    Py_DECREF(message);
    return 1;
}

/* module.name(), for its effect. Prints what it raises, except
 * KeyboardInterrupt. 0 or -1. */
static int
call(const char *module, const char *name)
{
    int result = discard(call_function(module, name, "()"));

    if (result < 0 && PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        PyErr_Clear(); /* somebody does not want to wait */
    }
    else if (result < 0) {
        PyErr_Print();
    }
    return result;
}

/* module in sys.modules */
static bool
is_imported(const char *module)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */

    return PyDict_GetItemString(modules, module) != NULL;
}

void
wait_for_daemons(int milliseconds)
{
    static const struct timespec pause = { .tv_nsec = 1000 * 1000 };

    while (milliseconds-- > 0 &&
           is_true("import threading",
                   "any(thread.daemon for thread in threading.enumerate())"))
    {
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&pause, NULL);
        Py_END_ALLOW_THREADS
    }
}

/* method() of a timer or a file, for its effect. Whether it raised nothing. */
static bool
tell(PyObject *object, const char *method)
{
    if (discard(PyObject_CallMethod(object, method, NULL)) < 0) {
        PyErr_Clear();
        return false;
    }
    return true;
}

/* sys.<name>.flush(). Whether it raised nothing. */
static bool
flush(const char *name)
{
    PyObject *file = PySys_GetObject(name); /* borrowed */

    return file == NULL || file == Py_None || tell(file, "flush");
}

/* Does the part of Py_FinalizeEx() that can be seen from outside. The rest is
 * not safe while daemon threads run: if one holds the lock of sys.stderr,
 * CPython aborts. */
static int
finish_beside_threads(void)
{
    int result = call("atexit", "_run_exitfuncs");

    if (!flush("stdout")) {
        result = -1;
    }
    flush("stderr");
    return result;
}

/* A wait at the end, for threads or for processes. */
typedef struct LastWait {
    const char *module; /* of the function that waits */
    const char *function;
    const char *theirs; /* the module of the others, if it is imported */
    const char *names;  /* an expression: "poll (Thread-1), Thread-2" */
    const char *kind;
} LastWait;

static const LastWait for_threads = {
    "threading", "_shutdown", "threading",
    "', '.join(thread.name for thread in threading.enumerate()"
    " if not thread.daemon and thread is not threading.main_thread())",
    "threads"
};

/* multiprocessing waits in an exit function. */
static const LastWait for_processes = {
    "atexit", "_run_exitfuncs", "multiprocessing",
    "', '.join(child.name for child in multiprocessing.active_children()"
    " if not child.daemon)",
    "processes"
};

/* The names of those that still run: a new str, which may be empty. NULL with
 * an exception. `theirs`, `names`: of LastWait. */
static PyObject *
list_those_that_stay(const char *theirs, const char *names)
{
    char import[40];

    if (!is_imported(theirs)) {
        return PyUnicode_FromString("");
    }
    PyOS_snprintf(import, sizeof(import), "import %s", theirs);
    return evaluate(import, names);
}

/* The timer calls it with three fields of LastWait. */
static PyObject *
say_who_stays(PyObject *self, PyObject *args)
{
    const char *theirs, *names, *kind;
    PyObject *list;

    (void)self;
    if (!PyArg_ParseTuple(args, "sss", &theirs, &names, &kind)) {
        return NULL;
    }
    list = list_those_that_stay(theirs, names);
    if (list != NULL && PyUnicode_GET_LENGTH(list) > 0) {
        PySys_FormatStderr(
            "cwsgiref: waiting for these %s, which are not daemons: %U; a "
            "second signal ends the program at once\n",
            kind, list);
    }
    if (discard(list) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef say_who_stays_def = { "say_who_stays", say_who_stays,
                                         METH_VARARGS, NULL };

/* threading.Timer(1, say_who_stays, (...)): a new reference, or NULL. */
static PyObject *
new_timer(const LastWait *wait)
{
    PyObject *Timer = import_from("threading", "Timer");
    PyObject *timer = NULL;

    if (Timer != NULL) {
        timer = PyObject_CallFunction(
            Timer, "iN(sss)", 1, PyCFunction_New(&say_who_stays_def, NULL),
            wait->theirs, wait->names, wait->kind);
        Py_DECREF(Timer);
    }
    return timer;
}

/* A timer that runs: a new reference, or NULL without an exception. */
static PyObject *
start_timer(const LastWait *wait)
{
    PyObject *timer = new_timer(wait);

    if (timer == NULL ||
        PyObject_SetAttrString(timer, "daemon", Py_True) < 0 ||
        discard(PyObject_CallMethod(timer, "start", NULL)) < 0)
    {
        PyErr_Clear(); /* without a thread, nobody says it */
        Py_CLEAR(timer);
    }
    return timer;
}

/* Whether there is anything to wait for. */
static bool
is_needed(const LastWait *wait)
{
    PyObject *list = list_those_that_stay(wait->theirs, wait->names);
    bool result = list != NULL && PyUnicode_GET_LENGTH(list) > 0;

    PyErr_Clear();
    Py_XDECREF(list);
    return result;
}

/* Waits, and says so after a second. Ctrl-C ends the wait. */
static void
wait_for_the_last(const LastWait *wait)
{
    PyObject *timer = is_needed(wait) ? start_timer(wait) : NULL;

    call(wait->module, wait->function);
    if (timer != NULL) {
        tell(timer, "cancel");
        tell(timer, "join");
        Py_DECREF(timer);
    }
}

int
interpreter_stop(int exit_code)
{
    if (is_imported("threading")) {
        wait_for_the_last(&for_threads); /* pools end their threads in it */
        if (is_needed(&for_processes)) {
            wait_for_the_last(&for_processes);
        }
        if (is_true("import threading", "threading.active_count() > 1")) {
            _exit(finish_beside_threads() < 0 ? 1 : exit_code);
        }
    }
    return Py_FinalizeEx() < 0 ? 1 : exit_code;
}
