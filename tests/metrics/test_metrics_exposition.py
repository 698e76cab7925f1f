"""daemon.metrics.exposition: the library's text, in both its forms, of exactly what was read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from daemon.metrics.exposition import expose
from daemon.metrics.families import Family, Kind
from daemon.metrics.tally import Reading, Times

COUNTED = Reading(Family("tillbox_things", Kind.COUNTER, "Things.", ("kind",)), ((("round",), 3), (('quo"te\n\\',), 0)))
GAUGED = Reading(Family("tillbox_weight", Kind.GAUGE, "A weight."), (((), 1.5),))
TIMED = Reading(Family("tillbox_thing_seconds", Kind.HISTOGRAM, "Times.", (), (0.1, 1.0)), (((), Times((2, 3, 4), 7.65)),))
EMPTY = Reading(Family("tillbox_nothing", Kind.GAUGE, "Nothing now.", ("kind",)), ())
ALL = [COUNTED, GAUGED, TIMED, EMPTY]

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
# What Prometheus 2.42 and 3 send.
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


def samples(accept: str = "") -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = expose(ALL, accept)
    read = read_openmetrics if "openmetrics" in text.content_type else read_text
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in read(text.body.decode()) for s in family.samples}


WANTED = {
    ("tillbox_things_total", (("kind", "round"),)): 3.0,
    ("tillbox_things_total", (("kind", 'quo"te\n\\'),)): 0.0,
    ("tillbox_weight", ()): 1.5,
    ("tillbox_thing_seconds_bucket", (("le", "0.1"),)): 2.0,
    ("tillbox_thing_seconds_bucket", (("le", "1.0"),)): 3.0,
    ("tillbox_thing_seconds_bucket", (("le", "+Inf"),)): 4.0,
    ("tillbox_thing_seconds_count", ()): 4.0,
    ("tillbox_thing_seconds_sum", ()): 7.65,
}


@pytest.mark.parametrize("accept", ["", "text/plain", OPENMETRICS, PROMETHEUS_2, PROMETHEUS_3])
def test_what_was_read_is_what_stands_there(accept: str) -> None:
    told = samples(accept)
    assert {name: value for name, value in told.items() if name[0].startswith("tillbox")} == WANTED


def test_the_process_is_told_by_the_library() -> None:
    names = {name for name, _ in samples()}
    assert names >= {"process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"}
    assert not [name for name in names if name.startswith("python_")], "the library's own registry is not ours"


def test_every_family_is_explained() -> None:
    lines = expose(ALL, "").body.decode().splitlines()
    assert "# HELP tillbox_things_total Things." in lines
    assert "# HELP tillbox_nothing Nothing now." in lines, "also one that has nothing to say now"
    assert "# TYPE tillbox_thing_seconds histogram" in lines


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain"),
        ("text/html,*/*", "text/plain"),
        (OPENMETRICS, "application/openmetrics-text"),
        (PROMETHEUS_2, "application/openm"),
    ],
)
def test_the_form_is_the_one_that_is_asked_for(accept: str, kind: str) -> None:
    assert expose(ALL, accept).content_type.startswith(kind)


@pytest.mark.parametrize("version", ["1.0.0é", "1.0.x", "x", "", "1.0.0\x7f", "9" * 5000, '"', "1.\ud800"])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
def test_no_accept_can_break_it_or_find_its_way_into_the_answers_head(kind: str, version: str) -> None:
    text = expose(ALL, f"{kind};version={version}")
    assert text.content_type.isascii()
    assert text.content_type.isprintable()
    assert len(text.content_type) <= 120
    assert b"tillbox_weight 1.5" in text.body


def test_the_library_is_imported_by_the_first_scrape_and_not_before() -> None:
    script = (
        "import sys, daemon.app; assert 'prometheus_client' not in sys.modules;"
        "from daemon.metrics.exposition import expose; expose([], ''); assert 'prometheus_client' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
