/* What the targets of libFuzzer share: an interpreter that is there once, and
 * streams that give and take bytes. A target is
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *
 * which gives the bytes to a parser and, in the end, settles. */
#ifndef CWSGIREF_TOOLS_FUZZ_FUZZ_H
#define CWSGIREF_TOOLS_FUZZ_FUZZ_H

#include <Python.h>

#include <stddef.h>
#include <stdint.h>

#include "io/buffered_io_base.h"
#include "server/wsgi_request_handler.h"

/* Declared by nobody else. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the interpreter, so that what is left is a leak. */
void fuzz_end(void);

/* An input that a target takes apart, piece by piece. */
typedef struct Input {
    const char *data;
    size_t size;
} Input;

/* All up to the next byte of that value, which is dropped, or the rest. */
Input input_until(Input *input, char byte);
/* The next byte; 0 at the end. */
uint8_t input_byte(Input *input);
/* The bytes as text: a str of ISO-8859-1, or if it is all UTF-8 (with
 * surrogates), a str of that. New references. */
PyObject *input_latin1(Input input);
PyObject *input_text(Input input);

/* A BufferedReader over the bytes, which come in parts of at most so many. They
 * must outlive it. A new reference. */
BufferedIOBase *reader_of(Input input, size_t at_once);

/* A request handler that no request has made: its rfile gives the bytes, and
 * what it answers is dropped. A new reference. */
BaseHTTPRequestHandler *new_handler(Input input, size_t at_once);

/* A stream that drops what it gets: borrowed. */
BufferedIOBase *nowhere(void);

/* What a target has got is dropped: an object, or NULL with an exception. */
void drop(PyObject *result);
/* An exception of the parser is an answer like others; SystemError is not, and
 * an exception beside a result neither: then the program aborts. */
void settle(int failed);

#endif
