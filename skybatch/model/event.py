"""One line in the life of a job or batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventType(StrEnum):
    """What can happen."""

    BATCH_SUBMITTED = "batch.submitted"
    BATCH_STARTED = "batch.started"
    BATCH_PAUSED = "batch.paused"
    BATCH_RESUMED = "batch.resumed"
    BATCH_STUCK = "batch.stuck"  # it gets nowhere, and nothing that we know of explains it
    BATCH_FINISHED = "batch.finished"
    BATCH_CANCELLED = "batch.cancelled"  # asked for; `finished` follows when its jobs have stopped
    JOB_CLAIMED = "job.claimed"
    JOB_START_FOUND = "job.start_found"
    JOB_RETRY_SCHEDULED = "job.retry_scheduled"
    JOB_LEASE_LOST = "job.lease_lost"
    JOB_RESCUED = "job.rescued"
    JOB_RELEASED = "job.released"
    JOB_FINISHED = "job.finished"


class PageEventType(StrEnum):
    """What is told of pages while somebody watches; what became of each is a row of its own."""

    PAGE_FETCHED = "page.fetched"
    PAGE_FAILED = "page.failed"


@dataclass(frozen=True, slots=True)
class Event:
    """Stored in the transaction that made it true, published after the commit."""

    id: int  # one growing integer
    at: float
    type: EventType
    batch_id: str
    job_id: str | None = None
    attempt: int | None = None
    data: Mapping[str, str | int | float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageEvent:
    """A page that is stored, told live and nowhere kept: it has no id."""

    at: float
    type: PageEventType
    batch_id: str
    job_id: str
    attempt: int
    data: Mapping[str, str | int | float | None]
