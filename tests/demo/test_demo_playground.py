"""Playing with the demo over its page's own paths: each hand does what it says, and the box and the sandbox do the rest.

daemon.demo.playground
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from daemon.demo.stage import Stage, set_stage


class Player:
    """A person at the page."""

    def __init__(self, stage: Stage, http: aiohttp.ClientSession) -> None:
        self.stage, self._http = stage, http

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self._http.request(method, self.stage.address + path, json=body) as answer:
            return answer.status, await answer.json()

    async def play(self, toy: str, **how: Any) -> tuple[int, Any]:
        return await self.call("POST", f"/v1/simulated/{toy}", how)

    async def ask(self, mode: str = "scan") -> str:
        ref = f"page-{mode}"
        status, _ = await self.call("PUT", f"/v1/payments/{ref}", {"amount": 1250, "mode": mode})
        assert status == 201
        return ref

    async def until(self, ref: str, state: str) -> dict[str, Any]:
        return await self.until_true(lambda: self._in_state(ref, state))

    async def _in_state(self, ref: str, state: str) -> dict[str, Any] | None:
        _, payment = await self.call("GET", f"/v1/payments/{ref}")
        return payment if payment["state"] == state else None

    async def is_asked(self) -> bool:
        return bool((await self.call("GET", "/v1/simulated"))[1]["phone"]["asked"])

    async def until_true(self, true: Callable[[], Any]) -> Any:
        async with asyncio.timeout(30):
            while not (result := await true()):
                await asyncio.sleep(0.02)
            return result


@pytest.fixture
async def player(tmp_path: Path) -> AsyncIterator[Player]:
    async with set_stage(tmp_path, 0, "en", lambda _text: None) as stage, aiohttp.ClientSession() as http:
        yield Player(stage, http)


async def test_a_code_from_the_phone_pays_at_once(player: Player) -> None:
    ref = await player.ask()
    assert (await player.play("phone", do="show", case="paid"))[0] == 202
    await player.until(ref, "paid")
    assert player.stage.kept() == 1250


@pytest.mark.parametrize(("does", "end", "kept"), [("confirm", "paid", 1250), ("decline", "refused", 0)])
async def test_the_wallet_asks_its_owner(player: Player, does: str, end: str, kept: int) -> None:
    ref = await player.ask()
    assert not await player.is_asked()
    await player.play("phone", do="show", case="password_never")
    await player.until_true(player.is_asked)
    assert (await player.play("phone", do=does))[0] == 202
    await player.until(ref, end)
    assert player.stage.kept() == kept


async def test_a_qr_is_paid_by_the_phone_and_by_nobody_else(player: Player) -> None:
    ref = await player.ask("show")
    await player.until(ref, "presenting_qr")
    await asyncio.sleep(1.5)  # longer than the box's pause between two questions
    assert (await player.call("GET", f"/v1/payments/{ref}"))[1]["state"] == "presenting_qr"
    assert await player.is_asked()
    await player.play("phone", do="confirm")
    await player.until(ref, "paid")


async def test_a_pulled_scanner_reads_nothing_and_holds_up_sales(player: Player) -> None:
    ref = await player.ask()
    _, toys = await player.play("scanner", plugged=False)
    assert toys["scanner"] == {"plugged": False}
    assert (await player.call("GET", "/v1/box"))[1]["devices"]["scanner"]["state"] == "missing"
    status, body = await player.play("phone", do="show", case="paid")
    assert (status, body["error"]["code"]) == (409, "not_now")
    await player.play("scanner", plugged=True)
    await player.play("phone", do="show", case="paid")
    await player.until(ref, "paid")


async def test_what_is_done_in_the_terminal_is_seen_on_the_page(player: Player) -> None:
    player.stage.scanner.unplug()
    await player.stage.sandbox.set_network(up=False)
    _, toys = await player.call("GET", "/v1/simulated")
    assert (toys["scanner"], toys["network"]) == ({"plugged": False}, {"up": False})


async def test_without_the_network_nothing_leaves_and_the_payer_may_try_again(player: Player) -> None:
    ref = await player.ask()
    assert (await player.play("network", up=False))[1]["network"] == {"up": False}
    await player.play("phone", do="show", case="paid")
    await player.until(ref, "awaiting_code")
    assert player.stage.kept() == 0
    await player.play("network", up=True)

    async def shown_again() -> bool:
        await player.play("phone", do="show", case="paid")
        return (await player.call("GET", f"/v1/payments/{ref}"))[1]["state"] == "paid"

    await player.until_true(shown_again)
    assert player.stage.kept() == 1250


async def test_the_button_gives_up_what_is_open_and_does_nothing_else(player: Player) -> None:
    assert (await player.play("button"))[0] == 409
    ref = await player.ask()
    assert (await player.play("button"))[0] == 202
    await player.until(ref, "cancelled")


@pytest.mark.parametrize(
    ("toy", "how", "field"),
    [
        ("scanner", {"plugged": "no"}, "plugged"),
        ("network", {}, "up"),
        ("phone", {"do": "throw"}, "do"),
        ("phone", {"do": "show", "case": "nobody"}, "case"),
    ],
)
async def test_what_is_wrong_is_named(player: Player, toy: str, how: dict[str, Any], field: str) -> None:
    status, body = await player.play(toy, **how)
    assert (status, list(body["error"]["fields"])) == (422, [field])


async def test_a_wallet_that_asks_for_nothing_says_so(player: Player) -> None:
    assert (await player.play("phone", do="confirm"))[0] == 409
    assert (await player.play("kite", x=1))[0] == 404
