"""From batches, jobs, events and messages to their public shapes."""

import msgspec

from skybatch.api.context import PREFIX
from skybatch.api.shapes import (
    BatchShape,
    DeliveryShape,
    EventShape,
    JobShape,
    RejectedShape,
    SubmittedShape,
)
from skybatch.model.batch import Batch, Receipted
from skybatch.model.clock import rfc3339
from skybatch.model.event import Event, PageEvent
from skybatch.model.job import Job
from skybatch.model.message import Delivery
from skybatch.model.record import pages, processing_time
from skybatch.model.state import BATCH_TERMINAL, TERMINAL, JobState


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
        status=job.state,
        reason=job.reason,
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
        type=delivery.type,
        url=delivery.url,
        status=delivery.state,
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
