"""The schedule's defaults are the published ones, and one schedule never changes."""

from __future__ import annotations

import dataclasses

import pytest

from daemon.timing import Schedule

DEFAULTS = {
    "scan_s": 60,
    "answer_s": 10,
    "reply_s": 5,
    "query_every_s": 5,
    "give_up_s": 30,
    "revoke_not_before_s": 15,
    "revoke_retry_s": 2,
    "in_doubt_s": 600,
    "qr_s": 120,
    "qr_query_every_s": 3,
    "chase_s": 10,
}


def test_the_defaults_are_those_that_the_documentation_gives():
    assert dataclasses.asdict(Schedule()) == DEFAULTS


def test_every_wait_is_a_number_of_seconds_that_can_be_replaced_alone():
    for field in dataclasses.fields(Schedule):
        schedule = Schedule(**{field.name: 0.25})
        assert dataclasses.asdict(schedule) == {**DEFAULTS, field.name: 0.25}


def test_a_schedule_never_changes():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Schedule().give_up_s = 1.0


def test_the_wallets_rules_are_kept_by_the_defaults():
    """WeChat: revoke at least 15 s after the charge; give up before the wallet closes the order itself at 45 s."""
    schedule = Schedule()
    assert schedule.revoke_not_before_s >= 15
    assert schedule.give_up_s + schedule.answer_s <= 45
