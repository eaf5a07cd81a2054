"""What an application makes anew for each request is no difference; what
differs otherwise is one."""

import importlib.util
import os
import shutil
import tempfile
import textwrap
import unittest
from unittest import mock

from tools.compare import columns, fresh, one_request, servers
from tools.compare.exchange import Send, Shut

compares = False  # it looks at the tools

PAGE = columns.Page(100, False)

COOKIE = 'Set-Cookie: session=%s; HttpOnly; Path=/\\r\\n'
FIELD = '<input type="hidden" name="csrf_token" value="%s">\\n'


class Lines(unittest.TestCase):

    def same(self, left, right, ignored=()):
        *lines, kinds = fresh.pass_over([left], [right], ignored)
        return lines[0] == lines[1] and sorted(kinds)

    def test_each_kind(self):
        for kind, left, right in (
                ('cookies', COOKIE % 'eyJuIjoxfQ.aSc1_w.q-9',
                 COOKIE % 'eyJuIjoxfQ.aSc2Aw.Zk_'),
                ('tokens', FIELD % ('a' * 64), FIELD % ('b' * 64)),
                ('tokens', '<meta content="x1" name="csrf-token">',
                 '<meta content="y2" name="csrf-token">'),
                ('tokens', 'X-Request-ID: 1f\\r\\n', 'X-Request-ID: 2e\\r\\n'),
                ('UUIDs', 'id 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
                 'id 9d1f04e0-1f89-41d3-8a0c-0305e82c33aa'),
                ('times', '2026-11-27 10:00:00,123 INFO seen',
                 '2026-11-27 10:00:01,4 INFO seen'),
                ('times', '[27/Nov/2026 10:00:00] "GET /"',
                 '[27/Nov/2026 10:00:02] "GET /"'),
                ('times', 'Expires: Fri, 27 Nov 2026 10:00:00 GMT\\r\\n',
                 'Expires: Fri, 27 Nov 2026 10:00:01 GMT\\r\\n'),
                ('times', '{"at": 1795773600.25}', '{"at": 1795773601.5}'),
                ('cookies', COOKIE % ('a' * 248), COOKIE % ('b' * 250)),
                ('addresses of objects', '<A object at 0x7f0000a0>',
                 '<A object at 0x7f1234b0>')):
            with self.subTest(left):
                self.assertEqual(self.same(left, right), [kind])
                self.assertEqual(self.same(left, left), [])

    def test_what_is_not_new_each_time(self):
        for left, right in (
                (COOKIE % 'abc', COOKIE % 'abcd'),
                (COOKIE % ('a' * 248), COOKIE % ('b' * 265)),
                (COOKIE % ('a' * 248), COOKIE % ('b' * 99)),
                (COOKIE % 'abc', 'Set-Cookie: other=abd; HttpOnly; Path=/'),
                (COOKIE % 'abc', COOKIE.replace('HttpOnly; ', '') % 'abd'),
                (FIELD % 'abc', FIELD.replace('hidden', 'text') % 'abd'),
                ('<input name="price" value="12">',
                 '<input name="price" value="13">'),
                ('2026-11-27 10:00:00 INFO', '2026-11-27 10:00:01 ERROR'),
                ('at 10:00:00', 'at 10:00'),
                ('200 12', '200 13')):
            with self.subTest(left):
                self.assertFalse(self.same(left, right))

    def test_ignore(self):
        self.assertFalse(self.same('took 3 ms', 'took 12 ms'))
        self.assertEqual(self.same('took 3 ms', 'took 12 ms', [r'\d+ ms']),
                         [])
        self.assertFalse(self.same('took 3 ms', 'gave 3 ms', [r'\d+ ms']))

    def test_more_lines_are_a_difference(self):
        left, right, _ = fresh.pass_over(['10:00:00'], ['10:00:01'] * 2)
        self.assertNotEqual(left, right)


@unittest.skipIf(os.environ.get('CWSGIREF') == 'reference',
                 'Python on both sides')
class Applications(unittest.TestCase):
    """With sessions, tokens and a log of their own, and no --ignore."""

    def compare(self, source, module=None, path='/', kinds=''):
        self.need(module)
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, 'fresh_app.py'), 'w') as file:
            file.write(textwrap.dedent(source))
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(folder)
        self.compare_one('fresh_app:application',
                         f'GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n',
                         '200 OK', kinds)

    def need(self, module):
        if module and importlib.util.find_spec(module) is None:
            self.skipTest(f'there is no {module} here')

    def compare_one(self, application, request, status, kinds=''):
        with one_request.Pair(application, []) as pair:
            pair.check()
            sides = pair.compare([Send(request.encode()), Shut()])
        lines, same = columns.compare(*sides, PAGE)
        self.assertTrue(same, '\n'.join(lines))
        self.assertIn(kinds, '\n'.join(lines))
        self.assertIn(status, lines[-1])

    # Of each example: what is there, a form, what is not there.
    EXAMPLES = {
        'hello': (None, ['/ 200']),
        'not_implemented': (None, ['/ 200', '/ 501 a=b']),
        'download': (None, ['/ 200', '/file?size=1 200', '/none 404']),
        'framework/app': (None, ['/html 200', '/none 404',
                                 '/html 200 name=x']),
        'django_project/serve': ('django', ['/ 200', '/admin/login/ 200',
                                            '/none 404', '/ 403 text=x']),
        'bottle_app': ('bottle', ['/ 200', '/none 404', '/ 303 item=x']),
        'flask_app': ('flask', ['/ 200', '/none 404', '/name 303 name=x',
                                '/ 405 a=b']),
        'pyramid_app': ('pyramid', ['/ 200', '/none 404', '/ 400 text=x']),
        'falcon_app': ('falcon', ['/ 200', '/none 404', '/words 201 a=b']),
        'webob_app': ('webob', ['/ 200', '/none 404', '/ 200 a=b']),
        'werkzeug_app': ('werkzeug', ['/ 200', '/none 404',
                                      '/ 302 year=2026&month=2']),
        'fastapi_app': ('fastapi', ['/ 200', '/none 404',
                                    '/orders 422 a=b']),
    }

    def test_examples(self):
        folder = os.path.join(os.path.dirname(os.path.dirname(servers.HERE)),
                              'examples')
        scratch = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, scratch)
        variables = {'GUESTBOOK_DATABASE': os.path.join(scratch, 'guests')}
        self.enterContext(mock.patch.dict(os.environ, variables))
        for name, (module, requests) in self.EXAMPLES.items():
            for request in requests:
                with self.subTest(name, request=request):
                    self.need(module)
                    path, status, *form = request.split()
                    body = ''.join(form)
                    head = (f'Content-Length: {len(body)}\r\nContent-Type: '
                            'application/x-www-form-urlencoded\r\n'
                            if body else '')
                    self.compare_one(
                        os.path.join(folder, name + '.py'),
                        f'{"POST" if body else "GET"} {path} HTTP/1.1\r\n'
                        f'Host: localhost\r\n{head}\r\n{body}', status)

    def test_flask(self):
        self.compare('''
            import logging
            from flask import Flask, session
            application = Flask(__name__)
            application.secret_key = 'x'
            logging.basicConfig(level='INFO',
                                format='%(asctime)s %(message)s')

            @application.route('/')
            def index():
                session['seen'] = session.get('seen', 0) + 1
                application.logger.info('seen')
                return str(session)
            ''', 'flask', kinds='times')

    def test_django(self):
        self.compare('''
            import django
            from django.conf import settings
            from django.core.wsgi import get_wsgi_application
            from django.http import HttpResponse
            from django.template import engines
            from django.urls import path
            settings.configure(
                SECRET_KEY='x', ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'],
                SESSION_ENGINE='django.contrib.sessions.backends.file',
                MIDDLEWARE=[
                    'django.contrib.sessions.middleware.SessionMiddleware',
                    'django.middleware.csrf.CsrfViewMiddleware'],
                TEMPLATES=[{'BACKEND':
                    'django.template.backends.django.DjangoTemplates'}])
            django.setup()

            def index(request):
                request.session['seen'] = request.session.get('seen', 0) + 1
                form = engines['django'].from_string(
                    '<form>{% csrf_token %}</form>')
                return HttpResponse(form.render({}, request))

            urlpatterns = [path('', index)]
            application = get_wsgi_application()
            ''', 'django', kinds='cookies')

    def test_cherrypy(self):
        self.compare('''
            import cherrypy

            class Root:
                @cherrypy.expose
                def index(self):
                    seen = cherrypy.session.get('seen', 0) + 1
                    cherrypy.session['seen'] = seen
                    return f'hello {seen}'

            cherrypy.config.update({'environment': 'embedded'})
            application = cherrypy.Application(
                Root(), '', {'/': {'tools.sessions.on': True}})
            ''', 'cherrypy', kinds='cookies')

    def test_an_exception_group(self):
        with self.assertRaisesRegex(AssertionError, "'200 OK' not found"):
            self.compare('''
                def application(environ, start_response):
                    raise ExceptionGroup('several', [
                        ValueError(1), ExceptionGroup('more', [KeyError(2)])])
                ''')

    def test_warnings_about_the_caller(self):
        self.compare('''
            import warnings

            def application(environ, start_response):
                warnings.warn('old', stacklevel=2)
                start_response('200 OK', [])
                return [b'x']
            ''')


if __name__ == '__main__':
    unittest.main()
