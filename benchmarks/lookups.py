"""What looking payments up costs in a large journal, against a page of the list, in one run; and how long a write waits beside it.

python -m benchmarks.lookups                       # 100,000 payments: about two minutes
python -m benchmarks.lookups --payments 1000000 --directory /mnt/card
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from daemon import day_csv
from daemon.days import span_of
from daemon.journal import Journal
from daemon.journal_file import JournalFile, Note
from daemon.lookup import Made, Wanted
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Payment, Ref, State
from daemon.rows import ATTEMPT_COLUMNS, EVENT_COLUMNS, PAYMENT_COLUMNS, attempt_values, payment_values, rfc3339
from daemon.seals import seal_all

DAYS = 300
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 15
ENDS = {State.PAID: 90, State.REFUSED: 4, State.REVOKED: 2, State.CANCELLED: 2, State.EXPIRED: 1.9, State.REFUNDED: 0.1}
PIECE = 1000  # payments made at a time
DETAIL = json.dumps({"call": "submit", "verdict": "paid", "code": "SUCCESS"})
COMMON = 500  # fen; three in ten cost that


def a_payment(number: int, of: int, chance: random.Random) -> Payment:
    state = chance.choices(list(ENDS), list(ENDS.values()))[0]
    amount = Amount(Minor(chance.choices([COMMON, chance.randrange(1, 20_000)], [3, 7])[0]), "CNY")
    at = rfc3339(BEGAN + timedelta(days=DAYS * number / of))
    order = Attempt(OutTradeNo(f"TBOX1{number:020d}"), "wechat", "wechat", amount, state, 1.0, trade_no=f"4200{number:024d}")
    return Payment(Ref(f"R-{number:07d}"), "http", amount, Mode.SCAN, state, at, at, attempts=(order,))


def _events(number: int, made: Payment) -> Iterator[tuple[object, ...]]:
    for state in ("awaiting_code", "submitting", "pending", made.state.value):
        yield made.created_at, number, made.attempts[0].out_trade_no, "replied", state, DETAIL


def _insert(db: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)


def fill(path: Path, payments: int) -> None:
    """As a box leaves it, but in one transaction; four events a payment."""
    file, chance = JournalFile.open(path), random.Random(7)
    db = file._db  # noqa: SLF001  # 100,000 synced writes would take a quarter of an hour
    db.execute("BEGIN")
    for begun in range(1, payments + 1, PIECE):
        made = {number: a_payment(number, payments, chance) for number in range(begun, min(begun + PIECE, payments + 1))}
        _insert(db, "payments", PAYMENT_COLUMNS, ((*payment_values(one, "boot")[:-1], 0) for one in made.values()))
        _insert(db, "attempts", ATTEMPT_COLUMNS, (attempt_values(order, number) for number, one in made.items() for order in one.attempts))
        _insert(db, "events", EVENT_COLUMNS, (event for number, one in made.items() for event in _events(number, one)))
    seal_all(db)
    db.execute("COMMIT")
    file.close()


Cost = tuple[float, float, int]
"""Seconds in all, seconds of the longest step, how many were found."""


def timed(steps: list[Callable[[], list[object]]]) -> Cost:
    """Steps of the journal's thread, one after the other."""
    took, found = [], 0
    for step in steps:
        begun = time.perf_counter()
        found += len(step())
        took.append(time.perf_counter() - begun)
    return sum(took), max(took), found


def search(file: JournalFile, wanted: Wanted, limit: int = 50) -> Cost:
    begun = time.perf_counter()
    plan = file.plan(wanted, None)
    took, found = [time.perf_counter() - begun], 0
    for numbers in plan.steps():
        begun = time.perf_counter()
        found += len(file.fitting(plan, numbers, limit - found))
        took.append(time.perf_counter() - begun)
        if found >= limit:
            break
    return sum(took), max(took), found


def a_day(file: JournalFile, day: date) -> Cost:
    """As CSV, page by page."""
    took, found = [], 0
    page: list[Made] = []
    while True:
        begun = time.perf_counter()
        page = file.made(span_of(day, UTC), page[-1] if page else None, day_csv.PAGE)
        day_csv.lines(page, UTC)
        took.append(time.perf_counter() - begun)
        if not page:
            return sum(took), max(took), found
        found += len(page)


def worst(of: int) -> Wanted:
    """Each filter leaves many, and nothing fits them all: the whole journal is walked. (`of` is a power of ten.)"""
    digits = len(str(of)) - 2
    return Wanted(ref=f"R-{of // 10:07d}"[:-digits], order=f"TBOX1{of // 5:020d}"[:-digits], amount_minor=COMMON)


def cases(file: JournalFile, of: int) -> dict[str, Callable[[], Cost]]:
    middle, day = of // 2, span_of(date(2026, 5, 31), UTC)
    wanted = {
        "`ref`, whole": Wanted(ref=f"R-{middle:07d}"),
        "`ref`, all begin so": Wanted(ref="R"),
        "`order`, ours, whole": Wanted(order=f"TBOX1{middle:020d}"),
        "`order`, the provider's, whole": Wanted(order=f"4200{middle:024d}"),
        "`order`, all begin so": Wanted(order="TBOX"),
        "`amount`, rare": Wanted(amount_minor=12_345),
        "`amount`, of three in ten": Wanted(amount_minor=COMMON),
        "`day`": Wanted(made=day),
        "`state`, paid": Wanted(states=frozenset({State.PAID})),
        "`state`, refused": Wanted(states=frozenset({State.REFUSED})),
        "`state`, refunded": Wanted(states=frozenset({State.REFUNDED})),
        "`state`, in doubt (none is)": Wanted(states=frozenset({State.IN_DOUBT})),
        "all five": Wanted("R", "TBOX", COMMON, day, frozenset({State.PAID})),
        "worst: each leaves many, none fits all": worst(of),
    }
    return {
        "the list, 50 (`recent`)": lambda: timed([lambda: list(file.recent(50))]),
        "the list, 500": lambda: timed([lambda: list(file.recent(500))]),
        **{name: lambda one=one: search(file, one) for name, one in wanted.items()},  # type: ignore[misc]  # bound at once
        "a day as CSV": lambda: a_day(file, date(2026, 5, 31)),
    }


def table(file: JournalFile, of: int) -> None:
    """All cases in turn, again and again, so that what else the machine does befalls all of them alike."""
    rounds = [{name: case() for name, case in cases(file, of).items()} for _ in range(ROUNDS + 1)][1:]
    base = 0.0
    print("| | median ms | × list | longest step ms | × list | found |\n|---|---:|---:|---:|---:|---:|")
    for name in rounds[0]:
        whole, longest = (statistics.median(one[name][part] for one in rounds) * 1000 for part in (0, 1))
        base = base or whole
        print(f"| {name} | {whole:.2f} | {whole / base:.2f} | {longest:.2f} | {longest / base:.2f} | {rounds[0][name][2]} |")


async def beside(path: Path, of: int) -> None:
    """Writes of the journal while the worst search goes on in a loop, and while nothing does."""
    journal = Journal(path, boot="boot", wall=lambda: BEGAN)
    print("\n| a write, synced | median ms | p95 ms | most ms |\n|---|---:|---:|---:|")
    for name, searches in (("alone", 0), ("beside one search after the other", 1), ("beside four of them", 4)):
        busy = [asyncio.ensure_future(_searching(journal, worst(of))) for _ in range(searches)]
        took = []
        for number in range(200):
            payment = a_payment(of + number + 1, of, random.Random(number)).but(ref=Ref(f"new-{name}-{number}"), attempts=())
            begun = time.perf_counter()
            await journal.store(payment, Note(payment.created_at, None, "asked", {}))
            took.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.005)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        took.sort()
        print(f"| {name} | {statistics.median(took):.2f} | {took[int(len(took) * 0.95)]:.2f} | {took[-1]:.2f} |")
    await journal.close()


async def _searching(journal: Journal, wanted: Wanted) -> None:
    while True:
        await journal.search(wanted, 50, None)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--payments", type=int, default=100_000)
    arguments.add_argument("--directory", type=Path, default=Path("/var/tmp"))
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=given.directory) as folder:
        path = Path(folder) / "journal.sqlite"
        fill(path, given.payments)
        print(f"{given.payments} payments in {DAYS} days, {path.stat().st_size / 1e6:.0f} MB\n")
        file = JournalFile.open(path)
        table(file, given.payments)
        file.close()
        asyncio.run(beside(path, given.payments))


if __name__ == "__main__":
    main()
