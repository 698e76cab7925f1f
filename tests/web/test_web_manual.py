"""docs/http-api.md is true: its program sells, and it names every error and every limit there is."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from scripted_desk import until

from daemon.payment import Reason, State
from daemon.web.settings import Limits

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")


@pytest.fixture
def program(box) -> dict[str, Any]:
    """The manual's program, calling this box."""
    (source,) = re.findall(r"```python\n(.*?)```", MANUAL, re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)
    names["BOX"] = box.url("/v1/payments/")
    return names


async def test_the_manuals_program_sells(box, program):
    selling = asyncio.ensure_future(asyncio.to_thread(program["sell"], "A-17", 1250))
    for state in (State.SUBMITTING, State.PENDING, State.PAID):
        await until(lambda: box.desk.waiters)
        box.desk.move("A-17", state)
        await until(lambda now=state: now.is_final or [w for w in box.desk.waited if w[1] == now.value])
    payment = await selling
    assert (payment["state"], payment["amount"]) == ("paid", 1250)


async def test_it_hands_a_doubt_to_a_person(box, program):
    selling = asyncio.ensure_future(asyncio.to_thread(program["sell"], "A-17", 1250))
    await until(lambda: box.desk.waiters)
    box.desk.move("A-17", State.IN_DOUBT, reason=Reason("mismatch", "another amount"))
    assert (await selling)["reason"]["code"] == "mismatch"


async def test_it_says_why_there_was_no_sale(box, program):
    with pytest.raises(RuntimeError, match="wrong: amount"):
        await asyncio.to_thread(program["sell"], "A-17", 0)


def test_the_manual_names_every_error_code():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "daemon" / "web").glob("*.py")]
    codes = {code for source in sources for code in re.findall(r'Problem\(\s*(?:\d{3}|status), "([a-z_]+)"', source)}
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in MANUAL} <= {"rejected", "http"}  # what no request brings about today


def test_the_manual_names_every_state():
    assert all(f"`{state}`" in MANUAL for state in State)


def test_the_manuals_limits_are_the_boxs():
    limits = Limits()
    assert (
        f"more than {limits.polls} long polls, {limits.streams} streams, {limits.watchers} pages or {limits.connections} connections"
        in MANUAL
    )
    assert f"{limits.scrapes} readers of `/metrics`" in MANUAL
    assert f"more than {limits.wait_s:g} count as {limits.wait_s:g}" in MANUAL
    assert f"every {limits.keep_alive_s:g} seconds" in MANUAL
    assert f"within {limits.body_s:g} seconds" in MANUAL
