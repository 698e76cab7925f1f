"""The four sales of `tillbox demo --show --once`: the box shows the QR, and the payer scans it, or does not."""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.demo.stage import NOBODY_SCANS, Stage
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Move, Scenario, Standing, Step, Steps

PAID_LATE = Scenario(
    "shown_paid_late",
    "this wallet cannot close an order, and the payer pays once the box has tried",
    Standing.UNPAID,
    (Move(Standing.PAID, on=Call.CLOSE, answered=True),),
    close=Steps((), Step(act=False, code="SYSTEMERROR")),
)


@dataclass(frozen=True, slots=True)
class QrStory:
    """An amount in fen, what the payer does, and the states that the till must be told, one after the other.

    `more` are other fields of the till's request; `gives_up`: the till does, as soon as the QR is shown."""

    title: str
    minor: int
    payer: Scenario
    told: tuple[str, ...]
    more: dict[str, object] = field(default_factory=dict)
    gives_up: bool = False


QR_STORIES = (
    QrStory("The payer scans the QR and pays", 1250, CASES["paid"], ("presenting_qr", "paid")),
    QrStory("Nobody pays in time", 4990, NOBODY_SCANS, ("presenting_qr", "closing", "expired"), {"ttl_s": 3}),
    QrStory("The till gives it up", 8800, NOBODY_SCANS, ("presenting_qr", "closing", "cancelled"), gives_up=True),
    QrStory(
        "Paid after the time was up, at a wallet that closes nothing: the money goes back",
        660,
        PAID_LATE,
        ("presenting_qr", "closing", "expired", "refunded"),
        {"scheme": "alipay", "ttl_s": 3},
    ),
)


async def play(stage: Stage, story: QrStory) -> bool:
    """Play one sale; whether the till was told what it must be, and the merchant has the money where, and only where, it was paid."""
    before = stage.kept()
    stage.sandbox.deck.put(story.payer)
    ref = await stage.ask(story.minor, mode="show", **story.more)
    if ref is None:
        return False
    told = await _told(stage, story, ref)
    stage.tell_kept()
    return told == story.told and stage.kept() - before == (story.minor if told[-1] == "paid" else 0)


async def _told(stage: Stage, story: QrStory, ref: str) -> tuple[str, ...]:
    """Every state after the first, up to the last that the story has, or another end."""
    told = ["creating_qr"]
    while told[-1] != story.told[-1] and not _is_over(told[-1], story):
        payment = await stage.state_after(ref, told[-1])
        told.append(str(payment["state"]))
        stage.tell(ref, told[-1], payment["reason"])
        if story.gives_up and told[-1] == "presenting_qr":
            await stage.cancel(ref)
    return tuple(told[1:])


def _is_over(state: str, story: QrStory) -> bool:
    return state in ("paid", "refused", "in_doubt", "expired", "cancelled", "refunded") and state not in story.told
