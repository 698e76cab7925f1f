"""Several scanners that are one to the box: one that faces the payer and one in the cashier's hand, or two that are alike."""

from __future__ import annotations

from collections.abc import Sequence

from hw.interfaces import Condition, Health, HealthListener, ScanListener, Scanner


class Scanners:
    """Each is opened, watched and taken back by itself; codes come from whichever reads first.

    It is OK as long as one of them is, so that sales go on; `detail` then says which are away.
    """

    def __init__(self, scanners: Sequence[Scanner]) -> None:
        if len(scanners) < 2:
            raise ValueError("several scanners are two or more")
        self._scanners = tuple(scanners)
        self._listener: HealthListener | None = None
        self._told: Health | None = None

    @property
    def health(self) -> Health:
        healths = [scanner.health for scanner in self._scanners]
        away = [health for health in healths if health.condition is not Condition.OK]
        detail = "; ".join(health.detail or health.condition.value for health in away)
        if len(away) < len(healths):
            return Health(Condition.OK, f"{len(away)} of {len(healths)} scanners away: {detail}" if away else "")
        failing = any(health.condition is Condition.FAILING for health in healths)
        return Health(Condition.FAILING if failing else Condition.MISSING, detail)

    def open(self, listener: ScanListener, on_health: HealthListener) -> None:
        self._told = self.health
        self._listener = on_health
        for scanner in self._scanners:
            scanner.open(listener, self._changed)

    def arm(self) -> None:
        for scanner in self._scanners:
            scanner.arm()

    def disarm(self) -> None:
        for scanner in self._scanners:
            scanner.disarm()

    def close(self) -> None:
        self._listener = None
        for scanner in self._scanners:
            scanner.close()

    def _changed(self, _health: Health) -> None:
        """One of them changed: tell what that means for all, if it means anything."""
        health = self.health
        if self._listener is not None and health != self._told:
            self._told = health
            self._listener(health)
