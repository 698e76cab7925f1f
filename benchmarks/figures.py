"""Samples to figures, and figures to a table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

Samples = Mapping[str, Sequence[float]]  # milliseconds by contestant, in the order measured


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def percentile(samples: Sequence[float], percent: int) -> float:
    """Of at least two samples."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def table(samples: Samples, floor: str, percent: int = 95) -> str:
    """As Markdown: median, that percentile, best and worst of each, and its median as a multiple of the floor's."""
    head = [f"| | median ms | p{percent} ms | least ms | most ms | × floor |", "|---|---:|---:|---:|---:|---:|"]
    base = median(samples[floor])
    rows = [
        f"| {name} | {median(s):.2f} | {percentile(s, percent):.2f} | {min(s):.2f} | {max(s):.2f} | {median(s) / base:.2f} |"
        for name, s in samples.items()
    ]
    return "\n".join(head + rows)
