/* The command line. */
#ifndef CWSGIREF_OPTIONS_H
#define CWSGIREF_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

typedef struct Options {
    const char *application; /* MODULE:CALLABLE, or NULL: demo_app */
    char **arguments;        /* after "--", for the application */
    int argument_count;
    const char *directory; /* to change to first, or NULL */
    char host[256];        /* "" is every address */
    int port;              /* 0: a free one */
    bool ipv6;             /* host is an IPv6 address */
    unsigned int scope_id; /* its zone, as in fe80::1%eth0; 0: none */
    bool unix_socket;      /* host is its path, or '@' and its name */
    bool cgi;              /* no server: one CGI answer on stdout */
    bool validate;         /* wrap the application in validator() */
    bool strict;           /* refuses what later releases refuse */
    bool threads;          /* a thread for each request */
    bool fork;             /* a process for each request */
    bool once;
    bool quiet;
    const char *tls_cert;          /* the path of a file, or NULL: no TLS */
    const char *tls_key;           /* NULL: it is in the other one, too */
    const char *tls_password_file; /* of the key, or NULL */
    double timeout;                /* seconds; -1: none */
    int backlog;                   /* connections that wait; 0: as in Python */
    bool help;                     /* asked for, and nothing else counts */
    bool version;
    char error[400]; /* what is wrong with the command line */
} Options;

/* Reads the command line: 0, or -1 with a line in options->error. The strings
 * are those of argv. */
int options_parse(Options *options, int argc, char *argv[]);

/* Print it: the exit code, 0, or 1 if it could not be written. */
int options_print_help(FILE *file);

/* "cwsgiref 0.1.0 (Python 3.11.2)": its own version, the linked Python's. */
int options_print_version(FILE *file);

#endif
