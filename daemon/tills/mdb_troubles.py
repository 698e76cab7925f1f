"""Why a vending machine is offered nothing, and whether it waits long enough for a payer."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.tills.holding import Trouble
from daemon.tills.house import House
from daemon.tills.mdb_table import Phase
from daemon.timing import Schedule
from hw.interfaces import Condition, Health

SHOW_LEAST_S = 5.0  # to open the wallet and hold the code there; below that nobody could pay. Own
SHUT_GRACE_S = 10.0  # a controller shuts its readers for some seconds after each vend, and while its door is open
DEAF_GRACE_S = 5.0  # the set-up of an adapter takes less than a second


@dataclass(frozen=True, slots=True)
class Patience:
    """`max_wait_s`: for how long the machine waits for the answer to a vend request; None: as long as a payment takes."""

    schedule: Schedule
    max_wait_s: float | None

    @property
    def _charge_s(self) -> float:
        """What a payment can take from its code on: the wallet's answer, and the payer's confirmation."""
        return self.schedule.answer_s + self.schedule.give_up_s

    @property
    def why_too_short(self) -> str | None:
        """Why nothing may be charged while the machine waits; None where it may."""
        needed_s = self._charge_s + SHOW_LEAST_S
        if self.max_wait_s is None or self.max_wait_s >= needed_s:
            return None
        return f"the machine waits {self.max_wait_s:g} s for an answer, and a payment may take {needed_s:g} s"

    @property
    def show_s(self) -> float | None:
        """How long the payer has to show a code; None: as long as the box waits for one."""
        return None if self.max_wait_s is None else min(self.schedule.scan_s, self.max_wait_s - self._charge_s)

    @property
    def vend_s(self) -> float | None:
        """For how long the adapter is to keep the machine waiting."""
        return self.schedule.scan_s + self._charge_s if self.max_wait_s is None else self.max_wait_s


def trouble(line: Health, phase: Phase, house: House, too_short: str | None) -> Trouble | None:
    """Why a payment could not be honoured now."""
    if line.condition is not Condition.OK:
        return Trouble(f"its adapter is {line.condition}: {line.detail}")
    if (closed := house.closed()) is not None:
        return Trouble(closed, None)
    if (unreachable := house.unreachable()) is not None:
        return Trouble(unreachable)
    if too_short is not None:
        return Trouble(too_short)
    if phase in (Phase.AWAY, Phase.SETTING_UP):
        return Trouble("the MDB adapter does not answer", DEAF_GRACE_S)
    return Trouble("the machine's controller does not enable the reader", SHUT_GRACE_S) if phase is Phase.SHUT else None
