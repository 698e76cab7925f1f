"""`tillbox check`: could a sale start? Opens every device and gateway, and says of each what is wrong and what to do."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from daemon.cli import DONE, FAILED, WRONG
from daemon.commands.as_box import become_box
from daemon.commands.configuration import WrongConfigurationError, read_config
from daemon.commands.running_box import AnotherCertificate, ask_running_box
from daemon.config import Config
from daemon.health import Board
from daemon.journal_file import CorruptError, JournalError, JournalFile
from daemon.link_lengths import link_length, why_hard_to_read
from daemon.payment import Mode
from daemon.qr import Panel
from hw.interfaces import Condition, Health

OPEN_S = 4.0  # for devices to be found: longer than the pause after which a missing one is looked for again


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and whether a sale needs it. `mark` says what a trouble is that blocks nothing."""

    what: str
    trouble: str
    blocks: bool
    mark: str = "missing"

    def __str__(self) -> str:
        mark = "ok" if not self.trouble else "WRONG" if self.blocks else self.mark
        return f"{mark:7}  {self.what}{': ' + self.trouble if self.trouble else ''}"


def run(arguments: argparse.Namespace) -> int:
    try:
        config = read_config(arguments.config)
    except WrongConfigurationError:
        return WRONG
    print(f"ok       configuration {arguments.config}")
    become_box(config.journal.path)
    findings = [_check_journal(config), *_check_certificate(config), *_look_at_parts(config), *_check_qrs(config)]
    for finding in findings:
        print(finding)
    wrong = [f for f in findings if f.trouble and f.blocks]
    print("A sale could start." if not wrong else f"No sale could start: see {', '.join(f.what for f in wrong)}.")
    return FAILED if wrong else DONE


def _check_journal(config: Config) -> Finding:
    path = config.journal.path
    try:
        journal = JournalFile.open(path)
    except CorruptError as error:
        return Finding("journal", f"{path} is damaged ({error}); `tillbox run` will keep it beside a new one, then confirm it", blocks=True)
    except JournalError as error:
        return Finding("journal", f"{error}; expected a place that this user may write, on a disk that is not full", blocks=True)
    try:
        journal.set_meta("probed_at", "check")
        kept = journal.meta("unconfirmed")
    except JournalError as error:
        return Finding("journal", f"{path} cannot be written: {error}", blocks=True)
    finally:
        journal.close()
    return Finding("journal", f"a damaged one was kept as {kept}: run `tillbox journal confirm`" if kept else "", blocks=True)


def _check_certificate(config: Config) -> list[Finding]:
    """The box's own, for HTTPS: how long it is good. A wrong one is no configuration."""
    tls = config.web.tls
    return [] if tls is None else [Finding("certificate", tls.trouble, blocks=False, mark="warning")]


def _check_qrs(config: Config) -> list[Finding]:
    """Whether phones can read from this panel what each gateway usually wants shown; a box without a panel shows nothing itself."""
    display = config.hardware.display
    if display.kind == "none":
        return []
    panel = Panel(display.width, display.height, display.min_module_px)
    lengths = {name: link_length(config.gateways[name]) for name in sorted(set(config.routes.show.values()))}
    return [
        Finding(f"qr {name}", why_hard_to_read(length, panel), blocks=False, mark="unknown" if length.usual is None else "warning")
        for name, length in lengths.items()
    ]


def _look_at_parts(config: Config) -> list[Finding]:
    """Through the box that has them already, if one runs; else by opening each."""
    try:
        status = ask_running_box(config.web)
    except AnotherCertificate:
        renewed = f"it shows another certificate than {config.web.tls and config.web.tls.cert_file.name}"
        return [Finding("running box", f"{renewed} (port {config.web.port}); if that was renewed: systemctl reload tillbox", blocks=True)]
    if status is None:
        return asyncio.run(_check_parts(config))
    print(f"ok       a box runs; it says how its parts are (port {config.web.port})")
    return _told_by(status)


def _told_by(status: Mapping[str, Any]) -> list[Finding]:
    """What a running box says of itself (`GET /v1/box`)."""
    reasons: list[str] = [reason for reason in status["not_ready"] if not reason.startswith("journal: ")]  # judged apart

    def told(what: str, part: Mapping[str, str]) -> Finding:
        mine = [reason for reason in reasons if reason.startswith((f"{what} ", f"{what}:"))]
        reasons[:] = [reason for reason in reasons if reason not in mine]
        trouble = "" if part["state"] == Condition.OK else part["detail"] or part["state"]
        return Finding(what, trouble, bool(mine))

    parts = [told(name, part) for name, part in sorted(status["devices"].items())]
    parts += [told(f"gateway {name}", part) for name, part in sorted(status["gateways"].items())]
    parts += _fleet(status.get("fleet"))
    return [*parts, *(Finding("sale", reason, blocks=True) for reason in reasons)]


def _fleet(told: Mapping[str, str] | None) -> list[Finding]:
    """The connection to the fleet's broker, where there is to be one. No sale needs it."""
    if told is None:
        return []
    trouble = "" if told["state"] == Condition.OK else told["detail"] or told["state"]
    return [Finding("mqtt", trouble, blocks=False)]


async def _check_parts(config: Config) -> list[Finding]:
    from daemon.app import App

    app = App(config)
    async with app.only_parts():
        await _settle(app.board)
        return _findings(app.board, frozenset(config.routes.scan.values()))


async def _settle(board: Board) -> None:
    """Give devices the time to be found."""
    changed = asyncio.Event()
    board.listeners.append(changed.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(OPEN_S):
            while any(_trouble(health) for health in board.all_devices.values()):
                changed.clear()
                await changed.wait()


def _findings(board: Board, routed: frozenset[str]) -> list[Finding]:
    board.journal_is(None)  # judged apart
    devices = [
        Finding(name, _trouble(health), name == "scanner" and not _works(health)) for name, health in sorted(board.all_devices.items())
    ]
    links = [Finding(f"gateway {name}", _trouble(link.health), link.blocked) for name, link in sorted(board.links.items())]
    fleet = [] if board.fleet is None else [Finding("mqtt", _trouble(board.fleet), blocks=False)]
    said = {finding.what for finding in devices + links if finding.trouble}
    rest = [r for r in board.not_ready(Mode.SCAN, routed) if r.split(":")[0].removesuffix(" missing").removesuffix(" failing") not in said]
    return [*devices, *links, *fleet, *(Finding("sale", reason, blocks=True) for reason in rest)]


def _works(health: Health) -> bool:
    return health.condition is Condition.OK


def _trouble(health: Health) -> str:
    """What is wrong; of a device that works, what part of it does not."""
    return health.detail or ("" if _works(health) else health.condition.value)
