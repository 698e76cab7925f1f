"""daemon.metrics.families: the list keeps to Prometheus' conventions, and to labels that nobody outside can choose."""

from __future__ import annotations

import re

import pytest

from daemon.metrics import families as f
from daemon.metrics.families import FAMILIES, Family, Kind

# Whose values the configuration or the program alone choose. A ref, an order number, a code, a text never becomes a label (P10).
BOUNDED = {"version", "terminal", "till", "state", "gateway", "mode", "call", "outcome", "problem", "device"}

each = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def test_names_are_used_once() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES) > 20


@each
def test_names_and_texts_are_prometheus_own_way(family: Family) -> None:
    assert re.fullmatch(r"tillbox(_[a-z]+)+", family.name)
    assert not family.name.endswith("_total"), "the library adds it"
    assert family.help.endswith(".")
    assert "\n" not in family.help
    if family.kind is Kind.HISTOGRAM:
        assert family.name.endswith("_seconds")
    if re.search("bytes|size|free", family.name):
        assert family.name.endswith("_bytes")


@each
def test_labels_have_few_values(family: Family) -> None:
    assert set(family.labels) <= BOUNDED


@each
def test_only_histograms_have_bounds_and_those_ascend(family: Family) -> None:
    assert bool(family.bounds) == (family.kind is Kind.HISTOGRAM)
    assert list(family.bounds) == sorted(set(family.bounds))


def test_the_schedules_limits_lie_within_the_buckets() -> None:
    """What is waited for at most is no longer than the last bound, or everything that took long would look alike."""
    from daemon.timing import Schedule

    usual = Schedule()
    assert f.NETWORK[-1] >= usual.answer_s
    assert f.PEOPLE[-1] >= max(usual.give_up_s, usual.qr_s)
    assert f.SALE[-1] >= usual.scan_s + usual.give_up_s + usual.in_doubt_s
