"""docs/operations.md, docs/alerts.yml and docs/grafana.json are about the metrics that there are, and about all of them.

`tests/stories/test_story_metrics.py` holds the same names against what a real box serves.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from daemon.metrics.families import ENDS, FAMILIES, PROBLEMS, Kind, Outcome

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = (DOCS / "operations.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DOCS / "alerts.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
OF_PROMETHEUS = {"up", "ALERTS"}


def expressions() -> Iterator[str]:
    """Every query of the rules and of the dashboard."""
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in PANELS for target in panel.get("targets", []))
    yield from (annotation["expr"] for annotation in DASHBOARD["annotations"]["list"] if "expr" in annotation)
    yield from (variable["definition"] for variable in DASHBOARD["templating"]["list"] if "definition" in variable)


def metrics_in(text: str) -> set[str]:
    return set(re.findall(r"\b(?:tillbox|process)_\w+|\bup\b", re.sub(r'"[^"]*"', '""', text)))


def family_of(sample: str) -> str:
    """As the guide's table names it: a histogram's without its suffix."""
    return re.sub(r"_(bucket|sum|count)$", "", sample)


def table_rows(heading: str) -> list[list[str]]:
    section = GUIDE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in section.splitlines() if line.startswith("| `")]


MEASURED = {row[0].strip("`"): row for row in table_rows("What is measured") if len(row) == 4}


# -- the guide's tables --


def test_every_metric_stands_in_the_guide_with_its_kind_and_labels() -> None:
    own = {name: row for name, row in MEASURED.items() if name.startswith("tillbox_")}
    assert own.keys() == {family.name + "_total" * (family.kind is Kind.COUNTER) for family in FAMILIES}
    for family in FAMILIES:
        _name, kind, labels, meaning = own[family.name + "_total" * (family.kind is Kind.COUNTER)]
        assert kind == family.kind.value
        assert tuple(re.findall(r"`(\w+)`", labels)) == family.labels
        assert meaning


def test_the_words_that_labels_take_are_explained() -> None:
    assert {row[0].strip("`") for row in table_rows("What is measured") if len(row) == 2} - {"outcome"} == {
        outcome.value for outcome in Outcome
    }
    for word in (*ENDS, *PROBLEMS):
        assert f"`{word.value}`" in GUIDE


def test_each_alert_is_explained_and_says_what_to_do() -> None:
    rows = table_rows("What to do")
    assert sorted(row[0].strip("`") for row in rows) == sorted(rule["alert"] for rule in RULES)
    assert all(len(row) == 3 and row[1] and row[2] for row in rows)


def test_alerts_that_are_spoken_of_exist() -> None:
    spoken_of = set(re.findall(r"Tillbox[A-Z]\w+", GUIDE + json.dumps(DASHBOARD)))
    assert spoken_of <= {rule["alert"] for rule in RULES}


# -- the rules --


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_how_urgent_it_is_and_what_is_the_matter(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "description"}
    assert metrics_in(rule["expr"])
    for name in re.findall(r"\$labels\.(\w+)", str(rule["annotations"])):
        by = re.findall(r"by \(([^)]*)\)", rule["expr"])
        assert name in by[0] if by else name == "instance" or name in labels_of(rule["expr"]), "the label is there where it is named"


def labels_of(expression: str) -> set[str]:
    named = {metric.removesuffix("_total") for metric in metrics_in(expression)}
    return {label for family in FAMILIES if family.name in named for label in family.labels}


def test_whatever_needs_a_person_has_a_rule() -> None:
    """Each thing that can be wrong, by the metric that shows it."""
    watched = {metric for rule in RULES for metric in metrics_in(rule["expr"])}
    assert watched >= {
        "up",
        "tillbox_ready",
        "tillbox_in_doubt",
        "tillbox_gateway_problem",
        "tillbox_client_certificate_expiry_timestamp_seconds",
        "tillbox_device_up",
        "tillbox_device_degraded",
        "tillbox_goods_owed",
        "tillbox_till_held",
        "tillbox_fleet_oldest_waiting_seconds",
        "tillbox_journal_writable",
        "tillbox_journal_disk_free_bytes",
    }
    told_apart = {problem for rule in RULES for problem in re.findall(r'problem="(\w+)"', rule["expr"])}
    assert told_apart == {part.value for part in PROBLEMS}


# -- the queries --


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_a_query_is_about_metrics_that_there_are_and_labels_that_they_have(expression: str) -> None:
    assert {family_of(metric) for metric in metrics_in(expression)} <= MEASURED.keys() | OF_PROMETHEUS
    for metric, matchers in re.findall(r"\b(tillbox_\w+)\{([^}]*)\}", expression):
        row = MEASURED[family_of(metric)]
        assert set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', matchers)) <= {*re.findall(r"`(\w+)`", row[2]), "instance"}


def test_the_words_in_queries_are_words_that_labels_take() -> None:
    words = {"state": {end.value for end in ENDS}, "outcome": {o.value for o in Outcome}, "problem": {p.value for p in PROBLEMS}}
    for label, known in words.items():
        for text in re.findall(rf'\b{label}\s*(?:=~|!=|=)\s*"([^"]*)"', "\n".join(expressions())):
            assert set(text.split("|")) <= known


def promtool(*words: str) -> str:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed (Debian's package prometheus has it): the rules are not run")
    done = subprocess.run([tool, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules() -> None:
    assert f"{len(RULES)} rules found" in promtool("check", "rules", "docs/alerts.yml")


def test_the_rules_fire_when_they_should_and_not_otherwise() -> None:
    assert "SUCCESS" in promtool("test", "rules", "tests/docs/alert_cases.yml")


def test_prometheus_takes_every_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [re.sub(r"\$__rate_interval", "5m", text) for text in expressions() if not text.startswith("label_values")]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", str(tmp_path / "queries.yml"))


# -- the dashboard --


def test_the_dashboard_can_be_imported() -> None:
    """What Grafana wants of one: a title, panels with ids and places of their own, queries with letters, a data source to choose."""
    assert DASHBOARD["title"]
    assert DASHBOARD["uid"]
    assert DASHBOARD["id"] is None, "Grafana gives it one"
    assert DASHBOARD["schemaVersion"] >= 36
    ids = [panel["id"] for panel in PANELS]
    assert len(ids) == len(set(ids))
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]
    for panel in PANELS:
        letters = [target["refId"] for target in panel.get("targets", [])]
        assert len(letters) == len(set(letters))
        assert panel["type"] == "row" or (letters and panel["datasource"]["uid"] == "${datasource}")


def test_no_panel_lies_on_another() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])):
            assert taken.setdefault(cell, panel["title"]) == panel["title"], (panel["title"], taken[cell])


def test_each_metric_of_ours_has_a_place_on_the_dashboard() -> None:
    shown = {family_of(metric) for panel in PANELS for target in panel.get("targets", []) for metric in metrics_in(target["expr"])}
    assert {name for name in MEASURED if name.startswith("tillbox_")} <= shown


def test_each_alert_can_be_looked_into_on_the_dashboard() -> None:
    """Whatever an alert goes by, a panel shows."""
    shown = {metric for panel in PANELS for target in panel.get("targets", []) for metric in metrics_in(target["expr"])}
    assert {metric for rule in RULES for metric in metrics_in(rule["expr"])} <= shown


# -- the configuration in the guide --


def test_the_examples_of_configuration_are_yaml_and_name_the_job_that_the_rules_go_by() -> None:
    blocks = [
        yaml.safe_load(re.sub(r"^ {2}", "", block, flags=re.MULTILINE) if block.startswith("  ") else block) for block in yaml_blocks()
    ]
    (prometheus, _targets, alertmanager) = blocks
    (job,) = prometheus["scrape_configs"]
    assert job["job_name"] == "tillbox"
    assert "credentials_file" in job["authorization"], "the token is in a file, not in the configuration"
    known = {rule["alert"] for rule in RULES}
    for rule in alertmanager["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            assert set(matcher.split('"')[1].split("|")) <= known


def yaml_blocks() -> list[str]:
    return re.findall(r"^ *```yaml\n(.*?)^ *```$", GUIDE, re.DOTALL | re.MULTILINE)
