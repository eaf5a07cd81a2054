#include "python/names.h"

Names names;

static const struct {
    PyObject **name;
    const char *text;
} texts[] = {
    { &names.blksize, "blksize" },
    { &names.close, "close" },
    { &names.filelike, "filelike" },
    { &names.flush, "flush" },
    { &names.get, "get" },
    { &names.lower, "lower" },
    { &names.read, "read" },
    { &names.readline, "readline" },
    { &names.setdefault, "setdefault" },
    { &names.stderr_, "stderr" },
    { &names.upper, "upper" },
    { &names.write, "write" },
    { &names.Content_Length, "Content-Length" },
    { &names.Date, "Date" },
    { &names.Server, "Server" },
    { &names.content_length, "content-length" },
    { &names.date, "date" },
    { &names.server, "server" },
    { &names.CONTENT_LENGTH, "CONTENT_LENGTH" },
    { &names.CONTENT_TYPE, "CONTENT_TYPE" },
    { &names.HTTPS, "HTTPS" },
    { &names.PATH_INFO, "PATH_INFO" },
    { &names.QUERY_STRING, "QUERY_STRING" },
    { &names.REMOTE_ADDR, "REMOTE_ADDR" },
    { &names.REMOTE_HOST, "REMOTE_HOST" },
    { &names.REQUEST_METHOD, "REQUEST_METHOD" },
    { &names.SERVER_PROTOCOL, "SERVER_PROTOCOL" },
    { &names.SERVER_SOFTWARE, "SERVER_SOFTWARE" },
    { &names.wsgi_errors, "wsgi.errors" },
    { &names.wsgi_file_wrapper, "wsgi.file_wrapper" },
    { &names.wsgi_input, "wsgi.input" },
    { &names.wsgi_multiprocess, "wsgi.multiprocess" },
    { &names.wsgi_multithread, "wsgi.multithread" },
    { &names.wsgi_run_once, "wsgi.run_once" },
    { &names.wsgi_url_scheme, "wsgi.url_scheme" },
    { &names.wsgi_version, "wsgi.version" },
    { &names.empty, "" },
    { &names.space, " " },
    { &names.zero, "0" },
    { &names.crlf, "\r\n" },
    { &names.GET, "GET" },
    { &names.HTTP_0_9, "HTTP/0.9" },
    { &names.HTTP_1_1, "HTTP/1.1" },
    { &names.http, "http" },
    { &names.https, "https" },
    { &names.text_plain, "text/plain" },
};

int
names_ready(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(texts); i++) {
        if (*texts[i].name == NULL) {
            *texts[i].name = PyUnicode_InternFromString(texts[i].text);
        }
        if (*texts[i].name == NULL) {
            return -1;
        }
    }
    return 0;
}
