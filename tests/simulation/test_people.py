"""What people take it into their heads to do (`daemon.simulation.people`), and what a shop is like (`daemon.simulation.setting`)."""

from __future__ import annotations

import pytest

from daemon.gateways.base import Ability
from daemon.sandbox.scenario import Standing
from daemon.simulation.choices import Choices
from daemon.simulation.people import draw_sale, draw_scenario, draw_show
from daemon.simulation.setting import draw_setting
from daemon.timing import Schedule

SCHEDULE = Schedule()


def test_the_harmless_sale_is_paid_at_once():
    choices = Choices.replay([])
    sale = draw_sale(choices, "S1")
    assert (sale.shows, sale.asks_twice, sale.cancels_after_s) == (False, False, None)
    scenario = draw_scenario(choices, shown=False, schedule=SCHEDULE)
    assert (scenario.start, scenario.moves) == (Standing.PAID, ())
    show = draw_show(choices, "130000000000000001")
    assert show is not None
    assert b"".join(show.pieces) == b"130000000000000001\r"


@pytest.mark.parametrize("shown", [True, False])
def test_nobody_pays_what_was_ended_and_no_qr_is_paid_before_it_is_seen(shown):
    for seed in range(500):
        scenario = draw_scenario(Choices(seed), shown=shown, schedule=SCHEDULE)
        assert all(move.unless_ended for move in scenario.moves)
        assert not (shown and scenario.start in (Standing.PAID, Standing.CONFIRMING) and not scenario.charge.first)


def test_a_code_is_cut_anywhere_and_nothing_of_it_is_lost():
    pieces = [show.pieces for seed in range(300) if (show := draw_show(Choices(seed), "1" * 18)) and show.is_code]
    assert {len(cut) for cut in pieces} == {1, 2}
    assert {b"".join(cut).rstrip(b"\r\n\t") for cut in pieces} == {b"1" * 18}


def test_some_come_with_something_else_and_some_not_at_all():
    shows = [draw_show(Choices(seed), "1" * 18) for seed in range(300)]
    assert None in shows
    assert any(show is not None and not show.is_code for show in shows)


def test_the_harmless_shop_is_the_one_that_is_shipped():
    setting = draw_setting(Choices.replay([]))
    assert (setting.schedule, setting.refunds, setting.repeats) == (Schedule(), True, frozenset())
    assert setting.configuration.rules.unshowable("text") is None
    assert not setting.configuration.sell_while_in_doubt


def test_shops_differ_in_what_their_gateways_can_do():
    settings = [draw_setting(Choices(seed)) for seed in range(200)]
    assert {setting.refunds for setting in settings} == {True, False}
    assert {bool(setting.repeats) for setting in settings} == {True, False}
    assert {setting.configuration.rules.unshowable("text") is None for setting in settings} == {True, False}
    can = {kind.name: kind.abilities for setting in settings for kind in setting.gateways}
    assert Ability.CLOSE not in can["service"]
    assert Ability.SCAN in can["wallet"]
