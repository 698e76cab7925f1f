"""One life of the box's program: its parts as `daemon.app` builds them, on a loop of virtual time, up to the moment it dies.

The panel, the lights and the web server are left out: they are told of payments and change none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daemon.cycle import Rules
from daemon.desk import BoxDesk, Counter
from daemon.gateways.base import Gateway
from daemon.health import Board, Link
from daemon.keeper import Keeper
from daemon.payment import OutTradeNo, Payment
from daemon.presenter import Presenter
from daemon.runner import Change, Runner
from daemon.scanning import Scanning
from daemon.simulation.disk import SimulatedJournal
from daemon.simulation.loop import VirtualLoop
from daemon.simulation.till_line import LINE_TILL, TERMS, SimulatedTillLine
from daemon.tills.serial import SerialTerms, SerialTill
from daemon.told import JournalTellings
from daemon.view import NoticeKind
from hw.decode import LineDecoder
from hw.interfaces import Condition, Health, Scan, ScanListener

FIRST_S = 7.0  # of the monotonic clock in each boot


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `config.toml` would say."""

    rules: Rules
    scan: Mapping[str, str]
    show: Mapping[str, str]
    sell_while_in_doubt: bool


class SimulatedScanner:
    """Decodes bytes all the time, and gives codes while it is armed, as `hw.scanner_serial` does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._decoder = LineDecoder()
        self._is_armed = False
        self.listener: ScanListener | None = None

    def arm(self) -> None:
        self._decoder.reset_until_break(self._clock())
        self._is_armed = True

    def disarm(self) -> None:
        self._is_armed = False

    def read(self, data: bytes) -> None:
        """Bytes of the scanner's line."""
        for outcome in self._decoder.feed(data, self._clock()):
            if not self._is_armed or self.listener is None:
                continue
            if isinstance(outcome, Scan):
                self.listener.scanned(outcome)
            else:
                self.listener.scan_failed(outcome)


@dataclass(slots=True)
class Face:
    """Stands for the panel, of which the desk and the scanning know next to nothing."""

    screen: str = ""
    patterns: dict[str, str] = field(default_factory=dict)
    heard: Any = None
    notices: list[tuple[NoticeKind, str]] = field(default_factory=list)

    def notify(self, kind: NoticeKind, text: str) -> None:
        self.notices.append((kind, text))


class Box:
    """Built and started; `loop.run_ready()` brings it forward. `numbers` makes order numbers."""

    def __init__(
        self,
        loop: VirtualLoop,
        configuration: Configuration,
        gateways: Mapping[str, Gateway],
        journal: SimulatedJournal,
        numbers: Callable[[], OutTradeNo],
        wall: Callable[[], datetime],
        on_change: Callable[[Change], None],
        line: SimulatedTillLine | None = None,
    ) -> None:
        self.loop = loop
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
        counter = Counter(frozenset(configuration.scan.values()), configuration.show, configuration.sell_while_in_doubt, numbers)
        self.desk = BoxDesk(self.runner, journal, self.board, presenter, counter, self._keeper.look)  # type: ignore[arg-type]  # as above
        self.scanner = SimulatedScanner(loop.time)
        scanning = Scanning(self.runner, self.scanner, configuration.scan, self.board, self.face.notify, numbers)  # type: ignore[arg-type]  # as above
        self.scanner.listener = scanning
        self.runner.listeners.append(scanning.on_change)
        self.line = line
        self._till = None if line is None else self._serial_till(line, journal, numbers)
        loop.create_task(self._start())

    def _serial_till(self, line: SimulatedTillLine, journal: SimulatedJournal, numbers: Callable[[], OutTradeNo]) -> SerialTill:
        tellings = JournalTellings(journal, self.runner.find)  # type: ignore[arg-type]  # as above
        till = SerialTill(SerialTerms(LINE_TILL, TERMS), line, self.desk, tellings, numbers)
        self.runner.listeners.append(lambda change: till.changed(change.payment))
        return till

    async def _start(self) -> None:
        await self._keeper.start()
        if self._till is not None:
            self._till.start(lambda _health: None)

    def scanner_is(self, condition: Condition) -> None:
        self.board.device("scanner", Health(condition))

    @property
    def live(self) -> list[Payment]:
        return self.runner.live
