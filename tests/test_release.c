#include "support.h"

#include "types.h"
#include "python/release.h"

/* What the program says, which is taken, is what the library says. Fields and
 * questions have the names of tools/releases/probes.py, which asks in words
 * of its own. */
static void
assert_as_probed(const char *name, PyObject *said)
{
    give_python("name", PyUnicode_FromString(name));
    give_python("said", said);
    run_python("compare_with_probe(name, said)");
}

static void
test_the_linked_release_is_asked(void **state)
{
    (void)state;
    for (Question i = 0; i < QUESTIONS; i++) {
        assert_as_probed(question_name(i), PyBool_FromLong(release_asked(i)));
    }
    assert_nothing_differs("rows.report()");
}

static void
test_the_version_tells_the_rest(void **state)
{
    const Release *linked = release();
    const struct {
        const char *name;
        bool said;
    } rows[] = {
        { "remote_host", linked->remote_host },
        { "validate_status", linked->validate_status },
        { "parse_header_lines", linked->parse_header_lines },
        { "types_have_module", linked->types_have_module },
        { "rfc_9110_reasons", linked->rfc_9110_reasons },
        { "close_error_told", linked->close_error_told },
        { "status_descriptions", linked->status_descriptions },
        { "unpack_says_got", linked->unpack_says_got },
        { "unraisable_names_deallocator",
          linked->unraisable_names_deallocator },
        { "log_colour", linked->log_colour },
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(rows); i++) {
        assert_as_probed(rows[i].name, PyBool_FromLong(rows[i].said));
    }
    assert_as_probed("default_buffer_size",
                     PyLong_FromSsize_t(linked->default_buffer_size));
    assert_as_probed("request_queue_size",
                     PyLong_FromLong(REQUEST_QUEUE_SIZE));
    assert_as_probed("server_version",
                     PyUnicode_FromString(linked->server_version));
    assert_as_probed("http_server_version",
                     PyUnicode_FromString(linked->http_server_version));
    assert_as_probed("error_page_style",
                     PyUnicode_FromString(linked->error_page_style));
    assert_nothing_differs("rows.report()");
}

static bool
is_hardened(Question question)
{
    return question == malformed_request_has_status_line ||
           question == http_version_digits_only ||
           question == header_control_characters_refused ||
           question == status_control_characters_refused;
}

static void
test_harden_turns_on_four_checks_and_nothing_else(void **state)
{
    int before[QUESTIONS];

    (void)state;
    for (Question i = 0; i < QUESTIONS; i++) {
        before[i] = release_asked(i);
    }
    release_harden();
    for (Question i = 0; i < QUESTIONS; i++) {
        assert_int_equal(release_asked(i), is_hardened(i) ? 1 : before[i]);
    }
}

static void
test_ready_asks_the_linked_release_again(void **state)
{
    int linked[QUESTIONS];

    (void)state;
    assert_int_equal(release_ready(), 0);
    for (Question i = 0; i < QUESTIONS; i++) {
        linked[i] = release_asked(i);
    }
    release_harden();
    assert_int_equal(release_ready(), 0);
    for (Question i = 0; i < QUESTIONS; i++) {
        assert_int_equal(release_asked(i), linked[i]);
    }
}

/* Ctrl-C, or no memory, while Python is asked. */
static void
test_what_is_raised_meanwhile_is_no_answer(void **state)
{
    (void)state;
    assert_int_equal(release_ready(), 0);
    run_python("interrupt_imports()");
    assert_int_equal(release_asked(http_0_9_without_headers), -1);
    assert_raised(PyExc_KeyboardInterrupt, "");
    run_python("restore()");
    assert_as_probed("http_0_9_without_headers",
                     PyBool_FromLong(release_asked(http_0_9_without_headers)));
    assert_nothing_differs("rows.report()");
}

static void
test_an_answer_is_kept(void **state)
{
    int answer = release_asked(http_0_9_without_headers);

    (void)state;
    run_python("hide_module()");
    assert_int_equal(release_asked(http_0_9_without_headers), answer);
    run_python("restore()");
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    run_python_file("test_release.py");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_the_linked_release_is_asked),
        python_test(test_the_version_tells_the_rest),
        python_test(test_harden_turns_on_four_checks_and_nothing_else),
        python_test(test_ready_asks_the_linked_release_again),
        python_test(test_what_is_raised_meanwhile_is_no_answer),
        python_test(test_an_answer_is_kept),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
