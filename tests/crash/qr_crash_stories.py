"""The crash stories of QRs that the box shows: the other rows of the cycle's table, and each of the five kinds of gateway.

An order that was let go is told of twice, as `expired` and as `cancelled`: the till is told another word, the tail is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from crash_steps import BUSY, CUT, HONEST, NEVER, always, first
from crash_story import Story

from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Fault, Lie, Move, Scenario, Standing, Step, Steps
from daemon.sandbox.shown_cases import SHOWN_CASES

SILENT = Step(fault=Fault.SILENT)
WRONG = always(Step(lie=Lie.AMOUNT))
FOUND = first(Step(fault=Fault.CUT))  # the order is made, and the answer with its QR is lost
LOST = first(CUT)  # it never arrives

SOON = {"qr_s": 0.5}
HURRIED = {"answer_s": 0.5}  # the till waits twice as long for a QR
ONCE = {"qr_query_every_s": 20}  # asked when something happens, not by the clock

PAYS_AFTER_S = 1.5  # after the QR order was made: past `qr_s`
SHOWN_AGAIN = ("paid",)  # another boot shows the QR for its whole time again, and the payer pays in that


def _shown(*moves: Move, start: Standing = Standing.UNPAID, **calls: Steps) -> Scenario:
    """Nobody pays by himself."""
    return Scenario("crash", "as its story says", start, moves, **calls)


def _at_query(nth: int, to: Standing) -> Move:
    return Move(to, on=Call.QUERY, nth=nth)


def _after_close(to: Standing, nth: int = 1) -> Move:
    return Move(to, on=Call.CLOSE, nth=nth, answered=True)


_PAID = (
    Story("QR: asked for the password, paid", qr=_shown(_at_query(2, Standing.CONFIRMING), _at_query(4, Standing.PAID))),
    Story("QR: the answer is lost, and it is paid", qr=_shown(_at_query(3, Standing.PAID), charge=FOUND)),
    Story(
        "QR: the answer is lost, the payer is asked, and it is paid",
        qr=_shown(_at_query(3, Standing.PAID), charge=FOUND, query=first(*[Step(says=Standing.CONFIRMING)] * 2)),
    ),
    Story("QR: paid just before the close", qr=_shown(Move(Standing.PAID, on=Call.CLOSE)), timing=SOON),
    Story("QR, by the backend: the answer is lost, found again", qr=replace(CASES["paid"], charge=FOUND), via="merchant"),
)

_NOT_PAID = (
    Story("QR: nobody pays, closed", ends="expired", qr=_shown(), timing=SOON),
    Story(
        "QR: nobody pays, the close is cut",
        ends="expired",
        qr=_shown(close=first(CUT, CUT, CUT, CUT)),
        timing=SOON,
    ),
    Story("QR: ended by the wallet", ends="expired", qr=_shown(_at_query(2, Standing.CLOSED))),
    Story("QR: ended by the wallet while it is closed", ends="expired", qr=_shown(_at_query(1, Standing.CLOSED)), timing=SOON | ONCE),
    Story("QR: ended by the wallet before it was shown", ends="expired", qr=_shown(_at_query(1, Standing.CLOSED), charge=FOUND)),
    Story("QR: never made known", ends="expired", qr=_shown(start=Standing.ABSENT, charge=LOST), timing=HURRIED),
    Story("QR: given up", ends="cancelled", qr=_shown(), cancels=("presenting_qr",)),
    Story(
        "QR: given up twice",
        ends="cancelled",
        qr=_shown(close=first(*[CUT] * 5)),
        cancels=("presenting_qr", "closing"),
    ),
    Story("QR: given up while it is made", ends="cancelled", qr=_shown(charge=first(SILENT)), cancels=("creating_qr",), timing=HURRIED),
    Story(
        "QR, by the backend: given up while it is made, and the payer is asked",
        ends="cancelled",
        qr=_shown(charge=first(Step(delay=0.8, code="USERPAYING"))),
        via="merchant",
        cancels=("creating_qr",),
    ),
    Story(
        "QR: given up while no connection comes about",
        ends="cancelled",
        qr=_shown(),
        cancels=("creating_qr",),
        first_line="deaf",
        timing=HURRIED,
    ),
    Story("QR: the network is down", ends="refused", qr=_shown(), first_line="shut", timing=HURRIED, also=("expired",)),
    Story(
        "QR: too small a panel",
        ends="refused",
        qr=_shown(),
        panel=(16, 16),
    ),
    Story(
        "QR: refused",
        ends="refused",
        qr=_shown(start=Standing.ABSENT, charge=first(Step(act=False, code="TRADE_ERROR"))),
        timing=HURRIED,
    ),
    Story("QR: the wallet's debit fails", ends="refused", qr=_shown(_at_query(2, Standing.FAILED))),
)

_IN_DOUBT = (
    Story("QR: paid with a wrong amount", ends="in_doubt", kept=True, qr=_shown(_at_query(2, Standing.PAID), query=WRONG)),
    Story(
        "QR: paid with a wrong amount before it was shown",
        ends="in_doubt",
        kept=True,
        qr=_shown(_at_query(1, Standing.PAID), charge=FOUND, query=WRONG),
    ),
    Story(
        "QR: given up, and paid with a wrong amount",
        ends="in_doubt",
        kept=True,
        qr=_shown(_at_query(1, Standing.PAID), query=WRONG),
        cancels=("presenting_qr",),
        timing=ONCE,
    ),
    Story(
        "QR: the close is unconfirmed for long, then done",
        ends="revoked",
        qr=_shown(close=first(*[CUT] * 6)),
        timing={**SOON, "in_doubt_s": 0.2},
    ),
)


def _let_go(ends: str) -> Iterator[Story]:
    """The tail of an order about which the till was told that, at a backend whose wallet closes nothing at first, or ever."""
    is_shown: dict[str, Any] = {"timing": SOON} if ends == "expired" else {"cancels": ("presenting_qr",), "timing": {}}
    is_made: dict[str, Any] = {"timing": HURRIED | ONCE} if ends == "expired" else {"cancels": ("creating_qr",), "timing": HURRIED}
    lost = LOST if ends == "expired" else first(Step(act=False, fault=Fault.SILENT))

    def story(name: str, qr: Scenario, how: dict[str, Any] = is_shown, **more: Any) -> Story:
        return Story(f"QR {ends}: {name}", **{"ends": ends, "qr": qr, "via": "merchant", **how, **more})

    def never_known(*moves: Move, **calls: Steps) -> Scenario:
        return _shown(*moves, start=Standing.ABSENT, charge=lost, **calls)

    yield story(
        "the payer is asked, pays late, refunded",
        _shown(
            _after_close(Standing.CONFIRMING),
            _at_query(5, Standing.PAID),
            close=always(NEVER),
            refund=first(BUSY),
            query=first(HONEST, HONEST, HONEST, CUT),
        ),
        ends="refunded",
    )
    yield story(
        "paid late, refund refused",
        _shown(_after_close(Standing.PAID), close=always(NEVER), refund=CASES["refund_refused"].refund),
        kept=True,
    )
    yield story("watched to the wallet's end", _shown(_after_close(Standing.CLOSED), close=always(NEVER)))
    yield story(
        "paid late, with a wrong amount",
        _shown(_after_close(Standing.PAID), close=always(NEVER), query=WRONG),
        ends="in_doubt",
        kept=True,
    )
    yield story(
        "arrives late; its close is cut and then done", never_known(_after_close(Standing.UNPAID), close=first(NEVER, CUT)), is_made
    )
    yield story(
        "arrives late, and cannot be closed then",
        never_known(_after_close(Standing.UNPAID), _at_query(6, Standing.CLOSED), close=always(NEVER)),
        is_made,
    )
    yield story("never arrives", never_known(close=always(NEVER)), is_made)


def _of_kind(via: str) -> Iterator[Story]:
    """What every kind of gateway must come to: paid, and what is paid late goes back."""
    yield Story(f"QR, by {via}: paid", qr=CASES["paid"], via=via)
    late = f"QR, by {via}: paid late"
    match via:
        case "wechat":  # which closes whatever it knows
            arrives = Move(Standing.PAID, on=Call.CLOSE, answered=True)
            yield Story(late, ends="refunded", qr=_shown(arrives, start=Standing.ABSENT, charge=LOST), timing=HURRIED)
        case "merchant" | "smart2pay":
            payer = _shown(_after_close(Standing.PAID), close=always(NEVER))
            yield Story(late, ends="refunded", qr=payer, via=via, timing=SOON)
        case "connect":
            payer = _shown(Move(Standing.PAID, after=PAYS_AFTER_S), close=SHOWN_CASES["not_cancellable"].close)
            yield Story(late, ends="refunded", qr=payer, via=via, timing=SOON, also=SHOWN_AGAIN)
        case "cbtis":  # no close, no refund
            payer = _shown(Move(Standing.PAID, after=PAYS_AFTER_S))
            yield Story(late, ends="expired", kept=True, qr=payer, via=via, timing=SOON, also=SHOWN_AGAIN)


STORIES = (
    *_PAID,
    *_NOT_PAID,
    *_IN_DOUBT,
    *_let_go("expired"),
    *_let_go("cancelled"),
    *(story for via in ("wechat", "merchant", "smart2pay", "cbtis", "connect") for story in _of_kind(via)),
)
