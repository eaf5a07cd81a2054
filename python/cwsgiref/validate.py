"""Middleware that checks server and application: wsgiref.validate in C."""

from _cwsgiref import (
    ErrorWrapper, InputWrapper, IteratorWrapper, PartialIteratorWrapper,
    WriteWrapper, WSGIWarning, check_content_type, check_environ, check_errors,
    check_exc_info, check_headers, check_input, check_iterator, check_status,
    check_string_type, validator)

__all__ = ['validator']


def assert_(cond, *args):
    """AssertionError(*args), unless the condition holds."""
    if not cond:
        raise AssertionError(*args)
