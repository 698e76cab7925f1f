"""daemon.metrics.harmless: a fault of measuring is logged, and no more."""

from __future__ import annotations

import logging

import pytest

from daemon.metrics.harmless import harmless


class Faulty:
    def __init__(self) -> None:
        self.measured: list[tuple[int, int]] = []

    @harmless
    def measure(self, one: int, *, two: int) -> None:
        if one == 13:
            raise RuntimeError("no such number")
        self.measured.append((one, two))


def test_what_measures_well_is_left_as_it_is() -> None:
    thing = Faulty()
    thing.measure(1, two=2)
    assert thing.measured == [(1, 2)]


def test_a_fault_is_logged_with_its_place_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        Faulty().measure(13, two=2)
    (record,) = caplog.records
    assert record.getMessage() == "metrics_fault where=measure"
    assert record.exc_info is not None
