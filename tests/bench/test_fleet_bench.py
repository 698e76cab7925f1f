"""The benchmark of a fleet measures what it says (benchmarks.fleet, benchmarks.broker). Nothing is held to a share or a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import fleet
from benchmarks.broker import MOSQUITTO


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_boxes_of_every_kind_take_turns(tmp_path: Path) -> None:
    samples = fleet.measure(tmp_path, 2)
    assert {name: len(values) for name, values in samples.items()} == {fleet.ALONE: 2, fleet.TELLING: 2, fleet.CUT_OFF: 2}
    assert all(value > 10 for values in samples.values() for value in values), "the line alone takes half a round trip"


def test_a_ratio_is_of_sales_that_were_made_side_by_side() -> None:
    samples = {fleet.ALONE: [10.0, 100.0, 10.0], fleet.TELLING: [11.0, 110.0, 30.0]}
    assert fleet.ratio(samples, fleet.TELLING) == pytest.approx(1.1)


def test_without_mosquitto_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fleet, "MOSQUITTO", None)
    monkeypatch.setattr("sys.argv", ["fleet"])
    fleet.main()
    assert "not measured" in capsys.readouterr().err
