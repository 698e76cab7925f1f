"""One life of the box's program: its parts as `daemon.app` builds them, on a loop of virtual time, up to the moment it dies.

The panel, the lights and the web server are left out: they are told of payments and change none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from daemon.cycle import Rules
from daemon.desk import BoxDesk, Counter
from daemon.front import BoxFront
from daemon.gateways.base import Gateway
from daemon.giving_up import GivingUp
from daemon.goods_owed import JournalGoods
from daemon.health import Board, Link
from daemon.keeper import Keeper
from daemon.links import Links
from daemon.payment import Mode, OutTradeNo, Payment
from daemon.presenter import Presenter
from daemon.runner import Change, Runner
from daemon.scanning import Scanning
from daemon.simulation.disk import SimulatedJournal
from daemon.simulation.kinds import WARES
from daemon.simulation.loop import VirtualLoop
from daemon.tills.base import Till
from daemon.tills.house import House
from daemon.timing import Schedule
from daemon.view import NoticeKind, Prompt
from hw.decode import LineDecoder
from hw.interfaces import Condition, Health, Scan, ScanListener
from hw.simulated import SimulatedButton

FIRST_S = 7.0  # of the monotonic clock in each boot


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `config.toml` would say."""

    rules: Rules
    scan: Mapping[str, str]
    show: Mapping[str, str]
    sell_while_in_doubt: bool
    priorities: Mapping[str, int] = field(default_factory=dict)  # of tills, by name


class SimulatedScanner:
    """Decodes bytes all the time, and gives codes while it is armed, as `hw.scanner_serial` does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._decoder = LineDecoder()
        self._is_armed = False
        self.listener: ScanListener | None = None
        self.read_at = -math.inf  # when bytes came last, by the clock of this boot

    def arm(self) -> None:
        self._decoder.reset_until_break(self._clock())
        self._is_armed = True

    def disarm(self) -> None:
        self._is_armed = False

    def read(self, data: bytes) -> None:
        """Bytes of the scanner's line."""
        self.read_at = self._clock()
        for outcome in self._decoder.feed(data, self._clock()):
            if not self._is_armed or self.listener is None:
                continue
            if isinstance(outcome, Scan):
                self.listener.scanned(outcome)
            else:
                self.listener.scan_failed(outcome)


@dataclass(slots=True)
class Face:
    """Stands for the panel, of which the desk, the scanning and the tills know next to nothing."""

    screen: str = ""
    patterns: dict[str, str] = field(default_factory=dict)
    heard: Any = None
    notices: list[tuple[NoticeKind, str]] = field(default_factory=list)
    prompts: dict[str, Prompt] = field(default_factory=dict)  # by the name of the till that has something to say

    def notify(self, kind: NoticeKind, text: str) -> None:
        self.notices.append((kind, text))

    def show_prompt(self, till: str, prompt: Prompt | None) -> None:
        self.prompts.pop(till, None)
        if prompt is not None:
            self.prompts[till] = prompt


class Box:
    """Built and started; `loop.run_ready()` brings it forward. `numbers` makes order numbers, `fit` its till, where that has a device
    of its own: out of the parts that are here, as `daemon.app` does."""

    def __init__(
        self,
        loop: VirtualLoop,
        configuration: Configuration,
        gateways: Mapping[str, Gateway],
        journal: SimulatedJournal,
        numbers: Callable[[], OutTradeNo],
        wall: Callable[[], datetime],
        on_change: Callable[[Change], None],
        fit: Callable[[Box], Till] | None = None,
    ) -> None:
        self.loop = loop
        self.journal = journal
        self.numbers = numbers
        self._gateways = gateways
        self._links: Links | None = None
        self.board = Board()
        self.face = Face()
        for name in gateways:
            self.board.link(name, Link())
        for device in ("scanner", "display"):
            self.board.device(device, Health(Condition.OK))
        self.runner = Runner(journal, gateways, configuration.rules, wall)  # type: ignore[arg-type]  # it has all that a Journal is asked
        self.runner.listeners.append(on_change)
        self._keeper = Keeper(journal, self.runner, self.board, keep_days=3650, wall=wall)  # type: ignore[arg-type]  # as above
        presenter: Presenter = self.face  # type: ignore[assignment]  # it has all that is asked of one here
        self._serving = frozenset(configuration.scan.values())
        in_doubt, priorities = configuration.sell_while_in_doubt, configuration.priorities
        counter = Counter(configuration.scan, configuration.show, in_doubt, numbers, priorities, frozenset(WARES))
        self.desk = BoxDesk(self.runner, journal, self.board, presenter, counter, self._keeper.look)  # type: ignore[arg-type]  # as above
        self.scanner = SimulatedScanner(loop.time)
        self._scanning = Scanning(self.runner, self.scanner, configuration.scan, self.board, self.face.notify, numbers)  # type: ignore[arg-type]  # as above
        self.scanner.listener = self._scanning
        self.runner.listeners.append(self._scanning.on_change)
        self.goods = JournalGoods(journal, self.runner.find, self._keeper.count_anew)  # type: ignore[arg-type]  # as above
        self.button = SimulatedButton()
        self._till = None if fit is None else self._fitted(fit(self))
        loop.create_task(self._start())

    def _fitted(self, till: Till) -> Till:
        self.runner.listeners.append(lambda change: till.changed(change.payment))
        return till

    def house(self, schedule: Schedule) -> House:
        """For a till without staff. Its links are looked after, so that it takes no money that no provider would book."""
        board, serving = self.board, self._serving
        self._links = Links(self._gateways, board)
        self.runner.link_listeners.append(self._links.heard)
        return House(
            self.goods,
            board.hold,
            closed=lambda: "; ".join(board.not_ready(Mode.SCAN, serving)) or None,
            unreachable=lambda: board.unreachable(serving),
            watch=board.listeners.append,
            schedule=schedule,
        )

    def front(self, *, has_button: bool = True) -> BoxFront:
        """For a till that has no panel and no button of its own."""
        giving_up = GivingUp(self.runner, self.button)
        self.button.open(giving_up.pressed, lambda _health: None)
        self.runner.listeners.append(giving_up.on_change)
        presenter: Presenter = self.face  # type: ignore[assignment]  # as above
        return BoxFront(presenter, self._scanning, giving_up, has_button=has_button)

    async def _start(self) -> None:
        await self._keeper.start()
        if self._links is not None:
            await self._links.start()
        if self._till is not None:
            self._till.start(partial(self.board.till, self._till.name))
            self.board.till(self._till.name, self._till.health)

    def scanner_is(self, condition: Condition) -> None:
        self.board.device("scanner", Health(condition))

    @property
    def live(self) -> list[Payment]:
        return self.runner.live
