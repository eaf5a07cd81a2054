#include "support.h"

#include "util/file_wrapper.h"
#include "types.h"

/* Each is an expression over W, the class. It must give the same with ours
 * and with the original, values and exceptions alike. */
static const char *const expressions[] = {
    /* blocks */
    "list(W(io.StringIO('abc'), 2))",
    "list(W(io.BytesIO(b'x' * 20000)))",
    "[len(b) for b in W(io.BytesIO(b'x' * 20000))]",
    "[len(b) for b in W(io.BytesIO(b'x' * 20000), 10000)]",
    "list(W(io.BytesIO(b'')))",
    "list(W(io.BytesIO(b'abc'), -1))",
    "list(W(filelike=io.BytesIO(b'abc'), blksize=1))",
    "list(W(io.BytesIO(b'abc'), blksize=None))",
    "next(W(io.BytesIO(b'')))",
    "next(W(io.BytesIO(b'')), 'end')",
    /* any falsy data is the end, and the file is asked again after it */
    "list(W(Blocks([b'a', None, b'b'])))",
    "list(W(Blocks([b'a', 0])))",
    "list(W(Blocks([[1], 'two', 3.0, ()])))",
    "(lambda w: [list(w), list(w)])(W(Blocks([b'a', b'', b'b', b''])))",
    "(lambda f: [list(W(f, 7)), f.sizes])(Blocks([b'a', b'']))",
    "(lambda f: [list(W(f)), f.sizes])(Blocks([b'a', b'']))",
    "(lambda f: [list(W(f, 'size')), f.sizes])(Blocks([b'a', b'']))",
    /* iteration */
    "(lambda w: iter(w) is w)(W(io.BytesIO()))",
    "len(W(io.BytesIO()))",
    "W(io.BytesIO())[0]",
    "bool(W(io.BytesIO()))",
    /* attributes */
    "(lambda f: W(f).filelike is f)(io.BytesIO())",
    "W(io.BytesIO()).blksize",
    "W(io.BytesIO(), 3).blksize",
    "hasattr(W(io.BytesIO()), 'close')",
    "hasattr(W(Blocks([])), 'close')",
    "(lambda f: [W(f).close(), f.closed])(io.BytesIO())",
    "(lambda f: W(f).close == f.close)(io.BytesIO())",
    "callable(W(io.BytesIO()).close)",
    "assign(W(io.BytesIO(b'abc')), filelike=io.BytesIO(b'other'))",
    "assign(W(io.BytesIO(b'abc')), blksize=1)",
    "assign(W(io.BytesIO(b'abc')), close=7).close",
    "assign(W(Blocks([])), close=7).close",
    "assign(W(io.BytesIO()), anything=7).anything",
    "vars(assign(W(Blocks([]), 7), anything=7, filelike=io))",
    "sorted(vars(W(io.BytesIO(), 7)))",
    "vars(W(5, 7))",
    "weakref.ref(W(io.BytesIO()))()",
    "weakref.ref(type('S', (W,), {})(io.BytesIO()))()",
    "(lambda w: weakref.ref(w)() is w)(W(io.BytesIO()))",
    "delete(W(io.BytesIO()), 'close', 'close')",
    "delete(W(io.BytesIO(b'abc')), 'filelike', 'blksize')",
    /* the file's close is looked up when the wrapper is made, and twice */
    "(lambda f: [W(f) and f.asked])(Asked())",
    "W(Close(AttributeError('none'))) and 'made'",
    "W(Close(KeyError('broken')))",
    "W(Close(SystemExit('broken')))",
    /* a failing file */
    "list(W(None))",
    "list(W(Blocks([])))",
    "list(W(Truth()))",
    "list(W(Close(AttributeError('none'))))",
    "list(W(io.BytesIO(b'abc'), 'two'))",
    "(lambda f: [f.close(), list(W(f))])(io.BytesIO())",
    /* the call's arguments */
    "W()",
    "W(blksize=1)",
    "W(1, 2, 3)",
    "W(1, filelike=1)",
    "W(1, size=1)",
    "W(filelike=io.BytesIO(b'abc')).blksize",
    /* a second __init__ */
    "again(W(io.BytesIO(b'abc')), io.BytesIO(b'more'), 2)",
    "hasattr(reinit(W(io.BytesIO()), Blocks([])), 'close')",
    /* subclasses */
    "list(type('S', (W,), {})(io.BytesIO(b'abc'), 2))",
    "hasattr(type('S', (W,), {'__init__': none})(), 'filelike')",
    "type('S', (W,), {'close': lambda self: 'class'})(Blocks([])).close()",
    "type('S', (W,), {'close': lambda self: 1})(io.BytesIO()).close()",
    "type('S', (W,), {'close': property(lambda s: 1)})(io.BytesIO())",
    "type('S', (W,), {'close': property(lambda s: 1)})(Blocks([])).close",
    "list(type('S', (W,), {'blksize': two})(io.BytesIO(b'abc')))",
    "list(type('S', (W,), {'__getattribute__': one})(io.BytesIO(b'abc')))",
    "list(type('S', (W,), {'__next__': from_file})(iter('ab')))",
    "list(type('S', (W,), {'__iter__': lambda s: iter('own')})(None))",
    "isinstance(type('S', (W,), {})(io.BytesIO()), W)",
    "type('S', (W,), {'__slots__': ('x',)})(io.BytesIO()).blksize",
    "named_size(W)(io.BytesIO(b'abc'), size=2).blksize",
    "W.__name__",
    "W.__doc__",
};

static void
test_does_what_the_original_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(expressions); i++) {
        PyObject *source = PyUnicode_FromString(expressions[i]);
        PyObject *original, *ours;

        set_python("source", source);
        original = eval_python("outcome(source, Original)");
        ours = eval_python("outcome(source, FileWrapper)");
        if (!PyUnicode_CheckExact(original) ||
            PyUnicode_Compare(original, ours) != 0) {
            fail_msg("%s\nis %s\nnot %s", expressions[i],
                     PyUnicode_AsUTF8(ours), PyUnicode_AsUTF8(original));
        }
        Py_DECREF(ours);
        Py_DECREF(original);
        Py_DECREF(source);
    }
}

static void
test_missing_attribute_is_an_attribute_error(void **state)
{
    PyObject *wrapper = eval_python("FileWrapper(Blocks([]))");

    (void)state;
    assert_null(PyObject_GetAttrString(wrapper, "close"));
    assert_raised(PyExc_AttributeError,
                  "'cwsgiref.util.FileWrapper' object has no attribute "
                  "'close'");
    Py_DECREF(wrapper);
}

static void
test_subclass_without_init_has_no_file(void **state)
{
    PyObject *wrapper =
        eval_python("type('S', (FileWrapper,), {'__init__': none})()");

    (void)state;
    assert_null(FileWrapper_next(wrapper));
    assert_raised(PyExc_AttributeError, NULL);
    Py_DECREF(wrapper);
}

static void
test_failing_read_shows_next_in_the_traceback(void **state)
{
    (void)state;
    assert_repr(eval_python("frames('next(W(Raises()))', Original)"),
                "['__next__', 'read']");
    assert_repr(eval_python("frames('next(W(Raises()))', FileWrapper)"),
                "['__next__', 'read']");
    assert_repr(eval_python("frames('next(W(1))', FileWrapper)"),
                "['__next__']");
    assert_repr(eval_python("frames('W(Close(KeyError()))', Original)"),
                "['__init__', 'close']");
    assert_repr(eval_python("frames('W(Close(KeyError()))', FileWrapper)"),
                "['__init__', 'close']");
}

static void
test_end_is_stop_iteration(void **state)
{
    PyObject *wrapper = eval_python("FileWrapper(io.BytesIO(b'abc'), 2)");

    (void)state;
    assert_repr(FileWrapper_next(wrapper), "b'ab'");
    assert_repr(FileWrapper_next(wrapper), "b'c'");
    assert_null(FileWrapper_next(wrapper));
    assert_raised(PyExc_StopIteration, NULL);
    Py_DECREF(wrapper);
    assert_repr(eval_python("frames('next(W(io.BytesIO()))', Original)"),
                "['__next__']");
    assert_repr(eval_python("frames('next(W(io.BytesIO()))', FileWrapper)"),
                "['__next__']");
}

static void
test_is_its_own_iterator(void **state)
{
    PyObject *wrapper = eval_python("FileWrapper(io.BytesIO())");
    PyObject *iterator = FileWrapper_iter(wrapper);

    (void)state;
    assert_ptr_equal(iterator, wrapper);
    assert_int_equal(Py_REFCNT(wrapper), 2);
    Py_DECREF(iterator);
    Py_DECREF(wrapper);
}

static void
test_owns_its_file_and_lets_go_of_it(void **state)
{
    PyObject *file = eval_python("io.BytesIO(b'abc')");
    PyObject *size = eval_python("10 ** 10");
    Py_ssize_t file_before = Py_REFCNT(file);
    Py_ssize_t size_before = Py_REFCNT(size);
    PyObject *wrapper;

    (void)state;
    wrapper =
        PyObject_CallFunction((PyObject *)&FileWrapper_type, "OO", file, size);
    assert_non_null(wrapper);
    /* filelike, and the bound method close */
    assert_int_equal(Py_REFCNT(file), file_before + 2);
    assert_int_equal(Py_REFCNT(size), size_before + 1);
    assert_int_equal(FileWrapper_init(wrapper, file, size), 0);
    assert_int_equal(Py_REFCNT(file), file_before + 2);
    assert_repr(FileWrapper_next(wrapper), "b'abc'");
    assert_int_equal(Py_REFCNT(file), file_before + 2);
    Py_DECREF(wrapper);
    assert_int_equal(Py_REFCNT(file), file_before);
    assert_int_equal(Py_REFCNT(size), size_before);
    Py_DECREF(size);
    Py_DECREF(file);
}

static void
test_cycle_through_the_file_is_collected(void **state)
{
    (void)state;
    run_python("import gc\n"
               "def cycle(W):\n"
               "    file = Blocks([])\n"
               "    file.wrapper = W(file)\n"
               "    file.wrapper.me = file.wrapper\n"
               "    return weakref.ref(file.wrapper)\n"
               "refs = [cycle(FileWrapper),\n"
               "        cycle(type('S', (FileWrapper,), {}))]\n"
               "gc.collect()\n");
    assert_repr(eval_python("[ref() for ref in refs]"), "[None, None]");
}

/* CPython's UtilityTests, by the name. */
static void
UtilityTests_testFileWrapper(void **state)
{
    PyObject *wrapper, *file;

    (void)state;
    wrapper = eval_python("FileWrapper(io.StringIO('xyz' * 50), 120)");
    set_python("wrapper", wrapper);
    assert_repr(eval_python("iter(wrapper) is wrapper"), "True");
    assert_repr(eval_python("[next(wrapper) == 'xyz' * 40,\n"
                            " next(wrapper) == 'xyz' * 10,\n"
                            " next(wrapper, 'the end')]"),
                "[True, True, 'the end']");
    file = PyObject_GetAttrString(wrapper, "filelike");
    set_python("file", file);
    assert_repr(eval_python("wrapper.filelike is file"), "True");
    /* the end does not close it */
    assert_repr(eval_python("file.closed"), "False");
    assert_repr(eval_python("list(wrapper)"), "[]");
    assert_repr(eval_python("file.closed"), "False");
    assert_repr(eval_python("wrapper.close()"), "None");
    assert_repr(eval_python("file.closed"), "True");
    run_python("del wrapper, file");
    Py_DECREF(file);
    Py_DECREF(wrapper);
}

static int
setup(void **state)
{
    (void)state;
    if (start_python() < 0 || types_ready() < 0) {
        return -1;
    }
    set_python("FileWrapper", (PyObject *)&FileWrapper_type);
    run_python(
        "import io, traceback, weakref\n"
        "from wsgiref.util import FileWrapper as Original\n"
        "class Blocks:\n"
        "    def __init__(self, blocks):\n"
        "        self.blocks, self.sizes = iter(blocks), []\n"
        "    def read(self, size):\n"
        "        self.sizes.append(size)\n"
        "        return next(self.blocks, None)\n"
        "class Raises:\n"
        "    def read(self, size): raise OSError('broken')\n"
        "class Truth:\n"
        "    def read(self, size): return self\n"
        "    def __bool__(self): raise ValueError('neither')\n"
        "class Asked:\n"
        "    asked = 0\n"
        "    @property\n"
        "    def close(self):\n"
        "        self.asked += 1\n"
        "class Close:\n"
        "    def __init__(self, error): self.error = error\n"
        "    @property\n"
        "    def close(self): raise self.error\n"
        "two = property(lambda self: 2, lambda self, value: None)\n"
        "def one(self, name):\n"
        "    if name == 'blksize': return 1\n"
        "    return object.__getattribute__(self, name)\n"
        "def none(self): pass\n"
        "def from_file(self): return next(self.filelike)\n"
        "def named_size(W):\n"
        "    class S(W):\n"
        "        def __init__(self, file, size): W.__init__(self, file, "
        "size)\n"
        "    return S\n"
        "def assign(w, **attributes):\n"
        "    for name in attributes: setattr(w, name, attributes[name])\n"
        "    w.seen = list(w) if hasattr(w.filelike, 'read') else None\n"
        "    return w\n"
        "def delete(w, name, other):\n"
        "    delattr(w, name)\n"
        "    return hasattr(w, name), hasattr(w, other)\n"
        "def again(w, *args):\n"
        "    w.__init__(*args)\n"
        "    return list(w)\n"
        "def reinit(w, *args):\n"
        "    w.__init__(*args)\n"
        "    return w\n"
        "def outcome(source, W):\n"
        "    try:\n"
        "        value = eval(source, {**globals(), 'W': W})\n"
        "    except BaseException as e:\n"
        "        name = 'cwsgiref.util.FileWrapper'\n"
        "        text = str(e).replace(name, 'FileWrapper')\n"
        "        return '%s: %s' % (type(e).__name__, text)\n"
        "    if isinstance(value, W): value = value.seen\n"
        "    return repr(value)\n"
        "def frames(source, W):\n"
        "    try: eval(source, {**globals(), 'W': W})\n"
        "    except Exception as e: tb = e.__traceback__\n"
        "    return [f.name for f in traceback.extract_tb(tb)][2:]\n");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_does_what_the_original_does),
        python_test(test_missing_attribute_is_an_attribute_error),
        python_test(test_subclass_without_init_has_no_file),
        python_test(test_failing_read_shows_next_in_the_traceback),
        python_test(test_end_is_stop_iteration),
        python_test(test_is_its_own_iterator),
        python_test(test_owns_its_file_and_lets_go_of_it),
        python_test(test_cycle_through_the_file_is_collected),
        python_test(UtilityTests_testFileWrapper),
    };

    return cmocka_run_group_tests(tests, setup, stop_python);
}
