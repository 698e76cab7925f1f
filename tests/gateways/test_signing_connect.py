"""Connect's signatures: the published vectors, and the vendor's own SDK on anything else (`daemon.gateways.signing_connect`)."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worldline.connect.sdk.authentication.v1hmac_authenticator import V1HMACAuthenticator
from worldline.connect.sdk.communication.request_header import RequestHeader

from daemon.gateways.signing_connect import authorization, data_to_sign, is_signed, signature, unfolded
from daemon.secret import Secret

# The vendor's published examples: made-up keys that every SDK's tests hold.
SHORT, PLAIN, LONG = "secretApiKey", "6Kj5HT0MQKC6D8eb7W3lTg71kVKVDSt1", "I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg="
DATE = "Fri, 06 Jun 2014 13:39:43 GMT"
TOKEN = "/v1/9991/tokens/123456789"

WITH_HEADERS = {
    "X-GCS-ServerMetaInfo": "processed header value",
    "X-GCS-CustomerHeader": "processed header value",
    "X-GCS-ClientMetaInfo": "processed header value",
    "Content-Type": "application/json",
    "Date": DATE,
    "X-Other": "not signed",
}


@pytest.mark.parametrize(
    ("secret", "method", "path", "headers", "expected"),
    [
        (SHORT, "DELETE", TOKEN, WITH_HEADERS, "VfnXpPBQQoHZivTcAg0JvOWkhnzlPnaCPKpTQn/uMJM="),
        (PLAIN, "GET", TOKEN, {"Date": DATE}, "9ond5EIN05dBXJGCLRK5om9pxHsyrh/12pZJ7bvmwNM="),
        (LONG, "GET", TOKEN, {"Date": DATE}, "J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI="),
        (LONG, "GET", "/v1/consumer/ANDR%C3%89E/?q=na%20me", {"Date": DATE}, "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU="),
        (LONG, "GET", "/v1/consumer/ANDR%C3%89E/?q=na me", {"Date": DATE}, "x9S2hQmLhLTbpK0YdTuYCD8TB4D+Kf60tNW0Xw5Xls0="),
        (LONG, "DELETE", TOKEN, WITH_HEADERS, "jGWLz3ouN4klE+SkqO5gO+KkbQNM06Rric7E3dcfmqw="),
    ],
)
def test_published_vectors(secret: str, method: str, path: str, headers: dict[str, str], expected: str) -> None:
    assert signature(Secret(secret), data_to_sign(method, path, headers).encode()) == expected
    assert authorization("5e45c937b9db33ae", Secret(secret), method, path, headers) == f"GCS v1HMAC:5e45c937b9db33ae:{expected}"


def test_every_line_is_ended_and_a_missing_content_type_is_an_empty_one() -> None:
    assert data_to_sign("post", "/v1/1/payments/2/cancel", {"Date": DATE}) == f"POST\n\n{DATE}\n/v1/1/payments/2/cancel\n"


@pytest.mark.parametrize("value", ["aap\nnoot  ", " aap\r\n  noot"])
def test_a_folded_header_is_one_line(value: str) -> None:
    assert unfolded(value) == "aap noot"


@given(st.text(alphabet="ab \t\r\n\v", max_size=12))
def test_folding_is_the_sdk_s(value: str) -> None:
    assert unfolded(value) == V1HMACAuthenticator.to_canonicalize_header_value(value)


@given(
    method=st.sampled_from(["GET", "POST"]),
    path=st.text(alphabet="abcXYZ019-_", min_size=1, max_size=30),
    query=st.text(alphabet="abc019=&", max_size=20),
    own=st.dictionaries(
        st.sampled_from(["X-GCS-Idempotence-Key", "X-GCS-ServerMetaInfo", "x-gcs-B", "X-GCS-a"]), st.text(alphabet="aZ9+/= ", max_size=30)
    ),
    content_type=st.sampled_from([None, "application/json"]),
)
def test_any_request_is_signed_as_the_sdk_would(method: str, path: str, query: str, own: dict[str, str], content_type: str | None) -> None:
    headers = {**own, "Date": DATE, "Accept": "application/json", **({"Content-Type": content_type} if content_type else {})}
    whole = f"/v1/{path}?{query}" if query else f"/v1/{path}"
    theirs = V1HMACAuthenticator("k", PLAIN).get_authorization(
        method, urlparse(f"https://connect.example{whole}"), [RequestHeader(name, value) for name, value in headers.items()]
    )
    assert authorization("k", Secret(PLAIN), method, whole, headers) == theirs


def test_a_notification_is_compared_with_its_whole_body() -> None:
    secret = Secret("hello+world")
    given_signature = signature(secret, b'{"id":1}')
    assert is_signed(secret, b'{"id":1}', given_signature)
    for body, other in ((b'{"id":2}', given_signature), (b'{"id":1}', given_signature[:-1]), (b'{"id":1}', ""), (b'{"id":1}', "ü\udcff")):
        assert not is_signed(secret, body, other)
