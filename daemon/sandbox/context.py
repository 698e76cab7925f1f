"""What every provider module gets: the shared ledger, the choice of cases, and the credentials it checks against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daemon.sandbox.credentials import CbtisCredentials, ConnectCredentials, MerchantCredentials, Smart2payCredentials, WechatCredentials
from daemon.sandbox.ledger import Ledger
from daemon.sandbox.line import Line
from daemon.sandbox.pushes import Pushes
from daemon.sandbox.scenario import Timings
from daemon.sandbox.script import Deck


@dataclass(frozen=True, slots=True)
class SandboxContext:
    """Passed to every provider's `add_routes(app, context)`. Times in seconds; `wall` is the time of day, with zone."""

    ledger: Ledger
    deck: Deck
    line: Line
    timings: Timings
    now: Callable[[], float]
    wall: Callable[[], datetime]
    wechat: WechatCredentials
    merchant: MerchantCredentials
    smart2pay: Smart2payCredentials
    cbtis: CbtisCredentials
    connect: ConnectCredentials
    pushes: Pushes
    tls: bool  # False: plain http; rules about client certificates are not applied
    ca_file: Path
    client_cert_file: Path
    client_key_file: Path
