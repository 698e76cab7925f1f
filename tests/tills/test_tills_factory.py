"""`daemon.tills.factory`: which kinds of till have a device of their own, and what each is made of."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock, sentinel

import pytest

from daemon.tables.machines import MdbTillSettings, PulseTillSettings
from daemon.tables.poles import PoleTillSettings
from daemon.tables.tills import KeypadTillSettings, SerialTillSettings, TillSettings
from daemon.tills.factory import Shop, build
from daemon.tills.house import House
from daemon.tills.http import Terms
from daemon.tills.keypad import KeypadTill
from daemon.tills.mdb import MdbTill
from daemon.tills.mdb_table import Phase
from daemon.tills.pole import PoleTill
from daemon.tills.pulse import PulseTill
from daemon.tills.serial import SerialTill
from daemon.timing import Schedule
from hw import factory as devices
from hw.interfaces import Condition

SHOP = Shop(
    sentinel.desk,
    sentinel.tellings,
    Terms("CNY", 100_000),
    lambda: "T1",
    "1.0",
    sentinel.front,
    House(sentinel.goods, sentinel.hold, sentinel.closed, sentinel.unreachable, lambda _wake: None, Schedule()),
)


def test_a_till_on_the_web_has_no_device() -> None:
    assert build([TillSettings("web")], SHOP, devices) == []


def test_a_serial_till_has_a_line_that_is_not_open_yet() -> None:
    (till,) = build([TillSettings("web"), SerialTillSettings("counter", port="/dev/ttyUSB0")], SHOP, devices)
    assert isinstance(till, SerialTill)
    assert till.name == "counter"
    assert till.health.condition is Condition.MISSING


@pytest.mark.parametrize("settings", [KeypadTillSettings("pad", device="simulated"), KeypadTillSettings("pad", vendor=1, product=2)])
def test_a_keypad_is_not_open_yet(settings: KeypadTillSettings) -> None:
    (till,) = build([settings], SHOP, devices)
    assert isinstance(till, KeypadTill)
    assert till.name == "pad"
    assert till.health.condition is Condition.MISSING


def test_a_pulse_till_has_a_credit_line_that_is_not_open_yet() -> None:
    (till,) = build([PulseTillSettings("machine", price=500, prices={5: 300}, value_per_pulse=100)], SHOP, devices)
    assert isinstance(till, PulseTill)
    assert (till.name, till.health.condition, till.is_giving) == ("machine", Condition.MISSING, True)
    assert till.output.inhibited


@pytest.mark.parametrize("price", [None, 500])
def test_an_mdb_till_has_a_line_that_is_not_open_yet(price: int | None) -> None:
    (till,) = build([MdbTillSettings("vending", port="/dev/ttyACM0", price=price)], SHOP, devices)
    assert isinstance(till, MdbTill)
    assert (till.name, till.health.condition, till.session.phase) == ("vending", Condition.MISSING, Phase.AWAY)


def test_a_pole_listens_as_it_is_told() -> None:
    shop = replace(SHOP, front=Mock(has_button=False))
    (till,) = build([PoleTillSettings("pole", port="/dev/ttyUSB0", words=("ZU ZAHLEN",), point="implied")], shop, devices)
    assert isinstance(till, PoleTill)
    assert (till._terms.words, till._terms.implied, till._terms.confirm) == (("ZU ZAHLEN",), True, True)
    assert till.health.condition is Condition.MISSING


def test_only_kinds_that_exist_are_built() -> None:
    with pytest.raises(ValueError, match=r"tills\.counter: there is no kind 'abacus'"):
        build([TillSettings("counter", "abacus")], SHOP, devices)
