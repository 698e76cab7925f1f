"""A vending machine in the simulation: the sandbox's, behind its adapter, on a line that is as bad as a line gets; people before it; at
the box's end `daemon.tills.mdb`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from enum import Enum

from daemon.money import Amount, Minor
from daemon.payment import Ref, State
from daemon.sandbox.tills.mdb import HABITS, MdbMachine
from daemon.simulation.box import Box
from daemon.simulation.cable import Cable
from daemon.simulation.goods_promises import GOODS
from daemon.simulation.kinds import TillKind
from daemon.simulation.promises import Broken
from daemon.simulation.till_line import TERMS
from daemon.simulation.turns import Turns, Wait
from daemon.simulation.world import World
from daemon.tills.mdb import MdbTerms, MdbTill

PRICE = 500  # of what is paid first
TRIES = 5  # of pressing a product's button, while the machine takes no choice
PATIENCE_S = 200.0  # of somebody who waits for goods; then the coin return is pressed
CREDIT_S = 400.0  # of somebody who is to pay first, until a credit is shown
TROUBLE_ONE_IN = 25  # pieces on the line: a vend has few, and each of them matters
HAPPENINGS = (None, None, None, "jam", "return", "reset", "adapter", "door", "cable")
_BUSY = ("VEND", "DISPENSING")


class Way(str, Enum):
    """How such a machine is set up."""

    ASKS = "it asks for its price whenever a button is pressed"
    SESSION = "it asks in a session of open credit"
    FIRST = "one price, paid first"


class Vending(Turns):
    """The machine and its adapter outlive the box: they have power of their own."""

    kind = TillKind.MDB

    def __init__(self, world: World, turns: int) -> None:
        super().__init__(world, turns)
        habits = self.choices.pick(("plain", "plain", "ten-begins", "impatient", "late-reset"))
        self._way = self.choices.pick(tuple(Way))
        self._waits_s = self._max_wait_s(habits)
        self.machine = MdbMachine(habits=replace(HABITS[habits], dispenses_s=self.choices.pick((0.2, 2.0, 8.0, 25.0))))
        self._cable = Cable(world, self.machine, self._look, TROUBLE_ONE_IN, self._unheard_of)
        self._at_vend: str | None = None  # happens in this turn while goods are given
        self._approved: Ref | None = None  # for which the box sent an approval last
        self._of: dict[int, Ref] = {}  # the payment of each vend that was approved, by its place in the machine's list
        self._unheard: set[int] = set()  # vends whose request did not reach the box
        self._out: set[int] = set()  # vends whose goods were seen to come out
        world.fit = self._fit

    def _max_wait_s(self, habits: str) -> float | None:
        """What the operator has set; one who does not know how impatient the machine is sets nothing."""
        if self._way is Way.FIRST and habits == "impatient":
            return 5.0
        return self.choices.pick((None, None, 60.0))

    def _fit(self, box: Box) -> MdbTill:
        price = Amount(Minor(PRICE), TERMS.currency) if self._way is Way.FIRST else None
        terms = MdbTerms(self.kind.value, TERMS, self._way is Way.ASKS, price, self._waits_s)
        return MdbTill(terms, self._cable.line(self._sent), box.desk, box.house(self.world.setting.schedule), box.numbers)

    # -- what is looked at --

    def _sent(self, data: bytes) -> None:
        """The box says that; an approval is the moment from which goods may come out."""
        said = data.decode("ascii").strip()
        if said.startswith("C,VEND,") and said != "C,VEND,-1":
            self.world.guard(lambda: self._approves(said.removeprefix("C,VEND,")))

    def _approves(self, amount: str) -> None:
        self._approved = self.world.goods.begins(self.kind.value, int(Decimal(amount).scaleb(2)))

    def _unheard_of(self, said: bytes) -> None:
        """A line without acknowledgements: where the end of one request and all of the next are lost, the box approves the first to a
        machine that waits for the second. It says for how much; that it cannot know better is in docs/mdb-till.md."""
        if b"STATUS,VEND," in said:
            self._unheard.add(len(self.machine.vends) - 1)

    def _look(self) -> None:
        """What has come of the machine's newest vend."""
        place = len(self.machine.vends) - 1
        if place < 0:
            return
        vend = self.machine.vends[place]
        if vend.approved is not None and place not in self._of:
            if self._approved is None or self._approved in self._of.values():
                raise Broken(GOODS, f"the machine has an approval for {vend.amount} that the box did not give, or twice")
            if Decimal(vend.approved) != Decimal(vend.amount) and place not in self._unheard:
                raise Broken(GOODS, f"the machine was told: approved {vend.approved} for {vend.amount}")
            self._of[place] = self._approved
            happens, self._at_vend = self._at_vend, None
            self.later(self.choices.pick((0.05, 0.5, 3.0)), lambda: self._happens(happens))
        if vend.dispensed and place not in self._out:
            self._out.add(place)
            self.world.say(f"machine: the goods of {self._of[place]} are out")
            self.world.goods.counts(self._of[place])

    def check(self) -> None:
        """Each vend was looked at as it happened."""

    # -- people --

    def begin_turn(self) -> None:
        happens = self.choices.pick(HAPPENINGS)
        self._cable.do("jam" if happens == "jam" else "works")
        after_s = self.choices.pick((0.5, 3.0, 12.0, 40.0, None, None))
        self._at_vend = happens if after_s is None and happens != "jam" else None
        if after_s is not None and happens != "jam":
            self.later(after_s, lambda: self._happens(happens))
        if self._way is Way.FIRST:
            self.wait(Wait(lambda: self.machine.state == "IDLE", self._has_credit, self._is_tired, CREDIT_S))
        else:
            self._choose(f"{(1 + self.choices.below(5000)) / 100:.2f}", TRIES)

    def _has_credit(self) -> None:
        """Somebody takes the time to choose; or wants something of another price, or nothing."""
        price = f"{PRICE / 100:.2f}"
        wish = self.choices.pick((price, price, price, price, "3.00", "return", ""))
        after_s = self.choices.pick((1.0, 1.0, 1.0, 20.0, 80.0))
        if wish == "return":
            self.world.after(after_s, lambda: self._cable.do(wish))
        if wish in ("return", ""):
            self.wait(Wait(lambda: self.machine.state != "IDLE", self.turn_over, self.turn_over, PATIENCE_S))
        else:
            self.world.after(after_s, lambda: self._choose(wish, TRIES))

    def _choose(self, price: str, tries: int) -> None:
        try:
            self._cable.do(f"choose {price} {1 + self.choices.below(9)}")
        except ValueError:
            if tries:
                self.world.after(5.0, lambda: self._choose(price, tries - 1))
            else:
                self.turn_over()
            return
        self.wait(Wait(lambda: self.machine.state not in _BUSY, self.turn_over, self._give_up, PATIENCE_S))

    def _give_up(self) -> None:
        self._cable.do("return")
        self.turn_over()

    def _is_tired(self) -> None:
        """Of an offer that nobody came to: the door is opened for a moment, and what is offered then is new."""
        self._happens("door")
        self.turn_over()

    def _happens(self, what: str | None) -> None:
        if what == "door":
            self._cable.do("door open")
            self.later(5.0, lambda: self._cable.do("door shut"))
        elif what == "cable":
            self._cable.plug(is_plugged=False)
            self.later(10.0, lambda: self._cable.plug(is_plugged=True))
        elif what is not None:
            self._cable.do(what)

    # -- the end --

    def close(self) -> None:
        """Nothing is sold any more; what is owed is given, and then the cable is pulled: an adapter is asked how it is for ever."""
        self.wait(Wait(self._is_settled, self._shut, self._shut, 2000.0))

    def _is_settled(self) -> bool:
        return self.machine.state not in _BUSY and all(self.is_settled(p) or p.state is State.AWAITING_CODE for p in self.payments)

    def _shut(self) -> None:
        self._is_over = True
        self._cable.do("door open")
        self.world.after(5.0, lambda: self._cable.plug(is_plugged=False))
