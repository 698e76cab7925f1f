"""`kind = "pole"`, from what a display says to what is asked for: when a total counts, and when it is a new sale. Pure; time comes in.

**A total counts** when it has stood unchanged for `STABLE_S`. **A new sale** is told from a till that draws the same again by these rules:

- a total that was asked for is *spent*: the same total is not offered again, however often it is drawn, until its payment has ended and
  the display has then stood on something else (cleared, other words, zero) for as long as a total must;
- after a payment that was paid, or may have been, no other total is offered by itself either before that: an article that was added too
  late would be charged with all the others once more. Such a total waits for the button;
- after one that surely took no money, another total is offered as ever, and the same one waits for the button;
- what was asked for last counts over a restart and a pulled cable: a display that was not seen to change has not changed.

Once something went to a provider, what the display says changes nothing. Before that, another total gives the payment up, and so does a
display that says that the sale is paid for otherwise (cash received, change).
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.payment import Payment, Ref, State
from daemon.tills.base import end_of
from daemon.tills.pole_total import Finding, Nothing, Total, Unclear

STABLE_S = 0.4  # facts: tills draw a display in pieces, within some tens of milliseconds each

_TOOK_NOTHING = frozenset({"refused", "revoked", "cancelled", "expired", "refunded"})


@dataclass(frozen=True, slots=True)
class Offer:
    """Show the amount, in minor units. `by_scan`: a payer's code takes it as well as the button."""

    minor: int
    by_scan: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for it at once (`confirm = false`)."""

    minor: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Offer nothing any more."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The open payment waits for a code, and the till's total is another now, or the sale is being paid for otherwise."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The till's total is another now, but something went to a provider: for the log."""

    minor: int


@dataclass(frozen=True, slots=True)
class Said:
    """A total that is not offered, and why: for the log."""

    why: str


Wish = Offer | Ask | Withdraw | GiveUp | Ignored | Said


class Sale:
    """One till's display. Every call returns what is to be done, in order."""

    def __init__(self, *, confirm: bool = True, has_button: bool = True) -> None:
        self._confirm = confirm
        self._has_button = has_button
        self._seen: Finding | None = None  # what is there now; None: nothing is known
        self._since = 0.0
        self._stable: Finding | None = None  # what has stood long enough
        self._spent: int | None = None  # what was asked for last
        self._asked: set[Ref] = set()  # the payments since the display last stood on something else
        self._paid: dict[Ref, int] = {}  # those of them that were paid, or may have been, and what for
        self._last: Ref | None = None  # the one that was asked for last
        self._open: State | None = None  # its state, until its end
        self._offered: Offer | None = None
        self._refused: int | None = None  # asked for at once, and not taken: it is offered instead

    # -- what happens --

    def last_time(self, payment: Payment) -> None:
        """The payment that this till asked for last, before this run: what it was for is spent."""
        if self._spent is None and self._open is None:
            self._last, self._spent = payment.ref, payment.amount.minor
            self._asked.add(payment.ref)
            self._end(payment)

    def shows(self, finding: Finding, now: float, *, is_whole: bool = True) -> list[Wish]:
        """The display changed, or was drawn again. A screen of which parts are not known never counts as another one."""
        seen = None if isinstance(finding, Nothing) and not is_whole else finding
        if seen == self._seen:
            return []
        self._seen, self._since = seen, now
        return self.pass_time(now)

    def lost(self) -> list[Wish]:
        """The line went: nobody knows what the display shows."""
        self._seen = self._stable = None
        return self._withdraw()

    def still_shows(self, minor: int) -> bool:
        """Whether the display shows that total this very moment."""
        return self._seen == Total(minor)

    def pass_time(self, now: float) -> list[Wish]:
        if self._seen == self._stable or now < self._since + STABLE_S:
            return []
        self._stable = self._seen
        return self._decide()

    def next_deadline(self) -> float | None:
        return None if self._seen == self._stable else self._since + STABLE_S

    def changed(self, payment: Payment, now: float) -> list[Wish]:
        """A payment that this till asked for. Of one that has ended something may change in the background for long, also while the next
        one is open."""
        was = self._open
        if end_of(payment) is None:
            self._open, self._last, self._spent = payment.state, payment.ref, payment.amount.minor
            self._refused = None
            self._asked.add(payment.ref)
            return self._withdraw() + self._beside(
                news=was is None or (payment.state is State.AWAITING_CODE and was is not State.AWAITING_CODE)
            )
        if payment.ref not in self._asked:
            return []
        self._end(payment)
        if was is None or payment.ref != self._last:
            return []
        self._stand_anew(now)
        return self._decide()

    def _stand_anew(self, now: float) -> None:
        """What was no total while a payment was open, as an article that was added, is no sale's end: only what stands there from now
        on is, and only if it still does."""
        if isinstance(self._stable, Nothing):
            self._stable = None
            self._since = now if isinstance(self._seen, Nothing) else self._since

    def not_taken(self, minor: int) -> list[Wish]:
        """The box could not take what was asked for at once: it is offered."""
        self._refused = minor
        return self._decide()

    def not_given_up(self) -> list[Wish]:
        """The box could not store that the open payment is given up: it still is to be, as long as the display says so."""
        return [] if self._open is None else self._beside(news=True)

    # -- what follows --

    def _end(self, payment: Payment) -> None:
        if payment.ref == self._last:
            self._open = None
        self._paid.pop(payment.ref, None)
        if end_of(payment) not in _TOOK_NOTHING:
            self._paid[payment.ref] = payment.amount.minor

    def _decide(self) -> list[Wish]:
        if self._open is not None:
            return self._beside(news=True)
        match self._stable:
            case None:
                return self._withdraw()
            case Nothing():  # also one that says that it is paid for otherwise
                self._spent = self._refused = None
                self._asked.clear()
                self._paid.clear()
                return self._withdraw()
            case Unclear(why):
                return [*self._withdraw(), Said(why)]
            case Total(minor):
                return self._total(minor)

    def _beside(self, *, news: bool) -> list[Wish]:
        """The display while a payment is open."""
        if not news or self._stable is None or isinstance(self._stable, Unclear) or self._stable in (Nothing(), Total(self._spent or 0)):
            return []
        if self._open is State.AWAITING_CODE:
            return [GiveUp()]
        return [Ignored(self._stable.minor)] if isinstance(self._stable, Total) else []

    def _total(self, minor: int) -> list[Wish]:
        if not self._paid and self._spent != minor:
            return self._offer(minor)
        if minor in self._paid.values():
            return [*self._withdraw(), Said("it was asked for already, and the display showed nothing else since")]
        if self._has_button:
            return self._put(Offer(minor, by_scan=False))
        return [*self._withdraw(), Said("the display showed nothing else since the last sale, and there is no button to ask for it")]

    def _offer(self, minor: int) -> list[Wish]:
        if self._confirm or self._refused == minor:
            return self._put(Offer(minor, by_scan=True))
        return [*self._withdraw(), Ask(minor)]

    def _put(self, offer: Offer) -> list[Wish]:
        if offer == self._offered:
            return []
        self._offered = offer
        return [offer]

    def _withdraw(self) -> list[Wish]:
        if self._offered is None:
            return []
        self._offered = None
        return [Withdraw()]
