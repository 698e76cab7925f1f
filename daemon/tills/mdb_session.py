"""The session with a vending machine's controller: what the adapter says and what the till decides goes in, what is to be said and done
comes out. No I/O; time is an argument. The rules are in `daemon.tills.mdb_table`.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.tills.mdb_lines import Complaint, Heard, Settled, Status, VendFailure, VendRequest, VendSuccess, Version
from daemon.tills.mdb_table import TABLE, News, Phase

N = News


@dataclass(frozen=True, slots=True)
class Send:
    """Say that line."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A vend is asked for: answer it with `approve` or `deny`, by its number."""

    number: int
    amount: str  # as the machine wrote it
    item: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nobody waits any more for the answer to that request."""

    number: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The vend that was approved came to that: `given` True, False, or None where nobody knows."""

    number: int
    given: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Over:
    """The session that was begun ended, or could not be begun, with nothing asked for."""


Action = Send | Asked | GivenUp | Ended | Over

STEP_S = 1.0  # for the answer to one line of the set-up; an adapter answers within some ms. Own
AGAIN_S = 2.0  # after which an adapter that did not answer is set up again. Own
BEGIN_EVERY_S = 0.5  # a session that the machine does not show is begun again: some want to see it on ten polls (facts, tills 3.1)
OUTCOME_S = 60.0  # for the machine's word on a vend that was approved; spirals and lifts take up to half of that. Own
PING_S = 30.0  # an adapter that has said nothing for so long is asked for its version. Own
STUBBORN_MOST = 3  # times that a set-up is begun anew at once, and then after a pause

_OF_STATUS = {"OFFLINE": N.STOPPED, "INACTIVE": N.STOPPED, "DISABLED": N.SHUT, "ENABLED": N.OPEN, "IDLE": N.IDLE}
_OUTCOMES = {VendSuccess: N.SUCCESS, VendFailure: N.FAILURE}
_IS_ON = "cashless is on"
_IS_OFF = "cashless is off"


class Session:
    """One adapter. `settings` are sent, as ``key=value``, on every start and whenever it began anew. Each call returns what is to be
    done; `next_deadline` says when to come back."""

    def __init__(self, settings: tuple[str, ...]) -> None:
        self._steps = ("C,0", *(f"C,SETCONF,{setting}" for setting in settings), "C,1")
        self.phase = Phase.AWAY
        self.complaints: list[str] = []  # of the set-up under way
        self._step = 0
        self._stubborn = 0  # how often it was told to be off and was not
        self._due: float | None = None  # of the phase
        self._heard_at: float | None = None  # None: no line
        self._pinged = False
        self._wanted = VendRequest("")  # as it was heard last
        self._request: Asked | None = None  # as it was told
        self._numbers = 0
        self._left = False  # the machine went on to another state after the approval
        self._credit = ""
        self._actions: list[Action] = []

    @property
    def request(self) -> Asked | None:
        """The vend that is asked for and not answered."""
        return self._request if self.phase is Phase.ASKED else None

    # -- news --

    def opened(self, now: float) -> list[Action]:
        self._heard_at = now
        return self._meets(News.OPENED, now)

    def lost(self, now: float) -> list[Action]:
        self._heard_at = None
        return self._meets(News.LOST, now)

    def heard(self, heard: Heard, now: float) -> list[Action]:
        if self._heard_at is None:
            return []
        self._heard_at = now
        pinged, self._pinged = self._pinged, False
        if isinstance(heard, Version):
            return [] if pinged else self._meets(News.RESET, now)
        if self.phase is Phase.SETTING_UP:
            return self._set_up_further(heard, now)
        news = self._news(heard)
        return [] if news is None else self._meets(news, now)

    def pass_time(self, now: float) -> list[Action]:
        """What is due now, if anything."""
        if self._due is not None and self._due <= now:
            return self._meets(News.DEAF if self.phase is Phase.SETTING_UP else News.TOO_LONG, now)
        if self._ping_at is not None and self._ping_at <= now:
            if self._pinged:
                self._pinged = False
                return self._meets(News.DEAF, now)
            self._pinged = True
            return [Send("V")]
        return []

    def next_deadline(self) -> float | None:
        return min((moment for moment in (self._due, self._ping_at) if moment is not None), default=None)

    # -- what the till decides --

    def begin(self, credit: str, now: float) -> list[Action]:
        """Begin a session of that credit, and go on until the machine shows it."""
        self._credit = credit
        return self._meets(News.BEGIN, now)

    def end(self, now: float) -> list[Action]:
        """End it, where nothing is asked for."""
        return self._meets(News.END, now)

    def approve(self, number: int, now: float) -> list[Action]:
        """Approve that request: an empty list where it does not stand any more, or was answered, and nothing is said then."""
        return self._meets(News.APPROVE, now) if self._stands(number) else []

    def deny(self, number: int, now: float) -> list[Action]:
        return self._meets(News.DENY, now) if self._stands(number) else []

    def _stands(self, number: int) -> bool:
        return self.request is not None and self.request.number == number

    # -- looking up --

    @property
    def _ping_at(self) -> float | None:
        if self._heard_at is None or self.phase in (Phase.AWAY, Phase.SETTING_UP):
            return None
        return self._heard_at + PING_S + (STEP_S if self._pinged else 0.0)

    def _news(self, heard: Heard) -> News | None:
        match heard:
            case Status(word):
                return _OF_STATUS.get(word)
            case VendRequest():
                self._wanted = heard
                return self._news_of(heard)
            case Complaint(text) if text == _IS_OFF:
                return News.RESET
        return _OUTCOMES.get(type(heard))

    def _news_of(self, request: VendRequest) -> News:
        last = self._request
        is_same = last is not None and (last.amount, last.item) == (request.amount, request.item) and not self._left
        if is_same and self.phase in (Phase.ASKED, Phase.DISPENSING, Phase.DENIED):
            return News.SAME_REQUEST
        return News.REQUEST

    def _meets(self, news: News, now: float) -> list[Action]:
        row = TABLE[self.phase].get(news)
        if row is None:
            return []
        self._actions = []
        if self.phase is Phase.DISPENSING and news in (News.OPEN, News.IDLE, News.SHUT):
            self._left = True
        before, self.phase = self.phase, row.to
        if row.to is not before or row.does:
            self._due = self._due_in(row.to, now)
        for do in row.does:
            getattr(self, f"_{do.value}")()
        return self._actions

    def _due_in(self, phase: Phase, now: float) -> float | None:
        if phase is Phase.AWAY:
            return None if self._heard_at is None else now + AGAIN_S
        waits = {Phase.SETTING_UP: STEP_S, Phase.BEGINNING: BEGIN_EVERY_S, Phase.DISPENSING: OUTCOME_S}
        return now + waits[phase] if phase in waits else None

    # -- doing --

    def _say(self, text: str) -> None:
        self._actions.append(Send(text))

    def _set_up(self) -> None:
        self._step, self._pinged, self.complaints = 0, False, []
        self._say(self._steps[0])

    def _set_up_further(self, heard: Heard, now: float) -> list[Action]:
        """The answer to one line of the set-up brings the next. A setting that is complained of is left as it is, and told."""
        step = self._steps[self._step]
        is_setting = "SETCONF" in step
        if is_setting and isinstance(heard, Complaint) and heard.text == _IS_ON:
            self._stubborn += 1
            return self._meets(News.RESET, now) if self._stubborn <= STUBBORN_MOST else []
        if isinstance(heard, Complaint) and heard.text != _IS_OFF:
            self.complaints.append(f"{step}: {heard.text}")
        elif not isinstance(heard, Settled if is_setting else (Status, Complaint)):
            return []
        if self._step + 1 < len(self._steps):
            self._step += 1
            self._due = now + STEP_S
            return [Send(self._steps[self._step])]
        self._stubborn = 0
        return [*self._meets(News.READY, now), *self.heard(heard, now)]

    def _ask(self) -> None:
        self._numbers += 1
        self._left = False
        self._request = Asked(self._numbers, self._wanted.amount, self._wanted.item)
        self._actions.append(self._request)

    def _give_up(self) -> None:
        self._actions.append(GivenUp(self._told.number))

    def _change(self) -> None:
        self._give_up()
        self._say_no()

    def _say_begin(self) -> None:
        self._say(f"C,START,{self._credit}")

    def _say_stop(self) -> None:
        self._say("C,STOP")

    def _say_vend(self) -> None:
        self._left = False
        self._say(f"C,VEND,{self._told.amount}")

    def _say_no(self) -> None:
        self._say("C,VEND,-1")

    def _given(self) -> None:
        self._actions.append(Ended(self._told.number, True))

    def _failed(self) -> None:
        self._actions.append(Ended(self._told.number, False, "the machine could not give the goods"))

    def _doubt(self) -> None:
        self._actions.append(Ended(self._told.number, None, "the machine did not say whether it gave the goods"))

    def _doubt_and_ask(self) -> None:
        self._doubt()
        self._ask()

    def _over(self) -> None:
        self._actions.append(Over())

    @property
    def _told(self) -> Asked:
        assert self._request is not None
        return self._request
