"""`config.toml` into frozen types. Every problem is found and reported at once, each with its key.

    try:
        config = load(Path("config.toml"))
    except ConfigProblems as error:
        print(error)  # one line for each: key: what is wrong; expected ...

Secrets are read here, from the files that the configuration names, and kept as `daemon.secret.Secret`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.fleet.settings import MqttSettings
from daemon.gateways.base import Ability
from daemon.gateways.settings import GatewaySettings
from daemon.tables.box import Box, JournalSettings, Policy, read_box, read_journal, read_policy
from daemon.tables.cbtis import warn_of_currency
from daemon.tables.devices import read_hardware
from daemon.tables.files import Files
from daemon.tables.findings import Findings, Problem
from daemon.tables.gateways import read_gateways
from daemon.tables.machines import MdbTillSettings, PulseTillSettings
from daemon.tables.mqtt import read_mqtt
from daemon.tables.pins import check_pins
from daemon.tables.routes import OFFERS, Routes, read_routes
from daemon.tables.smart2pay import check_lifetimes
from daemon.tables.table import Table
from daemon.tables.tills import SerialTillSettings, TillSettings, read_tills
from daemon.tables.timing import read_timing, warn_of_rules
from daemon.tables.web import read_web
from daemon.tills.mdb_troubles import Patience
from daemon.timing import Schedule
from daemon.web.settings import WebSettings
from hw.settings import HardwareSettings

__all__ = [
    "Box",
    "Config",
    "ConfigProblems",
    "JournalSettings",
    "MdbTillSettings",
    "MqttSettings",
    "Policy",
    "Problem",
    "PulseTillSettings",
    "Routes",
    "SerialTillSettings",
    "TillSettings",
    "WebSettings",
    "load",
    "parse",
]

_LARGEST_FILE = 1_000_000  # bytes; a configuration has a few thousand
_TOML_PLACE = re.compile(r"(?P<what>.*) \(at (?P<where>.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, checked. `gateways` and `tills` are by name, the NAME of their tables."""

    box: Box
    hardware: HardwareSettings
    tills: dict[str, TillSettings]
    gateways: dict[str, GatewaySettings]
    routes: Routes
    schedule: Schedule
    policy: Policy
    journal: JournalSettings
    web: WebSettings
    warnings: tuple[str, ...] = ()  # "key: what may be meant otherwise"
    mqtt: MqttSettings | None = None  # None: the box belongs to no fleet


class ConfigProblems(Exception):
    """The configuration cannot be used. The text has one line for each problem.

    `so_far` has what could be read, with usual values in place of what could not; None where it is no TOML at all.
    """

    def __init__(self, problems: list[Problem], warnings: list[str] | None = None, so_far: Config | None = None) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings or ())
        self.so_far = so_far

    def spares(self, table: str) -> bool:
        """Whether that table, or what could be read of it, is right."""
        return self.so_far is not None and not any(problem.key.split(".")[0] == table for problem in self.problems)


def load(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration in a file. Raises ConfigProblems."""
    return parse(_read_toml(path), path.resolve().parent, environ)


def parse(data: Mapping[str, object], base_dir: Path, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration in what `tomllib` read; files are looked for from `base_dir`. Raises ConfigProblems.

    `environ` (default: the process's own) says where systemd keeps credentials and state.
    """
    findings = Findings()
    root = Table(data, "", findings, Files(base_dir, os.environ if environ is None else environ))
    config = _read(root)
    if findings.problems:
        raise ConfigProblems(findings.problems, findings.warnings, config)
    return config


def _read(root: Table) -> Config:
    if "box" not in root:
        root.problem("box", "is missing", "a table [box] with at least terminal_id")
    box = read_box(root.table("box")) if "box" in root else _NO_BOX
    hardware = read_hardware(root)
    tills = read_tills(root, hardware.scanner, box.max_amount)
    check_pins(hardware, {n: till.line for n, till in tills.items() if isinstance(till, PulseTillSettings)}, root.findings)
    named = read_gateways(root)
    gateways = {name: settings for name, settings in named.items() if settings is not None}
    routes = read_routes(root, named)
    schedule = read_timing(root.table("timing"))
    policy = read_policy(root.table("policy"))
    journal, web = read_journal(root.table("journal")), read_web(root.table("web"))
    mqtt = read_mqtt(root, box.terminal_id)
    root.close()

    warn_of_rules(schedule, gateways.values(), root.findings)
    warn_of_currency(box.currency, gateways, root.findings)
    check_lifetimes(schedule, gateways, root.findings)
    _warn_of_refunds(policy, gateways, root.findings)
    _warn_of_scanner(hardware, routes, root.findings)
    _warn_of_machines(tills, schedule, root.findings)
    return Config(box, hardware, tills, gateways, routes, schedule, policy, journal, web, tuple(root.findings.warnings), mqtt)


_NO_BOX = Box("", "", "", "CNY", "en", 1)  # stands for one that is missing: there is a problem then


def _warn_of_refunds(policy: Policy, gateways: Mapping[str, GatewaySettings], findings: Findings) -> None:
    for name, settings in gateways.items():
        if policy.late_payment == "refund" and Ability.REFUND not in OFFERS[type(settings)].abilities:
            findings.warn("policy.late_payment", f"gateway {name} cannot refund: money that comes late is reported instead")


def _warn_of_scanner(hardware: HardwareSettings, routes: Routes, findings: Findings) -> None:
    if hardware.scanner.kind == "none" and routes.scan:
        findings.warn("scanner", "there is none, so the box can only show codes, not scan them")


def _warn_of_machines(tills: Mapping[str, TillSettings], schedule: Schedule, findings: Findings) -> None:
    for name, till in tills.items():
        if isinstance(till, MdbTillSettings) and till.price is None:
            why = Patience(schedule, till.max_vend_wait_s).why_too_short
            if why is not None:
                findings.warn(f"tills.{name}.max_vend_wait_s", f'{why}: nothing is sold; a `price` in mode "session" is paid first')


def _read_toml(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _unreadable(path, f"cannot be read ({why})", "a configuration file") from None
    if len(content) > _LARGEST_FILE:
        raise _unreadable(path, "is too large", f"at most {_LARGEST_FILE} bytes")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, f"line {line}: not UTF-8", "text in UTF-8") from None
    except (ValueError, RecursionError) as error:  # tomllib's own error is a ValueError; numbers too long for int() are another
        raise _unreadable(path, _what_and_where(error), "TOML") from None


def _what_and_where(error: Exception) -> str:
    """`line 3, column 5: Expected '=' after a key …`"""
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    place = _TOML_PLACE.fullmatch(str(error))
    return f"{place['where']}: {place['what']}" if place else str(error)


def _unreadable(path: Path, wrong: str, expected: str) -> ConfigProblems:
    return ConfigProblems([Problem(str(path), wrong, expected)])
