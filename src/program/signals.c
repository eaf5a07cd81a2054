/* SIGINT and SIGTERM: our handler, how it is set and reset, and what happens
 * to it in the processes that the application forks. */
#include "program/signals.h"

#include <Python.h>

#include <frameobject.h>

#include <signal.h>

#include "python/objects.h"
#include "python/waits.h"

static bool *stop_flag;       /* of signals_set() */
static PyObject *our_handler; /* owned; NULL before signals_set() */
static PyObject *theirs; /* owned; the original signal.default_int_handler */

/* The signals that the thread blocks before it forks. */
static _Thread_local sigset_t before_fork;

/* Blocks both signals, or unblocks them: SIG_BLOCK or SIG_UNBLOCK. */
static void
mask_signals(int how)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(how, &signals, NULL);
}

void
signals_hold(void)
{
    mask_signals(SIG_BLOCK);
}

/* Whether this function waits at a prompt. */
static bool
is_prompt(PyFrameObject *frame)
{
    static const char *const loops[] = { "cmdloop", "_cmdloop", "interact" };
    PyCodeObject *code = PyFrame_GetCode(frame);
    bool result = false;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(loops) && !result; i++) {
        result =
            PyUnicode_CompareWithASCIIString(code->co_name, loops[i]) == 0;
    }
    Py_DECREF(code);
    return result;
}

/* Whether somebody is at a prompt of pdb, cmd or code, which catch
 * KeyboardInterrupt. */
static bool
is_at_a_prompt(void)
{
    PyFrameObject *here = PyEval_GetFrame(); /* borrowed */
    bool found = false;

    Py_XINCREF(here);
    while (here != NULL && !found) {
        PyFrameObject *back = PyFrame_GetBack(here);

        found = is_prompt(here);
        Py_DECREF(here);
        here = back;
    }
    Py_XDECREF(here);
    return found;
}

/* The handler of both signals, called with (signum, frame). */
static PyObject *
default_int_handler(PyObject *module, PyObject *args)
{
    PyObject *frame;
    int signum;

    (void)module;
    if (!PyArg_ParseTuple(args, "iO:default_int_handler", &signum, &frame)) {
        return NULL;
    }
    if (stop_flag != NULL && (signum != SIGINT || !is_at_a_prompt())) {
        *stop_flag = true;
    }
    if ((PyEval_GetFrame() == NULL || signals_wait()) && !is_before_a_wait()) {
        /* within our own C: it sends and logs the answer first */
        interrupt_next_wait(true);
        Py_RETURN_NONE;
    }
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
}

static PyMethodDef handler_def = {
    "default_int_handler", default_int_handler, METH_VARARGS,
    "The default handler for SIGINT: raises KeyboardInterrupt, and ends the "
    "server."
};

/* signal.getsignal(signum) is handler: 1, 0 or -1 */
static int
is_handler(PyObject *module, int signum, PyObject *handler)
{
    PyObject *current = PyObject_CallMethod(module, "getsignal", "i", signum);
    int result = current == NULL
                     ? -1
                     : PyObject_RichCompareBool(current, handler, Py_EQ);

    Py_XDECREF(current);
    return result;
}

/* signal.signal(signum, handler), if the handler is `old` now; 0 or -1. */
static int
replace_handler(PyObject *module, int signum, PyObject *old, PyObject *handler)
{
    int is_old = is_handler(module, signum, old);

    if (is_old <= 0) {
        return is_old;
    }
    return discard(
        PyObject_CallMethod(module, "signal", "iO", signum, handler));
}

/* signal.default_int_handler = handler, and the same in _signal, from which
 * signal imports it. */
static int
set_default_int_handler(PyObject *module, PyObject *handler)
{
    PyObject *modules = PyImport_GetModuleDict();               /* borrowed */
    PyObject *public = PyDict_GetItemString(modules, "signal"); /* borrowed */

    if (public != NULL &&
        PyObject_SetAttrString(public, handler_def.ml_name, handler) < 0)
    {
        return -1;
    }
    return PyObject_SetAttrString(module, handler_def.ml_name, handler);
}

/* Sets our handlers instead of Python's; if `ours` is false, Python's instead
 * of ours. */
static int
exchange_handlers(PyObject *module, bool ours)
{
    PyObject *on_sigterm = PyObject_GetAttrString(module, "SIG_DFL");
    int result = -1;

    if (on_sigterm != NULL &&
        replace_handler(module, SIGINT, ours ? theirs : our_handler,
                        ours ? our_handler : theirs) == 0 &&
        replace_handler(module, SIGTERM, ours ? on_sigterm : our_handler,
                        ours ? our_handler : on_sigterm) == 0)
    {
        result = set_default_int_handler(module, ours ? our_handler : theirs);
    }
    Py_XDECREF(on_sigterm);
    return result;
}

/* os.register_at_fork(before=...): a SIGTERM for the child waits until the
 * child has its own handlers. */
static PyObject *
hold_before_fork(PyObject *self, PyObject *Py_UNUSED(args))
{
    sigset_t ending;

    (void)self;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, &before_fork);
    Py_RETURN_NONE;
}

static PyObject *
release_after_fork(PyObject *self, PyObject *Py_UNUSED(args))
{
    (void)self;
    pthread_sigmask(SIG_SETMASK, &before_fork, NULL);
    Py_RETURN_NONE;
}

static PyObject *
reset_after_fork(PyObject *self, PyObject *args)
{
    if (stop_flag != NULL && signals_reset() < 0) {
        return NULL;
    }
    return release_after_fork(self, args);
}

static PyMethodDef before_def = { "before", hold_before_fork, METH_NOARGS,
                                  NULL };
static PyMethodDef in_parent_def = { "after_in_parent", release_after_fork,
                                     METH_NOARGS, NULL };
static PyMethodDef in_child_def = { "after_in_child", reset_after_fork,
                                    METH_NOARGS, NULL };

static int
register_at_fork(void)
{
    PyObject *keywords =
        Py_BuildValue("{sNsNsN}", "before", PyCFunction_New(&before_def, NULL),
                      "after_in_parent", PyCFunction_New(&in_parent_def, NULL),
                      "after_in_child", PyCFunction_New(&in_child_def, NULL));

    return discard(call_with_keywords("posix", "register_at_fork",
                                      PyTuple_New(0), keywords));
}

/* The first call of signals_set(). */
static int
prepare(PyObject *module)
{
    PyObject *name;

    if (our_handler != NULL) {
        return 0;
    }
    theirs = PyObject_GetAttrString(module, handler_def.ml_name);
    if (theirs == NULL || register_at_fork() < 0) {
        return -1;
    }
    name = PyModule_GetNameObject(module);
    if (name != NULL) {
        our_handler = PyCFunction_NewEx(&handler_def, NULL, name);
        Py_DECREF(name);
    }
    return our_handler == NULL ? -1 : 0;
}

int
signals_set(bool *stop)
{
    PyObject *module = PyImport_ImportModule("_signal");
    int result = -1;

    stop_flag = stop;
    if (module != NULL && prepare(module) == 0) {
        result = exchange_handlers(module, true);
        mask_signals(SIG_UNBLOCK);
    }
    Py_XDECREF(module);
    return result;
}

int
signals_reset(void)
{
    PyObject *module = PyImport_ImportModule("_signal");
    int result = -1;

    stop_flag = NULL;
    if (module != NULL && prepare(module) == 0) {
        do { /* signal.signal() raises what a signal has raised before */
            PyErr_Clear();
            result = exchange_handlers(module, false);
        } while (result < 0 &&
                 PyErr_ExceptionMatches(PyExc_KeyboardInterrupt));
    }
    interrupt_next_wait(false);
    Py_XDECREF(module);
    return result;
}
