#include "same_as_python.h"

#include "python/errors.h"

static void
assert_all_same_as_python(const char *const sources[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_same_as_python(sources[i]);
    }
}

/* An application that answers 200 and returns the expression. */
#define RETURNS(expression)                    \
    "def app(environ, start_response):\n"      \
    "    start_response('200 OK', PLAIN[:])\n" \
    "    return " expression "\n"

/* One that answers with this status, these headers. */
#define STARTS(status, headers)                     \
    "def app(environ, start_response):\n"           \
    "    start_response(" status ", " headers ")\n" \
    "    return [b'body']\n"

/* One with that body, after `write` has been got. */
#define WRITES(body)                                   \
    "def app(environ, start_response):\n"              \
    "    write = start_response('200 OK', PLAIN[:])\n" \
    "    " body "\n"

static void
test_statuses(void **state)
{
    static const char *const sources[] = {
        STARTS("'200 OK'", "[]"),
        STARTS("'100 Continue'", "[]"),
        STARTS("'204 No Content'", "[]"),
        STARTS("'999 High'", "[]"),
        STARTS("'200 '", "[]"),
        STARTS("'200 OK\\r\\nX-Injected: yes'", "[]"),
        STARTS("'200 O\\0K'", "[]"),
        STARTS("'200 \\xe9t\\xe9'", "[]"),
        STARTS("'200 \\u20ac'", "[]"),
        STARTS("'200 \\U0001f600\\U0001f600'", "[]"),
        STARTS("'20\\xb2 OK'", "[]"),
        STARTS("'\\u0662\\u0660\\u0660 OK'", "[]"),
        STARTS("'\\U0001d7d9\\U0001d7d9\\U0001d7d9 OK'", "[]"),
        STARTS("'\\xbd00 OK'", "[]"), /* numeric, not a digit */
        STARTS("'abc OK'", "[]"),
        STARTS("' 200 OK'", "[]"),
        STARTS("'-20 Neg'", "[]"),
        STARTS("'99 Low'", "[]"),
        STARTS("'2000 OK'", "[]"),
        STARTS("'200OK'", "[]"),
        STARTS("'200\\tOK'", "[]"),
        STARTS("'200\\xa0OK'", "[]"),
        STARTS("''", "[]"),
        STARTS("'200'", "[]"),
        STARTS("'20'", "[]"),
        STARTS("b'200 OK'", "[]"),
        STARTS("200", "[]"),
        STARTS("None", "[]"),
        STARTS("StrSub('200 OK')", "[]"),
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_headers(void **state)
{
    static const char *const sources[] = {
        STARTS("'200 OK'", "[('X-A', 'a'), ('X-B', 'b')]"),
        STARTS("'200 OK'", "[('Content-Length', '8')]"),
        STARTS("'200 OK'", "[('content-length', 'junk')]"),
        STARTS("'200 OK'", "[('Content-Length', '1')] * 2"),
        STARTS("'200 OK'", "[('Date', 'mine')]"),
        STARTS("'200 OK'", "[('date', 'mine'), ('SERVER', 'mine/1.0')]"),
        STARTS("'200 OK'", "[('Server', '')]"),
        STARTS("'200 OK'", "[('', '')]"),
        STARTS("'200 OK'", "[('X-A', 'caf\\xe9')]"),
        STARTS("'200 OK'", "[('X-A', '\\u20ac')]"),
        STARTS("'200 OK'", "[('X-A', 'a\\tb')]"),
        STARTS("'200 OK'", "[('X-A', 'a\\r\\nb')]"),
        STARTS("'200 OK'", "[('Trailer', 'X-T')]"),
        STARTS("'200 OK'", "[('Connection', 'close')]"),
        STARTS("'200 OK'", "[('X-A', 'a'), ('UPGRADE', 'b')]"),
        STARTS("'200 OK'", "[('Transfer-Encoding', '\\u20ac')]"),
        STARTS("'200 OK'", "[['Content-Type', 'text/plain']]"),
        STARTS("'200 OK'", "[('a', 'b', 'c')]"),
        STARTS("'200 OK'", "[('a',)]"),
        STARTS("'200 OK'", "[()]"),
        STARTS("'200 OK'", "[1]"),
        STARTS("'200 OK'", "['ab']"),
        STARTS("'200 OK'", "['abc']"),
        STARTS("'200 OK'", "[(x for x in ('a', 'b'))]"),
        STARTS("'200 OK'", "[{'a': 1, 'b': 2}]"),
        STARTS("'200 OK'", "[(b'X-A', 'v')]"),
        STARTS("'200 OK'", "[('X-A', None)]"),
        STARTS("'200 OK'", "[('X-A', StrSub('v'))]"),
        STARTS("'200 OK'", "{'Content-Type': 'text/plain'}"),
        STARTS("'200 OK'", "(('Content-Type', 'text/plain'),)"),
        STARTS("'200 OK'", "type('L', (list,), {})()"),
        STARTS("'200 OK'", "None"),
        STARTS("'200 OK'", "42"),
        STARTS("'20'", "42"),
        STARTS("20", "[('Connection', 'close')]"),
        "def app(environ, start_response):\n" /* the very list is kept */
        "    headers = PLAIN[:]\n"
        "    start_response('200 OK', headers)\n"
        "    headers.append(('X-Late', 'yes'))\n"
        "    return [b'mutated']\n",
        "def app(environ, start_response):\n"
        "    headers = PLAIN[:]\n"
        "    start_response('200 OK', headers)\n"
        "    yield b'one'\n"
        "    say(headers)\n",
        "def app(environ, start_response):\n"
        "    headers = PLAIN[:]\n"
        "    start_response('200 OK', headers)\n"
        "    headers[:] = [('a', 'b', 'c')]\n"
        "    return [b'mutated']\n",
        "def app(environ, start_response):\n"
        "    headers = PLAIN[:]\n"
        "    start_response('200 OK', headers)\n"
        "    headers[:] = [(None, 'b')]\n"
        "    return [b'mutated']\n",
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_iterables(void **state)
{
    static const char *const sources[] = {
        RETURNS("[b'one']"),
        RETURNS("[b'one', b'two']"),
        RETURNS("(b'one',)"),
        RETURNS("{b'one'}"),
        RETURNS("{b'one': 1}"),
        RETURNS("[]"),
        RETURNS("()"),
        RETURNS("b''"),
        RETURNS("''"),
        RETURNS("[b'']"),
        RETURNS("[b'', b'']"),
        RETURNS("[b'', b'', b'data']"),
        RETURNS("[b'data', b'']"),
        RETURNS("(c for c in (b'one', b'two'))"),
        RETURNS("(c for c in (b'one',))"),
        RETURNS("(c for c in ())"),
        RETURNS("io.BytesIO(b'line1\\nline2')"),
        RETURNS("type('G', (), {'__getitem__': lambda self, i: "
                "[b'a', b'b'][i]})()"),
        RETURNS("Body([b'one', b'two'])"),
        RETURNS("Sized([b'one', b'two'])"),
        RETURNS("environ['wsgi.file_wrapper'](io.BytesIO(b'0123456789'), 4)"),
        RETURNS("environ['wsgi.file_wrapper'](io.StringIO('0123'), 4)"),
        RETURNS("environ['wsgi.file_wrapper'](type('F', (), {'read': "
                "lambda self, n, parts=[b'a', b'b', b'']: parts.pop(0)})())"),
        RETURNS("None"),
        RETURNS("42"),
        RETURNS("b'raw'"),
        RETURNS("'text'"),
        RETURNS("['text']"),
        RETURNS("[None]"),
        RETURNS("[b'good', 'bad']"),
        RETURNS("[bytearray(b'ba')]"),
        RETURNS("[memoryview(b'mv')]"),
        RETURNS("[type('B', (bytes,), {})(b'sub')]"),
        RETURNS("NoLen(TypeError('x'))"),
        RETURNS("NoLen(AttributeError('x'))"),
        RETURNS("NoLen(NotImplementedError('x'))"),
        RETURNS("NoLen(RecursionError('x'))"), /* a RuntimeError, as is .. */
        RETURNS("NoLen(ValueError('x'))"),
        RETURNS("NoLen(KeyboardInterrupt())"),
        RETURNS("type('L', (), {'__iter__': lambda s: iter([b'x']), "
                "'__len__': lambda s: -1})()"),
        RETURNS("type('I', (), {'__iter__': lambda s: 1})()"),
        RETURNS("type('I', (), {'__iter__': None})()"),
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_start_response(void **state)
{
    static const char *const sources[] = {
        "def app(environ, start_response):\n" /* twice */
        "    start_response('200 OK', PLAIN[:])\n"
        "    start_response('200 OK', PLAIN[:])\n"
        "    return [b'body']\n",
        "def app(environ, start_response):\n" /* never */
        "    return [b'body']\n",
        "def app(environ, start_response):\n"
        "    return []\n",
        "def app(environ, start_response):\n" /* in time */
        "    def body():\n"
        "        start_response('200 OK', PLAIN[:])\n"
        "        yield b'late'\n"
        "    return body()\n",
        "def app(environ, start_response):\n" /* too late */
        "    yield b''\n"
        "    start_response('200 OK', PLAIN[:])\n",
        "def app(environ, start_response):\n" /* names and keywords */
        "    write = start_response(headers=PLAIN[:], exc_info=None,\n"
        "                           status='200 OK')\n"
        "    say(start_response.__name__, write.__name__)\n"
        "    say(start_response.__self__ is write.__self__)\n"
        "    return [b'body']\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK')\n",
        "def app(environ, start_response):\n"
        "    start_response()\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [], None, 4)\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [], nope=1)\n",
        "def app(environ, start_response):\n" /* exc_info before output */
        "    start_response('200 OK', PLAIN[:])\n"
        "    try: raise ValueError('inner')\n"
        "    except ValueError:\n"
        "        start_response('500 Oops', [('X-B', 'b')], sys.exc_info())\n"
        "    return [b'replaced']\n",
        "def app(environ, start_response):\n" /* after it */
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    write(b'written')\n"
        "    try: raise ValueError('inner')\n"
        "    except ValueError:\n"
        "        start_response('500 Oops', [], sys.exc_info())\n",
        "def app(environ, start_response):\n" /* outside the except */
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    write(b'written')\n"
        "    try: raise ValueError('inner')\n"
        "    except ValueError: exc_info = sys.exc_info()\n"
        "    start_response('500 Oops', [], exc_info)\n",
        "def app(environ, start_response):\n" /* in a generator */
        "    start_response('200 OK', PLAIN[:])\n"
        "    yield b'first'\n"
        "    try: raise ValueError('inner')\n"
        "    except ValueError:\n"
        "        start_response('500 Oops', [], sys.exc_info())\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', PLAIN[:], (None, None, None))\n"
        "    return [b'nones']\n",
        "def app(environ, start_response):\n" /* exc_info's truth */
        "    start_response('200 OK', PLAIN[:], ())\n"
        "    start_response('200 OK', PLAIN[:], 0)\n",
        "class Untrue:\n"
        "    def __bool__(self): raise ArithmeticError('untrue')\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', PLAIN[:], Untrue())\n",
        "def app(environ, start_response):\n" /* a failed one sets the status */
        "    try: start_response('200 OK', None)\n"
        "    except TypeError: pass\n"
        "    try: start_response('200 OK', {})\n"
        "    except TypeError: pass\n"
        "    return [b'body']\n",
        "def app(environ, start_response):\n"
        "    try: start_response('20', [('X-A', 'a')])\n"
        "    except AssertionError: pass\n"
        "    return [b'body']\n",
        "def app(environ, start_response):\n"
        "    try: start_response(b'20', [('X-A', 'a')])\n"
        "    except AssertionError: pass\n"
        "    return [b'body']\n",
        "def app(environ, start_response):\n"
        "    try: start_response('', [('X-A', 'a')])\n"
        "    except AssertionError: pass\n"
        "    return [b'body']\n",
        "class Status:\n" /* its truth and its str */
        "    def __repr__(self): raise ArithmeticError('repr')\n"
        "    def __str__(self): raise LookupError('str')\n"
        "    def __bool__(self): raise ValueError('bool')\n"
        "def app(environ, start_response):\n"
        "    try: start_response(Status(), [])\n"
        "    except ArithmeticError: pass\n"
        "    return [b'body']\n",
        "class Status:\n"
        "    def __str__(self): raise LookupError('str')\n"
        "def app(environ, start_response):\n"
        "    try: start_response(Status(), [])\n"
        "    except AssertionError: pass\n"
        "    return [b'body']\n",
        "def app(environ, start_response):\n" /* any callable is called so */
        "    class App:\n"
        "        def __call__(self, *args, **kwargs):\n"
        "            say(len(args), kwargs, type(args[0]))\n"
        "            args[1]('200 OK', [])\n"
        "            return [b'x']\n"
        "    return App()(environ, start_response)\n",
        "app = 42\n",
        "def app(): pass\n",
        "def app(environ, start_response, third): pass\n",
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_write(void **state)
{
    static const char *const sources[] = {
        WRITES("write(b'w1'); write(b'w2'); return [b'iter']"),
        WRITES("write(b''); return [b'iter']"),
        WRITES("write(b'w1'); return []"),
        WRITES("say(write(data=b'w1')); return []"),
        WRITES("write('text')"),
        WRITES("write(bytearray(b'ba'))"),
        WRITES("write(None)"),
        WRITES("write()"),
        WRITES("write(b'', b'')"),
        WRITES("write(nope=b'')"),
        WRITES("write(b'written'); raise RuntimeError('boom')"),
        "def app(environ, start_response):\n"
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    yield b'y1'\n"
        "    write(b'w1')\n"
        "    yield b'y2'\n",
        "def app(environ, start_response):\n" /* len() of the result calls it */
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    class Result(Body):\n"
        "        def __len__(self):\n"
        "            if not log: say('len'); write(b'from len')\n"
        "            return 1\n"
        "    return Result([b'body'])\n",
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_errors(void **state)
{
    static const char *const sources[] = {
        "def app(environ, start_response): raise RuntimeError('before')\n",
        "def app(environ, start_response): raise SystemExit(3)\n",
        "def app(environ, start_response): raise KeyboardInterrupt\n",
        "def app(environ, start_response): raise GeneratorExit\n",
        "def app(environ, start_response): raise StopIteration('x')\n",
        "def app(environ, start_response): raise TimeoutError('x')\n",
        "def app(environ, start_response): raise BrokenPipeError\n",
        "def app(environ, start_response): raise ConnectionError('x')\n",
        "def app(environ, start_response):\n" /* a cause and a context */
        "    try: 1 / 0\n"
        "    except ArithmeticError as e: raise ValueError('x') from e\n",
        WRITES("raise RuntimeError('after start')"),
        WRITES("raise ConnectionResetError"),
        WRITES("raise ConnectionAbortedError"),
        WRITES("write(b'w'); raise BrokenPipeError"),
        RETURNS("Body([b'one', b'two'], 0)"),
        RETURNS("Body([b'one', b'two'], 1)"),
        RETURNS("Body([b'', b'two'], 1)"),
        RETURNS("Body([b'one'], 1, SystemExit(4))"),
        RETURNS("Body([b'one'], 0, BrokenPipeError())"),
        RETURNS("Body([b'one'], 1, ConnectionResetError())"),
        RETURNS("Body([b'one'], 0, closing=RuntimeError('closing'))"),
        RETURNS("Body([b'one'], 1, closing=RuntimeError('closing'))"),
        RETURNS("Body([b'one'], 0, closing=BrokenPipeError())"),
        RETURNS("Body(['text'])"),
        "def app(environ, start_response):\n" /* generators are closed first */
        "    start_response('200 OK', PLAIN[:])\n"
        "    class Result:\n"
        "        def __iter__(self):\n"
        "            try: yield b'one'; yield 'two'\n"
        "            finally: say(sys.exc_info()[1].__context__)\n"
        "        def close(self): say('close', sys.exc_info()[:2])\n"
        "    return Result()\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', PLAIN[:])\n"
        "    try: yield 'text'\n"
        "    finally: say('finally', sys.exc_info()[:2])\n",
        "def app(environ, start_response):\n" /* the error page fails too */
        "    environ.clear()\n"
        "    raise RuntimeError('x')\n",
        "class Errors(io.StringIO):\n" /* what a log's reader sees */
        "    def write(self, text): say(sys.exc_info()[:2])\n"
        "    def flush(self): raise OSError(28, 'No space')\n"
        "class App:\n"
        "    def __call__(self, environ, start_response):\n"
        "        raise RuntimeError('x')\n"
        "err = Errors()\n"
        "app = App()\n",
        "def app(environ, start_response):\n"
        "    start_response('200 \\u20ac', PLAIN[:])\n"
        "    return Body([b'one'], closing=ValueError('closing'))\n",
        "class E(Exception):\n"
        "    def __str__(self): raise ValueError('str')\n"
        "def app(environ, start_response): raise E\n",
        "class Out(io.BytesIO):\n" /* the stream fails: first, later */
        "    def write(self, data): raise OSError(28, 'No space')\n"
        "out = Out()\n" RETURNS("[b'x']"),
        "class Out(io.BytesIO):\n"
        "    def write(self, data):\n"
        "        if self.tell() > 50: raise OSError(28, 'No space')\n"
        "        return super().write(data)\n"
        "out = Out()\n" RETURNS("[b'x']"),
        "class Out(io.BytesIO):\n"
        "    def flush(self): raise OSError(28, 'No space')\n"
        "out = Out()\n" RETURNS("[b'x', b'y']"),
        "class Out(io.BytesIO):\n" /* _flush is in no second traceback */
        "    def flush(self, times=[]):\n"
        "        times.append(1)\n"
        "        if len(times) > 1: raise OSError(28, 'No space')\n"
        "out = Out()\n" RETURNS("[b'x', b'y']"),
        "class Out(io.BytesIO):\n"
        "    def write(self, data): raise BrokenPipeError\n"
        "out = Out()\n" RETURNS("Body([b'x'])"),
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_closing(void **state)
{
    static const char *const sources[] = {
        RETURNS("Body([])"),
        RETURNS("Body([], closing=RuntimeError('closing'))"),
        RETURNS("Body([b'one'], closing=RuntimeError('closing'))"),
        RETURNS("Body([b'one'], closing=SystemExit(5))"),
        RETURNS("Body([b'one'], closing=BrokenPipeError())"),
        RETURNS("type('N', (Body,), {'close': None})([b'x'])"),
        RETURNS("type('N', (Body,), {'close': property(lambda s: "
                "say('got') or (lambda: say('called')))})([b'x'])"),
        RETURNS("type('N', (Body,), {'close': property(lambda s: "
                "1 / 0)})([b'x'])"),
        RETURNS("type('N', (Body,), {'close': property(lambda s: "
                "1 / 0)})([b'x'], 0)"),
        RETURNS("type('N', (Body,), {'close': property(lambda s: "
                "s.nope)})([b'x'])"),
        RETURNS("type('N', (Body,), {'close': lambda s, n: 0})([b'x'])"),
        "class Variable:\n" /* let go of in the finally of close() */
        "    def __del__(self): say('del', sys.exc_info()[:2])\n"
        "def app(environ, start_response):\n"
        "    environ['variable'] = Variable()\n"
        "    start_response('200 OK', PLAIN[:])\n"
        "    return Body([b'x'], closing=RuntimeError('closing'))\n",
        "class Variable:\n"
        "    def __del__(self): say('del', sys.exc_info()[:2])\n"
        "def app(environ, start_response):\n"
        "    environ['variable'] = Variable()\n"
        "    start_response('200 OK', PLAIN[:])\n"
        "    return Body([b'x'])\n",
        "def app(environ, start_response):\n" /* what close() still finds */
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    class Result(Body):\n"
        "        def close(self):\n"
        "            write(b' written by close')\n"
        "            say(sorted(environ) != [])\n"
        "    return Result([b'x'])\n",
    };

    (void)state;
    assert_all_same_as_python(sources, Py_ARRAY_LENGTH(sources));
}

static void
test_environ(void **state)
{
    static const char *const sources[] = {
        "def app(environ, start_response):\n"
        "    say(list(environ), type(environ), environ['wsgi.version'],\n"
        "        environ['wsgi.multithread'], environ['wsgi.multiprocess'],\n"
        "        environ['wsgi.run_once'], environ['wsgi.url_scheme'],\n"
        "        environ['SERVER_SOFTWARE'], environ['wsgi.input'].read())\n"
        "    environ['wsgi.errors'].write('to wsgi.errors')\n"
        "    start_response('200 OK', [])\n"
        "    return [b'x']\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ['SERVER_PROTOCOL'] = 'http/0.9'\n"
        "    return [b'no headers']\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ['SERVER_PROTOCOL'] = b'HTTP/0.9'\n"
        "    return [b'x']\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ['SERVER_PROTOCOL'] = None\n"
        "    return [b'x']\n",
        "class P:\n" /* not equal, and asked twice */
        "    def upper(self): say('upper'); return self\n"
        "    def __ne__(self, other):\n"
        "        say(other)\n"
        "        if len(log) > 2: raise ArithmeticError\n"
        "        return [1]\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ['SERVER_PROTOCOL'] = P()\n"
        "    return [b'x']\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ.clear()\n"
        "    return [b'x']\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ.clear()\n"
        "    return []\n",
    };
    static const char *const environs[] = {
        "{**ENVIRON, 'HTTPS': 'on'}",
        "{**ENVIRON, 'SERVER_SOFTWARE': 'mine', 'wsgi.input': 'lost'}",
        "{**ENVIRON, 'SERVER_PROTOCOL': 'HTTP/0.9'}",
        "{}",
        "{'SERVER_PROTOCOL': 'HTTP/1.0', 1: 2}",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sources); i++) {
        assert_same_as_python(sources[i]);
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(environs); i++) {
        assert_same_as_python_with("def app(environ, start_response):\n"
                                   "    say(environ['wsgi.url_scheme'],\n"
                                   "        environ.get('SERVER_SOFTWARE'))\n"
                                   "    start_response('200 OK', [])\n"
                                   "    return [b'x']\n",
                                   environs[i]);
    }
}

/* After a request, what an application has kept is alive, and empty. */
static void
test_what_the_application_keeps(void **state)
{
    static const char *const sources[] = {
        "kept = []\n"
        "def first(environ, start_response):\n"
        "    write = start_response('200 OK', [])\n"
        "    kept.extend([start_response, write])\n"
        "    return [b'first']\n"
        "def attempt(f, *args):\n"
        "    try: say(f(*args))\n"
        "    except Exception as e: say(describe(e))\n"
        "class App:\n" /* runs first in another handler, then uses it */
        "    def __call__(self, environ, start_response):\n"
        "        run = environ['run']\n"
        "        run(first, io.BytesIO(), io.BytesIO(), io.StringIO(),\n"
        "            dict(ENVIRON))\n"
        "        attempt(kept[1], b'late')\n"
        "        write = kept[0]('200 OK', [])\n"
        "        attempt(write, b'late')\n"
        "        attempt(kept[0], '200 OK', [])\n"
        "        start_response('200 OK', [])\n"
        "        return [b'x']\n"
        "app = App()\n",
    };

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sources); i++) {
        PyObject *text = PyUnicode_FromString(sources[i]);
        PyObject *differences;

        set_python("source", text);
        /* each with its own run in environ, whose repr is not compared */
        run_python("def both(source):\n"
                   "    c, py = ({**observe(run, source, {**ENVIRON, 'run': "
                   "run}),\n"
                   "              'environ': None} for run in (run_c, "
                   "run_py))\n"
                   "    return '' if c == py else '%r\\n%r' % (c, py)\n");
        differences = eval_python("both(source)");
        assert_string_equal(PyUnicode_AsUTF8(differences), "");
        assert_repr(eval_python("len(log)"), "3");
        Py_DECREF(differences);
        Py_DECREF(text);
    }
    assert_repr(eval_python("[m for m in log if 'write() before' in m or "
                            "'not subscriptable' in m or 'already' in m] "
                            "== log"),
                "True");
}

/* What is left over after a run: nothing. */
static void
test_nothing_is_left_of_a_request(void **state)
{
    static const char *const sources[] = {
        RETURNS("[b'one']"),
        RETURNS("Body([b'one', b'two'])"),
        RETURNS("Body([b'one'], 0)"),
        RETURNS("Body([b'one'], 1)"),
        RETURNS("Body([b'one'], closing=RuntimeError('closing'))"),
        RETURNS("Body([b'one'], 0, closing=RuntimeError('closing'))"),
        RETURNS("Body([b'one'], 0, BrokenPipeError())"),
        RETURNS("environ['wsgi.file_wrapper'](io.BytesIO(b'01'), 4)"),
        RETURNS("None"),
        STARTS("'20'", "[]"),
        STARTS("20", "[]"),
        STARTS("'200 OK'", "None"),
        STARTS("'200 OK'", "[('Connection', 'close')]"),
        STARTS("'200 OK'", "[('a', 'b', 'c')]"),
        STARTS("'200 OK'", "[(x for x in ('a', 'b'))]"),
        STARTS("'200 OK'", "[('X-A', None)]"),
        STARTS("'200 \\u20ac'", "[]"),
        WRITES("write(b'w1'); write(b'w2'); return [b'iter']"),
        WRITES("write('text')"),
        WRITES("write()"),
        "def app(environ, start_response): return []\n",
        "def app(environ, start_response): return [b'x']\n",
        "def app(environ, start_response): raise RuntimeError('before')\n",
        "def app(environ, start_response):\n" /* a cycle */
        "    start_response('200 OK', [])\n"
        "    environ['kept'] = start_response, environ\n"
        "    raise BrokenPipeError\n",
        "def app(environ, start_response):\n" /* through the streams */
        "    start_response('200 OK', [])\n"
        "    environ.pop('wsgi.input').kept = start_response\n"
        "    raise BrokenPipeError\n",
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    environ.pop('wsgi.errors').kept = start_response\n"
        "    raise BrokenPipeError\n",
        "def app(environ, start_response):\n" /* through the headers */
        "    class Value(str): pass\n"
        "    headers = []\n"
        "    start_response('200 OK', headers)\n"
        "    headers.append(('X-A', Value()))\n"
        "    headers[0][1].kept = start_response\n"
        "    raise BrokenPipeError\n",
        "def app(environ, start_response):\n"
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    write(b'written')\n"
        "    result = Body([b'x'], 1)\n"
        "    result.kept = result, write, start_response, environ\n"
        "    return result\n",
        "def app(environ, start_response):\n"
        "    write = start_response('200 OK', PLAIN[:])\n"
        "    write(b'written')\n"
        "    try: raise ValueError('inner')\n"
        "    except ValueError:\n"
        "        start_response('500 Oops', [], sys.exc_info())\n",
        "def app(environ, start_response):\n"
        "    environ.clear()\n"
        "    raise RuntimeError('x')\n",
        "class Out(io.BytesIO):\n"
        "    def write(self, data): raise OSError(28, 'No space')\n"
        "out = Out()\n" RETURNS("[b'x']"),
        "class Out(io.BytesIO):\n"
        "    def write(self, data): return super().write(data[:7])\n"
        "out = Out()\n" RETURNS("[b'x' * 30]"),
    };

    (void)state;
    run_python(
        "def growth(source, times=20):\n"
        "    ns = dict(globals())\n"
        "    exec(source, ns)\n"
        "    app, env = ns['app'], dict(ENVIRON)\n"
        "    out = ns.get('out')\n"
        "    def once():\n"
        "        return run_c(app, io.BytesIO(), out or io.BytesIO(),\n"
        "                     io.StringIO(), env)[0] and None\n"
        "    def look():\n"
        "        del log[:]\n"
        "        while gc.collect(): pass\n"
        "        sys._clear_type_cache()\n" /* it owns names, and Nones */
        "        watched = (app, env, None, '200 OK', b'one')\n"
        "        return [len(gc.get_objects()), sys.getallocatedblocks(),\n"
        "                *map(sys.getrefcount, watched)]\n"
        "    warnings.simplefilter('ignore')\n"
        "    for i in range(3): once(); look()\n"
        "    before = look()\n"
        "    for i in range(times): once()\n"
        "    return [a - b for a, b in zip(look(), before)]\n"
        "def leaks(source):\n"
        "    found = growth(source)\n"
        "    return '' if all(abs(n) < 12 for n in found) else repr(found)\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sources); i++) {
        PyObject *text = PyUnicode_FromString(sources[i]);
        PyObject *found;

        set_python("source", text);
        found = eval_python("leaks(source)");
        if (PyUnicode_GET_LENGTH(found) > 0) {
            fail_msg("%s\nleaves behind: %s", sources[i],
                     PyUnicode_AsUTF8(found));
        }
        Py_DECREF(found);
        Py_DECREF(text);
    }
}

/* The exception in flight: the names of its frames. */
static void
assert_frames(const char *expected)
{
    give_python("raised", take_exception());
    assert_repr(eval_python("[f.name for f in traceback.extract_tb("
                            "raised.__traceback__)]"),
                expected);
    run_python("del raised");
}

/* CPython's HandlerTests, by the name. */
static void
HandlerTests_testAbstractMethods(void **state)
{
    BaseHandler *self = BaseHandler_new(&BaseHandler_class);

    (void)state;
    assert_int_equal(self->cls->_write(self, Py_None), -1);
    assert_frames("['_write']");
    assert_int_equal(self->cls->_flush(self), -1);
    assert_frames("['_flush']");
    assert_null(self->cls->get_stdin(self));
    assert_frames("['get_stdin']");
    assert_null(self->cls->get_stderr(self));
    assert_frames("['get_stderr']");
    assert_int_equal(self->cls->add_cgi_vars(self), -1);
    give_python("raised", take_exception());
    assert_repr(eval_python("(type(raised), raised.args)"),
                "(<class 'NotImplementedError'>, ())");
    run_python("del raised");
    /* run(): setup_environ fails, and reporting it fails as well */
    assert_int_equal(self->cls->run(self, Py_None), -1);
    assert_frames("['run', 'handle_error', 'log_exception', 'get_stderr']");
    Py_DECREF(self);
}

static void
test_a_new_handler_has_the_attributes_of_the_class(void **state)
{
    BaseHandlerClass cls = BaseHandler_class;
    BaseHandler *self;

    (void)state;
    cls.wsgi_multithread = false;
    cls.wsgi_run_once = true;
    cls.origin_server = false;
    cls.http_version = "1.1";
    cls.server_software = "S";
    self = BaseHandler_new(&cls);
    assert_false(self->wsgi_multithread);
    assert_true(self->wsgi_multiprocess);
    assert_true(self->wsgi_run_once);
    assert_false(self->origin_server);
    assert_string_equal(self->http_version, "1.1");
    assert_string_equal(self->server_software, "S");
    assert_true(self->_flush == BaseHandler__flush);
    assert_ptr_equal(self->environ, Py_None);
    assert_ptr_equal(self->status, Py_None);
    assert_ptr_equal(self->result, Py_None);
    assert_null(self->headers);
    assert_false(self->headers_sent);
    assert_int_equal(self->bytes_sent, 0);
    Py_DECREF(self);
}

static void
test_class_attributes_are_those_of_python(void **state)
{
    (void)state;
    assert_class_attributes_of_python(&BaseHandler_class, "BaseHandler");
}

/* A handler on memory streams, as CPython's tests have it. */
typedef struct Streams {
    PyObject *out, *err, *env;
    BaseHandler *handler;
} Streams;

static PyObject *no_environ; /* owned; {}: what TestHandler has from outside */

static BaseHandlerClass
test_handler_class(void)
{
    BaseHandlerClass cls = SimpleHandler_class;

    if (no_environ == NULL) {
        no_environ = PyDict_New();
    }
    cls.os_environ = &no_environ;
    return cls;
}

static Streams
open_streams(const BaseHandlerClass *cls, const char *env)
{
    Streams streams = { eval_python("io.BytesIO()"),
                        eval_python("io.StringIO()"), eval_python(env), NULL };
    PyObject *in = eval_python("io.BytesIO()");

    streams.handler =
        new_handler(cls, in, streams.out, streams.err, streams.env);
    Py_DECREF(in);
    return streams;
}

static void
close_streams(Streams streams)
{
    Py_DECREF(streams.handler);
    Py_DECREF(streams.out);
    Py_DECREF(streams.err);
    Py_DECREF(streams.env);
}

/* What stdout has got, the date masked. */
static void
assert_stdout(Streams streams, const char *expected)
{
    set_python("out", streams.out);
    assert_repr(eval_python("re.sub(rb'Date: ..., .*? GMT', b'Date: D',"
                            " out.getvalue())"),
                expected);
    run_python("del out");
}

static void
assert_runs(Streams streams, const char *source)
{
    PyObject *app;

    run_python(source);
    app = eval_python("app");
    assert_int_equal(streams.handler->cls->run(streams.handler, app), 0);
    Py_DECREF(app);
}

static void
test_setup_environ_joins_its_sources(void **state)
{
    PyObject *outside = eval_python("{'A': 'os', 'B': 'os', 'C': 'os'}");
    BaseHandlerClass cls = SimpleHandler_class;
    Streams streams;

    (void)state;
    cls.os_environ = &outside;
    cls.wsgi_run_once = true;
    cls.server_software = "Soft/1";
    streams = open_streams(&cls, "{'B': 'base', 'wsgi.input': 'base'}");
    assert_int_equal(cls.setup_environ(streams.handler), 0);
    set_python("env", streams.handler->environ);
    give_python("streams", Py_BuildValue("(OO)", streams.err, streams.env));
    run_python("assert env.pop('wsgi.errors') is streams[0]\n"
               "env.pop('wsgi.input').read\n"
               "wrapper = env.pop('wsgi.file_wrapper')");
    assert_repr(eval_python("env"),
                "{'A': 'os', 'B': 'base', 'C': 'os', 'wsgi.version': (1, 0), "
                "'wsgi.run_once': True, 'wsgi.url_scheme': 'http', "
                "'wsgi.multithread': False, 'wsgi.multiprocess': False, "
                "'SERVER_SOFTWARE': 'Soft/1'}");
    set_python("expected", (PyObject *)cls.wsgi_file_wrapper);
    assert_repr(eval_python("wrapper is expected"), "True");
    set_python("outside", outside);
    assert_repr(eval_python("outside"), "{'A': 'os', 'B': 'os', 'C': 'os'}");
    close_streams(streams);

    /* neither a file wrapper nor, off an origin server, a name */
    cls.wsgi_file_wrapper = NULL;
    cls.origin_server = false;
    streams = open_streams(&cls, "{}");
    assert_int_equal(cls.setup_environ(streams.handler), 0);
    set_python("env", streams.handler->environ);
    assert_repr(eval_python("[k for k in ('wsgi.file_wrapper', "
                            "'SERVER_SOFTWARE') if k in env]"),
                "[]");
    assert_int_equal(cls.result_is_file(streams.handler), 0);
    close_streams(streams);
    run_python("del env, streams, outside");
    Py_DECREF(outside);
}

static void
test_content_length(void **state)
{
    static const char *const apps[][2] = {
        { "return []", "Content-Length: 0\\r\\n\\r\\n" },
        { "return [b'data']", "Content-Length: 4\\r\\n\\r\\ndata" },
        { "return [b'']", "Content-Length: 0\\r\\n\\r\\n" },
        { "write(b'data'); return []", "\\r\\ndata" },
        { "return [b'da', b'ta']", "\\r\\ndata" },
        { "return (c for c in [b'data'])", "\\r\\ndata" },
    };
    BaseHandlerClass cls = test_handler_class();

    (void)state;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(apps); i++) {
        Streams streams =
            open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
        char text[200];

        PyOS_snprintf(text, sizeof(text),
                      "def app(environ, start_response):\n"
                      "    write = start_response('200 OK', [])\n"
                      "    %s\n",
                      apps[i][0]);
        assert_runs(streams, text);
        PyOS_snprintf(text, sizeof(text),
                      "b'HTTP/1.0 200 OK\\r\\nDate: D\\r\\n%s'", apps[i][1]);
        assert_stdout(streams, text);
        close_streams(streams);
    }
}

static void
test_an_error_gives_the_error_page(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");

    (void)state;
    assert_runs(streams, "def app(environ, start_response):\n"
                         "    raise AssertionError('no way')\n");
    assert_stdout(
        streams, "b'HTTP/1.0 500 Internal Server Error\\r\\nDate: D\\r\\n"
                 "Content-Type: text/plain\\r\\nContent-Length: 59\\r\\n\\r\\n"
                 "A server error occurred.  Please contact the "
                 "administrator.'");
    set_python("err", streams.err);
    assert_repr(eval_python("mask(err.getvalue())"),
                "'Traceback (most recent call last):\\n  in run\\n  in app\\n"
                "AssertionError: no way\\n'");
    close_streams(streams);
}

static void
test_an_error_after_output_is_only_logged(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");

    (void)state;
    assert_runs(streams, "def app(environ, start_response):\n"
                         "    start_response('200 OK', [])(b'written')\n"
                         "    raise AssertionError('no way')\n");
    assert_stdout(streams, "b'HTTP/1.0 200 OK\\r\\nDate: D\\r\\n\\r\\n"
                           "written'");
    set_python("err", streams.err);
    assert_repr(eval_python("'AssertionError: no way' in err.getvalue()"),
                "True");
    close_streams(streams);
}

static void
test_status_line_and_preamble(void **state)
{
    static const char *const protocols[] = { "HTTP/0.9", "HTTP/1.0",
                                             "HTTP/2.0" };

    (void)state;
    for (size_t p = 0; p < Py_ARRAY_LENGTH(protocols); p++) {
        for (int origin = 0; origin < 2; origin++) {
            for (int named = 0; named < 2; named++) {
                BaseHandlerClass cls = test_handler_class();
                Streams streams;
                char text[200];

                PyOS_snprintf(text, sizeof(text), "{'SERVER_PROTOCOL': '%s'}",
                              protocols[p]);
                streams = open_streams(&cls, text);
                /* set on the instance, as a user's __init__ would */
                streams.handler->origin_server = origin;
                streams.handler->http_version = "1.5";
                streams.handler->server_software = named ? "Soft" : NULL;
                assert_runs(streams, "def app(environ, start_response):\n"
                                     "    start_response('200 OK', [])\n"
                                     "    return []\n");
                PyOS_snprintf(
                    text, sizeof(text), "b'%s%s%s'",
                    !origin  ? "Status: 200 OK\\r\\n"
                    : p == 0 ? ""
                             : "HTTP/1.5 200 OK\\r\\nDate: D\\r\\n",
                    origin && p > 0 && named ? "Server: Soft\\r\\n" : "",
                    origin && p == 0 ? "" : "Content-Length: 0\\r\\n\\r\\n");
                assert_stdout(streams, text);
                close_streams(streams);
            }
        }
    }
}

static void
test_state_is_kept_when_the_result_fails(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");

    (void)state;
    assert_runs(streams, "def app(environ, start_response):\n"
                         "    start_response('200 OK', [('X-A', 'a')])\n"
                         "    yield b'one'\n"
                         "    raise RuntimeError('x')\n");
    assert_true(streams.handler->headers_sent);
    assert_non_null(streams.handler->headers);
    assert_int_equal(streams.handler->bytes_sent, 3);
    assert_repr(Py_NewRef(streams.handler->status), "'200 OK'");
    assert_true(PyGen_Check(streams.handler->result));
    assert_true(PyDict_Check(streams.handler->environ));
    close_streams(streams);
}

static void
test_close_forgets_the_request(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    BaseHandler *self = streams.handler;
    PyObject *iterable;
    Py_ssize_t owned;

    (void)state;
    run_python("def app(environ, start_response):\n"
               "    start_response('200 OK', [])\n"
               "    return body\n"
               "body = Body([b'x'])");
    iterable = eval_python("body");
    owned = Py_REFCNT(iterable);
    assert_runs(streams, "");
    assert_int_equal(Py_REFCNT(iterable), owned);
    assert_ptr_equal(self->environ, Py_None);
    assert_ptr_equal(self->status, Py_None);
    assert_ptr_equal(self->result, Py_None);
    assert_null(self->headers);
    assert_false(self->headers_sent);
    assert_int_equal(self->bytes_sent, 0);
    assert_int_equal(Py_REFCNT(self), 1);
    Py_DECREF(iterable);
    close_streams(streams);
}

static void
test_without_headers_as_in_python(void **state)
{
    BaseHandler *self = BaseHandler_new(&SimpleHandler_class);
    PyObject *message;
    const char *not_iterable; /* 3.14 has other words */

    (void)state;
    run_python("try: 'x' in None\n"
               "except TypeError as e: message = str(e)");
    message = eval_python("message");
    not_iterable = PyUnicode_AsUTF8(message);
    assert_int_equal(self->cls->finish_content(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'setdefault'");
    assert_int_equal(self->cls->cleanup_headers(self), -1);
    assert_raised(PyExc_TypeError, not_iterable);
    assert_int_equal(self->cls->client_is_modern(self), -1);
    assert_raised(PyExc_TypeError, "'NoneType' object is not subscriptable");
    Py_SETREF(self->result, eval_python("[b'x']"));
    assert_int_equal(self->cls->set_content_length(self), -1);
    assert_raised(PyExc_TypeError,
                  "'NoneType' object does not support item assignment");
    Py_DECREF(message);
    Py_DECREF(self);
}

/* A subclass that says what is called on self, and on self.headers. */
static PyObject *calls; /* owned; a list of str, indented */
static int depth;

static void
called(const char *name)
{
    PyObject *line =
        PyUnicode_FromFormat("%s%s",
                             &"                    "
                              "                    "[40 - 2 * depth],
                             name);

    assert_int_equal(PyList_Append(calls, line), 0);
    Py_DECREF(line);
    depth++;
}

static int
left(int result)
{
    depth--;
    return result;
}

static PyObject *
left_object(PyObject *result)
{
    depth--;
    return result;
}

static int
record_run(BaseHandler *self, PyObject *application)
{
    called("run");
    return left(BaseHandler_run(self, application));
}

static int
record_setup_environ(BaseHandler *self)
{
    called("setup_environ");
    return left(BaseHandler_setup_environ(self));
}

static int
record_finish_response(BaseHandler *self)
{
    called("finish_response");
    return left(BaseHandler_finish_response(self));
}

static PyObject *
record_get_scheme(BaseHandler *self)
{
    called("get_scheme");
    return left_object(BaseHandler_get_scheme(self));
}

static int
record_set_content_length(BaseHandler *self)
{
    called("set_content_length");
    return left(BaseHandler_set_content_length(self));
}

static int
record_cleanup_headers(BaseHandler *self)
{
    called("cleanup_headers");
    return left(BaseHandler_cleanup_headers(self));
}

static PyObject *
record_start_response(BaseHandler *self, PyObject *status, PyObject *headers,
                      PyObject *exc_info)
{
    called("start_response");
    return left_object(
        BaseHandler_start_response(self, status, headers, exc_info));
}

static int
record_send_preamble(BaseHandler *self)
{
    called("send_preamble");
    return left(BaseHandler_send_preamble(self));
}

static int
record_write(BaseHandler *self, PyObject *data)
{
    called("write");
    return left(BaseHandler_write(self, data));
}

static int
record_sendfile(BaseHandler *self)
{
    called("sendfile");
    return left(BaseHandler_sendfile(self));
}

static int
record_finish_content(BaseHandler *self)
{
    called("finish_content");
    return left(BaseHandler_finish_content(self));
}

static int
record_close(BaseHandler *self)
{
    called("close");
    return left(BaseHandler_close(self));
}

static int
record_send_headers(BaseHandler *self)
{
    called("send_headers");
    return left(BaseHandler_send_headers(self));
}

static int
record_result_is_file(BaseHandler *self)
{
    called("result_is_file");
    return left(BaseHandler_result_is_file(self));
}

static int
record_client_is_modern(BaseHandler *self)
{
    called("client_is_modern");
    return left(BaseHandler_client_is_modern(self));
}

static int
record_log_exception(BaseHandler *self, PyObject *exc_info)
{
    called("log_exception");
    return left(BaseHandler_log_exception(self, exc_info));
}

static int
record_handle_error(BaseHandler *self)
{
    called("handle_error");
    return left(BaseHandler_handle_error(self));
}

static PyObject *
record_error_output(BaseHandler *self, PyObject *env, PyObject *start_response)
{
    called("error_output");
    return left_object(BaseHandler_error_output(self, env, start_response));
}

static int
record__write(BaseHandler *self, PyObject *data)
{
    called("_write");
    return left(SimpleHandler__write(self, data));
}

static int
record__flush(BaseHandler *self)
{
    called("_flush");
    return left(SimpleHandler__flush(self));
}

static PyObject *
record_get_stdin(BaseHandler *self)
{
    called("get_stdin");
    return left_object(SimpleHandler_get_stdin(self));
}

static PyObject *
record_get_stderr(BaseHandler *self)
{
    called("get_stderr");
    return left_object(SimpleHandler_get_stderr(self));
}

static int
record_add_cgi_vars(BaseHandler *self)
{
    called("add_cgi_vars");
    return left(SimpleHandler_add_cgi_vars(self));
}

static int
record_headers_init(Headers *self, PyObject *headers)
{
    called("Headers.__init__");
    return left(Headers_init(self, headers));
}

static int
record_headers_setitem(Headers *self, PyObject *name, PyObject *val)
{
    called("Headers.__setitem__");
    return left(Headers_setitem(self, name, val));
}

static int
record_headers_contains(Headers *self, PyObject *name)
{
    called("Headers.__contains__");
    return left(Headers_contains(self, name));
}

static PyObject *
record_headers_bytes(Headers *self)
{
    called("Headers.__bytes__");
    return left_object(Headers_bytes(self));
}

static PyObject *
record_headers_setdefault(Headers *self, PyObject *name, PyObject *value)
{
    called("Headers.setdefault");
    return left_object(Headers_setdefault(self, name, value));
}

static void
test_calls_come_in_the_order_of_python(void **state)
{
    static const char *const sources[] = {
        RETURNS("[b'one']"),
        RETURNS("Body([b'one', b'two'])"),
        RETURNS("[]"),
        RETURNS("[b'one', 'two']"),
        RETURNS("['one']"),
        RETURNS("environ['wsgi.file_wrapper'](io.BytesIO(b'0123456789'), 4)"),
        RETURNS("Body([b'one'], closing=RuntimeError('closing'))"),
        STARTS("'20'", "[]"),
        STARTS("'200 OK'", "[('date', ''), ('server', ''), "
                           "('content-length', '')]"),
        WRITES("write(b'w1'); write(b'w2'); return [b'iter']"),
        WRITES("raise BrokenPipeError"),
        "def app(environ, start_response): raise RuntimeError('before')\n",
        "def app(environ, start_response): return [b'x']\n",
        "def app(environ, start_response): return []\n",
        "def app(environ, start_response):\n"
        "    environ.clear()\n"
        "    raise RuntimeError('x')\n",
        "def app(environ, start_response):\n"
        "    environ['SERVER_PROTOCOL'] = 'HTTP/0.9'\n"
        "    start_response('200 OK', [])\n"
        "    return [b'x']\n",
    };
    HeadersClass headers_class = Headers_class;

    (void)state;
    headers_class.init = record_headers_init;
    headers_class.setitem = record_headers_setitem;
    headers_class.contains = record_headers_contains;
    headers_class.bytes = record_headers_bytes;
    headers_class.setdefault = record_headers_setdefault;
    tested_class = (BaseHandlerClass){
        .type = &SimpleHandler_type,
        .wsgi_version = { 1, 0 },
        .origin_server = true,
        .http_version = "1.0",
        .server_software = "Test/1.0",
        .os_environ = &BaseHandler_os_environ,
        .wsgi_file_wrapper = SimpleHandler_class.wsgi_file_wrapper,
        .headers_class = &headers_class,
        .traceback_limit = -1,
        .error_status = "500 Internal Server Error",
        .error_headers = BaseHandler_error_headers,
        .error_body = "A server error occurred.  Please contact the "
                      "administrator.",

        .run = record_run,
        .setup_environ = record_setup_environ,
        .finish_response = record_finish_response,
        .get_scheme = record_get_scheme,
        .set_content_length = record_set_content_length,
        .cleanup_headers = record_cleanup_headers,
        .start_response = record_start_response,
        .send_preamble = record_send_preamble,
        .write = record_write,
        .sendfile = record_sendfile,
        .finish_content = record_finish_content,
        .close = record_close,
        .send_headers = record_send_headers,
        .result_is_file = record_result_is_file,
        .client_is_modern = record_client_is_modern,
        .log_exception = record_log_exception,
        .handle_error = record_handle_error,
        .error_output = record_error_output,
        ._write = record__write,
        ._flush = record__flush,
        .get_stdin = record_get_stdin,
        .get_stderr = record_get_stderr,
        .add_cgi_vars = record_add_cgi_vars,
    };
    assert_no_empty_slot(&tested_class, offsetof(BaseHandlerClass, run),
                         sizeof(tested_class));
    calls = PyList_New(0);
    set_python("c_calls", calls);
    run_python(
        "py_calls, depth = [], [0]\n"
        "def recording(base, names, prefix=''):\n"
        "    def method(name):\n"
        "        def call(self, *args):\n"
        "            py_calls.append('  ' * depth[0] + prefix + name)\n"
        "            depth[0] += 1\n"
        "            try: return getattr(base, name)(self, *args)\n"
        "            finally: depth[0] -= 1\n"
        "        return call\n"
        "    return type(base.__name__, (base,),\n"
        "                {name: method(name) for name in names.split()})\n"
        "unrecorded = PyHandler\n"
        "PyHandler = recording(PyHandler,\n"
        "    'run setup_environ finish_response get_scheme '\n"
        "    'set_content_length cleanup_headers start_response '\n"
        "    'send_preamble write sendfile finish_content close '\n"
        "    'send_headers result_is_file client_is_modern log_exception '\n"
        "    'handle_error error_output _write _flush get_stdin get_stderr '\n"
        "    'add_cgi_vars')\n"
        "PyHandler.headers_class = recording(wsgiref.handlers.Headers,\n"
        "    '__init__ __setitem__ __contains__ __bytes__ setdefault',\n"
        "    'Headers.')\n"
        "def call_lists(source):\n"
        "    del c_calls[:], py_calls[:]\n"
        "    observe(run_c, source, ENVIRON)\n"
        "    observe(run_py, source, ENVIRON)\n"
        "    return '\\n'.join(c_calls), '\\n'.join(py_calls)\n");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(sources); i++) {
        PyObject *text = PyUnicode_FromString(sources[i]);
        PyObject *lists;

        set_python("source", text);
        lists = eval_python("call_lists(source)");
        assert_int_equal(depth, 0);
        assert_string_equal(PyUnicode_AsUTF8(PyTuple_GET_ITEM(lists, 0)),
                            PyUnicode_AsUTF8(PyTuple_GET_ITEM(lists, 1)));
        assert_true(PyUnicode_GET_LENGTH(PyTuple_GET_ITEM(lists, 0)) > 100);
        Py_DECREF(lists);
        Py_DECREF(text);
    }
    run_python("PyHandler = unrecorded\n"
               "del c_calls");
    Py_CLEAR(calls);
    tested_class = SimpleHandler_class;
    tested_class.server_software = "Test/1.0";
}

static int
yes(BaseHandler *self)
{
    (void)self;
    function_called();
    return 1;
}

static void
test_sendfile_may_take_the_file_over(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams;

    (void)state;
    cls.sendfile = yes;
    streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    expect_function_call(yes);
    assert_runs(streams,
                "def app(environ, start_response):\n"
                "    start_response('200 OK', [])\n"
                "    return environ['wsgi.file_wrapper'](io.BytesIO(b'x'))\n");
    assert_stdout(streams, "b''");
    assert_ptr_equal(streams.handler->environ, Py_None); /* close() ran */
    close_streams(streams);
}

static void
test_traceback_limit_and_error_page_are_of_the_class(void **state)
{
    static const HeaderPair headers[] = {
        { "Content-Type", "text/html" },
        { "X-Error", "yes" },
        { NULL, NULL },
    };
    BaseHandlerClass cls = test_handler_class();
    Streams streams;

    (void)state;
    cls.traceback_limit = 1;
    cls.error_status = "503 Busy";
    cls.error_headers = headers;
    cls.error_body = "<p>";
    streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    assert_runs(streams, "def app(environ, start_response):\n"
                         "    raise ValueError('x')\n");
    assert_stdout(streams, "b'HTTP/1.0 503 Busy\\r\\nDate: D\\r\\n"
                           "Content-Type: text/html\\r\\nX-Error: yes\\r\\n"
                           "Content-Length: 3\\r\\n\\r\\n<p>'");
    set_python("err", streams.err);
    assert_repr(eval_python("mask(err.getvalue())"),
                "'Traceback (most recent call last):\\n  in run\\n"
                "ValueError: x\\n'");
    close_streams(streams);
}

/* The collector finds a handler that an application keeps in a cycle, and
 * what the collector has emptied fails like what close() has. */
static void
test_a_cleared_handler_is_usable(void **state)
{
    BaseHandlerClass cls = test_handler_class();
    Streams streams = open_streams(&cls, "{'SERVER_PROTOCOL': 'HTTP/1.0'}");
    BaseHandler *self = streams.handler;

    (void)state;
    assert_true(PyObject_GC_IsTracked((PyObject *)self));
    assert_int_equal(cls.setup_environ(self), 0);
    assert_int_equal(Py_TYPE(self)->tp_clear((PyObject *)self), 0);
    assert_null(self->environ);
    assert_int_equal(cls._write(self, Py_None), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'write'");
    assert_int_equal(cls._flush(self), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'flush'");
    /* its log is None, which print_exception takes for sys.stderr */
    run_python("sys.stderr = io.StringIO()");
    assert_int_equal(cls.run(self, Py_None), -1);
    assert_raised(PyExc_AttributeError,
                  "'NoneType' object has no attribute 'flush'");
    run_python("sys.stderr = sys.__stderr__");
    close_streams(streams);
}

static void
test_no_slot_is_empty(void **state)
{
    (void)state;
    assert_no_empty_slot(&BaseHandler_class, offsetof(BaseHandlerClass, run),
                         sizeof(BaseHandler_class));
    assert_no_empty_slot(&SimpleHandler_class, offsetof(BaseHandlerClass, run),
                         sizeof(SimpleHandler_class));
}

static int
setup(void **state)
{
    (void)state;
    return start_handlers();
}

static int
teardown(void **state)
{
    Py_CLEAR(no_environ);
    return stop_python(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_statuses),
        python_test(test_headers),
        python_test(test_iterables),
        python_test(test_start_response),
        python_test(test_write),
        python_test(test_errors),
        python_test(test_closing),
        python_test(test_environ),
        python_test(test_what_the_application_keeps),
        python_test(test_nothing_is_left_of_a_request),
        python_test(HandlerTests_testAbstractMethods),
        python_test(test_a_new_handler_has_the_attributes_of_the_class),
        python_test(test_class_attributes_are_those_of_python),
        python_test(test_setup_environ_joins_its_sources),
        python_test(test_content_length),
        python_test(test_an_error_gives_the_error_page),
        python_test(test_an_error_after_output_is_only_logged),
        python_test(test_status_line_and_preamble),
        python_test(test_state_is_kept_when_the_result_fails),
        python_test(test_close_forgets_the_request),
        python_test(test_without_headers_as_in_python),
        python_test(test_calls_come_in_the_order_of_python),
        python_test(test_sendfile_may_take_the_file_over),
        python_test(test_traceback_limit_and_error_page_are_of_the_class),
        python_test(test_a_cleared_handler_is_usable),
        python_test(test_no_slot_is_empty),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
