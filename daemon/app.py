"""The one place that builds the box from its configuration, starts its parts in order, and stops them in reverse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import __version__
from daemon.attending import Attending
from daemon.config import Config, ConfigProblems
from daemon.cycle import Rules
from daemon.desk import BoxDesk, Counter
from daemon.events import Cancelled
from daemon.fleet.factory import build as build_fleet
from daemon.front import BoxFront
from daemon.gateways.base import Ability, Gateway, Pushed
from daemon.gateways.factory import build as build_gateway
from daemon.gateways.settings import Place
from daemon.giving_up import GivingUp
from daemon.goods_owed import JournalGoods
from daemon.health import Board
from daemon.journal import Journal
from daemon.keeper import Keeper
from daemon.links import Links
from daemon.metrics.box import Metrics
from daemon.metrics.disk import Disk, certificates
from daemon.metrics.gauges import Gauges
from daemon.metrics.observer import Ears
from daemon.not_set_up import NotSetUp, usable
from daemon.notify import Notifier
from daemon.numbers import OrderNumbers
from daemon.panel_text import png
from daemon.payment import Mode, Payment, State
from daemon.presenter import Face, Presenter
from daemon.qr import Panel, why_unshowable
from daemon.runner import Change, Runner
from daemon.scanning import Scanning
from daemon.texts import Language
from daemon.tills.base import Giving, Played, Till
from daemon.tills.factory import Shop
from daemon.tills.factory import build as build_tills
from daemon.tills.house import House
from daemon.tills.http import Terms
from daemon.told import JournalTellings
from daemon.vitals import Vitals
from daemon.warming import Warming
from daemon.watched import Watched
from daemon.web.api import Web
from daemon.web.lookout import Dots, Sights
from hw import factory
from hw.interfaces import UNOPENED, Tap
from hw.simulated import SimulatedScanner

if TYPE_CHECKING:
    from daemon.fleet.publisher import Fleet

log = logging.getLogger(__name__)

FLEET_PAGE = 20  # events read at a time: a sale that is to be stored waits for one such reading at most


def boot_id() -> str:
    """Which boot of the machine this is: monotonic moments of another one mean nothing (Linux, random(4))."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""  # never equal to a stored one: every wait begins anew, which is safe


def not_set_up(problems: ConfigProblems, watched: Watched) -> NotSetUp:
    """What runs in place of the box while the configuration has those problems, until what is watched changes."""
    return NotSetUp(problems, watched, factory.build(usable(problems)))


def open_tap(port: str, baudrate: int) -> Tap:
    """A line to listen to, not opened yet, for a command that does so without a box."""
    return factory.tap("pole", port, baudrate)


class App:
    """One box. `async with App(config) as app:` starts it, and stops it whatever happened."""

    def __init__(self, config: Config, notifier: Notifier | None = None) -> None:
        self.config = config
        self._notifier = notifier or Notifier()
        self._stack = AsyncExitStack()
        self.hardware = factory.build(config.hardware)
        place = Place(config.box.terminal_id, config.box.store_id, config.box.store_name)
        self.gateways: dict[str, Gateway] = {n: build_gateway(s, place, config.schedule) for n, s in config.gateways.items()}
        self._unattended = frozenset(name for name, till in config.tills.items() if till.is_unattended)
        self._numbers = OrderNumbers(config.box.terminal_id)
        self.board = Board()
        acknowledging = [till.name for till in config.tills.values() if till.acknowledges]
        wares = {name: till.ware for name, till in config.tills.items() if till.ware is not None}
        self.journal = Journal(config.journal.path, boot=boot_id(), wall=_wall, acknowledging=acknowledging, wares=wares)
        self.metrics = self._build_metrics()
        self.runner = Runner(self.journal, self.metrics.requests.counted(self.gateways), self._rules(), _wall)
        self.links = Links(self.gateways, self.board)
        self.keeper = Keeper(self.journal, self.runner, self.board, keep_days=config.journal.keep_days, wall=_wall)
        self.presenter = self._build_presenter()
        self.desk = self._build_desk()
        self.scanning = self._build_scanning()
        self.giving_up = GivingUp(self.runner, self.hardware.button)
        self.warming = Warming({name: self.gateways[name] for name in set(config.routes.scan.values())})
        self.vitals = Vitals(self.journal.thread)
        self.goods = JournalGoods(self.journal, self.runner.find, self.keeper.count_anew)
        self.tills = self._build_tills()
        self.web = self._build_web()
        self.fleet = self._build_fleet()
        self._listen()

    async def __aenter__(self) -> App:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._notifier.stopping()
        await self._give_up_waiting()
        await self._stack.aclose()
        log.info("stopped")

    @asynccontextmanager
    async def only_parts(self) -> AsyncIterator[None]:
        """Devices and links are open and looked at; no payment is taken up, and nobody can ask for one (`tillbox check`)."""
        async with self._stack:
            self._open_face()
            self._stack.push_async_callback(self._close_gateways)
            self._stack.push_async_callback(self.links.stop)
            self._open_inputs()
            self._open_tills(only_to_look=True)
            await asyncio.gather(self.links.start(), *([self.fleet.look()] if self.fleet is not None else []))
            yield

    # -- building --

    def _rules(self) -> Rules:
        config = self.config
        return Rules(
            schedules=dict.fromkeys(config.gateways, config.schedule),
            scan_s=config.schedule.scan_s,
            late_payment=config.policy.late_payment,
            refunding=frozenset(n for n, g in self.gateways.items() if Ability.REFUND in g.abilities),
            holding=frozenset(n for n, g in self.gateways.items() if g.holds_queries),
            closing=frozenset(n for n, g in self.gateways.items() if Ability.CLOSE in g.abilities),
            repeating=frozenset(n for n, g in self.gateways.items() if g.repeats_creates),
            unshowable=partial(why_unshowable, panel=self._panel()),
        )

    def _panel(self) -> Panel:
        display = self.config.hardware.display
        return Panel(self.hardware.display.width, self.hardware.display.height, display.min_module_px)

    def _build_presenter(self) -> Presenter:
        hardware, box = self.hardware, self.config.box
        return Presenter(
            Face(hardware.display, hardware.lights, hardware.buzzer, self.config.hardware.display.kind != "none"),
            self.board,
            dict.fromkeys(self.config.gateways, self.config.schedule),
            store_name=box.store_name,
            language=Language(box.language),
            ready=lambda: not self.desk.not_ready(),
            in_doubt=lambda: self.board.doubts,
            at=self.runner.at,
            unattended=self._unattended,
        )

    def _build_desk(self) -> BoxDesk:
        routes = self.config.routes
        priorities = {till.name: till.priority for till in self.config.tills.values()}
        in_doubt = self.config.policy.sell_while_in_doubt
        counter = Counter(routes.scan, routes.show, in_doubt, self._numbers, priorities, self._unattended)
        return BoxDesk(self.runner, self.journal, self.board, self.presenter, counter, self.keeper.look)

    def _build_scanning(self) -> Scanning:
        routes = self.config.routes.scan
        return Scanning(self.runner, self.hardware.scanner, routes, self.board, self.presenter.notify, self._numbers)

    def _build_metrics(self) -> Metrics:
        config = self.config
        kinds = {name: till.kind for name, till in config.tills.items()}
        disk = Disk(config.journal.path, certificates(config.gateways), has_fleet=config.mqtt is not None, wall=_wall)
        return Metrics(self.gateways, kinds, disk, version=__version__, terminal=config.box.terminal_id)

    def _build_web(self) -> Web:
        box, tills = self.config.box, self.config.tills
        gauges = Gauges(self.board, lambda: self.runner.live, lambda: not self.desk.not_ready(), self.tills, self._told_events)
        return Web(
            self.config.web,
            self.desk,
            currency=box.currency,
            max_amount=box.max_amount,
            panel_png=self._panel_png,
            simulated_scan=self._simulated_scan(),
            is_alive=self.vitals.is_alive,
            version=__version__,
            terminal=box.terminal_id,
            pushed={n: g for n, g in self.gateways.items() if isinstance(g, Pushed)},
            till=next((name for name, till in tills.items() if till.kind == "http"), None),
            attendance=Attending(self.runner, self.goods),
            sights=self._sights(),
            simulated_pads={till.name: till.played for till in self.tills if isinstance(till, Played) and till.played is not None},
            scrape=partial(self.metrics.scrape, gauges.readings),
        )

    def _told_events(self) -> int:
        return self.fleet.told_events if self.fleet is not None else 0

    def _build_tills(self) -> list[Till]:
        box, tellings = self.config.box, JournalTellings(self.journal, self.runner.find)
        terms = Terms(box.currency, box.max_amount)
        has_button = self.config.hardware.button.kind != "none"
        front = BoxFront(self.presenter, self.scanning, self.giving_up, has_button=has_button)
        shop = Shop(self.desk, tellings, terms, self._numbers, __version__, front, self._build_house())
        return build_tills(self.config.tills.values(), shop, factory)

    def _build_house(self) -> House:
        board, serving = self.board, frozenset(self.config.routes.scan.values())
        return House(
            self.goods,
            board.hold,
            closed=lambda: "; ".join(board.not_ready(Mode.SCAN, serving)) or None,
            unreachable=lambda: board.unreachable(serving),
            watch=board.listeners.append,
            schedule=self.config.schedule,
        )

    def _build_fleet(self) -> Fleet | None:
        settings, board = self.config.mqtt, self.board
        if settings is None:
            return None
        board.fleet = UNOPENED
        names = settings.topic, self.config.box.terminal_id, __version__
        follow = partial(self.desk.follow, page=FLEET_PAGE)
        return build_fleet(settings, names, self.journal, follow, self.desk.status, board.fleet_is, _wall)

    def _listen(self) -> None:
        """Who is told of what. The lights come first: a result is on them before anything else is done with it."""
        self.runner.listeners[:0] = [self.presenter.on_change]
        self.runner.listeners += [self.scanning.on_change, self.giving_up.on_change, self.warming.on_change]
        self.runner.listeners += [partial(_tell_till, till) for till in self.tills]
        self.runner.listeners.append(self.metrics.observer.on_change)  # the last: nobody waits for a number
        self.runner.link_listeners.append(self.links.heard)
        self.board.listeners.append(self.presenter.refresh)
        self.presenter.listeners.append(self._tell_systemd)
        if self.fleet is not None:
            self.runner.listeners.append(partial(_tell_fleet, self.fleet))
            self.board.listeners.append(self.fleet.poke)
            self.presenter.listeners.append(self.fleet.poke)

    # -- starting and stopping --

    async def _start(self) -> None:
        log.info("starting version=%s terminal=%s", __version__, self.config.box.terminal_id)
        self.journal.claim()  # before anything that is another box's, if one runs already: its panel, its payments
        self._stack.push_async_callback(self.journal.close)
        self._open_face()
        self._stack.push_async_callback(self._close_gateways)
        self._stack.push_async_callback(self.keeper.stop)
        self._stack.push_async_callback(self.runner.stop)
        self._stack.push_async_callback(self.links.stop)
        await asyncio.gather(self.keeper.start(), self.links.start())
        self._open_inputs()
        self._stack.callback(self.warming.stop)
        self._open_tills()
        self._stack.callback(self.metrics.close)
        self._stack.push_async_callback(self.web.stop)
        await self.web.start()
        if self.fleet is not None:
            self._stack.push_async_callback(self.fleet.stop)
            self.fleet.start()
        self._stack.callback(self.desk.close)
        self._run_watchdog()
        self.presenter.run()
        self._notifier.ready()
        reasons = self.desk.not_ready()
        log.info("started port=%d ready=%s%s", self.web.port, not reasons, f' not_ready="{"; ".join(reasons)}"' if reasons else "")

    def _open_face(self) -> None:
        """Lights off and "starting" on the panel, before anything that can take long."""
        hardware, board = self.hardware, self.board
        self._stack.push_async_callback(self._close_face)
        settings = self.config.hardware
        if settings.display.kind != "none":
            hardware.display.open(partial(board.device, "display"))
            board.device("display", hardware.display.health)
        if settings.lights.kind != "none":
            hardware.lights.open(partial(board.device, "lights"))
            board.device("lights", hardware.lights.health)
        if settings.buzzer.kind != "none":
            hardware.buzzer.open(partial(board.device, "buzzer"))
            board.device("buzzer", hardware.buzzer.health)
        self.presenter.start()

    def _open_inputs(self) -> None:
        hardware, board = self.hardware, self.board
        if self.config.hardware.scanner.kind != "none":
            hardware.scanner.open(Ears(self.scanning, self.metrics.observer), partial(board.device, "scanner"))
            board.device("scanner", hardware.scanner.health)
            self._stack.callback(hardware.scanner.close)
        if self.config.hardware.button.kind != "none":
            hardware.button.open(self.giving_up.pressed, partial(board.device, "button"))
            board.device("button", hardware.button.health)
            self._stack.callback(hardware.button.close)

    def _open_tills(self, *, only_to_look: bool = False) -> None:
        for till in self.tills:
            self._stack.push_async_callback(till.stop)
            (till.look if only_to_look else till.start)(partial(self.board.till, till.name))
            self.board.till(till.name, till.health)

    def _run_watchdog(self) -> None:
        task = asyncio.get_running_loop().create_task(self._notifier.watch(self.vitals.is_alive))
        self._stack.callback(task.cancel)

    async def _close_face(self) -> None:
        last = await self.presenter.stop()
        self.hardware.lights.close()
        self.hardware.buzzer.close()
        await self.hardware.display.close(last)

    async def _close_gateways(self) -> None:
        await asyncio.gather(*(gateway.aclose() for gateway in self.gateways.values()), return_exceptions=True)

    async def _give_up_waiting(self) -> None:
        """Nothing was charged yet for a payment that awaits a code: it ends with the box. All else goes on after the next start."""
        for payment in self.runner.live:
            if payment.state is State.AWAITING_CODE:
                try:
                    await self.runner.feed(payment.ref, Cancelled("box, which was stopped", at=self.runner.at()))
                except Exception:
                    log.exception("not_given_up ref=%s", payment.ref)

    # -- small things that others ask for --

    @property
    def is_idle(self) -> bool:
        """Nobody is paying, no goods are owed, and no result is being shown. What is in doubt, or only asked on in the background, or
        offered to nobody yet, can go on after a restart."""
        view = self.presenter.view
        going_on = [payment for payment in self.runner.live if not payment.state.is_final and payment.state is not State.IN_DOUBT]
        shown = (None, State.IN_DOUBT, *(payment.state for payment in going_on))
        is_calm = view is None or view.state in shown
        return is_calm and all(map(self._is_offer, going_on)) and not any(isinstance(t, Giving) and t.is_giving for t in self.tills)

    def _is_offer(self, payment: Payment) -> bool:
        """Made by a till without staff, and nobody has come to it."""
        return payment.till in self._unattended and payment.state is State.AWAITING_CODE and not payment.attempts

    def _sights(self) -> Sights:
        box = self.config.box
        about = {"version": __version__, "terminal_id": box.terminal_id, "store_name": box.store_name, "currency": box.currency}
        listeners = (self.presenter.listeners, self.presenter.picture_listeners)
        return Sights(lambda: {**self.desk.status(), **about}, self._dots, listeners)

    def _dots(self) -> Dots | None:
        image = self.presenter.image
        return None if image is None else Dots(image.width, image.height, image.tobytes())

    def _panel_png(self) -> bytes | None:
        return None if self.presenter.image is None else png(self.presenter.image)

    def _simulated_scan(self) -> Callable[[str], object] | None:
        scanner = self.hardware.scanner
        return scanner.scan if isinstance(scanner, SimulatedScanner) else None

    def _tell_systemd(self) -> None:
        self._notifier.status(self.presenter.screen)


def _tell_till(till: Till, change: Change) -> None:
    till.changed(change.payment)


def _tell_fleet(fleet: Fleet, change: Change) -> None:
    fleet.stored(change.entry.seq)


def _wall() -> datetime:
    return datetime.now(UTC)
