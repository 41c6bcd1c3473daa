"""States of pages, jobs and batches, and the table of the changes that are allowed."""

from collections.abc import Mapping
from enum import StrEnum


class PageState(StrEnum):
    """Where one URL of a job stands."""

    QUEUED = "queued"  # found, not asked for yet (or to be asked again)
    FETCHED = "fetched"  # 2xx or 304 of a type we read
    FAILED = "failed"  # any other answer, or none
    SKIPPED = "skipped"  # decided not to fetch, or not to read; the reason says why


class SkipReason(StrEnum):
    """Why a URL that was seen is not among the fetched pages."""

    ROBOTS = "robots"  # robots.txt or a nofollow forbids it
    SCOPE = "scope"  # it belongs to another site
    BUDGET = "budget"  # the page budget or the row limit was used up
    DUPLICATE = "duplicate"  # it redirects to a page that is already held
    TYPE = "type"  # a kind of file that holds no text for us
    TRAP = "trap"  # an endless space of URLs
    GOAL = "goal"  # the batch had what it wanted


class JobState(StrEnum):
    """Where one domain of one batch stands."""

    PENDING = "pending"  # waits for a worker, or for `run_after`
    RUNNING = "running"  # leased to an attempt
    COMPLETE = "complete"  # start page fetched; frontier dry, budget used or goal met
    PARTIAL = "partial"  # a page fetched, but cut short or pages lost for a passing reason
    FAILED = "failed"  # no page fetched, and nothing left to try
    CANCELLED = "cancelled"  # stopped before any page was fetched


class BatchState(StrEnum):
    """Where a batch stands: a function of the counts of its jobs, never set by hand."""

    PENDING = "pending"  # no job has started
    RUNNING = "running"
    COMPLETE = "complete"  # all jobs complete
    PARTIAL = "partial"  # terminal, and none of the others
    FAILED = "failed"  # all jobs failed
    CANCELLED = "cancelled"  # all jobs cancelled


TERMINAL = frozenset({JobState.COMPLETE, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED})
BATCH_TERMINAL = frozenset(
    {BatchState.COMPLETE, BatchState.PARTIAL, BatchState.FAILED, BatchState.CANCELLED}
)

# The only changes of a job's state. Everything else is a bug, or a write of an old attempt.
ALLOWED: Mapping[JobState, frozenset[JobState]] = {
    JobState.PENDING: frozenset(
        # claim; a batch cancelled or past its deadline, with or without pages of earlier attempts
        {JobState.RUNNING, JobState.CANCELLED, JobState.PARTIAL, JobState.FAILED}
    ),
    JobState.RUNNING: frozenset(
        # retry, release, drain and rescue go back; the rest is how an attempt ends a job
        {JobState.PENDING, *TERMINAL}
    ),
    # only when a user asks for a retry
    JobState.PARTIAL: frozenset({JobState.PENDING}),
    JobState.FAILED: frozenset({JobState.PENDING}),
    JobState.COMPLETE: frozenset(),
    JobState.CANCELLED: frozenset(),
}


def batch_state(counts: Mapping[JobState, int], *, started: bool) -> BatchState:
    """The state of a batch with these job counts; `started`: a job has ever been claimed."""
    total = sum(counts.values())
    if counts.get(JobState.PENDING, 0) or counts.get(JobState.RUNNING, 0):
        return BatchState.RUNNING if started else BatchState.PENDING
    for job_state in (JobState.COMPLETE, JobState.FAILED, JobState.CANCELLED):
        if counts.get(job_state, 0) == total:
            return BatchState(job_state.value)
    return BatchState.PARTIAL
