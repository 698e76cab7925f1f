"""`daemon.tills.mdb_money` and `daemon.tills.mdb_troubles`: amounts that fit the bus, and machines that do not wait long enough."""

from __future__ import annotations

import pytest
from vending import yuan

from daemon.money import Amount, Minor
from daemon.tills.house import House
from daemon.tills.mdb_money import MOST_MINOR, largest, parse_price, settings
from daemon.tills.mdb_table import Phase
from daemon.tills.mdb_troubles import DEAF_GRACE_S, SHOW_LEAST_S, SHUT_GRACE_S, Patience, trouble
from daemon.timing import Schedule
from hw.interfaces import Condition, Health

OK = Health(Condition.OK)


CODES = [("CNY", "0x1156", "2"), ("EUR", "0x1978", "2"), ("JPY", "0x1392", "0"), ("KWD", "0x1414", "3"), ("AUD", "0x1036", "2")]


@pytest.mark.parametrize(("currency", "code", "decimals"), CODES)
def test_the_adapter_is_told_the_currency(currency: str, code: str, decimals: str) -> None:
    told = dict(setting.split("=") for setting in settings(currency, always_idle=True, vend_s=44.6))
    assert told == {
        "mdb-always-idle": "1", "mdb-currency-code": code, "mdb-decimal-places": decimals,
        "mdb-scale-factor": "1", "mdb-timeout-vend": "45",
    }  # fmt: skip


def test_a_currency_without_a_number_is_not_told() -> None:
    assert settings("XYZ", always_idle=False, vend_s=None) == ("mdb-always-idle=0", "mdb-decimal-places=2", "mdb-scale-factor=1")


@pytest.mark.parametrize(("text", "minor"), [("1.50", 150), ("1.5", 150), ("2", 200), ("0.01", 1), ("655.34", MOST_MINOR)])
def test_a_price_that_fits(text: str, minor: int) -> None:
    assert parse_price(text, "CNY", 100_000) == yuan(minor)
    assert parse_price("150", "JPY", 100_000) == Amount(Minor(150), "JPY")


@pytest.mark.parametrize("text", ["0", "655.35", "1.505", "-1", "", "1,50", "١"])
def test_a_price_that_does_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_price(text, "CNY", 100_000)
    with pytest.raises(ValueError, match="from 1 to 500"):
        parse_price("5.01", "CNY", 500)


def test_the_largest_credit_is_the_box_s_or_the_bus_s() -> None:
    assert (largest("CNY", 500).minor, largest("CNY", 1_000_000).minor) == (500, MOST_MINOR)


def test_a_machine_waits_long_enough_or_it_does_not() -> None:
    schedule = Schedule(scan_s=60, answer_s=10, give_up_s=30)
    assert (Patience(schedule, None).why_too_short, Patience(schedule, None).show_s, Patience(schedule, None).vend_s) == (None, None, 100)
    enough = Patience(schedule, 40 + SHOW_LEAST_S)
    assert (enough.why_too_short, enough.show_s, enough.vend_s) == (None, SHOW_LEAST_S, 45)
    assert Patience(schedule, 1000).show_s == 60
    assert Patience(schedule, 44.9).why_too_short == "the machine waits 44.9 s for an answer, and a payment may take 45 s"


def test_the_first_trouble_is_told_and_in_its_time() -> None:
    def told(
        line: Health = OK, phase: Phase = Phase.OPEN, closed: str | None = None, unreachable: str | None = None, short: str | None = None
    ) -> object:
        house = House(None, lambda _till, _why: None, lambda: closed, lambda: unreachable, lambda _wake: None, Schedule())  # type: ignore[arg-type]  # no goods
        found = trouble(line, phase, house, short)
        return found and (found.reason, found.grace_s)

    assert [told(phase=phase) for phase in (Phase.OPEN, Phase.IDLE, Phase.ASKED, Phase.BEGINNING, Phase.DENIED, Phase.DISPENSING)] == [
        None
    ] * 6
    assert told(phase=Phase.SHUT) == ("the machine's controller does not enable the reader", SHUT_GRACE_S)
    assert told(phase=Phase.AWAY) == told(phase=Phase.SETTING_UP) == ("the MDB adapter does not answer", DEAF_GRACE_S)
    assert told(phase=Phase.AWAY, short="short") == ("short", 0.0)
    assert told(unreachable="no route", short="short") == ("no route", 0.0)
    assert told(closed="journal", unreachable="no route") == ("journal", None)
    assert told(Health(Condition.MISSING, "unplugged"), closed="journal") == ("its adapter is missing: unplugged", 0.0)
