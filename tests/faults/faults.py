"""The faults: a name, the file, what is replaced by what in it, and which
check has to find it: the comparison (`compare`: bytes, log, end of the
connection), the call tree (`callgraph`), or both."""

from typing import NamedTuple

BASE_HANDLER = 'handlers/base_handler.c'
BASE_SERVER = 'server/base_server.c'
REQUEST_HANDLER = 'server/wsgi_request_handler.c'

COMPARE, CALLGRAPH = 'compare', 'callgraph'


class Fault(NamedTuple):
    name: str
    path: str  # in src
    edits: list  # (what is there, what comes in its place)
    found_by: set


FAULTS = [
    Fault('a dropped header: Server is never sent', BASE_HANDLER,
          [('has_server = has_header(self, names.Server);',
            'has_server = 1;')],
          {COMPARE, CALLGRAPH}),
    Fault('a changed order: a header that is set comes first',
          'headers/headers.c',
          [('result = append_pair(self, k, v);',
            'PyObject *pair = PyTuple_Pack(2, k, v);\n'
            'result = PyList_Insert(self->_headers, 0, pair);\n'
            'Py_DECREF(pair);')],
          {COMPARE}),
    Fault('a skipped call: verify_request', BASE_SERVER,
          [('verified = self->cls->verify_request(self, request, '
            'client_address);', 'verified = 1;')],
          {CALLGRAPH}),
    Fault('a skipped call: service_actions', BASE_SERVER,
          [('if (FAILED(self->cls->service_actions(self) < 0)) {',
            'if (false) {')],
          {CALLGRAPH}),
    Fault('a skipped check: hop-by-hop headers', BASE_HANDLER,
          [('hop_by_hop = is_hop_by_hop(name);', 'hop_by_hop = 0;')],
          {COMPARE, CALLGRAPH}),
    Fault('a log line before instead of after: that of an error page, before '
          'the traceback', BASE_HANDLER,
          [('    logged = self->cls->log_exception(self, exc_info);\n'
            '    Py_DECREF(exc_info);\n'
            '    if (FAILED(logged < 0)) {\n'
            '        return -1;\n'
            '    }\n'
            '    if (self->headers_sent) {\n'
            '        return 0;\n'
            '    }\n',
            '    if (self->headers_sent) {\n'
            '        logged = self->cls->log_exception(self, exc_info);\n'
            '        Py_DECREF(exc_info);\n'
            '        return logged;\n'
            '    }\n'),
           ('    Py_XSETREF(self->result, output);\n'
            '    return TRACED(self->cls->finish_response(self));\n',
            '    Py_XSETREF(self->result, output);\n'
            '    if (FAILED(self->cls->finish_response(self) < 0)) {\n'
            '        return -1;\n'
            '    }\n'
            '    logged = self->cls->log_exception(self, exc_info);\n'
            '    Py_DECREF(exc_info);\n'
            '    return logged;\n')],
          {COMPARE, CALLGRAPH}),
    Fault('a changed order of calls: get_environ before get_stderr',
          REQUEST_HANDLER,
          [('    err = class_of(http)->get_stderr(http);\n'
            '    if (FAILED(err == NULL)) {\n',
            '    env = class_of(http)->get_environ(http);\n'
            '    if (FAILED(env == NULL)) {\n'),
           ('    env = class_of(http)->get_environ(http);\n'
            '    if (FAILED(env == NULL)) {\n'
            '        goto done;\n'
            '    }\n'
            '    handler =',
            '    err = class_of(http)->get_stderr(http);\n'
            '    if (FAILED(err == NULL)) {\n'
            '        goto done;\n'
            '    }\n'
            '    handler =')],
          {CALLGRAPH}),
    Fault('a wrong Content-Length: that of the first of several blocks',
          BASE_HANDLER,
          [('if (blocks != 1) {', 'if (blocks < 1) {')],
          {COMPARE, CALLGRAPH}),
    Fault("a skipped call: the iterable's close() after an error",
          BASE_HANDLER,
          [('if (!FAILED(close_result(self) < 0)) {', 'if (true || close_result(self)) {')],
          {COMPARE}),
    Fault('a wrong count in the log: only the first block', BASE_HANDLER,
          [('self->bytes_sent += size;', '(void)size;')],
          {COMPARE}),
    Fault('a wrong environ: duplicate headers are joined with a semicolon',
          REQUEST_HANDLER,
          [('PyUnicode_FromFormat("%U,%U"', 'PyUnicode_FromFormat("%U;%U"')],
          {COMPARE}),
    Fault('a limit off by one: the request line', REQUEST_HANDLER,
          [('(http->raw_requestline) > 65536',
            '(http->raw_requestline) >= 65536')],
          {COMPARE}),
    Fault('status line and headers for an HTTP/0.9 client', BASE_HANDLER,
          [('int result = protocol_is_modern(self);',
            'int result = protocol_is_modern(self) < 0 ? -1 : 1;')],
          {COMPARE, CALLGRAPH}),
]
