"""The soak in its short form: a dozen deaths at random instants. The long form is a command of its own (see `soak.py`)."""

from pathlib import Path

import pytest
from soak import run, table
from soak_draw import MOMENTS, Sale, draw
from soak_truth import Sold, faults, strangers

KILLS = 12


@pytest.mark.timeout(300)  # two shops side by side, each bounded by itself; a machine that runs all tests at once is slow
def test_boxes_that_are_killed_at_random_instants_keep_every_promise(tmp_path: Path):
    tallies = list(run(tmp_path, KILLS, seed=7, boxes=2))
    assert sum(tally.deaths for tally in tallies) >= KILLS
    assert sum(tally.orders for tally in tallies) > 0
    assert "no promise broken" in table(tallies, 1.0)


def test_the_seed_decides_what_is_sold_and_when_the_box_dies():
    sales = [draw("1/0", number, "wechat") for number in range(1, 400)]
    assert sales == [draw("1/0", number, "wechat") for number in range(1, 400)]
    assert sales != [draw("1/1", number, "wechat") for number in range(1, 400)]
    assert {death.after for sale in sales for death in sale.deaths} == set(MOMENTS)
    assert all(0 <= death.delay_s <= MOMENTS[death.after] for sale in sales for death in sale.deaths)


# -- that the checks can fail --

SALE = Sale("K-1", 500, "wechat", True, "paid", None, ())
PAID = {"state": "paid", "final": True, "amount": 500, "reason": None}
ORDER = {"charges": 1, "early_revokes": 0, "refunds": 0, "money_in": 500, "money_out": 0, "state": "paid"}


def sold(payment=None, order=None, heard=("submitting", "paid"), is_open=False):
    return Sold(SALE, list(heard), {**PAID, **(payment or {})}, {"T1": {**ORDER, **(order or {})}}, is_open)


def test_a_sale_that_ended_well_has_no_faults():
    assert faults(sold()) == []
    assert strangers({"T1"}, {"orders": {"T1": ORDER}, "codes_used_twice": 0}) == []


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        (sold(order={"charges": 2}), "charged 2 times"),
        (sold(order={"early_revokes": 1}), "too early"),
        (sold(order={"refunds": 2}), "refunded 2 times"),
        (sold(order={"money_out": 500, "state": "refunded"}), "the shop has 0"),
        (sold({"state": "revoked"}, heard=("revoked",)), "told revoked (None) of 500, and the shop has 500"),
        (sold({"state": "refused"}, {"money_in": 0, "state": "confirming"}, ("refused",)), "left confirming"),
        (sold(heard=("revoked", "paid")), "told revoked, and then paid"),
        (sold(is_open=True), "no end"),
        (sold({"state": "in_doubt", "reason": {"code": "revoke_unconfirmed"}}, {"money_out": 500, "state": "refunded"}), "in doubt"),
        (sold({"amount": 501}), "asked for 500, and told 501"),
    ],
)
def test_a_broken_promise_is_found(case, fault):
    assert any(fault in found for found in faults(case)), faults(case)


def test_an_order_that_no_payment_knows_is_found():
    found = strangers(set(), {"orders": {"T9": ORDER}, "codes_used_twice": 2})
    assert found == ["T9 is at the provider, and no payment has it", "2 codes were sent twice"]
