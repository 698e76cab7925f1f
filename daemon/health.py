"""The health of devices and links: the second machine, apart from every payment.

It colours the screen and may hold back new sales; it never touches a payment (P12).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from daemon.payment import Mode
from daemon.view import Outage, Part
from hw.interfaces import UNOPENED, Condition, Health

log = logging.getLogger(__name__)

_OK = Health(Condition.OK)


@dataclass(frozen=True, slots=True)
class Link:
    """How a gateway is. `blocked`: no sale may start through it (credentials, certificate), whatever the network does."""

    health: Health = _OK
    part: Part = Part.GATEWAY
    blocked: bool = False


class Board:
    """What the box has and how it is. `listeners` are called after every change."""

    def __init__(self) -> None:
        self.devices: dict[str, Health] = {}
        self.tills: dict[str, Health] = {}  # the lines of tills that have one of their own, by the till's name
        self.held: dict[str, str] = {}  # why a till takes no money now, by its name: its machine could not honour it
        self.links: dict[str, Link] = {}
        self.journal: str | None = "not opened yet"  # what is wrong with it
        self.fleet: Health | None = None  # how the connection to the fleet's broker is; None where there is none
        self.doubts = 0  # payments that a person must look at
        self.listeners: list[Callable[[], None]] = []

    def device(self, name: str, health: Health) -> None:
        if self.devices.get(name) != health:
            self.devices[name] = health
            _log("device", name, health)
            self._changed()

    def till(self, name: str, health: Health) -> None:
        """How a till's line is. It holds up nobody: other tills sell on."""
        if self.tills.get(name) != health:
            self.tills[name] = health
            _log("till", name, health)
            self._changed()

    def hold(self, till: str, reason: str | None) -> None:
        """That till is held back, and why; None: no longer. Other tills sell on."""
        if self.held.get(till) != reason:
            self.held = {name: why for name, why in self.held.items() if name != till} | ({till: reason} if reason else {})
            log.log(
                logging.WARNING if reason else logging.INFO, 'till_%s name=%s why="%s"', "held" if reason else "free", till, reason or ""
            )
            self._changed()

    @property
    def all_devices(self) -> dict[str, Health]:
        """Devices, and the lines of tills, by name; the configuration sees to it that no name is both."""
        return self.devices | self.tills

    def link(self, name: str, link: Link) -> None:
        if self.links.get(name) != link:
            self.links[name] = link
            _log("gateway", name, link.health)
            self._changed()

    def fleet_is(self, health: Health) -> None:
        """It holds up nobody, and nobody at the box can do anything about it: it is on no panel."""
        if self.fleet != health:
            self.fleet = health
            _log("fleet", "mqtt", health)
            self._changed()

    def journal_is(self, trouble: str | None) -> None:
        if self.journal != trouble:
            self.journal = trouble
            self._changed()

    def doubts_are(self, count: int) -> None:
        if self.doubts != count:
            self.doubts = count
            self._changed()

    def unreachable(self, gateways: frozenset[str]) -> str | None:
        """Why none of those gateways answers now; None where one does. A till without staff takes no money before one is back."""
        troubles = {name: link.health for name, link in self.links.items() if name in gateways}
        if not troubles or any(health.condition is Condition.OK for health in troubles.values()):
            return None
        return "; ".join(f"gateway {name}: {health.detail}" for name, health in sorted(troubles.items()))

    def can_charge(self, gateway: str) -> bool:
        link = self.links.get(gateway)
        return link is not None and not link.blocked

    def not_ready(self, mode: Mode, gateways: frozenset[str], tills: frozenset[str] = frozenset()) -> list[str]:
        """Why no sale of that mode, through one of those gateways, by one of those tills, can start now; each a text for people.
        Empty: it can."""
        reasons = [f"journal: {self.journal}"] if self.journal else []
        if tills and tills <= self.held.keys():
            reasons += [f"till {name}: {self.held[name]}" for name in sorted(tills)]
        scanner = self.devices.get("scanner")
        if mode is Mode.SCAN and scanner is None:
            reasons.append("scanner: none is configured ([scanner] in config.toml)")
        elif mode is Mode.SCAN and scanner is not None and scanner.condition is not Condition.OK:
            reasons.append(f"scanner {scanner.condition}: {scanner.detail}")
        display = self.devices.get("display")
        if mode is Mode.SHOW and display is None:
            reasons.append("display: none is configured to show a QR on ([display] in config.toml)")
        elif mode is Mode.SHOW and display is not None and display.condition is not Condition.OK:
            reasons.append(f"display {display.condition}: {display.detail}")
        if not gateways:
            reasons.append(f"no gateway serves mode {mode.value!r} ([routes] in config.toml)")
        elif not any(self.can_charge(name) for name in gateways):
            reasons += [f"gateway {name}: {self._detail(name)}" for name in sorted(gateways)]
        return reasons

    def outages(self) -> tuple[Outage, ...]:
        """What is missing, for the panel. Of what was not looked for yet, a moment after the start, nobody is told."""
        missing = [Outage(Part.JOURNAL, "", self.journal)] if self.journal else []
        missing += [Outage(Part(n), n, h.detail) for n, h in self.devices.items() if _is_out(h)]
        missing += [Outage(Part.TILL, n, h.detail) for n, h in self.tills.items() if _is_out(h)]
        missing += [Outage(Part.GOODS, n, why) for n, why in self.held.items() if not _is_out(self.tills.get(n, _OK))]
        missing += [Outage(link.part, n, link.health.detail) for n, link in self.links.items() if link.health.condition is not Condition.OK]
        return tuple(missing)

    def _detail(self, gateway: str) -> str:
        link = self.links.get(gateway)
        return link.health.detail if link else "not checked yet"

    def _changed(self) -> None:
        """Nobody who reports how something is is held up by somebody who shows it."""
        for listener in self.listeners:
            try:
                listener()
            except Exception:
                log.exception("listener_fault")


def _is_out(health: Health) -> bool:
    return health.condition is not Condition.OK and health != UNOPENED


def _log(what: str, name: str, health: Health) -> None:
    level = logging.INFO if health == _OK else logging.WARNING
    log.log(level, '%s_%s name=%s detail="%s"', what, health.condition, name, health.detail)
