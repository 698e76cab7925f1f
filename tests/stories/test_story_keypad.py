"""A number pad sells with the whole box: the real daemon as a process; the pad is a simulated one, and at last a USB keyboard's node."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from box_process import BoxProcess
from provider_thread import Provider, fresh_code
from umockdev_scanner import NODE, PRODUCT, VENDOR, Typed, is_installed, write_scanner

PAD = {"tills.pad": {"kind": "keypad", "device": "simulated"}, "tills.http": {"kind": "http"}}


@pytest.fixture
def box(make_box: Callable[..., BoxProcess]) -> BoxProcess:
    return make_box(PAD).start()


@pytest.fixture(scope="module")
def shared(make_shared_box: Callable[..., BoxProcess]) -> BoxProcess:
    """The same for stories that leave nothing behind."""
    return make_shared_box({**PAD, "policy": {"sell_while_in_doubt": True}}).start()


def press(box: BoxProcess, keys: str) -> None:
    assert box.request("POST", "/v1/simulated/keys/pad", json.dumps({"text": keys}).encode()).status == 202


def screen_is(box: BoxProcess, name: str) -> None:
    box.until(lambda: box.box()["screen"] == name)


def newest(box: BoxProcess) -> dict[str, Any]:
    (payment,) = box.get("/v1/payments?limit=1").body["payments"]
    return dict(payment)


def begin(box: BoxProcess, keys: str) -> dict[str, Any]:
    """Press the keys and Enter: the payment that they asked for."""
    before = box.get("/v1/payments").body["payments"]
    press(box, keys + "\n")
    box.until(lambda: len(box.get("/v1/payments").body["payments"]) > len(before))
    payment = newest(box)
    assert payment["ref"].startswith("pad-")
    return payment


def sell(box: BoxProcess, keys: str, case: str = "paid") -> dict[str, Any]:
    ref = begin(box, keys)["ref"]
    screen_is(box, "awaiting_code")
    box.scan(fresh_code(case))
    return box.end(ref)


@pytest.mark.parametrize(("keys", "fen"), [("12.50", 1250), ("12.5+3", 1550), ("3*2.50", 750), ("12.50\b\b\b\b7", 1700), (".05", 5)])
def test_from_the_keys_to_paid(shared: BoxProcess, provider: Provider, keys: str, fen: int) -> None:
    press(shared, keys)
    screen_is(shared, "typed")
    press(shared, "\x1b")
    paid = sell(shared, keys)
    assert (paid["state"], paid["amount"], paid["currency"]) == ("paid", fen, "CNY")
    assert shared.box()["lights"]["green"] == "fast"
    assert provider.order(paid["attempts"][0]["out_trade_no"])["money_in"] == fen


def test_the_journal_says_which_till_asked(shared: BoxProcess) -> None:
    paid = sell(shared, "1")
    assert shared.journal(paid["ref"])[0]["detail"]["till"] == "pad"


def test_esc_gives_up_the_open_payment_and_the_next_one_is_typed(shared: BoxProcess) -> None:
    first = begin(shared, "5")
    press(shared, "\x1b")
    assert shared.end(first["ref"])["state"] == "cancelled"
    assert sell(shared, "6")["state"] == "paid"


def test_esc_while_the_payer_confirms_undoes_the_charge(box: BoxProcess, provider: Provider) -> None:
    ref = begin(box, "5")["ref"]
    box.scan(fresh_code("password_then_paid"))
    box.until_state(ref, "pending")
    press(box, "\x1b")
    end = box.end(ref)
    assert end["state"] in ("revoked", "paid"), "the provider's word counts"
    assert provider.order(end["attempts"][0]["out_trade_no"])["charges"] == 1


def test_a_busy_box_says_so_and_charges_nothing(shared: BoxProcess) -> None:
    ref = shared.ask()
    press(shared, "5\n")
    screen_is(shared, "not_taken")
    assert shared.box()["sound"]["name"] == "wrong_code"
    assert newest(shared)["ref"] == ref
    assert shared.delete(ref).status == 202
    shared.end(ref)


def test_over_the_counter_another_till_is_told_that_the_pad_is_selling(shared: BoxProcess) -> None:
    ref = begin(shared, "5")["ref"]
    assert shared.put("second", 500).body["error"]["fields"]["busy_ref"] == ref
    press(shared, "-")
    assert shared.end(ref)["state"] == "cancelled"


def test_more_than_is_allowed_is_refused_at_the_pad(shared: BoxProcess) -> None:
    before = newest(shared) if shared.get("/v1/payments").body["payments"] else None
    press(shared, "10000.01\n")
    screen_is(shared, "not_taken")
    assert (newest(shared) if before else None) == before
    press(shared, "\x1b")


def test_a_box_that_cannot_sell_says_so_and_keeps_what_was_typed(box: BoxProcess) -> None:
    assert box.scanner is not None
    box.scanner.unplug()
    box.until(lambda: not box.box()["ready"])
    press(box, "12.50\n")
    screen_is(box, "not_taken")
    screen_is(box, "typed")
    box.scanner.plug()
    box.until(lambda: box.box()["ready"])
    press(box, "\n")
    screen_is(box, "awaiting_code")
    assert newest(box)["amount"] == 1250


def test_the_last_payment_is_told_again_after_the_power_went(box: BoxProcess) -> None:
    paid = sell(box, "12.50")
    box.kill9()
    box.start()
    press(box, "\n")
    screen_is(box, "last")
    again = begin(box, "*")
    assert again["amount"] == paid["amount"]
    assert again["ref"] != paid["ref"]


def test_half_an_amount_does_not_survive_a_restart_and_an_open_payment_is_cancelled(box: BoxProcess) -> None:
    press(box, "12")
    screen_is(box, "typed")
    box.kill9()
    box.start()
    screen_is(box, "ready")
    ref = begin(box, "5")["ref"]
    box.kill9()
    box.start()
    assert (box.end(ref)["state"], box.end(ref)["reason"]["code"]) == ("cancelled", "restarted")
    assert sell(box, "5")["state"] == "paid"


def test_a_charge_goes_on_after_the_power_went(box: BoxProcess, provider: Provider) -> None:
    ref = begin(box, "5")["ref"]
    box.scan(fresh_code("password_then_paid"))
    box.until_state(ref, "pending")
    box.kill9()
    box.start()
    paid = box.end(ref)
    assert paid["state"] == "paid"
    assert provider.order(paid["attempts"][0]["out_trade_no"])["charges"] == 1


def test_a_pad_that_is_not_there_is_told_and_holds_up_nobody(make_box: Callable[..., BoxProcess]) -> None:
    box = make_box({**PAD, "tills.pad": {"kind": "keypad", "vendor": 0x04D9, "product": 0x1702}}).start()
    box.until(lambda: box.box()["devices"]["pad"]["state"] == "missing")
    assert "no number pad USB 04d9:1702" in box.box()["devices"]["pad"]["detail"]
    assert box.box()["ready"] is True
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    assert box.request("POST", "/v1/simulated/keys/pad", b'{"text": "1"}').status == 404, "it is no simulated one"


@pytest.mark.skipif(not is_installed(), reason="umockdev-run is not installed (Debian package umockdev)")
@pytest.mark.parametrize("chosen", [{"device": NODE}, {"vendor": VENDOR, "product": PRODUCT}])
def test_from_the_kernels_keys_to_paid(make_box: Callable[..., BoxProcess], tmp_path: Path, chosen: dict[str, Any]) -> None:
    """When the box gets ready is not known to the recording, so the amount is typed until it is asked for."""
    pad = write_scanner(tmp_path / "pad", [Typed("12.5", after_s=0.5)] * 12)
    box = make_box({**PAD, "tills.pad": {"kind": "keypad", **chosen}}, before=pad.command()).start()
    box.until(lambda: box.box()["devices"]["pad"]["state"] == "ok")
    screen_is(box, "awaiting_code")
    payment = newest(box)
    assert (payment["amount"], payment["ref"][:4]) == (1250, "pad-")
    box.scan(fresh_code("paid"))
    assert box.end(payment["ref"])["state"] == "paid"
