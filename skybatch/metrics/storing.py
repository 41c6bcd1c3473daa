"""Metrics of the store: what is in it, its writer, its files."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import Metric

from skybatch.metrics.families import counter, counters, gauge, gauges, histogram
from skybatch.model.clock import Clock
from skybatch.store.database import Store
from skybatch.store.figures import Depth, Sizes


@dataclass(frozen=True, slots=True)
class Storing:
    """Read from the store."""

    store: Store
    clock: Clock

    def collect(self, depth: Depth | None) -> Iterator[Metric]:
        """All of them; without a depth the database cannot be read: nothing is said of its rows."""
        yield from self._depth(depth)
        yield from self._writer()
        yield from self._files()

    def _depth(self, depth: Depth | None) -> Iterator[Metric]:
        yield gauge(
            "skybatch_store_readable",
            "Whether the database could be read for this scrape (1).",
            float(depth is not None),
        )
        yield gauges(
            "skybatch_jobs",
            "Jobs in the database by state; those pending are the queue.",
            "state",
            {state.value: count for state, count in depth.jobs.items()} if depth else {},
        )
        yield gauges(
            "skybatch_batches",
            "Batches in the database by state.",
            "state",
            {state.value: count for state, count in depth.batches.items()} if depth else {},
        )
        yield gauge(
            "skybatch_queued_pages",
            "URLs in the database that wait to be asked for.",
            depth.pages_queued if depth else None,
        )
        yield gauge(
            "skybatch_oldest_pending_job_age_seconds",
            "How long the oldest pending job waits, in batches that may go on; 0 when none does.",
            self._age(depth) if depth else None,
        )

    def _age(self, depth: Depth) -> float:
        since = depth.oldest_pending_at
        return 0.0 if since is None else max(0.0, self.clock.now() - since)

    def _writer(self) -> Iterator[Metric]:
        writes = self.store.writes
        yield gauge(
            "skybatch_store_writer_queue_length",
            "Units of work that wait for the writer.",
            self.store.queued,
        )
        yield histogram(
            "skybatch_store_commit_duration_seconds",
            "One transaction of the writer: a group of units and its commit.",
            writes.commits,
        )
        yield counter(
            "skybatch_store_units", "Units of work that were committed, in groups.", writes.units
        )
        yield counters(
            "skybatch_store_failures",
            "Transactions that could not be committed, and reads that failed.",
            ["operation"],
            {("commit",): writes.failed, ("read",): self.store.failed_reads},
        )
        yield gauge(
            "skybatch_store_stalled_seconds",
            "For how long the transaction under way has been.",
            self.store.stalled_s,
        )
        yield gauge(
            "skybatch_store_damaged",
            "Whether the database was found damaged (1); then nothing is written any more.",
            float(self.store.damage is not None),
        )

    def _files(self) -> Iterator[Metric]:
        sizes = self._sizes()
        yield gauges(
            "skybatch_store_size_bytes",
            "Size of the database and of the write-ahead log (wal) beside it.",
            "file",
            {"database": sizes.database, "wal": sizes.log} if sizes else {},
        )
        yield gauge(
            "skybatch_disk_free_bytes",
            "Room on the file system of the database, for the user of the daemon.",
            sizes.free if sizes else None,
        )

    def _sizes(self) -> Sizes | None:
        """None when the file is gone, which `skybatch_store_readable` tells."""
        try:
            return self.store.sizes()
        except OSError:
            return None
