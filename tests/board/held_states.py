"""A payment held in each state for as long as a story wants, and how it ends from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from box_on_board import BoardBox
from provider_thread import fresh_code

from daemon.sandbox.scenario import Fault, Scenario, Standing, Step, Steps

_SILENT = Steps((Step(fault=Fault.SILENT),))
_NEVER_SHOWN = Scenario("silent_create", "the order is made, its answer never comes", Standing.UNPAID, charge=_SILENT)


@dataclass(frozen=True, slots=True)
class Held:
    """`begin` brings a new payment there and gives its ref. `goes_on` is what then has to happen for it to end as `ends` when nothing
    disturbs the box but a cable; `after_cut` when the power was cut: which state, and how much money came in and went back."""

    state: str
    begin: Callable[[BoardBox], str]
    goes_on: Callable[[BoardBox, str], None]
    ends: str
    after_cut: str
    money: tuple[int, int]


def _number(box: BoardBox, ref: str) -> str:
    number: str = box.payment(ref)["attempts"][-1]["out_trade_no"]
    return number


def _ask(box: BoardBox) -> str:
    return box.ask(1250)


def _submitting(box: BoardBox) -> str:
    ref = box.ask(1250)
    box.scan(fresh_code("silent_charge", "merchant"))
    box.until_state(ref, "submitting")
    return ref


def _pending(box: BoardBox) -> str:
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "merchant"))
    box.until_state(ref, "pending")
    return ref


def _given_up_without_network(box: BoardBox, ref: str, state: str) -> str:
    """What cannot be done now, only wanted, stays in that state."""
    box.board.link(False)
    assert box.request_inside("DELETE", f"/v1/payments/{ref}") == 202
    box.until(lambda: box.state_inside(ref) == state)
    return ref


def _revoking(box: BoardBox) -> str:
    return _given_up_without_network(box, _pending(box), "revoking")


def _creating(box: BoardBox) -> str:
    box.provider.next_is(_NEVER_SHOWN)
    ref = box.ask(1250, mode="show")
    box.until_state(ref, "creating_qr")
    box.provider.until(lambda: _number(box, ref) in box.provider.orders, 60)
    return ref


def _showing(box: BoardBox) -> str:
    box.provider.next_is("password_never")
    ref = box.ask(1250, mode="show")
    box.until_state(ref, "presenting_qr")
    return ref


def _closing(box: BoardBox) -> str:
    return _given_up_without_network(box, _showing(box), "closing")


def _doubtful(box: BoardBox) -> str:
    ref = box.ask(1250)
    box.scan(fresh_code("wrong_amount", "merchant"))
    box.until_state(ref, "in_doubt")
    return ref


def _scan(box: BoardBox, _ref: str) -> None:
    box.scan(fresh_code("paid", "merchant"))


def _confirm(box: BoardBox, ref: str) -> None:
    box.provider.confirm(_number(box, ref))


def _network(box: BoardBox, _ref: str) -> None:
    box.board.link(True)


def _nothing(_box: BoardBox, _ref: str) -> None: ...


HELD = (
    Held("awaiting_code", _ask, _scan, "paid", "cancelled", (0, 0)),
    Held("submitting", _submitting, _nothing, "paid", "paid", (1250, 0)),
    Held("pending", _pending, _confirm, "paid", "paid", (1250, 0)),
    Held("revoking", _revoking, _network, "revoked", "revoked", (0, 0)),
    Held("creating_qr", _creating, _nothing, "expired", "expired", (0, 0)),
    Held("presenting_qr", _showing, _confirm, "paid", "paid", (1250, 0)),
    Held("closing", _closing, _network, "cancelled", "cancelled", (0, 0)),
)
