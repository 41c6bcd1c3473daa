"""The public shapes of batches and jobs; member names are those of the contract."""

from collections.abc import Mapping

import msgspec

from skybatch.api.context import PREFIX
from skybatch.model.batch import Batch, Receipted
from skybatch.model.clock import rfc3339
from skybatch.model.event import Event, PageEvent
from skybatch.model.job import Job
from skybatch.model.message import Delivery
from skybatch.model.record import Pages, pages, processing_time
from skybatch.model.state import BATCH_TERMINAL, TERMINAL, JobState


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
    status: str
    reason: str | None
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
    status: str
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
    type: str
    url: str
    status: str
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


class ListShape(msgspec.Struct):
    """A slice of a list."""

    items: list[BatchShape] | list[JobShape]
    next_cursor: str | None


def status_url(batch_id: str) -> str:
    """Where the status of a batch is."""
    return f"{PREFIX}/batch/{batch_id}/status"


def submitted(batch_id: str | None, status: str, receipt: Receipted) -> SubmittedShape:
    """What became of a submission; a dry run has no batch."""
    return SubmittedShape(
        batch_id=batch_id,
        status=status,
        status_url=status_url(batch_id) if batch_id else None,
        results_url=f"{PREFIX}/batch/{batch_id}/results" if batch_id else None,
        job_count=receipt.job_count,
        duplicates=receipt.duplicates,
        rejected=[
            RejectedShape(line.entry.row, printable(line.entry.text), line.code, line.detail)
            for line in receipt.rejected
        ],
        rejected_count=receipt.rejected_count,
        created_at=rfc3339(receipt.created_at) if batch_id else None,
    )


def batch_members(batch: Batch) -> dict[str, object]:
    """The members that a batch has in a list and in its status."""
    counts = batch.counts
    ended = sum(counts[state] for state in TERMINAL)
    is_over = batch.state in BATCH_TERMINAL
    return {
        "batch_id": batch.batch_id,
        "status": batch.state.value,
        "paused": batch.paused or batch.is_resting,
        "reextracting": batch.is_reread,
        "label": batch.label,
        "total_domains": batch.total,
        "completed_domains": counts[JobState.COMPLETE] + counts[JobState.PARTIAL],
        "failed_domains": counts[JobState.FAILED],
        "progress": round(ended / batch.total, 4) if batch.total else 1.0,
        "counts": {state.value: counts[state] for state in JobState},
        "pages": pages(batch.pages),
        "created_at": rfc3339(batch.created_at),
        "updated_at": rfc3339(batch.updated_at),
        "start_time": rfc3339(batch.started_at),
        "end_time": rfc3339(batch.finished_at) if is_over else None,
        "processing_time": processing_time(batch.started_at, batch.finished_at),
        "error": batch.error,
        "metadata": dict(batch.metadata) if batch.metadata is not None else None,
    }


def batch_shape(batch: Batch) -> BatchShape:
    """A batch in a list."""
    return msgspec.convert(batch_members(batch), BatchShape)


def status_json(batch: Batch, domains: bytes) -> bytes:
    """The JSON of a StatusShape; that of the domains comes from the store."""
    return b'%s,"domain_statuses":%s}' % (msgspec.json.encode(batch_shape(batch))[:-1], domains)


def job_shape(job: Job) -> JobShape:
    """A job as it stands."""
    waits = job.state is JobState.PENDING and job.waits_until > 0
    return JobShape(
        job_id=job.job_id,
        batch_id=job.batch_id,
        domain=job.domain,
        input=job.input,
        input_row=job.input_row,
        status=job.state.value,
        reason=job.reason.value if job.reason else None,
        detail=job.detail,
        stage=job.stage,
        stage_at=rfc3339(job.stage_at),
        paused=job.paused,
        attempt=job.attempt,
        next_attempt_at=rfc3339(job.waits_until) if waits else None,
        pages=pages(job.pages),
        pages_found=job.pages.discovered,
        pages_processed=job.pages.fetched + job.pages.failed,
        start_url=job.start_url,
        started_at=rfc3339(job.started_at),
        finished_at=rfc3339(job.finished_at),
    )


def delivery_shape(delivery: Delivery) -> DeliveryShape:
    """A message as everybody sees it."""
    return DeliveryShape(
        delivery_id=delivery.delivery_id,
        batch_id=delivery.batch_id,
        type=delivery.type.value,
        url=delivery.url,
        status=delivery.state.value,
        attempts=delivery.attempt,
        next_attempt_at=rfc3339(delivery.run_after),
        response_status=delivery.status,
        detail=delivery.detail,
        message=msgspec.Raw(delivery.body.encode()),
        created_at=rfc3339(delivery.created_at),
        updated_at=rfc3339(delivery.updated_at),
    )


def printable(text: str) -> str:
    """Text that JSON can carry: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode()


def event_shape(event: Event | PageEvent) -> EventShape:
    """An event as everybody sees it."""
    return EventShape(
        id=event.id if isinstance(event, Event) else None,
        type=event.type.value,
        at=rfc3339(event.at),
        batch_id=event.batch_id,
        job_id=event.job_id,
        attempt=event.attempt,
        data=event.data,
    )
