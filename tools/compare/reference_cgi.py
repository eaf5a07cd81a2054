"""Python's CGI handlers, as a program: what cwsgiref --cgi is.

    python3 reference_cgi.py [--iis] MODULE:CALLABLE
"""

import os
import sys
from wsgiref.handlers import CGIHandler, IISCGIHandler

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
sys.path.insert(0, ROOT)

from tools.application import find_application  # noqa: E402
from tools.compare import entered  # noqa: E402

entered.start()
*options, application = sys.argv[1:]
application = find_application(application)
(IISCGIHandler if options else CGIHandler)().run(application)
