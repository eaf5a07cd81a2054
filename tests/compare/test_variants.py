"""Subclasses of the server's classes, on both sides: variants.c, variants.py.

All cases of cases.py once more where wfile has another buffer, and a sample of
them for every class attribute that a subclass may set. test_http_1_1.py is
about those for HTTP/1.1.

CWSGIREF is the path of the program under test, CWSGIREF_BUILD the folder it
was built in, where its variants are; `CWSGIREF=reference` runs the reference
against itself.
"""

import os
import unittest

from tools.compare.cases import CASES
from tools.compare.suites import LEAVING, Variants, add_tests, has


# ---- The buffer of wfile

class Unbuffered(Variants):
    """wfile is a _SocketWriter: every write is a send()."""

    options = ['wbufsize=0']


class Buffered(Variants):
    """Python's wfile is a BufferedWriter, too."""

    options = ['wbufsize=65536']


add_tests(Unbuffered)
# Python's BufferedWriter keeps what it could not send, and fails once more
# when it is closed. Ours forgets it, as a wfile without a buffer does.
# (A sanitizer sees this wfile in test_compare.py.)
if '-fsanitize' not in os.environ.get('CWSGIREF_C_FLAGS', ''):
    add_tests(Buffered, [case for case in CASES if not has(case, *LEAVING)])


# ---- What else a subclass sets

# Of all that is sent and logged, a little.
SAMPLE = [case for case in CASES if case.name in {
    'ok', '09-ok', 'line-10', 'line-11', 'line-four-words', 'line-one-word',
    'line-65537', 'version-2', '09-post', 'headers-100', 'headers-head',
    'body-read', 'body-readline', 'body-200000', 'body-echo-100000',
    'dribble-body', 'head-ok', 'head-raise', 'no-content', 'errors',
    'environ-http-09', 'environ-types', 'return-generator', 'return-large',
    'return-empty-list', 'return-raises-second', 'return-close-raises',
    'raise-runtime', 'raise-chained', 'raise-sent-runtime', 'start-none',
    'status-not-latin1', 'headers-given-date', 'headers-given-server',
    'write', 'file-wrapper', 'file-disk', 'file-disk-small-blocks',
    'hop-by-hop-te'}]

VARIANTS = {
    'ReadBuffer1': ['rbufsize=1'],
    'ReadBuffer100': ['rbufsize=100'],
    'WriteBuffer1': ['wbufsize=1'],
    'WriteBuffer100': ['wbufsize=100'],
    'NoDelay': ['disable_nagle_algorithm=1'],
    'DefaultRequestVersion': ['default_request_version=HTTP/1.0'],
    'ServerVersion': ['server_version=Own/1.0'],
    'ErrorMessageFormat':
        ['error_message_format=%(code)d %(message)r %(explain)s'],
    'ErrorMessageFormatPlain': ['error_message_format=no words'],
    'ErrorMessageFormatWrong': ['error_message_format=%(other)s'],
    'ErrorContentType': ['error_content_type=text/plain'],
    'RunOnce': ['wsgi_run_once=1'],
    'Gateway': ['origin_server=0'],
    'HTTPVersion': ['http_version=1.1'],
    'NoServerSoftware': ['server_software=None'],
    'EmptyServerSoftware': ['server_software='],
    'ServerSoftware': ['server_software=Own/2.0'],
    'TracebackLimit0': ['traceback_limit=0'],
    'TracebackLimit1': ['traceback_limit=1'],
    'TracebackLimit2': ['traceback_limit=2'],
    'ErrorStatus': ['error_status=503 Busy'],
    'ErrorStatusWrong': ['error_status=busy'],
    'ErrorBody': ['error_body=Sorry'],
    'EmptyErrorBody': ['error_body='],
    'OwnEnviron': ['--own-environ'],
    'NoFileWrapper': ['--no-wrapper'],
    'Iterate': ['--iterate'],
    'IterateUnbuffered': ['--iterate', 'wbufsize=0'],
}

for name, options in VARIANTS.items():
    globals()[name] = type(name, (Variants,), {'options': options,
                                               '__module__': __name__})
    add_tests(globals()[name], SAMPLE)


if __name__ == '__main__':
    unittest.main()
