"""What script/compare puts between a server and an application: it notes the
environ, and passes on everything else untouched.

The environment variable COMPARE_OBSERVER holds, as JSON, which application
this is, and in which file its environ is to be noted. The application does
not see it.

    python3 observer.py

says whether that application can be found: what is wrong, on stderr, and
exits with NOT_FOUND.
"""

import json
import os
import sys

if not __package__:
    sys.path.insert(0, os.path.abspath(
        os.path.join(os.path.dirname(__file__), '..', '..')))

from tools.application import find_application  # noqa: E402

VARIABLE = 'COMPARE_OBSERVER'
NOT_FOUND = 2


def sync(environ):
    """Whether servers.py asks, which wants to know how far the log is."""
    return (environ['PATH_INFO'].startswith('/sync/')
            and environ['SERVER_PROTOCOL'] == 'HTTP/1.0'
            and 'HTTP_HOST' not in environ)


def observed(application, path):
    """The application, whose environ is noted in the file."""
    def observe(environ, start_response):
        environ.pop(VARIABLE, None)
        if sync(environ):
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return []
        with open(path, 'w', encoding='utf-8', errors='backslashreplace') \
                as file:
            json.dump([f'{key} = {value!r}'
                       for key, value in sorted(environ.items())], file)
        return application(environ, start_response)
    return observe


def main():
    what = json.loads(os.environ.pop(VARIABLE))
    return observed(find_application(what['application']), what['environ'])


if __name__ == '__main__':
    try:
        main()
    except LookupError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_FOUND)
elif not __package__:  # a server has imported it
    application = main()
