/* Lib/socketserver.py: _Threads and _NoThreads, the threads that are to be
 * joined, and ThreadingMixIn. Requests run in Python's own threads, also where
 * the application has replaced these. */
#include "server/threading_mix_in.h"

#include <stddef.h>

#include "python/errors.h"
#include "python/objects.h"

_Static_assert(offsetof(Threads, base) == 0, "the base must be first");

static PyObject *start_new_thread; /* owned; that of _thread */

int
threading_mix_in_ready(void)
{
    if (start_new_thread == NULL) {
        start_new_thread = import_from("_thread", "start_new_thread");
    }
    return start_new_thread == NULL ? -1 : 0;
}

bool
are_threads_patched(void)
{
    PyObject *function = import_from("_thread", "start_new_thread");
    bool result = function != start_new_thread;

    PyErr_Clear();
    Py_XDECREF(function);
    return result;
}

/* ----- _Threads, _NoThreads ----- */

/* Lib/socketserver.py: _Threads.append */
int
Threads_append(Threads *self, PyObject *thread)
{
    int daemon;

    if (FAILED(Threads_reap(self) < 0)) {
        return -1;
    }
    daemon = truth(PyObject_GetAttrString(thread, "daemon"));
    if (FAILED(daemon < 0)) {
        return -1;
    }
    if (daemon) {
        return 0;
    }
    return TRACED(PyList_Append((PyObject *)self, thread));
}

/* Lib/socketserver.py: _Threads.pop_all */
PyObject *
Threads_pop_all(Threads *self)
{
    PyObject *list = (PyObject *)self;
    PyObject *result = PyList_GetSlice(list, 0, PY_SSIZE_T_MAX);

    if (FAILED(result == NULL)) {
        return NULL;
    }
    if (FAILED(PyList_SetSlice(list, 0, PY_SSIZE_T_MAX, NULL) < 0)) {
        Py_CLEAR(result);
    }
    return result;
}

/* Lib/socketserver.py: _Threads.join */
int
Threads_join(Threads *self)
{
    PyObject *threads = Threads_pop_all(self);
    int result = 0;

    if (FAILED(threads == NULL)) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(threads) && result == 0; i++) {
        PyObject *thread = PyList_GET_ITEM(threads, i);

        result = TRACED(discard(PyObject_CallMethod(thread, "join", NULL)));
    }
    Py_DECREF(threads);
    return result;
}

/* The thread if it is alive, or else NULL without an exception: a new
 * reference. */
static PyObject *
if_alive(PyObject *Py_UNUSED(context), PyObject *thread)
{
    int alive = truth(PyObject_CallMethod(thread, "is_alive", NULL));

    return alive > 0 ? Py_NewRef(thread) : NULL;
}

/* Lib/socketserver.py: _Threads.reap */
int
Threads_reap(Threads *self)
{
    PyObject *list = (PyObject *)self;
    /* is_alive() lets other threads run, and they may shorten the list. */
    PyObject *living = map_list(list, if_alive, NULL);
    int result;

    if (FAILED(living == NULL)) {
        return -1;
    }
    result = PyList_SetSlice(list, 0, PY_SSIZE_T_MAX, living);
    Py_DECREF(living);
    return TRACED(result);
}

/* To Python it is a list, and list brings all that a type needs. */
PyTypeObject Threads_type = {
    .tp_name = "cwsgiref.socketserver._Threads",
    .tp_base = &PyList_Type,
    .tp_basicsize = sizeof(Threads),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

const ThreadsClass Threads_class = {
    .type = &Threads_type,

    .append = Threads_append,
    .join = Threads_join,
};

Threads *
Threads_new(const ThreadsClass *cls)
{
    Threads *self = (Threads *)cls->type->tp_alloc(cls->type, 0);

    if (self != NULL) {
        self->cls = cls;
    }
    return self;
}

/* Lib/socketserver.py: _NoThreads.append */
int
NoThreads_append(Threads *self, PyObject *thread)
{
    (void)self;
    (void)thread;
    return 0;
}

/* Lib/socketserver.py: _NoThreads.join */
int
NoThreads_join(Threads *self)
{
    (void)self;
    return 0;
}

PyTypeObject NoThreads_type = {
    .tp_name = "cwsgiref.socketserver._NoThreads",
    .tp_basicsize = sizeof(Threads), /* so that one pointer does for both */
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

const ThreadsClass NoThreads_class = {
    .type = &NoThreads_type,

    .append = NoThreads_append,
    .join = NoThreads_join,
};

/* ----- ThreadingMixIn ----- */

/* self._threads: the instance's, or else the class's _NoThreads(). Borrowed.
 */
static Threads *
threads_of(BaseServer *self)
{
    static Threads no_threads = {
        .base.ob_base = { PyObject_HEAD_INIT(&NoThreads_type) 0 },
        .cls = &NoThreads_class,
    };

    return self->_threads == NULL ? &no_threads : self->_threads;
}

/* Lib/socketserver.py: ThreadingMixIn, the class body */
void
ThreadingMixIn_lay_over(BaseServerClass *cls, const BaseServerClass *over)
{
    cls->mixed_over = over;
    cls->daemon_threads = false;
    cls->block_on_close = true;

    cls->process_request = ThreadingMixIn_process_request;
    cls->server_close = ThreadingMixIn_server_close;
}

/* Lib/socketserver.py: ThreadingMixIn.process_request_thread */
int
ThreadingMixIn_process_request_thread(BaseServer *self, PyObject *request,
                                      PyObject *client_address)
{
    int result = 0;
    Handled handled;

    /* try: */
    if (FAILED(self->cls->finish_request(self, request, client_address) < 0)) {
        result = -1;
        if (PyErr_ExceptionMatches(PyExc_Exception)) {
            /* except Exception: */
            handled = except_enter();
            if (!FAILED(self->cls->handle_error(self, request,
                                                client_address) < 0)) {
                result = 0;
            }
            except_leave(handled);
        }
    }
    /* finally: */
    handled = finally_enter();
    if (FAILED(self->cls->shutdown_request(self, request) < 0)) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}

/* `self.process_request_thread`, as the thread gets it. */
static PyObject *
call_process_request_thread(PyObject *self, PyObject *args)
{
    PyObject *request, *client_address;

    if (!PyArg_UnpackTuple(args, "process_request_thread", 2, 2, &request,
                           &client_address) ||
        ThreadingMixIn_process_request_thread((BaseServer *)self, request,
                                              client_address) < 0)
    {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef process_request_thread_def = { "process_request_thread",
                                                  call_process_request_thread,
                                                  METH_VARARGS, NULL };

/* threading.Thread(target=self.process_request_thread, args=(request,
 * client_address)): Python's own threads, with all that belongs to them:
 * names, threading.local, threading.excepthook, the end of the interpreter. */
static PyObject *
new_thread(BaseServer *self, PyObject *request, PyObject *client_address)
{
    PyObject *kwargs = Py_BuildValue(
        "{sNs(OO)}", "target",
        PyCFunction_New(&process_request_thread_def, (PyObject *)self), "args",
        request, client_address);

    return call_with_keywords("threading", "Thread", PyTuple_New(0), kwargs);
}

/* A thread that does the same, and that nobody joins: where threading.Thread
 * would be a greenlet. */
static int
start_real_thread(BaseServer *self, PyObject *request,
                  PyObject *client_address)
{
    return discard(PyObject_CallFunction(
        start_new_thread, "N(OO)",
        PyCFunction_New(&process_request_thread_def, (PyObject *)self),
        request, client_address));
}

/* Lib/socketserver.py: ThreadingMixIn.process_request */
int
ThreadingMixIn_process_request(BaseServer *self, PyObject *request,
                               PyObject *client_address)
{
    PyObject *t;
    Threads *threads;
    int result = -1;

    if (are_threads_patched()) {
        return TRACED(start_real_thread(self, request, client_address));
    }
    /* vars(self).setdefault('_threads', _Threads()) */
    if (self->cls->block_on_close && self->_threads == NULL) {
        self->_threads = Threads_new(&Threads_class);
        if (FAILED(self->_threads == NULL)) {
            return -1;
        }
    }
    t = new_thread(self, request, client_address);
    if (FAILED(t == NULL)) {
        return -1;
    }
    if (FAILED(PyObject_SetAttrString(
                   t, "daemon",
                   self->cls->daemon_threads ? Py_True : Py_False) < 0))
    {
        goto done;
    }
    threads = threads_of(self);
    if (FAILED(threads->cls->append(threads, t) < 0)) {
        goto done;
    }
    result = TRACED(discard(PyObject_CallMethod(t, "start", NULL)));

done:
    Py_DECREF(t);
    return result;
}

/* Lib/socketserver.py: ThreadingMixIn.server_close */
int
ThreadingMixIn_server_close(BaseServer *self)
{
    Threads *threads;

    /* super().server_close() */
    if (FAILED(self->cls->mixed_over->server_close(self) < 0)) {
        return -1;
    }
    threads = threads_of(self);
    return TRACED(threads->cls->join(threads));
}
