"""The public shapes of answers; member names are those of the contract."""

from collections.abc import Mapping

import msgspec

from skybatch.model.diff import DomainDiff
from skybatch.model.finding import Told
from skybatch.model.message import DeliveryState, MessageType
from skybatch.model.reason import Reason
from skybatch.model.record import DomainRecord, PageRecord, Pages
from skybatch.model.state import BatchState, JobState
from skybatch.model.trace import Source
from skybatch.model.vitals import HostState


class RejectedShape(msgspec.Struct):
    """A line of the list that is no domain."""

    index: int
    domain: str
    code: str
    detail: str


class SubmittedShape(msgspec.Struct):
    """The answer to a submission."""

    batch_id: str | None
    status: str
    status_url: str | None
    results_url: str | None
    job_count: int
    duplicates: int
    rejected: list[RejectedShape]
    rejected_count: int
    created_at: str | None


class RereadShape(msgspec.Struct):
    """What is read again."""

    batch_id: str
    bodies: int


class JobShape(msgspec.Struct):
    """A job as it stands."""

    job_id: str
    batch_id: str
    domain: str
    input: str
    input_row: int
    status: JobState
    reason: Reason | None
    detail: str | None
    stage: str
    stage_at: str | None
    paused: bool
    attempt: int
    next_attempt_at: str | None
    pages: Pages
    pages_found: int
    pages_processed: int
    start_url: str | None
    started_at: str | None
    finished_at: str | None


class BatchShape(msgspec.Struct):
    """A batch in a list."""

    batch_id: str
    status: BatchState
    paused: bool
    reextracting: bool  # its kept bodies are being read again
    label: str | None
    total_domains: int
    completed_domains: int
    failed_domains: int
    progress: float
    counts: dict[str, int]
    pages: Pages
    created_at: str | None
    updated_at: str | None
    start_time: str | None
    end_time: str | None
    processing_time: float | None
    error: str | None
    metadata: dict[str, object] | None


class StatusShape(BatchShape):
    """A batch with its first thousand jobs by domain."""

    domain_statuses: dict[str, JobShape]


class EventShape(msgspec.Struct):
    """An event, in a list as in a stream; a page has no id."""

    id: int | None
    type: str
    at: str | None
    batch_id: str
    job_id: str | None
    attempt: int | None
    data: Mapping[str, str | int | float | None]


class EventsShape(msgspec.Struct):
    """A slice of the list of events."""

    items: list[EventShape]
    next_cursor: str | None


class DeliveryShape(msgspec.Struct):
    """A message to a webhook, and what became of it."""

    delivery_id: str
    batch_id: str
    type: MessageType
    url: str
    status: DeliveryState
    attempts: int
    next_attempt_at: str | None  # of a pending one; null = an earlier one of its batch goes first
    response_status: int | None  # of the last answer
    detail: str | None
    message: msgspec.Raw
    created_at: str | None
    updated_at: str | None


class DeliveriesShape(msgspec.Struct):
    """A slice of the messages."""

    items: list[DeliveryShape]
    next_cursor: str | None


class BatchesShape(msgspec.Struct):
    """A slice of the batches, newest first."""

    items: list[BatchShape]
    next_cursor: str | None


class JobsShape(msgspec.Struct):
    """A slice of the jobs of a batch, in the order of its list."""

    items: list[JobShape]
    next_cursor: str | None


class HostsShape(msgspec.Struct):
    """A slice of the hosts, those in trouble first; it moves as they do."""

    items: list[HostState]
    next_cursor: str | None


class ScannedShape(msgspec.Struct):
    """The answer to a scan: a batch of one job."""

    job_id: str
    batch_id: str
    status_url: str
    created_at: str | None


class PausedShape(msgspec.Struct):
    """Whether the daemon as a whole rests."""

    paused: bool


class FindingsShape(msgspec.Struct):
    """What the monitor finds."""

    ok: bool
    findings: list[Told]


class ExplanationShape(msgspec.Struct):
    """Why a batch stands where it stands."""

    batch_id: str
    status: str
    sentences: list[str]
    problems: list[str]  # those of them that somebody should look at


class ShareShape(msgspec.Struct):
    """For how many domains something was found."""

    domains: int
    share: float  # of all domains, 0 to 1


class ReasonShape(msgspec.Struct):
    """A reason, and how many domains it kept from being read."""

    reason: str
    domains: int
    meaning: str
    advice: str | None


class SummaryShape(msgspec.Struct):
    """What a batch has found, and what was in the way."""

    batch_id: str
    status: str
    domains: int
    found: dict[str, ShareShape]
    reasons: list[ReasonShape]
    diagnoses: dict[str, int]


class ResultsShape(msgspec.Struct):
    """The results of a batch, domain by domain; `input.NAME` are other columns of its list."""

    items: list[DomainRecord]
    next_cursor: str | None


class PageResultsShape(msgspec.Struct):
    """The results of a batch, page by page."""

    items: list[PageRecord]
    next_cursor: str | None


class DiffShape(msgspec.Struct):
    """Domains that are not as they were."""

    items: list[DomainDiff]


class HappeningShape(msgspec.Struct):
    """One thing that happened to a job, with its data as further members."""

    id: int | None
    type: str
    at: str | None
    source: Source


class AttemptShape(msgspec.Struct):
    """An attempt, and what happened in it."""

    attempt: int
    started_at: str | None
    ended_at: str | None
    outcome: str | None
    error: str | None
    stack: str | None
    events: list[HappeningShape]


class TraceShape(msgspec.Struct):
    """The life of a job; `events` are those of no attempt."""

    job_id: str
    batch_id: str
    domain: str
    status: str
    attempts: list[AttemptShape]
    events: list[HappeningShape]
