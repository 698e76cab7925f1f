"""`daemon.goods`: units that are begun, certain or in doubt; none is ever begun twice, and none is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop import FIVE, a_payment

from daemon.goods import OutOfOrder, Owing, Stand, Ware
from daemon.money import Amount, Minor
from daemon.payment import State

PAID = a_payment("A-1", State.PAID)


def five() -> Owing:
    return Owing(PAID, "pulse", 5)


def given_to(owing: Owing, count: int) -> Owing:
    for _ in range(count):
        owing = owing.begin().certain()
    return owing


def test_a_ware_says_how_many_units_an_amount_is() -> None:
    assert Ware("pulse", 100).units(FIVE) == 5
    assert Ware("vend").units(FIVE) == 1
    assert Ware("pulse", 1000).units(FIVE) == 1, "paid, so something is owed, whatever a unit is worth by now"
    assert Ware("pulse", 3).units(Amount(Minor(10), "CNY")) == 3


def test_all_given_is_given_and_nothing_is_left_to_do() -> None:
    owing = given_to(five(), 5)
    assert owing.is_all_begun
    end = owing.end()
    assert (end.stands, end.is_open, end.is_doubtful, end.lines()) == (Stand.GIVEN, False, False, ["goods: given, 5 of 5 pulses given"])


def test_a_unit_that_is_in_hand_after_a_restart_is_in_doubt_and_the_others_go_on() -> None:
    owing = given_to(five(), 2).begin()
    assert owing.in_hand == 3
    owing = owing.doubt("the power went")
    assert owing.in_hand is None
    end = given_to(owing, 2).end()
    assert (end.stands, end.is_open, end.done) == (Stand.IN_DOUBT, False, 4)
    assert end.lines() == ["goods: in_doubt, 4 of 5 pulses given", "pulse 3 of 5 is in doubt", "why: the power went"]


def test_nothing_given_for_certain_fails_and_stays_open_until_the_money_was_asked_to_go_back() -> None:
    failed = five().begin().not_given().end("inhibited")
    assert (failed.stands, failed.is_open, failed.is_doubtful) == (Stand.FAILED, True, False)
    assert failed.close().is_open is False
    with pytest.raises(OutOfOrder):
        failed.begin()
    with pytest.raises(OutOfOrder):
        given_to(five(), 5).end().close()


def test_some_given_and_no_more_is_for_a_person() -> None:
    end = given_to(five(), 2).end("inhibited")
    assert end.stands is Stand.IN_DOUBT
    assert end.lines() == ["goods: in_doubt, 2 of 5 pulses given", "pulses 3 to 5 of 5 not given", "why: inhibited"]
    assert given_to(five(), 4).end().lines()[1] == "pulse 5 of 5 not given"


def test_what_nobody_serves_any_more_is_for_a_person() -> None:
    left = given_to(five(), 1).begin().abandoned("no such till")
    assert (left.stands, left.is_open, left.doubtful) == (Stand.IN_DOUBT, False, (2,))
    assert five().abandoned("no such till").doubtful == ()


def test_one_unit_is_spoken_of_as_one() -> None:
    vend = Owing(PAID, "vend", 1).begin()
    assert vend.lines() == ["goods: giving, 0 of 1 vend given", "vend 1 of 1 is begun and not certain"]


@pytest.mark.parametrize("act", ["certain", "not_given"])
def test_what_is_not_in_hand_cannot_come_to_anything(act: str) -> None:
    with pytest.raises(OutOfOrder):
        getattr(five(), act)()
    with pytest.raises(OutOfOrder):
        five().doubt("")


def test_one_is_in_hand_at_a_time_and_none_after_the_last() -> None:
    with pytest.raises(OutOfOrder, match="1 of 5"):
        five().begin().begin()
    with pytest.raises(OutOfOrder, match="in hand"):
        five().begin().end()
    with pytest.raises(OutOfOrder):
        given_to(five(), 5).begin()


@given(st.integers(1, 8), st.lists(st.sampled_from(["begin", "certain", "not_given", "doubt", "end"]), max_size=40))
def test_whatever_is_done_a_unit_is_begun_anew_only_where_it_was_surely_not_given(units: int, acts: list[str]) -> None:
    owing = Owing(PAID, "pulse", units)
    dealt_with: set[int] = set()
    for act in acts:
        before = owing
        try:
            owing = getattr(owing, act)(*(["why"] if act == "doubt" else []))
        except OutOfOrder:
            continue
        if act == "begin":
            assert owing.in_hand == before.begun + 1
            assert owing.in_hand not in dealt_with
        elif act in ("certain", "doubt"):
            assert before.in_hand is not None
            dealt_with.add(before.in_hand)
        assert owing.begun - owing.done - len(owing.doubtful) in (0, 1)
        assert 0 <= owing.done <= owing.begun <= units
        if owing.stands is Stand.FAILED:
            assert not dealt_with


def test_what_is_in_doubt_can_be_seen_to_once_and_stays_what_it_was() -> None:
    left = five().begin().certain().begin().doubt("the power went").end("inhibited")
    seen = left.seen_to("Ann: gave three by hand")
    assert (seen.stands, seen.is_doubtful, seen.doubtful, seen.done) == (Stand.SEEN_TO, False, (2,), 1)
    assert seen.lines()[0] == "goods: seen_to, 1 of 5 pulses given"
    assert seen.lines()[-1] == "why: Ann: gave three by hand"
    for wrong in (seen, five(), five().begin().doubt("still giving")):
        with pytest.raises(OutOfOrder):
            wrong.seen_to("Ann: again")
