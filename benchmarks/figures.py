"""Samples to figures, and figures to a table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

Samples = Mapping[str, Sequence[float]]  # milliseconds by contestant, in the order measured


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def p95(samples: Sequence[float]) -> float:
    """The 95th percentile, of at least two samples."""
    return statistics.quantiles(samples, n=20, method="inclusive")[-1]


def table(samples: Samples, floor: str) -> str:
    """As Markdown: median, 95th percentile, best and worst of each, and its median as a multiple of the floor's."""
    head = ["| | median ms | p95 ms | least ms | most ms | × floor |", "|---|---:|---:|---:|---:|---:|"]
    base = median(samples[floor])
    rows = [
        f"| {name} | {median(s):.2f} | {p95(s):.2f} | {min(s):.2f} | {max(s):.2f} | {median(s) / base:.2f} |" for name, s in samples.items()
    ]
    return "\n".join(head + rows)
