"""`daemon.cycle_rules`: how each gateway is dealt with, as the configuration and the gateway's abilities say."""

from __future__ import annotations

import pytest

from daemon.cycle_rules import Rules
from daemon.errands import Terms
from daemon.timing import Schedule

QUICK = Schedule(query_every_s=1.0)


def test_a_gateway_is_dealt_with_by_its_own_schedule_and_abilities():
    rules = Rules(
        {"bank": QUICK, "shop": Schedule()},
        refunding=frozenset({"bank"}),
        holding=frozenset({"bank"}),
        closing=frozenset({"shop"}),
        repeating=frozenset({"shop"}),
    )
    assert rules.terms("bank") == Terms(QUICK, True, True, closes=False, repeats_creates=False, refunds=True)
    assert rules.terms("shop") == Terms(Schedule(), False, False, closes=True, repeats_creates=True, refunds=False)


@pytest.mark.parametrize(("policy", "refunding", "returns"), [("refund", True, True), ("refund", False, False), ("report", True, False)])
def test_late_money_goes_back_where_the_operator_wants_it_and_the_gateway_can(policy: str, refunding: bool, returns: bool):
    rules = Rules({"bank": QUICK}, late_payment=policy, refunding=frozenset({"bank"} if refunding else ()))
    terms = rules.terms("bank")
    assert (terms.returns_late_money, terms.refunds) == (returns, refunding)


def test_a_gateway_that_the_configuration_no_longer_names_goes_by_the_defaults():
    terms = Rules({"bank": QUICK}).terms("gone")
    assert terms == Terms(Schedule(), False, False, closes=False, repeats_creates=False, refunds=False)


def test_what_was_worked_out_once_is_not_worked_out_again():
    rules = Rules({"bank": QUICK})
    assert rules.terms("bank") is rules.terms("bank")


def test_nothing_is_unshowable_where_nobody_says_so():
    rules = Rules({})
    assert rules.unshowable("weixin://any") is None
    assert (rules.scan_s, rules.late_payment) == (60.0, "refund")
