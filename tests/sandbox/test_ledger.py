"""The ledger: what is counted, what is refused, and where the money is after each step.

With it `daemon.sandbox.order`, which is what it keeps.
"""

from __future__ import annotations

import pytest

from daemon.sandbox.cases import CASES
from daemon.sandbox.ledger import (
    AlreadyPaid,
    CodeUsed,
    Demand,
    Ledger,
    NotPayable,
    NotRefundable,
    NumberUsed,
    Order,
    TooEarly,
    UnknownOrder,
)
from daemon.sandbox.scenario import Call, Move, Scenario, Standing, Timings


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    return Ledger(clock)


def charge(ledger: Ledger, case: str | Scenario = "paid", number: str = "A1", code: str | None = "130000000000000017") -> Order:
    scenario = CASES[case] if isinstance(case, str) else case
    order = ledger.charge(Demand("wechat", "1900000001", number, 1250, "CNY"), scenario, code)
    ledger.leave(number, Call.CHARGE)
    return order


def test_a_paid_order_brings_its_amount_in_and_nothing_out(ledger: Ledger) -> None:
    order = charge(ledger)
    assert (order.state, order.money_in, order.money_out) == (Standing.PAID, 1250, 0)


def test_a_second_charge_of_the_same_number_is_counted_refused_and_moves_nothing(ledger: Ledger) -> None:
    charge(ledger)
    with pytest.raises(NumberUsed) as used:
        charge(ledger, code="130000000000000025")
    assert used.value.order.state is Standing.PAID
    assert ledger.order("A1").times(Call.CHARGE) == 2
    assert ledger.summary()["money_in"] == 1250


def test_even_a_charge_that_was_lost_on_its_way_counts_and_uses_up_its_number(ledger: Ledger) -> None:
    charge(ledger, "request_lost")
    assert ledger.order("A1").state is Standing.ABSENT
    with pytest.raises(NumberUsed):
        charge(ledger, code="130000000000000025")


def test_a_payers_code_serves_once_whatever_became_of_the_order(ledger: Ledger) -> None:
    charge(ledger, "refused_notenough")
    with pytest.raises(CodeUsed):
        charge(ledger, number="A2")
    assert ledger.charges_with("130000000000000017") == 2
    assert ledger.summary()["codes_used_twice"] == 1
    with pytest.raises(UnknownOrder):
        ledger.order("A2")


def test_nothing_in_the_ledger_shows_a_payers_code(ledger: Ledger) -> None:
    charge(ledger, code="134567890123456789")
    assert "134567890123456789" not in repr(ledger) + repr(ledger.summary()) + repr(ledger.entries)


def test_an_order_is_found_only_by_its_own_provider(ledger: Ledger) -> None:
    order = charge(ledger)
    assert ledger.order("A1", "wechat") == order
    assert ledger.by_trade_no(order.trade_no, "wechat") == order
    with pytest.raises(UnknownOrder):
        ledger.order("A1", "merchant")
    with pytest.raises(UnknownOrder):
        ledger.by_trade_no(order.trade_no, "merchant")
    ledger.enter("A1", Call.QUERY, "merchant")
    assert ledger.order("A1").times(Call.QUERY) == 0


def test_the_payer_confirms_at_the_third_query(ledger: Ledger) -> None:
    charge(ledger, "password_then_paid")
    states = []
    for _ in range(3):
        ledger.enter("A1", Call.QUERY)
        states.append(ledger.order("A1").state)
    assert states == [Standing.CONFIRMING, Standing.CONFIRMING, Standing.PAID]


def test_the_payer_confirms_by_the_clock_where_nobody_asks(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "password_then_paid")
    assert ledger.next_due() == clock.at + Timings().confirm_s
    clock.at += Timings().confirm_s
    assert ledger.order("A1").state is Standing.PAID
    assert ledger.next_due() is None


def test_the_wallet_itself_ends_an_unpaid_order_after_45_seconds(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "password_never")
    clock.at += 44.9
    assert ledger.order("A1").state is Standing.CONFIRMING
    clock.at += 0.1
    assert ledger.order("A1").state is Standing.CLOSED
    with pytest.raises(NotPayable):
        ledger.confirm("A1")


def test_a_paid_order_is_not_ended_by_the_wallet(ledger: Ledger, clock: Clock) -> None:
    charge(ledger)
    clock.at += 3600
    assert ledger.order("A1").state is Standing.PAID


def test_revoke_of_an_unpaid_order_ends_it(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "password_never")
    clock.at += 15
    assert ledger.revoke("A1").state is Standing.REVOKED
    assert ledger.revoke("A1").state is Standing.REVOKED
    assert ledger.summary()["money_in"] == 0


def test_revoke_of_a_paid_order_gives_all_of_it_back_once(ledger: Ledger, clock: Clock) -> None:
    charge(ledger)
    clock.at += 15
    for _ in range(2):
        order = ledger.revoke("A1")
        assert (order.state, order.money_in, order.money_out) == (Standing.REFUNDED, 1250, 1250)


def test_a_revoke_before_15_seconds_is_refused_and_remembered(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "password_never")
    clock.at += 14.9
    with pytest.raises(TooEarly):
        ledger.revoke("A1")
    assert ledger.order("A1").state is Standing.CONFIRMING
    assert ledger.early_revokes["A1"] == 1
    assert ledger.revoke("A1", early_ok=True).state is Standing.REVOKED


def test_an_absent_order_cannot_be_revoked_closed_or_refunded(ledger: Ledger) -> None:
    charge(ledger, "request_lost")
    for does in (ledger.revoke, ledger.close, ledger.confirm, lambda n: ledger.refund(n, "R", 1)):
        with pytest.raises(UnknownOrder):
            does("A1")


def test_a_charge_that_arrives_late_is_paid_at_the_third_query(ledger: Ledger) -> None:
    charge(ledger, "late_arrival")
    ledger.enter("A1", Call.QUERY)
    ledger.enter("A1", Call.QUERY)
    assert ledger.order("A1").state is Standing.ABSENT
    ledger.enter("A1", Call.QUERY)
    assert ledger.order("A1").money_in == 1250


def test_paid_between_the_last_query_and_the_revoke_means_paid_and_given_back(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "paid_between")
    clock.at += 30
    ledger.enter("A1", Call.REVOKE)
    order = ledger.revoke("A1")
    assert (order.money_in, order.money_out) == (1250, 1250)


def test_paid_after_a_revoke_that_said_done(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "paid_after_revoked")
    clock.at += 30
    step = ledger.enter("A1", Call.REVOKE)
    assert not step.act
    assert ledger.order("A1").money_in == 0
    ledger.leave("A1", Call.REVOKE)
    assert (ledger.order("A1").state, ledger.order("A1").money_in) == (Standing.PAID, 1250)


def test_nobody_pays_by_a_qr_that_was_closed_before(ledger: Ledger, clock: Clock) -> None:
    """Unless the case is about that: what stands for "paid at once" is a payer who scans."""
    charge(ledger, code=None)
    ledger.close("A1")
    clock.at += 60
    for _ in range(3):
        ledger.enter("A1", Call.QUERY)
    assert (ledger.order("A1").state, ledger.order("A1").money_in) == (Standing.CLOSED, 0)


def test_no_move_pays_an_order_a_second_time(ledger: Ledger, clock: Clock) -> None:
    twice = Scenario("twice", "", moves=(Move(Standing.PAID, on=Call.QUERY),))
    charge(ledger, twice)
    clock.at += 15
    ledger.revoke("A1")
    ledger.enter("A1", Call.QUERY)
    assert (ledger.order("A1").state, ledger.order("A1").money_in) == (Standing.REFUNDED, 1250)


def test_a_refund_is_carried_out_once_per_refund_number(ledger: Ledger) -> None:
    charge(ledger)
    for _ in range(2):
        assert ledger.refund("A1", "A1R", 1250).money_out == 1250
    with pytest.raises(NotRefundable):
        ledger.refund("A1", "A1R", 1)
    with pytest.raises(NotRefundable):
        ledger.refund("A1", "A1R2", 1)


def test_parts_can_be_refunded_up_to_what_was_paid(ledger: Ledger) -> None:
    charge(ledger)
    ledger.refund("A1", "R1", 1000)
    with pytest.raises(NotRefundable):
        ledger.refund("A1", "R2", 251)
    assert ledger.refund("A1", "R2", 250).money_out == 1250


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_of_nothing_or_less_is_refused(ledger: Ledger, amount: int) -> None:
    charge(ledger)
    with pytest.raises(NotRefundable):
        ledger.refund("A1", "R1", amount)


def test_a_shown_order_begins_unpaid_and_is_never_ended_by_the_clock(ledger: Ledger, clock: Clock) -> None:
    assert charge(ledger, "password_never", code=None).state is Standing.UNPAID
    clock.at += 3600
    assert ledger.order("A1").state is Standing.UNPAID
    assert ledger.close("A1").state is Standing.CLOSED
    assert ledger.close("A1").state is Standing.CLOSED


def test_a_paid_order_cannot_be_closed(ledger: Ledger) -> None:
    charge(ledger, code=None)
    ledger.confirm("A1")
    with pytest.raises(AlreadyPaid):
        ledger.close("A1")


def test_the_payers_phone_confirms_or_declines_only_what_can_be_paid(ledger: Ledger) -> None:
    charge(ledger, "password_never")
    assert ledger.decline("A1").state is Standing.FAILED
    with pytest.raises(NotPayable):
        ledger.confirm("A1")


def test_observers_hear_of_every_change_until_they_leave(ledger: Ledger) -> None:
    heard: list[Standing] = []
    leave = ledger.subscribe(lambda order: heard.append(order.state))
    charge(ledger, "password_never")
    ledger.confirm("A1")
    leave()
    ledger.refund("A1", "R", 1)
    assert heard == [Standing.ABSENT, Standing.CONFIRMING, Standing.PAID]


def test_an_observer_may_read_the_ledger(ledger: Ledger) -> None:
    states = []
    ledger.subscribe(lambda order: states.append(ledger.order(order.number).state))
    charge(ledger)
    assert states[-1] is Standing.PAID


def test_the_history_only_grows(ledger: Ledger) -> None:
    charge(ledger, "password_never")
    before = list(ledger.entries)
    ledger.enter("A1", Call.QUERY)
    ledger.confirm("A1")
    assert ledger.entries[: len(before)] == before
    assert [entry.what for entry in ledger.entries] == ["charge", "confirming", "query", "paid"]


def test_asking_about_an_order_that_never_was_is_answered_honestly(ledger: Ledger) -> None:
    assert ledger.enter("NOSUCH", Call.QUERY).act
    ledger.leave("NOSUCH", Call.QUERY)
    with pytest.raises(UnknownOrder):
        ledger.order("NOSUCH")


def test_the_summary_tells_all_that_a_test_asks(ledger: Ledger, clock: Clock) -> None:
    charge(ledger, "revoke_again")
    clock.at += 20
    for _ in range(3):
        step = ledger.enter("A1", Call.REVOKE)
        if step.act:
            ledger.revoke("A1")
    orders = ledger.summary()["orders"]
    assert isinstance(orders, dict)
    order = orders["A1"]
    assert order["trade_no"].isdigit()
    del order["trade_no"]
    assert order == {
        "provider": "wechat",
        "case": "revoke_again",
        "state": "revoked",
        "amount": 1250,
        "currency": "CNY",
        "charges": 1,
        "queries": 0,
        "revokes": 3,
        "early_revokes": 0,
        "closes": 0,
        "refunds": 0,
        "refund_requests": 0,
        "money_in": 0,
        "money_out": 0,
    }
