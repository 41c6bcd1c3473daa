"""Families of metrics from plain values, as prometheus-client writes them."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from skybatch.model.durations import Durations


def gauge(name: str, text: str, value: float | None) -> Metric:
    """What goes up and down; without a value when that is not known."""
    return GaugeMetricFamily(name, text, value=value)


def gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """The same, by a label."""
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def counter(name: str, text: str, value: float) -> Metric:
    """What only grows; `_total` is added to its name."""
    return CounterMetricFamily(name, text, value=value)


def counters(
    name: str, text: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> Metric:
    """The same, by labels."""
    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def histogram(name: str, text: str, durations: Durations) -> Metric:
    """How long something took."""
    buckets, sum_s = _buckets(durations)
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=sum_s)


def histograms(name: str, text: str, label: str, values: Mapping[str, Durations]) -> Metric:
    """The same, by a label."""
    family = HistogramMetricFamily(name, text, labels=[label])
    for key, durations in values.items():
        buckets, sum_s = _buckets(durations)
        family.add_metric([key], buckets, sum_s)
    return family


def _buckets(durations: Durations) -> tuple[list[tuple[str, float]], float]:
    """Each with what is below its bound and all smaller ones."""
    bounds = (*map(str, durations.bounds), "+Inf")
    return list(zip(bounds, accumulate(durations.counts), strict=True)), durations.sum_s
