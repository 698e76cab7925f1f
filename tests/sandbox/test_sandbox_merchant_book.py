"""The book of the merchant's backend, in virtual time: idempotent by number, honest about what it knows, never twice."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.sandbox.cases import CASES, code_for
from daemon.sandbox.ledger import Ledger
from daemon.sandbox.merchant_answers import Said
from daemon.sandbox.merchant_book import Book
from daemon.sandbox.scenario import Call, Standing, Timings
from daemon.sandbox.script import Deck


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deck() -> Deck:
    return Deck()


@pytest.fixture
def book(clock: Clock, deck: Deck) -> Book:
    return Book(Ledger(clock, Timings()), deck.choose)


def asked(number: str = "A1", **more: Any) -> dict[str, Any]:
    return {"out_trade_no": number, "amount": 1250, "currency": "CNY", "store_id": "shop-12", "terminal_id": "box-7", **more}


def charge(book: Book, case: str, number: str = "A1", serial: int = 0, **more: Any) -> Said:
    code = code_for(case, serial)
    said, _step = book.make(asked(number, **{"auth_code": code, "scheme": "wechat", "description": "", **more}), code)
    return said


def refund(book: Book, **more: Any) -> Said:
    return book.refund(asked(refund_no="A1R", **more))[0]


def state(said: Said) -> str:
    return said.body.get("state", said.body.get("code"))


# -- one number, one order --


def test_the_same_charge_again_is_the_same_order_and_no_second_debit(book: Book) -> None:
    first, again = charge(book, "paid"), charge(book, "paid")
    assert first == again
    assert book.ledger.order("A1").money_in == 1250
    assert book.ledger.order("A1").times(Call.CHARGE) == 2


@pytest.mark.parametrize("change", [{"amount": 1}, {"currency": "USD"}, {"store_id": "x"}, {"description": "other"}])
def test_the_same_number_with_another_body_is_a_conflict(book: Book, change: dict[str, Any]) -> None:
    charge(book, "paid")
    assert state(charge(book, "paid", **change)) == "conflict"
    assert state(charge(book, "paid", serial=1)) == "conflict"


def test_the_same_charge_again_is_told_as_it_stands_by_now(book: Book) -> None:
    assert state(charge(book, "password_never")) == "confirming"
    book.ledger.confirm("A1")
    assert state(charge(book, "password_never")) == "paid"


def test_a_code_that_was_used_is_refused_however_often_it_comes(book: Book) -> None:
    charge(book, "paid")
    for _ in range(2):
        refused = charge(book, "paid", number="A2")
        assert (state(refused), refused.body["reason"]["code"]) == ("refused", "AUTH_CODE_ERROR")
    assert state(book.as_it_stands("A2")) == "refused"


def test_a_qr_order_again_is_the_same_qr(book: Book) -> None:
    one, two = (book.make(asked(scheme="", description=""), None)[0] for _ in range(2))
    assert one.body["qr"] == two.body["qr"]


def test_no_payers_code_is_kept(book: Book) -> None:
    """P10, on the backend's side: what it keeps holds a keyed hash and nothing more."""
    charge(book, "paid")
    assert code_for("paid") not in repr(book._notes)


# -- asking --


def test_what_never_arrived_is_unknown_and_what_arrives_late_is_found(book: Book) -> None:
    charge(book, "late_arrival")
    assert state(book.as_it_stands("A1")) == "unknown_order"
    for _ in range(3):
        book.ledger.enter("A1", Call.QUERY)
    assert state(book.as_it_stands("A1")) == "paid"


def test_a_number_of_another_provider_is_not_ours(book: Book) -> None:
    assert state(book.as_it_stands("A9")) == "unknown_order"


# -- ending --


def test_a_revoke_gives_the_money_back_and_again_changes_nothing(book: Book, clock: Clock) -> None:
    charge(book, "paid")
    clock.now = 20.0
    assert [state(book.revoke(asked())[0]) for _ in range(2)] == ["refunded", "refunded"]
    assert book.ledger.order("A1").money_out == 1250


def test_a_revoke_that_comes_too_early_is_put_off(book: Book, clock: Clock) -> None:
    charge(book, "password_never")
    clock.now = 5.0
    said = book.revoke(asked())[0]
    assert (state(said), said.status, said.body["reason"]["code"]) == ("revoking", 202, "TOO_EARLY")
    clock.now = 16.0
    assert state(book.revoke(asked())[0]) == "revoked"


def test_a_revoked_number_stays_revoked_when_its_charge_arrives_after_all(book: Book) -> None:
    assert state(book.revoke(asked())[0]) == "revoked"
    assert state(charge(book, "paid")) == "revoked"
    assert state(book.as_it_stands("A1")) == "revoked"
    assert book.ledger.orders == []


def test_a_revoked_number_is_not_lent_to_another_order(book: Book) -> None:
    book.revoke(asked())
    assert state(charge(book, "paid", amount=1)) == "conflict"
    assert state(book.revoke(asked(amount=1))[0]) == "conflict"


def test_a_charge_that_was_refused_before_any_debit_is_revoked_all_the_same(book: Book) -> None:
    """P5: no order is left open."""
    charge(book, "refused_authcodeexpire")
    assert state(book.revoke(asked())[0]) == "revoked"
    assert state(book.as_it_stands("A1")) == "revoked"


def test_a_backend_that_forgets_revoked_numbers_is_played_where_the_charge_still_comes(book: Book) -> None:
    charge(book, "arrives_after_revoke")
    assert state(book.revoke(asked())[0]) == "unknown_order"
    assert state(book.as_it_stands("A1")) == "paid"


@pytest.mark.parametrize(
    ("case", "heard"),
    [
        ("revoke_again", [("revoking", 202), ("revoking", 202), ("revoked", 200)]),
        ("revoke_busy", [("revoking", 202), ("revoking", 202), ("revoked", 200)]),
        ("revoke_forbidden", [("revoke_refused", 409)] * 2),
        ("revoke_unknown", [("unknown_order", 404)]),
        ("paid_after_revoked", [("revoked", 200)]),
    ],
)
def test_how_revokes_go_wrong(book: Book, clock: Clock, case: str, heard: list[tuple[str, int]]) -> None:
    charge(book, case)
    clock.now = 20.0
    said = [book.revoke(asked())[0] for _ in heard]
    assert [(state(one), one.status) for one in said] == heard


def test_a_lie_about_a_revoke_comes_to_light(book: Book, clock: Clock) -> None:
    charge(book, "paid_after_revoked")
    clock.now = 20.0
    book.revoke(asked())
    assert state(book.as_it_stands("A1")) == "paid"


def test_closing_ends_what_is_shown_and_nothing_else(book: Book) -> None:
    book.make(asked(scheme="", description=""), None)
    assert state(book.close(asked())[0]) == "closed"
    charge(book, "not_paid", number="A2")
    refused = book.close(asked("A2"))[0]
    assert (state(refused), refused.body["reason"]["code"]) == ("close_refused", "268449641")
    assert state(book.close(asked("A3"))[0]) == "closed"


def test_closing_finds_the_money(book: Book) -> None:
    book.make(asked(scheme="", description=""), None)
    book.ledger.confirm("A1")
    assert state(book.close(asked())[0]) == "paid"


def test_a_close_can_be_refused(book: Book, deck: Deck) -> None:
    deck.put(CASES["close_refused"])
    book.make(asked(scheme="", description=""), None)
    assert state(book.close(asked())[0]) == "close_refused"


# -- giving back --


def test_a_refund_is_carried_out_once_however_often_it_is_asked_for(book: Book) -> None:
    charge(book, "paid")
    assert [state(refund(book)) for _ in range(3)] == ["refunded"] * 3
    assert book.ledger.order("A1").money_out == 1250


def test_what_was_not_paid_is_not_refunded(book: Book) -> None:
    charge(book, "password_never")
    assert state(refund(book)) == "refund_refused"
    assert state(refund(book, out_trade_no="A9")) == "unknown_order"
    assert state(refund(book, amount=1)) == "conflict"


@pytest.mark.parametrize(
    ("case", "heard"),
    [("refund_refused", [("refund_refused", 409)]), ("refund_busy", [("paid", 202), ("paid", 202), ("refunded", 200)])],
)
def test_how_refunds_go_wrong(book: Book, case: str, heard: list[tuple[str, int]]) -> None:
    charge(book, case)
    said = [refund(book) for _ in heard]
    assert [(state(one), one.status) for one in said] == heard


def test_every_standing_but_absent_has_a_word() -> None:
    from daemon.sandbox.merchant_answers import STATE

    assert STATE.keys() == set(Standing) - {Standing.ABSENT}
