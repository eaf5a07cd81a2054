#include "same_as_original.h"

static const char spies[] = "def writer(*a, **kw):\n"
                            "    say('writer', a, kw)\n"
                            "    return ['not passed on']\n"
                            "def failing(data): raise KeyError('writer')\n";

static const char *const sources[] = {
    "V.WriteWrapper(writer)(b'data')",
    "V.WriteWrapper(writer)(b'')",
    "V.WriteWrapper(writer)(s=b'data')",
    "V.WriteWrapper(writer)('text')",
    "V.WriteWrapper(writer)(Bytes(b'data'))",
    "V.WriteWrapper(writer)(bytearray(b'data'))",
    "V.WriteWrapper(writer)(None)",
    "V.WriteWrapper(writer)()",
    "V.WriteWrapper(writer)(b'a', b'b')",
    "V.WriteWrapper(writer)(data=b'a')",
    "V.WriteWrapper(failing)(b'data')",
    "V.WriteWrapper(failing)('text')",
    "V.WriteWrapper(None)(b'data')",
    "V.WriteWrapper(None)('text')",
    "V.WriteWrapper(io.StringIO()).write('x')",
    "callable(V.WriteWrapper(None))",
    "V.WriteWrapper(writer).writer is writer",
    "V.WriteWrapper(wsgi_writer=5).writer",
    "w = V.WriteWrapper(5)\n"
    "w.writer = writer\n"
    "w(b'data')\n",
    "w = V.WriteWrapper(5)\n"
    "del w.writer\n"
    "w(b'data')\n",
    "(lambda w: weakref.ref(w)() is w)(V.WriteWrapper(5))",
    "class Own(V.WriteWrapper):\n"
    "    def __call__(self, s):\n"
    "        say('own', s)\n"
    "        return super().__call__(s)\n"
    "result = Own(writer)(b'data')\n",
    "V.WriteWrapper()",
    "V.WriteWrapper(1, 2)",
    "V.WriteWrapper(writer=1)",
};

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_owns_its_writer_and_lets_go_of_it(void **state)
{
    PyObject *writer = eval_python("lambda data: say(data)");
    PyObject *data = eval_python("b'%d' % 12345");
    PyObject *text = eval_python("'%d' % 12345");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&WriteWrapper_type, writer);
    PyObject *kept;

    (void)state;
    assert_non_null(wrapper);
    kept = PyObject_GetAttrString(wrapper, "writer");
    assert_ptr_equal(kept, writer);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(writer), 2);
    assert_int_equal(WriteWrapper_call(wrapper, data), 0);
    assert_int_equal(WriteWrapper_call(wrapper, text), -1);
    assert_raised(PyExc_AssertionError, "");
    assert_int_equal(Py_REFCNT(data), 1);
    assert_int_equal(Py_REFCNT(text), 1);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(writer), 1);
    Py_DECREF(text);
    Py_DECREF(data);
    Py_DECREF(writer);
}

static void
test_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_none_leaks(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_cycles_are_collected(void **state)
{
    (void)state;
    run_python("class Writer: pass\n"
               "def cycle(W):\n"
               "    stream = Writer()\n"
               "    stream.wrapper = W(stream)\n"
               "    stream.wrapper.me = stream.wrapper\n"
               "    return weakref.ref(stream)\n"
               "refs = [cycle(ours.WriteWrapper),\n"
               "        cycle(attributes(ours.WriteWrapper))]\n"
               "gc.collect()\n");
    assert_repr(eval_python("[ref() for ref in refs]"), "[None, None]");
}

static int
setup(void **state)
{
    if (start_validate(state) < 0) {
        return -1;
    }
    run_python(spies);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_owns_its_writer_and_lets_go_of_it),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
