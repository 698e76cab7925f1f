"""What a panel shows through a shop's day, picture after picture, as the box draws it: sales by scan and by QR, refusals, an outage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image

from daemon.money import Amount, Minor
from daemon.payment import Reason, State
from daemon.screens import draw
from daemon.texts import Language
from daemon.view import Notice, NoticeKind, Outage, Part, View

LINK = "weixin://wxpay/bizpayurl?pr=Example"
READY = View(ready=True, store_name="Corner Shop")


def day() -> list[View]:
    """A picture's view after the other, countdowns second by second, as the box shows them."""
    return [
        View(ready=False, outages=(Outage(Part.GATEWAY),)),
        READY,
        *_scan(1250),
        READY,
        *_scan(380, Notice(NoticeKind.WRONG_CODE, "receive")),
        READY,
        *_refused(10999),
        READY,
        *_shown(2500),
        View(ready=False, outages=(Outage(Part.SCANNER),)),
        READY,
    ]


def pictures(width: int, height: int, language: Language) -> list[tuple[View, Image.Image]]:
    return [(view, draw(view, width, height, language)) for view in day()]


def is_tick(before: View, after: View) -> bool:
    """Whether nothing but the seconds differ."""
    return None not in (before.left_s, after.left_s) and before == replace(after, left_s=before.left_s)


def _scan(minor: int, notice: Notice | None = None) -> Iterator[View]:
    yield from (_view(State.AWAITING_CODE, minor, left_s=left_s) for left_s in range(60, 50, -1))
    if notice is not None:
        yield _view(State.AWAITING_CODE, minor, left_s=50, notice=notice)
        yield from (_view(State.AWAITING_CODE, minor, left_s=left_s) for left_s in range(49, 44, -1))
    yield _view(State.SUBMITTING, minor, left_s=30)
    yield from (_view(State.PENDING, minor, left_s=left_s, confirming=True) for left_s in range(29, 17, -1))
    yield _view(State.PAID, minor)


def _refused(minor: int) -> Iterator[View]:
    yield from (_view(State.AWAITING_CODE, minor, left_s=left_s) for left_s in range(60, 57, -1))
    yield _view(State.SUBMITTING, minor, left_s=30)
    again = Reason("NOTENOUGH", "")
    yield from (_view(State.AWAITING_CODE, minor, left_s=left_s, reason=again) for left_s in range(60, -1, -1))
    yield _view(State.REFUSED, minor, reason=again)


def _shown(minor: int) -> Iterator[View]:
    yield _view(State.CREATING_QR, minor, left_s=20)
    yield from (_view(State.PRESENTING_QR, minor, qr=LINK, left_s=left_s) for left_s in range(120, 80, -1))
    yield from (_view(State.PRESENTING_QR, minor, qr=LINK, left_s=left_s, confirming=True) for left_s in range(80, 76, -1))
    yield _view(State.PAID, minor)
    yield READY
    yield _view(State.CREATING_QR, minor, left_s=20)
    yield from (_view(State.PRESENTING_QR, minor, qr=LINK, left_s=left_s) for left_s in range(120, 0, -1))
    yield _view(State.CLOSING, minor)
    yield _view(State.EXPIRED, minor, reason=Reason("qr_timeout", ""))


def _view(state: State, minor: int, **more: object) -> View:
    fields: dict[str, object] = {"state": state, "amount": Amount(Minor(minor), "CNY")}
    return View(ready=True, store_name="Corner Shop", **fields, **more)  # type: ignore[arg-type]  # names checked by View
