"""The soak: real daemons, killed with SIGKILL at random instants, until it has happened that often; then the ledger is checked.

    .venv/bin/python tests/soak/soak.py --kills 2000 --seed 1 --boxes 4

Shops run side by side, each with a box, a till and a provider of its own, for `SHARE` kills each; then new ones follow. Exits 1
with the seed, the journal's time line and the provider's ledger where a promise was broken.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import neighbours
from soak_shop import Broken, Shop, Tally

SHARE = 40  # kills of one shop: its journal then holds some twenty payments


def main() -> int:
    wanted = _arguments()
    began = time.monotonic()
    print(f"commit {_commit()}, seed {wanted.seed}, {wanted.kills} kills, {wanted.boxes} boxes side by side", flush=True)
    with tempfile.TemporaryDirectory(prefix="tillbox-soak-") as place:
        try:
            tallies = list(run(Path(place), wanted.kills, wanted.seed, wanted.boxes))
        except Broken as broken:
            print(broken)
            return 1
    print(table(tallies, time.monotonic() - began))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kills real boxes at random instants and checks the provider's ledger.")
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--boxes", type=int, default=4, help="side by side (4)")
    return parser.parse_args()


def run(place: Path, kills: int, seed: int, boxes: int) -> Iterator[Tally]:
    """Tallies as they come. Raises Broken, and begins no more shops then."""
    done = 0
    began = time.monotonic()
    share = min(SHARE, -(-kills // boxes))
    with ProcessPoolExecutor(boxes, mp_context=get_context("spawn")) as pool:
        shares = [min(share, kills - start) for start in range(0, kills, share)]
        shops: list[Future[Tally]] = [pool.submit(shop, place, f"{seed}/{n}", n, share) for n, share in enumerate(shares)]
        try:
            for ready in as_completed(shops):
                yield ready.result()
                done += ready.result().deaths
                print(f"{done:6} kills, {time.monotonic() - began:5.0f} s", flush=True)
        finally:
            pool.shutdown(cancel_futures=True)


def shop(place: Path, seed: str, serial: int, kills: int) -> Tally:
    """One shop, from its opening to the last look at its ledger. Raises Broken."""
    with tempfile.TemporaryDirectory(dir=place) as directory:
        return Shop(Path(directory), seed, serial).run(kills)


def table(tallies: list[Tally], seconds: float) -> str:
    """What was tried, for the reader."""
    kills, ends, moments = (_sum(getattr(t, what) for t in tallies) for what in ("kills", "ends", "moments"))
    lines = ["", "killed while the journal had the payment as", *_rows(kills), "", "at random instants after", *_rows(moments)]
    lines += ["", "payments ended as", *_rows(ends), ""]
    lines.append(
        f"{sum(kills.values())} kills, {sum(t.starts for t in tallies)} starts, {sum(t.sales for t in tallies)} payments, "
        f"{sum(t.orders for t in tallies)} orders at the provider, {seconds:.0f} s; no promise broken"
    )
    return "\n".join(lines)


def _sum(counters: Iterator[Counter[str]]) -> Counter[str]:
    return sum(counters, Counter())


def _rows(counted: Counter[str]) -> list[str]:
    return [f"{count:8}  {what}" for what, count in counted.most_common()]


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, cwd=neighbours.TESTS, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
