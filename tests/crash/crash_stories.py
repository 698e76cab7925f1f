"""The crash stories of scanned codes: with those of QRs they go through every row of the cycle's table.

Each is one ending of one kind of trouble; sandbox cases that differ only in words (the many codes of one class of refusal, the
many ways in which an answer is broken) are told once. What is counted at the provider ("the second query …") is put where a
crash, which adds a query or takes one away, moves no end; where it does, `also` says so.
"""

from __future__ import annotations

from dataclasses import replace

from crash_steps import BUSY, CUT, HONEST, NEVER, NO_REFUND, SHAM, always, first
from crash_story import BRISK, PROMPT, UNHURRIED, Story

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Fault, Lie, Move, Scenario, Standing, Step, Steps


def _asks_payer(text: str, *moves: Move, **calls: Steps) -> Scenario:
    """The payer is asked, and does nothing by himself."""
    return Scenario("crash", text, Standing.CONFIRMING, moves, **calls)


def _refused(text: str, *moves: Move, start: Standing = Standing.FAILED, **calls: Steps) -> Scenario:
    """Refused for good."""
    return Scenario("crash", text, start, moves, charge=first(Step(act=start is not Standing.ABSENT, code="TRADE_ERROR")), **calls)


def _lost(text: str, *moves: Move, **calls: Steps) -> Scenario:
    """The charge never arrives."""
    return Scenario("crash", text, Standing.ABSENT, moves, charge=first(CUT), **calls)


def _after_revoke(to: Standing, nth: int = 1) -> Move:
    return Move(to, on=Call.REVOKE, nth=nth, answered=True)


_PAID = (
    Story("paid", ("paid",)),
    Story("password then paid", ("password_then_paid",)),
    Story("answer lost", ("answer_lost",)),
    Story("query cut", ("query_cut",)),
    Story("charge silent, given up, and paid all the same", ("silent_charge",), cancels=("submitting",), timing={"answer_s": 0.6}),
    Story(
        "refused, then paid with another card",
        ("refused_notenough", "paid"),
        timing=PROMPT,
        also=("refused",),  # the answer that is lost said that the payer can mend it; the query only says that it failed
    ),
    Story(
        "refused, and yet it was paid while a fresh code was awaited",
        (replace(CASES["refused_notenough"], moves=(Move(Standing.PAID, on=Call.QUERY, nth=2),)),),
        also=("refunded",),  # as before: the till is told "refused" for good, and the money comes late
    ),
    Story(
        "paid with a wrong amount, says one answer",
        (Scenario("crash", "the charge's answer alone is wrong", charge=first(Step(lie=Lie.AMOUNT))),),
    ),
    Story("by the backend: paid", ("paid",), via="merchant"),
    Story(
        "by the backend: password then paid",
        (_asks_payer("pays soon", Move(Standing.PAID, after=0.4)),),
        via="merchant",
    ),
    Story("by the backend: answer lost", ("answer_lost",), via="merchant"),
    Story("by the backend: refused, then paid", ("refused_notenough", "paid"), via="merchant", timing=PROMPT),
)

_NOTHING_CHARGED = (
    Story("nobody comes", (), "expired", timing={"scan_s": 0.3}),
    Story("a product is scanned, then given up", (None,), "cancelled", cancels=("awaiting_code",)),
    Story(
        "the network is down, given up",
        ("paid",),
        "cancelled",
        cancels=("awaiting_code",),
        first_line="shut",
    ),
    Story(
        "given up while no connection comes about",
        ("paid",),
        "cancelled",
        cancels=("submitting",),
        first_line="deaf",
        timing={"answer_s": 0.6, **BRISK},
        also=("revoked",),  # the next life cannot know that nothing had left the box: it asks, and undoes
    ),
    Story(
        "in doubt while no connection comes about",
        ("paid",),
        "cancelled",
        cancels=("submitting",),
        first_line="deaf",
        timing={"answer_s": 1, "in_doubt_s": 0.2, **BRISK},
        also=("revoked",),  # as before
    ),
)

_REFUSED = (
    Story("refused for good", ("refused_trade_error",), "refused", timing=PROMPT),
    Story(
        "refused, and no other code",
        ("refused_auth_code_error",),
        "refused",
        timing={"scan_s": 1.5, **PROMPT},  # and the first code comes within that also where all processors are busy
        also=("revoked",),  # the answer that is lost is all there was: the provider does not know the order
    ),
    Story(
        "refused, ended by the provider", (_refused("closed at the last query", Move(Standing.CLOSED, on=Call.QUERY, nth=2)),), "refused"
    ),
    Story(
        "refused, never known, arrives late",
        (
            _refused(
                "revoke is a sham, then the order is there", _after_revoke(Standing.CONFIRMING), start=Standing.ABSENT, revoke=first(SHAM)
            ),
        ),
        "refused",
        timing=PROMPT,
        also=("revoked",),  # as before
    ),
    Story(
        "refused, watched, paid late, refunded",
        (
            _refused(
                "revoke fails, then is refused for good; the payer is asked, then pays",
                _after_revoke(Standing.CONFIRMING, 2),
                Move(Standing.PAID, on=Call.QUERY, nth=8),
                query=first(HONEST, HONEST, HONEST, HONEST, HONEST, CUT, HONEST),
                revoke=first(CUT, then=NEVER),
                refund=first(BUSY),
            ),
        ),
        "refunded",
    ),
    Story(
        "refused, paid late, refund refused",
        (_refused("paid after the revoke was refused", _after_revoke(Standing.PAID), revoke=always(NEVER), refund=always(NO_REFUND)),),
        "refused",
        kept=True,
    ),
    Story(
        "refused, paid late, reported",
        (_refused("paid after the revoke was refused", _after_revoke(Standing.PAID), revoke=always(NEVER)),),
        "refused",
        kept=True,
        policy={"late_payment": "report"},
    ),
    Story(
        "refused, then paid with a wrong amount",
        (_refused("paid at the last query", Move(Standing.PAID, on=Call.QUERY, nth=2), query=always(Step(lie=Lie.AMOUNT))),),
        "in_doubt",
        kept=True,
    ),
    Story("by the backend: refused for good", ("refused_trade_error",), "refused", via="merchant", timing=PROMPT),
)

_REVOKED = (
    Story("ended at once", (Scenario("crash", "closed", Standing.CLOSED),), "revoked", via="merchant"),
    Story("ended by the wallet", ("auto_closed",), "revoked"),
    Story("payer walks away", ("password_never",), "revoked", timing=BRISK),
    Story(
        "charge silent, payer walks away",
        (_asks_payer("silent", charge=first(Step(fault=Fault.SILENT))),),
        "revoked",
        timing={"answer_s": 1, **BRISK},
    ),
    Story(
        "given up twice",
        ("password_never",),
        "revoked",
        cancels=("pending", "revoking"),
        timing={"revoke_not_before_s": 2.5, "query_every_s": 0.2},
    ),
    Story(
        "given up, then ended by the wallet",
        (_asks_payer("closed at the first query", Move(Standing.CLOSED, on=Call.QUERY, nth=1)),),
        "revoked",
        cancels=("pending",),
        timing=UNHURRIED,
    ),
    Story("revoke is to be called again", ("revoke_again",), "revoked", timing=BRISK),
    Story("revoke's answer is lost", ("revoke_lost_answer",), "revoked", timing=BRISK),
    Story("paid between the last query and the revoke", ("paid_between",), "revoked", timing=BRISK),
    Story("paid while being revoked", ("paid_while_revoking",), "revoked", timing=BRISK),
    Story("charge lost", ("request_lost",), "revoked", timing=BRISK),
    Story(
        "arrives after its revoke",
        (
            _lost(
                "revoke is a sham, then the order is there; the next is cut, the third does it",
                _after_revoke(Standing.CONFIRMING),
                revoke=first(SHAM, CUT),
            ),
        ),
        "revoked",
        timing=BRISK | UNHURRIED,
    ),
    Story(
        "arrives after its revoke, and cannot be revoked then",
        (
            _lost(
                "revoke is a sham, then the order is there, and closed in the end",
                _after_revoke(Standing.CONFIRMING),
                Move(Standing.CLOSED, on=Call.QUERY, nth=9),
                revoke=first(SHAM, then=NEVER),
            ),
        ),
        "revoked",
        timing=BRISK | UNHURRIED,
    ),
    Story(
        "paid after its revoke, refunded",
        (
            _lost(
                "revoke is a sham",
                _after_revoke(Standing.PAID),
                query=first(HONEST, HONEST, CUT, CUT),
                revoke=first(SHAM),
                refund=first(BUSY),
            ),
        ),
        "revoked",
        timing=BRISK | UNHURRIED,
    ),
    Story(
        "paid after its revoke, refund refused",
        (_lost("revoke is a sham", _after_revoke(Standing.PAID), revoke=first(SHAM), refund=always(NO_REFUND)),),
        "revoked",
        kept=True,
        timing=BRISK | UNHURRIED,
    ),
    Story(
        "paid with a wrong amount after its revoke",
        (_lost("revoke is a sham", _after_revoke(Standing.PAID), query=always(Step(lie=Lie.AMOUNT)), revoke=first(SHAM)),),
        "revoked",
        kept=True,
        timing=BRISK | UNHURRIED,
    ),
    Story("by the backend: payer walks away", ("password_never",), "revoked", via="merchant", timing=BRISK),
    Story("by the backend: charge lost", ("request_lost",), "revoked", via="merchant", timing=BRISK),
    Story("by the backend: revoke is to be called again", ("revoke_again",), "revoked", via="merchant", timing=BRISK),
)

_IN_DOUBT = (
    Story("paid with a wrong amount", ("wrong_amount",), "in_doubt", kept=True, until=("in_doubt:DUE", "in_doubt:MISMATCH")),
    Story("number paid", ("number_paid",), "in_doubt", kept=True),
    Story(
        "given up, and paid with a wrong amount",
        (_asks_payer("paid at the first query", Move(Standing.PAID, on=Call.QUERY, nth=1), query=always(Step(lie=Lie.AMOUNT))),),
        "in_doubt",
        kept=True,
        cancels=("pending",),
        timing=UNHURRIED,
    ),
    Story(
        "revoke refused for good, watched to the wallet's end",
        (
            _asks_payer(
                "closed at the sixth query",
                Move(Standing.CLOSED, on=Call.QUERY, nth=6),
                query=first(HONEST, HONEST, HONEST, CUT),
                revoke=always(NEVER),
            ),
        ),
        "revoked",
        cancels=("in_doubt",),
        timing=BRISK | UNHURRIED,
    ),
    Story(
        "revoke refused for good, paid late, refunded",
        (replace(CASES["paid_late"], refund=first(BUSY)),),
        "refunded",
        timing=BRISK,
    ),
    Story(
        "revoke refused for good, paid late, refund carried out without a word",
        (replace(CASES["paid_late"], refund=first(Step(fault=Fault.CUT))),),
        "refunded",
        timing=BRISK,
    ),
    Story(
        "revoke refused for good, paid late, refund refused",
        (replace(CASES["paid_late"], refund=always(NO_REFUND)),),
        "in_doubt",
        kept=True,
        until=("in_doubt:REFUND_REFUSED",),
        timing=BRISK,
    ),
    Story(
        "revoke unconfirmed for long, then done",
        (_asks_payer("revokes are cut", revoke=first(*[CUT] * 5)),),
        "revoked",
        timing={"in_doubt_s": 0.2, **BRISK},
    ),
    Story(
        "revoke unconfirmed for long, then refused for good",
        (_asks_payer("revokes are cut, then refused", _after_revoke(Standing.CLOSED, 6), revoke=first(*[CUT] * 5, then=NEVER)),),
        "revoked",
        timing={"in_doubt_s": 0.2, **BRISK},
    ),
    Story("charge lost, in doubt for a while", ("request_lost",), "revoked", timing={"in_doubt_s": 0.2, **BRISK}),
    Story(
        "by the backend: revoke refused for good, paid late, refunded",
        ("paid_late",),
        "refunded",
        via="merchant",
        timing=BRISK,
    ),
)

_NOTHING_HANDED_OVER = (
    Story("paid, nothing handed over", ("paid",), "refunded", jams=True),
    Story(
        "paid, nothing handed over, the refund is not taken at once",
        (replace(CASES["paid"], refund=first(BUSY, CUT)),),
        "refunded",
        jams=True,
    ),
    Story("paid, nothing handed over, refund refused", (replace(CASES["paid"], refund=always(NO_REFUND)),), "paid", jams=True),
)

_ON_A_LINE = (
    Story("by a serial till: password then paid", ("password_then_paid",), on_a_line=True),
    Story("by a serial till: nobody comes", (), "expired", timing={"scan_s": 0.6}, on_a_line=True),
    Story("by a serial till: refused for good", ("refused_trade_error",), "refused", timing=PROMPT, on_a_line=True),
)

STORIES = (*_PAID, *_ON_A_LINE, *_NOTHING_HANDED_OVER, *_NOTHING_CHARGED, *_REFUSED, *_REVOKED, *_IN_DOUBT)
