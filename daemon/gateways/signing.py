"""HTTP Message Signatures (RFC 9421) with one shared key, and Content-Digest (RFC 9530), as docs/merchant-backend.yaml asks.

Both ends are here: the box signs requests and verifies answers, the sandbox (or a backend in Python) verifies requests and
signs answers. Of the RFC there is one profile, the same in both directions: label and tag ``tillbox``, ``hmac-sha256``,
a fixed set of covered components. An answer covers the signature of its request, and that one covers a nonce, so an answer
proves that it was given to this very request; the box therefore needs no clock to judge it (P11).

The signature base, one line a component (RFC 9421, 2.5):

    "@method": POST
    "@target-uri": https://backend.example/v1/charges
    "content-digest": sha-256=:…:
    "content-type": application/json
    "@signature-params": ("@method" … "content-type");created=1700000000;nonce="…";keyid="…";alg="hmac-sha256";tag="tillbox"

Texts of errors name what is wrong, never the value: a base is made of what was signed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from daemon.gateways.structured_fields import InnerList, byte_sequence, named, parse_byte_sequences, parse_inner_lists, string
from daemon.secret import Secret

LABEL = "tillbox"
TAG = "tillbox"
ALGORITHM = "hmac-sha256"

BARE_REQUEST = ('"@method"', '"@target-uri"')
REQUEST = (*BARE_REQUEST, '"content-digest"', '"content-type"')
RESPONSE = (
    '"@status"',
    '"content-digest"',
    '"content-type"',
    '"@method";req',
    '"@target-uri";req',
    f'"signature";req;key="{LABEL}"',
)

_Parsed = TypeVar("_Parsed")
_PARAMETERS: dict[str, type] = {"created": int, "nonce": str, "keyid": str, "alg": str, "tag": str}


class BadSignature(Exception):
    """A message is not signed as it must be. The text says in which way."""


@dataclass(frozen=True, slots=True)
class Key:
    """A shared key. The secret's UTF-8 bytes are the key of the HMAC."""

    key_id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is signed. `target_uri` is the whole URL as the box was configured to call it."""

    method: str
    target_uri: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # a header may hold a token
    body: bytes = field(default=b"", repr=False)  # a body may hold a payer's code


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it is signed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """What a verified request says about its signature. Whether `created` is fresh and `nonce` new is the caller's to judge."""

    key_id: str
    created: int
    nonce: str


def sign_request(key: Key, request: Request, *, created: int, nonce: str) -> Request:
    """The request with its digest (where it has a body) and its signature. `created` is Unix time in whole seconds."""
    headers = dict(request.headers)
    if request.body:
        headers["Content-Digest"] = content_digest(request.body)
    request = replace(request, headers=headers)
    components = REQUEST if request.body else BARE_REQUEST
    parameters = f";created={created};nonce={string(nonce)}{_identity(key)}"
    return replace(request, headers=headers | _signed(key, components, parameters, _request_values(request)))


def verify_request(request: Request, find_secret: Callable[[str], Secret | None]) -> Signer:
    """Who signed the request, and when. `find_secret` gives the secret of a key id, None where it knows none.

    Raises BadSignature: not signed, unknown key, not everything covered, digest or signature wrong.
    """
    member = _input(request.headers)
    nonce, key_id = member.parameters.get("nonce"), member.parameters["keyid"]
    if not isinstance(nonce, str) or not nonce:
        raise BadSignature("the signature has no nonce")
    secret = find_secret(str(key_id))
    if secret is None:
        raise BadSignature("the key id is not known")
    _must_cover(member, REQUEST if request.body else BARE_REQUEST)
    _verify(Key(str(key_id), secret), member, _request_values(request), request.headers)
    if request.body:
        _verify_digest(request.headers, request.body)
    return Signer(str(key_id), int(member.parameters["created"]), nonce)


def sign_response(key: Key, request: Request, response: Response, *, created: int) -> Response:
    """The answer with its digest and a signature that binds it to the signed request. Raises BadSignature where the
    request bears no signature to bind to."""
    headers = {**response.headers, "Content-Digest": content_digest(response.body)}
    response = replace(response, headers=headers)
    values = _response_values(request, response)
    return replace(response, headers=headers | _signed(key, RESPONSE, f";created={created}{_identity(key)}", values))


def verify_response(key: Key, request: Request, response: Response) -> None:
    """Raises BadSignature unless the holder of the key gave exactly this answer to exactly this request."""
    member = _input(response.headers)
    if member.parameters["keyid"] != key.key_id:
        raise BadSignature("the answer is signed with another key id")
    _must_cover(member, RESPONSE)
    _verify(key, member, _response_values(request, response), response.headers)
    _verify_digest(response.headers, response.body)


def content_digest(body: bytes) -> str:
    """The value of Content-Digest for a body, SHA-256 (RFC 9530)."""
    return f"sha-256={byte_sequence(hashlib.sha256(body).digest())}"


def signature_base(lines: Iterable[tuple[str, str]], parameters: str) -> str:
    """The text that is signed: covered components with their values, then the parameters (RFC 9421, 2.5)."""
    return "\n".join([*(f"{name}: {value}" for name, value in lines), f'"@signature-params": {parameters}'])


def hmac_sha256(key: bytes, base: str) -> bytes:
    """The signature over a base (RFC 9421, 3.3.3). Raises ValueError where the base is not ASCII."""
    return hmac.digest(key, base.encode("ascii"), "sha256")


def _identity(key: Key) -> str:
    return f";keyid={string(key.key_id)};alg={string(ALGORITHM)};tag={string(TAG)}"


def _signed(key: Key, components: tuple[str, ...], parameters: str, values: Mapping[str, str]) -> dict[str, str]:
    member = f"({' '.join(components)}){parameters}"
    base = signature_base([(name, values[name]) for name in components], member)
    mac = hmac_sha256(key.secret.reveal().encode(), base)
    return {"Signature-Input": f"{LABEL}={member}", "Signature": f"{LABEL}={byte_sequence(mac)}"}


def _verify(key: Key, member: InnerList, values: Mapping[str, str], headers: Mapping[str, str]) -> None:
    base = signature_base([(name, values[name]) for name in member.items], member.text)
    try:
        expected = hmac_sha256(key.secret.reveal().encode(), base)
    except UnicodeEncodeError:
        raise BadSignature("a signed field is not ASCII") from None  # the cause would show the field
    if not hmac.compare_digest(expected, _signature(headers)):
        raise BadSignature("the signature is wrong")


def _verify_digest(headers: Mapping[str, str], body: bytes) -> None:
    """Other algorithms beside SHA-256 may be given (RFC 9530); this one must be."""
    given = _parsed(parse_byte_sequences, headers, "content-digest").get("sha-256")
    if given is None:
        raise BadSignature("Content-Digest holds no sha-256")
    if not hmac.compare_digest(given, hashlib.sha256(body).digest()):
        raise BadSignature("the body is not the one that was signed")


def _request_values(request: Request) -> dict[str, str]:
    values = {'"@method"': request.method, '"@target-uri"': request.target_uri}
    if request.body:
        values |= _body_values(request.headers)
    return values


def _response_values(request: Request, response: Response) -> dict[str, str]:
    return {
        '"@status"': str(response.status),
        **_body_values(response.headers),
        '"@method";req': request.method,
        '"@target-uri";req': request.target_uri,
        f'"signature";req;key="{LABEL}"': byte_sequence(_signature(request.headers)),
    }


def _body_values(headers: Mapping[str, str]) -> dict[str, str]:
    return {f'"{name}"': _header(headers, name) for name in ("content-digest", "content-type")}


def _input(headers: Mapping[str, str]) -> InnerList:
    """Our member of Signature-Input, its parameters checked in type and in what they promise."""
    member = _parsed(parse_inner_lists, headers, "signature-input").get(LABEL)
    if member is None:
        raise BadSignature(f"there is no signature labelled {LABEL}")
    for name, value in member.parameters.items():
        if type(value) is not _PARAMETERS.get(name):
            raise BadSignature(f"the signature's parameter {named(name)} is not in the contract, or not of its type")
    if missing := sorted({"created", "keyid", "alg", "tag"} - member.parameters.keys()):
        raise BadSignature(f"the signature lacks the parameter {', '.join(missing)}")
    if (member.parameters["alg"], member.parameters["tag"]) != (ALGORITHM, TAG):
        raise BadSignature(f'the signature is not of alg="{ALGORITHM}" and tag="{TAG}"')
    return member


def _must_cover(member: InnerList, components: tuple[str, ...]) -> None:
    """Exactly these components, in any order: nothing uncovered, and nothing that this program would have to skip."""
    if missing := [name for name in components if name not in member.items]:
        raise BadSignature(f"the signature does not cover {' '.join(missing)}")
    if len(member.items) != len(components):
        raise BadSignature(f"the signature covers something else than {' '.join(components)}")


def _signature(headers: Mapping[str, str]) -> bytes:
    signature = _parsed(parse_byte_sequences, headers, "signature").get(LABEL)
    if signature is None:
        raise BadSignature(f"Signature has no member {LABEL}")
    return signature


def _parsed(parse: Callable[[str], _Parsed], headers: Mapping[str, str], name: str) -> _Parsed:
    try:
        return parse(_header(headers, name))
    except ValueError as error:
        raise BadSignature(f"{name}: {error}") from error


def _header(headers: Mapping[str, str], name: str) -> str:
    """A field's value, several lines of it joined as RFC 9421, 2.1 says."""
    lines = [value.strip() for key, value in headers.items() if key.lower() == name]
    if not lines:
        raise BadSignature(f"there is no {name}")
    return ", ".join(lines)
