"""`daemon.cycle_table`: rules that hold for every row, whatever the stories tell."""

from __future__ import annotations

from daemon.cycle import TABLE as AS_THE_CYCLE_HAS_IT
from daemon.cycle_table import TABLE
from daemon.errands import DOING
from daemon.news import Do, News
from daemon.payment import State

ROWS = [(state, news, row) for state, rows in TABLE.items() for news, row in rows.items()]


def test_the_cycle_goes_by_this_table():
    assert AS_THE_CYCLE_HAS_IT is TABLE


def test_every_state_has_rows_but_the_one_that_ends_all():
    assert set(TABLE) == set(State) - {State.REFUNDED}


def test_what_a_row_names_can_be_done():
    assert {row.do for _, _, row in ROWS} - {None} <= set(DOING)


def test_nothing_unclear_ever_leads_to_refused():
    """P4."""
    unclear = {News.UNCLEAR, News.CONFIRMING, News.MISMATCH, News.GIVE_UP, News.DOUBT_TIME_UP, News.LAST_ASKED, News.RESTARTED}
    assert [(s, n) for s, n, row in ROWS if n in unclear and row.to is State.REFUSED and s is not State.REFUSED] == []


def test_paid_is_reached_by_the_proof_alone():
    """P6."""
    proofs = {News.PAID, News.EARLIER_PAID}
    assert {n for s, n, row in ROWS if row.to is State.PAID and s is not State.PAID} == proofs


def test_what_was_told_paid_is_never_undone():
    """P7: it may only be given back, and only on somebody's word."""
    deeds = {n: row.do for _, n, row in ROWS if row.do in (Do.UNDO, Do.REVOKE, Do.REVOKE_LATER)}
    assert not [n for n in TABLE[State.PAID] if n in deeds]
    assert {n for n, row in TABLE[State.PAID].items() if row.do is Do.GIVE_BACK} == {News.GOODS_FAILED, News.REFUND_WANTED}


def test_nobodys_word_changes_a_state():
    words = (News.ASKED_AGAIN, News.REFUND_WANTED, News.SETTLED)
    assert [(s, n) for s, n, row in ROWS if n in words and row.to is not s] == []
