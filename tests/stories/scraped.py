"""`GET /metrics` of a box, as Prometheus reads it: with the parser of its own library."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from box_process import ROOT, BoxProcess
from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, frozenset[tuple[str, str]]]
"""The name of a sample and its labels."""


class Scrape:
    """One answer, read."""

    def __init__(self, box: BoxProcess, headers: Mapping[str, str] | None = None) -> None:
        answer = box.request("GET", "/metrics", headers=headers)
        assert answer.status == 200, answer
        self.text: str = answer.body.decode()
        self.families = {family.name: family for family in text_string_to_metric_families(self.text)}
        samples = [sample for family in self.families.values() for sample in family.samples]
        self.series: dict[Series, float] = {(s.name, frozenset(s.labels.items())): s.value for s in samples}
        assert len(self.series) == len(samples), "a series is told twice"

    def value(self, name: str, **labels: str) -> float:
        """Of all series of that name that have those labels, their sum. KeyError where there is none."""
        found = [value for (given, has), value in self.series.items() if given == name and labels.items() <= dict(has).items()]
        if not found:
            raise KeyError(name, labels)
        return sum(found)

    def counted(self, name: str) -> dict[tuple[str, ...], float]:
        """Those series of a counter that are not 0, by the values of their labels in the order of their names."""
        found = {tuple(value for _, value in sorted(has)): value for (given, has), value in self.series.items() if given == name and value}
        return dict(sorted(found.items()))

    @property
    def names(self) -> set[str]:
        """Of samples, and of families that have none now."""
        return {name for name, _ in self.series} | set(self.families)


def queried() -> set[str]:
    """Every metric that a rule or the dashboard asks for, but Prometheus' own."""
    groups: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    panels: list[dict[str, Any]] = json.loads((ROOT / "docs" / "grafana.json").read_text(encoding="utf-8"))["panels"]
    queries = [rule["expr"] for group in groups for rule in group["rules"]]
    queries += [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return {name for query in queries for name in re.findall(r"\b(?:tillbox|process)_\w+", re.sub(r'"[^"]*"', "", query))}
