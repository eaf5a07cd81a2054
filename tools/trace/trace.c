/* What `-finstrument-functions` calls at each entry and exit of a function:
 * the trace preset, and no other build, has this file. It writes one line for
 * each event to the file that TRACE_FILE names, with tabs between the fields:
 *
 *     E THREAD FUNCTION SITE NAME=VALUE ...   a call begins
 *     X THREAD FUNCTION                       a call ends
 *     R THREAD BYTES                          bytes that a socket has received
 *     W THREAD BYTES                          bytes that one has sent
 *
 * FUNCTION, and SITE, where the call returns to, are hexadecimal offsets from
 * the beginning of the program, and BYTES are hexadecimal digits.
 *
 * Which arguments there are says the file that TRACE_ARGUMENTS names; see
 * struct Argument. tools/callgraph/parameters.py writes that file and
 * tools/callgraph/traces.py reads the record. */
#define _GNU_SOURCE
#include <Python.h>

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOT_RECORDED __attribute__((no_instrument_function))

enum {
    VALUE_WIDTH = 60,
    MAX_ARGUMENTS = 2000,
    MAX_DEPTH = 3,
    MAX_FRAMES = 256,
};

/* An argument, or a field of one. The compiler stores every argument in the
 * frame of its function before it calls __cyg_profile_func_enter. */
typedef struct Argument {
    size_t function; /* offset from the beginning of the program */
    char name[40];
    char kind;       /* as in put_argument */
    ptrdiff_t frame; /* where it lies, from the function's frame pointer */
    ptrdiff_t field; /* where the field lies in what it points to; -1: none */
} Argument;

/* The text of a value; what does not fit is "..." at the end. */
typedef struct Text {
    char text[VALUE_WIDTH + 1];
    size_t size;
    bool cut;
} Text;

/* The linker's: where the program begins, and where its code ends. */
extern char __executable_start;
extern char etext;

/* Linked with --wrap: the program's own calls, not those of libpython. */
ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
/* Python.h asks for 64-bit offsets, and <sys/sendfile.h> then for this. */
ssize_t __real_sendfile64(int to, int from, off_t *offset, size_t size);
ssize_t __wrap_sendfile64(int to, int from, off_t *offset, size_t size);

void __cyg_profile_func_enter(void *function, void *site);
void __cyg_profile_func_exit(void *function, void *site);

/* While a line is made, what is called for it is not recorded. */
static _Thread_local bool recording;

static Argument arguments[MAX_ARGUMENTS];
static size_t argument_count;

static void
read_arguments(const char *path)
{
    FILE *file = fopen(path, "r");
    Argument *next = arguments;

    while (file != NULL && argument_count < MAX_ARGUMENTS &&
           fscanf(file, "%zx %39s %c %td %td", &next->function, next->name,
                  &next->kind, &next->frame, &next->field) == 5)
    {
        next = &arguments[++argument_count];
    }
    if (file == NULL || !feof(file)) {
        fprintf(stderr, "TRACE_ARGUMENTS: cannot use %s\n", path);
        abort();
    }
    fclose(file);
}

/* The file that TRACE_FILE names, opened at the first event; -1: none. */
static int
trace_file(void)
{
    static int fd = -2;

    if (fd == -2) {
        const char *path = getenv("TRACE_FILE");
        const char *table = getenv("TRACE_ARGUMENTS");

        fd = path == NULL
                 ? -1
                 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (fd >= 0 && table != NULL) {
            read_arguments(table);
        }
    }
    return fd;
}

/* Written at once, so that nothing is lost when the program crashes. */
static void
write_line(const char *line, size_t size)
{
    if (write(trace_file(), line, size) != (ssize_t)size) {
        abort(); /* rather than a tree with a hole */
    }
}

static void put(Text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(Text *out, const char *format, ...)
{
    size_t room = VALUE_WIDTH - out->size;
    va_list arguments_of_format;
    int size;

    va_start(arguments_of_format, format);
    size = vsnprintf(out->text + out->size, room + 1, format,
                     arguments_of_format);
    va_end(arguments_of_format);
    if ((size_t)size > room) {
        memcpy(out->text + VALUE_WIDTH - 3, "...", 3);
        out->size = VALUE_WIDTH;
        out->cut = true;
    }
    else {
        out->size += (size_t)size;
    }
}

static void
put_character(Text *out, Py_UCS4 c)
{
    static const char letters[] = "\t\n\r'\\";
    const char *letter = c < 128 ? strchr(letters, (int)c) : NULL;

    if (c != 0 && letter != NULL) {
        put(out, "\\%c", "tnr'\\"[letter - letters]);
    }
    else if (c >= ' ' && c < 127) {
        put(out, "%c", (int)c);
    }
    else if (c < 0x100) {
        put(out, "\\x%02x", (unsigned int)c);
    }
    else {
        put(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned int)c);
    }
}

static void
put_bytes(Text *out, const char *bytes, Py_ssize_t size)
{
    put(out, "%zd byte%s b'", size, size == 1 ? "" : "s");
    for (Py_ssize_t i = 0; i < size && !out->cut; i++) {
        put_character(out, (unsigned char)bytes[i]);
    }
    put(out, "'");
}

static void
put_str(Text *out, PyObject *str)
{
    put(out, "'");
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(str) && !out->cut; i++) {
        put_character(out, PyUnicode_READ_CHAR(str, i));
    }
    put(out, "'");
}

static void put_object(Text *out, PyObject *value, int depth);

/* A list or a tuple. */
static void
put_items(Text *out, PyObject *items, int depth)
{
    bool is_list = PyList_Check(items);
    Py_ssize_t size = Py_SIZE(items);

    put(out, is_list ? "[" : "(");
    for (Py_ssize_t i = 0; i < size && !out->cut; i++) {
        put(out, i == 0 ? "" : ", ");
        put_object(out,
                   is_list ? PyList_GET_ITEM(items, i)
                           : PyTuple_GET_ITEM(items, i),
                   depth + 1);
    }
    put(out, is_list ? "]" : size == 1 ? ",)" : ")");
}

static const char *
short_name(PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');

    return dot == NULL ? type->tp_name : dot + 1;
}

/* What tools/callgraph/values.py says of the same object. Nothing of it runs
 * Python code, raises an exception or takes a reference. */
static void
put_object(Text *out, PyObject *value, int depth)
{
    int overflow = 0;

    if (value == NULL || value == Py_None) {
        put(out, "None");
    }
    else if (PyBool_Check(value)) {
        put(out, value == Py_True ? "True" : "False");
    }
    else if (PyLong_Check(value)) {
        long number = PyLong_AsLongAndOverflow(value, &overflow);

        put(out, overflow == 0 ? "%ld" : "<int>", number);
    }
    else if (PyUnicode_Check(value) && PyUnicode_IS_READY(value)) {
        put_str(out, value);
    }
    else if (PyBytes_Check(value)) {
        put_bytes(out, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    }
    else if ((PyList_Check(value) || PyTuple_Check(value)) &&
             depth < MAX_DEPTH) {
        put_items(out, value, depth);
    }
    else if (PyDict_Check(value)) {
        put(out, "{%zd}", PyDict_GET_SIZE(value));
    }
    else if (PyType_Check(value)) {
        put(out, "%s", short_name((PyTypeObject *)value));
    }
    else {
        put(out, "<%s>", short_name(Py_TYPE(value)));
    }
}

static void
put_string(Text *out, const char *string)
{
    if (string == NULL) {
        put(out, "None");
        return;
    }
    put(out, "'");
    for (; *string != '\0' && !out->cut; string++) {
        put_character(out, (unsigned char)*string);
    }
    put(out, "'");
}

/* The value at `place`, by its kind. */
static void
put_value(Text *out, char kind, const char *place)
{
    switch (kind) {
    case 'o': /* an object: a pointer to what begins as a PyObject */
        put_object(out, *(PyObject *const *)place, 0);
        break;
    case 's': /* a C string */
        put_string(out, *(const char *const *)place);
        break;
    case 'l': /* a number of 8 bytes, and of 4, a bool, a double */
        put(out, "%ld", *(const long *)place);
        break;
    case 'i':
        put(out, "%d", *(const int *)place);
        break;
    case 't':
        put(out, *(const bool *)place ? "True" : "False");
        break;
    case 'd':
        put(out, "%.12g", *(const double *)place);
        break;
    default:
        abort();
    }
}

static void
put_argument(Text *out, const Argument *argument, const char *frame)
{
    const char *place = frame + argument->frame;

    if (argument->kind == 'b') { /* bytes, and where their number lies */
        put_bytes(out, *(const char *const *)place,
                  *(const Py_ssize_t *)(frame + argument->field));
    }
    else if (argument->field < 0) {
        put_value(out, argument->kind, place);
    }
    else if (*(const char *const *)place == NULL) {
        put(out, "None");
    }
    else {
        put_value(out, argument->kind,
                  *(const char *const *)place + argument->field);
    }
}

/* The table has no arguments where the frame pointer says nothing of where
 * they lie: for any other machine than x86-64. */
static int
put_arguments(char *line, size_t room, size_t function, const char *frame)
{
    size_t size = 0;

    for (size_t i = 0; i < argument_count && size < room; i++) {
        if (arguments[i].function == function) {
            Text value = { .size = 0 };

            put_argument(&value, &arguments[i], frame);
            size += (size_t)snprintf(line + size, room - size, "\t%s=%s",
                                     arguments[i].name, value.text);
        }
    }
    return (int)(size < room ? size : room - 1);
}

/* `frame` is NULL when the call ends. */
static void
record(char what, void *function, void *site, const char *frame)
{
    size_t offset = (size_t)((char *)function - &__executable_start);
    char line[2000];
    int size = snprintf(line, sizeof(line) - 1, "%c\t%ld\t%zx", what,
                        (long)syscall(SYS_gettid), offset);

    if (frame != NULL) {
        size += snprintf(line + size, sizeof(line) - (size_t)size, "\t%tx",
                         (char *)site - &__executable_start);
        size += put_arguments(line + size, sizeof(line) - (size_t)size - 1,
                              offset, frame);
    }
    line[size] = '\n';
    write_line(line, (size_t)size + 1);
}

static bool
is_in_program(const char *address)
{
    return address >= &__executable_start && address < &etext;
}

/* Where the interpreter or another library makes the call: the place in the
 * program that called that. */
static void *
site_in_program(void *site)
{
    void *frames[MAX_FRAMES];
    int count = is_in_program(site) ? 0 : backtrace(frames, MAX_FRAMES);
    bool below = false;

    for (int i = 0; i < count; i++) {
        if (below && is_in_program(frames[i])) {
            return frames[i];
        }
        below = below || frames[i] == site;
    }
    return site;
}

NOT_RECORDED void
__cyg_profile_func_enter(void *function, void *site)
{
    int saved = errno;

    if (!recording) {
        recording = true;
        if (trace_file() >= 0) {
            /* Our own frame begins with the frame pointer of the function. */
            record('E', function, site_in_program(site),
                   *(const char *const *)__builtin_frame_address(0));
        }
        recording = false;
    }
    errno = saved;
}

NOT_RECORDED void
__cyg_profile_func_exit(void *function, void *site)
{
    int saved = errno;

    if (!recording) {
        recording = true;
        if (trace_file() >= 0) {
            record('X', function, site, NULL);
        }
        recording = false;
    }
    errno = saved;
}

static void
record_wire(char what, const unsigned char *data, size_t size)
{
    char *line = malloc(2 * size + 64);
    size_t end;

    if (line == NULL) {
        abort();
    }
    end = (size_t)sprintf(line, "%c\t%ld\t", what, (long)syscall(SYS_gettid));
    for (size_t i = 0; i < size; i++) {
        end += (size_t)sprintf(line + end, "%02x", data[i]);
    }
    line[end++] = '\n';
    write_line(line, end);
    free(line);
}

/* The bytes of one system call that has moved `size` of them. */
NOT_RECORDED static void
on_the_wire(char what, const void *data, ssize_t size)
{
    int saved = errno;

    recording = true;
    if (size > 0 && trace_file() >= 0) {
        record_wire(what, data, (size_t)size);
    }
    recording = false;
    errno = saved;
}

NOT_RECORDED ssize_t
__wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    ssize_t n = __real_recv(fd, buffer, size, flags);

    on_the_wire('R', buffer, n);
    return n;
}

NOT_RECORDED ssize_t
__wrap_send(int fd, const void *data, size_t size, int flags)
{
    ssize_t n = __real_send(fd, data, size, flags);

    on_the_wire('W', data, n);
    return n;
}

NOT_RECORDED ssize_t
__wrap_sendfile64(int to, int from, off_t *offset, size_t size)
{
    off_t start = *offset;
    ssize_t n = __real_sendfile64(to, from, offset, size);
    char *data = malloc(n > 0 ? (size_t)n : 1);

    if (data == NULL) {
        abort();
    }
    if (n > 0) {
        on_the_wire('W', data, pread(from, data, (size_t)n, start));
    }
    free(data);
    return n;
}
