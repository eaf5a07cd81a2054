/* Where CPython releases differ, the release that is linked decides: here and
 * nowhere else. */
#ifndef CWSGIREF_RELEASE_H
#define CWSGIREF_RELEASE_H

#include <Python.h>
#include <stdbool.h>

typedef struct Release {
    /* The parts of HTTP/x.y must be digits, ten at most (gh-103204). */
    bool http_version_digits_only;
    /* 413, 414, 416 and 422 have the names of RFC 9110. */
    bool rfc_9110_reasons;
    /* get_environ compares address_string() with the address (gh-66425). */
    bool remote_host;
    /* Control characters in a response header: ValueError (gh-143916). */
    bool header_control_characters_refused;
    /* Control characters in a status: ValueError (gh-144370). */
    bool status_control_characters_refused;
    /* The checks of start_response are in _validate_status, and raise
     * AssertionError also under -O. */
    bool validate_status;
    /* An HTTP/0.9 request has no headers, and `headers` is a dict, which
     * get_environ stumbles over (gh-70765). */
    bool http_0_9_without_headers;
    /* What the error page has between its charset and its title: "", or the
     * lines that follow the reader's colour scheme (gh-123430). */
    const char *error_page_style;
} Release;

/* The release that is linked. It is known, like all below, once the types of
 * a folder are ready, which calls release_ready(). */
const Release *release(void);

/* Finds out, once, after the interpreter has started. 0 or -1. */
int release_ready(void);

/* What --strict asks for: the hardenings of later releases are on, whether or
 * not the linked one has them. After the types are ready. */
void release_harden(void);

/* platform.python_version() of the linked Python, such as "3.11.2". */
const char *python_version(void);

/* __debug__: Python was started without -O, and asserts count. Valid after
 * release_ready(). */
bool python_debug(void);

#endif
