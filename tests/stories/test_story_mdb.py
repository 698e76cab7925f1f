"""A vending machine on the MDB bus sells with the whole box: the real daemon, and an emulated adapter and controller on a pseudo-terminal
that count the vends whatever becomes of the box."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from box_process import ROOT, BoxProcess
from provider_thread import fresh_code
from pty_machine import PtyMachine
from story_timing import HASTY

from daemon.sandbox.tills.mdb import HABITS, Habits

PORT = re.compile(r"web_listening .*port=(\d+)")
PROGRAM = str(ROOT / "tests" / "stories" / "box_on_lines.py")
PAID_FIRST = {"mode": "session", "price": 200, "max_vend_wait_s": 1}
IMPATIENT = Habits(gives_up_s=1.0)


@dataclass
class Vending:
    """A box at a vending machine."""

    box: BoxProcess
    line: PtyMachine
    steps_path: Path

    @property
    def steps(self) -> list[str]:
        return self.steps_path.read_text().splitlines() if self.steps_path.exists() else []

    def choose(self, price: str = "2.00", item: str = "7") -> None:
        self.line.do(f"choose {price} {item}")

    def awaits(self) -> dict[str, Any]:
        """The payment that waits for a payer, once there is one."""
        found: dict[str, Any] = self.box.until(lambda: next((p for p in self.payments() if p["state"] == "awaiting_code"), None))
        return found

    def payments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.box.get("/v1/payments?limit=50").body["payments"]
        return found

    def goods(self) -> list[dict[str, Any]]:
        return self.box.sql("SELECT g.*, p.ref, p.state FROM goods g JOIN payments p ON p.number = g.payment ORDER BY g.payment")

    def pay(self, case: str = "paid", via: str = "wechat") -> str:
        ref: str = self.awaits()["ref"]
        self.box.scan(fresh_code(case, via))
        return ref

    def settled(self) -> list[dict[str, Any]]:
        """The goods, once nothing is to be done about them."""
        self.box.until(lambda: self.goods() and all(not row["is_open"] for row in self.goods()))
        return self.goods()

    @property
    def dispensed(self) -> int:
        return self.line.look(lambda machine: machine.dispensed)

    @property
    def heard(self) -> list[str]:
        return self.line.look(lambda machine: list(machine.heard))


@pytest.fixture
def make_vending(make_box: Callable[..., BoxProcess], tmp_path: Path) -> Iterator[Callable[..., Vending]]:
    lines: list[PtyMachine] = []

    def make(changes: Any = None, *, habits: Habits | None = None, environ: dict[str, str] | None = None, **keys: Any) -> Vending:
        place = tmp_path / f"m{len(lines)}"
        line = PtyMachine(place, habits)
        lines.append(line)
        table = {"kind": "mdb", "port": line.path, "mode": "always-idle", **keys}
        world = {"STEPS": str(place / "steps"), **(environ or {})}
        return Vending(make_box({"tills.machine": table, **(changes or {})}, program=(PROGRAM,), environ=world), line, place / "steps")

    yield make
    for line in lines:
        line.close()


@pytest.fixture
def vending(make_vending: Callable[..., Vending]) -> Vending:
    made = make_vending()
    made.box.start()
    return made


def test_from_the_price_to_the_goods_again_and_again(vending: Vending) -> None:
    for sale in (1, 2):
        vending.choose("2.00", "7")
        payment = vending.awaits()
        assert payment["amount"] == 200
        ref = vending.pay()
        vending.box.until(lambda sale=sale: vending.dispensed == sale)
        assert vending.settled()[-1]["stands"] == "given"
        assert vending.box.payment(ref)["state"] == "paid"
    assert vending.line.look(lambda machine: machine.wrong) == []
    assert vending.box.box()["in_doubt"] == 0


@pytest.mark.parametrize("case", ["refused_rulelimit", "password_never"])
def test_what_is_not_paid_is_denied(make_vending: Callable[..., Vending], case: str) -> None:
    vending = make_vending(HASTY)
    vending.box.start()
    vending.choose()
    vending.pay(case)
    vending.box.until(lambda: vending.heard[-1] == "C,VEND,-1")
    assert (vending.dispensed, vending.goods()) == (0, [])


def test_goods_that_are_stuck_send_the_money_back(vending: Vending) -> None:
    vending.line.do("jam")
    vending.choose()
    ref = vending.pay()
    payment = vending.box.until_state(ref, "refunded")
    assert payment["reason"]["code"] == "goods_failed"
    (goods,) = vending.settled()
    assert (goods["stands"], vending.dispensed) == ("failed", 0)
    order = vending.box.provider.order(payment["attempts"][0]["out_trade_no"])
    assert order["money_in"] == order["money_out"] == 200


def test_a_machine_that_gives_up_while_the_payer_confirms_has_the_payment_undone(make_vending: Callable[..., Vending]) -> None:
    vending = make_vending(habits=IMPATIENT)
    vending.box.start()
    vending.choose()
    ref = vending.pay("password_never")
    payment = vending.box.until_state(ref, "revoked")
    assert payment["reason"]["text"] == "given up by the machine"
    assert (vending.dispensed, vending.line.look(lambda machine: machine.approvals)) == (0, 0)


def test_the_payers_code_is_not_even_asked_for_where_the_machine_waits_too_short(make_vending: Callable[..., Vending]) -> None:
    vending = make_vending(max_vend_wait_s=1)
    box = vending.box.start(ready=False)
    box.until(lambda: box.box()["not_ready"] == ["till machine: the machine waits 1 s for an answer, and a payment may take 7.8 s"])
    vending.choose()
    box.until(lambda: vending.heard[-1] == "C,VEND,-1")
    assert vending.payments() == []


@pytest.mark.parametrize("habits", [IMPATIENT, HABITS["ten-begins"]], ids=["impatient", "ten-begins"])
def test_the_price_of_an_impatient_machine_is_paid_first(make_vending: Callable[..., Vending], habits: Habits) -> None:
    vending = make_vending(habits=habits, **PAID_FIRST)
    vending.box.start()
    ref = vending.pay()
    vending.choose()
    vending.box.until(lambda: vending.dispensed == 1)
    assert (vending.settled()[0]["ref"], vending.settled()[0]["stands"]) == (ref, "given")
    assert vending.line.look(lambda machine: machine.wrong) == []
    vending.awaits()


def test_a_payer_who_takes_back_a_credit_has_the_money_back(make_vending: Callable[..., Vending]) -> None:
    vending = make_vending(**PAID_FIRST)
    vending.box.start()
    ref = vending.pay()
    vending.box.until(lambda: vending.line.look(lambda machine: machine.state) == "IDLE")
    vending.line.do("return")
    vending.box.until_state(ref, "refunded")
    assert vending.dispensed == 0


@pytest.mark.parametrize("happening", ["reset", "adapter"])
def test_a_reset_after_the_approval_is_left_to_a_person(make_vending: Callable[..., Vending], happening: str) -> None:
    vending = make_vending(habits=Habits(dispenses_s=1.5))
    vending.box.start()
    vending.choose()
    ref = vending.pay()
    vending.box.until(lambda: vending.line.look(lambda machine: machine.approvals) == 1)
    vending.line.do(happening)
    (goods,) = vending.settled()
    assert goods["stands"] == "in_doubt"
    vending.box.until(lambda: vending.box.box()["in_doubt"] == 1)
    vending.box.until(lambda: vending.dispensed == 1)
    assert vending.box.payment(ref)["state"] == "paid"


# -- the power goes, at every step --

ASKED = [
    "asked awaiting_code", "code_presented submitting", "replied paid", "goods giving begun 1 done 0", "say C,VEND,2.00",
    "goods given begun 1 done 1",
]  # fmt: skip
FIRST = [*ASKED[:3], "say C,START,2.00", *ASKED[3:]]
STEPS = {"asks": ASKED, "first": FIRST}
EVERY = [(mode, step, place) for mode, steps in STEPS.items() for step in range(1, len(steps) + 1) for place in ("before", "after")]


def steps_of(mode: str) -> list[str]:
    return STEPS[mode]


def keys_of(mode: str) -> dict[str, Any]:
    return {} if mode == "asks" else PAID_FIRST


def sell(vending: Vending, mode: str) -> None:
    """What a payer does who has got nothing yet."""
    if mode == "asks":
        vending.choose()
        vending.pay()
    else:
        vending.pay()
        vending.choose()


@pytest.mark.parametrize("mode", ["asks", "first"])
def test_the_steps_of_a_sale_are_these(make_vending: Callable[..., Vending], mode: str) -> None:
    vending = make_vending(**keys_of(mode))
    vending.box.start()
    sell(vending, mode)
    vending.settled()
    assert vending.steps[: len(steps_of(mode))] == steps_of(mode)


@pytest.mark.parametrize(("mode", "step", "place"), EVERY)
def test_killed_at_any_step_all_say_the_same_in_the_end(make_vending: Callable[..., Vending], mode: str, step: int, place: str) -> None:
    vending = make_vending(environ={"DIE_AT": str(step), "DIE": place}, **keys_of(mode))
    box = vending.box
    paid_before = _kept(box)
    box.launch()
    box.port = int(box.stderr.until(PORT)[1])
    _go_on_until_dead(vending, mode, step)
    assert box.wait_exit(20) == -9
    box._environ.pop("DIE_AT")
    box.start()
    _finish(vending, mode)
    begun = step > steps_of(mode).index("goods giving begun 1 done 0") + (place == "before")
    certain = step > steps_of(mode).index("goods given begun 1 done 1") + (place == "before")
    goods = vending.settled()
    assert goods[0]["stands"] == ("given" if certain or (not begun and mode == "first") else _stands(goods, begun=begun))
    owed = [row for row in goods if row["stands"] != "failed"]
    box.until(lambda: all(row["state"] == ("refunded" if row["stands"] == "failed" else "paid") for row in vending.goods()))
    assert vending.line.look(lambda machine: machine.approvals) <= len(owed)
    given = sum(row["stands"] == "given" for row in goods)
    assert given <= vending.dispensed <= len(owed)
    assert len(_kept(box)) == len(paid_before) + len(owed)
    assert box.box()["in_doubt"] == len(owed) - given


def _stands(goods: list[dict[str, Any]], *, begun: bool) -> str:
    """Of what was cut off: begun, and nobody knows; or not, and then the money went back, or nothing had been paid."""
    if begun:
        return "in_doubt"
    return "failed" if len(goods) > 1 or goods[0]["stands"] == "failed" else "given"


def _go_on_until_dead(vending: Vending, mode: str, step: int) -> None:
    if mode == "asks":
        vending.choose()
    if step > 1:
        vending.pay()
    if mode == "first" and step > FIRST.index("say C,START,2.00") + 1:
        vending.choose()


def _finish(vending: Vending, mode: str) -> None:
    """The payer, who stands there: chooses where there is a credit, and pays where nothing was taken."""
    box = vending.box
    box.until(lambda: not any(payment["state"] in ("submitting", "pending", "revoking") for payment in vending.payments()))
    if mode == "first":
        box.until(lambda: vending.goods() or any(payment["state"] == "awaiting_code" for payment in vending.payments()))
        if not vending.goods():
            vending.pay()
        box.until(lambda: _all_closed(vending) or vending.line.look(lambda machine: machine.state) == "IDLE")
        if not _all_closed(vending):
            vending.choose()
    elif not vending.goods():
        sell(vending, mode)


def _all_closed(vending: Vending) -> bool:
    goods = vending.goods()
    return bool(goods) and all(not row["is_open"] for row in goods)


def _kept(box: BoxProcess) -> list[str]:
    return [number for number, order in box.provider.orders.items() if order["money_in"] > order["money_out"]]
