"""Metrics of the crawl: requests, their bytes, and the reading of pages."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import Metric

from skybatch.crawl.web import Web
from skybatch.metrics.families import counter, counters, gauge, gauges, histogram, histograms
from skybatch.model.reason import Reason


@dataclass(frozen=True, slots=True)
class Crawling:
    """Read from the web that all crawls share."""

    web: Web

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield from self._requests()
        yield from self._readings()

    def _requests(self) -> Iterator[Metric]:
        traffic = self.web.traffic
        classes = ("other", "1xx", "2xx", "3xx", "4xx", "5xx")
        yield counters(
            "skybatch_fetch_answers",
            "Answers to requests of the crawl (pages, redirects, robots.txt, sitemaps), by class "
            "of their status.",
            ["status"],
            {(name,): count for name, count in zip(classes, traffic.answers, strict=True)},
        )
        yield counters(
            "skybatch_fetch_failures",
            "Requests of the crawl that got no answer to use, by reason.",
            ["reason"],
            {(reason.value,): traffic.failures[reason] for reason in Reason},
        )
        yield counter(
            "skybatch_fetch_bytes",
            "Bytes of the bodies of answers, as they came over the wire.",
            traffic.body_bytes,
        )
        yield histograms(
            "skybatch_fetch_duration_seconds",
            "A request of the crawl that was answered, by phase: headers (name, connection, TLS, "
            "the wait for the head of the answer), body.",
            "phase",
            {"headers": traffic.headers, "body": traffic.body},
        )

    def _readings(self) -> Iterator[Metric]:
        readings, load = self.web.readings, self.web.load()
        yield histogram(
            "skybatch_read_duration_seconds",
            "A page from its last byte to its facts, with the wait for a process that reads.",
            readings.durations,
        )
        yield counters(
            "skybatch_read_failures",
            "Pages that were not read: refused as too complex, or failed for a bug.",
            ["outcome"],
            {("refused",): readings.refused, ("failed",): readings.failed},
        )
        yield counter(
            "skybatch_read_cpu_seconds",
            "Processor time of reading pages in the processes that read.",
            load.cpu_s,
        )
        yield gauge("skybatch_reading_processes", "Processes that read pages.", len(load.pids))
        yield counter(
            "skybatch_reading_processes_ended",
            "Processes that read pages and have ended, by a page or from outside.",
            load.ended,
        )
        yield gauges(
            "skybatch_reading_pages",
            "Pages on their way to be read, by state.",
            "state",
            {"in_hand": load.in_hand, "waiting": load.waiting},
        )
