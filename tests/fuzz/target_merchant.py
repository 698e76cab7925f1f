"""The merchant's backend: signed answers, orders and problems, through the whole gateway; and the signatures by themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fuzz_promises import INCONCLUSIVE, check_text
from fuzz_provider import CALLS, NUMBER, PLACE, SECRET, Provider, attempt_in, reply_of
from fuzz_scene import Scene, head_of, read_scene
from multidict import CIMultiDict, CIMultiDictProxy

from daemon.gateways import structured_fields
from daemon.gateways.client import Answer
from daemon.gateways.merchant import MerchantGateway
from daemon.gateways.settings import MerchantSettings
from daemon.gateways.signing import (
    BadSignature,
    Key,
    Request,
    Response,
    content_digest,
    sign_request,
    sign_response,
    verify_request,
    verify_response,
)
from daemon.reply import Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

BASE_URL = "https://backend.invalid/tillbox"
KEY = Key("box-7", Secret(SECRET))
SETTINGS = MerchantSettings("merchant", BASE_URL, "signature", KEY.key_id, KEY.secret)
NOW = 1_772_000_000

TAMPERS = ("no", "status", "body", "type", "digest", "signature", "request")


def answers(data: bytes) -> None:
    scene = read_scene(data)
    gateway: Any = MerchantGateway(SETTINGS, PLACE, Schedule(), wall_clock=lambda: float(NOW), nonce=lambda: "made-up-nonce")
    gateway._client = provider = Provider(scene, BASE_URL, lambda request, answer: _finished(scene, request, answer))
    call = scene.one_of("call", CALLS)
    reply = reply_of(gateway, provider, call, attempt_in(scene, "merchant"), (SECRET,))
    if reply is None or reply.verdict in INCONCLUSIVE:
        return
    assert scene.says("sign"), f"{reply.verdict} without a signature"
    assert scene.one_of("tamper", TAMPERS) == "no", f"{reply.verdict} by an answer that was changed on its way"
    if reply.verdict is Verdict.PAID:
        assert _is_paid(provider.told[-1]), "paid, by an answer that does not say so"


def _finished(scene: Scene, request: Request, answer: Answer) -> Answer:
    """The answer as the holder of the key gives it, and then as somebody on the way changes it; or just as it is."""
    if not scene.says("sign"):
        return answer
    signed = sign_response(KEY, request, Response(answer.status, _once(answer), answer.body), created=NOW)
    tampered = _tampered(scene.one_of("tamper", TAMPERS), request, signed)
    return Answer(tampered.status, CIMultiDictProxy(CIMultiDict(tampered.headers)), tampered.body)


def _once(answer: Answer) -> dict[str, str]:
    """The headers with one content type, without which there is nothing to sign."""
    kind = answer.headers.get("Content-Type", "application/json").encode("ascii", "replace").decode()
    return {"Content-Type": kind}


def _tampered(how: str, request: Request, signed: Response) -> Response:
    headers = dict(signed.headers)
    match how:
        case "status":
            return replace(signed, status=201 if signed.status != 201 else 200)
        case "body":
            return replace(signed, body=signed.body + b" ")
        case "type":
            return replace(signed, headers={**headers, "Content-Type": headers["Content-Type"] + "x"})
        case "digest":
            return replace(signed, body=signed.body + b" ", headers={**headers, "Content-Digest": content_digest(signed.body + b" ")})
        case "signature":
            return replace(signed, headers={**headers, "Signature": "tillbox=:AAAA:"})
        case "request":
            other = sign_request(KEY, replace(request, headers={}), created=NOW, nonce="another nonce")
            return sign_response(KEY, other, replace(signed, headers={"Content-Type": headers["Content-Type"]}), created=NOW)
    return signed


def _is_paid(answer: Answer) -> bool:
    said = json.loads(answer.body)
    wanted = {"out_trade_no": NUMBER, "amount": 1250, "currency": "CNY", "state": "paid", "store_id": "shop-12", "terminal_id": "box-7"}
    return answer.status in (200, 201, 202) and all(said.get(name) == value for name, value in wanted.items())


# -- signatures --


def signatures(data: bytes) -> None:
    """`verify_response` and `verify_request` over any headers; with `sign=yes` over honest ones, some of which are replaced; with
    `tamper=yes` for another body."""
    scene = read_scene(data)
    word, pairs, body = head_of(scene.rest)
    status = int(word) if word.isascii() and word.isdigit() and len(word) < 4 else 200
    asked = sign_request(
        KEY, Request("POST", f"{BASE_URL}/v1/charges", {"Content-Type": "application/json"}, b"{}"), created=NOW, nonce="n"
    )
    honest = sign_response(KEY, asked, Response(status, {"Content-Type": "application/json"}, body), created=NOW)
    headers = {**honest.headers, **dict(pairs)} if scene.says("sign") else dict(pairs)
    body += b"!" if scene.says("tamper") else b""
    untouched = (
        scene.says("sign") and not scene.says("tamper") and all(headers[name].strip() == value for name, value in honest.headers.items())
    )
    try:
        verify_response(KEY, asked, Response(status, headers, body))
    except BadSignature as error:
        check_text(str(error), (SECRET,))
    else:
        assert untouched or (not scene.says("tamper") and _same_meaning(headers, honest)), "an answer that the key's holder did not give"
    _verify_request(Request(scene.words.get("method", "POST"), f"{BASE_URL}/v1/charges", headers, body))


def _same_meaning(headers: dict[str, str], honest: Response) -> bool:
    """Whether no header's text differs but by further members, which a dictionary may have, and by blanks around it."""
    return all(value in headers.get(name, "") for name, value in honest.headers.items())


def _verify_request(request: Request) -> None:
    """Nothing of an answer is a signed request."""
    try:
        verify_request(request, lambda key_id: KEY.secret if key_id == KEY.key_id else None)
    except BadSignature as error:
        check_text(str(error), (SECRET,))
        return
    raise AssertionError("a request that the key's holder did not make")


def fields(data: bytes) -> None:
    """`structured_fields`: what is taken is one dictionary, told the same way when it is read again."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        lists = structured_fields.parse_inner_lists(text)
        again = structured_fields.parse_inner_lists(", ".join(f"{key}={member.text}" for key, member in lists.items()))
        assert again == lists
    except ValueError as error:
        check_text(str(error))
    try:
        found = structured_fields.parse_byte_sequences(text)
        written = ", ".join(f"{key}={structured_fields.byte_sequence(value)}" for key, value in found.items())
        assert structured_fields.parse_byte_sequences(written) == found
    except ValueError as error:
        check_text(str(error))
