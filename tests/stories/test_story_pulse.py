"""A machine that takes credit pulses sells with the whole box and without staff: the real daemon, and lines that lead to an emulated
machine, which counts the pulses whatever becomes of the box."""

from __future__ import annotations

import itertools
import json
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from box_process import ROOT, BoxProcess
from gpio_machine import GpioMachine
from provider_thread import Provider, fresh_code

pytestmark = pytest.mark.timeout(180)  # each starts boxes, and pulses take their time

PORT = re.compile(r"web_listening .*port=(\d+)")
PROGRAM = str(ROOT / "tests" / "stories" / "box_on_lines.py")
PRICE, WORTH = 200, 100
PULSES = PRICE // WORTH
TABLE = {
    "kind": "pulse",
    "price": PRICE,
    "value_per_pulse": WORTH,
    "output": "gpio",
    "pin": 20,
    "inhibit_pin": 21,
    "on_ms": 600,
    "off_ms": 40,
}
"""Wide pulses: a machine that does everything at once may be 60 ms late, and a pulse is right all the same."""


@dataclass
class Vending:
    """A box in a machine. `steps` are those of its newest run."""

    box: BoxProcess
    machine: GpioMachine
    steps_path: Path
    codes: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[str]:
        return self.steps_path.read_text().splitlines() if self.steps_path.exists() else []

    def offer(self) -> dict[str, Any]:
        """The payment that waits for a payer, once there is one."""
        found: dict[str, Any] = self.box.until(lambda: next((p for p in self.payments() if p["state"] == "awaiting_code"), None))
        return found

    def payments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.box.get("/v1/payments?limit=50").body["payments"]
        return found

    def goods(self) -> list[dict[str, Any]]:
        return self.box.sql("SELECT g.*, p.ref, p.state FROM goods g JOIN payments p ON p.number = g.payment ORDER BY g.payment")

    def pay(self, case: str = "paid") -> str:
        ref: str = self.offer()["ref"]
        self.codes.append(fresh_code(case))
        self.box.scan(self.codes[-1])
        return ref

    def given(self, pulses: int) -> None:
        self.box.until(lambda: self.machine.counted == pulses and all(not row["is_open"] for row in self.goods()))


@pytest.fixture
def make_vending(make_box: Callable[..., BoxProcess], tmp_path: Path) -> Iterator[Callable[..., Vending]]:
    machines: list[GpioMachine] = []

    def make(changes: Any = None, *, provider: Provider | None = None, environ: dict[str, str] | None = None, **keys: Any) -> Vending:
        place = tmp_path / f"m{len(machines)}"
        place.mkdir()
        machine = GpioMachine(place)
        machines.append(machine)
        steps = place / "steps"
        world = {"MACHINE": str(machine.path), "STEPS": str(steps), **(environ or {})}
        more = {} if provider is None else {"provider": provider}
        box = make_box({"tills.machine": {**TABLE, **keys}, **(changes or {})}, program=(PROGRAM,), environ=world, **more)
        return Vending(box, machine, steps)

    yield make
    for machine in machines:
        machine.close()


@pytest.fixture
def vending(make_vending: Callable[..., Vending]) -> Vending:
    made = make_vending()
    made.box.start()
    return made


def test_from_the_offer_to_the_goods_again_and_again(vending: Vending) -> None:
    offer = vending.offer()
    assert (offer["amount"], offer["mode"]) == (PRICE, "scan")
    for sale in (1, 2):
        ref = vending.pay()
        vending.given(sale * PULSES)
        assert vending.box.payment(ref)["state"] == "paid"
    assert [(row["stands"], row["done"]) for row in vending.goods()] == [("given", PULSES)] * 2, vending.machine.widths_ms
    assert all(500 < width < 700 for width in vending.machine.widths_ms), vending.machine.widths_ms
    assert vending.box.box()["in_doubt"] == 0


def test_nobody_is_needed_after_the_power_comes_back(vending: Vending) -> None:
    vending.offer()
    vending.box.kill9()
    vending.box.start()
    assert vending.offer()["amount"] == PRICE
    vending.pay()
    vending.given(PULSES)


def test_it_is_never_busy_for_a_till_with_somebody_before_it(make_vending: Callable[..., Vending]) -> None:
    vending = make_vending({"tills.http": {"kind": "http"}})
    vending.box.start()
    vending.offer()
    payment = vending.box.sell(fresh_code("paid"))
    assert (payment["state"], vending.machine.counted) == ("paid", 0)
    vending.pay()
    vending.given(PULSES)


def test_an_inhibited_machine_takes_no_money_and_the_box_says_closed(vending: Vending) -> None:
    vending.offer()
    vending.machine.inhibit(True)
    box = vending.box
    box.until(lambda: not box.box()["ready"], seconds=15)
    status = box.box()
    assert status["not_ready"] == ["till machine: the machine takes no credit (inhibit)"]
    assert (status["screen"], status["lights"]) == ("not_ready", {"green": "off", "amber": "off", "red": "slow"})
    charges = len(box.provider.charges())
    box.scan(fresh_code("paid"))
    assert all(payment["state"] == "cancelled" for payment in vending.payments())
    vending.machine.inhibit(False)
    vending.offer()
    assert (box.box()["ready"], len(box.provider.charges())) == (True, charges)


def test_without_a_network_it_is_closed_until_it_is_back(make_vending: Callable[..., Vending], tmp_path: Path) -> None:
    with Provider(tmp_path / "own") as provider:
        vending = make_vending({"gateways.merchant": None, "routes": {"scan.alipay": None}}, provider=provider)
        vending.box.start()
        vending.offer()
        provider.network(up=False)
        vending.pay()
        box = vending.box
        box.until(lambda: box.box()["not_ready"], seconds=15)
        assert box.box()["not_ready"][0].startswith("till machine: gateway ")
        assert vending.machine.counted == 0


def test_the_payment_that_nobody_makes_leaves_no_red_light(make_vending: Callable[..., Vending]) -> None:
    vending = make_vending()
    box = vending.box.start()
    vending.offer()
    assert box.box()["lights"]["red"] == "off"
    assert box.stop() == 0


def test_a_box_that_only_offers_ends_at_once_for_an_upgrade_and_one_that_owes_does_not(vending: Vending) -> None:
    """SIGHUP, as an upgrade sends it (`daemon.leaving`)."""
    box = vending.box
    assert box.process is not None
    vending.pay()
    box.until(vending.goods)
    box.process.send_signal(signal.SIGHUP)
    assert box.wait_exit(20) == 0
    assert (vending.machine.counted, vending.goods()[0]["stands"]) == (PULSES, "given")
    box.start()
    vending.offer()
    assert box.process is not None
    box.process.send_signal(signal.SIGHUP)
    assert box.wait_exit(20) == 0


def test_a_product_button_chooses_the_price(make_vending: Callable[..., Vending]) -> None:
    vending = make_vending({"tills.machine.prices": {"19": 100}})
    vending.box.start()
    vending.offer()
    vending.machine.press(19, down=True)
    vending.box.until(lambda: vending.offer()["amount"] == 100)
    vending.machine.press(19, down=False)
    vending.pay()
    vending.given(1)


# -- the power goes, at every step --


SALE = ["asked awaiting_code", "code_presented submitting", "replied paid"]
UNIT = [["goods giving begun {0} done {1}", "line 1", "line 0", "goods giving begun {0} done {0}"]]
STEPS = [
    *SALE,
    *(step.format(n, n - 1) for n in range(1, PULSES + 1) for unit in UNIT for step in unit),
    f"goods given begun {PULSES} done {PULSES}",
]


def test_the_steps_of_a_sale_are_these(vending: Vending) -> None:
    vending.pay()
    vending.given(PULSES)
    assert vending.steps[: len(STEPS)] == STEPS


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("step", range(1, len(STEPS) + 1), ids=lambda step: f"{step}-{STEPS[step - 1].replace(' ', '_')}")
def test_killed_at_any_step_all_say_the_same_in_the_end(make_vending: Callable[..., Vending], step: int, place: str) -> None:
    """The provider, the box and the machine: what was paid is given, but for the one pulse of which nobody knows."""
    vending = make_vending(environ={"DIE_AT": str(step), "DIE": place})
    box = vending.box
    paid_before = _paid(box)
    box.launch()
    if step > 1:
        box.port = int(box.stderr.until(PORT)[1])
        box.until(lambda: box.box()["screen"] == "awaiting_code")
        vending.codes.append(fresh_code("paid"))
        box.scan(vending.codes[-1])
    assert box.wait_exit(20) == -9
    box._environ.pop("DIE_AT")
    box.start()
    box.until(lambda: vending.goods() or any(payment["state"] == "awaiting_code" for payment in vending.payments()))
    if not vending.goods():  # nothing was charged, or it was undone: the payer shows another code
        vending.pay()
    box.until(lambda: vending.goods() and all(not row["is_open"] for row in vending.goods()))
    (goods,) = vending.goods()
    doubtful = json.loads(goods["doubtful"])
    assert goods["state"] == "paid"
    assert goods["done"] + len(doubtful) == goods["begun"] == PULSES
    assert goods["done"] <= vending.machine.counted <= goods["done"] + len(doubtful)
    in_hand = STEPS[step - 1].startswith(("line", "goods giving")) and not _is_certain(step, place)
    assert doubtful == ([_unit(step)] if in_hand else []) or "instead of 600" in box.output + goods["note"], (
        "a pulse that a busy machine made too long"
    )
    box.until(lambda: box.box()["in_doubt"] == bool(doubtful))
    assert len(_paid(box)) == len(paid_before) + 1


def _unit(step: int) -> int:
    return (step - len(SALE) - 1) // 4 + 1


def _is_certain(step: int, place: str) -> bool:
    """Not begun yet, or its end is on the disk."""
    of_unit = (step - len(SALE) - 1) % 4
    return (of_unit == 0 and place == "before") or (of_unit == 3 and place == "after")


def _paid(box: BoxProcess) -> list[str]:
    return [number for number, order in box.provider.orders.items() if order["money_in"] > order["money_out"]]


def test_payments_show_the_pulse_in_doubt(make_vending: Callable[..., Vending], capsys: pytest.CaptureFixture[str]) -> None:
    from daemon.cli import main

    step = len(SALE) + 6  # the second pulse is on the line
    vending = make_vending(environ={"DIE_AT": str(step), "DIE": "after"})
    box = vending.box
    box.launch()
    box.port = int(box.stderr.until(PORT)[1])
    box.until(lambda: box.box()["screen"] == "awaiting_code")
    box.scan(fresh_code("paid"))
    assert box.wait_exit(20) == -9
    box._environ.pop("DIE_AT")
    box.start()
    box.until(lambda: vending.goods()[0]["stands"] == "in_doubt")
    assert main(["payments", "show", vending.goods()[0]["ref"], "--journal", str(box.journal_path)]) == 0
    assert f"pulse 2 of {PULSES} is in doubt" in capsys.readouterr().out
    assert list(itertools.islice(vending.machine.widths_ms, 9)), "counted by the machine"
