"""Many: what does a payment cost the processor where one gateway module serves 1, 10, 100, 1,000 boxes at once, in one process?

    python -m benchmarks.many [--payments N] [--rounds N]

As many payments for each crowd, which therefore should cost the same. The provider is in a process of its own, so its work is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import crowd_provider, provider
from benchmarks.circumstances import load, load_since, machine
from benchmarks.crowd_provider import AMOUNT, CURRENCY, PLACE, TOKEN, allow_many_files
from benchmarks.figures import median
from benchmarks.ready_made import fresh_code
from benchmarks.till_stage import start_beside
from daemon.codes import AuthCode
from daemon.gateways.base import Gateway
from daemon.gateways.client import CONNECTIONS, Client
from daemon.gateways.merchant import MerchantGateway
from daemon.gateways.settings import MerchantSettings, Place, WechatSettings
from daemon.gateways.wechat import WechatGateway
from daemon.money import Amount, Minor
from daemon.payment import Attempt, OutTradeNo, State
from daemon.reply import Verdict
from daemon.secret import Secret
from daemon.timing import Schedule

CROWDS = (1, 10, 100, 1000)
KINDS = ("wechat", "merchant")
WARM_UP = 20  # payments at least, one for each box, that are not counted: they open connections, and read modules and pages
_PATIENT = Schedule(answer_s=120.0, reply_s=120.0)  # a queue is measured, not given up


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one payment, on average over all of a crowd: of the processor, and by the clock."""

    processor_ms: float
    elapsed_ms: float


def measure(payments: int, rounds: int, crowds: Sequence[int] = CROWDS) -> dict[tuple[str, int], list[Cost]]:
    """By kind of gateway and size of crowd; all take turns, each time in a new process."""
    costs: dict[tuple[str, int], list[Cost]] = {(kind, crowd): [] for kind in KINDS for crowd in crowds}
    with ExitStack() as stack:
        port = start_beside(stack, crowd_provider.run).recv()
        for _ in range(rounds):
            for (kind, crowd), found in costs.items():
                with ExitStack() as process:
                    cost = start_beside(process, _sell, kind, port, crowd, payments).recv()  # EOFError where that process fails
                    assert isinstance(cost, Cost)
                    found.append(cost)
    return costs


def _sell(kind: str, port: int, crowd: int, payments: int, line: Connection) -> None:
    allow_many_files()
    line.send(asyncio.run(_sold(_gateway(kind, port, crowd), crowd, payments)))


async def _sold(gateway: Gateway, crowd: int, payments: int) -> Cost:
    await _sell_all(gateway, crowd, max(crowd, WARM_UP))
    processor, clock = time.process_time(), time.monotonic()
    await _sell_all(gateway, crowd, payments)
    cost = Cost((time.process_time() - processor) * 1000 / payments, (time.monotonic() - clock) * 1000 / payments)
    await gateway.aclose()
    return cost


async def _sell_all(gateway: Gateway, crowd: int, payments: int) -> None:
    """So many boxes, each with its next payment as soon as the one before is paid."""
    numbers = iter(range(payments))

    async def box() -> None:
        for number in numbers:
            await _pay(gateway, f"order{number}")

    await asyncio.gather(*(box() for _ in range(crowd)))


async def _pay(gateway: Gateway, number: str) -> None:
    """One payment whose payer must confirm, until it is known to be paid."""
    attempt = Attempt(
        OutTradeNo(f"{number}x{time.time_ns()}"), gateway.name, "wechat", Amount(Minor(AMOUNT), CURRENCY), State.SUBMITTING, 0.0
    )
    reply = await gateway.submit(attempt, AuthCode(fresh_code()))
    while reply.verdict is Verdict.CONFIRMING:
        reply = await gateway.query(attempt, hold_s=25.0)
    if reply.verdict is not Verdict.PAID:
        raise RuntimeError(f"a payment became {reply}")


def _gateway(kind: str, port: int, crowd: int) -> Gateway:
    """With a connection for each box."""
    base_url, place = f"http://127.0.0.1:{port}", Place(PLACE["terminal_id"], PLACE["store_id"], "Corner Shop")
    connect = partial(Client, connections=max(crowd, CONNECTIONS))
    if kind == "merchant":
        shop = MerchantSettings("shop", base_url, "bearer", secret=Secret(TOKEN))
        return MerchantGateway(shop, place, _PATIENT, connect=connect)
    none = Path("/nonexistent")  # certificates are for TLS
    wallet = WechatSettings("wechat", base_url, provider.APPID, provider.MCH_ID, Secret(provider.KEY), "HMAC-SHA256", none, none)
    return WechatGateway(wallet, place, _PATIENT, connect=connect)


def table(costs: dict[tuple[str, int], list[Cost]]) -> str:
    """As Markdown, with each crowd's processor time as a multiple of the smallest crowd's."""
    head = ["| gateway | at once | processor, ms a payment | × alone | by the clock, ms a payment |", "|---|---:|---:|---:|---:|"]
    rows = []
    for kind in KINDS:
        crowds = {crowd: found for (of, crowd), found in costs.items() if of == kind}
        alone = median([cost.processor_ms for cost in crowds[min(crowds)]])
        for crowd, found in crowds.items():
            processor = median([cost.processor_ms for cost in found])
            clock = median([cost.elapsed_ms for cost in found])
            rows.append(f"| {kind} | {crowd} | {processor:.2f} | {processor / alone:.2f} | {clock:.2f} |")
    return "\n".join(head + rows)


def main() -> None:
    arguments = _arguments()
    begun = load()
    costs = measure(arguments.payments, arguments.rounds)
    print(
        f"many: {arguments.payments} payments of each crowd, {arguments.rounds} rounds, {load_since(begun)}, {machine()}\n\n{table(costs)}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--payments", type=int, default=1000, help="of each crowd (default: 1000)")
    parser.add_argument("--rounds", type=int, default=1, help="of everything (default: 1)")
    arguments = parser.parse_args()
    if min(arguments.payments, arguments.rounds) < 1:
        parser.error("at least one payment and one round")
    return arguments


if __name__ == "__main__":
    main()
