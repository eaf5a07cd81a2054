#include "support.h"

#include <net/if.h>
#include <string.h>

#include "program/options.h"

/* Parses the arguments behind "cwsgiref", ended by NULL. */
static int
parse(Options *options, ...)
{
    static char words[16][300];
    char *argv[18] = { "cwsgiref" };
    int argc = 1;
    const char *argument;
    va_list arguments;

    va_start(arguments, options);
    while ((argument = va_arg(arguments, const char *)) != NULL) {
        PyOS_snprintf(words[argc - 1], sizeof(words[0]), "%s", argument);
        argv[argc] = words[argc - 1];
        argc++;
    }
    va_end(arguments);
    return options_parse(options, argc, argv);
}

#define assert_parsed(...) assert_int_equal(parse(__VA_ARGS__, NULL), 0)
#define assert_refused(text, ...)                                 \
    do {                                                          \
        Options refused;                                          \
                                                                  \
        assert_int_equal(parse(&refused, __VA_ARGS__, NULL), -1); \
        assert_string_equal(refused.error, text);                 \
    } while (0)

static void
assert_bound(const Options *options, const char *host, int port, bool ipv6)
{
    assert_string_equal(options->host, host);
    assert_int_equal(options->port, port);
    assert_int_equal(options->ipv6, ipv6);
}

static void
test_without_arguments_the_demo_is_served_on_port_8000(void **state)
{
    Options options;

    (void)state;
    assert_int_equal(parse(&options, NULL), 0);
    assert_null(options.application);
    assert_null(options.directory);
    assert_bound(&options, "127.0.0.1", 8000, false);
    assert_false(options.once || options.quiet || options.strict);
    assert_false(options.help || options.version);
    assert_true(options.timeout < 0);
    assert_int_equal(options.backlog, 0);
}

static void
test_every_option_has_its_place(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "--bind", "0.0.0.0", "--port=81", "hello:app",
                  "--chdir", "there", "--once", "--quiet", "--strict",
                  "--timeout", "2.5", "--backlog", "128");
    assert_string_equal(options.application, "hello:app");
    assert_string_equal(options.directory, "there");
    assert_bound(&options, "0.0.0.0", 81, false);
    assert_true(options.once);
    assert_true(options.quiet);
    assert_true(options.strict);
    assert_true(options.timeout == 2.5);
    assert_int_equal(options.backlog, 128);
}

static void
test_short_options_may_stand_together_with_their_values(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "-b:81", "-Cthere", "-p81", "--", "-x");
    assert_bound(&options, "", 81, false);
    assert_string_equal(options.directory, "there");
    assert_string_equal(options.application, "-x");
}

static void
test_bind_takes_a_host_a_port_or_both(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "-b", "localhost");
    assert_bound(&options, "localhost", 8000, false);
    assert_parsed(&options, "-b", "localhost:80");
    assert_bound(&options, "localhost", 80, false);
    assert_parsed(&options, "-b", ":0");
    assert_bound(&options, "", 0, false);
    assert_parsed(&options, "-b", "[::1]");
    assert_bound(&options, "::1", 8000, true);
    assert_parsed(&options, "-b", "[::]:65535");
    assert_bound(&options, "::", 65535, true);
    assert_parsed(&options, "-b", "[::1]:1", "-b", "10.0.0.1");
    assert_bound(&options, "10.0.0.1", 8000, false);
}

static void
test_port_and_bind_must_not_contradict_each_other(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "-p", "81", "-b", "localhost");
    assert_bound(&options, "localhost", 81, false);
    assert_parsed(&options, "-p", "81", "-b", "localhost:81");
    assert_bound(&options, "localhost", 81, false);
    assert_refused("--bind says port 80 and --port says 81: give only one",
                   "-p", "81", "-b", "localhost:80");
    assert_refused("--bind says port 80 and --port says 0: give only one",
                   "-b", ":80", "-p", "0");
}

static void
test_what_is_no_host_is_refused(void **state)
{
    char name[300];

    (void)state;
    assert_refused(
        "'8080' is not a host: for a port alone, write :8080 or --port 8080",
        "-b", "8080");
    assert_refused("'::1' has two colons: write HOST:PORT, and an IPv6 "
                   "address in brackets, as in [::1]:8000",
                   "-b", "::1");
    assert_refused("'[::1' is not [HOST]:PORT, as in [::1]:8000", "-b",
                   "[::1");
    assert_refused("'[::1]80' is not [HOST]:PORT, as in [::1]:8000", "-b",
                   "[::1]80");
    assert_refused("'localhost' is not an IPv6 address: brackets are only for "
                   "those, as in [::1]:8000",
                   "-b", "[localhost]:80");
    assert_refused("the host is empty: write 0.0.0.0 for every IPv4 address, "
                   "[::] for every IPv6 address",
                   "-b", "");
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_refused("the host is longer than any host name", "-b", name);
    name[256] = '\0';
    assert_refused("the host is longer than any host name", "-b", name);
}

static void
test_what_is_no_port_is_refused(void **state)
{
    static const char *const ports[] = {
        "65536", "-1", "+1", " 1", "80x", "http", "", "99999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(ports); i++) {
        char expected[200];
        char bind[50];

        PyOS_snprintf(expected, sizeof(expected),
                      "'%s' is not a port: a port is a number from 0 to "
                      "65535, and 0 picks a free one",
                      ports[i]);
        assert_refused(expected, "--port", ports[i]);
        PyOS_snprintf(bind, sizeof(bind), "localhost:%s", ports[i]);
        assert_refused(expected, "--bind", bind);
        PyOS_snprintf(bind, sizeof(bind), "[::1]:%s", ports[i]);
        assert_refused(expected, "--bind", bind);
    }
}

static void
test_a_backlog_is_a_number_above_0(void **state)
{
    static const char *const backlogs[] = {
        "0", "-1", "", "x", "1.5", "65536"
    };
    Options options;

    (void)state;
    assert_parsed(&options, "--backlog=65535");
    assert_int_equal(options.backlog, 65535);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(backlogs); i++) {
        char expected[200];

        PyOS_snprintf(expected, sizeof(expected),
                      "'%s' is not a backlog: give a number of connections "
                      "from 1 to 65535",
                      backlogs[i]);
        assert_refused(expected, "--backlog", backlogs[i]);
    }
}

static void
test_a_timeout_is_a_number_above_0(void **state)
{
    static const char *const timeouts[] = { "0",   "-1",  "",    "1s",
                                            "nan", "inf", "1e99" };
    Options options;

    (void)state;
    assert_parsed(&options, "--timeout=0.25");
    assert_true(options.timeout == 0.25);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(timeouts); i++) {
        char expected[200];

        PyOS_snprintf(expected, sizeof(expected),
                      "'%s' is not a timeout: give a number of seconds above "
                      "0 and up to 2000000, such as 2.5",
                      timeouts[i]);
        assert_refused(expected, "--timeout", timeouts[i]);
    }
}

static void
test_a_unix_socket_is_bound_by_its_path(void **state)
{
    Options options;
    char longest[200] = "unix:";
    char reason[300];

    (void)state;
    assert_parsed(&options, "-b", "unix:/run/a:b.sock");
    assert_true(options.unix_socket);
    assert_string_equal(options.host, "/run/a:b.sock");
    assert_parsed(&options, "-b", "unix:x", "-b", "127.0.0.1:1");
    assert_false(options.unix_socket);
    assert_parsed(&options, "-b", "unix:@name");
    assert_true(options.unix_socket);
    assert_string_equal(options.host, "@name");
    memset(longest + 5, 'x', 107);
    assert_parsed(&options, "-b", longest);
    assert_refused("unix: needs the path of the socket, as in "
                   "unix:/run/cwsgiref.sock, or its name, as in "
                   "unix:@cwsgiref",
                   "-b", "unix:");
    assert_refused("unix: needs the path of the socket, as in "
                   "unix:/run/cwsgiref.sock, or its name, as in "
                   "unix:@cwsgiref",
                   "-b", "unix:@");
    assert_refused("a Unix socket has no port: leave out --port", "-b",
                   "unix:x", "-p", "8000");
    longest[112] = 'x';
    PyOS_snprintf(reason, sizeof(reason),
                  "the path of a Unix socket has at most 107 bytes, but '%s' "
                  "is longer",
                  longest + 5);
    assert_refused(reason, "-b", longest);
}

static void
test_threads_processes_and_cgi_exclude_each_other(void **state)
{
    static const char cgi[] =
        "--cgi answers only the request that started it: leave out --bind, "
        "--port, --threads and --fork";
    Options options;

    (void)state;
    assert_parsed(&options, "--threads", "--validate");
    assert_true(options.threads && options.validate);
    assert_false(options.fork || options.cgi);
    assert_parsed(&options, "--fork", "--once");
    assert_true(options.fork && options.once);
    assert_parsed(&options, "--cgi", "--validate", "a:b");
    assert_true(options.cgi && options.validate);
    assert_refused("--threads and --fork exclude each other: give only one",
                   "--threads", "--fork");
    assert_refused(cgi, "--cgi", "--threads");
    assert_refused(cgi, "--cgi", "--fork");
    assert_refused(cgi, "--cgi", "-p", "1");
    assert_refused(cgi, "--cgi", "-b", "localhost");
    assert_refused(cgi, "--cgi", "-b", "unix:x");
}

static void
test_there_is_one_application_and_it_has_a_name(void **state)
{
    (void)state;
    assert_refused("only one application can be served, not both 'a' and "
                   "'b:c' (put arguments for the application after --)",
                   "a", "--once", "b:c");
    assert_refused("the application is empty: name it as MODULE:CALLABLE, or "
                   "leave it out",
                   "");
}

static void
test_what_stands_behind_the_dashes_is_the_application_s(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "a", "--once", "--", "--quiet", "b:c");
    assert_string_equal(options.application, "a");
    assert_true(options.once);
    assert_false(options.quiet);
    assert_int_equal(options.argument_count, 2);
    assert_string_equal(options.arguments[0], "--quiet");
    assert_string_equal(options.arguments[1], "b:c");
    assert_parsed(&options, "--once", "--", "a", "--quiet");
    assert_string_equal(options.application, "a");
    assert_int_equal(options.argument_count, 1);
    assert_string_equal(options.arguments[0], "--quiet");
    assert_parsed(&options, "-C", "--", "a");
    assert_string_equal(options.directory, "--");
    assert_int_equal(options.argument_count, 0);
    assert_parsed(&options, "a", "--");
    assert_int_equal(options.argument_count, 0);
}

static void
test_an_ipv6_address_may_have_a_zone(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "-b", "[fe80::1%lo]:80");
    assert_bound(&options, "fe80::1", 80, true);
    assert_int_equal(options.scope_id, if_nametoindex("lo"));
    assert_parsed(&options, "-b", "[fe80::1%7]");
    assert_int_equal(options.scope_id, 7);
    assert_parsed(&options, "-b", "[fe80::1%lo]", "-b", "[::1]");
    assert_int_equal(options.scope_id, 0);
    assert_refused(
        "this machine has no network interface 'none' for the address "
        "fe80::1",
        "-b", "[fe80::1%none]:80");
    assert_refused("this machine has no network interface '' for the address "
                   "fe80::1",
                   "-b", "[fe80::1%]:80");
}

static void
test_wrong_options_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("there is no option '--bogus' (see cwsgiref --help)",
                   "--bogus");
    assert_refused("there is no option '--bogus=1' (see cwsgiref --help)",
                   "app", "--bogus=1");
    assert_refused("there is no option '-x' (see cwsgiref --help)", "-x");
    assert_refused("there is no option '-x' (see cwsgiref --help)", "-xp1");
    assert_refused("option '--port' needs a value (see cwsgiref --help)",
                   "-p");
    assert_refused("option '--timeout' needs a value (see cwsgiref --help)",
                   "--timeout");
    assert_refused("option '--once' takes no value (see cwsgiref --help)",
                   "--once=1");
    assert_refused("option '--help' takes no value (see cwsgiref --help)",
                   "--help=1");
}

static void
test_help_and_version_win_over_what_follows(void **state)
{
    Options options;

    (void)state;
    assert_parsed(&options, "-h", "--bogus");
    assert_true(options.help);
    assert_parsed(&options, "--version", "a", "b", "c");
    assert_true(options.version);
}

/* What a function prints into a file. */
static void
read_back(int (*print)(FILE *), char *text, size_t size)
{
    FILE *file = tmpfile();
    size_t length;

    assert_non_null(file);
    assert_int_equal(print(file), 0);
    rewind(file);
    length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
}

static void
test_help_names_every_option_in_80_columns(void **state)
{
    static const char *const names[] = {
        "-b, --bind", "-p, --port", "-C, --chdir", "--threads",  "--fork",
        "--once",     "--cgi",      "--validate",  "--strict",   "--timeout",
        "--backlog",  "--quiet",    "--version",   "-h, --help",
    };
    char text[4000];

    (void)state;
    read_back(options_print_help, text, sizeof(text));
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        assert_non_null(strstr(text, names[i]));
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) < 80);
    }
}

static void
test_version_names_both_versions(void **state)
{
    char text[100];
    char expected[100];

    (void)state;
    read_back(options_print_version, text, sizeof(text));
    assert_memory_equal(text, "cwsgiref ", 9);
    PyOS_snprintf(expected, sizeof(expected), " (Python %s)\n", PY_VERSION);
    assert_string_equal(strchr(text + 9, ' '), expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_without_arguments_the_demo_is_served_on_port_8000),
        cmocka_unit_test(test_every_option_has_its_place),
        cmocka_unit_test(
            test_short_options_may_stand_together_with_their_values),
        cmocka_unit_test(test_bind_takes_a_host_a_port_or_both),
        cmocka_unit_test(test_port_and_bind_must_not_contradict_each_other),
        cmocka_unit_test(test_what_is_no_host_is_refused),
        cmocka_unit_test(test_what_is_no_port_is_refused),
        cmocka_unit_test(test_a_timeout_is_a_number_above_0),
        cmocka_unit_test(test_a_backlog_is_a_number_above_0),
        cmocka_unit_test(test_a_unix_socket_is_bound_by_its_path),
        cmocka_unit_test(test_threads_processes_and_cgi_exclude_each_other),
        cmocka_unit_test(test_there_is_one_application_and_it_has_a_name),
        cmocka_unit_test(
            test_what_stands_behind_the_dashes_is_the_application_s),
        cmocka_unit_test(test_an_ipv6_address_may_have_a_zone),
        cmocka_unit_test(test_wrong_options_are_refused_by_name),
        cmocka_unit_test(test_help_and_version_win_over_what_follows),
        cmocka_unit_test(test_help_names_every_option_in_80_columns),
        cmocka_unit_test(test_version_names_both_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
