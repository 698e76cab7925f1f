"""daemon.metrics.tally: counts, and times by buckets."""

from __future__ import annotations

from daemon.metrics.families import Family, Kind
from daemon.metrics.tally import Counter, Histogram, Times

COUNTED = Family("tillbox_things", Kind.COUNTER, "Things.", ("kind",))
TIMED = Family("tillbox_thing_seconds", Kind.HISTOGRAM, "Times.", ("kind",), (0.1, 1.0))


def test_a_count_begins_at_nothing_and_what_is_known_is_there_from_the_start() -> None:
    counter = Counter(COUNTED, [("round",)])
    counter.add("square")
    counter.add("square")
    assert counter.read().values == ((("round",), 0), (("square",), 2))


def test_what_was_read_stays_as_it_was() -> None:
    counter = Counter(COUNTED)
    counter.add("round")
    before = counter.read()
    counter.add("round")
    assert before.values == ((("round",), 1),)


def test_a_time_counts_in_its_bucket_and_all_above_with_its_bound_included() -> None:
    times = Histogram(TIMED)
    for seconds in (0.05, 0.1, 0.5, 7.0):
        times.add(seconds, "round")
    assert times.read().values == ((("round",), Times((2, 3, 4), 7.65)),)


def test_known_labels_have_empty_buckets() -> None:
    assert Histogram(TIMED, [("round",)]).read().values == ((("round",), Times((0, 0, 0), 0.0)),)


def test_a_time_before_its_own_beginning_is_no_time() -> None:
    times = Histogram(TIMED, [("round",)])
    times.add(-0.001, "round")
    assert times.read().values == ((("round",), Times((0, 0, 0), 0.0)),)
