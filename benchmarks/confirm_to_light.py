"""Confirm to light: how long after the payer has confirmed on the phone is the green light on?

    python -m benchmarks.confirm_to_light [--rounds N] [--polls N] [--rtt-ms MS] [--interval-s S] [--directory DIR]

The merchant's backend keeps a query open until something changes; a wallet must be asked. Who asks takes as long as it pleases chance, up
to an interval, so the two that do are measured beside the others, which take turns.
"""

from __future__ import annotations

import argparse
import json
import random
import ssl
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from benchmarks.circumstances import file_system, load, load_since, machine
from benchmarks.contestants import BareInsert, script_environment
from benchmarks.figures import median, table
from benchmarks.phone_stage import NEVER_BY_ITSELF, PhoneBox, PhoneStage
from benchmarks.pin_watch import GREEN, PinWatch
from benchmarks.ready_made import fresh_code
from benchmarks.till_stage import PATIENCE_S

ALLOWED_MS = 20.0  # over one round trip, where the query is held (issue 8)
_SOON_S = 1.0  # the latest that a payer confirms whose query is held
_SCRIPT = Path(__file__).with_name("polling_script.py")


class Confirmed(Protocol):
    name: str

    def sale(self, confirm_s: float) -> float:
        """Milliseconds from the confirmation, which comes `confirm_s` after it is known that the payer was asked, to the light."""


class BoxSale:
    """The daemon, with that gateway."""

    def __init__(self, name: str, stage: PhoneStage, gateway: str, interval_s: float, stack: ExitStack) -> None:
        self.name = name
        self._stage = stage
        self._box = PhoneBox(stage, gateway, interval_s, stack)

    def sale(self, confirm_s: float) -> float:
        self._box.pins.drain()
        number = self._box.charge(_code())
        time.sleep(confirm_s)
        confirmed = self._stage.confirm(number)
        return (self._box.pins.lit_at(GREEN, confirmed) - confirmed) * 1000


class HeldFloor:
    """An open connection on which the question is asked and held, in a program that does nothing else."""

    name = "floor (open socket, held query)"

    def __init__(self, stage: PhoneStage) -> None:
        self._stage = stage
        backend = stage.gateways["merchant"]
        self._url = urlsplit(backend["base_url"])
        self._headers = {"Authorization": f"Bearer {Path(backend['secret_file']).read_text(encoding='utf-8')}"}
        self._context = ssl.create_default_context(cafile=backend["ca_file"])

    def sale(self, confirm_s: float) -> float:
        number = f"floor{time.time_ns()}"
        with closing(HTTPSConnection("127.0.0.1", self._url.port or 443, timeout=PATIENCE_S, context=self._context)) as connection:
            self._ask(connection, "POST", "/v1/charges", _order(number))
            connection.getresponse().read()
            self._ask(connection, "GET", f"/v1/orders/{number}")
            time.sleep(confirm_s)
            confirmed = self._stage.confirm(number)
            state = json.loads(connection.getresponse().read())["state"]
            read = time.monotonic()
        if state != "paid":
            raise RuntimeError(f"the floor's order is {state}")
        return (read - confirmed) * 1000

    def _ask(self, connection: HTTPSConnection, method: str, path: str, body: str | None = None) -> None:
        headers = {**self._headers, "Prefer": "wait=25", "Content-Type": "application/json"}
        connection.request(method, self._url.path + path, body, headers)


class PollingScript:
    """`polling_script.py`, in a process of its own that runs for as long as the benchmark does."""

    def __init__(self, stage: PhoneStage, interval_s: float, stack: ExitStack) -> None:
        self.name = f"script (wechatpy), asks every {interval_s:g} s"
        self._stage = stage
        self._pins = PinWatch(stage.directory / "script.pins")
        stack.callback(self._pins.close)
        wallet = stage.gateways["wechat"]
        key = Path(wallet["key_file"]).read_text(encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), f"{wallet['base_url']}/", wallet["appid"], wallet["mch_id"], key, str(interval_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**script_environment(Path(wallet["ca_file"])), **self._pins.environment},
            text=True,
        )
        stack.enter_context(self._process)
        stack.callback(self._process.kill)
        self._expect("READY")

    def sale(self, confirm_s: float) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{_code()}\n")
        self._process.stdin.flush()
        number = self._said()
        time.sleep(confirm_s)
        confirmed = self._stage.confirm(number)
        waited = self._pins.lit_at(GREEN, confirmed) - confirmed
        self._expect("SUCCESS")
        return waited * 1000

    def _expect(self, word: str) -> None:
        said = self._said()
        if said != word:
            raise RuntimeError(f"the script says {said!r} instead of {word!r}")

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def measure(directory: Path, rounds: int, polls: int, rtt_s: float, interval_s: float) -> dict[str, list[float]]:
    """Milliseconds by contestant."""
    with ExitStack() as stack:
        stage = stack.enter_context(PhoneStage(directory, rtt_s))
        held: list[Confirmed] = [BoxSale("tillbox, held query", stage, "merchant", interval_s, stack), HeldFloor(stage)]
        polled: list[Confirmed] = [
            BoxSale(f"tillbox, asks every {interval_s:g} s", stage, "wechat", interval_s, stack),
            PollingScript(stage, interval_s, stack),
        ]
        stored = BareInsert(directory, stack)
        for contestant in held:
            contestant.sale(0.2)  # not counted: the first sale of a process reads modules and pages that all later ones find
        with ThreadPoolExecutor(len(polled)) as beside:
            waiting = [beside.submit(_polled, contestant, polls, interval_s) for contestant in polled]
            samples: dict[str, list[float]] = {}
            for _ in range(rounds):
                for contestant in held:
                    samples.setdefault(contestant.name, []).append(contestant.sale(random.uniform(0.0, _SOON_S)))
                samples.setdefault(stored.name, []).append(stored.sale())
            return samples | {contestant.name: waits.result() for contestant, waits in zip(polled, waiting, strict=True)}


def _polled(contestant: Confirmed, polls: int, interval_s: float) -> list[float]:
    """One sale in each part of the interval, so that few rounds show all of it."""
    moments = [(n + random.random()) / polls * interval_s for n in range(polls)]
    random.shuffle(moments)
    return [contestant.sale(moment) for moment in moments]


def _code() -> str:
    return fresh_code()[:-2] + NEVER_BY_ITSELF


def _order(number: str) -> str:
    place = {"store_id": "bench", "terminal_id": "floor"}
    order = {"out_trade_no": number, "amount": 1250, "currency": "CNY", **place}
    return json.dumps({**order, "scheme": "wechat", "description": "Payment", "auth_code": _code()})


def main() -> None:
    arguments = _arguments()
    begun = load()
    with tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir=arguments.directory) as directory:
        on = file_system(Path(directory))
        samples = measure(Path(directory), arguments.rounds, arguments.polls, arguments.rtt_ms / 1000, arguments.interval_s)
    how = f"round trip {arguments.rtt_ms:g} ms, {arguments.rounds} rounds, journal on {on}, {load_since(begun)}, {machine()}"
    print(f"confirm to light: {how}\n\n{table(samples, HeldFloor.name)}\n")
    held, _floor, _insert, asked, script = samples.values()
    print(f"where the query is held: {median(held):.2f} ms ({arguments.rtt_ms + ALLOWED_MS:g}: a round trip and {ALLOWED_MS:g} ms)")
    latest, scripts = (f"{max(waits) / 1000 / arguments.interval_s:.2f} intervals" for waits in (asked, script))
    print(f"where the wallet must be asked: at the latest after {latest} (the script: {scripts})")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.confirm_to_light", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=25, help="sales of each whose query is held (default: 25)")
    parser.add_argument("--polls", type=int, default=6, help="sales of each that asks (default: 6)")
    parser.add_argument("--rtt-ms", type=float, default=20.0, help="round trip to the provider (default: 20)")
    parser.add_argument("--interval-s", type=float, default=5.0, help="between two questions to the wallet (default: 5)")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="where the journal is, on a disk (default: /var/tmp)")
    arguments = parser.parse_args()
    if min(arguments.rounds, arguments.polls) < 2 or arguments.rtt_ms <= 0 or arguments.interval_s <= 0:
        parser.error("at least 2 rounds and 2 polls, and all times above 0")
    return arguments


if __name__ == "__main__":
    main()
