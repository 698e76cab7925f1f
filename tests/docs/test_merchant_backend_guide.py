"""The guide's twenty lines of signing work as they are printed."""

import re
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from contract import ROOT

from daemon.gateways.signing import BadSignature, Key, Request, Response, sign_request, verify_response
from daemon.secret import Secret

GUIDE = (ROOT / "docs" / "merchant-backend.md").read_text(encoding="utf-8")
SECRET = "a secret of this test"
KEY = Key("box-7", Secret(SECRET))
URI = "https://backend.example/tillbox/v1/charges"


@pytest.fixture
def printed():
    """The functions of the guide's Python block."""
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names = {}
    exec(block, names)  # the very text that integrators copy
    return SimpleNamespace(**{name: value for name, value in names.items() if name != "__builtins__"})


def charge(created=None, body=b'{"amount":1250}'):
    kind = {"Content-Type": "application/json"} if body else {}
    method = "POST" if body else "GET"
    return sign_request(KEY, Request(method, URI, kind, body), created=created or int(time.time()), nonce="once")


def lowered(request):
    return {name.lower(): value for name, value in request.headers.items()}


def genuine(printed, request, secret=SECRET):
    return printed.is_genuine(secret.encode(), request.method, request.target_uri, lowered(request), request.body)


def test_they_take_what_the_box_sends(printed):
    assert genuine(printed, charge())
    assert genuine(printed, charge(body=b""))


@pytest.mark.parametrize(
    "changes",
    [{"method": "GET"}, {"target_uri": URI + "x"}, {"body": b'{"amount":1}'}, {"body": b""}],
    ids=["method", "uri", "body", "no body"],
)
def test_they_refuse_what_was_changed(printed, changes):
    assert not genuine(printed, replace(charge(), **changes))


def test_they_refuse_another_secret_and_an_old_request(printed):
    assert not genuine(printed, charge(), secret="another")
    assert not genuine(printed, charge(created=int(time.time()) - 400))


def test_the_box_takes_their_answers_and_only_for_its_request(printed):
    request = charge()
    kind, body = "application/json", b'{"state":"paid"}'
    headers = printed.answer_headers(SECRET.encode(), "box-7", "POST", URI, lowered(request), 200, kind, body)
    verify_response(KEY, request, Response(200, headers, body))
    with pytest.raises(BadSignature):
        verify_response(KEY, charge(body=b"other"), Response(200, headers, body))
