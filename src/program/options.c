/* The command line: the text of --help, the options, the functions that parse
 * their values (--bind with its four kinds of address, --port, --timeout), and
 * getopt_long(3) over all of them. */
#include "program/options.h"

#include <Python.h>

#include <arpa/inet.h>
#include <getopt.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static const char help[] =
    "usage: cwsgiref [options] [MODULE:CALLABLE] [-- ARGUMENT ...]\n"
    "\n"
    "Serves a WSGI application over HTTP. Without one, it serves the demo\n"
    "application, which shows its environ.\n"
    "\n"
    "MODULE is a dotted module or a path that ends in .py. CALLABLE is the\n"
    "application in it (default: application, or else app), or create_app()\n"
    "to call a factory. The application finds the arguments after -- in\n"
    "sys.argv.\n"
    "\n"
    "  -b, --bind HOST[:PORT]  listen on this address (default:\n"
    "                          127.0.0.1:8000); write an IPv6 address as\n"
    "                          [::1]:8000; :PORT is every IPv4 address,\n"
    "                          unix:PATH a Unix socket, unix:@NAME one\n"
    "                          without a file\n"
    "  -p, --port PORT         listen on this port; 0 picks a free one\n"
    "  -C, --chdir DIR         change to this directory first\n"
    "      --threads           answer each request in a thread of its own\n"
    "      --fork              answer each request in a process of its own\n"
    "      --once              answer one request, then exit\n"
    "      --cgi               run as a CGI program: take the request from\n"
    "                          the environment and stdin, and write the\n"
    "                          answer to stdout\n"
    "      --validate          check application and server against PEP 3333\n"
    "      --strict            refuse what later releases refuse, or is "
    "ambiguous\n"
    "      --timeout SECONDS   drop a client that stays silent this long\n"
    "      --backlog NUMBER    let this many connections wait for an answer\n"
    "      --tls-cert FILE     speak HTTPS, with this certificate\n"
    "      --tls-key FILE      its key, if that is not in the same file\n"
    "      --tls-password-file FILE\n"
    "                          the password of the key\n"
    "      --quiet             write no access log\n"
    "      --version           show the versions of cwsgiref and its Python\n"
    "  -h, --help              show this help\n";

enum {
    OPERAND = 1,
    THREADS = 256,
    FORK,
    ONCE,
    CGI,
    VALIDATE,
    STRICT,
    TIMEOUT,
    BACKLOG,
    TLS_CERT,
    TLS_KEY,
    TLS_PASSWORD_FILE,
    QUIET,
    VERSION
}; /* without a letter */

/* '-': other arguments come as OPERAND; ':': getopt prints nothing */
static const char short_options[] = "-:b:p:C:h";

static const struct option long_options[] = {
    { "bind", required_argument, NULL, 'b' },
    { "port", required_argument, NULL, 'p' },
    { "chdir", required_argument, NULL, 'C' },
    { "threads", no_argument, NULL, THREADS },
    { "fork", no_argument, NULL, FORK },
    { "once", no_argument, NULL, ONCE },
    { "cgi", no_argument, NULL, CGI },
    { "validate", no_argument, NULL, VALIDATE },
    { "strict", no_argument, NULL, STRICT },
    { "timeout", required_argument, NULL, TIMEOUT },
    { "backlog", required_argument, NULL, BACKLOG },
    { "tls-cert", required_argument, NULL, TLS_CERT },
    { "tls-key", required_argument, NULL, TLS_KEY },
    { "tls-password-file", required_argument, NULL, TLS_PASSWORD_FILE },
    { "quiet", no_argument, NULL, QUIET },
    { "version", no_argument, NULL, VERSION },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static int
complain(Options *options, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(options->error, sizeof(options->error), format, arguments);
    va_end(arguments);
    return -1;
}

/* Parses a number, of digits alone: whether it is one from `least` to `most`.
 */
static bool
parse_number(const char *text, long least, long most, int *number)
{
    size_t digits = strspn(text, "0123456789");
    long value = strtol(text, NULL, 10);

    *number = (int)value;
    return digits > 0 && text[digits] == '\0' && value >= least &&
           value <= most;
}

static int
parse_port(Options *options, const char *text, int *port)
{
    if (!parse_number(text, 0, 65535, port)) {
        return complain(options,
                        "'%s' is not a port: a port is a number from 0 to "
                        "65535, and 0 picks a free one",
                        text);
    }
    return 0;
}

static int
set_host(Options *options, const char *host, size_t length)
{
    if (length >= sizeof(options->host)) {
        return complain(options, "the host is longer than any host name");
    }
    memcpy(options->host, host, length);
    options->host[length] = '\0';
    return 0;
}

/* Cuts the zone off fe80::1%eth0: the name of an interface, or its number. */
static int
parse_zone(Options *options)
{
    char *zone = strchr(options->host, '%');

    options->scope_id = 0;
    if (zone == NULL) {
        return 0;
    }
    *zone++ = '\0';
    options->scope_id = if_nametoindex(zone);
    if (options->scope_id == 0 && zone[0] != '\0' &&
        zone[strspn(zone, "0123456789")] == '\0')
    {
        options->scope_id = (unsigned int)strtoul(zone, NULL, 10);
    }
    if (options->scope_id == 0) {
        return complain(
            options,
            "this machine has no network interface '%s' for the address %s",
            zone, options->host);
    }
    return 0;
}

/* [::1], [::1]:8000 or [fe80::1%eth0]:8000 */
static int
parse_ipv6(Options *options, const char *text, int *port)
{
    const char *end = strchr(text, ']');
    struct in6_addr address;

    if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
        return complain(options, "'%s' is not [HOST]:PORT, as in [::1]:8000",
                        text);
    }
    if (set_host(options, text + 1, (size_t)(end - text - 1)) < 0 ||
        parse_zone(options) < 0)
    {
        return -1;
    }
    if (inet_pton(AF_INET6, options->host, &address) != 1) {
        return complain(options,
                        "'%s' is not an IPv6 address: brackets are only for "
                        "those, as in [::1]:8000",
                        options->host);
    }
    options->ipv6 = true;
    return end[1] == ':' ? parse_port(options, end + 2, port) : 0;
}

/* unix:PATH or unix:@NAME */
static int
parse_unix(Options *options, const char *path)
{
    struct sockaddr_un address;

    if (path[0] == '\0' || strcmp(path, "@") == 0) {
        return complain(options, "unix: needs the path of the socket, as in "
                                 "unix:/run/cwsgiref.sock, or its name, as in "
                                 "unix:@cwsgiref");
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        return complain(options,
                        "the path of a Unix socket has at most %zu bytes, "
                        "but '%s' is longer",
                        sizeof(address.sun_path) - 1, path);
    }
    options->unix_socket = true;
    return set_host(options, path, strlen(path));
}

/* HOST, HOST:PORT, :PORT, [HOST], [HOST]:PORT or unix:PATH. *port is -1 if
 * there is none. */
static int
parse_bind(Options *options, const char *text, int *port)
{
    const char *colon = strchr(text, ':');

    *port = -1;
    options->ipv6 = false;
    options->unix_socket = false;
    if (strncmp(text, "unix:", 5) == 0) {
        return parse_unix(options, text + 5);
    }
    if (text[0] == '[') {
        return parse_ipv6(options, text, port);
    }
    if (colon == NULL) {
        if (text[0] == '\0') {
            return complain(options,
                            "the host is empty: write 0.0.0.0 for every IPv4 "
                            "address, [::] for every IPv6 address");
        }
        if (text[strspn(text, "0123456789")] == '\0') {
            return complain(
                options,
                "'%s' is not a host: for a port alone, write :%s or --port %s",
                text, text, text);
        }
        return set_host(options, text, strlen(text));
    }
    if (strchr(colon + 1, ':') != NULL) {
        return complain(options,
                        "'%s' has two colons: write HOST:PORT, and an IPv6 "
                        "address in brackets, as in [::1]:8000",
                        text);
    }
    if (set_host(options, text, (size_t)(colon - text)) < 0) {
        return -1;
    }
    return parse_port(options, colon + 1, port);
}

static int
parse_timeout(Options *options, const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    /* the system counts milliseconds in an int */
    if (end == text || *end != '\0' || !(seconds > 0 && seconds <= 2e6)) {
        return complain(options,
                        "'%s' is not a timeout: give a number of seconds "
                        "above 0 and up to 2000000, such as 2.5",
                        text);
    }
    options->timeout = seconds;
    return 0;
}

static int
parse_backlog(Options *options, const char *text)
{
    if (!parse_number(text, 1, 65535, &options->backlog)) {
        return complain(options,
                        "'%s' is not a backlog: give a number of connections "
                        "from 1 to 65535",
                        text);
    }
    return 0;
}

/* The long name of an option, or NULL. */
static const char *
long_name(int option)
{
    for (size_t i = 0; long_options[i].name != NULL; i++) {
        if (long_options[i].val == option) {
            return long_options[i].name;
        }
    }
    return NULL;
}

/* For an option that getopt_long() refuses; it has read `last`. */
static int
complain_about_option(Options *options, int found, const char *last)
{
    const char *name = long_name(optopt);

    if (found == ':') {
        return complain(options,
                        "option '--%s' needs a value (see cwsgiref --help)",
                        name);
    }
    if (name != NULL) { /* --once=1 */
        return complain(options,
                        "option '--%s' takes no value (see cwsgiref --help)",
                        name);
    }
    if (optopt != 0) {
        return complain(
            options, "there is no option '-%c' (see cwsgiref --help)", optopt);
    }
    return complain(options, "there is no option '%s' (see cwsgiref --help)",
                    last);
}

static int
set_application(Options *options, const char *application)
{
    if (options->application != NULL) {
        return complain(
            options,
            "only one application can be served, not both '%s' and '%s' (put "
            "arguments for the application after --)",
            options->application, application);
    }
    if (application[0] == '\0') {
        return complain(options, "the application is empty: name it as "
                                 "MODULE:CALLABLE, or leave it out");
    }
    options->application = application;
    return 0;
}

/* After "--": the application, if it has not been named yet, and its own
 * arguments. */
static int
parse_arguments(Options *options, int argc, char *argv[])
{
    if (optind < argc && options->application == NULL &&
        set_application(options, argv[optind++]) < 0)
    {
        return -1;
    }
    options->arguments = argv + optind;
    options->argument_count = argc - optind;
    return 0;
}

/* The field that an option without a value sets. */
static bool *
find_flag(Options *options, int found)
{
    switch (found) {
    case THREADS:
        return &options->threads;
    case FORK:
        return &options->fork;
    case ONCE:
        return &options->once;
    case CGI:
        return &options->cgi;
    case VALIDATE:
        return &options->validate;
    case STRICT:
        return &options->strict;
    case QUIET:
        return &options->quiet;
    case VERSION:
        return &options->version;
    default:
        return &options->help;
    }
}

static int
parse_option(Options *options, int found, int *bind_port, int *port)
{
    switch (found) {
    case OPERAND:
        return set_application(options, optarg);
    case 'b':
        return parse_bind(options, optarg, bind_port);
    case 'p':
        return parse_port(options, optarg, port);
    case 'C':
        options->directory = optarg;
        return 0;
    case TLS_CERT:
        options->tls_cert = optarg;
        return 0;
    case TLS_KEY:
        options->tls_key = optarg;
        return 0;
    case TLS_PASSWORD_FILE:
        options->tls_password_file = optarg;
        return 0;
    case TIMEOUT:
        return parse_timeout(options, optarg);
    case BACKLOG:
        return parse_backlog(options, optarg);
    default:
        *find_flag(options, found) = true;
        return 0;
    }
}

int
options_parse(Options *options, int argc, char *argv[])
{
    int found;
    int bind_port = -2; /* -1: --bind without a port */
    int port = -1;

    *options = (Options){ .host = "127.0.0.1", .port = 8000, .timeout = -1 };
    optind = 0; /* begins anew, also in a second call */
    while (!options->help && !options->version &&
           (found = getopt_long(argc, argv, short_options, long_options,
                                NULL)) != -1)
    {
        if (found == ':' || found == '?') {
            return complain_about_option(options, found, argv[optind - 1]);
        }
        if (parse_option(options, found, &bind_port, &port) < 0) {
            return -1;
        }
    }
    if (options->help || options->version) {
        return 0;
    }
    if (bind_port >= 0 && port >= 0 && bind_port != port) {
        return complain(
            options, "--bind says port %d and --port says %d: give only one",
            bind_port, port);
    }
    if (options->unix_socket && port >= 0) {
        return complain(options, "a Unix socket has no port: leave out "
                                 "--port");
    }
    if (options->tls_cert == NULL &&
        (options->tls_key != NULL || options->tls_password_file != NULL))
    {
        return complain(options, "%s needs --tls-cert, too",
                        options->tls_key != NULL ? "--tls-key"
                                                 : "--tls-password-file");
    }
    if (options->cgi && options->tls_cert != NULL) {
        return complain(options, "--cgi has no connection for --tls-cert: "
                                 "the web server speaks TLS");
    }
    if (options->threads && options->fork) {
        return complain(
            options, "--threads and --fork exclude each other: give only one");
    }
    if (options->cgi &&
        (options->threads || options->fork || port >= 0 || bind_port >= -1))
    {
        return complain(options,
                        "--cgi answers only the request that started it: "
                        "leave out --bind, --port, --threads and --fork");
    }
    if (bind_port >= 0 || port >= 0) {
        options->port = port >= 0 ? port : bind_port;
    }
    return parse_arguments(options, argc, argv);
}

int
options_print_help(FILE *file)
{
    return fputs(help, file) < 0 || fflush(file) != 0;
}

int
options_print_version(FILE *file)
{
    char python[32];

    sscanf(Py_GetVersion(), "%31s", python);
    return fprintf(file, "cwsgiref %s (Python %s)\n", CWSGIREF_VERSION,
                   python) < 0 ||
           fflush(file) != 0;
}
