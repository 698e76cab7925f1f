"""Staff who look at what the box says that a person must look at, some of them soon, some of them never. They draw nothing of their own:
what they do comes of the payment, so that histories of earlier versions stay what they were until somebody acts."""

from __future__ import annotations

from daemon.attending import Act, Attending
from daemon.late_money import needs_a_person
from daemon.payment import Ref
from daemon.runner import Change
from daemon.simulation.world import World
from daemon.tills.base import NotPossible, Rejected

UNSEEN_ONE_IN = 4  # payments that are for a person: nobody sees to these while the history lasts
COMES_S = (40.0, 900.0, 7200.0, 200_000.0, 700_000.0)  # until somebody does; the last after the box has asked to the end
COMES_AGAIN_S = 300.0  # where the box was off, or could not store it
TRIES = 40

_PLANS = (
    (Act.ASK, Act.SETTLE),
    (Act.REFUND, Act.SETTLE),
    (Act.SETTLE, Act.REFUND),
    (Act.ASK, Act.REFUND),
    (Act.REFUND, Act.ASK, Act.SETTLE),
)
"""What somebody does, one after the other, a while between."""


class Staff:
    """Act on payments in doubt; `is_done` once nobody is on the way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._coming: dict[Ref, int] = {}  # how often somebody has tried
        self._seen: set[Ref] = set()
        world.listeners.append(self._on_change)

    @property
    def is_done(self) -> bool:
        return not self._coming

    def _on_change(self, change: Change) -> None:
        payment = change.payment
        key = payment.amount.minor * 31 + sum(payment.ref.encode())
        if payment.ref in self._seen or not needs_a_person(payment) or not key % UNSEEN_ONE_IN:
            return
        self._seen.add(payment.ref)
        self._coming[payment.ref] = 0
        key //= UNSEEN_ONE_IN
        plan, comes_s = _PLANS[key % len(_PLANS)], COMES_S[key // len(_PLANS) % len(COMES_S)]
        self._world.after(comes_s, lambda: self._act(payment.ref, plan))

    def _act(self, ref: Ref, plan: tuple[Act, ...]) -> None:
        if not plan or self._coming[ref] >= TRIES:
            del self._coming[ref]
            return
        self._coming[ref] += 1
        if self._world.box is None:
            self._world.after(COMES_AGAIN_S, lambda: self._act(ref, plan))
            return
        left = [plan]
        self._world.after(COMES_AGAIN_S, lambda: self._act(ref, left[0]))
        self._world.task(self._carry_out(ref, left))

    async def _carry_out(self, ref: Ref, left: list[tuple[Act, ...]]) -> None:
        """The first act of what is left; once it is done, or cannot be, the next one is to come."""
        box = self._world.box
        assert box is not None
        attending = Attending(box.runner, box.goods)
        act = left[0][0]
        try:
            if (await attending.possible(ref))[act] is None:
                self._world.say(f"staff: {act} {ref}")
                self._world.promises.person_acts(ref, act)
                await attending.carry_out(ref, act, "staff", "seen to")
        except NotPossible:
            pass
        except Rejected as error:
            self._world.say(f"staff: {act} of {ref} is not taken note of: {error}")
            return
        left[0] = left[0][1:]
