"""Python's CGI handlers, as a program: what cwsgiref --cgi is.

    python3 reference_cgi.py [--iis] MODULE:CALLABLE
"""

import importlib
import sys
from wsgiref.handlers import CGIHandler, IISCGIHandler

import entered

entered.start()
*options, application = sys.argv[1:]
module, _, name = application.partition(':')
application = getattr(importlib.import_module(module), name)
(IISCGIHandler if options else CGIHandler)().run(application)
