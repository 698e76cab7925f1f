"""`[timing]`: how long the box waits for what. Tighter than a provider's own rule is obeyed, with a warning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from daemon.gateways.settings import ConnectSettings, GatewaySettings, MerchantSettings, WechatSettings
from daemon.tables.findings import Findings
from daemon.tables.table import Table
from daemon.tables.values import SECONDS
from daemon.timing import Schedule


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a provider has published about a wait."""

    key: str
    least: float
    most: float
    why: str


_CLOSES_ITSELF = _Rule("give_up_s", 0, 45, "the wallet itself closes an unpaid order 45 s after it was made")
_RULES: dict[type, tuple[_Rule, ...]] = {
    WechatSettings: (
        _Rule("query_every_s", 3, float("inf"), "WeChat Pay asks for 3 to 5 s between two queries"),
        _CLOSES_ITSELF,
        _Rule("revoke_not_before_s", 15, float("inf"), "WeChat Pay asks for 15 s between a charge and its revoke"),
    ),
    MerchantSettings: (_CLOSES_ITSELF,),
    ConnectSettings: (_Rule("qr_query_every_s", 3, float("inf"), "Worldline Connect asks for one question every 3 s"),),
}


def read_timing(table: Table) -> Schedule:
    usual = Schedule()
    schedule = Schedule(**{field.name: table.take(field.name, SECONDS, getattr(usual, field.name)) for field in fields(Schedule)})
    table.close()
    return schedule


def warn_of_rules(schedule: Schedule, gateways: Iterable[GatewaySettings | None], findings: Findings) -> None:
    """Say once for each key where a gateway's provider has another rule."""
    rules = {rule.key: rule for settings in gateways for rule in _RULES.get(type(settings), ())}
    for rule in rules.values():
        value = getattr(schedule, rule.key)
        if not rule.least <= value <= rule.most:
            findings.warn(f"timing.{rule.key}", f"is {value:g} s, but {rule.why}")
