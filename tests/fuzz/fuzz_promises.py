"""What must hold for whatever came from outside: the documented errors only, nothing secret told, nothing paid that was not.

A broken promise is an AssertionError, and so is every other exception that leaves a target: the fuzzer keeps the input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from daemon.reply import GatewayError, NoAnswer, NotSent, Reply, Unintelligible, Verdict

CODE = "130000000000000017"  # the payer's in every scene; made up
TEXT_MOST = 500  # characters of a text for people: 200 of the provider's own and our words around them
TRADE_NO_MOST = 128
QR_MOST = 2953  # ISO/IEC 18004, version 40-L

_LIKE_A_CODE = re.compile(r"\d{14,}|hQVDUFYw[A-Za-z0-9+/=]{3,}")

INCONCLUSIVE = frozenset({Verdict.UNKNOWN, Verdict.REVOKE_AGAIN})
"""Verdicts that anybody may cause: they change nothing about an order."""


def check_text(text: str, secrets: Sequence[str] = ()) -> None:
    """A text for journal, screen and log: short, on one line, without codes and secrets (P10)."""
    assert len(text) <= TEXT_MOST, f"a text of {len(text)} characters"
    assert text.isprintable(), "a text that cannot be printed"
    assert not _LIKE_A_CODE.search(text), "a text with what may be a payer's code"
    assert not any(secret in text for secret in (CODE, *secrets)), "a text with a secret"


def check_reply(reply: Reply, secrets: Sequence[str] = ()) -> None:
    check_text(reply.code, secrets)
    check_text(reply.text, secrets)
    if reply.trade_no is not None:
        assert 0 < len(reply.trade_no) <= TRADE_NO_MOST
        assert reply.trade_no.isprintable()
    if reply.qr is not None:
        assert 0 < len(reply.qr) <= QR_MOST
        reply.qr.encode()
    assert (reply.refusal is not None) == (reply.verdict is Verdict.REFUSED), "a refusal says who can mend it, nothing else does"
    assert not any(secret in repr(reply) for secret in secrets), "a reply with a secret"


def check_error(error: GatewayError, secrets: Sequence[str] = (), *, sent: bool = True) -> None:
    """`sent`: something that may have moved money left the box, so that NotSent would be a lie."""
    assert isinstance(error, NotSent | NoAnswer | Unintelligible)
    assert not (sent and isinstance(error, NotSent)), "called not sent, after it was"
    check_text(str(error), secrets)
    for shown in _shown_with(error):
        assert not any(secret in str(shown) for secret in (CODE, *secrets)), "a secret in the cause of an error"


def _shown_with(error: BaseException) -> Iterator[BaseException]:
    """The errors that a traceback shows before this one."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
