"""The words of the table: each with one meaning, each used, each done by somebody."""

from __future__ import annotations

import dataclasses

import pytest

from daemon.cycle import TABLE
from daemon.errands import DOING
from daemon.news import Do, News, Row
from daemon.payment import State


def test_every_word_of_the_news_stands_in_the_table():
    assert {news for rows in TABLE.values() for news in rows} == set(News)


def test_every_deed_stands_in_the_table_and_is_done_by_one_function():
    assert {row.do for rows in TABLE.values() for row in rows.values()} - {None} == set(Do)
    assert set(DOING) == set(Do)
    assert len(set(DOING.values())) == len(Do)


def test_news_and_deeds_print_as_people_read_them():
    assert str(News.GIVE_UP) == "time is up"
    assert f"{Do.ASK_NOW}" == "ask_now"
    assert len({str(news) for news in News}) == len(News)


def test_a_row_never_changes():
    row = Row(State.PAID, Do.REST)
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.to = State.REFUSED
    assert (row.payment_to, Row(State.PAID).do) == (None, None)


def test_the_payment_parts_from_its_order_only_to_await_a_code():
    parted = [(state, news) for state, rows in TABLE.items() for news, row in rows.items() if row.payment_to is not None]
    assert parted == [(State.SUBMITTING, News.NOT_SENT), (State.PENDING, News.REFUSED_MENDABLE)]
    assert all(TABLE[state][news].payment_to is State.AWAITING_CODE for state, news in parted)


def test_what_never_changes_again_has_no_row_that_leaves_it():
    assert {row.to for news, row in TABLE[State.PAID].items() if news is not News.REFUNDED} == {State.PAID}
    assert TABLE[State.PAID][News.REFUNDED].to is State.REFUNDED
    assert State.REFUNDED not in TABLE
    assert {row.to for row in TABLE[State.REVOKED].values()} == {State.REVOKED}
