"""docs/api.yaml says what the box answers: the document, its examples, the code and the guide beside it agree.

`test_api_schemathesis` holds it against the running box.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from contract import ROOT, Contract
from jsonschema import Draft202012Validator
from test_merchant_backend_yaml import nodes

from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Payment, Reason, Ref, State
from daemon.tills.base import Entry
from daemon.tills.http import _FIELDS, _REF, _SCHEME, MAX_DESCRIPTION, MAX_TTL_S, payment_json
from daemon.web.api import Web
from hw.interfaces import Condition, Pattern

API = Contract(ROOT / "docs" / "api.yaml")
SCHEMAS = API.document["components"]["schemas"]
WEB = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "daemon" / "web").glob("*.py")))


# -- the document by itself --


def test_it_is_openapi_3_1_and_every_operation_is_whole() -> None:
    assert API.document["openapi"].startswith("3.1.")
    tags = {tag["name"] for tag in API.document["tags"]}
    names = []
    for path, _method, operation in API.operations():
        names.append(operation["operationId"])
        assert operation["summary"]
        assert set(operation["tags"]) <= tags
        given = [API.resolved(parameter) for parameter in API.document["paths"][path].get("parameters", [])]
        assert {p["name"] for p in given if p["in"] == "path"} == set(re.findall(r"\{([a-z_]+)\}", path))
        for response in operation["responses"].values():
            assert API.resolved(response)["description"]
    assert len(names) == len(set(names)) > 12


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = {node["$ref"] for node in nodes(API.document) if isinstance(node, dict) and "$ref" in node}
    for reference in used:
        API.at(reference)
    there = {f"#/components/{kind}/{name}" for kind, named in API.document["components"].items() for name in named}
    by_name = {"#/components/securitySchemes/token", "#/components/securitySchemes/session"}
    unused = there - used - by_name - {"#/components/schemas/Event"}  # that one is said in words
    assert unused == set()


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_json_schema_2020_12(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_example_fits_its_schema() -> None:
    count = 0
    for node in nodes(API.document):
        for example in node.get("examples", {}).values() if isinstance(node, dict) and "schema" in node else ():
            assert API.errors(node["schema"], API.resolved(example)["value"]) == []
            count += 1
        if isinstance(node, dict) and "schema" in node and "example" in node:
            assert API.errors(node["schema"], node["example"]) == []
    assert count > 30


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PaymentRequest", {"amount": 12.5}),
        ("PaymentRequest", {"amount": 1, "ttl": 3}),
        ("PaymentRequest", {"amount": 1, "description": "two\nlines"}),
        ("PaymentRequest", {"amount": 1, "ttl_s": 0}),
        ("Ref", "A 17"),
        ("Error", {"error": {"code": "made_up", "text": "x", "fields": {}}}),
        ("Payment", {**API.document["components"]["examples"]["Paid"]["value"], "final": False}),
        ("Payment", {**API.document["components"]["examples"]["Cancelled"]["value"], "reason": None}),
    ],
)
def test_the_schemas_refuse_what_is_wrong(name: str, wrong: Any) -> None:
    """A schema that takes everything would make the other tests worthless."""
    assert API.errors({"$ref": f"#/components/schemas/{name}"}, wrong)


# -- the document and the code --


def test_paths_and_methods_are_those_that_are_served() -> None:
    class _Handlers:
        def __getattr__(self, name: str) -> _Handlers:
            return self

    web: Any = object.__new__(Web)
    for part in ("_box", "_pushes", "_scans", "_keys", "_page", "_history", "_acts", "_metrics", "_access", "playing"):
        setattr(web, part, _Handlers())
    served = {
        (method, path.replace(":[^/]+", ""))
        for methods, path, _ in web._routes(_Handlers(), _Handlers(), _Handlers())
        for method in methods.split()
    }
    assert {(method, path) for path, method, _operation in API.operations()} == {pair for pair in served if pair[0] != "HEAD"}


def test_states_are_those_that_the_code_knows_and_which_are_final() -> None:
    assert SCHEMAS["State"]["enum"] == [state.value for state in State]
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (yes)? ?\|$", SCHEMAS["State"]["description"], re.MULTILINE))
    assert rows == {state.value: "yes" if state.is_final else "" for state in State}
    first, second = SCHEMAS["Payment"]["allOf"]
    final = [state.value for state in State if state.is_final]
    assert first["if"]["properties"]["state"]["enum"] == final
    assert second["if"]["properties"]["state"]["enum"] == [*(state for state in final if state != "paid"), "in_doubt"]


def test_a_request_is_what_the_box_takes() -> None:
    wanted = SCHEMAS["PaymentRequest"]["properties"]
    assert wanted.keys() == _FIELDS.keys()
    assert wanted["description"]["maxLength"] == MAX_DESCRIPTION
    assert wanted["ttl_s"]["maximum"] == MAX_TTL_S
    assert wanted["mode"]["enum"] == [mode.value for mode in Mode]
    assert wanted["scheme"]["pattern"] == f"^{_SCHEME.pattern}$"
    assert SCHEMAS["Ref"]["pattern"] == f"^{_REF.pattern}$"


@pytest.mark.parametrize("state", State)
def test_every_payment_that_the_box_can_tell_fits(state: State) -> None:
    reason = None if state is State.PAID else Reason("NOTENOUGH", "balance too low")
    attempt = Attempt(OutTradeNo("T1"), "main", "wechat", Amount(Minor(1250), "CNY"), state, 0.0, "tea").but(reason=reason)
    at = "2026-11-21T15:01:39.621Z"
    payment = Payment(Ref("A-17"), "http", attempt.amount, Mode.SCAN, state, at, at).but(attempts=(attempt,), reason=reason)
    told = payment_json(payment)
    assert API.errors({"$ref": "#/components/schemas/Payment"}, told) == []
    assert list(told) == SCHEMAS["Payment"]["required"] == list(SCHEMAS["Payment"]["properties"])
    assert list(told["attempts"][0]) == SCHEMAS["Attempt"]["required"]


def test_events_conditions_and_lights_are_those_that_the_code_knows() -> None:
    assert SCHEMAS["Event"]["required"] == [field.name for field in fields(Entry)]
    assert SCHEMAS["Condition"]["properties"]["state"]["enum"] == [condition.value for condition in Condition]
    assert SCHEMAS["Light"]["enum"] == [pattern.value for pattern in Pattern]


def codes_in_the_code() -> set[tuple[str, str]]:
    """Every status and code of a `Problem` in daemon/web; the one whose status is a variable is 400."""
    found = set(re.findall(r'Problem\(\s*(\d{3}|status), "(\w+)"', WEB))
    found = {("400" if status == "status" else status, code) for status, code in found}
    assert len(found) > 20
    return found - {("503", "rejected")} | {("404", "no_such_path")}  # the first is for refusals that do not exist yet


def test_error_codes_are_those_that_the_code_knows_each_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d, ]+) \|", SCHEMAS["ErrorCode"]["description"], re.MULTILINE)
    assert [code for code, _ in rows] == SCHEMAS["ErrorCode"]["enum"]
    assert {(status, code) for code, statuses in rows for status in statuses.split(", ")} == codes_in_the_code()


def test_every_code_stands_under_its_status() -> None:
    statuses: dict[str, set[str]] = {}
    for status, code in codes_in_the_code():
        statuses.setdefault(code, set()).add(status)
    for _path, _method, operation in API.operations():
        for status, response in operation["responses"].items():
            for content in API.resolved(response).get("content", {}).values():
                for part in content.get("schema", {}).get("allOf", [])[1:]:
                    for code in part["properties"]["error"]["properties"]["code"]["enum"]:
                        assert status in statuses[code], (status, code)


def test_the_guide_tells_every_call_and_every_code() -> None:
    guide = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
    headings = "\n".join(line for line in guide.splitlines() if line.startswith("## "))
    told = set(re.findall(r"`(GET|PUT|POST|DELETE) (/[^`]*)`", headings)) | {("GET", "/v1/notify/{gateway}")}  # under POST's heading
    assert told == {(method, path) for path, method, _operation in API.operations()}
    for code in SCHEMAS["ErrorCode"]["enum"]:
        assert f"`{code}`" in guide, code
