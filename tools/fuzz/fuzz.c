#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "io/buffered_reader.h"
#include "io/python_file.h"
#include "io/raw_io_base.h"
#include "server/wsgi_server.h"
#include "types.h"

/*
 * The interpreter.
 */

static BufferedIOBase *wfile;    /* owned */
static WSGIServer *server;       /* owned */
static PyObject *client_address; /* owned */

/* Prints the exception and ends the program: libFuzzer keeps the input. */
static void
give_up(const char *why)
{
    fprintf(stderr, "%s\n", why);
    if (PyErr_Occurred()) {
        PySys_SetObject("stderr", PySys_GetObject("__stderr__"));
        PyErr_Print();
    }
    abort();
}

static const char preparations[] =
    "import io, sys\n"
    "class Nowhere(io.RawIOBase):\n"
    "    def writable(self): return True\n"
    "    def write(self, data): return len(data)\n"
    "class Log:\n"
    "    def write(self, text): return len(text)\n"
    "    def flush(self): pass\n"
    "sys.stderr = Log()\n"
    "nowhere = Nowhere()\n";

static int
memory_setup(BaseRequestHandler *self)
{
    StreamRequestHandler *stream = (StreamRequestHandler *)self;

    stream->rfile = (BufferedIOBase *)Py_NewRef(self->request);
    stream->wfile = (BufferedIOBase *)Py_NewRef((PyObject *)wfile);
    return 0;
}

static int
do_nothing(BaseRequestHandler *self)
{
    (void)self;
    return 0;
}

static WSGIRequestHandlerClass handler_class;

static int
server_init(BaseServer *self, PyObject *server_address,
            const BaseRequestHandlerClass *RequestHandlerClass,
            bool bind_and_activate)
{
    WSGIServer *wsgi = (WSGIServer *)self;

    wsgi->base_environ =
        Py_BuildValue("{ssssssss}", "SERVER_NAME", "name", "SERVER_PORT", "80",
                      "CONTENT_LENGTH", "", "SCRIPT_NAME", "");
    wsgi->application = Py_NewRef(Py_None);
    return wsgi->base_environ == NULL
               ? -1
               : BaseServer_init(self, server_address, RequestHandlerClass,
                                 bind_and_activate);
}

/* A server that listens to nothing. */
static WSGIServer *
new_server(void)
{
    static WSGIServerClass cls;
    PyObject *address = Py_BuildValue("(si)", "127.0.0.1", 80);
    BaseServer *result = NULL;

    cls = WSGIServer_class;
    cls.base.init = server_init;
    if (address != NULL) {
        result = BaseServer_new(&cls.base, address, NULL);
        Py_DECREF(address);
    }
    return (WSGIServer *)result;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    PyObject *file;

    (void)argc;
    (void)argv;
    /* Python's own allocator would hide what is wrong with a block. */
    setenv("PYTHONMALLOC", "malloc", 1);
    Py_InitializeEx(0);
    if (types_ready() < 0 || PyRun_SimpleString(preparations) < 0) {
        give_up("no interpreter");
    }
    file = PyObject_GetAttrString(PyImport_AddModule("__main__"), "nowhere");
    wfile = file == NULL ? NULL : PythonFile_new(&PythonFile_class, file);
    client_address = Py_BuildValue("(si)", "192.0.2.1", 5);
    server = new_server();
    if (wfile == NULL || client_address == NULL || server == NULL) {
        give_up("no server");
    }
    Py_DECREF(file);
    handler_class = WSGIRequestHandler_class;
    handler_class.base.base.base.setup = memory_setup;
    handler_class.base.base.base.handle = do_nothing;
    handler_class.base.base.base.finish = do_nothing;
    return 0;
}

void
fuzz_end(void)
{
    Py_CLEAR(wfile);
    Py_CLEAR(client_address);
    Py_CLEAR(server);
    if (Py_FinalizeEx() < 0) {
        give_up("no end");
    }
}

/*
 * The input.
 */

Input
input_until(Input *input, char byte)
{
    Input piece = *input;
    const char *end =
        input->size == 0 ? NULL : memchr(input->data, byte, input->size);

    if (end == NULL) {
        input->data += input->size;
        input->size = 0;
        return piece;
    }
    piece.size = (size_t)(end - input->data);
    input->data += piece.size + 1;
    input->size -= piece.size + 1;
    return piece;
}

uint8_t
input_byte(Input *input)
{
    uint8_t byte;

    if (input->size == 0) {
        return 0;
    }
    byte = (uint8_t)*input->data;
    input->data++;
    input->size--;
    return byte;
}

PyObject *
input_latin1(Input input)
{
    return PyUnicode_DecodeLatin1(input.data, (Py_ssize_t)input.size, NULL);
}

PyObject *
input_text(Input input)
{
    PyObject *text = PyUnicode_DecodeUTF8(input.data, (Py_ssize_t)input.size,
                                          "surrogatepass");

    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        return input_latin1(input);
    }
    return text;
}

/*
 * The streams.
 */

/* A raw stream over the bytes of an input. */
typedef struct Memory {
    RawIOBase base;
    Input rest;
    size_t at_once;
} Memory;

static Py_ssize_t
Memory_readinto(RawIOBase *self, char *buffer, Py_ssize_t size)
{
    Memory *memory = (Memory *)self;
    size_t count = Py_MIN((size_t)size, memory->rest.size);

    count = Py_MIN(count, memory->at_once);
    if (count > 0) {
        memcpy(buffer, memory->rest.data, count);
    }
    memory->rest.data += count;
    memory->rest.size -= count;
    return (Py_ssize_t)count;
}

static int
Memory_readable(RawIOBase *self)
{
    (void)self;
    return 1;
}

static PyTypeObject Memory_type = {
    .tp_name = "fuzz.Memory",
    .tp_basicsize = sizeof(Memory),
    .tp_base = &RawIOBase_type,
};

static RawIOBaseClass Memory_class;

/* Readies the class, once. */
static void
memory_ready(void)
{
    if (Memory_class.type != NULL) {
        return;
    }
    if (PyType_Ready(&Memory_type) < 0) {
        give_up("no type");
    }
    Memory_class = RawIOBase_class;
    Memory_class.type = &Memory_type;
    Memory_class.readable = Memory_readable;
    Memory_class.readinto = Memory_readinto;
}

BufferedIOBase *
reader_of(Input input, size_t at_once)
{
    BufferedIOBase *reader = NULL;
    Memory *memory;

    memory_ready();
    memory = (Memory *)Memory_type.tp_alloc(&Memory_type, 0);
    if (memory != NULL) {
        memory->base.cls = &Memory_class;
        memory->rest = input;
        memory->at_once = at_once;
        reader =
            BufferedReader_new(&BufferedReader_class, &memory->base, 8192);
        Py_DECREF(memory);
    }
    if (reader == NULL) {
        give_up("no reader");
    }
    return reader;
}

BaseHTTPRequestHandler *
new_handler(Input input, size_t at_once)
{
    BufferedIOBase *rfile = reader_of(input, at_once);
    BaseRequestHandler *self = BaseRequestHandler_new(
        &handler_class.base.base.base, (PyObject *)rfile, client_address,
        (BaseServer *)server);

    Py_DECREF(rfile);
    if (self == NULL) {
        give_up("no handler");
    }
    return (BaseHTTPRequestHandler *)self;
}

BufferedIOBase *
nowhere(void)
{
    return wfile;
}

/*
 * What comes of it.
 */

void
drop(PyObject *result)
{
    settle(result == NULL);
    Py_XDECREF(result);
}

void
settle(int failed)
{
    if ((failed != 0) != (PyErr_Occurred() != NULL)) {
        give_up("an exception beside a result, or neither");
    }
    if (failed && !PyErr_ExceptionMatches(PyExc_Exception)) {
        give_up("no exception that an application could catch");
    }
    if (failed && PyErr_ExceptionMatches(PyExc_SystemError)) {
        give_up("a SystemError");
    }
    PyErr_Clear();
}
