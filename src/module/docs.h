/* What inspect.signature() and help() say of our types. */
#ifndef CWSGIREF_MODULE_DOCS_H
#define CWSGIREF_MODULE_DOCS_H

/* "name(parameters)", the line of dashes that CPython looks for, and the doc.
 * It lives as long as the process. NULL with an exception. */
char *doc_with_signature(const char *name, const char *parameters,
                         const char *doc);

/* Gives the types that are in no family their docs, and the methods that are
 * not of src/module. Call it once, when the types are ready. 0 or -1. */
int docs_ready(void);

#endif
