"""Every fault at every moment of every story, and for Quick Pay every two of them: made from the stories, counted, none left out.

A story is told once without a fault, which shows its moments: each request and each write to the disk. Then it is told once for
each moment and each fault that can befall it, once with the machine coming back in the same boot and once in another; and each
of these shows the moments at which a second fault may come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

from daemon.gateways import wechat_codes as codes
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Call, Fault, Lie, Move, Scenario, Standing, Step, Steps
from daemon.simulation.choices import Choices
from daemon.simulation.history import Payers
from daemon.simulation.mishaps import OF_CALLS, OF_STORES, Mishap, Script
from daemon.simulation.people import Sale
from daemon.simulation.provider import CUT
from daemon.simulation.setting import Setting, draw_setting
from daemon.simulation.tally import Tally
from daemon.simulation.till import JAMS, Till
from daemon.simulation.timeline import Timeline
from daemon.simulation.world import World

LIES = 5  # times that a story's provider answers falsely, where it would for ever
DEADLY = frozenset(mishap for mishap in Mishap if mishap.name.startswith("DIES"))

BREAKS_ITS_WORD = frozenset({"paid_after_revoked", "arrives_after_revoke"})
"""Cases whose provider lets a payer pay what it had said to be undone, at whatever moment: no box can promise anything of that."""


@dataclass(frozen=True, slots=True)
class Story:
    """One sale at one gateway, and what its payer and provider do."""

    name: str
    gateway: str
    scenario: Scenario
    shows: bool = False
    cancels_after_s: float | None = None
    jams: bool = False  # its machine hands nothing over


@dataclass(frozen=True, slots=True)
class Telling:
    """A story and the faults that befall it, by moment."""

    story: Story
    faults: Mapping[int, Mishap]
    reboots: bool = False

    def __str__(self) -> str:
        said = ", then ".join(f"at moment {moment}: {mishap}" for moment, mishap in sorted(self.faults.items()))
        return f"{self.story.name} by {self.story.gateway}: {said or 'no fault'}{', in another boot' if self.reboots else ''}"


def tell(telling: Telling, timeline: Timeline | None = None) -> tuple[Tally, list[bool]]:
    """What it went through, and its moments. Raises Broken where a promise is."""
    script = Script(telling.faults, reboots=telling.reboots)
    story = telling.story
    world = World(Choices.replay(()), _setting(story), script, timeline or Timeline())
    till = Till(world, 1, lambda _choices, ref: _sale(story, ref))
    orders = chain([_played(story)], repeat(CASES["paid"]))  # who was refused pays with another card
    Payers(world, lambda _choices, _shown, _late: next(orders))
    world.after(1.0, till.next_sale)
    tally = world.run(lambda: till.is_done)
    tally.payments = len(world.disk.payments)
    return tally, script.moments


def singles(story: Story, moments: list[bool]) -> Iterator[Telling]:
    """One fault of every kind at every moment."""
    yield from _further(Telling(story, {}), moments, 0)


def seconds(first: Telling, moments: list[bool]) -> Iterator[Telling]:
    """The same with one more fault of every kind at every later moment; `moments` are those of the telling with the first."""
    yield from _further(first, moments, max(first.faults) + 1)


def _further(telling: Telling, moments: list[bool], begin: int) -> Iterator[Telling]:
    for moment in range(begin, len(moments)):
        for mishap in OF_CALLS if moments[moment] else OF_STORES:
            more = replace(telling, faults={**telling.faults, moment: mishap})
            yield more
            if mishap in DEADLY and not telling.reboots:
                yield replace(more, reboots=True)


def _setting(story: Story) -> Setting:
    """All as shipped, with one gateway for everything."""
    setting = draw_setting(Choices.replay(()))
    configuration = replace(setting.configuration, scan={"wechat": story.gateway}, show={"default": story.gateway})
    return replace(setting, configuration=configuration)


def _sale(story: Story, ref: str) -> Sale:
    minor = 74 * JAMS if story.jams else 1250
    return Sale(ref, minor, story.shows, None, 20.0 if story.shows else None, False, story.cancels_after_s, False)


def _played(story: Story) -> Scenario:
    """The story's, with an end: whoever lies does so for a while only, and what nobody pays is ended by the wallet."""
    scenario = story.scenario.for_show() if story.shows else story.scenario
    query = scenario.query
    if query.then != Step():
        query = Steps((*query.first, *[query.then] * LIES), Step())
    return replace(scenario, query=query, moves=(*scenario.moves, Move(Standing.CLOSED, after=7200.0, unless_ended=True)))


def distinct(stories: Sequence[Story]) -> list[Story]:
    """One story of each kind: to the box, codes of one meaning are alike, and so are all answers that prove nothing."""
    kinds = {(s.gateway, s.shows, s.cancels_after_s, s.jams, _kind(s.scenario)): s for s in reversed(stories)}
    return list(reversed(kinds.values()))


def _kind(scenario: Scenario) -> tuple[object, ...]:
    steps = (scenario.charge, scenario.query, scenario.revoke, scenario.close, scenario.refund)
    return scenario.start, scenario.moves, tuple((tuple(map(_meaning, s.first)), _meaning(s.then)) for s in steps)


def _meaning(step: Step) -> tuple[object, ...]:
    proves = step.fault is Fault.NONE and step.lie not in (Lie.SIGNATURE, Lie.NO_SIGNATURE)
    lies = step.lie in (Lie.AMOUNT, Lie.CURRENCY, Lie.MERCHANT, Lie.NUMBER)
    heard = step.fault not in CUT
    return step.act, codes.CHARGE.get(step.code, step.code), step.again, step.says, proves, lies, heard


# -- the stories --

_NEVER = Steps((), Step(act=False, code="CLOSE_REFUSED", again=False))
_AFTER_CLOSE = Move(Standing.PAID, on=Call.CLOSE, answered=True)
_NOBODY = Scenario("nobody", "nobody pays", Standing.UNPAID)

QR_SCENARIOS: Mapping[str, Scenario] = {
    "paid": CASES["paid"],
    "asked, then paid": replace(
        _NOBODY, moves=(Move(Standing.CONFIRMING, on=Call.QUERY, nth=2), Move(Standing.PAID, on=Call.QUERY, nth=4))
    ),
    "nobody pays": _NOBODY,
    "paid just before the close": replace(_NOBODY, moves=(Move(Standing.PAID, on=Call.CLOSE),)),
    "the close is refused": replace(_NOBODY, close=_NEVER),
    "paid late": replace(_NOBODY, moves=(_AFTER_CLOSE,), close=_NEVER),
    "paid late, refund busy": replace(_NOBODY, moves=(_AFTER_CLOSE,), close=_NEVER, refund=Steps((Step(act=False, code="SYSTEMERROR"),))),
    "paid late, refund refused": replace(
        _NOBODY, moves=(_AFTER_CLOSE,), close=_NEVER, refund=Steps((), Step(act=False, code="USER_ACCOUNT_ABNORMAL"))
    ),
    "the answer is lost": replace(_NOBODY, charge=Steps((Step(fault=Fault.CUT),))),
    "it never arrives": Scenario("lost", "never arrives", Standing.ABSENT, charge=Steps((Step(act=False, fault=Fault.CUT),))),
    "refused": Scenario("refused", "refused", Standing.ABSENT, charge=Steps((Step(act=False, code="TRADE_ERROR"),))),
    "the debit fails": replace(_NOBODY, moves=(Move(Standing.FAILED, on=Call.QUERY, nth=2),)),
    "ended by the wallet": replace(_NOBODY, moves=(Move(Standing.CLOSED, on=Call.QUERY, nth=2),)),
    "paid with a wrong amount": replace(
        _NOBODY, moves=(Move(Standing.PAID, on=Call.QUERY, nth=2),), query=Steps((Step(), Step(lie=Lie.AMOUNT), Step(lie=Lie.AMOUNT)))
    ),
}
JAMMED: Mapping[str, Scenario] = {
    "nothing is handed over": CASES["paid"],
    "nothing is handed over, refund busy": replace(CASES["paid"], refund=Steps((Step(act=False, code="SYSTEMERROR"),))),
    "nothing is handed over, refund refused": replace(CASES["paid"], refund=Steps((), Step(act=False, code="USER_ACCOUNT_ABNORMAL"))),
}
CANCELS_S = (0.2, 1.5, 4.0, 12.0)
"""When the till gives up: before a code is shown, while it is sent, while the payer is asked, while it is being undone."""

QUICK_PAY = (
    *(
        Story(name, gateway, scenario)
        for gateway in ("wallet", "backend")
        for name, scenario in CASES.items()
        if name not in BREAKS_ITS_WORD
    ),
    *(
        Story(f"{name}, given up after {seconds:g} s", gateway, CASES[name], cancels_after_s=seconds)
        for gateway in ("wallet", "backend")
        for name in ("paid", "password_never", "password_then_paid", "refused_notenough", "request_lost")
        for seconds in CANCELS_S
    ),
    *(Story(name, gateway, scenario, jams=True) for gateway in ("wallet", "backend") for name, scenario in JAMMED.items()),
)
QR = (
    *(
        Story(name, gateway, scenario, shows=True)
        for gateway in ("wallet", "backend", "service")
        for name, scenario in QR_SCENARIOS.items()
    ),
    *(
        Story(f"{name}, given up after {seconds:g} s", gateway, QR_SCENARIOS[name], shows=True, cancels_after_s=seconds)
        for gateway in ("wallet", "backend", "service")
        for name in ("nobody pays", "paid late", "the answer is lost")
        for seconds in CANCELS_S
    ),
    *(Story(name, gateway, scenario, shows=True, jams=True) for gateway in ("wallet", "service") for name, scenario in JAMMED.items()),
)
