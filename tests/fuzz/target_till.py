"""What a till may send: the JSON of a body, and what it asks for."""

from __future__ import annotations

import json
from typing import Any

from fuzz_promises import check_text

from daemon.payment import Mode
from daemon.tills.http import MAX_DESCRIPTION, MAX_TTL_S, Invalid, Terms, parse_request
from daemon.web.body import parse_object
from daemon.web.errors import Problem, error_body, json_bytes

TERMS = Terms("CNY", 50_000)
_FIELDS = {"amount", "currency", "mode", "scheme", "description", "ttl_s"}


def body(data: bytes) -> None:
    """A request comes out that means what the body says, or an error that tells the caller and quotes nothing."""
    try:
        said = parse_object(data)
    except Problem as problem:
        _check_no_json(problem)
        return
    try:
        request = parse_request("A-17", said, "http", TERMS)
    except Invalid as error:
        _check_invalid(error, said)
        return
    assert said.keys() <= _FIELDS, "a field that nobody knows was taken"
    _check_meaning(said, data)
    assert 1 <= request.amount.minor <= TERMS.max_amount
    assert (request.amount.minor, request.amount.currency) == (said["amount"], "CNY")
    assert request.mode in Mode
    assert len(request.description) <= MAX_DESCRIPTION
    assert request.ttl_s is None or 0 < request.ttl_s <= MAX_TTL_S
    request.description.encode()


def _check_no_json(problem: Problem) -> None:
    assert (problem.status, problem.code) == (400, "not_json")
    check_text(problem.text)


def _check_invalid(error: Invalid, said: dict[str, Any]) -> None:
    """Each wrong field is named, none is quoted but by its own (masked) name, and the answer can be sent."""
    assert error.fields
    for name, why in error.fields.items():
        check_text(name)
        check_text(why)
    values = [value for value in said.values() if isinstance(value, str) and len(value) > 8 and not value.isascii()]
    assert not any(value in why for value in values for why in error.fields.values()), "a value is quoted"
    json.loads(json_bytes(error_body(Problem(422, "invalid", str(error), error.fields))))


def _check_meaning(said: dict[str, Any], data: bytes) -> None:
    """Python's own reader, which is more lenient, reads the same in it."""
    assert json.loads(data) == said
