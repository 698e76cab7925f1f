"""What the shop's configuration and its providers are like in one history."""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.cycle import Rules
from daemon.gateways.base import Ability
from daemon.payment import Reason
from daemon.simulation.box import Configuration
from daemon.simulation.choices import Choices
from daemon.simulation.kinds import WARES, TillKind, kind_of
from daemon.simulation.line import Kind
from daemon.simulation.provider import Ways
from daemon.timing import Schedule

SCHEDULES = (
    Schedule(),
    Schedule(),
    Schedule(in_doubt_s=3),
    Schedule(revoke_not_before_s=40),
    Schedule(give_up_s=6, revoke_not_before_s=2, query_every_s=0.5, chase_s=2),
    Schedule(query_every_s=31, in_doubt_s=70, chase_s=4000),
)

_ALL = frozenset(Ability)
_OF_ONE = {1: "wallet", 6: "backend", 7: "wallet"}
"""Shops where every code goes to one gateway, whose orders are stored with the amounts: a quarter of all."""

IN_BYTES = 12  # in one history of so many, box and providers speak in bytes: it takes several times as long
IN_FILE = 100  # and in one of so many the journal has its file: every step waits for a real disk


@dataclass(frozen=True, slots=True)
class Setting:
    """`gateways`: what each can do, and how its provider is."""

    schedule: Schedule
    gateways: dict[Kind, Ways]
    configuration: Configuration
    refunds: bool
    in_file: bool  # what is written goes to the journal's own file, too
    till: TillKind = TillKind.HTTP  # what is to be scanned is asked for by it

    @property
    def repeats(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self.gateways if kind.repeats_creates)


def draw_setting(choices: Choices) -> Setting:
    """A wallet spoken to directly, a merchant's backend, and a payment service that only shows."""
    schedule = choices.pick(SCHEDULES)
    reports = choices.chance(5)
    abilities = _ALL - ({Ability.REFUND} if choices.chance(6) else set())
    holds, in_bytes = choices.chance(2), choices.chance(IN_BYTES)
    gateways = {
        Kind("wallet", _ALL, wire="wechat" if in_bytes else ""): Ways(),
        Kind("backend", abilities, holds_queries=holds, wire="merchant" if in_bytes else ""): Ways(tells_qr_again=True),
        Kind("service", abilities - {Ability.SCAN, Ability.CLOSE}, repeats_creates=choices.chance(2)): Ways(),
    }
    rules = Rules(
        dict.fromkeys((kind.name for kind in gateways), schedule),
        scan_s=schedule.scan_s,
        late_payment="report" if reports else "refund",
        refunding=_named(gateways, Ability.REFUND),
        holding=frozenset(kind.name for kind in gateways if kind.holds_queries),
        closing=_named(gateways, Ability.CLOSE),
        repeating=frozenset(kind.name for kind in gateways if kind.repeats_creates),
        unshowable=_never if not choices.chance(20) else _always,
    )
    configuration = Configuration(
        rules,
        scan={"wechat": "wallet", "alipay": "backend"},
        show={"default": "wallet", "backend": "backend", "service": "service"},
        sell_while_in_doubt=choices.chance(3),
    )
    in_file = choices.chance(IN_FILE)
    drawn = sum(choices.drawn)
    till = kind_of(drawn)
    if drawn // 16 in _OF_ONE:  # as `kind_of`: no draw of its own
        configuration = replace(configuration, scan=dict.fromkeys(configuration.scan, _OF_ONE[drawn // 16]))
    if till.value in WARES:  # a cashier beside it goes before what it offers to nobody
        configuration = replace(configuration, priorities={TillKind.HTTP.value: 1, till.value: 0})
    return Setting(schedule, gateways, configuration, not reports, in_file, till)


def _never(_text: str) -> Reason | None:
    return None


def _always(_text: str) -> Reason | None:
    """A panel that is too small."""
    return Reason("qr_unreadable", "the panel is too small")


def _named(gateways: dict[Kind, Ways], ability: Ability) -> frozenset[str]:
    return frozenset(kind.name for kind in gateways if ability in kind.abilities)
