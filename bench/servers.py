"""The servers of script/bench: which of them are here, and how each is
started. One process, one thread and no log, where a server can be told so."""

import importlib.metadata
import importlib.util
import os
import pathlib
import platform
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path('/usr/lib/apache2/modules')
UWSGI_PLUGIN = pathlib.Path('/usr/lib/uwsgi/plugins/python3_plugin.so')

APACHE = '''\
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.log
DefaultRuntimeDir {folder}
Mutex file:{folder} default
{user}
StartServers 1
MinSpareServers 1
MaxSpareServers 1
MaxRequestWorkers 1
MaxConnectionsPerChild 0
KeepAlive Off
EnableSendfile On
WSGIPythonPath {folder}
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias / {folder}/applications.py
<Directory {folder}>
    Require all granted
</Directory>
'''


class Kit:
    """What there is to start servers with: the build, and a folder for files
    that they need."""

    def __init__(self, build, folder):
        self.program = build / 'cwsgiref'
        self.floor = build / 'bench' / 'floor'
        self.load = build / 'bench' / 'load'
        self.folder = folder
        self.file = folder / 'file'


class Server:
    """`name` is for the command line and the table; `package` brings it."""

    package = ''
    counted = False  # by callgrind: one process, and not slow

    def __init__(self, name):
        self.name = name

    def version(self, kit):
        """As text; None: it is not here."""
        raise NotImplementedError

    def why_not(self):
        """Why it cannot run here, though it is installed; '' if it can."""
        return ''

    def command(self, kit, port):
        raise NotImplementedError


class Program(Server):
    """cwsgiref"""

    counted = True

    def __init__(self, name, *options):
        super().__init__(name)
        self.options = options

    def version(self, kit):
        return subprocess.run([kit.program, '--version'], check=True,
                              capture_output=True, text=True
                              ).stdout.split()[1]

    def command(self, kit, port):
        return [kit.program, *self.options, '--bind', f'127.0.0.1:{port}',
                HERE / 'applications.py']


class Floor(Server):

    counted = True

    def version(self, kit):
        return ''

    def command(self, kit, port):
        return [kit.floor, str(port), HERE]


class Library(Server):
    """One for the Python that is linked in, which this is."""

    def __init__(self, name):
        super().__init__(name)
        self.package = f'python3-{name}'

    def version(self, kit):
        if importlib.util.find_spec(self.name) is None:
            return None
        return importlib.metadata.version(self.name)

    def command(self, kit, port):
        return [sys.executable, HERE / 'serve.py', self.name, str(port)]


class Wsgiref(Library):

    counted = True

    def version(self, kit):
        return platform.python_version()


class Gunicorn(Library):

    def command(self, kit, port):
        return [sys.executable, '-m', 'gunicorn', '--workers', '1', '--bind',
                f'127.0.0.1:{port}', '--chdir', HERE,
                'applications:application']


class Uwsgi(Server):

    package = 'uwsgi-plugin-python3'

    def version(self, kit):
        if not shutil.which('uwsgi') or not UWSGI_PLUGIN.exists():
            return None
        return subprocess.run(['uwsgi', '--version'], check=True,
                              capture_output=True, text=True).stdout.strip()

    def command(self, kit, port):
        return ['uwsgi', '--plugin', 'python3', '--http-socket',
                f'127.0.0.1:{port}', '--processes', '1', '--need-app',
                '--die-on-term', '--disable-logging', '--listen', '1024',
                '--pythonpath', HERE, '--module', 'applications:application']


class ModWsgi(Server):
    """Apache, with the interpreter in its own process."""

    package = 'libapache2-mod-wsgi-py3'

    def version(self, kit):
        if not (MODULES / 'mod_wsgi.so').exists():
            return None
        return subprocess.run(
            ['dpkg-query', '--show', '--showformat', '${Version}',
             self.package], check=True, capture_output=True, text=True
        ).stdout.partition('-')[0]

    def why_not(self):
        if os.geteuid() == 0 and not self.can_change_user():
            return 'Apache wants another user than root, and here is none'
        return ''

    def can_change_user(self):
        """Whether this namespace has more than one user."""
        return int(pathlib.Path('/proc/self/uid_map').read_text()
                   .split()[2]) > 1

    def command(self, kit, port):
        """Its user may not be able to read the project."""
        shutil.copy(HERE / 'applications.py', kit.folder)
        user = 'User www-data\nGroup www-data' if os.geteuid() == 0 else ''
        configuration = kit.folder / 'apache.conf'
        configuration.write_text(APACHE.format(
            modules=MODULES, folder=kit.folder, port=port, user=user))
        return ['/usr/sbin/apache2', '-f', configuration, '-DFOREGROUND']


SERVERS = {server.name: server for server in (
    Program('cwsgiref', '--quiet'), Program('cwsgiref-log'),
    Wsgiref('wsgiref'), Floor('floor'), Uwsgi('uwsgi'), Library('bjoern'),
    ModWsgi('mod_wsgi'), Library('waitress'), Library('cheroot'),
    Gunicorn('gunicorn'), Library('werkzeug'))}

# Without these there is nothing to compare with.
OURS = ('cwsgiref', 'cwsgiref-log', 'wsgiref', 'floor')


def here(kit, names):
    """({server: version}, {name: why it is left out})."""
    found, missing = {}, {}
    for name in names:
        server = SERVERS[name]
        version = server.version(kit)
        if version is None:
            missing[name] = (f'not installed; the package is '
                             f'{server.package}')
        elif why_not := server.why_not():
            missing[name] = why_not
        else:
            found[server] = version
    return found, missing
