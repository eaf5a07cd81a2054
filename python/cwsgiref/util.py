"""What servers and applications share: wsgiref.util in C."""

from _cwsgiref import (
    FileWrapper, application_uri, guess_scheme, is_hop_by_hop, request_uri,
    setup_testing_defaults, shift_path_info)

__all__ = [
    'FileWrapper', 'guess_scheme', 'application_uri', 'request_uri',
    'shift_path_info', 'setup_testing_defaults',
]
