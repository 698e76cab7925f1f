"""How a device is, kept in one place and told when it changes."""

from __future__ import annotations

import logging

from hw.interfaces import UNOPENED, Condition, Health, HealthListener

_log = logging.getLogger(__name__)

OK = Health(Condition.OK)


class HealthNote:
    """A device's health. The listener hears of changes only, on the thread that reports them."""

    def __init__(self, name: str) -> None:
        self.health = UNOPENED
        self._name = name
        self._listener: HealthListener | None = None

    def tell(self, listener: HealthListener) -> None:
        self._listener = listener

    def set(self, health: Health) -> None:
        if health == self.health:
            return
        self.health = health
        level = logging.INFO if health.condition is Condition.OK else logging.WARNING
        _log.log(level, "device name=%s state=%s detail=%r", self._name, health.condition, health.detail)
        if self._listener is not None:
            self._listener(health)
