"""Actions and events: a vocabulary that is shared with the journal and the logs, so it can hold no payer's code."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from daemon import events
from daemon.codes import AuthCode
from daemon.events import Action, CodePresented, Event, Query, Submit
from daemon.payment import OutTradeNo

ACTIONS = typing.get_args(Action)
EVENTS = typing.get_args(Event)


@pytest.mark.parametrize("kind", [*ACTIONS, *EVENTS])
def test_no_action_and_no_event_can_hold_a_code(kind: type):
    """P10: what the journal stores and the logs say comes from these."""
    types = typing.get_type_hints(kind, vars(events)).values()
    assert AuthCode not in types
    assert not any("code" in field.name for field in dataclasses.fields(kind))


@pytest.mark.parametrize("kind", ACTIONS)
def test_every_action_is_about_one_order(kind: type):
    assert dataclasses.fields(kind)[0].name == "out_trade_no"


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_says_when_for_people(kind: type):
    assert dataclasses.fields(kind)[-1].name == "at"


def test_they_never_change_and_are_equal_by_what_they_say():
    submit = Submit(OutTradeNo("T1"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        submit.out_trade_no = OutTradeNo("T2")
    assert submit == Submit(OutTradeNo("T1"))
    assert Query(OutTradeNo("T1")) != Query(OutTradeNo("T1"), last=True)
    assert len({submit, Submit(OutTradeNo("T1"))}) == 1


def test_a_presented_code_is_told_without_the_code():
    assert repr(CodePresented(OutTradeNo("T1"), "wechat", "wechat")) == (
        "CodePresented(out_trade_no='T1', gateway='wechat', scheme='wechat', at='')"
    )
