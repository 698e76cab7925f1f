"""What payers, tills and providers take it into their heads to do: scenarios and scans, drawn from the choices of a history."""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.sandbox.scenario import Call, Lie, Move, Scenario, Standing, Step, Steps
from daemon.simulation.choices import Choices
from daemon.timing import Schedule

HONEST = Step()
REFUSALS = (
    "NOTENOUGH", "AUTHCODEEXPIRE", "AUTH_CODE_ERROR", "AUTH_CODE_INVALID", "NOTSUPORTCARD", "TRADE_ERROR", "RULELIMIT", "BUYER_MISMATCH",
    "NOAUTH", "SIGNERROR", "PARAM_ERROR", "SYSTEMERROR", "BANKERROR", "OUT_TRADE_NO_USED", "A_NEW_CODE",
)  # fmt: skip
NOT_MADE = frozenset({"AUTHCODEEXPIRE", "AUTH_CODE_ERROR", "AUTH_CODE_INVALID", "NOAUTH", "SIGNERROR", "PARAM_ERROR"})
"""Refusals after which the provider has no such order."""

PAUSES_S = (0.5, 1.0, 3.0, 3.0, 11.0, 11.0, 19.5, 20.5, 24.0, 29.9, 31.0, 44.0, 70.0, 119.5, 125.0, 400.0)
"""When somebody does something: also just before and just after each limit of the box and the wallets."""

ENDS_S = 7200.0  # a wallet ends what nobody paid, whatever became of its revoke. WeChat Native: two hours

HARMLESS = (0, 1, 6)
"""Times that something goes well before it is refused for good; a box that knows of no order revokes some five times."""

TURNS_UP = (0.05, 0.3, 0.9, 1.1, 1.5, 1.9, 2.0)
"""When what a provider had lost turns up, in times of `give_up_s`: at twice that a charge is held to be lost, and looked for
once more `chase_s` later."""

SLOWEST_S = 2.5
"""The longest that a request is on its way."""

_PAYS = Move(Standing.PAID, unless_ended=True)


@dataclass(frozen=True, slots=True)
class Sale:
    """What a till asks for, and how it behaves."""

    ref: str
    minor: int
    shows: bool
    scheme: str | None
    ttl_s: float | None
    asks_twice: bool
    cancels_after_s: float | None
    cancels_again: bool


def draw_sale(choices: Choices, ref: str) -> Sale:
    return Sale(
        ref,
        minor=1 + choices.below(5000),
        shows=choices.chance(4),
        scheme=choices.pick((None, "backend", "service")),
        ttl_s=choices.pick((20.0, 20.0, None)),
        asks_twice=choices.chance(6),
        cancels_after_s=choices.pick(PAUSES_S) if choices.chance(4) else None,
        cancels_again=choices.chance(3),
    )


def draw_scenario(choices: Choices, *, shown: bool, schedule: Schedule, late: bool = False) -> Scenario:
    """What comes of one order. Nobody pays an order that was ended, and nobody at a provider breaks a word once given.
    `late`: it was so long on its way already that the provider does not lose it for a while on top of that."""
    scenario = choices.pick((_paid, _paid, _asked, _asked, _refused, _paid if late else _unclear))(choices, schedule)
    if shown and scenario.start is Standing.ABSENT:  # nobody has seen its QR, so nobody pays it
        scenario = replace(scenario, moves=tuple(replace(move, to=Standing.UNPAID) for move in scenario.moves))
    elif shown and scenario.start is Standing.PAID:
        scenario = replace(scenario, start=Standing.UNPAID, moves=(*scenario.moves, _pays(choices)))
    elif shown and scenario.start is Standing.CONFIRMING:
        asked = (Move(Standing.CONFIRMING, after=choices.pick(PAUSES_S), unless_ended=True),) if choices.chance(3) else ()
        scenario = replace(scenario, start=Standing.UNPAID, moves=(*asked, *scenario.moves))
    is_lost = scenario.start is Standing.ABSENT  # what turns up late, and then is hard to get rid of, is seldom enough
    if choices.chance(2 if is_lost else 5):
        scenario = replace(scenario, revoke=_ends(choices), close=_closes(choices), refund=_refunds(choices))
    if choices.chance(4 if is_lost else 12):
        lie = Step(lie=choices.pick((Lie.AMOUNT, Lie.CURRENCY, Lie.MERCHANT, Lie.NUMBER)))
        scenario = replace(
            scenario,
            charge=_also(scenario.charge, lie),
            query=Steps((lie,) * choices.below(6), lie if choices.chance(6 if is_lost else 60) else HONEST),
        )
    if scenario.start is not Standing.PAID and not choices.chance(400):
        scenario = replace(scenario, moves=(*scenario.moves, Move(Standing.CLOSED, after=ENDS_S, unless_ended=True)))
    return scenario


def _paid(_choices: Choices, _schedule: Schedule) -> Scenario:
    return Scenario("paid", "paid at once")


def _asked(choices: Choices, _schedule: Schedule) -> Scenario:
    """The payer is asked for the password: pays, declines, walks away, or the wallet ends it."""
    what = choices.below(5)
    moves = {
        0: (_pays(choices),),
        1: (),
        2: (replace(_pays(choices), to=Standing.FAILED),),
        3: (Move(Standing.PAID, on=choices.pick((Call.QUERY, Call.REVOKE, Call.CLOSE)), nth=1 + choices.below(4), unless_ended=True),),
        4: (Move(Standing.CLOSED, on=Call.QUERY, nth=1 + choices.below(4), unless_ended=True),),
    }[what]
    return Scenario("asked", "the payer is asked", Standing.CONFIRMING, moves)


def _refused(choices: Choices, _schedule: Schedule) -> Scenario:
    """By a code; now and then it was paid all the same, or is paid later."""
    code = choices.pick(REFUSALS)
    start = Standing.ABSENT if code in NOT_MADE else choices.pick((Standing.FAILED, Standing.UNPAID, Standing.PAID, Standing.CONFIRMING))
    step = Step(act=start is not Standing.ABSENT, code=code)
    moves = (_pays(choices),) if start in (Standing.UNPAID, Standing.CONFIRMING) and choices.chance(2) else ()
    return Scenario("refused", code, start, moves, charge=Steps((step,)))


def _unclear(choices: Choices, schedule: Schedule) -> Scenario:
    """The request is lost on the provider's side, and perhaps turns up there later; or the order is ended as it comes."""
    if choices.chance(6):
        return Scenario("ended", "ended as it comes", Standing.CLOSED)
    after_s = choices.pick(TURNS_UP) * schedule.give_up_s + choices.pick((0.0, 0.0, 0.8)) * schedule.chase_s
    after_s = min(after_s, TURNS_UP[-1] * schedule.give_up_s + 0.8 * schedule.chase_s - SLOWEST_S)  # the way here counts, too
    arrives = Move(choices.pick((Standing.CONFIRMING, Standing.PAID)), after=after_s, unless_ended=True)
    moves = (arrives,) if choices.chance(2) else ()
    return Scenario("lost", "lost inside the provider", Standing.ABSENT, moves, charge=Steps((Step(act=False),)))


def _pays(choices: Choices) -> Move:
    return replace(_PAYS, after=choices.pick(PAUSES_S))


def _ends(choices: Choices) -> Steps:
    """How revokes go: again and again, or refused for good."""
    step = choices.pick(
        (
            HONEST,
            Step(act=False, code="SYSTEMERROR", again=True),
            Step(act=False, code="USERPAYING", again=True),
            Step(act=False, code="TRADE_ERROR", again=False),
            Step(act=False, code="REVERSE_EXPIRE", again=False),
            Step(act=False, code="INVALID_TRANSACTIONID"),
        )
    )
    if step.again is False:
        return Steps((HONEST,) * choices.pick(HARMLESS), step)
    return Steps((step,) * (1 + choices.below(3)))


def _closes(choices: Choices) -> Steps:
    step = choices.pick((HONEST, Step(act=False, code="SYSTEMERROR", again=True), Step(act=False, code="CLOSE_REFUSED", again=False)))
    if step.again is False:
        return Steps((HONEST,) * choices.pick(HARMLESS), step)
    return Steps((step,) * (1 + choices.below(3)))


def _refunds(choices: Choices) -> Steps:
    step = choices.pick((HONEST, Step(act=False, code="SYSTEMERROR"), Step(act=False, code="USER_ACCOUNT_ABNORMAL")))
    return Steps((), step) if step.code == "USER_ACCOUNT_ABNORMAL" else Steps((step,) * (1 + choices.below(3)))


def _also(steps: Steps, lie: Step) -> Steps:
    """The same charge, answered falsely, where it has no answer of its own."""
    return steps if steps.first else Steps((lie,))


@dataclass(frozen=True, slots=True)
class Show:
    """What a payer holds before the scanner, and when: bytes as the scanner sends them, cut anywhere."""

    after_s: float
    pieces: tuple[bytes, ...]
    is_code: bool


WRONG = (
    b"4006381333931\r",
    b"wxp://f2f0madeup\r",
    b"https://example.com/a\r",
    b"000201010211\r",
    b"\xff\xfe\x00\x81\r",
    b"1" * 700 + b"\r",
)


def draw_show(choices: Choices, code: str) -> Show | None:
    """None: nobody comes."""
    what = choices.below(10)
    if what == 9:
        return None
    after_s = choices.pick((0.8, 0.8, 6.0, 25.0, 58.0))
    if what == 8:
        return Show(after_s, (choices.pick(WRONG),), is_code=False)
    data = code.encode() + choices.pick((b"\r", b"\r\n", b"\t"))
    cut = choices.below(len(data))
    return Show(after_s, (data[:cut], data[cut:]) if cut else (data,), is_code=True)
