"""The words for where a payment and its attempts stand (`daemon.payment`)."""

from dataclasses import FrozenInstanceError

import pytest

from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State, reserved_order

AMOUNT = Amount(Minor(1250), "CNY")


def attempt(number: str = "T1", errand: Errand = Errand.CHARGE) -> Attempt:
    return Attempt(OutTradeNo(number), "main", "wechat", AMOUNT, State.SUBMITTING, sent_at=1.0, errand=errand)


def payment(state: State = State.SUBMITTING, *attempts: Attempt) -> Payment:
    at = "2026-01-01T00:00:00Z"
    return Payment(Ref("r1"), "till", AMOUNT, Mode.SCAN, state, created_at=at, updated_at=at, attempts=attempts)


def test_states_are_spelled_as_every_interface_spells_them() -> None:
    assert f"{State.AWAITING_CODE}" == State.AWAITING_CODE.value == "awaiting_code"
    assert (f"{Mode.SCAN}", f"{Mode.SHOW}", f"{Errand.UNDO}") == ("scan", "show", "undo")


def test_every_state_is_exactly_one_of_waiting_unknown_and_final() -> None:
    waiting = [state for state in State if not state.is_final and not state.is_unknown]
    assert waiting == [State.AWAITING_CODE]
    assert not [state for state in State if state.is_final and state.is_unknown]


def test_only_paid_refunded_and_revoked_never_change_again() -> None:
    settled = {state for state in State if state.is_settled}
    assert settled == {State.PAID, State.REFUNDED, State.REVOKED}
    assert all(state.is_final for state in settled)


def test_in_doubt_is_no_end() -> None:
    assert not State.IN_DOUBT.is_final
    assert State.IN_DOUBT.is_unknown


def test_an_attempt_is_open_while_the_box_has_anything_to_do_about_it() -> None:
    assert all(attempt(errand=errand).is_open == (errand is not Errand.NONE) for errand in Errand)


def test_a_payment_is_open_until_it_and_all_its_attempts_have_ended() -> None:
    assert payment(State.PENDING).is_open
    assert payment(State.REFUSED, attempt(errand=Errand.UNDO)).is_open, "the refused order is still being revoked"
    assert not payment(State.REFUSED, attempt(errand=Errand.NONE)).is_open


def test_a_changed_payment_is_a_new_one() -> None:
    before = payment()
    after = before.but(state=State.PAID, reason=Reason("SUCCESS", ""))
    assert (before.state, after.state) == (State.SUBMITTING, State.PAID)
    with pytest.raises(FrozenInstanceError):
        before.state = State.PAID  # type: ignore[misc]  # the point of the test
    assert (after.ref, after.amount, after.created_at) == (before.ref, before.amount, before.created_at)


def test_what_has_no_such_field_is_not_changed_and_says_which() -> None:
    with pytest.raises(TypeError, match=r"^Payment has no colour, shape$"):
        payment().but(shape="round", colour="red", state=State.PAID)
    with pytest.raises(TypeError, match=r"^Attempt has no colour$"):
        attempt().but(colour="red")


def test_every_field_can_be_changed_at_once() -> None:
    old, new = attempt("T1"), attempt("T2", Errand.NONE)
    assert old.but(**vars(new)) == new


def test_a_changed_attempt_is_a_new_one() -> None:
    assert attempt().but(trade_no="42").trade_no == "42"
    assert attempt().trade_no is None


def test_an_attempt_is_found_by_its_number() -> None:
    both = payment(State.PENDING, attempt("T1"), attempt("T2"))
    assert both.attempt(OutTradeNo("T2")).out_trade_no == "T2"
    with pytest.raises(KeyError, match="T3"):
        both.attempt(OutTradeNo("T3"))


def test_an_attempt_takes_the_place_of_the_one_with_its_number_or_is_added() -> None:
    both = payment().with_attempt(attempt("T1")).with_attempt(attempt("T2"))
    assert [a.out_trade_no for a in both.attempts] == ["T1", "T2"]
    ended = both.with_attempt(attempt("T1", Errand.NONE))
    assert [(a.out_trade_no, a.errand) for a in ended.attempts] == [("T1", Errand.NONE), ("T2", Errand.CHARGE)]


def test_the_order_reserved_for_the_first_code_is_the_payment_s_own() -> None:
    asked_for = payment(State.AWAITING_CODE).but(description="tea")
    order = reserved_order(asked_for, OutTradeNo("T9"), "main", "wechat")
    assert (order.out_trade_no, order.gateway, order.scheme, order.amount) == ("T9", "main", "wechat", AMOUNT)
    assert (order.description, order.mode, order.state, order.sent_at) == ("tea", Mode.SCAN, State.AWAITING_CODE, 0.0)


def test_the_orders_of_a_payment_are_its_attempts_and_what_is_reserved() -> None:
    one = attempt("T1")
    assert payment(State.SUBMITTING, one).orders == (one,)
    reserved = reserved_order(payment(State.AWAITING_CODE), OutTradeNo("T2"), "main", "wechat")
    assert payment(State.AWAITING_CODE, one).but(reserved=reserved).orders == (one, reserved)
