"""Metrics of the daemon as a process: its loop, its bus, its API, its version."""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import Metric
from prometheus_client.metrics_core import InfoMetricFamily

import skybatch
from skybatch.bus import Bus
from skybatch.metrics.families import counter, counters, gauge, histogram, histograms
from skybatch.metrics.requests import Requests
from skybatch.model.durations import Durations
from skybatch.recorder.flight import Recorder

OUTCOMES = ("delivered", "retried", "failed")


@dataclass(frozen=True, slots=True)
class Running:
    """Read from the parts that are no work."""

    bus: Bus
    requests: Requests
    lags: Durations
    started_at: float
    recorder: Recorder
    deliveries: Mapping[str, int]  # attempts, by outcome

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield InfoMetricFamily(
            "skybatch_build",
            "Versions of skybatch and of Python.",
            value={"version": skybatch.__version__, "python": platform.python_version()},
        )
        yield gauge(
            "skybatch_start_time_seconds",
            "When the daemon started, since the epoch.",
            self.started_at,
        )
        yield histogram(
            "skybatch_loop_lag_seconds",
            "How late the event loop came to a task that was due, four times a second.",
            self.lags,
        )
        yield gauge(
            "skybatch_recorder_failing",
            "Whether the flight recorder cannot be written (1).",
            float(self.recorder.trouble is not None),
        )
        yield counters(
            "skybatch_webhook_attempts",
            "Messages that were sent to webhooks, by what became of it: delivered, retried "
            "(it will be), or failed (it was the last time).",
            ["outcome"],
            {(outcome,): self.deliveries.get(outcome, 0) for outcome in OUTCOMES},
        )
        yield from self._bus()
        yield from self._api()

    def _bus(self) -> Iterator[Metric]:
        yield gauge(
            "skybatch_bus_subscribers",
            "Requests that wait for events.",
            self.bus.subscribers,
        )
        yield counter(
            "skybatch_bus_events_dropped",
            "Events that subscribers did not get, as they were too slow.",
            self.bus.missed,
        )
        yield counter(
            "skybatch_bus_listener_failures",
            "Events at which a listener failed, for a bug.",
            self.bus.failures,
        )

    def _api(self) -> Iterator[Metric]:
        yield counters(
            "skybatch_api_requests",
            "Requests to the API, by template of the route, method and class of the status; "
            "unmatched is what no route fits.",
            ["route", "method", "status"],
            {key: count for key, count in self.requests.answers.items()},
        )
        yield counter(
            "skybatch_api_internal_errors",
            "Requests to the API that failed for a bug (status 500).",
            self.requests.bugs,
        )
        yield histograms(
            "skybatch_api_request_duration_seconds",
            "From the head of a request to the end of its answer, by template of the route; long "
            "polls wait as long as they are told.",
            "route",
            self.requests.durations,
        )
