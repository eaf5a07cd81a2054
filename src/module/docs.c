/* In this file: a doc with its signature; the docs of the wrappers and of the
 * methods of Headers that an application has, too; and how they get there. */
#include "module/docs.h"

#include <string.h>

#include "headers/headers.h"
#include "python/objects.h"
#include "util/file_wrapper.h"
#include "validate/checks.h"
#include "validate/error_wrapper.h"
#include "validate/input_wrapper.h"
#include "validate/iterator_wrapper.h"
#include "validate/write_wrapper.h"

/* "name(parameters)", the line of dashes that CPython looks for, and the doc:
 * it lives as long as the process. NULL with an exception. */
static char *
doc_with_signature(const char *name, const char *parameters, const char *doc)
{
    size_t size =
        strlen(name) + strlen(parameters) + strlen(doc) + sizeof("()\n--\n\n");
    char *text = PyMem_RawMalloc(size);

    if (text == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    PyOS_snprintf(text, size, "%s(%s)\n--\n\n%s", name, parameters, doc);
    return text;
}

/* A class, if `method` is NULL, or a method of it. */
typedef struct Doc {
    PyTypeObject *type;
    const char *method;
    const char *parameters; /* of a method: with "$self" */
    const char *doc;
} Doc;

static const Doc docs[] = {
    { &Headers_type, "get_all", "$self, name",
      "All values of that name, in their order." },
    { &Headers_type, "keys", "$self", "The names, in their order." },
    { &Headers_type, "values", "$self", "The values, in their order." },
    { &Headers_type, "items", "$self",
      "The pairs of name and value, in their order." },
    { &Headers_type, "add_header", "$self, _name, _value, **_params",
      "Add a header; each keyword is a parameter: name; keyword=\"value\"." },
    { &FileWrapper_type, NULL, "filelike, blksize=8192",
      "An iterator over a file, in blocks of that size." },
    { &InputWrapper_type, NULL, "wsgi_input",
      "wsgi.input, whose calls are checked." },
    { &InputWrapper_type, "read", "$self, *args",
      "Read; there must be one argument, and bytes must come." },
    { &InputWrapper_type, "readline", "$self, *args",
      "Read a line; there may be one argument." },
    { &InputWrapper_type, "readlines", "$self, *args",
      "Read all lines; there may be one argument." },
    { &InputWrapper_type, "close", "$self",
      "An AssertionError: no application may close it." },
    { &ErrorWrapper_type, NULL, "wsgi_errors",
      "wsgi.errors, whose calls are checked." },
    { &ErrorWrapper_type, "write", "$self, s", "Write a str." },
    { &ErrorWrapper_type, "flush", "$self", "Write what is held back." },
    { &ErrorWrapper_type, "writelines", "$self, seq",
      "Write each str of them." },
    { &ErrorWrapper_type, "close", "$self",
      "An AssertionError: no application may close it." },
    { &WriteWrapper_type, NULL, "wsgi_writer",
      "The write() of start_response; it checks that it gets bytes." },
    { &PartialIteratorWrapper_type, NULL, "wsgi_iterator",
      "What an application gives: it can only be iterated over." },
    { &IteratorWrapper_type, NULL, "wsgi_iterator, check_start_response",
      "What an application gives, whose calls are checked." },
    { &IteratorWrapper_type, "close", "$self",
      "Close what the application has given." },
    { &IteratorWrapper_type, "__del__", "$self",
      "Complain if close() was not called." },
};

int
set_doc(PyTypeObject *type, const char *parameters, const char *doc)
{
    PyObject *text = PyUnicode_FromString(doc);
    int result = -1;

    type->tp_doc =
        doc_with_signature(strrchr(type->tp_name, '.') + 1, parameters, doc);
    if (text != NULL && type->tp_doc != NULL) {
        result = PyDict_SetItemString(type->tp_dict, "__doc__", text);
    }
    Py_XDECREF(text);
    return result;
}

static int
set_class_doc(const Doc *entry)
{
    int result = set_doc(entry->type, entry->parameters, entry->doc);

    PyType_Modified(entry->type);
    return result;
}

static int
set_method_doc(const Doc *entry)
{
    PyObject *found =
        PyMapping_GetItemString(entry->type->tp_dict, entry->method);
    const char *doc = NULL;

    if (found != NULL) {
        doc = doc_with_signature(entry->method, entry->parameters, entry->doc);
        ((PyMethodDescrObject *)found)->d_method->ml_doc = doc;
        Py_DECREF(found);
    }
    return doc == NULL ? -1 : 0;
}

int
docs_ready(void)
{
    int result = set_attribute(
        WSGIWarning, "__doc__",
        PyUnicode_FromString(
            "What the validator warns of, where PEP 3333 only advises."));

    for (size_t i = 0; i < Py_ARRAY_LENGTH(docs) && result == 0; i++) {
        result = docs[i].method == NULL ? set_class_doc(&docs[i])
                                        : set_method_doc(&docs[i]);
    }
    return result;
}
