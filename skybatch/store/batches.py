"""The table of batches."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import Conflict, InProgress, NotFound, SkybatchError
from skybatch.model.batch import Batch, Leftover, Submission
from skybatch.model.event import EventType
from skybatch.model.reason import Reason
from skybatch.model.state import BATCH_TERMINAL, BatchState, JobState
from skybatch.store import counters
from skybatch.store.tx import Tx

# What a batch `b` is made of, and which one has an id.
COLUMNS = "b.*, b.paused OR (SELECT paused FROM daemon WHERE only_row = 1) AS rests"
IS_CALLED = "b.id = ? AND b.staging = 0"

ENDED = 500  # jobs it ends at most: each has an event, and subscribers take 1,000 at a time


def create(tx: Tx, submission: Submission) -> int:
    """A hidden batch without jobs; returns its row. Raises Conflict when the id exists."""
    options = submission.options
    try:
        cursor = tx.execute(
            """
            INSERT INTO batches (id, owner, label, metadata, webhook_url, webhook_events, max_pages,
              max_concurrent_jobs, options, priority, deadline_at, hidden, again, created_at,
              updated_at)
            VALUES (:id, :owner, :label, :metadata, :webhook_url, :webhook_events, :max_pages,
              :max_concurrent_jobs, :options, :priority, :deadline_at, :hidden, :again,
              :now, :now)
            """,
            {
                "id": submission.batch_id,
                "owner": submission.owner,
                "label": submission.label,
                "metadata": _json(submission.metadata),
                "webhook_url": submission.webhook_url,
                "webhook_events": _json(submission.webhook_events),
                "max_pages": submission.max_pages,
                "max_concurrent_jobs": submission.max_concurrent_jobs,
                "options": _json(options),
                "priority": options.priority,
                "deadline_at": tx.now + options.deadline_s if options.deadline_s else None,
                "hidden": submission.hidden,
                "again": submission.again,
                "now": tx.now,
            },
        )
    except sqlite3.IntegrityError as error:
        raise _taken(tx, submission.batch_id) from error
    return cursor.lastrowid or 0


def _taken(tx: Tx, batch_id: str) -> SkybatchError:
    """Why an id is not free: there is such a batch, or what was left of one is being deleted."""
    row = tx.execute("SELECT staging FROM batches WHERE id = ?", (batch_id,)).fetchone()
    if row is not None and row["staging"]:
        return InProgress(f"batch {batch_id} is still being taken in, or deleted")
    return Conflict(f"there is a batch {batch_id} already")


def add_counts(tx: Tx, batch: int, *, jobs: int, duplicates: int, rejected: int) -> None:
    """Count the lines that one slice of a submission brought."""
    tx.execute(
        """
        UPDATE batches SET pending = pending + ?, duplicates = duplicates + ?,
          rejected = rejected + ?
        WHERE seq = ?
        """,
        (jobs, duplicates, rejected, batch),
    )


def publish(tx: Tx, batch: int, columns: Sequence[str]) -> None:
    """Make a staged batch visible: from here on it exists."""
    row = tx.execute(
        """
        UPDATE batches SET staging = 0, columns = ?, updated_at = ? WHERE seq = ?
        RETURNING id, pending
        """,
        (msgspec.json.encode(columns).decode(), tx.now, batch),
    ).fetchone()
    tx.emit(EventType.BATCH_SUBMITTED, row["id"], jobs=row["pending"])


def cancel(tx: Tx, batch_id: str) -> None:
    """Ask what is running to stop, and end the first of what is pending; `end_stopped` ends the
    rest, and what comes back from workers. Idempotent; raises NotFound."""
    row = tx.execute(
        "SELECT seq, state, cancelled_at FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    if row["cancelled_at"] is not None or BatchState(row["state"]) in BATCH_TERMINAL:
        return
    tx.execute("UPDATE batches SET cancelled_at = ? WHERE seq = ?", (tx.now, row["seq"]))
    tx.emit(EventType.BATCH_CANCELLED, batch_id)
    _end_pending(tx, row["seq"], batch_id, Reason.CANCELLED)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Pending jobs that were ended, of a batch that is cancelled or past its deadline."""

    batch_id: str
    reason: Reason
    jobs: int


def end_stopped(tx: Tx) -> Stopped | None:
    """End a slice of the pending jobs of one cancelled or overdue batch; `None` when none pends."""
    row = tx.execute(
        """
        SELECT seq, id, 'cancelled' AS reason FROM batches INDEXED BY batches_cancelled
        WHERE cancelled_at IS NOT NULL AND pending > 0
        UNION ALL
        SELECT seq, id, 'deadline' FROM batches INDEXED BY batches_deadline
        WHERE deadline_at <= :now AND deadline_at IS NOT NULL AND finished_at IS NULL
          AND staging = 0 AND pending > 0
        LIMIT 1
        """,
        {"now": tx.now},
    ).fetchone()
    if row is None:
        return None
    reason = Reason(row["reason"])
    return Stopped(row["id"], reason, _end_pending(tx, row["seq"], row["id"], reason))


def _end_pending(tx: Tx, batch: int, batch_id: str, reason: Reason) -> int:
    """Pending jobs that have pages are partial now; the others are cancelled, or failed."""
    empty = JobState.CANCELLED if reason is Reason.CANCELLED else JobState.FAILED
    rows = tx.execute(
        """
        UPDATE jobs SET state = CASE WHEN pages_fetched > 0 THEN 'partial' ELSE :empty END,
          reason = :reason, stage = 'finished', stage_at = :now, finished_at = :now,
          updated_at = :now
        WHERE seq IN (SELECT seq FROM jobs INDEXED BY jobs_ready
                      WHERE batch = :batch AND state = 'pending' LIMIT :limit)
        RETURNING id, state, domain
        """,
        {"empty": empty, "reason": reason, "now": tx.now, "batch": batch, "limit": ENDED},
    ).fetchall()
    for row in rows:
        tx.emit(
            EventType.JOB_FINISHED,
            batch_id,
            job_id=row["id"],
            domain=row["domain"],
            state=row["state"],
            reason=reason,
        )
    ended = Counter(JobState(row["state"]) for row in rows)
    counters.move_jobs(tx, batch, {JobState.PENDING: -len(rows), **ended})
    return len(rows)


def find(db: sqlite3.Connection, batch_id: str) -> Batch:
    """Raises NotFound."""
    row = db.execute(
        f"SELECT {COLUMNS} FROM batches b WHERE {IS_CALLED}",  # noqa: S608 - constants
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    return of_row(row)


def repeated_by(db: sqlite3.Connection, batch: int) -> int | None:
    """The row of the earlier batch that this one repeats, if it is still there."""
    row = db.execute(
        """
        SELECT e.seq FROM batches b JOIN batches e ON e.seq = b.again
        WHERE b.seq = ? AND e.staging = 0
        """,
        (batch,),
    ).fetchone()
    return None if row is None else int(row["seq"])


def listing(
    db: sqlite3.Connection,
    *,
    states: Sequence[BatchState] = (),
    label: str | None = None,
    since: float | None = None,
    before: int | None = None,
    limit: int,
) -> list[Batch]:
    """Newest first; `before` is the `seq` of the last one seen."""
    rows = db.execute(
        f"""
        SELECT {COLUMNS} FROM batches b
        WHERE b.staging = 0 AND b.hidden = 0
          AND (:before IS NULL OR b.seq < :before)
          AND (:states = '[]' OR b.state IN (SELECT value FROM json_each(:states)))
          AND (:label IS NULL OR b.label = :label)
          AND (:since IS NULL OR b.created_at >= :since)
        ORDER BY b.seq DESC LIMIT :limit
        """,  # noqa: S608 - a constant
        {
            "before": before,
            "states": msgspec.json.encode(states).decode(),
            "label": label,
            "since": since,
            "limit": limit,
        },
    )
    return [of_row(row) for row in rows]


def leftovers(
    db: sqlite3.Connection, batch: int, *, after_row: int = -1, limit: int
) -> list[Leftover]:
    """The lines of the input that made no job, in order."""
    rows = db.execute(
        """
        SELECT * FROM leftovers WHERE batch = ? AND input_row > ? ORDER BY input_row LIMIT ?
        """,
        (batch, after_row, limit),
    )
    return [
        Leftover(
            row=row["input_row"],
            input=row["input"],
            columns=pairs(row["columns"]),
            job_seq=row["job"],
            code=row["code"],
            detail=row["detail"],
        )
        for row in rows
    ]


def columns(db: sqlite3.Connection, batch: int) -> tuple[str, ...]:
    """The names of the input's other columns, in order."""
    row = db.execute("SELECT columns FROM batches WHERE seq = ?", (batch,)).fetchone()
    return () if row is None else msgspec.json.decode(row["columns"], type=tuple[str, ...])


def pairs(text: str | None) -> tuple[tuple[str, str], ...]:
    """The stored form of an input's other columns, decoded."""
    return msgspec.json.decode(text, type=tuple[tuple[str, str], ...]) if text else ()


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def of_row(row: sqlite3.Row) -> Batch:
    """A batch from the columns that make one."""
    metadata = row["metadata"]
    return Batch(
        seq=row["seq"],
        batch_id=row["id"],
        state=BatchState(row["state"]),
        paused=bool(row["paused"]),
        is_reread=row["reread_after"] is not None,
        is_resting=bool(row["rests"]) and row["state"] not in BATCH_TERMINAL,
        label=row["label"],
        metadata=msgspec.json.decode(metadata, type=dict[str, object]) if metadata else None,
        max_pages=row["max_pages"],
        max_concurrent_jobs=row["max_concurrent_jobs"],
        counts=counters.job_counts(row),
        pages=counters.receipt(row),
        duplicates=row["duplicates"],
        rejected=row["rejected"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        error=row["error"],
    )
