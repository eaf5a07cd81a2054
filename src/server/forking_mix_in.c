/* Lib/socketserver.py: ForkingMixIn, in Python's order: collect_children, which
 * waits for children, and process_request, which makes one; and at the end
 * end_children, for a program that must end now. */
#include "server/forking_mix_in.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "python/errors.h"
#include "python/objects.h"
#include "python/waits.h"

/* Lib/socketserver.py: ForkingMixIn, the class body */
void
ForkingMixIn_lay_over(BaseServerClass *cls, const BaseServerClass *over)
{
    cls->mixed_over = over;
    cls->timeout = 300;
    cls->max_children = 40;
    cls->block_on_close = true;

    cls->handle_timeout = ForkingMixIn_handle_timeout;
    cls->service_actions = ForkingMixIn_service_actions;
    cls->process_request = ForkingMixIn_process_request;
    cls->server_close = ForkingMixIn_server_close;
}

/* os.waitpid(pid, options)[0] */
static pid_t
wait_for_child(pid_t pid, int options)
{
    pid_t ended;
    int status;

    do {
        /* Python looks for signals between any two instructions. */
        if (look_for_signals() < 0) {
            return -1;
        }
        Py_BEGIN_ALLOW_THREADS
        ended = waitpid(pid, &status, options);
        Py_END_ALLOW_THREADS
    } while (ended < 0 && errno == EINTR);
    if (ended < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return ended;
}

/* self.active_children.add(pid), or discard(pid): `change` is PySet_Add or
 * PySet_Discard. */
static int
change_children(BaseServer *self, int (*change)(PyObject *, PyObject *),
                pid_t pid)
{
    PyObject *number = PyLong_FromLong(pid);
    int result = number == NULL ? -1 : change(self->active_children, number);

    Py_XDECREF(number);
    return result < 0 ? -1 : 0;
}

/* What collect_children does for each child. `options` are those of waitpid.
 */
static int
collect_each(BaseServer *self, int options)
{
    PyObject *pids = PySequence_List(self->active_children); /* a copy */
    int result = -1;

    if (FAILED(pids == NULL)) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pids); i++) {
        pid_t child = (pid_t)PyLong_AsLong(PyList_GET_ITEM(pids, i));
        /* try: 0 if it is still there, which discard ignores */
        pid_t pid = wait_for_child(child, options);

        if (FAILED(pid < 0)) {
            if (!PyErr_ExceptionMatches(PyExc_OSError)) {
                goto done;
            }
            /* except ChildProcessError: someone else reaped it
             * except OSError: pass */
            pid = PyErr_ExceptionMatches(PyExc_ChildProcessError) ? child : 0;
            PyErr_Clear();
        }
        if (FAILED(change_children(self, PySet_Discard, pid) < 0)) {
            goto done;
        }
    }
    result = 0;

done:
    Py_DECREF(pids);
    return result;
}

/* Lib/socketserver.py: ForkingMixIn.collect_children */
int
ForkingMixIn_collect_children(BaseServer *self, bool blocking)
{
    if (self->active_children == NULL) {
        return 0;
    }
    /* Any child counts here, also one that the application has started: one
     * system call, and not one for each. */
    while (PySet_GET_SIZE(self->active_children) >= self->cls->max_children) {
        pid_t pid = wait_for_child(-1, 0); /* try: */

        if (!FAILED(pid < 0)) {
            if (FAILED(change_children(self, PySet_Discard, pid) < 0)) {
                return -1;
            }
        }
        else if (PyErr_ExceptionMatches(PyExc_ChildProcessError)) {
            PyErr_Clear(); /* no children at all */
            if (FAILED(PySet_Clear(self->active_children) < 0)) {
                return -1;
            }
        }
        else if (PyErr_ExceptionMatches(PyExc_OSError)) {
            PyErr_Clear(); /* except OSError: break */
            break;
        }
        else {
            return -1;
        }
    }
    return TRACED(collect_each(self, blocking ? 0 : WNOHANG));
}

/* Lib/socketserver.py: ForkingMixIn.handle_timeout */
int
ForkingMixIn_handle_timeout(BaseServer *self)
{
    return TRACED(ForkingMixIn_collect_children(self, false));
}

/* Lib/socketserver.py: ForkingMixIn.service_actions */
int
ForkingMixIn_service_actions(BaseServer *self)
{
    return TRACED(ForkingMixIn_collect_children(self, false));
}

/* os.fork(), whoever may have replaced it. Python forgets the signals that have
 * come to the child since fork(): one that is to end it waits, not to be lost
 * with them. */
static pid_t
fork_process(void)
{
    PyObject *pid;
    sigset_t ending, before;
    long number = -1;

    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, &before);
    pid = call_function("os", "fork", "()");
    if (pid != NULL) {
        number = PyLong_AsLong(pid);
        Py_DECREF(pid);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return (pid_t)number;
}

/* Lib/socketserver.py: ForkingMixIn.process_request */
int
ForkingMixIn_process_request(BaseServer *self, PyObject *request,
                             PyObject *client_address)
{
    pid_t pid = fork_process();
    Handled handled;
    int status = 1;

    if (FAILED(pid < 0)) {
        return -1;
    }
    if (pid > 0) {
        /* Parent process */
        if (self->active_children == NULL) {
            self->active_children = PySet_New(NULL);
            if (FAILED(self->active_children == NULL)) {
                return -1;
            }
        }
        if (FAILED(change_children(self, PySet_Add, pid) < 0)) {
            return -1;
        }
        return TRACED(self->cls->close_request(self, request));
    }
    /* Child process. It must never return: whatever flies ends with it. */
    /* try: */
    if (!FAILED(self->cls->finish_request(self, request, client_address) < 0))
    {
        status = 0;
    }
    else if (PyErr_ExceptionMatches(PyExc_Exception)) {
        /* except Exception: */
        handled = except_enter();
        (void)FAILED(self->cls->handle_error(self, request, client_address) <
                     0);
        except_leave(handled);
    }
    /* finally: */
    handled = finally_enter();
    (void)FAILED(self->cls->shutdown_request(self, request) < 0);
    finally_leave(handled);
    _exit(status);
}

/* Lib/socketserver.py: ForkingMixIn.server_close */
int
ForkingMixIn_server_close(BaseServer *self)
{
    /* super().server_close() */
    if (FAILED(self->cls->mixed_over->server_close(self) < 0)) {
        return -1;
    }
    return TRACED(
        ForkingMixIn_collect_children(self, self->cls->block_on_close));
}

/* Sends each child a signal; one that is gone and not collected does not mind.
 */
static int
kill_each(BaseServer *self, int signum)
{
    PyObject *pids = PySequence_List(self->active_children);

    if (pids == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pids); i++) {
        kill((pid_t)PyLong_AsLong(PyList_GET_ITEM(pids, i)), signum);
    }
    Py_DECREF(pids);
    return 0;
}

/* Collects the children as they end, for a second at most. */
static int
collect_for_a_second(BaseServer *self)
{
    static const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

    for (int i = 0; i < 100; i++) {
        if (collect_each(self, WNOHANG) < 0) {
            return -1;
        }
        if (PySet_GET_SIZE(self->active_children) == 0) {
            break;
        }
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&pause, NULL);
        Py_END_ALLOW_THREADS
    }
    return 0;
}

int
end_children(BaseServer *self)
{
    Handled handled;
    int result = 0;

    if (self->active_children == NULL) {
        return 0;
    }
    if (kill_each(self, SIGTERM) < 0 || collect_for_a_second(self) < 0) {
        result = -1; /* as by a second signal: without further delay, then */
    }
    handled = finally_enter();
    if (kill_each(self, SIGKILL) < 0 || collect_each(self, 0) < 0) {
        result = -1;
    }
    finally_leave(handled);
    return result;
}
