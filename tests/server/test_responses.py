"""The statuses of Python."""

from http import HTTPStatus

from rows import Rows

rows = Rows()
members = list(HTTPStatus.__members__.values())
codes = {member.value for member in members}


def compare_response(member, got):
    rows.compare('the texts of ' + member.name, got,
                 (member.value, member.phrase, member.description))


def compare_codes(got):
    rows.compare('codes that have texts', got, sorted(codes))


def compare_name(name, got):
    rows.compare('the code of ' + name, got, HTTPStatus[name].value)
