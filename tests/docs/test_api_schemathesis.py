"""Both documents against what they describe: schemathesis makes requests out of them, right ones and wrong ones, and looks at every
answer. A right one must be taken, a wrong one refused with a 4xx, and each answer have a status, a type and a form that is in the
document.

The box is the real one, as a process; the merchant's backend is the sandbox's. The short form tries a few requests of each kind, the
slow one as many as EXAMPLES says.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser
from aiohttp.http_exceptions import BadHttpMessage
from api_box import LARGEST_AMOUNT, selling
from contract import ROOT, Contract
from hypothesis import HealthCheck, settings
from provider_thread import Provider

from daemon.gateways.signing import Key, Request, Response, sign_request, verify_response
from daemon.secret import Secret

schemathesis = pytest.importorskip(
    "schemathesis", reason="schemathesis is not installed: the documents are not tried against their programs"
)

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))  # of each operation, in the slow form
FEW = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
_seen: defaultdict[tuple[str, str], set[int]] = defaultdict(set)  # the statuses that the box answered with
_BUSY = ["423"]  # one payment at a time: a right request may come while another is open


def _is_http(method: str) -> bool:
    """Whether aiohttp knows a word as a method. Others it refuses before anything of the box's, or of the sandbox's, sees them."""
    with closing(asyncio.new_event_loop()) as loop:
        try:
            HttpRequestParser(BaseProtocol(loop), loop, 2**16).feed_data(f"{method} / HTTP/1.1\r\nHost: box\r\n\r\n".encode())
        except BadHttpMessage:
            return False
    return True


QUERY_IS_HTTP = _is_http("QUERY")  # not in aiohttp 3.8: the method is younger


def box_schema() -> Any:
    """The box's document as it is for this box: with its own currency and largest amount."""
    document = yaml.safe_load((ROOT / "docs" / "api.yaml").read_text(encoding="utf-8"))
    wanted = document["components"]["schemas"]["PaymentRequest"]["properties"]
    wanted["currency"] = {"const": "CNY"}
    wanted["amount"]["maximum"] = LARGEST_AMOUNT
    schema = schemathesis.openapi.from_dict(document)
    schema.config.checks.positive_data_acceptance.expected_statuses += _BUSY
    return schema.exclude(path="/v1/events").exclude(path="/v1/watch")  # never end: see below


def backend_schema() -> Any:
    return schemathesis.openapi.from_path(ROOT / "docs" / "merchant-backend.yaml")


BOX, BACKEND = box_schema(), backend_schema()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with selling(tmp_path_factory.mktemp("api")) as running:
        yield running


@BOX.parametrize()
@FEW
def test_the_box_answers_as_documented(case: Any, box: Any) -> None:
    ask_box(case, box)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@BOX.parametrize()
@MANY
def test_the_box_answers_as_documented_to_many(case: Any, box: Any) -> None:
    ask_box(case, box)


def ask_box(case: Any, box: Any) -> None:
    _as_whole_number(case.body)
    _impatient(case.query)
    answer = case.call(base_url=f"http://127.0.0.1:{box.port}")
    _seen[(case.method, case.path)].add(answer.status_code)
    # Whether a ref is known, no schema says.
    unsaid = [schemathesis.checks.positive_data_acceptance] if "before" in (case.query or {}) else []
    case.validate_response(answer, excluded_checks=unsaid + _beyond_http(answer))
    if answer.status_code >= 400 and answer.headers.get("Content-Type"):
        assert CONTRACT.errors({"$ref": "#/components/schemas/Error"}, answer.json()) == []


def test_both_ends_were_reached() -> None:
    """Requests that are all refused, or all taken, would prove little. Only where all of them were made before."""
    if len({path for _method, path in _seen}) < len(CONTRACT.document["paths"]) - 2:
        pytest.skip("the requests themselves were not chosen")
    assert _seen[("PUT", "/v1/payments/{ref}")] >= {201, 400, 422}
    assert _seen[("GET", "/v1/payments/{ref}")] >= {200, 404, 422}
    assert _seen[("GET", "/v1/payments")] >= {200, 422}
    assert _seen[("GET", "/v1/payments/{ref}/entries")] >= {404}
    assert _seen[("GET", "/v1/days/{day}.csv")] >= {200, 422}
    assert _seen[("POST", "/v1/simulated/scan")] >= {202, 400, 422}
    assert _seen[("POST", "/v1/simulated/keys/{till}")] >= {400, 404, 422}
    assert _seen[("GET", "/v1/panel.png")] >= {200}
    assert _seen[("DELETE", "/v1/payments")] == {405}


def _beyond_http(answer: Any) -> list[Any]:
    """The check that wants 405 where no route is, after a request that is no HTTP to the server: that is answered with 400 instead."""
    if answer.request.method != "QUERY" or QUERY_IS_HTTP:
        return []
    assert answer.status_code == 400
    return [schemathesis.checks.unsupported_method]


def _as_whole_number(body: Any) -> None:
    """To a schema 5.0 is a whole number. Money is written without a point, in both documents' words, and 5.0 is refused."""
    if isinstance(body, dict) and isinstance(body.get("amount"), float) and body["amount"].is_integer():
        body["amount"] = int(body["amount"])


def _impatient(query: Any) -> None:
    """Nobody waits for half a minute here, where nothing happens."""
    try:
        if float(query["wait"]) > 0:
            query["wait"] = 0.01
    except (KeyError, TypeError, ValueError):
        return


CONTRACT = Contract(ROOT / "docs" / "api.yaml")


def test_the_event_stream_is_as_documented(box: Any) -> None:
    with closing(HTTPConnection("127.0.0.1", box.port, timeout=10)) as connection:
        assert box.put("stream-1").status in (201, 423), "the box may be busy with what another test asked for"
        connection.request("GET", "/v1/events", headers={"Last-Event-ID": "0"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        lines = [answer.readline().decode().rstrip("\n") for _ in range(6)]
    assert lines[:3] == [": tillbox", "retry: 2000", ""]
    event = json.loads(lines[5].removeprefix("data: "))
    assert lines[3:5] == [f"id: {event['seq']}", "event: payment"]
    assert CONTRACT.errors({"$ref": "#/components/schemas/Event"}, event) == []


# -- the merchant's backend --


class Signed(requests.auth.AuthBase):
    """Signs as the box does, and wants each answer signed for its request."""

    _serials = itertools.count(1)

    def __init__(self, key: Key) -> None:
        self._key = key

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        kind = {"Content-Type": prepared.headers.get("Content-Type") or ""} if body else {}
        request = Request(prepared.method or "", prepared.url or "", kind, body)
        signed = sign_request(self._key, request, created=int(time.time()), nonce=f"n{next(self._serials)}")
        prepared.headers.update(signed.headers)
        prepared.register_hook("response", lambda answer, **_how: self._check(signed, answer))
        return prepared

    def _check(self, signed: Request, answer: requests.Response) -> None:
        # The contract knows no other methods, and nobody signs that there are none.
        if answer.status_code != 405 and not _beyond_http(answer):
            verify_response(self._key, signed, Response(answer.status_code, dict(answer.headers), answer.content))


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Provider(Path(tmp_path_factory.mktemp("backend")), tls=False) as provider:
        yield provider.sandbox


@BACKEND.parametrize()
@FEW
def test_the_backend_answers_as_documented(case: Any, backend: Any) -> None:
    ask_backend(case, backend)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@BACKEND.parametrize()
@MANY
def test_the_backend_answers_as_documented_to_many(case: Any, backend: Any) -> None:
    ask_backend(case, backend)


def _is_number(value: object) -> bool:
    """As the schema has it for the generator, whose `$` lets a line feed follow. One that is none was made to be refused, and is left."""
    return isinstance(value, str) and re.search("^[A-Za-z0-9]{1,32}$", value) is not None


def ask_backend(case: Any, backend: Any) -> None:
    _as_whole_number(case.body)
    named_twice = isinstance(case.body, dict) and "out_trade_no" in case.body and "out_trade_no" in (case.path_parameters or {})
    good = named_twice and _is_number(case.body["out_trade_no"])
    if good:
        case.body["out_trade_no"] = case.path_parameters["out_trade_no"]  # that both are the same is beyond a schema
    signed = Signed(Key(backend.merchant.key_id, Secret(backend.merchant.secret)))
    # A preference that a server does not understand is passed over (RFC 7240, 2): no reason to refuse the request.
    passed_over = [schemathesis.checks.negative_data_rejection] if case.method == "GET" else []
    if named_twice and not good:  # the generator also puts numbers into bodies, as good ones, that it made as bad ones for paths
        passed_over.append(schemathesis.checks.positive_data_acceptance)
    answer = case.call(base_url=backend.merchant_url, auth=signed)
    case.validate_response(answer, excluded_checks=passed_over + _beyond_http(answer))
