"""From readings to Prometheus' text, by prometheus-client. The one place that knows the library, and imports it when it is first
wanted: 25 ms and 1.3 MB on a PC, which a box that nobody watches does not pay. For a thread beside the loop.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.metrics.families import Kind
from daemon.metrics.tally import Reading, Times

if TYPE_CHECKING:  # the library's names, for the reader; see above
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

log = logging.getLogger(__name__)

# What a content type of the library looks like. Newer versions repeat in it what the caller wrote as `version`.
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9/; =.+_-]{1,120}")


@dataclass(frozen=True, slots=True)
class Text:
    """What a scrape gets."""

    body: bytes
    content_type: str


def expose(readings: Sequence[Reading], accept: str) -> Text:
    """All readings and what the library says of the process, in the form that the caller wants (`Accept`), as the library chooses."""
    from prometheus_client import CollectorRegistry, ProcessCollector

    registry = CollectorRegistry()  # never the library's own, into which anybody may put things
    registry.register(_Readings(readings))
    ProcessCollector(registry=registry)  # anew: it looks once when the machine was booted, and most boxes set their clock after that
    encode, content_type = _negotiated(accept)
    return Text(encode(registry), content_type)


class _Readings:
    """`prometheus_client.registry.Collector`, which 0.16 wants no one to inherit from."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterable[Metric]:
        return map(_metric, self._readings)

    def describe(self) -> Iterable[Metric]:
        return ()


def _negotiated(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """Newer versions of the library fail at some of what a caller may write; that is the plain text then, as without `Accept`."""
    from prometheus_client.exposition import choose_encoder

    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):
        return choose_encoder("")
    return (encode, content_type) if _CONTENT_TYPE.fullmatch(content_type) else choose_encoder("")


def _metric(reading: Reading) -> Metric:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    family = reading.family
    makers: dict[Kind, Any] = {
        Kind.COUNTER: CounterMetricFamily,
        Kind.GAUGE: GaugeMetricFamily,
        Kind.HISTOGRAM: HistogramMetricFamily,
    }
    metric = makers[family.kind](family.name, family.help, labels=family.labels)
    for labels, value in reading.values:
        if isinstance(value, Times):
            metric.add_metric(labels, _buckets(family.bounds, value), value.sum_s)
        else:
            metric.add_metric(labels, value)
    made: Metric = metric
    return made


def _buckets(bounds: Sequence[float], times: Times) -> list[tuple[str, int]]:
    return list(zip([*map(str, bounds), "+Inf"], times.counts, strict=True))
