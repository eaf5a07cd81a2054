#include "embed/signals.h"

#include <Python.h>

#include <signal.h>

/* The handler, as signal.signal() gets it: handler(signum, frame). */
static PyObject *
stop_and_interrupt(PyObject *capsule, PyObject *args)
{
    bool *stop = PyCapsule_GetPointer(capsule, NULL);

    (void)args;
    if (stop == NULL) {
        return NULL;
    }
    *stop = true;
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
}

static PyMethodDef handler_def = { "stop", stop_and_interrupt, METH_VARARGS,
                                   NULL };

/* signal.signal(signum, handler) for both signals. */
static int
set_handlers(PyObject *module, PyObject *on_sigint, PyObject *on_sigterm)
{
    PyObject *previous;

    previous = PyObject_CallMethod(module, "signal", "iO", SIGINT, on_sigint);
    if (previous == NULL) {
        return -1;
    }
    Py_DECREF(previous);
    previous =
        PyObject_CallMethod(module, "signal", "iO", SIGTERM, on_sigterm);
    if (previous == NULL) {
        return -1;
    }
    Py_DECREF(previous);
    return 0;
}

/* SIG_BLOCK or SIG_UNBLOCK for both signals. */
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

int
signals_set(bool *stop)
{
    PyObject *module = PyImport_ImportModule("_signal");
    PyObject *capsule = PyCapsule_New(stop, NULL, NULL);
    PyObject *handler = NULL;
    int result = -1;

    if (module != NULL && capsule != NULL) {
        handler = PyCFunction_New(&handler_def, capsule);
    }
    if (handler != NULL) {
        result = set_handlers(module, handler, handler);
        mask_signals(SIG_UNBLOCK);
    }
    Py_XDECREF(handler);
    Py_XDECREF(capsule);
    Py_XDECREF(module);
    return result;
}

int
signals_reset(void)
{
    PyObject *module = PyImport_ImportModule("_signal");
    PyObject *on_sigint = NULL;
    PyObject *on_sigterm = NULL;
    int result = -1;

    if (module != NULL) {
        on_sigint = PyObject_GetAttrString(module, "default_int_handler");
    }
    if (on_sigint != NULL) {
        on_sigterm = PyObject_GetAttrString(module, "SIG_DFL");
    }
    if (on_sigterm != NULL) {
        do { /* signal.signal() itself raises for a signal that has come */
            PyErr_Clear();
            result = set_handlers(module, on_sigint, on_sigterm);
        } while (result < 0 &&
                 PyErr_ExceptionMatches(PyExc_KeyboardInterrupt));
    }
    Py_XDECREF(on_sigterm);
    Py_XDECREF(on_sigint);
    Py_XDECREF(module);
    return result;
}
