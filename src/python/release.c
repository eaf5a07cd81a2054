/* How the linked release differs: what it is asked when it matters; what is
 * known from its version; and release_ready(), at the start. docs/releases.md
 * has the table for people. */
#include "python/release.h"

#include "python/linked.h"
#include "python/objects.h"

static const char color_scheme[] =
    "        <style type=\"text/css\">\n"
    "            :root {\n"
    "                color-scheme: light dark;\n"
    "            }\n"
    "        </style>\n";

/* For what follows: a handler that reads one request, and sends nothing. */
static const char with_handler[] =
    "import http.server, io\n"
    "\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    refused = False\n"
    "    def __init__(self, line):\n"
    "        self.raw_requestline = line\n"
    "        self.rfile = io.BytesIO(b'\\r\\n')\n"
    "        self.parse_request()\n"
    "    def send_error(self, *arguments):\n"
    "        self.refused = True\n";

/* And whether a call with a control character raises ValueError. */
static const char with_raises_ValueError[] =
    "import wsgiref.handlers, wsgiref.headers\n"
    "\n"
    "def raises_ValueError(function, *arguments):\n"
    "    try:\n"
    "        function(*arguments)\n"
    "    except ValueError:\n"
    "        return True\n"
    "    return False\n";

/* And a server for AF_UNIX that notes how its socket is set up. */
static const char with_server[] =
    "import socket, socketserver\n"
    "\n"
    "class Server(socketserver.TCPServer):\n"
    "    address_family = socket.AF_UNIX\n"
    "    allow_reuse_port = True\n"
    "    options = ()\n"
    "    def __init__(self):\n"
    "        self.socket = self\n"
    "        self.server_address = ''\n"
    "        self.server_bind()\n"
    "    def setsockopt(self, level, option, value):\n"
    "        self.options += (option,)\n"
    "    def bind(self, address):\n"
    "        pass\n"
    "    def getsockname(self):\n"
    "        return ''\n";

/* How the linked library is asked: by an expression, after statements. */
static const struct {
    const char *name;
    const char *statements;
    const char *expression;
} questions[QUESTIONS] = {
    [malformed_request_has_status_line] = {
        .name = "malformed_request_has_status_line",
        .statements = with_handler,
        .expression = "Handler(b'x\\r\\n').request_version == ''",
    },
    [http_0_9_without_headers] = {
        .name = "http_0_9_without_headers",
        .statements = with_handler,
        .expression = "Handler(b'GET /\\r\\n').rfile.tell() == 0",
    },
    [http_version_digits_only] = {
        .name = "http_version_digits_only",
        .statements = with_handler,
        .expression = "Handler(b'GET / HTTP/1.+1\\r\\n').refused",
    },
    [leading_fold_removed] = {
        .name = "leading_fold_removed",
        .statements = "import http.client, io",
        .expression = "http.client.parse_headers("
                      "io.BytesIO(b'X:\\r\\n y\\r\\n\\r\\n'))['X'] == 'y'",
    },
    [blank_line_counts] = {
        .name = "blank_line_counts",
        .statements = "import http.client, io\n"
                      "\n"
                      "def is_allowed(block):\n"
                      "    try:\n"
                      "        http.client.parse_headers(io.BytesIO(block))\n"
                      "    except http.client.HTTPException:\n"
                      "        return False\n"
                      "    return True\n",
        .expression = "not is_allowed(b'X: y\\r\\n' * 100 + b'\\r\\n')",
    },
    [header_control_characters_refused] = {
        .name = "header_control_characters_refused",
        .statements = with_raises_ValueError,
        .expression = "raises_ValueError(wsgiref.headers.Headers()"
                      ".setdefault, 'X', '\\n')",
    },
    [status_control_characters_refused] = {
        .name = "status_control_characters_refused",
        .statements = with_raises_ValueError,
        .expression = "raises_ValueError(wsgiref.handlers.BaseHandler()"
                      ".start_response, '200 \\n', [])",
    },
    [reuse_port_for_ip_only] = {
        .name = "reuse_port_for_ip_only",
        .statements = with_server,
        .expression = "socket.SO_REUSEPORT not in Server().options",
    },
};

enum { UNKNOWN = -1 };

static Release linked;
static int answers[QUESTIONS]; /* 1, 0, or UNKNOWN */
static char version[32];
static bool debug;

const Release *
release(void)
{
    return &linked;
}

const char *
question_name(Question question)
{
    return questions[question].name;
}

const char *
python_version(void)
{
    return version;
}

bool
python_debug(void)
{
    return debug;
}

int
release_asked(Question question)
{
    if (answers[question] == UNKNOWN) {
        answers[question] = truth(evaluate(questions[question].statements,
                                           questions[question].expression));
    }
    return answers[question];
}

/* io.DEFAULT_BUFFER_SIZE, or -1 with an exception. */
static Py_ssize_t
io_buffer_size(void)
{
    PyObject *number = import_from("io", "DEFAULT_BUFFER_SIZE");
    Py_ssize_t size = number == NULL ? -1 : PyLong_AsSsize_t(number);

    Py_XDECREF(number);
    return size;
}

int
release_ready(void)
{
    PyObject *builtins = PyEval_GetBuiltins(); /* borrowed */
    Py_ssize_t buffer_size = linked_ready() < 0 ? -1 : io_buffer_size();

    if (buffer_size < 0) {
        return -1;
    }
    /* "3.11.2 (main, ...": sys.version, as the library says it at run time */
    sscanf(Py_GetVersion(), "%31s", version);
    debug = PyDict_GetItemString(builtins, "__debug__") == Py_True;
    linked = (Release){
        .default_buffer_size = buffer_size,
        .remote_host = Py_Version < 0x030D0000,
        .validate_status = Py_Version >= 0x030C0000,
        .parse_header_lines = Py_Version >= 0x030C0000,
        .types_have_module = Py_Version >= 0x030C0000,
        .rfc_9110_reasons = Py_Version >= 0x030D0000,
        .close_error_told = Py_Version >= 0x030D0000,
        .status_descriptions = Py_Version >= 0x030E0000,
        .unpack_says_got = Py_Version >= 0x030E0000,
        .unraisable_names_deallocator = Py_Version >= 0x030E0000,
        .log_colour = Py_Version >= 0x030F0000,
        .server_version =
            Py_Version >= 0x030F0000 ? "WSGIServer" : "WSGIServer/0.2",
        .http_server_version =
            Py_Version >= 0x030F0000 ? "BaseHTTP" : "BaseHTTP/0.6",
        .error_page_style = Py_Version >= 0x030E0000 ? color_scheme : "",
    };
    for (size_t i = 0; i < QUESTIONS; i++) {
        answers[i] = UNKNOWN;
    }
    return 0;
}

void
release_harden(void)
{
    answers[malformed_request_has_status_line] = true;
    answers[http_version_digits_only] = true;
    answers[header_control_characters_refused] = true;
    answers[status_control_characters_refused] = true;
}
