"""An offer without staff: the till asks by itself, and takes it back while nothing was sent for it, as soon as it could not be honoured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from daemon.money import Amount
from daemon.payment import Payment, Ref, State
from daemon.signals import RESULT_S
from daemon.tills.base import Desk, Ended, NotStorable, Rejected, Request
from daemon.tills.handing_over import AGAIN_S
from daemon.tills.waking import Waking, now

ARMED_S = 3600.0
"""An offer that nobody takes is made anew so often: each is a payment in the journal, and costs the card some writes."""

BY_MACHINE = "machine"  # who gave an offer up that was taken back


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is offered. `ttl_s`: for how long; None: as long as the box waits for a code."""

    amount: Amount
    ttl_s: float | None = ARMED_S
    description: str = ""


class Offering:
    """The offers of the till called `till`. `rest_until`: a result is being shown until then (monotonic)."""

    def __init__(self, till: str, desk: Desk, new_ref: Callable[[], str], waking: Waking) -> None:
        self._till = till
        self._desk = desk
        self._new_ref = new_ref
        self._waking = waking
        self._ref: Ref | None = None
        self._payment: Payment | None = None
        self._withdrawn: Ref | None = None
        self.rest_until = 0.0

    @property
    def payment(self) -> Payment | None:
        """As it stands."""
        return self._payment

    @property
    def is_taken(self) -> bool:
        """Whether a payer has come to the offer that there is."""
        return self._payment is not None and self._payment.state is not State.AWAITING_CODE and not is_over(self._payment)

    def changed(self, payment: Payment) -> None:
        """A payment of this till, after each change."""
        if payment.ref == self._ref:
            self._payment = payment
        own_end = payment.ref == self._ref and payment.state is not State.EXPIRED and payment.ref != self._withdrawn
        if payment.state in RESULT_S and (payment.attempts or own_end):  # as the presenter shows it
            self.rest_until = now() + RESULT_S[payment.state]

    async def sell(self, wanted: Wanted, stands: Callable[[], bool], *, insists: bool = False) -> Payment | None:
        """One payment to its end; None where the desk took none. Raises NotStorable. `stands` says whether the offer still does; it is
        asked whenever something happens. One that does not is taken back as long as nothing was sent for it; with `insists`, whatever
        was."""
        self._payment, self._ref = None, Ref(self._new_ref())
        try:
            asked, _ = await self._desk.ask(
                Request(self._ref, self._till, wanted.amount, description=wanted.description, ttl_s=wanted.ttl_s)
            )
        except NotStorable:
            raise
        except Rejected:
            return None
        payment = self._payment = self._payment or asked  # it may have gone on already
        while not is_over(payment):
            may_go_back = payment.state is State.AWAITING_CODE or (insists and self._withdrawn != payment.ref)
            if may_go_back and not stands():
                await self._withdraw(payment)
            else:
                await self._waking.woken()
            payment = self._payment
        return payment

    async def _withdraw(self, payment: Payment) -> None:
        """A code that was presented in the same moment makes it a payment that is undone, and that is as well."""
        before, self._withdrawn = self._withdrawn, payment.ref
        with suppress(KeyError, Ended):
            try:
                await self._desk.cancel(payment.ref, BY_MACHINE)
            except NotStorable:
                self._withdrawn = before
            else:
                return
        await self._waking.woken_within(AGAIN_S)


def is_over(payment: Payment) -> bool:
    """Nothing more comes of it now."""
    return payment.state.is_final or payment.state is State.IN_DOUBT
