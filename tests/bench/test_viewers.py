"""The benchmark of open pages measures what it says (benchmarks.viewers). Nothing is held to a share or a time."""

from __future__ import annotations

from pathlib import Path

from benchmarks import viewers
from benchmarks.box import Box
from benchmarks.stage import Stage


def test_everything_is_measured_in_turns(tmp_path: Path) -> None:
    samples = viewers.measure(tmp_path, 1, 0.5)
    assert {name: len(values) for name, values in samples.items()} == {
        "nothing happens, 0 pages, % of a processor": 1,
        "a sale, 0 pages, % of a processor": 1,
        "nothing happens, 5 pages, % of a processor": 1,
        "a sale, 5 pages, % of a processor": 1,
        "scan to wire, 0 pages, ms": 3,
        "scan to wire, 20 pages, ms": 3,
    }
    assert all(value >= 0 for values in samples.values() for value in values)
    assert all(value > 10 for value in samples["scan to wire, 20 pages, ms"]), "the line alone takes half a round trip"


def test_a_viewer_is_told_of_the_sale_and_gone_afterwards(tmp_path: Path) -> None:
    with Stage(tmp_path, 0.0) as stage, Box(stage) as box:
        till, page = viewers.Tillbox(stage, box), viewers.Viewer(box.port)
        till.sale()
        assert page.events > 5
        page.close()
        assert not page.is_alive()
        before = viewers.processor_s(box.pid)
        with viewers.looked_at(box, 2):
            till.sale()
        assert viewers.processor_s(box.pid) >= before > 0
