"""A till whose customer display is heard sells with the whole box: the real daemon, a pseudo-terminal, and a till that only draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from box_process import BoxProcess
from provider_thread import Provider, fresh_code
from pty_till import PtyTill

from daemon.sandbox.tills.pole import PoleCounter

SEEN_S = 0.6  # longer than a total must stand; a story waits for what it does, and only for what it does not do so long


class Display:
    """An emulated till at the other end of the tapped line."""

    def __init__(self, directory: Path) -> None:
        self.line = PtyTill(directory)
        self.till = PoleCounter()

    def does(self, *commands: str) -> None:
        for command in commands:
            self.till.command(command, 0.0)
        self.line.write(self.till.take())

    def was_written_to(self) -> bool:
        self.line.read()
        return bool(self.line.heard or self.line._rest)


Counter = tuple[BoxProcess, Display]


@pytest.fixture
def make_counter(make_box: Callable[..., BoxProcess], tmp_path: Path) -> Iterator[Callable[..., Counter]]:
    displays: list[Display] = []

    def make(**keys: Any) -> Counter:
        display = Display(tmp_path / f"display-{len(displays)}")
        displays.append(display)
        table = {"kind": "pole", "port": display.line.path, **keys}
        box = make_box({"tills.http": {"kind": "http"}, "tills.pole": table}).start()
        box.until(lambda: box.box()["devices"]["pole"]["state"] == "ok")
        return box, display

    yield make
    for display in displays:
        assert display.line.fd < 0 or not display.was_written_to(), "the box only listens"
        display.line.unplug()


@pytest.fixture
def counter(make_counter: Callable[..., Counter]) -> Counter:
    return make_counter()


def screen_is(box: BoxProcess, name: str) -> None:
    box.until(lambda: box.box()["screen"] == name)


def payments(box: BoxProcess) -> list[dict[str, Any]]:
    """All, oldest first."""
    return list(reversed(box.get("/v1/payments").body["payments"]))


def pays(box: BoxProcess, display: Display, total: str, case: str = "paid") -> dict[str, Any]:
    """The total is drawn, offered, and taken by the payer's code: the payment at its end."""
    before = len(payments(box))
    display.does(f"total {total}")
    screen_is(box, "offered")
    box.scan(fresh_code(case))
    box.until(lambda: len(payments(box)) > before)
    return box.end(payments(box)[-1]["ref"])


def stays(box: BoxProcess, count: int) -> None:
    """Nothing more is asked for or offered for as long as it would take."""

    end = time.monotonic() + SEEN_S
    while time.monotonic() < end:
        assert box.box()["screen"] != "offered"
        assert len(payments(box)) == count
        time.sleep(0.05)


@pytest.mark.parametrize("dialect", ["cd5220", "escpos", "dsp800", "led8"])
def test_from_the_display_to_paid(make_counter: Callable[..., Counter], provider: Provider, dialect: str) -> None:
    box, display = make_counter()
    display.does(f"dialect {dialect}", "clear", "item TEA 3.50", "item CAKE 9.00")
    paid = pays(box, display, "12.50")
    assert (paid["state"], paid["amount"], paid["ref"][:5]) == ("paid", 1250, "pole-")
    assert len(paid["attempts"]) == 1
    assert provider.order(paid["attempts"][0]["out_trade_no"])["charges"] == 1
    events = [entry["event"] for entry in box.journal(paid["ref"])]
    assert events[:2] == ["asked", "code_presented"], "the payment, then the code, then the charge"


def test_the_baudrate_and_dialect_of_the_configuration(make_counter: Callable[..., Counter]) -> None:
    box, display = make_counter(dialect="led8", point="shown")
    display.does("dialect led8", "chinese")
    assert pays(box, display, "7.00")["amount"] == 700


def test_what_is_drawn_again_is_no_new_sale_and_what_comes_after_it_is(counter: Counter, provider: Provider) -> None:
    box, display = counter
    first = pays(box, display, "12.50")
    for _ in range(3):
        display.does("redraw")
    screen_is(box, "ready")
    stays(box, 1)
    display.does("thanks")
    stays(box, 1)
    second = pays(box, display, "12.50")
    assert [payment["state"] for payment in (first, second)] == ["paid", "paid"]
    assert len({order["out_trade_no"] for payment in (first, second) for order in payment["attempts"]}) == 2


def test_a_box_that_dies_sells_nothing_twice_when_the_till_draws_the_same_again(counter: Counter) -> None:
    box, display = counter
    assert pays(box, display, "12.50")["state"] == "paid"
    box.kill9()
    box.start()
    box.until(lambda: box.box()["devices"]["pole"]["state"] == "ok")
    display.does("redraw")
    stays(box, 1)
    display.does("thanks")
    stays(box, 1)
    assert pays(box, display, "12.50")["state"] == "paid"


def test_a_charge_goes_on_after_the_power_went(counter: Counter, provider: Provider) -> None:
    box, display = counter
    display.does("total 12.50")
    screen_is(box, "offered")
    box.scan(fresh_code("password_then_paid"))
    box.until(lambda: payments(box))
    ref = payments(box)[0]["ref"]
    box.until_state(ref, "pending")
    box.kill9()
    box.start()
    display.does("redraw")
    paid = box.end(ref)
    assert paid["state"] == "paid"
    assert provider.order(paid["attempts"][0]["out_trade_no"])["charges"] == 1
    stays(box, 1)


def test_another_total_replaces_what_is_offered(counter: Counter) -> None:
    box, display = counter
    display.does("total 12.50")
    screen_is(box, "offered")
    display.does("total 15.50")
    box.until(lambda: "pole_offered till=pole minor=1550" in box.output)
    box.scan(fresh_code("paid"))
    box.until(lambda: payments(box))
    assert [box.end(payment["ref"])["amount"] for payment in payments(box)] == [1550]


def test_a_code_that_comes_while_the_total_changes_pays_neither(counter: Counter) -> None:
    box, display = counter
    display.does("total 12.50")
    screen_is(box, "offered")
    display.does("total 15.50")
    box.scan(fresh_code("paid"))
    screen_is(box, "not_taken")
    assert payments(box) == []
    assert pays(box, display, "15.50")["amount"] == 1550


def test_cash_takes_the_offer_away_and_gives_up_what_waits_for_a_code(make_counter: Callable[..., Counter]) -> None:
    box, display = make_counter(confirm=False)
    display.does("total 12.50")
    screen_is(box, "awaiting_code")
    ref = payments(box)[0]["ref"]
    display.does("cash 20")
    end = box.end(ref)
    assert (end["state"], end["attempts"]) == ("cancelled", [])
    stays(box, 1)


def test_without_confirmation_it_is_asked_for_and_follows_the_total_until_a_code_comes(make_counter: Callable[..., Counter]) -> None:
    box, display = make_counter(confirm=False)
    display.does("total 12.50")
    screen_is(box, "awaiting_code")
    display.does("total 15.50")
    box.until(lambda: len(payments(box)) == 2)
    first, second = payments(box)
    assert box.end(first["ref"])["state"] == "cancelled"
    assert second["amount"] == 1550
    box.scan(fresh_code("password_never"))
    box.until_state(second["ref"], "pending")
    display.does("total 18.50")
    box.until(lambda: "pole_ignored till=pole minor=1850" in box.output)
    assert len(payments(box)) == 2
    assert box.end(second["ref"])["state"] == "revoked"
    box.until(lambda: [payment["amount"] for payment in payments(box)] == [1250, 1550, 1850])


def test_beside_a_payment_of_another_till_nothing_is_offered(counter: Counter) -> None:
    box, display = counter
    ref = box.ask()
    display.does("total 12.50")
    stays(box, 1)
    assert box.delete(ref).status == 202
    box.end(ref)
    screen_is(box, "offered")
    box.scan(fresh_code("paid"))
    box.until(lambda: len(payments(box)) == 2)
    assert box.end(payments(box)[-1]["ref"])["state"] == "paid"


def test_a_refusal_that_the_payer_can_mend_keeps_the_payment(counter: Counter) -> None:
    box, display = counter
    display.does("total 12.50")
    screen_is(box, "offered")
    box.scan(fresh_code("refused_notenough"))
    box.until(lambda: [(p["state"], len(p["attempts"])) for p in payments(box)] == [("awaiting_code", 1)])
    box.scan(fresh_code("paid"))
    paid = box.end(payments(box)[0]["ref"])
    assert (paid["state"], len(paid["attempts"])) == ("paid", 2)


def test_a_wrong_code_before_an_offer_is_said_and_starts_nothing(counter: Counter) -> None:
    box, display = counter
    display.does("total 12.50")
    screen_is(box, "offered")
    box.scan("6901234567892")
    screen_is(box, "wrong_code")
    assert payments(box) == []
    screen_is(box, "offered")


def test_a_cable_that_is_pulled_takes_the_offer_with_it_and_changes_no_payment(counter: Counter) -> None:
    box, display = counter
    display.does("total 12.50")
    screen_is(box, "offered")
    display.line.unplug()
    box.until(lambda: box.box()["devices"]["pole"]["state"] == "missing")
    screen_is(box, "ready")
    assert box.sell(fresh_code("paid"))["state"] == "paid", "other tills sell on"
    display.line.plug()
    box.until(lambda: box.box()["devices"]["pole"]["state"] == "ok")
    display.does("redraw")
    screen_is(box, "offered")
    box.scan(fresh_code("paid"))
    box.until(lambda: len(payments(box)) == 2)
    ref = payments(box)[-1]["ref"]
    display.line.unplug()
    assert box.end(ref)["state"] == "paid"
    display.line.plug()
    box.until(lambda: box.box()["devices"]["pole"]["state"] == "ok")
    display.does("redraw")
    stays(box, 2)


def test_noise_on_the_line_sells_nothing(counter: Counter) -> None:
    box, display = counter
    display.line.write(bytes(range(256)) * 4)
    display.line.write(b"\x1bQATOTAL 99999999999999\r\x1bQBTOTAL 1,234\r\x04\x01\x1f$\xff\xff\x1bs")
    stays(box, 0)
    display.line.write(b"\r\x17\x00\x00\x1b=\x02")
    display.does("clear")
    assert pays(box, display, "12.50")["state"] == "paid"
