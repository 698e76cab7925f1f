"""The benchmark of many boxes on one gateway measures what it says (benchmarks.many). Nothing is held to a time."""

from __future__ import annotations

from benchmarks import many


def test_every_crowd_pays_and_costs_something() -> None:
    costs = many.measure(10, 1, crowds=(1, 5))
    assert set(costs) == {("wechat", 1), ("wechat", 5), ("merchant", 1), ("merchant", 5)}
    assert all(cost.processor_ms > 0 and cost.elapsed_ms > 0 for (cost,) in costs.values())


def test_the_table_compares_each_crowd_with_the_smallest() -> None:
    found = {("wechat", 1): [many.Cost(2.0, 5.0)], ("wechat", 10): [many.Cost(3.0, 1.0)]}
    costs = {**found, ("merchant", 1): [many.Cost(1.0, 9.0)], ("merchant", 10): [many.Cost(0.5, 2.0)]}
    assert many.table(costs).splitlines()[2:] == [
        "| wechat | 1 | 2.00 | 1.00 | 5.00 |",
        "| wechat | 10 | 3.00 | 1.50 | 1.00 |",
        "| merchant | 1 | 1.00 | 1.00 | 9.00 |",
        "| merchant | 10 | 0.50 | 0.50 | 2.00 |",
    ]
