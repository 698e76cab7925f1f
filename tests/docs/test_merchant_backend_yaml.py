"""The contract of the merchant's backend says what the box does: its text, its examples, the code and the sandbox agree."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from contract import ROOT, Contract
from jsonschema import Draft202012Validator

from daemon.codes import AuthCode
from daemon.gateways import merchant_reading as reading
from daemon.gateways import merchant_wire as wire
from daemon.gateways.merchant_wire import STATUS, OrderState, ProblemCode
from daemon.gateways.settings import Place
from daemon.gateways.signing import REQUEST, RESPONSE, Key, Request, sign_request
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.reply import Verdict
from daemon.sandbox.cases import CASES, code_for
from daemon.sandbox.scenario import Fault, Lie, Timings
from daemon.sandbox.server import Sandbox
from daemon.secret import Secret

CONTRACT = Contract()
PLACE = Place("box-7", "shop-12", "Tea house")


def nodes(node: Any) -> Iterator[Any]:
    """Every node of the document."""
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def attempt(number: str = "T1") -> Attempt:
    return Attempt(OutTradeNo(number), "shop", "wechat", Amount(Minor(1250), "CNY"), State.SUBMITTING, 0.0, "tea")


# -- the document by itself --


def test_it_is_openapi_3_1():
    document = CONTRACT.document
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= document["info"].keys()
    assert document.keys() <= {"openapi", "info", "servers", "security", "tags", "paths", "components"}
    kinds = {"schemas", "responses", "parameters", "examples", "requestBodies", "headers", "securitySchemes"}
    assert document["components"].keys() <= kinds
    assert {name for entry in document["security"] for name in entry} == document["components"]["securitySchemes"].keys()


def test_every_operation_is_whole():
    names = []
    tags = {tag["name"] for tag in CONTRACT.document["tags"]}
    for path, method, operation in CONTRACT.operations():
        names.append(operation["operationId"])
        assert operation["summary"]
        assert set(operation["tags"]) <= tags
        assert method in ("GET", "POST"), "what moves money is a POST: HTTP clients repeat other methods by themselves"
        assert ("requestBody" in operation) == (method == "POST")
        given = [CONTRACT.resolved(parameter) for parameter in CONTRACT.document["paths"][path].get("parameters", [])]
        assert {p["name"] for p in given if p["in"] == "path"} == set(re.findall(r"\{([a-z_]+)\}", path))
        for response in operation["responses"].values():
            assert CONTRACT.resolved(response)["description"]
    assert len(names) == len(set(names)) == 7


def test_every_reference_leads_somewhere_and_every_component_is_used():
    used = {node["$ref"] for node in nodes(CONTRACT.document) if isinstance(node, dict) and "$ref" in node}
    for reference in used:
        CONTRACT.at(reference)
    schemes = {"securitySchemes"}
    there = {
        f"#/components/{kind}/{name}" for kind, named in CONTRACT.document["components"].items() if kind not in schemes for name in named
    }
    assert there == used


@pytest.mark.parametrize("name", CONTRACT.document["components"]["schemas"])
def test_every_schema_is_json_schema_2020_12(name):
    Draft202012Validator.check_schema(CONTRACT.document["components"]["schemas"][name])


def contents() -> Iterator[tuple[str, Any, Any]]:
    """Every schema with each example that is given for it."""
    for node in nodes(CONTRACT.document):
        if isinstance(node, dict) and "schema" in node:
            for name, example in node.get("examples", {}).items():
                yield name, node["schema"], CONTRACT.resolved(example)["value"]
            if "example" in node:
                yield "example", node["schema"], node["example"]


def test_every_example_fits_its_schema():
    examples = list(contents())
    assert len(examples) > 40
    for name, schema, value in examples:
        assert CONTRACT.errors(schema, value) == [], name


def test_every_body_has_an_example():
    for node in nodes(CONTRACT.document):
        if isinstance(node, dict) and "content" in node and "*/*" not in node["content"]:
            for content in node["content"].values():
                assert content["examples"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("ChargeRequest", {"amount": 12.5}),
        ("ChargeRequest", {"amount": 0}),
        ("ChargeRequest", {"out_trade_no": "T-1"}),
        ("ChargeRequest", {"auth_code": ""}),
        ("Paid", {"state": "settled"}),
        ("RefusedPayer", {"reason": None}),
    ],
)
def test_the_schemas_refuse_what_is_wrong(name, wrong):
    """A schema that takes everything would make the other tests worthless."""
    schema = {"$ref": f"#/components/schemas/{'Order' if name != 'ChargeRequest' else name}"}
    value = CONTRACT.document["components"]["examples"][name]["value"]
    assert CONTRACT.errors(schema, {**value, **wrong})


# -- the document and the code --


def test_states_are_those_that_the_code_knows():
    state = CONTRACT.document["components"]["schemas"]["State"]
    assert set(state["enum"]) == set(OrderState)
    assert set(re.findall(r"^\| `(\w+)`", state["description"], re.MULTILINE)) == set(OrderState)


def test_problem_codes_are_those_that_the_code_knows_each_with_its_status():
    problem = CONTRACT.document["components"]["schemas"]["Problem"]
    assert set(problem["properties"]["code"]["enum"]) == set(ProblemCode)
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", problem["description"], re.MULTILINE)
    assert {ProblemCode(code): int(status) for code, status in rows} == STATUS


IN_WORDS = {
    "refused, for the merchant to mend": {Verdict.REFUSED},
    "asks": {Verdict.UNKNOWN},
    "asks or calls again": {Verdict.UNKNOWN, Verdict.REVOKE_AGAIN},
    "not known there: asks on for a minute": {Verdict.NOT_KNOWN, Verdict.UNKNOWN},
    "in doubt: a person looks": {Verdict.MISMATCH, Verdict.REVOKE_REFUSED, Verdict.REFUND_REFUSED, Verdict.UNKNOWN},
    "gives up closing, asks on": {Verdict.REVOKE_REFUSED, Verdict.UNKNOWN, Verdict.REVOKE_AGAIN},
}


def test_the_table_of_problems_says_what_the_box_does():
    """Column three is the charge's table; column four all the others', where each has its own word for it."""
    problem = CONTRACT.document["components"]["schemas"]["Problem"]
    rows = re.findall(r"^\| `(\w+)` \| \d+ \| (.+?) \| (.+?) \|$", problem["description"], re.MULTILINE)
    assert len(rows) == len(ProblemCode)
    others = (reading.QUERY, reading.REVOKE, reading.CLOSE, reading.REFUND)
    for code, after_charge, after_others in rows:
        assert reading.CHARGE.problems.get(ProblemCode(code), Verdict.UNKNOWN) in IN_WORDS[after_charge], code
        said = {other.problems[ProblemCode(code)] for other in others if ProblemCode(code) in other.problems}
        assert said <= IN_WORDS[after_others], code
        assert bool(said) == (after_others != "asks or calls again"), code


def test_examples_of_problems_stand_under_their_status():
    for _path, _method, operation in CONTRACT.operations():
        for status, response in operation["responses"].items():
            content = CONTRACT.resolved(response).get("content", {}).get("application/problem+json")
            for example in content["examples"].values() if content else ():
                value = CONTRACT.resolved(example)["value"]
                assert (str(value["status"]), STATUS[ProblemCode(value["code"])]) == (status, int(status))


def test_every_problem_that_a_call_acts_on_is_documented_for_it():
    tables = {
        ("POST", "/v1/charges"): reading.CHARGE,
        ("GET", "/v1/orders/T1"): reading.QUERY,
        ("POST", "/v1/orders/T1/revoke"): reading.REVOKE,
        ("POST", "/v1/orders/T1/close"): reading.CLOSE,
        ("POST", "/v1/orders/T1/refund"): reading.REFUND,
    }
    for (method, path), table in tables.items():
        operation = CONTRACT.operation(method, path)
        codes = {
            node["code"] for node in nodes(with_references(operation)) if isinstance(node, dict) and "title" in node and "code" in node
        }
        assert {code.value for code in table.problems} <= codes, path


def with_references(node: Any) -> Any:
    """The node with its references (but not those of schemas) replaced by what they mean."""
    if isinstance(node, dict):
        return (
            with_references(CONTRACT.at(node["$ref"]))
            if "$ref" in node
            else {k: with_references(v) for k, v in node.items() if k != "schema"}
        )
    return [with_references(child) for child in node] if isinstance(node, list) else node


def test_what_the_box_sends_fits():
    bodies = {
        "/v1/charges": wire.charge(attempt(), PLACE, AuthCode("130000000000000017")),
        "/v1/qr-orders": wire.qr_order(attempt(), PLACE),
        "/v1/orders/T1/revoke": wire.ending(attempt(), PLACE),
        "/v1/orders/T1/close": wire.ending(attempt(), PLACE),
        "/v1/orders/T1/refund": wire.refund(attempt(), PLACE),
        "/v1/box-check": wire.box_check(PLACE),
    }
    for path, body in bodies.items():
        assert CONTRACT.request_errors("POST", path, body) == [], path


@pytest.mark.parametrize("name", ["Paid", "Confirming", "UnpaidQr", "RefusedPayer", "Unknown", "Revoking", "Revoked", "Refunded", "Closed"])
def test_the_box_reads_the_examples(name):
    value = CONTRACT.document["components"]["examples"][name]["value"]
    order = wire.parse_order(json.dumps(value).encode())
    assert (order.out_trade_no, order.minor, order.state) == ("T7K2M9Q4X1B8Z5", 1250, OrderState(value["state"]))


def test_the_signed_example_is_signed_right():
    """An integrator will compare byte by byte."""
    text = CONTRACT.document["components"]["securitySchemes"]["signature"]["description"]
    key_id, secret = re.findall(r"`(box-7|keep-this[a-z-]+)`", text)[:2]
    shown = dict(line.strip().split(": ", 1) for line in text.splitlines() if re.match(r"\s+(Content-|Signature)", line))
    created, nonce = re.search(r'created=(\d+);nonce="([^"]+)"', shown["Signature-Input"]).groups()
    body = json.dumps(CONTRACT.document["components"]["examples"]["ChargeRequest"]["value"], separators=(",", ":"), ensure_ascii=False)
    request = Request("POST", "https://backend.example/tillbox/v1/charges", {"Content-Type": "application/json"}, body.encode())
    assert dict(sign_request(Key(key_id, Secret(secret)), request, created=int(created), nonce=nonce).headers) == shown


def test_the_components_to_cover_are_those_that_the_code_covers():
    text = CONTRACT.document["info"]["description"]
    assert " ".join(REQUEST) in text
    assert " ".join(RESPONSE) in text


# -- the document and the sandbox, live --

FAST = Timings(auto_close_s=3.0, revoke_not_before_s=0.0, confirm_s=5.0, late_s=0.01, silence_s=0.01, slow_s=0.01)
CLEAN = [name for name, case in CASES.items() if all(s.fault is Fault.NONE for c in (case.charge, case.query) for s in (*c.first, c.then))]


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(tmp_path / "sandbox", timings=FAST, tls=False) as running:
        yield running


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    token = {"Authorization": f"Bearer {sandbox.merchant.secret}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=token) as session:
        yield session


async def exchange(sandbox: Sandbox, http: aiohttp.ClientSession, method: str, path: str, body: bytes | None = None, **more: Any) -> Any:
    """One request whose answer must fit the contract; its body."""
    async with http.request(method, sandbox.merchant_url + path, data=body, **more) as response:
        content = await response.read()
        assert CONTRACT.answer_errors(method, path, response.status, response.content_type, content) == [], (method, path, content)
        return json.loads(content)


@pytest.mark.parametrize("case", CLEAN)
async def test_whatever_the_sandbox_says_fits(sandbox, http, case):
    """Every case, through charge, three queries, two revokes and a refund; and as a QR order."""
    lies = CASES[case].charge.nth(1).lie is Lie.NUMBER
    charge = wire.charge(attempt(), PLACE, AuthCode(code_for(case)))
    charged = await exchange(sandbox, http, "POST", "/v1/charges", charge)
    assert lies or charged["out_trade_no"] == "T1"
    for _ in range(3):
        await exchange(sandbox, http, "GET", "/v1/orders/T1")
    for call in ("revoke", "revoke", "refund", "close"):
        body = wire.refund(attempt(), PLACE) if call == "refund" else wire.ending(attempt(), PLACE)
        with_fault = CASES[case].revoke.nth(1).fault is not Fault.NONE or CASES[case].refund.nth(1).fault is not Fault.NONE
        if not with_fault:
            await exchange(sandbox, http, "POST", f"/v1/orders/T1/{call}", body)
    sandbox.deck.put(CASES[case])
    await exchange(sandbox, http, "POST", "/v1/qr-orders", wire.qr_order(attempt("Q1"), PLACE))


async def test_what_the_sandbox_refuses_fits_too(sandbox, http):
    charge = wire.charge(attempt(), PLACE, AuthCode(code_for("paid")))
    wrong = json.dumps({"out_trade_no": "T 1", "amount": 1.5}).encode()
    assert (await exchange(sandbox, http, "POST", "/v1/charges", wrong))["fields"].keys() >= {"out_trade_no", "amount", "auth_code"}
    assert (await exchange(sandbox, http, "POST", "/v1/charges", b"no"))["code"] == "malformed"
    headers = {"Authorization": "Bearer wrong"}
    assert (await exchange(sandbox, http, "POST", "/v1/charges", charge, headers=headers))["code"] == "unauthenticated"
    assert (await exchange(sandbox, http, "GET", "/v1/orders/T1"))["code"] == "unknown_order"
    await exchange(sandbox, http, "POST", "/v1/charges", charge)
    again = wire.charge(attempt(), PLACE, AuthCode(code_for("paid", 1)))
    assert (await exchange(sandbox, http, "POST", "/v1/charges", again))["code"] == "conflict"
    assert (await exchange(sandbox, http, "POST", "/v1/box-check", wire.box_check(PLACE)))["store_id"] == "shop-12"


async def test_a_held_answer_says_so(sandbox, http):
    charge = wire.charge(attempt(), PLACE, AuthCode(code_for("password_never")))
    await exchange(sandbox, http, "POST", "/v1/charges", charge)
    prefer = {"Prefer": "wait=20"}
    async with asyncio.timeout(5):
        held = asyncio.create_task(http.get(f"{sandbox.merchant_url}/v1/orders/T1", headers=prefer))
        await asyncio.sleep(0.05)
        sandbox.ledger.confirm("T1")
        async with await held as response:
            assert response.headers["Preference-Applied"] == "wait=20"
            assert (await response.json())["state"] == "paid"


# -- the guide beside it --


def test_the_guide_names_every_call_and_no_other():
    guide = (ROOT / "docs" / "merchant-backend.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^ *\| `(GET|POST) (/v1/[^`]+)`", guide, re.MULTILINE))
    assert listed == {(method, path) for path, method, _operation in CONTRACT.operations()}
