"""HTTP Message Signatures: against the RFC's own vector, against an independent library, and against tampering."""

import base64
import datetime
import hashlib
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from daemon.gateways import signing
from daemon.gateways.signing import BadSignature, Key, Request, Response, sign_request, sign_response, verify_request, verify_response
from daemon.gateways.structured_fields import byte_sequence
from daemon.secret import Secret

KEY = Key("box-7", Secret("a key for tests, of no other use"))
OTHER = Key("box-7", Secret("another key, as long as the first"))
URL = "https://backend.example/tillbox/v1/charges"
BODY = b'{"amount":1250}'
CREATED = 1_700_000_000


def charge(**changes) -> Request:
    return replace(Request("POST", URL, {"Content-Type": "application/json"}, BODY), **changes)


def signed_charge(nonce="once") -> Request:
    return sign_request(KEY, charge(), created=CREATED, nonce=nonce)


def answer(request: Request, status=200, body=b'{"state":"paid"}', key=KEY) -> Response:
    return sign_response(key, request, Response(status, {"Content-Type": "application/json"}, body), created=CREATED)


def secrets(key_id):
    return KEY.secret if key_id == KEY.key_id else None


# -- the RFC's vector --


def test_rfc_9421_appendix_b_2_5():
    """The one published vector for hmac-sha256."""
    key = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
    lines = [
        ('"date"', "Tue, 20 Apr 2021 02:07:55 GMT"),
        ('"@authority"', "example.com"),
        ('"content-type"', "application/json"),
    ]
    parameters = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    mac = signing.hmac_sha256(key, signing.signature_base(lines, parameters))
    assert base64.b64encode(mac) == b"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def test_rfc_9530_appendix_d_digest():
    """RFC 9530's example of an empty and of a short content."""
    assert signing.content_digest(b"") == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    assert signing.content_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


# -- requests --


def test_a_signed_request_says_who_when_and_that_it_is_a_new_one():
    signer = verify_request(signed_charge(), secrets)
    assert (signer.key_id, signer.created, signer.nonce) == ("box-7", CREATED, "once")


def test_a_request_without_a_body_covers_method_and_target():
    request = sign_request(KEY, Request("GET", URL), created=CREATED, nonce="once")
    assert 'tillbox=("@method" "@target-uri");' in request.headers["Signature-Input"]
    assert verify_request(request, secrets).nonce == "once"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"method": "GET"}, "signature is wrong"),
        ({"target_uri": URL + "?x=1"}, "signature is wrong"),
        ({"body": BODY + b" "}, "not the one that was signed"),
        ({"body": b""}, "something else"),
    ],
)
def test_a_changed_request_does_not_verify(changes, text):
    with pytest.raises(BadSignature, match=text):
        verify_request(replace(signed_charge(), **changes), secrets)


@pytest.mark.parametrize("header", ["Content-Type", "Content-Digest", "Signature", "Signature-Input"])
def test_a_request_that_lost_a_header_does_not_verify(header):
    request = signed_charge()
    with pytest.raises(BadSignature, match=header.lower()):
        verify_request(replace(request, headers={k: v for k, v in request.headers.items() if k != header}), secrets)


def test_a_body_that_came_to_a_bare_request_does_not_verify():
    """The signature of a GET says nothing about a body that somebody added."""
    request = sign_request(KEY, Request("GET", URL), created=CREATED, nonce="once")
    with pytest.raises(BadSignature, match="does not cover"):
        verify_request(replace(request, body=BODY, headers={**request.headers, **charge().headers}), secrets)


def test_an_unknown_key_and_a_wrong_key_are_told_apart():
    with pytest.raises(BadSignature, match="not known"):
        verify_request(signed_charge(), lambda _: None)
    with pytest.raises(BadSignature, match="signature is wrong"):
        verify_request(signed_charge(), lambda _: OTHER.secret)


# -- answers --


def test_an_answer_proves_that_it_is_for_this_request():
    request = signed_charge()
    verify_response(KEY, request, answer(request))


def test_an_answer_to_the_same_request_asked_at_another_time_is_no_answer():
    """A recorded "paid" cannot be played back to a later request for the same thing: its nonce is another."""
    recorded = answer(signed_charge("first"))
    with pytest.raises(BadSignature, match="signature is wrong"):
        verify_response(KEY, signed_charge("second"), recorded)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"status": 201}, "signature is wrong"),
        ({"body": b'{"state":"paid" }'}, "not the one that was signed"),
        ({"headers": {}}, "no signature-input"),
    ],
)
def test_a_changed_answer_does_not_verify(changes, text):
    request = signed_charge()
    with pytest.raises(BadSignature, match=text):
        verify_response(KEY, request, replace(answer(request), **changes))


def test_the_box_has_no_say_about_the_hour_of_an_answer():
    """P11: an answer that claims another year is as good as any; what binds it is the request's signature."""
    request = signed_charge()
    response = sign_response(KEY, request, Response(200, {"Content-Type": "application/json"}, b"{}"), created=1)
    verify_response(KEY, request, response)


def test_an_answer_of_another_key_is_refused():
    request = signed_charge()
    with pytest.raises(BadSignature, match="signature is wrong"):
        verify_response(KEY, request, answer(request, key=OTHER))
    with pytest.raises(BadSignature, match="another key id"):
        verify_response(KEY, request, answer(request, key=Key("box-8", KEY.secret)))


def test_an_answer_to_an_unsigned_request_cannot_be_signed():
    with pytest.raises(BadSignature, match="no signature"):
        answer(charge())


def test_an_empty_answer_is_signed_like_any_other():
    request = signed_charge()
    verify_response(KEY, request, answer(request, status=204, body=b""))


def with_input(request: Request, old: str, new: str) -> Request:
    """The request with a Signature-Input that says something else, signed anew over what it says."""
    text = request.headers["Signature-Input"].replace(old, new, 1)
    assert text != request.headers["Signature-Input"]
    return replace(request, headers={**request.headers, "Signature-Input": text})


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (' "content-digest"', "", "does not cover"),
        (' "content-type"', "", "does not cover"),
        (' "content-type"', ' "content-type" "content-type"', "something else"),
        (' "content-type"', ' "content-type" "date"', "something else"),
        ("created=1700000000;", "", "lacks the parameter created"),
        ("created=1700000000", 'created="1700000000"', "created is not in the contract"),
        (';alg="hmac-sha256"', "", "lacks the parameter alg"),
        (';alg="hmac-sha256"', ';alg="rsa-pss-sha512"', "not of alg"),
        (';tag="tillbox"', ';tag="other"', "not of alg"),
        (';tag="tillbox"', ';tag="tillbox";expires=1', "expires is not in the contract"),
        (';nonce="once"', "", "no nonce"),
        ("tillbox=(", "sig1=(", "no signature labelled tillbox"),
        ("(", "", "signature-input"),
    ],
)
def test_another_profile_than_the_contract_is_refused_with_its_reason(old, new, text):
    with pytest.raises(BadSignature, match=text):
        verify_request(with_input(signed_charge(), old, new), secrets)


@pytest.mark.parametrize("name", ["Signature", "Content-Digest"])
def test_fields_that_are_none_are_refused(name):
    request = signed_charge()
    with pytest.raises(BadSignature):
        verify_request(replace(request, headers={**request.headers, name: "tillbox=nonsense"}), secrets)


def test_a_signature_under_another_label_does_not_count():
    request = signed_charge()
    renamed = request.headers["Signature"].replace("tillbox=", "sig1=")
    with pytest.raises(BadSignature, match="no member tillbox"):
        verify_request(replace(request, headers={**request.headers, "Signature": renamed}), secrets)


def test_a_digest_of_another_algorithm_alone_is_not_enough():
    """One algorithm that everybody must have; what is signed but not checked would prove nothing."""
    message = Message.of(charge())
    message.headers["Content-Digest"] = f"sha-512={byte_sequence(hashlib.sha512(BODY).digest())}"
    sign_as_others(message, signing.REQUEST, nonce="once")
    with pytest.raises(BadSignature, match="no sha-256"):
        verify_request(charge(headers=message.headers), secrets)


def test_a_field_that_is_not_ascii_is_refused_without_being_shown():
    request = signed_charge()
    with pytest.raises(BadSignature, match="not ASCII") as caught:
        verify_request(replace(request, headers={**request.headers, "Content-Type": "text/päper"}), secrets)
    assert caught.value.__cause__ is None


def test_nothing_secret_shows_in_a_repr():
    """P10."""
    request = signed_charge()
    shown = repr((KEY, request, answer(request)))
    assert "tests" not in shown
    assert "1250" not in shown
    assert "Signature" not in shown


def test_components_may_stand_in_any_order_and_header_names_in_any_case():
    message = Message.of(charge())
    message.headers["Content-Digest"] = signing.content_digest(BODY)
    sign_as_others(message, tuple(reversed(signing.REQUEST)), nonce="n")
    lowered = {name.lower(): value for name, value in message.headers.items()}
    assert verify_request(charge(headers=lowered), secrets).nonce == "n"


# -- against an independent library --


class Resolver(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id):
        assert key_id == KEY.key_id
        return KEY.secret.reveal().encode()

    resolve_private_key = resolve_public_key


@dataclass
class Message:
    """A message as http_message_signatures wants it."""

    method: str
    url: str
    headers: dict = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> "Message":
        return cls(request.method, request.target_uri, dict(request.headers))


def response_of(request: Request, response: Response) -> SimpleNamespace:
    return SimpleNamespace(status_code=response.status, headers=dict(response.headers), request=Message.of(request))


def sign_as_others(message, components, nonce=None) -> None:
    """Sign with http_message_signatures, in the profile of the contract."""
    HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Resolver()).sign(
        message,
        key_id=KEY.key_id,
        created=datetime.datetime.fromtimestamp(CREATED, datetime.UTC),
        nonce=nonce,
        label="tillbox",
        tag="tillbox",
        covered_component_ids=components,
        use_existing_digest=True,
    )


def verify_as_others(message, components, body) -> None:
    """Verify with http_message_signatures; raises where it does not."""
    HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Resolver()).verify(
        message, max_age=None, expect_tag="tillbox", expect_label="tillbox", require_components=components, body=body
    )


def test_an_independent_library_verifies_our_requests():
    verify_as_others(Message.of(signed_charge()), signing.REQUEST, BODY)
    bare = sign_request(KEY, Request("GET", URL), created=CREATED, nonce='with "quotes" and \\')
    verify_as_others(Message.of(bare), signing.BARE_REQUEST, b"")


def test_an_independent_library_verifies_our_answers():
    request = signed_charge()
    response = answer(request)
    verify_as_others(response_of(request, response), signing.RESPONSE, response.body)


def test_we_verify_the_requests_of_an_independent_library():
    message = Message.of(charge())
    message.headers["Content-Digest"] = signing.content_digest(BODY)
    sign_as_others(message, signing.REQUEST, nonce="theirs")
    assert verify_request(charge(headers=message.headers), secrets).nonce == "theirs"


def test_we_verify_the_answers_of_an_independent_library():
    request = signed_charge()
    headers = {"Content-Type": "application/json", "Content-Digest": signing.content_digest(b"{}")}
    message = response_of(request, Response(200, headers, b"{}"))
    sign_as_others(message, signing.RESPONSE)
    verify_response(KEY, request, Response(200, message.headers, b"{}"))
