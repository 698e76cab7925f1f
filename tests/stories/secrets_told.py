"""P10 from outside: what a box was given in confidence, looked for in everything that it wrote, stored or answered."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from box_process import BoxProcess

_LONG_DIGITS = re.compile(r"[0-9]{16,}")
_FAULTS = re.compile(
    r"Traceback|_fault |CRITICAL|py\.warnings|Exception ignored|Task was destroyed|was never (?:retrieved|awaited)|log_unprintable"
)


class Discretion:
    """Whether one box keeps to itself what is nobody's business. Each `check` looks at what is new since the last one."""

    def __init__(self, box: BoxProcess) -> None:
        self._box = box
        self._codes = 0
        self._output = 0
        self._was_running = True

    @property
    def is_over(self) -> bool:
        """Whether nothing can be new."""
        return not (self._was_running or self._box.is_running)

    def check(self) -> list[str]:
        """`WHAT in WHERE` for each secret that is where it must not be, never the secret itself; and lines that only a mistake
        in the program writes."""
        box = self._box
        self._was_running = box.is_running
        codes = box.scanner.codes if box.scanner else []
        told = list(_found(box, [*_keys(box), *_pieces(codes[self._codes :])]))
        output = box.output
        faults = [line for line in output[self._output :].splitlines() if _FAULTS.search(line)]
        self._codes, self._output = len(codes), len(output)
        return told + faults

    def check_all(self) -> list[str]:
        """Everything once more: what was told late, too."""
        self._codes = self._output = 0
        return self.check()


Secrets = list[tuple[str, bytes]]
"""What it is, and the bytes that give it away."""


def _found(box: BoxProcess, secrets: Secrets) -> Iterator[str]:
    places = {"output": box.output.encode(), "journal": box.journal_bytes(), "http": bytes(box.heard)}
    return (f"{what} in {where}" for where, said in places.items() for what, secret in secrets if secret in said)


def _keys(box: BoxProcess) -> Secrets:
    sandbox = box.provider.sandbox
    keys = [
        ("WeChat's key", sandbox.wechat.key.encode()),
        ("the backend's secret", sandbox.merchant.secret.encode()),
        ("Smart2Pay's key", sandbox.smart2pay.api_key.encode()),
        ("Smart2Pay's authorization", b64encode(f"{sandbox.smart2pay.site_id}:{sandbox.smart2pay.api_key}".encode())),
        ("CBTIS's secret", sandbox.cbtis.client_secret.encode()),
        ("CBTIS's apikey", sandbox.cbtis.apikey.encode()),
        ("Connect's secret", sandbox.connect.secret.encode()),
        ("Connect's webhook secret", sandbox.connect.webhook_secret.encode()),
        ("the client's private key", _middle_of(sandbox.client_key_file)),
    ]
    keys += [("CBTIS's access token", token.encode()) for token in list(sandbox.cbtis.tokens)]
    keys += [(file.name, file.read_bytes().strip()) for file in box.directory.glob("*.secret")]
    bodies = (b"<auth_code>", b'"auth_code"', b"<sign>", b"sig1=:", b"v1HMAC:")
    return keys + [("a signed body or its signature", body) for body in bodies]


def _pieces(codes: list[str]) -> Secrets:
    """A piece from the middle of a payer's code is too much already."""
    return [(f"a payer's code {code[:2]}…{code[-2:]}", code[3:11].encode()) for code in codes if _LONG_DIGITS.fullmatch(code)]


def _middle_of(pem: Path) -> bytes:
    return pem.read_bytes().splitlines()[1]
