"""Everything a person is shown, computed elsewhere: the one input of screen, lights and sounds.

The shell builds a `View` from the payment, the health of the devices and the clock, and hands it on; nothing here knows where
any of it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from daemon.money import Amount
from daemon.payment import Reason, State


class Phase(str, Enum):
    """What the program itself is doing."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"  # the last thing a panel shows

    __str__ = str.__str__


class Part(str, Enum):
    """What a box needs and may have to do without."""

    SCANNER = "scanner"
    DISPLAY = "display"
    LIGHTS = "lights"
    BUZZER = "buzzer"
    BUTTON = "button"
    TILL = "till"
    GOODS = "goods"  # the machine behind a till could not give what is paid for
    GATEWAY = "gateway"  # the provider, or the network on the way to it, does not answer
    CREDENTIALS = "credentials"  # key or certificate is missing, wrong or expired
    CLOCK = "clock"  # not set, and a signature needs it
    JOURNAL = "journal"  # cannot be written, or was corrupt and moved aside

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Outage:
    """A part is missing. `name` tells several of a kind apart (a till's, a gateway's); `detail` helps whoever mends it."""

    part: Part
    name: str = ""
    detail: str = ""


class NoticeKind(str, Enum):
    """What happened that changed no payment and must still be said."""

    WRONG_CODE = "wrong_code"  # `detail`: what it was: product, receive, url, merchant_qr, unknown
    SCAN_AGAIN = "scan_again"  # the scanner did not get a whole code
    NO_ROUTE = "no_route"  # `detail`: the scheme that is not taken here, such as "alipay"
    NOT_SENT = "not_sent"  # nothing left the box
    NOT_STORED = "not_stored"  # the journal could not be written, so nothing was sent
    NOT_TAKEN = "not_taken"  # what was typed, or pressed, at a till of the box's own; `detail`: why, a key of `daemon.texts.NOT_TAKEN`

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Notice:
    """A short-lived overlay; the shell takes it away after `daemon.signals.NOTICE_S`.

    `number` is any number that differs from the notice's before: the same mistake made twice sounds twice.
    """

    kind: NoticeKind
    detail: str = ""
    number: int = 0


class PromptKind(str, Enum):
    """What a till that has no screen of its own says on the box's, while no payment is open."""

    TYPED = "typed"  # an amount that is being typed
    OFFERED = "offered"  # an amount that waits for a button, or for the payer's code
    LAST = "last"  # how the last payment ended

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Prompt:
    """`figure` is what stands large. TYPED: `before` is what it will be added to or multiplied with, such as ``12.50 +``. OFFERED:
    `button` says that there is one to press, `scan` that a code is read. LAST: `state` is the payment's."""

    kind: PromptKind
    figure: str
    before: str = ""
    state: State | None = None
    button: bool = False
    scan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is to be shown. Equal views give equal pictures, lights and sounds.

    `ready` says whether a sale could start now: with an outage that does not matter for selling (lights, buzzer) it is True.
    `left_s` is whole seconds, for the countdown; None shows none. `in_doubt` counts payments that a person must look at.
    `unset` has the keys of the configuration that are missing or wrong: with any, the box does nothing but say so.
    `state` is None between payments; a final one is shown for `daemon.signals.RESULT_S`, then the shell sets None. `prompt` is what a
    till has to say meanwhile.
    """

    ready: bool
    store_name: str = ""
    phase: Phase = Phase.RUNNING
    state: State | None = None
    amount: Amount | None = None
    reason: Reason | None = None
    confirming: bool = False
    left_s: int | None = None
    qr: str | None = None
    notice: Notice | None = None
    outages: tuple[Outage, ...] = ()
    in_doubt: int = 0
    unset: tuple[str, ...] = ()
    prompt: Prompt | None = None

    @property
    def overlay(self) -> Notice | None:
        """The notice, while it may cover the screen: never once a charge is under way or an outcome is known."""
        free = self.phase is Phase.RUNNING and self.state in (None, State.AWAITING_CODE)
        return self.notice if free or self._is_of_staff else None

    @property
    def shown_prompt(self) -> Prompt | None:
        """The prompt, while it is what the screen shows: never over a payment, but over one in doubt, which may stay so for days and
        which the lights go on telling."""
        free = self.phase is Phase.RUNNING and not self.unset and self.state in (None, State.IN_DOUBT)
        return self.prompt if free else None

    @property
    def _is_of_staff(self) -> bool:
        """Whoever types sees why it was not taken, where the payment that stands there is in doubt."""
        is_theirs = self.notice is not None and self.notice.kind is NoticeKind.NOT_TAKEN
        return is_theirs and self.phase is Phase.RUNNING and self.state is State.IN_DOUBT

    @property
    def wants_attention(self) -> bool:
        """Whether a person must see to something: a part is missing, or an outcome is in doubt."""
        return bool(self.outages) or self.in_doubt > 0 or self.state is State.IN_DOUBT

    def lacks(self, part: Part) -> bool:
        return any(outage.part is part for outage in self.outages)


_CODE_NOTICES = (NoticeKind.WRONG_CODE, NoticeKind.SCAN_AGAIN, NoticeKind.NO_ROUTE)


def screen_name(view: View) -> str:
    """The name of what the screen says, as `GET /v1/box` spells it (`screen`).

    One of: a payment's state; ``ready``, ``not_ready``, ``in_doubt``, or a till's ``typed``, ``offered``, ``last`` between payments;
    ``not_set_up``; ``wrong_code``, ``not_sent``, ``not_stored``, ``not_taken`` while a notice covers it; ``starting``, ``stopped``.
    """
    if view.phase is not Phase.RUNNING:
        return str(view.phase)
    if view.unset:
        return "not_set_up"
    if view.overlay is not None:
        return "wrong_code" if view.overlay.kind in _CODE_NOTICES else str(view.overlay.kind)
    if view.shown_prompt is not None:
        return str(view.shown_prompt.kind)
    if view.state is not None:
        return str(view.state)
    if view.ready:
        return "ready"
    return "in_doubt" if view.in_doubt and not view.outages else "not_ready"
