"""Serves applications.py with a server that is a Python library, as plainly as
it can be told: one process, one thread, no log.

    python3 serve.py NAME PORT
"""

import logging
import sys

from applications import application

HOST = '127.0.0.1'


def wsgiref(port):
    from wsgiref import simple_server

    class QuietHandler(simple_server.WSGIRequestHandler):
        def log_request(self, code='-', size='-'):
            pass

    simple_server.make_server(HOST, port, application,
                              handler_class=QuietHandler).serve_forever()


def waitress(port):
    from waitress import serve
    serve(application, host=HOST, port=port, threads=1)


def cheroot(port):
    from cheroot.wsgi import Server
    Server((HOST, port), application, numthreads=1, max=1).start()


def werkzeug(port):
    from werkzeug.serving import run_simple
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    run_simple(HOST, port, application, threaded=False)


def bjoern(port):
    import bjoern as server
    server.run(application, HOST, port)


SERVERS = {'wsgiref': wsgiref, 'waitress': waitress, 'cheroot': cheroot,
           'werkzeug': werkzeug, 'bjoern': bjoern}

if __name__ == '__main__':
    SERVERS[sys.argv[1]](int(sys.argv[2]))
