#include "same_as_original.h"

static const char spies[] =
    "class Err:\n"
    "    def __init__(self, error=None): self.error = error\n"
    "    def said(self, *what):\n"
    "        say(*what)\n"
    "        if self.error: raise self.error\n"
    "        return ['not passed on']\n"
    "    def write(self, *a, **kw): return self.said('write', a, kw)\n"
    "    def writelines(self, *a): return self.said('writelines', a)\n"
    "    def flush(self, *a, **kw): return self.said('flush', a, kw)\n"
    "    def close(self): say('close')\n";

static const char *const sources[] = {
    "V.ErrorWrapper(Err()).write('text')",
    "V.ErrorWrapper(Err()).write('')",
    "V.ErrorWrapper(Err()).write(s='text')",
    "V.ErrorWrapper(Err()).write(b'bytes')",
    "V.ErrorWrapper(Err()).write(Str('text'))",
    "V.ErrorWrapper(Err()).write(None)",
    "V.ErrorWrapper(Err()).write(('a',))",
    "V.ErrorWrapper(Err()).write()",
    "V.ErrorWrapper(Err()).write('a', 'b')",
    "V.ErrorWrapper(Err()).write('a', s='b')",
    "V.ErrorWrapper(Err()).write(text='b')",
    "V.ErrorWrapper(Err(KeyError('write'))).write('text')",
    "V.ErrorWrapper(None).write('text')",
    "V.ErrorWrapper(Err()).flush()",
    "V.ErrorWrapper(Err()).flush(1)",
    "V.ErrorWrapper(Err(KeyError('flush'))).flush()",
    "V.ErrorWrapper(None).flush()",
    /* each line is written, not passed to the stream's writelines() */
    "V.ErrorWrapper(Err()).writelines(['a', '', 'b'])",
    "V.ErrorWrapper(Err()).writelines('abc')",
    "V.ErrorWrapper(Err()).writelines(['line %d' % i for i in range(3)])",
    "V.ErrorWrapper(Err()).writelines(iter([]))",
    "V.ErrorWrapper(Err()).writelines(seq=('a',))",
    "V.ErrorWrapper(Err()).writelines(['a', b'b', 'c'])",
    "V.ErrorWrapper(Err()).writelines(b'abc')",
    "V.ErrorWrapper(Err()).writelines(None)",
    "V.ErrorWrapper(Err()).writelines(5)",
    "V.ErrorWrapper(Err()).writelines()",
    "V.ErrorWrapper(Err()).writelines(['a'], ['b'])",
    "V.ErrorWrapper(Err(KeyError('write'))).writelines(['a', 'b'])",
    "def lines():\n"
    "    yield 'a'\n"
    "    raise KeyError('lines')\n"
    "V.ErrorWrapper(Err()).writelines(lines())\n",
    "class Own(V.ErrorWrapper):\n"
    "    def write(self, s):\n"
    "        say('own', s)\n"
    "        super().write(s.upper())\n"
    "Own(Err()).writelines(['a', 'b'])\n",
    "class Own(V.ErrorWrapper):\n"
    "    def write(self, *s): say('own', s)\n"
    "Own(Err()).writelines([('a', 'b'), None])\n",
    "w = V.ErrorWrapper(Err())\n"
    "def lines():\n"
    "    yield 'a'\n"
    "    w.write = lambda s: say('mine', s)\n"
    "    yield 'b'\n"
    "w.writelines(lines())\n",
    "V.ErrorWrapper(Err()).close()",
    "V.ErrorWrapper(Err()).close(1)",
    "V.ErrorWrapper(io.StringIO()).getvalue()",
    "print('text', 5, file=V.ErrorWrapper(Err()), flush=True)",
    "traceback.print_exception(ValueError('x'), file=V.ErrorWrapper(Err()))",
    "V.ErrorWrapper(types.SimpleNamespace(write=None)).write('a')",
    "V.ErrorWrapper(types.SimpleNamespace(flush=None)).flush()",
    "class Own(V.ErrorWrapper):\n"
    "    write = None\n"
    "Own(Err()).writelines(['a'])\n",
    /* attributes */
    "(lambda e: V.ErrorWrapper(e).errors is e)(Err())",
    "V.ErrorWrapper(wsgi_errors=5).errors",
    "w = V.ErrorWrapper(5)\n"
    "w.errors = Err()\n"
    "w.write('a')\n",
    "w = V.ErrorWrapper(5)\n"
    "del w.errors\n"
    "w.write('a')\n",
    "w = V.ErrorWrapper(5)\n"
    "del w.errors\n"
    "w.flush()\n",
    "(lambda w: weakref.ref(w)() is w)(V.ErrorWrapper(5))",
    "V.ErrorWrapper()",
    "V.ErrorWrapper(1, 2)",
    "V.ErrorWrapper(errors=1)",
    "V.check_errors(V.ErrorWrapper(Err()))",
};

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_owns_its_stream_and_lets_go_of_it(void **state)
{
    PyObject *errors = eval_python("Err()");
    PyObject *text = eval_python("'te' + str(7)");
    PyObject *list = eval_python("['li', 5]");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&ErrorWrapper_type, errors);
    PyObject *kept;

    (void)state;
    run_python("del log[:]");
    assert_non_null(wrapper);
    kept = PyObject_GetAttrString(wrapper, "errors");
    assert_ptr_equal(kept, errors);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(errors), 2);
    assert_int_equal(ErrorWrapper_write(wrapper, text), 0);
    assert_int_equal(ErrorWrapper_writelines(wrapper, list), -1);
    assert_raised(PyExc_AssertionError, "");
    assert_int_equal(ErrorWrapper_flush(wrapper), 0);
    assert_int_equal(ErrorWrapper_close(wrapper), -1);
    assert_raised(PyExc_AssertionError, "errors.close() must not be called");
    assert_int_equal(Py_REFCNT(text), 1);
    assert_int_equal(Py_REFCNT(list), 1);
    assert_repr(eval_python("[eval(line)[:2] for line in log]"),
                "[('write', ('te7',)), ('write', ('li',)), ('flush', ())]");
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(errors), 1);
    Py_DECREF(list);
    Py_DECREF(text);
    Py_DECREF(errors);
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
    run_python("def cycle(W):\n"
               "    stream = Err()\n"
               "    stream.wrapper = W(stream)\n"
               "    stream.wrapper.me = stream.wrapper\n"
               "    return weakref.ref(stream)\n"
               "refs = [cycle(ours.ErrorWrapper),\n"
               "        cycle(attributes(ours.ErrorWrapper))]\n"
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
        python_test(test_owns_its_stream_and_lets_go_of_it),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
