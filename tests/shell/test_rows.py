"""Payments and attempts as rows: whatever the cycle can make comes back as it was."""

import dataclasses
import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from resealed import reseal
from shop import AT, NOTE, a_payment, an_order

from daemon.journal_error import CorruptError
from daemon.journal_file import JournalFile
from daemon.money import Amount, Minor
from daemon.payment import Attempt, Errand, Mode, OutTradeNo, Payment, Reason, Ref, State
from daemon.rows import ATTEMPT_COLUMNS, PAYMENT_COLUMNS, attempt_values, payment_values, rfc3339

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.floats(0, 1e9, allow_nan=False)
counts = st.integers(0, 10_000)
reasons = st.none() | st.builds(Reason, text, text)


def attempts(amount, description, mode, states=tuple(set(State) - {State.AWAITING_CODE})):
    return st.builds(
        Attempt, st.text("ABC123", min_size=1, max_size=32).map(OutTradeNo), text, text, st.just(amount), st.sampled_from(states), moments,
        description=st.just(description), mode=st.just(mode), qr=st.none() | text, reason=reasons,
        trade_no=st.none() | text, errand=st.sampled_from(Errand),
        next_at=st.none() | moments, pause_s=moments, since_at=moments, asked_at=moments, refusal=reasons, mendable=st.booleans(),
        confirming=st.booleans(), was_known=st.booleans(), revokes=counts, revoke_open=st.booleans(), tries=counts,
        told_unpaid=st.booleans(),
    )  # fmt: skip


@st.composite
def payments(draw):
    amount = Amount(Minor(draw(st.integers(1, 2**63 - 1))), draw(st.text("ABCXYZ", min_size=3, max_size=3)))
    description = draw(text)
    mode = draw(st.sampled_from(Mode))
    made = draw(st.lists(attempts(amount, description, mode), max_size=5, unique_by=lambda a: a.out_trade_no))
    reserved = draw(st.none() | attempts(amount, description, mode, [State.AWAITING_CODE]))
    if any(order.out_trade_no == reserved.out_trade_no for order in made if reserved):
        reserved = None
    return Payment(
        Ref(draw(st.text("abc-._9", min_size=1, max_size=64))), draw(text), amount, mode,
        draw(st.sampled_from(State)), AT, draw(text), draw(st.none() | text), description, draw(st.none() | moments), draw(reasons),
        draw(st.none() | text), tuple(made), draw(st.none() | moments), reserved,
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    journal = JournalFile.open(tmp_path_factory.mktemp("rows") / "journal.sqlite")
    yield journal
    journal.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payment=payments())
def test_every_field_comes_back_as_it_was(file, payment):
    file._db.execute("DELETE FROM payments")
    file.store(payment, "boot", NOTE)
    assert file.find(payment.ref) == payment


def test_no_field_is_left_out_of_the_strategies_above():
    """A field added later, with a default, would pass the round trip unseen."""
    assert {f.name for f in dataclasses.fields(Attempt)} == {
        "out_trade_no", "gateway", "scheme", "amount", "state", "sent_at", "description", "mode", "qr", "reason", "trade_no", "errand",
        "next_at", "pause_s", "since_at", "asked_at", "refusal", "mendable", "confirming", "was_known", "revokes", "revoke_open", "tries",
        "told_unpaid",
    }  # fmt: skip
    assert {f.name for f in dataclasses.fields(Payment)} == {
        "ref", "till", "amount", "mode", "state", "created_at", "updated_at", "scheme", "description", "ttl_s", "reason", "paid_at",
        "attempts", "expires_at", "reserved",
    }  # fmt: skip


def test_values_stand_in_the_order_of_the_columns():
    payment = a_payment(attempts=(an_order(reason=Reason("why", "because"), refusal=Reason("no", "never")),))
    assert len(payment_values(payment, "boot")) == len(PAYMENT_COLUMNS)
    values = dict(zip(ATTEMPT_COLUMNS, attempt_values(payment.attempts[0], 7), strict=True))
    assert (values["out_trade_no"], values["payment"], values["reason_code"], values["reason_text"]) == ("T1", 7, "why", "because")
    assert json.loads(values["errand"])["refusal"] == ["no", "never"]


def test_orders_come_back_in_the_order_they_were_made(file):
    orders = tuple(an_order(number) for number in ("T9", "T1", "T5"))
    file.store(a_payment("order", attempts=orders[:2]), "boot", NOTE)
    file.store(a_payment("order", attempts=orders), "boot", NOTE)
    assert [a.out_trade_no for a in file.find(Ref("order")).attempts] == ["T9", "T1", "T5"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE payments SET state = 'pai?'",
        "UPDATE payments SET mode = 'scam'",
        "UPDATE payments SET currency = 'cny'",
        "UPDATE attempts SET state = ''",
        "UPDATE attempts SET errand = '{'",
        "UPDATE attempts SET errand = '[]'",
        'UPDATE attempts SET errand = \'{"errand": "ask"}\'',
        "UPDATE attempts SET errand = replace(errand, 'charge', 'charg?')",
        "UPDATE attempts SET gateway = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_row_that_makes_no_sense_is_damage_not_a_guess(tmp_path, damage):
    journal = JournalFile.open(tmp_path / "journal.sqlite")
    journal.store(a_payment(attempts=(an_order(),)), "boot", NOTE)
    with sqlite3.connect(tmp_path / "journal.sqlite") as vandal:
        vandal.execute(damage)
    vandal.close()
    if "CAST" not in damage:  # what is no text at all nothing can seal
        reseal(tmp_path / "journal.sqlite")
    with pytest.raises(CorruptError):
        journal.find(Ref("A-1"))
    journal.close()


def test_a_moment_is_spelled_in_utc_to_the_millisecond():
    assert rfc3339(datetime(2026, 3, 1, 9, 30, 12, 417_999, tzinfo=UTC)) == "2026-03-01T09:30:12.417Z"
    assert rfc3339(datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))) == "2026-03-01T01:30:00.000Z"
