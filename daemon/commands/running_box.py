"""Asking the box that runs already: it has the scanner, the lines and the pins, so that nobody else can open them."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from daemon.web.settings import Tls, WebSettings

ANSWER_S = 5.0  # for an answer on the same machine


class AnotherCertificate(Exception):
    """What answers there shows another certificate than the configuration names. It was not told the token."""


class NoBox(Exception):
    """No box of this configuration runs there."""


def ask_running_box(web: WebSettings) -> Mapping[str, Any] | None:
    """What `GET /v1/box` says on the configured address; None where no box of this configuration runs there.

    Raises AnotherCertificate.
    """
    try:
        status, body = call_running_box(web, "GET", "/v1/box")
    except NoBox:
        return None
    return body if status == 200 else None


def call_running_box(web: WebSettings, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Mapping[str, Any]]:
    """The status and the JSON object with which the box on the configured address answers. Raises NoBox, AnotherCertificate."""
    headers = {} if web.token is None else {"Authorization": f"Bearer {web.token.reveal()}"}
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104  # where it listens on every address
    with closing(_line(host, web)) as line:
        try:
            _connect(line, web.tls)
            line.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            answer = line.getresponse()
            said = json.loads(answer.read(1_000_000))
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoBox from error
    if answer.headers.get("Server") != "tillbox" or not isinstance(said, dict):
        raise NoBox
    return answer.status, said


def _line(host: str, web: WebSettings) -> http.client.HTTPConnection:
    if web.tls is None:
        return http.client.HTTPConnection(host, web.port, timeout=ANSWER_S)
    return http.client.HTTPSConnection(host, web.port, timeout=ANSWER_S, context=_unchecked())


def _unchecked() -> ssl.SSLContext:
    """Who is at the other end is seen by its certificate itself, which is here: neither its issuer nor its names need be known, and the
    box runs on with one that has ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _connect(line: http.client.HTTPConnection, tls: Tls | None) -> None:
    line.connect()
    if tls is not None:
        assert isinstance(line.sock, ssl.SSLSocket)
        shown = line.sock.getpeercert(binary_form=True) or b""
        if not hmac.compare_digest(hashlib.sha256(shown).digest(), tls.fingerprint):
            raise AnotherCertificate
