"""docs/mdb-till.md and docs/pulse-till.md: what is exchanged is what the real till says, and their numbers and tables are the program's."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from contract import ROOT

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tills"))
from vending import MdbShop, in_virtual_time, until

from daemon.goods import Owing
from daemon.payment import State
from daemon.tables import machines
from daemon.tables.machines import MdbTillSettings, PulseTillSettings
from daemon.tills import mdb_session, mdb_troubles, mdb_vending, offering, pulse, pulse_giving
from daemon.tills.mdb_money import MOST_MINOR
from hw.pulse_shape import TOLERANCE
from hw.settings import PulseSettings

MDB = (ROOT / "docs" / "mdb-till.md").read_text(encoding="utf-8")
PULSE = (ROOT / "docs" / "pulse-till.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", MDB, re.DOTALL)
BOX, ADAPTER = "→", "←"

Happening = Callable[[MdbShop], Awaitable[object]]


async def _chosen(shop: MdbShop) -> None:
    await until(lambda: shop.machine.state == "ENABLED")
    shop.line.transcript.clear()
    shop.line.command("choose 5.00 7")


MEANWHILE: dict[str, Happening] = {
    "a product is chosen": _chosen,
    "the payer pays": lambda shop: shop.pays(),
    "a minute later": lambda _shop: asyncio.sleep(61),
}


@pytest.mark.parametrize("block", BLOCKS, ids=[str(number) for number in range(len(BLOCKS))])
def test_an_exchange_is_what_is_really_said(block: str, tmp_path: Path) -> None:
    said: list[str] = []

    @in_virtual_time
    async def play() -> None:
        async with MdbShop(tmp_path) as shop:
            for line in block.splitlines():
                if line == "  the goods are stuck":
                    shop.line.command("jam")
                elif line.startswith("  "):
                    await MEANWHILE[line.strip()](shop)
            await asyncio.sleep(5)
            said.extend(line for line in shop.line.transcript if not line.startswith(("→ V", "← v")))  # whether it is still there

    play()
    assert said == [line for line in block.splitlines() if not line.startswith("  ")]


def test_there_are_exchanges_with_both_sides() -> None:
    assert len(BLOCKS) >= 4
    assert all(BOX in block and ADAPTER in block for block in BLOCKS)


def test_numbers_of_the_mdb_guide_are_the_programs() -> None:
    assert f"`give_up_s` + `answer_s` + {mdb_troubles.SHOW_LEAST_S:g}" in MDB
    assert f"up to {MOST_MINOR / 100:.2f}" in MDB
    assert f"nothing for {mdb_session.PING_S:g} seconds" in MDB
    assert f"within {mdb_session.OUTCOME_S:g} seconds" in MDB
    assert f"has {mdb_vending.CHOOSE_S:g} seconds to choose" in MDB
    assert re.search(rf"more than {mdb_troubles.SHUT_GRACE_S:g}\s+seconds", MDB)


def test_numbers_of_the_pulse_guide_are_the_programs() -> None:
    usual = PulseSettings("gpio")
    assert f"| {usual.on_ms}, {usual.off_ms} |" in PULSE
    assert f"up to {pulse_giving.INHIBIT_MOST_S:g} seconds" in PULSE
    assert f"up to {pulse.INHIBIT_GRACE_S:g} seconds" in PULSE
    assert (offering.ARMED_S, TOLERANCE) == (3600, 0.2)
    assert "once an hour" in PULSE
    assert "more than a fifth" in PULSE
    assert f"| −{-PulseTillSettings('m').priority} |" in PULSE


def test_tables_have_every_key() -> None:
    for guide, keys in (
        (PULSE, "price value_per_pulse prices output pin active_low on_ms off_ms inhibit_pin inhibit_active_low priority"),
        (MDB, "port baudrate mode max_vend_wait_s price priority"),
    ):
        told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", guide, re.MULTILINE))))
        assert set(keys.split()) <= told
    assert MdbTillSettings("m").priority == 0
    assert range(9) == machines._PULLED_UP


def test_what_is_shown_of_a_payment_is_what_is_printed() -> None:
    shown = [line.strip() for line in PULSE.split("```console\n")[1].split("```")[0].splitlines()[2:]]
    owing = Owing(None, "pulse", 5)  # type: ignore[arg-type]  # no payment is asked for
    for unit in range(1, 6):
        owing = owing.begin()
        owing = owing.doubt("the box was cut off while it gave pulse 3") if unit == 3 else owing.certain()
    assert owing.end().lines() == shown
    assert State.PAID.value == "paid"
