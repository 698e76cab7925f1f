"""What is promised of a machine's goods, looked at from outside: in the units that the machine counts, on the disk, at the till's end.

No goods without money, none more than once, none that are forgotten. The box says nothing here that the machine did not see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from daemon.errands import GOODS_FAILED
from daemon.goods import Owing, Stand
from daemon.payment import Payment, Ref, State
from daemon.simulation.disk import Disk
from daemon.simulation.kinds import WARES
from daemon.simulation.promises import Broken

GOODS = "goods"  # the name under which these promises are broken


@dataclass(slots=True)
class GoodsPromises:
    """`failed` is told of a payment whose goods were not given: then its money may go back."""

    disk: Disk
    failed: Callable[[Ref], object]
    counted: Counter[Ref] = field(default_factory=Counter)  # units that the machine gave
    _begun: set[tuple[Ref, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.disk.goods.told = self._stored

    def _stored(self, owing: Owing) -> None:
        if owing.stands is Stand.FAILED:
            self.failed(owing.payment.ref)

    # -- at the machine --

    def begins(self, till: str, minor: int | None = None) -> Ref:
        """The box gives the machine a unit (a vend of that price, a pulse) this very moment: for which payment."""
        begun = self.disk.goods.in_hand(till)
        if len(begun) != 1:
            raise Broken(GOODS, f"a unit is given, and the disk has {len(begun)} begun")
        (owing,) = begun
        payment = self.disk.payments[owing.payment.ref][0]
        unit = (payment.ref, owing.begun)
        if payment.state is not State.PAID:
            raise Broken(GOODS, f"goods of {payment.ref} are given, and it is {payment.state}")
        if payment.ref in self.disk.goods.unsynced:
            raise Broken(GOODS, f"goods of {payment.ref} are given, and the box was told that this could not be stored")
        if unit in self._begun:
            raise Broken(GOODS, f"{owing.unit} {owing.begun} of {payment.ref} is given twice")
        if minor is not None and minor != payment.amount.minor:
            raise Broken(GOODS, f"goods of {minor} are given for {payment.amount.minor}")
        self._begun.add(unit)
        return payment.ref

    def counts(self, ref: Ref) -> None:
        """The machine gave a unit for that payment."""
        self.counted[ref] += 1
        owing = self.disk.owing(ref)
        if owing is None or self.counted[ref] > owing.units:
            raise Broken(GOODS, f"{self.counted[ref]} units were given for {ref}, and {owing.units if owing else 0} were paid for")

    # -- the end --

    def ended(self, payment: Payment) -> None:
        """Nothing is left to be done about it: its goods are given, its money is on its way back, or a person is told."""
        if payment.till not in WARES:
            return
        owing, given = self.disk.owing(payment.ref), self.counted[payment.ref]
        if owing is None:
            if payment.state is State.PAID:
                raise Broken(GOODS, f"{payment.ref} is paid, and no goods are owed")
        elif owing.is_open:
            raise Broken(GOODS, f"the goods of {payment.ref} are forgotten: {owing.stands}")
        else:
            self._stands(payment, owing, given)
        if given and (owing is None or owing.stands is Stand.FAILED):
            raise Broken(GOODS, f"{given} units were given for {payment.ref}, which is {payment.state}")

    def listed(self, doubts: int) -> None:
        """In the end the box says that so many payments are for a person to look at."""
        wanted = len(self.disk.in_doubt())
        if doubts != wanted:
            raise Broken(GOODS, f"{wanted} payments are in doubt, and the box says {doubts}")

    def _stands(self, payment: Payment, owing: Owing, given: int) -> None:
        if not owing.done <= given <= owing.done + len(owing.doubtful):
            raise Broken(GOODS, f"{given} units were given for {payment.ref}, and the box says: {'; '.join(owing.lines())}")
        if owing.stands is Stand.FAILED and not _goes_back(payment):
            raise Broken(GOODS, f"nothing was given for {payment.ref}, and its money is kept: {payment.state}")
        if owing.stands not in (Stand.FAILED, Stand.SEEN_TO) and payment.state is not State.PAID:
            raise Broken(GOODS, f"goods of {payment.ref} are {owing.stands}, and it is {payment.state}")


def _goes_back(payment: Payment) -> bool:
    """Or a person sees to it: what was paid late is none of the machine's."""
    reported = payment.reason is not None and payment.reason.code == GOODS_FAILED
    return payment.state is not State.PAID or reported or payment.is_seen_to
