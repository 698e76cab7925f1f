"""P10 from outside: what a box was given in confidence, looked for in everything that it wrote, stored or answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from box_process import BoxProcess

_LONG_DIGITS = re.compile(r"[0-9]{16,}")
_FAULTS = re.compile(
    r"Traceback|_fault |CRITICAL|py\.warnings|Exception ignored|Task was destroyed|was never (?:retrieved|awaited)|log_unprintable"
)


def secrets_told(box: BoxProcess) -> list[str]:
    """`WHAT in WHERE` for each secret that is where it must not be; never the secret itself."""
    places = {"output": box.output.encode(), "journal": box.journal_bytes(), "http": bytes(box.heard)}
    return [f"{what} in {where}" for where, said in places.items() for what, secret in secrets_of(box) if secret in said]


def secrets_of(box: BoxProcess) -> Iterator[tuple[str, bytes]]:
    """What it is, and the bytes that give it away."""
    sandbox = box.provider.sandbox
    yield "WeChat's key", sandbox.wechat.key.encode()
    yield "the backend's secret", sandbox.merchant.secret.encode()
    yield "the client's private key", _middle_of(sandbox.client_key_file)
    for file in box.directory.glob("*.secret"):
        yield file.name, file.read_bytes().strip()
    for body in (b"<auth_code>", b'"auth_code"', b"<sign>", b"sig1=:"):
        yield "a signed body or its signature", body
    for code in box.scanner.codes if box.scanner else []:
        if _LONG_DIGITS.fullmatch(code):
            yield f"a payer's code {code[:2]}…{code[-2:]}", code[3:11].encode()  # a piece of it is too much already


def faults_in(output: str) -> list[str]:
    """Lines of a log that only a mistake in the program writes."""
    return [line for line in output.splitlines() if _FAULTS.search(line)]


def _middle_of(pem: Path) -> bytes:
    return pem.read_bytes().splitlines()[1]
