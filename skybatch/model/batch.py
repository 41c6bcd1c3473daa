"""What a user submits: a list of domains, and options."""

from collections.abc import Mapping
from dataclasses import dataclass

from skybatch.model.message import MessageType
from skybatch.model.options import Options
from skybatch.model.receipt import Receipt
from skybatch.model.state import BatchState, JobState
from skybatch.model.target import Entry, Target


@dataclass(frozen=True, slots=True)
class Submission:
    """What a batch is to be, apart from its domains."""

    batch_id: str
    owner: str  # id of the token
    max_pages: int
    max_concurrent_jobs: int
    options: Options
    label: str | None = None
    metadata: Mapping[str, object] | None = None
    webhook_url: str | None = None
    webhook_events: tuple[MessageType, ...] | None = None  # that it is told; None = the usual
    hidden: bool = False  # a self-check: in no list
    again: int | None = (
        None  # row of the batch that it repeats: pages that are as they were are kept
    )


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of the list that is no domain, and why."""

    entry: Entry
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A line of the list, and the domain it means."""

    entry: Entry
    target: Target


@dataclass(frozen=True, slots=True)
class Receipted:
    """What became of the lines of a submission."""

    job_count: int
    duplicates: int
    rejected: tuple[Rejected, ...]  # the first 1,000
    rejected_count: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it stands, for those who ask."""

    seq: int
    batch_id: str
    state: BatchState
    paused: bool
    label: str | None
    metadata: Mapping[str, object] | None
    max_pages: int
    max_concurrent_jobs: int
    counts: Mapping[JobState, int]
    pages: Receipt
    duplicates: int
    rejected: int
    created_at: float
    updated_at: float
    started_at: float | None
    finished_at: float | None
    error: str | None
    is_resting: bool = False  # paused, or the daemon is as a whole
    is_reread: bool = False  # its kept bodies are being read again

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Leftover:
    """A line of the input that made no job: a duplicate of one, or rejected."""

    row: int
    input: str
    columns: tuple[tuple[str, str], ...]
    job_seq: int | None  # the job it is a duplicate of
    code: str | None  # why it was rejected
    detail: str | None
