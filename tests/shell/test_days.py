"""A day of the box (daemon.days): midnight to midnight of its own zone, also where clocks are changed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from daemon.days import local_time, parse_day, span_of

SHANGHAI, BERLIN, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def hours(day: date, zone: ZoneInfo) -> float:
    first, last = (datetime.fromisoformat(moment) for moment in span_of(day, zone))
    return (last - first).total_seconds() / 3600


def test_a_day_begins_at_midnight_of_the_zone() -> None:
    assert span_of(date(2026, 11, 21), SHANGHAI) == ("2026-11-20T16:00:00.000Z", "2026-11-21T16:00:00.000Z")
    assert span_of(date(2026, 11, 21), UTC) == ("2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z")
    assert span_of(date(2026, 12, 31), NEW_YORK) == ("2026-12-31T05:00:00.000Z", "2027-01-01T05:00:00.000Z")


@pytest.mark.parametrize(
    ("day", "zone", "long"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 3, 8), "America/New_York", 23),
        (date(2026, 11, 1), "America/New_York", 25),
        (date(2024, 9, 8), "America/Santiago", 23),  # midnight never came: 23:59:59 was followed by 01:00
        (date(2024, 4, 6), "America/Santiago", 25),  # its last hour came twice
        (date(2026, 11, 1), "America/Havana", 25),  # its first hour comes twice
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(2026, 7, 1), "Asia/Kathmandu", 24),
    ],
)
def test_the_days_on_which_clocks_are_changed_are_shorter_and_longer(day: date, zone: str, long: float) -> None:
    assert hours(day, ZoneInfo(zone)) == long


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Santiago", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut"]
)
def test_each_moment_belongs_to_one_day(zone: str) -> None:
    """A day ends where the next begins, and what it begins with has its date on the wall."""
    place = ZoneInfo(zone)
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(366)]
    for day, next_day in itertools.pairwise(days):
        assert span_of(day, place)[1] == span_of(next_day, place)[0]
        assert local_time(span_of(day, place)[0], place).startswith(day.isoformat())


def test_where_midnight_never_comes_the_day_begins_with_the_first_moment_there_is() -> None:
    first, _ = span_of(date(2024, 9, 8), ZoneInfo("America/Santiago"))
    assert local_time(first, ZoneInfo("America/Santiago")) == "2024-09-08T01:00:00.000-03:00"


def test_where_midnight_comes_twice_the_day_begins_with_the_first() -> None:
    first, _ = span_of(date(2026, 11, 1), ZoneInfo("America/Havana"))
    assert local_time(first, ZoneInfo("America/Havana")) == "2026-11-01T00:00:00.000-04:00"


def test_times_carry_their_distance_from_utc() -> None:
    assert local_time("2026-11-21T15:01:39.621Z", SHANGHAI) == "2026-11-21T23:01:39.621+08:00"
    assert local_time("2026-10-25T00:30:00.000Z", BERLIN) == "2026-10-25T02:30:00.000+02:00"
    assert local_time("2026-10-25T01:30:00.000Z", BERLIN) == "2026-10-25T02:30:00.000+01:00"


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The system's own zone, written as POSIX does."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25), date(2026, 12, 31)])
def test_without_a_zone_it_is_the_systems_own(day: date) -> None:
    assert span_of(day) == span_of(day, BERLIN)
    assert [local_time(moment) for moment in span_of(day)] == [local_time(moment, BERLIN) for moment in span_of(day, BERLIN)]


def test_the_first_and_the_last_day_there_are_have_no_bounds() -> None:
    assert span_of(date.min, timezone(timedelta(hours=8))) == ("", "0001-01-01T16:00:00.000Z")
    assert span_of(date.max, NEW_YORK) == ("9999-12-31T05:00:00.000Z", "~")
    assert span_of(date.min)[0] < span_of(date.min)[1] < span_of(date.max)[0] < span_of(date.max)[1]


def test_a_day_is_read_as_it_is_written() -> None:
    assert parse_day("2028-02-29") == date(2028, 2, 29)
    for text in (
        "",
        "2026-02-30",
        "2026-2-3",
        "20261121",
        "2026-W47-6",
        "0000-01-01",
        "today",
        "2026-11-21T00:00",
        "２０２６-11-21",
        " 2026-11-21",
    ):
        with pytest.raises(ValueError, match="expected a day like 2026-11-21"):
            parse_day(text)
