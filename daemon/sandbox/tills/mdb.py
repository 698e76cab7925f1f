"""An MDB adapter and the vending machine behind it, as their makers describe them (facts, tills 3.1 and 3.2).

The adapter speaks Qibixx' text protocol; the machine's controller has habits that are met in the field: it may want to see a session
begun ten times, give up a vend after five seconds, or reset its readers late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from daemon.sandbox.tills.outlet import Outlet

VERSION = "v,4.0.3.1,emulated"
LONGEST_LINE = 256

_HELP = """\
  choose 1.50 [ITEM]   press a product's button
  return               press the coin return: the session, or the vend that waits, is given up
  jam, works           from now on the goods are stuck; they come out again
  door open|shut       while the door is open the controller shuts the reader
  reset                the controller begins anew; adapter: the adapter does, and forgets its settings
  habits NAME          the controller is another one: plain, ten-begins, impatient, late-reset"""


@dataclass(frozen=True, slots=True)
class Habits:
    """Of a machine's controller; seconds."""

    begins: int = 1  # how often a session must be begun until it is seen
    gives_up_s: float | None = None  # after which a vend that is not answered is given up
    enables_s: float = 0.05  # from power-up until the reader is enabled
    resets_s: float | None = None  # after which it resets the reader once more, however late
    dispenses_s: float = 0.2


HABITS = {
    "plain": Habits(),
    "ten-begins": Habits(begins=10),
    "impatient": Habits(gives_up_s=5.0),
    "late-reset": Habits(resets_s=3.0),
}


@dataclass(frozen=True, slots=True)
class Vend:
    """What came of one request: `approved` is the amount that the box approved, None where it did not."""

    amount: str
    item: str
    approved: str | None = None
    dispensed: bool = False


@dataclass(slots=True)
class MdbMachine(Outlet):
    """`vends` is every request in order, with what came of it; `heard` every line of the box; `wrong` what no box should say."""

    help: str = _HELP
    baudrate: int = 115200
    habits: Habits = field(default_factory=Habits)
    vends: list[Vend] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    state: str = "OFF"  # as the adapter would say it; DISPENSING and OFF it does not say
    credit: Decimal | None = None  # of the session
    is_jammed: bool = False
    is_door_open: bool = False
    _begins: int = 0
    _rest: bytes = b""
    _due: dict[str, float] = field(default_factory=dict)  # what the machine will do, and when

    @property
    def dispensed(self) -> int:
        return sum(vend.dispensed for vend in self.vends)

    @property
    def approvals(self) -> int:
        return sum(vend.approved is not None for vend in self.vends)

    # -- the line --

    def opened(self, _now: float) -> None:
        self._rest = b""

    def received(self, data: bytes, now: float) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LONGEST_LINE:]
        for line in lines:
            self._hear(line.decode("ascii", "replace").strip(), now)

    def pass_time(self, now: float) -> None:
        for what in [what for what, due in sorted(self._due.items(), key=lambda item: item[1]) if due <= now]:
            self._due.pop(what, None)
            does: dict[str, Callable[[float], None]] = {
                "enable": self._enable,
                "reset": self._reset,
                "give up": self._give_up,
                "dispense": self._dispense,
                "complete": self._complete,
            }
            does[what](now)

    def next_deadline(self) -> float | None:
        return min(self._due.values(), default=None)

    def _say(self, line: str) -> None:
        self._out += line.encode() + b"\n"

    def _is(self, state: str, *more: str) -> None:
        self.state = state
        self._say(",".join(["c", "STATUS", state, *more]))

    # -- what the box says --

    def _hear(self, line: str, now: float) -> None:
        if not line:
            return
        self.heard.append(line)
        match line.split(","):
            case ["V"]:
                self._say(VERSION)
            case ["C", "SETCONF", setting]:
                self._set(setting)
            case ["C", "0"]:
                self._switch_off()
            case ["C", "1"]:
                self._switch_on(now)
            case ["C", _, *_] if self.state == "OFF":
                self._say('c,ERR,"cashless is off"')
            case ["C", "START", credit]:
                self._begin(credit)
            case ["C", "STOP"] | ["C", "VEND", "-1"]:
                self._refuse(line)
            case ["C", "VEND", amount, *_]:
                self._approve(amount, now)
            case _:
                self._complain(line)

    def _set(self, setting: str) -> None:
        if self.state != "OFF":
            self._say('c,ERR,"cashless is on"')
            return
        key, _, value = setting.partition("=")
        self.settings[key] = value
        self._say("c,SET,OK")

    def _switch_off(self) -> None:
        self._abandon()
        self._due = {what: due for what, due in self._due.items() if what == "dispense"}
        self._is("INACTIVE")
        self.state = "OFF"

    def _switch_on(self, now: float) -> None:
        if self.state != "OFF":
            self._say('c,ERR,"cashless is on"')
            return
        self._is("INACTIVE")
        self._due["enable"] = now + self.habits.enables_s
        if self.habits.resets_s is not None:
            self._due["reset"] = now + self.habits.resets_s

    def _begin(self, credit: str) -> None:
        if self.state != "ENABLED":
            return  # the controller polls on, and does not see it
        if _decimal(credit) is None:
            self._complain(f"C,START,{credit}")
            return
        self._begins += 1
        if self._begins >= self.habits.begins:
            self._begins, self.credit = 0, Decimal(credit)
            self._is("IDLE", credit)
            self._words.append(f"the machine shows a credit of {credit}")

    def _approve(self, amount: str, now: float) -> None:
        if self.state != "VEND" or _decimal(amount) is None:
            self._complain(f"C,VEND,{amount}")
            return
        self._due.pop("give up", None)
        if Decimal(amount) != Decimal(self.vends[-1].amount):
            self.wrong.append(f"approved {amount} for {self.vends[-1].amount}")
        self._now_vend(approved=amount)
        self.state = "DISPENSING"
        self._due["dispense"] = now + self.habits.dispenses_s
        self._words.append(f"approved: {amount}")

    def _refuse(self, line: str) -> None:
        if self.state == "VEND":
            self._words.append("not paid for")
            self._end_vend()
        elif self.state == "IDLE" and line == "C,STOP":
            self._session_over()
        elif self.state not in ("ENABLED", "INACTIVE", "DISABLED"):
            self._complain(line)

    def _complain(self, line: str) -> None:
        self.wrong.append(line)
        self._say('c,ERR,"not possible now"')

    # -- what the machine does --

    @property
    def _is_always_idle(self) -> bool:
        return self.settings.get("mdb-always-idle") == "1"

    def _enable(self, _now: float) -> None:
        self._is("DISABLED")
        if not self.is_door_open:
            self._is("ENABLED")

    def _reset(self, now: float) -> None:
        """Reader reset by the controller: whatever was under way is none of its business any more."""
        if self.state == "OFF":
            return
        self._abandon()
        self._is("INACTIVE")
        self._due["enable"] = now + self.habits.enables_s

    def _abandon(self) -> None:
        self._due.pop("give up", None)
        self._due.pop("complete", None)
        self.credit, self._begins = None, 0

    def _give_up(self, _now: float) -> None:
        self._words.append("the machine gives up")
        self._end_vend()

    def _end_vend(self) -> None:
        self._due.pop("give up", None)
        if self._is_always_idle:
            self._is("ENABLED")
        else:
            self._is("IDLE")

    def _dispense(self, now: float) -> None:
        """Also when the line is gone by then: the goods come out all the same."""
        if self.is_jammed:
            self._say("c,ERR,VEND 3")
            self._words.append("the goods are stuck")
        else:
            self._now_vend(dispensed=True)
            self._say("c,VEND,SUCCESS")
            self._words.append("the goods are out")
        if self.state == "DISPENSING":
            self._is("IDLE")
            self._due["complete"] = now + 0.05

    def _complete(self, _now: float) -> None:
        self._session_over()

    def _session_over(self) -> None:
        self.credit = None
        self._is("ENABLED")

    def _now_vend(self, *, approved: str | None = None, dispensed: bool = False) -> None:
        last = self.vends[-1]
        self.vends[-1] = Vend(last.amount, last.item, approved or last.approved, dispensed or last.dispensed)

    # -- what a person does --

    def command(self, text: str, now: float) -> None:
        word, _, rest = text.strip().partition(" ")
        does: dict[str, Callable[[str, float], None]] = {
            "choose": self._choose,
            "return": lambda _rest, _now: self._return(),
            "jam": lambda _rest, _now: setattr(self, "is_jammed", True),
            "works": lambda _rest, _now: setattr(self, "is_jammed", False),
            "door": lambda rest, _now: self._door(rest),
            "reset": lambda _rest, now: self._reset(now),
            "adapter": lambda _rest, _now: self._begin_anew(),
            "habits": lambda rest, _now: self._become(rest),
        }
        if word not in does:
            raise ValueError(f"{word!r} is nothing this machine can do; it can:\n{self.help}")
        does[word](rest.strip(), now)

    def _choose(self, rest: str, now: float) -> None:
        amount, _, item = rest.partition(" ")
        try:
            price = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"{amount!r} is no price; expected one like 1.50") from None
        if "dispense" in self._due:  # whatever the adapter was told meanwhile
            raise ValueError("the machine takes no choice now: it is dispensing")
        may = self.state in ("ENABLED", "IDLE") if self._is_always_idle else self.state == "IDLE"
        if not may:
            raise ValueError(f"the machine takes no choice now: {self.state}")
        if self.credit is not None and price > self.credit:
            raise ValueError(f"the credit of {self.credit} is too low")
        self._due.pop("complete", None)  # the session goes on with this one
        self.vends.append(Vend(amount, item.strip() or "1"))
        self._is("VEND", amount, self.vends[-1].item)
        if self.habits.gives_up_s is not None:
            self._due["give up"] = now + self.habits.gives_up_s

    def _return(self) -> None:
        if self.state == "VEND":
            self._end_vend()
        elif self.state == "IDLE":
            self._session_over()

    def _door(self, rest: str) -> None:
        if rest not in ("open", "shut"):
            raise ValueError("expected door open, or door shut")
        self.is_door_open = rest == "open"
        if self.is_door_open and self.state in ("ENABLED", "IDLE", "VEND"):
            self._abandon()
            self._is("DISABLED")
        elif not self.is_door_open and self.state == "DISABLED":
            self._is("ENABLED")

    def _begin_anew(self) -> None:
        """Power of the adapter went for a moment; a machine that is dispensing goes on by itself."""
        self._abandon()
        self._due.pop("enable", None)
        self.state, self.settings = "OFF", {}
        self._say(VERSION)

    def _become(self, name: str) -> None:
        if name not in HABITS:
            raise ValueError(f"there are no habits {name!r}; there are {', '.join(HABITS)}")
        self.habits = HABITS[name]


def _decimal(text: str) -> Decimal | None:
    """None where it is no number, as on a line that damages what it carries."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
