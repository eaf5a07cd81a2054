#include "same_as_original.h"

/* An input that says how it is called, and gives what it is told to. */
static const char spies[] =
    "class In:\n"
    "    def __init__(self, *values): self.values = list(values)\n"
    "    def next(self, *what):\n"
    "        say(*what)\n"
    "        value = self.values.pop(0)\n"
    "        if isinstance(value, BaseException): raise value\n"
    "        return value\n"
    "    def read(self, *a, **kw): return self.next('read', a, kw)\n"
    "    def readline(self, *a, **kw): return self.next('readline', a, kw)\n"
    "    def readlines(self, *a, **kw): return self.next('readlines', a, kw)\n"
    "    def close(self): say('close')\n"
    "def file(data=b'one\\ntwo\\n\\nfour'): return io.BytesIO(data)\n";

static const char *const sources[] = {
    /* read */
    "V.InputWrapper(file()).read(5)",
    "V.InputWrapper(file()).read(-1)",
    "V.InputWrapper(file()).read(None)",
    "V.InputWrapper(file()).read()",
    "V.InputWrapper(file()).read(1, 2)",
    "V.InputWrapper(file()).read(size=1)",
    "V.InputWrapper(file()).read(1, size=1)",
    "V.InputWrapper(file()).read('x')",
    "V.InputWrapper(In(b'x')).read(Told('size'))",
    "V.InputWrapper(In(b'')).read((1, 2))",
    "V.InputWrapper(In('text')).read(1)",
    "V.InputWrapper(In(None)).read(1)",
    "V.InputWrapper(In(Bytes())).read(1)",
    "V.InputWrapper(In(bytearray())).read(1)",
    "V.InputWrapper(In(KeyError('read'))).read(1)",
    "V.InputWrapper(None).read(1)",
    /* readline */
    "V.InputWrapper(file()).readline()",
    "V.InputWrapper(file()).readline(2)",
    "V.InputWrapper(file()).readline(1, 2)",
    "V.InputWrapper(file()).readline(size=1)",
    "V.InputWrapper(In(b'x')).readline()",
    "V.InputWrapper(In('text')).readline()",
    "V.InputWrapper(In(Bytes())).readline()",
    "V.InputWrapper(In(KeyError('readline'))).readline()",
    "V.InputWrapper(None).readline()",
    /* readlines */
    "V.InputWrapper(file()).readlines()",
    "V.InputWrapper(file()).readlines(2)",
    "V.InputWrapper(file()).readlines(1, 2)",
    "V.InputWrapper(file()).readlines(hint=1)",
    "V.InputWrapper(In([])).readlines()",
    "V.InputWrapper(In(())).readlines()",
    "V.InputWrapper(In(None)).readlines()",
    "V.InputWrapper(In(List())).readlines()",
    "V.InputWrapper(In(['text'])).readlines()",
    "V.InputWrapper(In([b'a', Bytes()])).readlines()",
    "V.InputWrapper(In(KeyError('readlines'))).readlines()",
    "lines = [b'a']\n"
    "result = V.InputWrapper(In(lines)).readlines() is lines\n",
    "V.InputWrapper(None).readlines()",
    /* iteration */
    "list(V.InputWrapper(file()))",
    "list(V.InputWrapper(file(b'')))",
    "list(V.InputWrapper(In(b'a', b'b', b'')))",
    "list(V.InputWrapper(In(b'a', 'text')))",
    "list(V.InputWrapper(In(b'a', KeyError('readline'))))",
    "list(V.InputWrapper(In(b'a', StopIteration('readline'))))",
    "list(V.InputWrapper(None))",
    "next(V.InputWrapper(file()))",
    "V.InputWrapper(5).__iter__() and 'nothing read yet'",
    "w = V.InputWrapper(In(b'a', b'b', b'', b'c'))\n"
    "lines = iter(w)\n"
    "result = [iter(lines) is lines, lines is w, next(lines), w.readline(),\n"
    "          list(lines), list(lines), w.readline()]\n",
    "lines = iter(V.InputWrapper(In(b'a', 5, b'after')))\n"
    "for _ in range(4):\n"
    "    try: say(next(lines, 'end'))\n"
    "    except AssertionError as e: say(repr(e))\n",
    "a, b = [iter(w) for w in [V.InputWrapper(file())] for _ in '12']\n"
    "result = next(a), next(b), list(a), list(b)\n",
    "class Again(In):\n"
    "    def readline(self):\n"
    "        try: next(lines)\n"
    "        except ValueError as e: say(repr(e))\n"
    "        return super().readline()\n"
    "lines = iter(V.InputWrapper(Again(b'a', b'')))\n"
    "result = list(lines)\n",
    /* readline is looked up on self, each time */
    "class Own(V.InputWrapper):\n"
    "    def readline(self):\n"
    "        say('own')\n"
    "        return super().readline(2)\n"
    "result = list(Own(file()))\n",
    "class Own(V.InputWrapper):\n"
    "    def readline(self): return ''\n"
    "result = list(Own(file()))\n",
    "class Own(V.InputWrapper):\n"
    "    def readline(self): return Bad()\n"
    "result = list(Own(file()))\n",
    "w = V.InputWrapper(file())\n"
    "lines = iter(w)\n"
    "say(next(lines))\n"
    "w.readline = lambda: b''\n"
    "result = list(lines)\n",
    "class Own(V.InputWrapper):\n"
    "    readline = None\n"
    "list(Own(file()))\n",
    "V.InputWrapper(types.SimpleNamespace(read=None)).read(1)",
    /* close, and what else there is not */
    "V.InputWrapper(In()).close()",
    "V.InputWrapper(In()).close(1)",
    "V.InputWrapper(In()).close(x=1)",
    "V.InputWrapper(file()).seek(0)",
    "V.InputWrapper(file()).closed",
    "hasattr(V.InputWrapper(file()), 'read1')",
    "bool(V.InputWrapper(None)), callable(V.InputWrapper(None))",
    "len(V.InputWrapper([]))",
    /* attributes */
    "(lambda f: V.InputWrapper(f).input is f)(file())",
    "V.InputWrapper(wsgi_input=5).input",
    "w = V.InputWrapper(file())\n"
    "w.input = file(b'other')\n"
    "w.more = 5\n"
    "result = w.read(9), w.more\n",
    "w = V.InputWrapper(file())\n"
    "del w.input\n"
    "result = w.read(9)\n",
    "(lambda w: weakref.ref(w)() is w)(V.InputWrapper(file()))",
    "weakref.ref(V.InputWrapper(file()))()",
    "w = V.InputWrapper(file())\n"
    "w.__init__(file(b'again'))\n"
    "result = w.read(9)\n",
    "class Own(V.InputWrapper):\n"
    "    input = property(lambda self: file(b'own'), lambda s, v: say(v))\n"
    "result = Own(5).read(9)\n",
    "class Own(V.InputWrapper):\n"
    "    def __init__(self): pass\n"
    "result = hasattr(Own(), 'input')\n",
    "V.InputWrapper()",
    "V.InputWrapper(1, 2)",
    "V.InputWrapper(input=1)",
    "V.check_input(V.InputWrapper(file()))",
};

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_failing_line_shows_iter_in_the_traceback(void **state)
{
    (void)state;
    run_python("raised = outcome('list(V.InputWrapper(In(5)))', ours)"
               "['raised']\n");
    assert_repr(eval_python("raised[3][3:]"),
                "['__iter__', 'readline', 'assert_']");
}

static void
test_owns_its_input_and_lets_go_of_it(void **state)
{
    PyObject *input = eval_python("file(b'a\\nb')");
    PyObject *wrapper =
        PyObject_CallOneArg((PyObject *)&InputWrapper_type, input);
    PyObject *kept, *lines;

    (void)state;
    assert_non_null(wrapper);
    kept = PyObject_GetAttrString(wrapper, "input");
    assert_ptr_equal(kept, input);
    Py_DECREF(kept);
    assert_int_equal(Py_REFCNT(input), 2);
    assert_int_equal(InputWrapper_init(wrapper, input), 0);
    assert_int_equal(Py_REFCNT(input), 2);
    lines = InputWrapper_iter(wrapper);
    assert_int_equal(Py_REFCNT(wrapper), 2);
    assert_repr(PyIter_Next(lines), "b'a\\n'");
    assert_repr(PyIter_Next(lines), "b'b'");
    assert_null(PyIter_Next(lines));
    assert_int_equal(Py_REFCNT(wrapper), 1); /* at the end it lets go */
    assert_null(PyIter_Next(lines));
    Py_DECREF(lines);
    assert_int_equal(Py_REFCNT(wrapper), 1);
    assert_int_equal(InputWrapper_close(wrapper), -1);
    assert_raised(PyExc_AssertionError, "input.close() must not be called");
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(input), 1);
    Py_DECREF(input);
}

static void
test_what_is_read_is_not_kept(void **state)
{
    (void)state;
    run_python("data = bytes(range(50, 60))\n"
               "def counted(method, value):\n"
               "    before = sys.getrefcount(value)\n"
               "    wrapper = ours.InputWrapper(In(value, value))\n"
               "    for _ in '12':\n"
               "        try: getattr(wrapper, method)(1)\n"
               "        except AssertionError: pass\n"
               "    del wrapper, _\n"
               "    return sys.getrefcount(value) - before\n"
               "counts = [counted(method, value) for value in\n"
               "          (data, [data], [object()], object())\n"
               "          for method in ('read', 'readline', 'readlines')]\n");
    assert_repr(eval_python("set(counts)"), "{0}");
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
    run_python("class Stream(io.BytesIO): pass\n"
               "def cycle(W):\n"
               "    stream = Stream(b'a')\n"
               "    stream.wrapper = W(stream)\n"
               "    stream.wrapper.me = stream.wrapper\n"
               "    stream.lines = iter(stream.wrapper)\n"
               "    return weakref.ref(stream)\n"
               "refs = [cycle(ours.InputWrapper),\n"
               "        cycle(attributes(ours.InputWrapper))]\n"
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
        python_test(test_failing_line_shows_iter_in_the_traceback),
        python_test(test_owns_its_input_and_lets_go_of_it),
        python_test(test_what_is_read_is_not_kept),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
