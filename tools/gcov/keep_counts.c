/* gcov writes the counts of a process in exit(). This writes them, too, when a
 * process ends otherwise:
 *
 *     it calls _exit(), _Exit(), abort() or exec...();
 *     it sends itself a signal that ends it;
 *     another process that has this library sends it one, SIGKILL, too: that
 *     one sends SIGNAL_TO_WRITE first, and the process, when it has written,
 *     sends itself what was meant.
 *
 * The functions here stand before those of libc: the programs of the preset are
 * linked with this library first, and ctest preloads it for all others. */
#define _GNU_SOURCE /* RTLD_NEXT, environ */
#include "keep_counts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST 16
#define SIGNAL_TO_WRITE (SIGRTMAX - 2)

static struct {
    void (*dump)(void);
    void (*reset)(void);
} all[MOST];
static int count;
static pid_t owner; /* not that of a child by vfork(), which has our memory */

static void
remember_owner(void)
{
    owner = getpid();
}

static void
write_counts(void)
{
    static volatile int writing;

    if (getpid() != owner || __sync_lock_test_and_set(&writing, 1)) {
        return;
    }
    for (int i = 0; i < count; i++) {
        all[i].dump();
        all[i].reset();
    }
    __sync_lock_release(&writing);
}

/* The function of libc that has this name. */
static void *
next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* ---- Signals */

static void
send_signal(pid_t pid, int signum)
{
    syscall(SYS_kill, pid, signum);
}

/* SIGNAL_TO_WRITE has come, with the signal that is to follow it. */
static void
write_and_end(int signum, siginfo_t *info, void *context)
{
    (void)signum;
    (void)context;
    write_counts();
    send_signal(getpid(), info->si_value.sival_int);
}

/* The mask of signals that stands behind `name` in /proc/PID/status, and the
 * state of the process. */
static unsigned long long
read_status(pid_t pid, const char *name, char *state)
{
    char path[40];
    char line[200];
    unsigned long long mask = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    *state = 'X';
    file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "State:", 6) == 0) {
            *state = line[7];
        }
        if (strncmp(line, name, strlen(name)) == 0) {
            mask = strtoull(line + strlen(name), NULL, 16);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return mask;
}

static bool
has(unsigned long long mask, int signum)
{
    return mask >> (signum - 1) & 1;
}

static bool
ends_a_process(int signum)
{
    return signum > 0 && signum < SIGRTMIN && signum != SIGCHLD &&
           signum != SIGCONT && signum != SIGURG && signum != SIGWINCH &&
           signum != SIGSTOP && signum != SIGTSTP && signum != SIGTTIN &&
           signum != SIGTTOU;
}

/* Whether another process is to write before the signal ends it. */
static bool
is_to_write(pid_t pid, int signum)
{
    char state;
    unsigned long long caught = read_status(pid, "SigCgt:", &state);
    unsigned long long ignored = read_status(pid, "SigIgn:", &state);

    return has(caught, SIGNAL_TO_WRITE) && !has(caught, signum) &&
           !has(ignored, signum) && strchr("RSD", state) != NULL;
}

/* Has it write its counts and end; or not, after two seconds. */
static void
have_written(pid_t pid, int signum)
{
    const struct timespec pause = { .tv_nsec = 1000 * 1000 };
    union sigval value = { .sival_int = signum };
    char state = 'R';

    if (sigqueue(pid, SIGNAL_TO_WRITE, value) < 0) {
        return;
    }
    for (int i = 0; i < 2000 && strchr("RSD", state) != NULL; i++) {
        nanosleep(&pause, NULL);
        read_status(pid, "SigCgt:", &state);
    }
}

/* Whether this process ends when it sends itself the signal. */
static bool
ends_me(int signum)
{
    struct sigaction action;

    return count > 0 && ends_a_process(signum) &&
           (signum == SIGKILL || (sigaction(signum, NULL, &action) == 0 &&
                                  action.sa_handler == SIG_DFL));
}

static void
before_signal(pid_t pid, int signum)
{
    if (pid == getpid()) {
        if (ends_me(signum)) {
            write_counts();
        }
    }
    else if (pid > 0 && ends_a_process(signum) && is_to_write(pid, signum)) {
        have_written(pid, signum);
    }
}

int
kill(pid_t pid, int signum)
{
    int (*libc_kill)(pid_t, int) = next("kill");

    before_signal(pid, signum);
    return libc_kill(pid, signum);
}

int
raise(int signum)
{
    int (*libc_raise)(int) = next("raise");

    before_signal(getpid(), signum);
    return libc_raise(signum);
}

/* ---- The ends of a process, and of a program */

void
_exit(int status)
{
    write_counts();
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

void
_Exit(int status)
{
    _exit(status);
}

void
abort(void)
{
    void (*libc_abort)(void) = next("abort");

    write_counts();
    libc_abort();
    __builtin_unreachable();
}

int
execve(const char *path, char *const argv[], char *const envp[])
{
    int (*libc_execve)(const char *, char *const[], char *const[]) =
        next("execve");

    write_counts();
    return libc_execve(path, argv, envp);
}

int
execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

/* ---- What is told */

void
keep_counts(void (*dump)(void), void (*reset)(void))
{
    struct sigaction action = { .sa_sigaction = write_and_end,
                                .sa_flags = SA_SIGINFO | SA_RESTART };

    if (count == MOST) {
        return;
    }
    if (count == 0) {
        remember_owner();
        pthread_atfork(NULL, NULL, remember_owner);
        sigaction(SIGNAL_TO_WRITE, &action, NULL);
    }
    all[count].dump = dump;
    all[count].reset = reset;
    count++;
}
