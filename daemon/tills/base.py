"""What a till may ask of the box, and what it is told.

Every kind of till is written against `Desk`; `daemon.runner` is the one implementation. All calls are made on the event
loop's thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from daemon.errands import PAID_LATE
from daemon.gateways.base import Push
from daemon.goods import Owing
from daemon.lookup import Found, Made, Span, Wanted
from daemon.money import Amount
from daemon.payment import Mode, Payment, Ref, State
from daemon.view import Prompt
from hw.interfaces import Health, HealthListener


@dataclass(frozen=True, slots=True)
class Request:
    """A till asks for an amount. Two requests of one `ref` are the same when all of this is the same."""

    ref: Ref
    till: str  # the key in [tills.NAME]
    amount: Amount
    mode: Mode = Mode.SCAN
    scheme: str | None = None
    description: str = ""
    ttl_s: float | None = None


class Rejected(Exception):
    """The box did not take a request; nothing was stored or changed.

    Rejected
    ├── Busy          another payment is open; `ref` says which
    ├── Conflict      this `ref` was asked before with something else
    ├── NotReady      a sale could not be carried out now; `reasons` says why, each a text for people
    ├── NotStorable   the journal cannot be written (P2)
    ├── Ended         a cancel came for a payment that has ended, or goods failed that were not paid
    └── NotPossible   what a person wants done about a payment cannot be done now
    """


class Busy(Rejected):
    def __init__(self, ref: Ref) -> None:
        super().__init__(f"payment {ref} is open")
        self.ref = ref


class Conflict(Rejected):
    pass


class NotReady(Rejected):
    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class NotStorable(Rejected):
    pass


class Ended(Rejected):
    pass


class NotPossible(Rejected):
    pass


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal's append-only list, masked as it is stored. `state` is the payment's after it."""

    seq: int
    at: str  # RFC 3339, UTC
    ref: Ref
    out_trade_no: str | None
    event: str  # what was heard or decided, a word such as "code_scanned", "replied", "cancelled"
    state: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """A payment and its newest end, for a till that acknowledges. `seq` is the number of that end, None while it has none;
    `got`: the till has acknowledged it."""

    payment: Payment
    seq: int | None
    got: bool = False


def end_of(payment: Payment) -> str | None:
    """Which end a payment has, for those who must be told each once: None while it has none. In doubt is one for now, and money
    that came late and was reported is another than the one before."""
    if not (payment.state.is_final or payment.state is State.IN_DOUBT):
        return None
    came_late = payment.reason is not None and payment.reason.code == PAID_LATE.code and payment.state is not State.REFUNDED
    was_late = payment.is_seen_to and payment.state not in (State.IN_DOUBT, State.PAID)  # nothing new for a till
    return PAID_LATE.code if came_late or was_late else payment.state.value


class Tellings(Protocol):
    """What tills that acknowledge were told, on disk. All calls raise NotStorable."""

    async def telling(self, ref: Ref) -> Telling | None:
        """Of one payment; None where there is none of that ref, or none whose till acknowledges."""

    async def last(self, till: str) -> Telling | None:
        """Of the payment that this till asked for last."""

    async def owed(self, till: str, limit: int) -> list[Telling]:
        """What it has not acknowledged, newest payment first, and those without an end."""

    async def got(self, till: str, seq: int) -> bool:
        """The till has acknowledged that end: synced when this returns. Whether it was owed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An amount that waits for somebody's yes: the box's button, or (`by_scan`) a payer's code, which then pays it at once.

    `take` begins the payment of that ref and gives it, or None where it was not taken, which it has told. It may be called twice: the
    ref makes both the same."""

    ref: Ref
    amount: Amount
    by_scan: bool
    take: Callable[[], Awaitable[Payment | None]]


class Front(Protocol):
    """The box's own panel, light, sound, button and scanner, for tills that have none. `till` is the key in [tills.NAME]. Nothing here
    waits."""

    def show(self, till: str, prompt: Prompt | None) -> None:
        """What the till has to say while no payment is open; None: nothing any more."""

    def refuse(self, till: str, why: str) -> None:
        """Say, for a short while and with the wrong-code tone, that something was not taken. `why` is a word of
        `daemon.texts.NOT_TAKEN`."""

    def offer(self, till: str, offer: Offer | None) -> None:
        """Show the amount and let it be taken, while no payment is open; None: nothing any more."""

    @property
    def has_button(self) -> bool: ...


class Goods(Protocol):
    """What a till's machine owes payers, on disk. It is owed from the moment on in which `paid` is stored. All calls raise
    NotStorable, `store` also KeyError, where no such goods are on disk any more. The rule of use is `daemon.goods`: stored as begun before
    a unit is given, as certain or in doubt after it."""

    async def open(self, till: str) -> list[Owing]:
        """What is still to be done for that till, oldest payment first. After a start a unit in hand is one in doubt."""

    async def find(self, ref: Ref) -> Owing | None:
        """Of one payment; None where none were ever owed."""

    async def store(self, owing: Owing) -> None:
        """As they are now: on disk and synced when this returns."""


class Till(Protocol):
    """A till with a device of its own: a line, a key pad, a machine. Used on the event loop's thread only."""

    name: str  # the key in [tills.NAME]

    @property
    def health(self) -> Health:
        """How its device is."""

    def look(self, on_health: HealthListener) -> None:
        """Open the device only to see whether it is there: nobody is asked or told anything (`tillbox check`)."""

    def start(self, on_health: HealthListener) -> None:
        """Open the device and serve it, beginning with what it is still owed from before."""

    async def stop(self) -> None:
        """Tell what can be told at once, and let go of the device; also after `look`."""

    def changed(self, payment: Payment) -> None:
        """Every payment of the box, after each change was stored. Must not wait."""


@runtime_checkable
class Played(Protocol):
    """A till whose device may be a simulated one."""

    @property
    def played(self) -> Callable[[str], object] | None:
        """What types on it, each character a key (ValueError: no key types it); None where only a finger can."""


@runtime_checkable
class Giving(Protocol):
    """A till whose machine gives goods."""

    @property
    def is_giving(self) -> bool:
        """Whether some are owed now."""


class Desk(Protocol):
    """The box as a till sees it."""

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        """The payment of that request, and whether it is new (stored and synced by then).

        Raises Busy, Conflict, NotReady, NotStorable."""

    async def find(self, ref: Ref) -> Payment | None:
        """A payment as it stands, from this run or from the journal."""

    async def wait(self, ref: Ref, after: str | None, timeout_s: float) -> Payment | None:
        """The payment as soon as its state differs from `after` (default: the state it has now), or as it stands when the
        time is up."""

    async def cancel(self, ref: Ref, by: str, *, unsent: bool = False) -> Payment:
        """Ask for the payment to be given up; with `unsent`, only while it waits for a code. Raises KeyError (unknown), Ended."""

    async def goods_failed(self, ref: Ref, text: str) -> Payment:
        """The machine could not hand the goods over (`text` says why): the money goes back.

        It is `refunded` once the provider has accepted that; where that cannot be, it stays `paid` with the reason `goods_failed`,
        for a person. Raises KeyError (unknown), Ended (not paid, or on its way back already), NotStorable."""

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        """Newest first; with `before`, only those made before the payment of that ref, or before that RFC 3339 time.
        Raises ValueError where `before` is neither."""

    async def search(self, wanted: Wanted, limit: int, before: str | None) -> Found:
        """Those that fit, newest first; `before` as for `recent`, and the same ValueError."""

    async def made(self, span: Span, after: Made | None, limit: int) -> list[Made]:
        """The payments made in that span, oldest first, after the last one of the page before."""

    async def entries_of(self, ref: Ref) -> list[Entry]:
        """One payment's whole time line, oldest first; empty where no payment of that ref is known."""

    async def hint(self, push: Push) -> None:
        """A verified notification of a provider: ask about that order now. Never raises."""

    def follow(self, after_seq: int | None) -> AsyncIterator[Entry]:
        """Journal entries after that number (None: from now on), then each new one as it is stored. Ends with the box."""

    def status(self) -> dict[str, Any]:
        """The body of `GET /v1/box`."""
