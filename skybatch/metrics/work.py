"""Metrics of the work: jobs, batches, workers, what their stages are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import Metric

from skybatch.engine.supervisor import Supervisor
from skybatch.engine.tally import Tally
from skybatch.metrics.families import counter, counters, gauge, gauges, histogram
from skybatch.metrics.transitions import Transitions
from skybatch.model.clock import Clock
from skybatch.model.event import EventType
from skybatch.model.finding import FindingKind
from skybatch.model.state import BatchState, JobState

STAGES = ("claimed", "robots", "start", "sitemaps", "crawl")  # of an attempt; see crawl/crawler


@dataclass(frozen=True, slots=True)
class Work:
    """Read from the engine, its workers, and what the bus has told."""

    engine: Supervisor
    tally: Tally
    transitions: Transitions
    clock: Clock

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield from self._changes()
        yield from self._pages()
        yield from self._pool()
        yield from self._attempts()
        yield from self._duties()

    def _changes(self) -> Iterator[Metric]:
        told = self.transitions
        yield counters(
            "skybatch_job_transitions",
            "Changes of the state of a job, by its new state.",
            ["state"],
            {(state.value,): told.jobs[state] for state in JobState},
        )
        yield counters(
            "skybatch_batch_transitions",
            "Changes of the state of a batch, by its new state.",
            ["state"],
            {(state.value,): told.batches[state] for state in BatchState},
        )
        yield counters(
            "skybatch_jobs_ended",
            "Jobs that ended, by state and reason; the reason is empty for complete ones.",
            ["state", "reason"],
            {(state.value, reason): count for (state, reason), count in told.ends.items()},
        )
        yield counters(
            "skybatch_job_retries",
            "Jobs that go back to be tried again, charged or asked for by a user, by reason.",
            ["reason"],
            {(reason,): count for reason, count in told.retries.items()},
        )
        events = told.events
        yield counter(
            "skybatch_job_rescues",
            "Jobs taken back from workers that were gone, at the start or later.",
            events[EventType.JOB_RESCUED],
        )
        yield counter(
            "skybatch_job_lease_losses",
            "Attempts that went on after their job had been given to another.",
            events[EventType.JOB_LEASE_LOST],
        )
        yield counter(
            "skybatch_job_releases",
            "Jobs given back uncharged: the host asked to wait, a pause, or a stop.",
            events[EventType.JOB_RELEASED],
        )

    def _pages(self) -> Iterator[Metric]:
        pages = self.tally.pages.items()
        yield counters(
            "skybatch_pages",
            "Pages that were asked for and stored, by outcome and reason.",
            ["outcome", "reason"],
            {(state.value, reason or ""): count for (state, reason), count in pages},
        )
        yield counter(
            "skybatch_page_bytes",
            "Bytes of the bodies of stored pages, decompressed, as far as read.",
            self.tally.bytes,
        )
        yield counter(
            "skybatch_page_retries",
            "Requests for pages that had been asked for in vain.",
            self.tally.tries_again,
        )

    def _pool(self) -> Iterator[Metric]:
        pool = self.engine.pool
        yield gauges(
            "skybatch_workers",
            "Workers by state.",
            "state",
            {"busy": pool.size - pool.free, "free": max(0, pool.free)},
        )
        yield gauge(
            "skybatch_workers_limit", "Workers that there may be (workers.count).", pool.size
        )
        stages = Counter(worker.stage_name for worker in pool.workers)
        yield gauges(
            "skybatch_workers_by_stage",
            "Busy workers by the stage of their attempt.",
            "stage",
            {stage: stages[stage] for stage in STAGES},
        )
        yield counter("skybatch_claims", "Jobs given to workers.", pool.claims)
        yield histogram(
            "skybatch_claim_duration_seconds",
            "One look at the queue for jobs to run, with its commit.",
            pool.claim_s,
        )

    def _attempts(self) -> Iterator[Metric]:
        now, workers = self.clock.monotonic(), self.engine.pool.workers
        yield gauge(
            "skybatch_longest_running_job_seconds",
            "Age of the oldest attempt under way; 0 when there is none.",
            max((now - worker.started_at for worker in workers), default=0.0),
        )
        yield gauge(
            "skybatch_longest_without_progress_seconds",
            "Longest time since an attempt under way got anywhere; 0 when there is none.",
            max((now - worker.progressed_at for worker in workers), default=0.0),
        )

    def _duties(self) -> Iterator[Metric]:
        engine, monitor = self.engine, self.engine.monitor
        yield gauge(
            "skybatch_paused",
            "Whether the daemon as a whole is paused (1) or works (0).",
            float(engine.pool.is_paused),
        )
        yield gauge(
            "skybatch_work_blocked",
            "Whether work waits because the database cannot be written (1).",
            float(engine.gate.trouble is not None),
        )
        present = Counter(finding.kind for finding in monitor.findings)
        yield gauges(
            "skybatch_monitor_findings",
            "What the last round of the monitor found wrong, by kind.",
            "kind",
            {kind.value: present[kind] for kind in FindingKind},
        )
        yield counters(
            "skybatch_monitor_new_findings",
            "What the monitor has found wrong since the start, each once, by kind.",
            ["kind"],
            {(kind.value,): monitor.totals[kind] for kind in FindingKind},
        )
        yield counters(
            "skybatch_service_failures",
            "Rounds of background duties that a bug has ended, by duty.",
            ["service"],
            {(name,): count for name, count in engine.failures.items()},
        )
