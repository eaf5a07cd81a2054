/* A program that ends as its argument says, for lines.py: whether what it has
 * done before is counted. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
    const char *how = argc > 1 ? argv[1] : "return";

    if (strcmp(how, "_exit") == 0) {
        _exit(0);
    }
    if (strcmp(how, "abort") == 0) {
        abort();
    }
    if (strcmp(how, "exec") == 0) {
        execv(argv[0], (char *[]){ argv[0], NULL });
    }
    if (strcmp(how, "kill") == 0) {
        kill(getpid(), SIGTERM);
    }
    if (strcmp(how, "killed") == 0) {
        puts("kill me");
        fflush(stdout);
        pause();
    }
    return 0;
}
