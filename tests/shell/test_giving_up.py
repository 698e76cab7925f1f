"""The button gives up what is open, and is looked at only then."""

import asyncio
import logging

import pytest
from shell_time import in_virtual_time, settle
from shop import Shop, until

from daemon.giving_up import GivingUp
from daemon.payment import State
from hw.simulated import SimulatedButton


class WithButton(Shop):
    def __init__(self, directory, **more):
        super().__init__(directory, **more)
        self.button = SimulatedButton()
        self.giving_up = GivingUp(self.runner, self.button)
        self.button.open(self.giving_up.pressed, lambda health: None)
        self.runner.listeners.append(self.giving_up.on_change)


@in_virtual_time
async def test_a_press_gives_the_open_payment_up(tmp_path):
    async with WithButton(tmp_path) as shop:
        assert not shop.button.press()
        await shop.sell()
        assert shop.button.press()
        await settle()
        assert shop.told[-1] == "cancelled"
        assert shop.changes[-1].payment.reason.text == "given up by the button"
        assert not shop.button.watched


@in_virtual_time
async def test_a_press_while_the_payer_confirms_undoes_the_charge(tmp_path):
    async with WithButton(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await settle()
        assert shop.button.press()
        await until(lambda: shop.told[-1] == "revoked")
        assert not shop.button.watched


@in_virtual_time
async def test_a_payment_that_ended_unwatches_though_its_order_is_still_undone(tmp_path):
    async with WithButton(tmp_path) as shop:
        await shop.sell()
        await shop.scan("15")
        await until(lambda: shop.told[-1] == "refused")
        assert shop.runner.live
        assert not shop.button.watched
        await shop.sell("A-2")
        await until(lambda: "revoke" in shop.asked, 40)
        assert shop.button.press()
        await until(lambda: shop.state("A-2") is State.CANCELLED)


@in_virtual_time
async def test_a_doubt_is_not_watched_for_days(tmp_path):
    async with WithButton(tmp_path) as shop:
        await shop.sell()
        await shop.scan("78")
        await settle()
        assert shop.told[-1] == "in_doubt"
        assert not shop.button.watched


@in_virtual_time
async def test_a_payment_taken_up_after_a_restart_can_be_given_up_too(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.sell()
        await shop.scan("02")
        await settle()
    async with WithButton(tmp_path, gateways={"trial": shop.provider}) as again:
        assert again.button.press()
        await until(lambda: again.told[-1] == "revoked")


@pytest.mark.parametrize("why", ["too late", "not stored"])
@in_virtual_time
async def test_a_press_without_effect_is_noted_and_harmless(tmp_path, impatient, caplog, why):
    caplog.set_level(logging.INFO)
    async with WithButton(tmp_path) as shop:
        await shop.sell()
        if why == "not stored":
            shop.lock()
        shop.giving_up.pressed()
        shop.giving_up.pressed()
        await settle()
        assert f'button_without_effect ref=A-1 why="{"database is locked" if why == "not stored" else ""}' in caplog.text
        assert shop.told[-1] == ("awaiting_code" if why == "not stored" else "cancelled")


@in_virtual_time
async def test_a_press_that_comes_when_nothing_is_open_is_nothing(tmp_path):
    async with WithButton(tmp_path) as shop:
        shop.giving_up.pressed()
        await asyncio.sleep(0)
        assert shop.changes == []
