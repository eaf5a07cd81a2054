#include "same_as_original.h"

static const char *const environs[] = {
    "V.check_environ(env())",
    /* the type */
    "V.check_environ(None)",
    "V.check_environ([])",
    "V.check_environ(Dict(env()))",
    "V.check_environ(collections.UserDict(env()))",
    "V.check_environ({})",
    /* what must be there */
    "V.check_environ(env('REQUEST_METHOD'))",
    "V.check_environ(env('SERVER_NAME'))",
    "V.check_environ(env('SERVER_PORT'))",
    "V.check_environ(env('wsgi.version'))",
    "V.check_environ(env('wsgi.input'))",
    "V.check_environ(env('wsgi.errors'))",
    "V.check_environ(env('wsgi.multithread'))",
    "V.check_environ(env('wsgi.multiprocess'))",
    "V.check_environ(env('wsgi.run_once'))",
    "V.check_environ(env('REQUEST_METHOD', 'wsgi.input'))",
    "V.check_environ(env('wsgi.url_scheme'))",
    "V.check_environ(env('SCRIPT_NAME'))",
    "V.check_environ(env('PATH_INFO'))",
    "V.check_environ(env('PATH_INFO', SCRIPT_NAME='/a'))",
    /* what must not */
    "V.check_environ(env(HTTP_CONTENT_TYPE='a/b'))",
    "V.check_environ(env(HTTP_CONTENT_LENGTH='1'))",
    "V.check_environ(env(HTTP_CONTENT_LENGTH='1', HTTP_CONTENT_TYPE='a'))",
    "V.check_environ(env(HTTP_CONTENT_TYPE=None))",
    "V.check_environ(env('QUERY_STRING', HTTP_CONTENT_TYPE='a/b'))",
    /* warnings */
    "V.check_environ(env('QUERY_STRING'))",
    "errors(V.check_environ, env('QUERY_STRING'))",
    "V.check_environ(env(QUERY_STRING=None))",
    "V.check_environ(env('QUERY_STRING', REQUEST_METHOD='FOO'))",
    "V.check_environ(env('QUERY_STRING', X=1))",
    "V.check_environ(env(REQUEST_METHOD='FOO'))",
    "V.check_environ(env(REQUEST_METHOD='get'))",
    "V.check_environ(env(REQUEST_METHOD=''))",
    "V.check_environ(env(REQUEST_METHOD='caf\\xe9 \\ud800\\n'))",
    "errors(V.check_environ, env(REQUEST_METHOD='FOO'))",
    "[V.check_environ(env(REQUEST_METHOD=m)) for m in 'GET HEAD POST '\n"
    "    'OPTIONS PATCH PUT DELETE TRACE CONNECT PROPFIND'.split()]",
    "V.check_environ(env(REQUEST_METHOD='FOO', SCRIPT_NAME='/'))",
    /* strings */
    "V.check_environ(env(X=1))",
    "V.check_environ(env(X=None))",
    "V.check_environ(env(X=b'x'))",
    "V.check_environ(env(X=Str('x')))",
    "V.check_environ(env(X=Told('value')))",
    "V.check_environ(env(X=Bad()))",
    "V.check_environ(env(x__y=Told('value')))",
    "V.check_environ(env(x__y=Bad()))",
    "V.check_environ(env(REQUEST_METHOD=1))",
    "V.check_environ(env(SERVER_PORT=80))",
    "V.check_environ(with_items({5: 'x'}))",
    "V.check_environ(with_items({None: 'x'}))",
    "V.check_environ(with_items({b'X': 'x'}))",
    "V.check_environ(with_items({('X',): 'x'}))",
    "V.check_environ(with_items({('X', '.'): 1}))",
    "V.check_environ(with_items({('X', 'Y'): 1}))",
    "V.check_environ(with_items({Str('X'): 1}))",
    "V.check_environ(with_items({Str('x.y'): 1}))",
    "V.check_environ(with_items({'caf\\xe9': 1}))",
    "V.check_environ(with_items({'%s%d': '%n'}))",
    "V.check_environ(with_items({'%s': 1}))",
    "class Key(str):\n"
    "    def __str__(self):\n"
    "        environ['more'] = 'x'\n"
    "        return 'key'\n"
    "environ = with_items({Key('X'): 'x', 'Y': 'y'})\n"
    "V.check_environ(environ)\n",
    "class Key(str):\n"
    "    def __contains__(self, c):\n"
    "        say('in', c)\n"
    "        raise ValueError('contains')\n"
    "V.check_environ(with_items({Key('X'): 'x'}))\n",
    /* the order in which it looks */
    "V.check_environ(env(x__y=Told('value'), wsgi__input=Told('in')))",
    "V.check_environ(env(x__y=Told('v'), wsgi__errors=Told('err')))",
    "V.check_environ(env(X=1, wsgi__version=[]))",
    "V.check_environ(env(wsgi__version=[], wsgi__url_scheme='x'))",
    "V.check_environ(env(wsgi__input=None, wsgi__url_scheme='x'))",
    "V.check_environ(env(wsgi__input=None, wsgi__errors=None))",
    "V.check_environ(env(wsgi__errors=None, REQUEST_METHOD='FOO'))",
    "V.check_environ(env(SCRIPT_NAME='a', PATH_INFO='b'))",
    "V.check_environ(env(PATH_INFO='b', CONTENT_LENGTH='-1'))",
    "V.check_environ(env(SCRIPT_NAME='/', CONTENT_LENGTH='-1'))",
    /* wsgi.version, wsgi.url_scheme */
    "V.check_environ(env(wsgi__version=None))",
    "V.check_environ(env(wsgi__version=[1, 0]))",
    "V.check_environ(env(wsgi__version=Tuple((1, 0))))",
    "V.check_environ(env(wsgi__version=()))",
    "V.check_environ(env(wsgi__version=(9, 9)))",
    "V.check_environ(env(wsgi__version=Told('version')))",
    "V.check_environ(env(wsgi__version=(Told('part'),)))",
    "V.check_environ(env(wsgi__url_scheme='https'))",
    "V.check_environ(env(wsgi__url_scheme='ftp'))",
    "V.check_environ(env(wsgi__url_scheme='HTTP'))",
    "V.check_environ(env(wsgi__url_scheme=b'http'))",
    "V.check_environ(env(wsgi__url_scheme=Str('http')))",
    "V.check_environ(env(wsgi__url_scheme=None))",
    "V.check_environ(env(wsgi__url_scheme=()))",
    "V.check_environ(env(wsgi__url_scheme=('x',)))",
    "V.check_environ(env(wsgi__url_scheme=('x', 'y')))",
    "V.check_environ(env(wsgi__url_scheme={'x': 'y'}))",
    "V.check_environ(env(wsgi__url_scheme=Told('scheme')))",
    "class Scheme(str):\n"
    "    def __eq__(self, other):\n"
    "        say('==', other)\n"
    "        raise ValueError('eq')\n"
    "V.check_environ(env(wsgi__url_scheme=Scheme('http')))\n",
    /* SCRIPT_NAME, PATH_INFO */
    "V.check_environ(env(SCRIPT_NAME='/a', PATH_INFO=''))",
    "V.check_environ(env(SCRIPT_NAME='', PATH_INFO=''))",
    "V.check_environ(env(SCRIPT_NAME='a'))",
    "V.check_environ(env(SCRIPT_NAME=\"it's\"))",
    "V.check_environ(env(SCRIPT_NAME='/'))",
    "V.check_environ(env(SCRIPT_NAME='//'))",
    "V.check_environ(env(PATH_INFO='a'))",
    "V.check_environ(env(PATH_INFO='*'))",
    "V.check_environ(env(PATH_INFO='caf\\xe9\\u20ac\\0'))",
    "V.check_environ(env(PATH_INFO='//'))",
    /* CONTENT_LENGTH */
    "[V.check_environ(env(CONTENT_LENGTH=n)) for n in ('', '0', '5', ' 7 ',\n"
    "    '1_0', '+3', '9' * 400, '\\u0663')]",
    "V.check_environ(env(CONTENT_LENGTH='-1'))",
    "V.check_environ(env(CONTENT_LENGTH='-' + '9' * 400))",
    "V.check_environ(env(CONTENT_LENGTH='abc'))",
    "V.check_environ(env(CONTENT_LENGTH='5, 5'))",
    "V.check_environ(env(CONTENT_LENGTH='9' * 5000))",
};

static const char *const streams[] = {
    "V.check_input(io.BytesIO())",
    "V.check_input(None)",
    "V.check_input([])",
    "V.check_input(types.SimpleNamespace(read=1))",
    "V.check_input(types.SimpleNamespace(read=1, readline=1))",
    "V.check_input(types.SimpleNamespace(read=1, readline=1, readlines=1))",
    "V.check_input(types.SimpleNamespace(read=1, readline=1, readlines=1,\n"
    "                                    __iter__=1))",
    "V.check_input(Told('input'))",
    "V.check_input(Bad())",
    "V.check_input(('a', 'b'))",
    "V.check_input(attributes(io.BytesIO, __repr__=lambda s: 'me')())",
    "V.check_input(attributes(io.BytesIO, __repr__=lambda s: 5)())",
    "V.check_input(attributes(io.BytesIO,\n"
    "    __repr__=lambda s: say('repr') or 'me')())",
    "V.check_input(attributes(Told,\n"
    "    __getattr__=lambda s, name: say(name))('asked'))",
    "def refuse(self, name): raise KeyError(name)\n"
    "V.check_input(attributes(object, __getattr__=refuse)())\n",
    "def refuse(self, name): raise AttributeError('mine')\n"
    "V.check_input(attributes(object, __getattr__=refuse)())\n",
    "V.check_errors(io.StringIO())",
    "V.check_errors(None)",
    "V.check_errors(types.SimpleNamespace(flush=1))",
    "V.check_errors(types.SimpleNamespace(flush=1, write=1))",
    "V.check_errors(types.SimpleNamespace(flush=1, write=1, writelines=1))",
    "V.check_errors(types.SimpleNamespace(write=1, writelines=1))",
    "V.check_errors(Told('errors'))",
    "V.check_errors(('a',))",
    "V.check_errors(attributes(Told,\n"
    "    __getattr__=lambda s, name: say(name))('asked'))",
    "def refuse(self, name): raise KeyError(name)\n"
    "V.check_errors(attributes(object, __getattr__=refuse)())\n",
};

static const char *const statuses[] = {
    "V.check_status('200 OK')",
    "V.check_status('200')",
    "V.check_status('200 ')",
    "V.check_status('200OK')",
    "V.check_status('200\\tOK')",
    "V.check_status('  200 OK')",
    "V.check_status(' 200')",
    "V.check_status('200  OK')",
    "V.check_status('200\\nOK')",
    "V.check_status('200\\xa0OK')",
    "V.check_status('20 OK')",
    "V.check_status('2000 OK')",
    "V.check_status('')",
    "V.check_status('   ')",
    "V.check_status('OK')",
    "V.check_status('abc OK')",
    "V.check_status('20X OK')",
    "V.check_status('099 OK')",
    "V.check_status('100 Continue')",
    "V.check_status('999 Odd')",
    "V.check_status('-10 OK')",
    "V.check_status('1_0 OK')",
    "V.check_status('+99 OK')",
    "V.check_status('\\u0662\\u0660\\u0660 OK')",
    "V.check_status('200 caf\\xe9\\u20ac\\ud800')",
    "V.check_status('200-%s%d%n')",
    "errors(V.check_status, '200-OK')",
    "V.check_status(b'200 OK')",
    "V.check_status(200)",
    "V.check_status(None)",
    "V.check_status(Str('200 OK'))",
    "V.check_status(Bad())",
    "V.check_status(('200 OK',))",
};

static const char *const headers[] = {
    "V.check_headers([])",
    "V.check_headers(PLAIN)",
    "V.check_headers(())",
    "V.check_headers(tuple(PLAIN))",
    "V.check_headers(('Content-Type', 'text/plain'))",
    "V.check_headers(List())",
    "V.check_headers(None)",
    "V.check_headers({})",
    "V.check_headers(Told('headers'))",
    "V.check_headers(Bad())",
    "V.check_headers([Told('item')])",
    "V.check_headers([('A', 'b'), Told('item')])",
    "V.check_headers([Bad()])",
    "V.check_headers([['A', 'b']])",
    "V.check_headers(['Ab'])",
    "V.check_headers([Tuple(('A', 'b'))])",
    "V.check_headers([()])",
    "V.check_headers([('A',)])",
    "V.check_headers([('A', 'b', 'c')])",
    "V.check_headers([(b'A', 'b')])",
    "V.check_headers([('A', b'b')])",
    "V.check_headers([(1, 2)])",
    "V.check_headers([('A', None)])",
    "V.check_headers([('A', Told('value'))])",
    "V.check_headers([(Str('A'), 'b')])",
    "V.check_headers([('A', Str('b'))])",
    "V.check_headers([('Status', '200')])",
    "V.check_headers([('sTATUS', '200 \"it\\'s\"')])",
    "V.check_headers([('Status-X', '200')])",
    "V.check_headers([('\\u017ftatus', '200')])",
    "V.check_headers([('A\\n', 'b')])",
    "V.check_headers([('A:', 'b')])",
    "V.check_headers([('A\\r', 'b')])",
    "V.check_headers([('', 'b')])",
    "V.check_headers([(' A', 'b')])",
    "V.check_headers([('A b', 'b')])",
    "V.check_headers([('1A', 'b')])",
    "V.check_headers([('-A', 'b')])",
    "V.check_headers([('_A', 'b')])",
    "V.check_headers([('A1-_b', 'b')])",
    "V.check_headers([('A-', 'b')])",
    "V.check_headers([('A_', 'b')])",
    "V.check_headers([('A!', 'b')])",
    "V.check_headers([('caf\\xe9', 'b')])",
    "V.check_headers([('A\\u0661', 'b')])",
    "V.check_headers([('A', '')])",
    "V.check_headers([('A', '\\x20\\x7f\\x85\\xa0\\u20ac\\ud800')])",
    "V.check_headers([('A', 'a\\nb')])",
    "V.check_headers([('A', '\\0')])",
    "V.check_headers([('A', 'a\\x1f\\r')])",
    "V.check_headers([('A', '\\u20ac\\x1e')])",
    "V.check_headers([('A', 'b'), ('B', '\\t')])",
    "V.check_headers([('%s', 'b')])",
    /* every character, alone, last, and in a value */
    "def tried(check, *args):\n"
    "    try: return check(*args)\n"
    "    except AssertionError as e: return str(e)\n"
    "result = [[tried(V.check_headers, [(name, value)])\n"
    "           for name, value in ((c, 'v'), ('A' + c, 'v'), ('A', c),\n"
    "                               ('A' + c + 'b', 'v'))]\n"
    "          for c in map(chr, range(0x180))]\n",
    /* a list that changes while it is looked at */
    "class Odd:\n"
    "    def __repr__(self):\n"
    "        del items[0]\n"
    "        return 'odd'\n"
    "items = [('A', 'b'), Odd(), 5]\n"
    "try: V.check_headers(items)\n"
    "finally: say(items)\n",
};

static const char *const content_types[] = {
    "V.check_content_type('200 OK', PLAIN)",
    "V.check_content_type('200 OK', [])",
    "V.check_content_type('200 OK', [('A', 'b')])",
    "V.check_content_type('200 OK', [('content-TYPE', 'b')])",
    "V.check_content_type('200 OK', [('A', 'b')] + PLAIN)",
    "V.check_content_type('204 No', [])",
    "V.check_content_type('304 No', [('A', 'b')])",
    "V.check_content_type('204 No', PLAIN)",
    "V.check_content_type('304 No', [('A', 'b')] + PLAIN)",
    "V.check_content_type('0204 No', PLAIN)",
    "V.check_content_type('2_04 No', PLAIN)",
    "V.check_content_type('9' * 50, [])",
    "V.check_content_type('9' * 50, PLAIN)",
    "V.check_content_type('', PLAIN)",
    "V.check_content_type('abc', PLAIN)",
    "V.check_content_type('9' * 5000, PLAIN)",
    "V.check_content_type(b'200 OK', PLAIN)",
    "V.check_content_type('200 OK', [(b'A', 'b')])",
    "V.check_content_type('200 OK', PLAIN + [(b'A', 'b')])",
    "V.check_content_type('204 No', [('A', 'b'), (b'A', 'b')])",
    "V.check_content_type('200 OK', [('A', 5)])",
    "V.check_content_type('200 OK', ())",
    "V.check_content_type('200 OK', (('A', 'b'),))",
    "V.check_content_type('200 OK', (('A', 'b'), ('C', 'd')))",
    "V.check_content_type('200 OK', [('A',)])",
    "V.check_content_type('200 OK', [()])",
    "V.check_content_type('200 OK', [('A', 'b', 'c')])",
    "V.check_content_type('200 OK', [['A', 'b']])",
    "V.check_content_type('200 OK', ['Ab'])",
    "V.check_content_type('200 OK', None)",
    "V.check_content_type('200 OK', Bad())",
    "V.check_content_type('200 OK', List([('A', 'b%s')]))",
};

static const char *const others[] = {
    "V.assert_(True)",
    "V.assert_(False)",
    "V.assert_([1], 'message')",
    "V.assert_([], 'message')",
    "V.assert_(0, '%s%d')",
    "V.assert_(Bad())",
    "V.assert_(Bad(), 'message')",
    "V.check_string_type('x', 'Title')",
    "V.check_string_type('', 'Title')",
    "V.check_string_type(b'x', 'Title')",
    "V.check_string_type(Str('x'), 'Title')",
    "V.check_string_type(None, 'A {0} %s title')",
    "V.check_string_type(Bad(), 'Title')",
    "V.check_string_type(('{}', '%r'), 'Title')",
    "V.check_exc_info(None)",
    "V.check_exc_info(())",
    "V.check_exc_info((1, 2, 3))",
    "V.check_exc_info([])",
    "V.check_exc_info(Tuple())",
    "V.check_exc_info(False)",
    "V.check_exc_info(Told('exc_info'))",
    "V.check_exc_info((Told('exc_info'),))",
    "V.check_exc_info(Bad())",
    "V.check_iterator([])",
    "V.check_iterator(None)",
    "V.check_iterator(5)",
    "V.check_iterator('x')",
    "V.check_iterator(b'x')",
    "V.check_iterator(Str('x'))",
    "V.check_iterator(Bytes(b'x'))",
    "V.check_iterator(bytearray(b'x'))",
    "V.check_iterator(attributes(object,\n"
    "    __class__=property(lambda self: str))())",
    "def refuse(self): raise KeyError('class')\n"
    "V.check_iterator(attributes(object, __class__=property(refuse))())\n",
    "V.WSGIWarning.__name__, V.WSGIWarning.__bases__",
    "V.WSGIWarning('x', 5).args",
    "V.InputWrapper.__name__, V.InputWrapper.__bases__",
};

static void
test_environ_is_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same(environs, Py_ARRAY_LENGTH(environs));
}

static void
test_streams_are_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same(streams, Py_ARRAY_LENGTH(streams));
}

static void
test_status_is_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same(statuses, Py_ARRAY_LENGTH(statuses));
}

static void
test_headers_are_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same(headers, Py_ARRAY_LENGTH(headers));
}

static void
test_content_type_is_checked_as_by_the_original(void **state)
{
    (void)state;
    assert_all_same(content_types, Py_ARRAY_LENGTH(content_types));
}

static void
test_the_other_functions_do_what_the_originals_do(void **state)
{
    (void)state;
    assert_all_same(others, Py_ARRAY_LENGTH(others));
}

static void
test_messages_are_word_for_word(void **state)
{
    (void)state;
    assert_same_error("V.check_environ(env('wsgi.input'))",
                      "Environment missing required key: 'wsgi.input'");
    assert_same_error("V.check_environ(env(HTTP_CONTENT_TYPE='a'))",
                      "Environment should not have the key: "
                      "HTTP_CONTENT_TYPE (use CONTENT_TYPE instead)");
    assert_same_error("V.check_environ(env(X=1))",
                      "Environmental variable X is not a string: "
                      "<class 'int'> (value: 1)");
    assert_same_error("V.check_environ(env(wsgi__version=[]))",
                      "wsgi.version should be a tuple ([])");
    assert_same_error("V.check_environ(env(wsgi__url_scheme='x'))",
                      "wsgi.url_scheme unknown: 'x'");
    assert_same_error("V.check_environ(env(PATH_INFO='p/q'))",
                      "PATH_INFO doesn't start with /: 'p/q'");
    assert_same_error("V.check_environ(env('SCRIPT_NAME'))", "'SCRIPT_NAME'");
    assert_same_error("V.check_environ(env(CONTENT_LENGTH='-1'))",
                      "Invalid CONTENT_LENGTH: '-1'");
    assert_same_error("V.check_environ(env(SCRIPT_NAME='/'))",
                      "SCRIPT_NAME cannot be '/'; it should instead be '', "
                      "and PATH_INFO should be '/'");
    assert_same_error("V.check_input(None)",
                      "wsgi.input (None) doesn't have the attribute read");
    assert_same_error("V.check_errors(None)",
                      "wsgi.errors (None) doesn't have the attribute flush");
    assert_same_error("V.check_status('20 OK')",
                      "Status codes must be three characters: '20'");
    assert_same_error("V.check_status('099 OK')",
                      "Status code is invalid: 99");
    assert_same_error("V.check_headers([('a:', '')])",
                      "Header names may not contain ':' or '\\n': 'a:'");
    assert_same_error("V.check_headers([('a', '\\r')])",
                      "Bad header value: '\\r' (bad char: '\\r')");
    assert_same_error("V.check_content_type('304 No', PLAIN)",
                      "Content-Type header found in a 304 response, which "
                      "must not return content.");
    assert_same_error("V.check_content_type('200 OK', [])",
                      "No Content-Type header found in headers ([])");
    assert_same_error("V.check_exc_info(1)",
                      "exc_info (1) is not a tuple: <class 'int'>");
    assert_same_error("V.check_iterator('')",
                      "You should not return a string as your application "
                      "iterator, instead return a single-item list "
                      "containing a bytestring.");
}

static void
test_traceback_has_the_frames_of_the_original(void **state)
{
    (void)state;
    run_python("source = 'serve(V.validator(None), env(X=1))'\n"
               "raised = outcome(source, ours)['raised']\n");
    assert_repr(eval_python("raised[3]"),
                "['outcome', 'evaluate', '<module>', 'serve', 'lint_app', "
                "'check_environ', 'assert_']");
}

/* Applications, each on its own, run by serve(). */
static const char *const applications[] = {
    /* all is well */
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN)\n"
    "    return [b'one', b'two']\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    say(type(environ).__name__, environ['wsgi.input'],\n"
    "        environ['wsgi.errors'], start_response.__name__)\n"
    "    write = start_response('200 OK', PLAIN)\n"
    "    say(write, write(b'written'))\n"
    "    return []\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN, None)\n"
    "    try: raise ValueError('mine')\n"
    "    except ValueError:\n"
    "        start_response('500 Oh', PLAIN, sys.exc_info())\n"
    "    yield b'data'\n"
    "serve(V.validator(app))\n",
    "class App:\n"
    "    def __init__(self, environ, start_response):\n"
    "        start_response('204 No', [])\n"
    "    def __iter__(self): return iter(())\n"
    "    def close(self): say('close')\n"
    "serve(V.validator(App))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.errors'].write('to the log')\n"
    "    say(environ['wsgi.input'].read(3), list(environ['wsgi.input']))\n"
    "    start_response('200 OK', PLAIN)\n"
    "    return [b'']\n"
    "environ = env(wsgi__input=io.BytesIO(b'input\\nlines\\n'))\n"
    "errors = environ['wsgi.errors']\n"
    "serve(V.validator(app), environ)\n"
    "result = errors.getvalue()\n",
    /* validator of a validator */
    "def app(environ, start_response):\n"
    "    say(environ['wsgi.input'].read(2))\n"
    "    environ['wsgi.errors'].writelines(['a', 'b'])\n"
    "    start_response('200 OK', PLAIN)(b'x')\n"
    "    return [b'y']\n"
    "serve(V.validator(V.validator(app)))\n",
    /* how lint_app is called */
    "V.validator(None)()",
    "V.validator(None)(1)",
    "V.validator(None)(1, 2, 3)",
    "V.validator(None)(env(), start_response, x=1)",
    "V.validator(None)(env(), start_response=start_response)",
    "V.validator(None)(1, 2, x=1)",
    "V.validator(None)(1, 2)",
    "V.validator(None)(env(), 2)",
    "V.validator(lambda: None)(env(), 2)",
    "V.validator(5).__name__, callable(V.validator(5))",
    "serve(V.validator(lambda *a: ()), env('wsgi.input'))",
    "serve(V.validator(lambda *a: ()), {})",
    "serve(V.validator(lambda *a: ()), Dict(env()))",
    "serve(V.validator(lambda *a: ()), env('QUERY_STRING'))",
    "errors(serve, V.validator(lambda *a: ()), env('QUERY_STRING'))",
    /* how start_response is called */
    "serve(V.validator(lambda e, s: s()))",
    "serve(V.validator(lambda e, s: s('200 OK')))",
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN, None, 4)))",
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN, x=1)))",
    "serve(V.validator(lambda e, s: s('200 OK', headers=PLAIN)))",
    "serve(V.validator(lambda e, s: s(Told('s'), Told('h'), Told('e'))))",
    "serve(V.validator(lambda e, s: s(Bad())))",
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN, Bad())))",
    "serve(V.validator(lambda e, s: s(b'200 OK', PLAIN)))",
    "serve(V.validator(lambda e, s: s('200', PLAIN)))",
    "serve(V.validator(lambda e, s: s('abc OK', None)))",
    "serve(V.validator(lambda e, s: s('200 OK', ())))",
    "serve(V.validator(lambda e, s: s('200 OK', [])))",
    "serve(V.validator(lambda e, s: s('204 No', PLAIN)))",
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN, 5)))",
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN, False)))",
    "serve(V.validator(lambda e, s: s('200 OK', [('A', 'b')], 5)))",
    "def failing(*args): raise KeyError('start_response')\n"
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN)), None, failing)\n",
    "serve(V.validator(lambda e, s: s('200 OK', PLAIN)), None, None)",
    "class Failing:\n"
    "    def __call__(self, *args): raise KeyError('start_response')\n"
    "def app(environ, start_response):\n"
    "    # started, although the server has refused\n"
    "    try: start_response('200 OK', PLAIN)\n"
    "    except KeyError: return [b'body']\n"
    "serve(V.validator(app), None, Failing())\n",
    "def app(environ, start_response):\n"
    "    # not started: our own check has refused\n"
    "    try: start_response('200 OK', [])\n"
    "    except AssertionError: return [b'body']\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN)('text')\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN)\n"
    "    start_response('200 OK', PLAIN)\n"
    "    return [b'twice']\n"
    "serve(V.validator(app))\n",
    /* what the application returns */
    "serve(V.validator(lambda e, s: None))",
    "serve(V.validator(lambda e, s: False))",
    "serve(V.validator(lambda e, s: 0))",
    "serve(V.validator(lambda e, s: 0.0))",
    "serve(V.validator(lambda e, s: True))",
    "serve(V.validator(lambda e, s: 5))",
    "serve(V.validator(lambda e, s: 'text'))",
    "serve(V.validator(lambda e, s: b'bytes'))",
    "serve(V.validator(lambda e, s: bytearray(b'b')))",
    "serve(V.validator(lambda e, s: ''))",
    "serve(V.validator(lambda e, s: Bad()))",
    "class Odd(list):\n"
    "    def __ne__(self, other):\n"
    "        say('!=', other)\n"
    "        return Bad()\n"
    "serve(V.validator(lambda e, s: Odd()))\n",
    "class Odd(list):\n"
    "    def __ne__(self, other): return []\n"
    "serve(V.validator(lambda e, s: Odd()))\n",
    "class Odd:\n"
    "    def __iter__(self): raise KeyError('iter')\n"
    "    def close(self): say('close')\n"
    "serve(V.validator(lambda e, s: Odd()))\n",
    "class Odd:\n"
    "    def __iter__(self): return 5\n"
    "serve(V.validator(lambda e, s: Odd()))\n",
    "serve(V.validator(lambda e, s: []))",
    "serve(V.validator(lambda e, s: [b'not started']))",
    "def app(environ, start_response):\n"
    "    yield b'early'\n"
    "    start_response('200 OK', PLAIN)\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN)\n"
    "    yield 'text'\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    yield 'text'\n"
    "serve(V.validator(app))\n",
    /* it fails */
    "serve(V.validator(lambda e, s: 1 / 0))",
    "serve(V.validator(lambda e: 1))",
    "def app(environ, start_response): raise SystemExit(3)\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN)\n"
    "    yield b'one'\n"
    "    raise ValueError('later')\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.input'].read()\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.input'].close()\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.errors'].close()\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.errors'].write(b'bytes')\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.errors'].isatty()\n"
    "serve(V.validator(app))\n",
    "def app(environ, start_response):\n"
    "    environ['wsgi.input'].seek(0)\n"
    "serve(V.validator(app))\n",
    "class Body:\n"
    "    def __iter__(self): return iter([b'x'])\n"
    "    def close(self): raise KeyError('close')\n"
    "def app(environ, start_response):\n"
    "    start_response('200 OK', PLAIN)\n"
    "    return Body()\n"
    "serve(V.validator(app))\n",
};

static void
test_applications_fare_as_with_the_original(void **state)
{
    (void)state;
    assert_all_same(applications, Py_ARRAY_LENGTH(applications));
}

/* Attributes are the instance's: traceback looks into them for its hints. */
static void
test_what_is_wrapped_is_in_the_instance(void **state)
{
    (void)state;
    assert_same("vars(V.InputWrapper(1))");
    assert_same("vars(V.ErrorWrapper(1))");
    assert_same("vars(V.WriteWrapper(1))");
    assert_same("vars(V.PartialIteratorWrapper(1))");
    assert_same("i = V.IteratorWrapper([], None)\n"
                "result = sorted(vars(i)), i.closed\n"
                "i.close()\n");
    assert_same("try: V.InputWrapper(io.BytesIO()).closed\n"
                "except AttributeError as e:\n"
                "    result = traceback.format_exception_only(e)\n");
}

/* The complaint of test_iterator_wrapper.c, from the top. */
static void
test_a_response_that_is_not_closed_is_complained_of(void **state)
{
    (void)state;
    assert_same("V.validator(lambda e, s: [])(env(), None) and None");
    assert_repr(
        eval_python("log[0]"),
        "\"('stderr', 'Iterator garbage collected without being closed')\"");
}

static void
test_what_is_no_iterable_is_complained_of_after_the_traceback(void **state)
{
    (void)state;
    assert_same("serve(V.validator(lambda e, s: 5))");
    assert_repr(eval_python("[line.split(',')[0] for line in log]"),
                "[\"('caught'\", \"('unraisable'\"]");
}

/* Each request has a start_response_started of its own. */
static void
test_requests_do_not_know_of_each_other(void **state)
{
    (void)state;
    assert_same("calls = []\n"
                "def app(environ, start_response):\n"
                "    calls.append(start_response)\n"
                "    return [b'x']\n"
                "lint_app = V.validator(app)\n"
                "first = lint_app(env(), start_response)\n"
                "second = lint_app(env(), start_response)\n"
                "calls[1]('200 OK', PLAIN)\n"
                "say(next(second))\n"
                "second.close()\n"
                "try: next(first)\n"
                "finally: first.close()\n");
}

static void
test_the_same_warning_is_shown_once(void **state)
{
    static const char *const source =
        "with warnings.catch_warnings():\n"
        "    warnings.simplefilter('default')\n"
        "    warnings.showwarning = show\n"
        "    for method in 'FOO', 'FOO', 'BAR', 'FOO':\n"
        "        V.check_environ(env(REQUEST_METHOD=method))\n"
        "        V.check_status('200')\n";

    (void)state;
    assert_same(source);
    assert_repr(eval_python("len(log)"), "3");
}

static void
test_warning_names_this_file(void **state)
{
    (void)state;
    run_python("with warnings.catch_warnings(record=True) as caught:\n"
               "    warnings.simplefilter('always')\n"
               "    ours.check_status('200')\n"
               "where = caught[0].filename.replace('\\\\', '/')\n");
    assert_repr(eval_python("where.endswith('src/validate/checks.c')"),
                "True");
    assert_repr(eval_python("caught[0].category.__module__"),
                "'cwsgiref.validate'");
    run_python("del caught");
}

/* Nothing of a request is kept when it is over, however it has ended. */
static void
test_a_request_leaves_nothing_behind(void **state)
{
    (void)state;
    run_python("class Stream(io.BytesIO): pass\n"
               "def good(environ, start_response):\n"
               "    environ['wsgi.input'].read(1)\n"
               "    start_response('200 OK', PLAIN)(b'x')\n"
               "    return [b'y']\n"
               "def bad(environ, start_response):\n"
               "    start_response('200 OK', [])\n"
               "def keeper(environ, start_response):\n" /* a cycle */
               "    environ['start'] = start_response\n"
               "    environ['write'] = start_response('200 OK', PLAIN)\n"
               "    environ['wsgi.input'].environ = environ\n"
               "    environ['wsgi.errors'].environ = environ\n"
               "    return [b'z']\n"
               "def once(app):\n"
               "    stream = Stream(b'data')\n"
               "    lint_app = ours.validator(app)\n"
               "    try: serve(lint_app, env(wsgi__input=stream), starter)\n"
               "    except Exception: pass\n"
               "    return weakref.ref(stream), weakref.ref(lint_app)\n"
               "def starter(*args): return print_nothing\n"
               "def print_nothing(data): pass\n"
               "refs = [once(app) for app in (good, bad, keeper, 5)]\n"
               "gc.collect()\n");
    assert_repr(eval_python("[(a(), b()) for a, b in refs]"),
                "[(None, None), (None, None), (None, None), (None, None)]");
}

static void
test_reference_counts_are_as_before(void **state)
{
    PyObject *application = eval_python("lambda e, s: [b'x']");
    PyObject *env = eval_python("env()");
    PyObject *in = PyDict_GetItemString(env, "wsgi.input");
    Py_ssize_t application_before = Py_REFCNT(application);
    Py_ssize_t env_before = Py_REFCNT(env);
    Py_ssize_t in_before = Py_REFCNT(in);
    PyObject *app = validator(application);
    PyObject *iterator, *status, *header_list;

    (void)state;
    assert_int_equal(Py_REFCNT(application), application_before + 1);
    iterator = PyObject_CallFunctionObjArgs(app, env, Py_None, NULL);
    assert_non_null(iterator);
    assert_int_equal(IteratorWrapper_close(iterator), 0);
    Py_DECREF(iterator);
    Py_DECREF(app);
    assert_int_equal(Py_REFCNT(application), application_before);
    assert_int_equal(Py_REFCNT(env), env_before);
    assert_int_equal(Py_REFCNT(in), in_before); /* the wrapper has it now */
    Py_DECREF(env);
    Py_DECREF(application);

    status = eval_python("'2000' + ' no'");
    header_list = eval_python("[('A', str(7) + 'b')]");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(check_status(status), -1);
        assert_raised(PyExc_AssertionError, NULL);
        assert_int_equal(check_headers(header_list), 0);
        assert_int_equal(check_content_type(status, header_list), -1);
        assert_raised(PyExc_AssertionError, NULL);
    }
    run_python("gc.collect()");
    assert_int_equal(Py_REFCNT(status), 1);
    assert_int_equal(Py_REFCNT(header_list), 1);
    Py_DECREF(header_list);
    Py_DECREF(status);
}

static void
test_no_outcome_leaves_anything_behind(void **state)
{
    (void)state;
    assert_none_leaks(environs, Py_ARRAY_LENGTH(environs));
    assert_none_leaks(streams, Py_ARRAY_LENGTH(streams));
    assert_none_leaks(statuses, Py_ARRAY_LENGTH(statuses));
    assert_none_leaks(headers, Py_ARRAY_LENGTH(headers));
    assert_none_leaks(content_types, Py_ARRAY_LENGTH(content_types));
    assert_none_leaks(others, Py_ARRAY_LENGTH(others));
    assert_none_leaks(applications, Py_ARRAY_LENGTH(applications));
}

/* No check keeps, or lets go of, what it looked at: neither when it passes
 * nor when it fails. */
static void
test_checks_neither_keep_nor_lose_references(void **state)
{
    (void)state;
    run_python(
        "def count(check, *args):\n"
        "    before = [sys.getrefcount(a) for a in args]\n"
        "    for _ in range(5):\n"
        "        try:\n"
        "            with warnings.catch_warnings():\n"
        "                warnings.simplefilter('ignore')\n"
        "                check(*args)\n"
        "        except Exception: pass\n"
        "    return [sys.getrefcount(a) for a in args] == before\n"
        "texts = ['20%d' % i for i in range(5)]\n"
        "lists = [[('A', 'b%d' % i)] for i in range(5)]\n"
        "bad = [[('A', '\\n%d' % i)] for i in range(5)]\n"
        "o = ours\n"
        "counts = [count(o.check_status, t) for t in texts]\n"
        "counts += [count(o.check_headers, x) for x in lists + bad]\n"
        "counts += [count(o.check_headers, x[0]) for x in lists]\n"
        "counts += [count(o.check_content_type, t, x)\n"
        "           for t, x in zip(texts, lists)]\n"
        "counts += [count(o.check_environ, e) for e in (env(), env(X=1),\n"
        "           env('PATH_INFO'), env('QUERY_STRING'), Dict(),\n"
        "           env(REQUEST_METHOD='FOO'), env(CONTENT_LENGTH='-7'))]\n"
        "value = Told('value')\n"
        "counts += [count(c, value) for c in (o.check_input,\n"
        "           o.check_errors, o.check_exc_info, o.check_iterator)]\n"
        "e = env(x__y=value, wsgi__url_scheme=value)\n"
        "counts += [count(lambda v: o.check_environ(e), value)]\n"
        "counts += [count(lambda v: o.check_string_type(v, 'x'), value)]\n");
    assert_repr(eval_python("all(counts)"), "True");
}

static void
test_types_are_named_after_the_originals(void **state)
{
    (void)state;
    assert_string_equal(((PyTypeObject *)WSGIWarning)->tp_name, "WSGIWarning");
    assert_repr(Py_NewRef(WSGIWarning),
                "<class 'cwsgiref.validate.WSGIWarning'>");
    assert_int_equal(PyObject_IsSubclass(WSGIWarning, PyExc_Warning), 1);
    assert_int_equal(PyObject_IsSubclass(WSGIWarning, PyExc_UserWarning), 0);
    /* ready twice is ready */
    assert_int_equal(types_ready(), 0);
    assert_repr(eval_python("ours.WSGIWarning"),
                "<class 'cwsgiref.validate.WSGIWarning'>");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        python_test(test_environ_is_checked_as_by_the_original),
        python_test(test_streams_are_checked_as_by_the_original),
        python_test(test_status_is_checked_as_by_the_original),
        python_test(test_headers_are_checked_as_by_the_original),
        python_test(test_content_type_is_checked_as_by_the_original),
        python_test(test_the_other_functions_do_what_the_originals_do),
        python_test(test_messages_are_word_for_word),
        python_test(test_traceback_has_the_frames_of_the_original),
        python_test(test_applications_fare_as_with_the_original),
        python_test(test_what_is_wrapped_is_in_the_instance),
        python_test(test_a_response_that_is_not_closed_is_complained_of),
        python_test(
            test_what_is_no_iterable_is_complained_of_after_the_traceback),
        python_test(test_requests_do_not_know_of_each_other),
        python_test(test_the_same_warning_is_shown_once),
        python_test(test_warning_names_this_file),
        python_test(test_a_request_leaves_nothing_behind),
        python_test(test_reference_counts_are_as_before),
        python_test(test_no_outcome_leaves_anything_behind),
        python_test(test_checks_neither_keep_nor_lose_references),
        python_test(test_types_are_named_after_the_originals),
    };

    return cmocka_run_group_tests(tests, start_validate, stop_python);
}
