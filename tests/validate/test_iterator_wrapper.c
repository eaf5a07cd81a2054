#include "same_as_original.h"

static const char bodies[] =
    "class Body:\n"
    "    def __init__(self, *blocks): self.blocks = iter(blocks)\n"
    "    def __iter__(self):\n"
    "        say('iter')\n"
    "        return self\n"
    "    def __next__(self):\n"
    "        say('next')\n"
    "        value = next(self.blocks)\n"
    "        if isinstance(value, BaseException): raise value\n"
    "        return value\n"
    "class Closing(Body):\n"
    "    def close(self):\n"
    "        say('close', sys.exc_info())\n"
    "        return ['not passed on']\n"
    "def closed(w):\n"
    "    # So that nobody complains.\n"
    "    w.close()\n"
    "    return w\n"
    "def consumed(w):\n"
    "    try: return list(w)\n"
    "    finally: w.close()\n";

static const char *const sources[] = {
    "consumed(V.IteratorWrapper([b'a', b'', b'b'], None))",
    "consumed(V.IteratorWrapper([], None))",
    "consumed(V.IteratorWrapper(Body(b'a', b'b'), None))",
    "consumed(V.IteratorWrapper(Closing(b'a'), [None]))",
    "consumed(V.IteratorWrapper(iter([b'a']), [None]))",
    "consumed(V.IteratorWrapper((x for x in [b'a']), [None]))",
    "consumed(V.IteratorWrapper([b'a'], check_start_response=None))",
    "consumed(V.IteratorWrapper(check_start_response=None,\n"
    "                           wsgi_iterator=[b'a']))",
    /* what is no bytes */
    "consumed(V.IteratorWrapper(['text'], None))",
    "consumed(V.IteratorWrapper([b'a', None], None))",
    "consumed(V.IteratorWrapper([Bytes(b'a')], None))",
    "consumed(V.IteratorWrapper([bytearray(b'a')], None))",
    "consumed(V.IteratorWrapper([(b'a', b'b')], None))",
    "consumed(V.IteratorWrapper([Told('block')], None))",
    "consumed(V.IteratorWrapper([Bad()], None))",
    "consumed(V.IteratorWrapper('text', None))",
    "consumed(V.IteratorWrapper(b'bytes', None))",
    "consumed(V.IteratorWrapper(['text'], []))",
    /* start_response */
    "consumed(V.IteratorWrapper([b'a'], []))",
    "consumed(V.IteratorWrapper([], []))",
    "consumed(V.IteratorWrapper([b'a'], 0))",
    "consumed(V.IteratorWrapper([b'a'], 5))",
    "consumed(V.IteratorWrapper([b'a'], Bad()))",
    "started = []\n"
    "w = V.IteratorWrapper([b'a', b'b', b'c'], started)\n"
    "try: next(w)\n"
    "except AssertionError: say('not yet', w.check_start_response)\n"
    "started.append(None)\n"
    "say(next(w), w.check_start_response)\n"
    "del started[:]\n"
    "say(next(w))\n"
    "w.close()\n",
    /* failing iterators, and how they end */
    "consumed(V.IteratorWrapper(Body(b'a', KeyError('next')), None))",
    "consumed(V.IteratorWrapper(Body(b'a', KeyError('next')), []))",
    "def gen():\n"
    "    yield b'a'\n"
    "    return 'value'\n"
    "w = V.IteratorWrapper(gen(), None)\n"
    "say(next(w))\n"
    "try: next(w)\n"
    "except StopIteration as e: say('ends', e.args)\n"
    "try: next(w)\n"
    "except StopIteration as e: say('ends', e.args)\n"
    "w.close()\n",
    "w = V.IteratorWrapper([b'a'], None)\n"
    "say(next(w, 'end'), next(w, 'end'), next(w, 'end'))\n"
    "w.close()\n",
    "w = V.IteratorWrapper([b'a'], None)\n"
    "w.iterator = [b'b']\n"
    "consumed(w)\n",
    "w = V.IteratorWrapper([b'a'], None)\n"
    "w.iterator = iter([b'b'])\n"
    "result = consumed(w)\n",
    /* what is no iterable: __del__ finds no `closed` */
    "V.IteratorWrapper(5, None)",
    "V.IteratorWrapper(None, [])",
    "V.IteratorWrapper(Bad(), None)",
    "V.IteratorWrapper(attributes(object, __iter__=lambda s: 5)(), None)",
    "try: V.IteratorWrapper(5, None)\n"
    "except TypeError as e:\n"
    "    kept = e\n"
    "    say('while it is handled')\n"
    "say('later')\n"
    "del kept\n"
    "say('gone')\n",
    "for _ in '12':\n"
    "    try: V.IteratorWrapper(5, None)\n"
    "    except TypeError: pass\n",
    "class Own(V.IteratorWrapper):\n"
    "    closed = property(lambda self: True)\n"
    "try: Own([b'a'], None)\n"
    "except AttributeError: pass\n",
    /* close */
    "w = V.IteratorWrapper(Closing(b'a', b'b'), None)\n"
    "say(next(w), w.closed, w.close(), w.closed)\n"
    "next(w)\n",
    "w = V.IteratorWrapper(Closing(), None)\n"
    "say(w.close(), w.close())\n",
    "closed(V.IteratorWrapper([], None)).close(1)",
    "closed(V.IteratorWrapper([], None)).closed",
    "class Odd(Body):\n"
    "    def close(self): raise KeyError('close')\n"
    "w = V.IteratorWrapper(Odd(), None)\n"
    "try: w.close()\n"
    "finally: say(w.closed)\n",
    "class Odd(Body):\n"
    "    @property\n"
    "    def close(self):\n"
    "        say('asked')\n"
    "        return lambda: say('closed')\n"
    "V.IteratorWrapper(Odd(), None).close()\n",
    "class Odd(Body):\n"
    "    @property\n"
    "    def close(self): raise KeyError('close')\n"
    "V.IteratorWrapper(Odd(), None).close()\n",
    "class Odd(Body):\n"
    "    @property\n"
    "    def close(self): raise AttributeError('close')\n"
    "V.IteratorWrapper(Odd(), None).close()\n",
    "class Odd(Body):\n"
    "    close = None\n"
    "V.IteratorWrapper(Odd(), None).close()\n",
    "class Odd:\n" /* the iterable is closed, not its iterator */
    "    def __iter__(self): return Closing(b'a')\n"
    "consumed(V.IteratorWrapper(Odd(), None))\n",
    /* attributes */
    "body = [b'a']\n"
    "w = closed(V.IteratorWrapper(body, 5))\n"
    "result = [w.original_iterator is body, type(w.iterator).__name__,\n"
    "          w.closed, w.check_start_response, iter(w) is w]\n",
    "w = V.IteratorWrapper([], None)\n"
    "say(w.closed)\n"
    "w.closed = 'yes'\n"
    "w.more = 5\n"
    "next(w)\n",
    "w = V.IteratorWrapper([b'a'], None)\n"
    "w.closed = Bad()\n"
    "try: next(w)\n"
    "finally: w.closed = True\n",
    "w = V.IteratorWrapper([b'a'], None)\n"
    "del w.iterator\n"
    "consumed(w)\n",
    "w = V.IteratorWrapper([b'a'], None)\n"
    "del w.check_start_response\n"
    "consumed(w)\n",
    "w = closed(V.IteratorWrapper([b'a'], None))\n"
    "del w.original_iterator\n"
    "w.close()\n",
    "w = closed(V.IteratorWrapper([b'a'], None))\n"
    "result = weakref.ref(w)() is w\n",
    "len(closed(V.IteratorWrapper([b'a'], None)))",
    "closed(V.IteratorWrapper([b'a'], None))[0]",
    "hasattr(closed(V.IteratorWrapper(iter(()), None)), 'send')",
    "class Own(V.IteratorWrapper):\n"
    "    def __next__(self):\n"
    "        return super().__next__() + b'!'\n"
    "    def close(self):\n"
    "        say('own')\n"
    "        super().close()\n"
    "result = consumed(Own(Closing(b'a'), [5]))\n",
    /* PartialIteratorWrapper */
    "p = V.PartialIteratorWrapper(Closing(b'a', b'b'))\n"
    "w = iter(p)\n"
    "say(type(w).__name__, w.check_start_response, p.iterator is\n"
    "    w.original_iterator)\n"
    "result = consumed(w)\n",
    "V.PartialIteratorWrapper(5).iterator",
    "V.PartialIteratorWrapper(wsgi_iterator=5).iterator",
    "iter(V.PartialIteratorWrapper(5))",
    "next(V.PartialIteratorWrapper([]))",
    "hasattr(V.PartialIteratorWrapper(Closing()), 'close')",
    "p = V.PartialIteratorWrapper([b'a'])\n"
    "result = consumed(iter(p)), consumed(iter(p))\n",
    "p = V.PartialIteratorWrapper([b'a'])\n"
    "p.iterator = [b'b']\n"
    "result = consumed(iter(p))\n",
    "p = V.PartialIteratorWrapper([b'a'])\n"
    "del p.iterator\n"
    "iter(p)\n",
    "(lambda p: weakref.ref(p)() is p)(V.PartialIteratorWrapper(5))",
    "V.PartialIteratorWrapper()",
    "V.PartialIteratorWrapper(1, 2)",
    /* arguments */
    "V.IteratorWrapper()",
    "V.IteratorWrapper([])",
    "V.IteratorWrapper(check_start_response=1)",
    "V.IteratorWrapper([], None, 3)",
    "V.IteratorWrapper([], x=1)",
};

/* Those that are collected without close(). */
static const char *const unclosed[] = {
    "V.IteratorWrapper([], None) and None",
    "V.IteratorWrapper(Closing(), None) and None",
    "V.IteratorWrapper([b'a'], []) and None",
    "list(V.IteratorWrapper([b'a'], None))",
    "list(V.PartialIteratorWrapper([b'a']))",
    "for data in V.IteratorWrapper([b'a', b'b'], None): say(data)\n",
    "for data in V.IteratorWrapper([b'a', 'b'], None): say(data)\n",
    /* while an exception is on its way, and while one is handled */
    "def app():\n"
    "    w = V.IteratorWrapper([], None)\n"
    "    raise ValueError('app')\n"
    "app()\n",
    "try: raise ValueError('handled')\n"
    "except ValueError:\n"
    "    V.IteratorWrapper([], None)\n"
    "    say(sys.exc_info()[1])\n",
    "w = V.IteratorWrapper([], None)\n"
    "w.me = w\n"
    "del w\n"
    "say('still there')\n"
    "gc.collect()\n",
    /* called by name, it raises */
    "w = V.IteratorWrapper([], None)\n"
    "try: w.__del__()\n"
    "finally: w.close()\n",
    "w = closed(V.IteratorWrapper([], None))\n"
    "result = w.__del__()\n",
    "closed(V.IteratorWrapper([], None)).__del__(1)",
    /* what `closed` is then */
    "w = V.IteratorWrapper([], None)\n"
    "del w.closed\n"
    "del w\n",
    "w = V.IteratorWrapper([], None)\n"
    "w.closed = Bad()\n"
    "del w\n",
    "class Fickle:\n" /* asked twice */
    "    answers = [False, True]\n"
    "    def __bool__(self): return self.answers.pop(0)\n"
    "w = V.IteratorWrapper([], None)\n"
    "w.closed = Fickle()\n"
    "del w\n",
    "class Fickle:\n"
    "    answers = [True, False]\n"
    "    def __bool__(self): return self.answers.pop(0)\n"
    "w = V.IteratorWrapper([], None)\n"
    "w.closed = Fickle()\n"
    "del w\n",
    /* what sys.stderr is */
    "w = V.IteratorWrapper([], None)\n"
    "sys.stderr = None\n"
    "del w\n",
    "w = V.IteratorWrapper([], None)\n"
    "del sys.stderr\n"
    "del w\n",
    "class Broken:\n"
    "    def write(self, text): raise OSError(text)\n"
    "w = V.IteratorWrapper([], None)\n"
    "sys.stderr = Broken()\n"
    "del w\n",
    /* subclasses */
    "class Own(V.IteratorWrapper): pass\n"
    "Own([], None)\n",
    "class Own(V.IteratorWrapper):\n"
    "    def __del__(self):\n"
    "        say('own')\n"
    "        super().__del__()\n"
    "Own([], None)\n",
    "class Own(V.IteratorWrapper):\n"
    "    def __del__(self): say('own', self.closed)\n"
    "Own([], None)\n",
    /* once only, even for one that comes back */
    "kept = []\n"
    "class Back(list):\n"
    "    pass\n"
    "class Stderr2:\n"
    "    def write(self, text):\n"
    "        say('write')\n"
    "        kept.append(gc.get_referrers(body)[0])\n"
    "body = Back()\n"
    "w = V.IteratorWrapper(body, None)\n"
    "sys.stderr = Stderr2()\n"
    "del w\n"
    "say('kept')\n"
    "kept.clear()\n",
};

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    assert_all_same(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_unclosed_ones_are_complained_of_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same(unclosed, Py_ARRAY_LENGTH(unclosed));
}

static void
test_the_complaint_is_word_for_word(void **state)
{
    (void)state;
    run_python("said = outcome('V.IteratorWrapper([], None)and 1', ours)"
               "['log']\n");
    assert_repr(
        eval_python("said[0]"),
        "\"('stderr', 'Iterator garbage collected without being closed')\"");
    assert_repr(eval_python("said[1].split(' None, ')[0]"),
                "\"('unraisable', 'AssertionError', 'Iterator garbage "
                "collected without being closed', ['__del__', 'assert_'],\"");
    assert_repr(eval_python("len(said)"), "2");
    assert_same("V.IteratorWrapper([], None)and 1");
}

/* As CPython's own hook prints it, to sys.stderr. */
static void
test_the_complaint_as_it_is_printed(void **state)
{
    static const char *const source =
        "def printed(V):\n"
        "    sys.stderr = io.StringIO()\n"
        "    V.IteratorWrapper([], None)\n"
        "    text = sys.stderr.getvalue()\n"
        "    sys.stderr = sys.__stderr__\n"
        "    text = re.sub(r'<[^>]*(__del__)[^>]*', r'<\\1', text)\n"
        "    return re.sub(r'  File .*, in (.*)\\n(    .*\\n)*', r' \\1|',\n"
        "                  text)\n";

    (void)state;
    run_python(source);
    assert_repr(eval_python("re.sub('while calling deallocator (.*):', "
                            "r'in: \\1', printed(ours))"),
                "'Iterator garbage collected without being closedException "
                "ignored in: <__del__>\\nTraceback (most recent call last):"
                "\\n __del__| assert_|AssertionError: Iterator garbage "
                "collected without being closed\\n'");
    assert_repr(eval_python("printed(ours) == printed(wsgiref.validate)"),
                "True");
}

static void
test_end_is_null_without_an_exception(void **state)
{
    PyObject *body = eval_python("[b'ab']");
    PyObject *wrapper = PyObject_CallFunctionObjArgs(
        (PyObject *)&IteratorWrapper_type, body, Py_None, NULL);

    (void)state;
    assert_repr(IteratorWrapper_next(wrapper), "b'ab'");
    assert_null(IteratorWrapper_next(wrapper));
    assert_null(PyErr_Occurred());
    assert_int_equal(IteratorWrapper_close(wrapper), 0);
    assert_null(IteratorWrapper_next(wrapper));
    assert_raised(PyExc_AssertionError, "Iterator read after closed");
    Py_DECREF(wrapper);
    Py_DECREF(body);
}

static void
test_owns_its_iterable_and_lets_go_of_it(void **state)
{
    PyObject *body = eval_python("[b'%d' % 12345, 'no bytes']");
    PyObject *block = PyList_GetItem(body, 0);
    PyObject *text = PyList_GetItem(body, 1);
    PyObject *started = eval_python("[None]");
    Py_ssize_t text_before = Py_REFCNT(text);
    PyObject *wrapper = PyObject_CallFunctionObjArgs(
        (PyObject *)&IteratorWrapper_type, body, started, NULL);
    PyObject *data, *again;

    (void)state;
    assert_non_null(wrapper);
    assert_int_equal(Py_REFCNT(body), 3); /* and its iterator */
    assert_int_equal(Py_REFCNT(started), 2);
    data = IteratorWrapper_next(wrapper);
    assert_ptr_equal(data, block);
    assert_int_equal(Py_REFCNT(block), 2);
    Py_DECREF(data);
    assert_int_equal(Py_REFCNT(started), 1); /* None from now on */
    assert_null(IteratorWrapper_next(wrapper));
    assert_raised(PyExc_AssertionError,
                  "Iterator yielded non-bytestring ('no bytes')");
    run_python("gc.collect()");
    assert_int_equal(Py_REFCNT(text), text_before);
    again = IteratorWrapper_iter(wrapper);
    assert_ptr_equal(again, wrapper);
    Py_DECREF(again);
    assert_int_equal(IteratorWrapper_close(wrapper), 0);
    assert_int_equal(IteratorWrapper_del(wrapper), 0);
    assert_int_equal(Py_REFCNT(wrapper), 1);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(body), 1);
    assert_int_equal(Py_REFCNT(started), 1);
    Py_DECREF(started);
    Py_DECREF(body);
}

static void
test_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_none_leaks(sources, Py_ARRAY_LENGTH(sources));
    assert_none_leaks(unclosed, Py_ARRAY_LENGTH(unclosed));
}

static void
test_cycles_are_collected(void **state)
{
    (void)state;
    run_python("class Blocks(list): pass\n"
               "def cycle(W, *args):\n"
               "    body = Blocks()\n"
               "    body.wrapper = W(body, *args)\n"
               "    body.wrapper.me = body.wrapper\n"
               "    body.wrapper.closed = True\n"
               "    return weakref.ref(body)\n"
               "refs = [cycle(ours.IteratorWrapper, None),\n"
               "        cycle(attributes(ours.IteratorWrapper), [5]),\n"
               "        cycle(ours.PartialIteratorWrapper),\n"
               "        cycle(attributes(ours.PartialIteratorWrapper))]\n"
               "started = Blocks([None])\n"
               "started.wrapper = ours.IteratorWrapper([], started)\n"
               "started.wrapper.closed = True\n"
               "refs.append(weakref.ref(started))\n"
               "del started\n"
               "gc.collect()\n");
    assert_repr(eval_python("[ref() for ref in refs]"),
                "[None, None, None, None, None]");
}

/* ... and so is one whose traceback keeps it. */
static void
test_half_made_one_goes_with_its_traceback(void **state)
{
    (void)state;
    run_python("class Blocks:\n"
               "    def __iter__(self): raise KeyError('iter')\n"
               "def fail():\n"
               "    body = Blocks()\n"
               "    try: ours.IteratorWrapper(body, None)\n"
               "    except KeyError as e:\n"
               "        e.__traceback__ and None\n"
               "    return weakref.ref(body)\n"
               "sys.unraisablehook = lambda u: None\n"
               "ref = fail()\n"
               "gc.collect()\n"
               "sys.unraisablehook = sys.__unraisablehook__\n");
    assert_repr(eval_python("ref()"), "None");
}

static int
setup(void **state)
{
    if (start_validate(state) < 0) {
        return -1;
    }
    run_python(bodies);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_unclosed_ones_are_complained_of_as_by_the_original),
        python_test(test_the_complaint_is_word_for_word),
        python_test(test_the_complaint_as_it_is_printed),
        python_test(test_end_is_null_without_an_exception),
        python_test(test_owns_its_iterable_and_lets_go_of_it),
        python_test(test_leaves_nothing_behind),
        python_test(test_cycles_are_collected),
        python_test(test_half_made_one_goes_with_its_traceback),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
