"""cmake --install: the package and the program, without this folder."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tools.patience import PATIENCE

from .module import BUILD, ROOT

APPLICATION = '''
import sys


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [f'{sys.argv[1:]} {sys.prefix}'.encode()]
'''


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True,
                          timeout=PATIENCE, check=False, **more)


class Install(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = pathlib.Path(folder.name).resolve() / 'prefix'
        done = run('cmake', '--install', BUILD, '--prefix', cls.prefix)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        module, = cls.prefix.glob('**/_cwsgiref.*')
        cls.site = module.parent
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / 'app.py').write_text(APPLICATION)

    def python(self, *arguments, python=sys.executable, **more):
        environment = {**os.environ, 'PYTHONPATH': str(self.site),
                       'REQUEST_METHOD': 'GET', 'SERVER_NAME': 'x',
                       'SERVER_PORT': '80', **more}
        return run(python, *arguments, env=environment, cwd=self.folder,
                   stdin=subprocess.DEVNULL)

    def test_the_folder_is_python_s(self):
        self.assertIn(self.site.name, ('site-packages', 'dist-packages'))
        version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
        self.assertEqual(self.site.parent.name, version)

    def test_import(self):
        done = self.python('-c', '''
import _cwsgiref, cwsgiref.http.server, cwsgiref.validate
from cwsgiref.simple_server import make_server, demo_app
print(_cwsgiref.__file__)
print(cwsgiref.http.server.__file__)
with make_server('127.0.0.1', 0, demo_app) as server:
    print(server.server_port > 0)
''')
        self.assertEqual(done.stderr, '')
        module, package, listens = done.stdout.splitlines()
        self.assertEqual(pathlib.Path(module).parent, self.site)
        self.assertEqual(pathlib.Path(package),
                         self.site / 'cwsgiref' / 'http' / 'server.py')
        self.assertEqual(listens, 'True')

    def test_the_program(self):
        done = self.python('-m', 'cwsgiref', '--cgi', 'app.py', '--', 'a', 'b')
        self.assertEqual(done.stderr, '')
        self.assertEqual(done.returncode, 0)
        head, body = done.stdout.split('\n\n')
        self.assertEqual(head.splitlines()[0], 'Status: 200 OK')
        self.assertTrue(body.startswith("['a', 'b'] "), body)

    def test_the_exit_code_is_the_program_s(self):
        done = self.python('-m', 'cwsgiref', '--no-such-option')
        self.assertEqual(done.returncode, 2)
        self.assertIn("cwsgiref: there is no option '--no-such-option'",
                      done.stderr)

    def test_a_virtual_environment(self):
        environment = self.folder / 'environment'
        done = run(sys.executable, '-m', 'venv', '--without-pip', environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.python('-m', 'cwsgiref', '--cgi', 'app.py',
                           python=environment / 'bin' / 'python3')
        self.assertTrue(done.stdout.endswith(f'\n\n[] {environment}'),
                        done.stdout + done.stderr)

    def test_no_program(self):
        program = self.prefix / 'bin' / 'cwsgiref'
        hidden = program.with_name('hidden')
        program.rename(hidden)
        self.addCleanup(hidden.rename, program)
        done = self.python('-m', 'cwsgiref', '--version', PATH='/nowhere')
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, '')
        self.assertTrue(done.stderr.startswith(
            'python3 -m cwsgiref: there is no program "cwsgiref", neither '
            f'above {self.site} nor in PATH'), done.stderr)

    def test_another_folder(self):
        build = self.folder / 'build'
        done = run('cmake', '-S', ROOT, '-B', build,
                   f'-DPython3_EXECUTABLE={sys.executable}',
                   '-DBUILD_TESTING=OFF',
                   '-DCWSGIREF_SITE_PACKAGES=/srv/of/mine')
        self.assertEqual(done.returncode, 0, done.stderr)
        steps = (build / 'src' / 'module' / 'cmake_install.cmake').read_text()
        self.assertIn('"/srv/of/mine"', steps)


if __name__ == '__main__':
    unittest.main()
