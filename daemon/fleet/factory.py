"""The one place that brings the fleet to life, before the box runs: a box without `[mqtt]` starts sooner without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hw.interfaces import Health

if TYPE_CHECKING:
    from daemon.fleet.outbox import Book, Follow
    from daemon.fleet.publisher import Fleet
    from daemon.fleet.settings import MqttSettings


def build(
    settings: MqttSettings,
    names: tuple[str, str, str],
    book: Book,
    follow: Follow,
    status: Callable[[], dict[str, Any]],
    report: Callable[[Health], None],
    wall: Callable[[], datetime],
) -> Fleet:
    """Not started yet. `names`: the prefix of its topics, the box's own name, its version; the others as in `publisher.Told`."""
    from daemon.fleet.publisher import Fleet, Told
    from daemon.fleet.topics import Topics

    return Fleet(settings, Told(Topics(*names), book, follow, status, report, wall))
