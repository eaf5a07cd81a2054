/* Where CPython releases differ, the program does as the linked one does. Only
 * these two files know how they differ; docs/releases.md has the table.
 *
 * A patch release or a distribution may bring a fix to an old release years
 * later. So the linked library itself is asked. The version decides only about
 * behaviour that has come with an x.y.0, and cannot have come otherwise. */
#ifndef CWSGIREF_RELEASE_H
#define CWSGIREF_RELEASE_H

#include <Python.h>
#include <stdbool.h>
#include <sys/socket.h>

/* What is known from the start: the first from the library, the others by the
 * version. */
typedef struct Release {
    /* io.DEFAULT_BUFFER_SIZE, in bytes (gh-117151). */
    Py_ssize_t default_buffer_size;
    /* Until 3.12: get_environ compares address_string() with the address
     * (gh-66425). */
    bool remote_host;
    /* Since 3.12: the checks of start_response are in _validate_status, and
     * raise AssertionError also under -O. */
    bool validate_status;
    /* Since 3.12: parse_headers calls _parse_header_lines: a frame more in a
     * traceback out of email. */
    bool parse_header_lines;
    /* Since 3.12: the types of io are heap types, so that wsgi.input has the
     * attribute __module__ (gh-101948). */
    bool types_have_module;
    /* Since 3.13: 413, 414, 416 and 422 have the names of RFC 9110. */
    bool rfc_9110_reasons;
    /* Since 3.13: sys.unraisablehook gets what close() raises for a stream
     * that nobody has closed (gh-62948). */
    bool close_error_told;
    /* Since 3.14: every status has a description. */
    bool status_descriptions;
    /* Since 3.14: "too many values to unpack (expected 2, got 3)", where a
     * list, tuple or dict is unpacked (gh-122239). */
    bool unpack_says_got;
    /* Since 3.14: "Exception ignored while calling deallocator ...", a text
     * that sys.unraisablehook gets instead of the object. */
    bool unraisable_names_deallocator;
    /* Since 3.15: the access log has colours on a terminal (gh-146292). */
    bool log_colour;
    /* "WSGIServer/0.2" and "BaseHTTP/0.6", since 3.15 without the number
     * (gh-76007). */
    const char *server_version;
    const char *http_server_version;
    /* What the error page has between its charset and its title: "", or,
     * since 3.14, the lines that follow the reader's colour scheme
     * (gh-123430). */
    const char *error_page_style;
} Release;

/* TCPServer.request_queue_size, for constant tables: socket.SOMAXCONN since
 * 3.15 (gh-80184). The headers are of the same 3.x as the linked library. */
enum { REQUEST_QUEUE_SIZE = PY_VERSION_HEX >= 0x030F0000 ? SOMAXCONN : 5 };

/* The linked release. It is valid, like the answers below, after
 * types_ready(), which calls release_ready(). */
const Release *release(void);

/* What is asked when it first matters, because asking takes an import:
 * http.server takes 75 ms. */
typedef enum Question {
    /* The page about a malformed request line has a status line and headers
     * (gh-54930). */
    malformed_request_has_status_line,
    /* An HTTP/0.9 request has no headers, and `headers` is a dict, so that
     * get_environ fails (gh-70765). */
    http_0_9_without_headers,
    /* The parts of HTTP/x.y must be digits, ten at most (gh-103204). */
    http_version_digits_only,
    /* A value that begins on the next line has no line end before it
     * (gh-124452). */
    leading_fold_removed,
    /* The blank line counts: with it there may be 100 headers (gh-131724). */
    blank_line_counts,
    /* Control characters in a response header: ValueError (gh-143916). */
    header_control_characters_refused,
    /* Control characters in a status: ValueError (gh-144370). */
    status_control_characters_refused,
    /* allow_reuse_port is only for IPv4 and IPv6 (gh-128916). */
    reuse_port_for_ip_only,
    QUESTIONS /* how many there are */
} Question;

/* Asks whether the linked release does that: 1, 0, or -1 with an exception
 * (Ctrl-C, for example). Before the call an exception may be handled, but none
 * may be pending. */
int release_asked(Question question);

/* The name of the question, as above: "blank_line_counts". */
const char *question_name(Question question);

/* Finds out what is known from the start, and forgets the answers. Call it
 * once, after the interpreter has started. 0 or -1. */
int release_ready(void);

/* For --strict: turns on the hardenings of later releases, whether or not the
 * linked one has them. Call it after types_ready(). */
void release_harden(void);

/* platform.python_version() of the linked Python, such as "3.11.2". */
const char *python_version(void);

/* __debug__: Python was started without -O, and asserts count. Valid after
 * release_ready(). */
bool python_debug(void);

#endif
