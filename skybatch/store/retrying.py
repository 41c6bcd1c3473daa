"""Trying again what failed, because a user says so: jobs go back with what they have fetched."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import InProgress, NotFound
from skybatch.model.event import EventType
from skybatch.model.reason import MEANING, Reason
from skybatch.model.state import JobState
from skybatch.store import counters
from skybatch.store.tx import Tx

SLICE = 500  # jobs put back in one transaction
_PASSING = msgspec.json.encode([reason for reason in Reason if MEANING[reason].is_passing]).decode()


@dataclass(frozen=True, slots=True)
class PutBack:
    """What one slice has put back."""

    jobs: int
    last: int  # row of the last job, where the next slice begins


def retry(tx: Tx, batch_id: str, reasons: Sequence[Reason], *, after: int) -> PutBack:
    """Put a slice of a batch's failed and partial jobs back as pending, those with certain reasons
    when there are any. A cancellation or a deadline of before no longer counts. Raises NotFound,
    and InProgress while a cancellation is still being carried out.
    """
    batch = tx.execute(
        "SELECT seq, cancelled_at, pending FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    if batch is None:
        raise NotFound(f"there is no batch {batch_id}")
    if batch["cancelled_at"] is not None:
        if after:
            return PutBack(0, after)  # cancelled between two slices: that is the last word
        if batch["pending"]:
            raise InProgress(f"batch {batch_id} is still being cancelled")
    rows = tx.execute(
        """
        SELECT * FROM jobs INDEXED BY jobs_of_batch
        WHERE batch = :batch AND seq > :after AND state IN ('failed', 'partial')
          AND (:reasons = '[]' OR reason IN (SELECT value FROM json_each(:reasons)))
        ORDER BY seq LIMIT :limit
        """,
        {
            "batch": batch["seq"],
            "after": after,
            "reasons": msgspec.json.encode(reasons).decode(),
            "limit": SLICE,
        },
    ).fetchall()
    if rows:
        _let_run(tx, batch["seq"])
    for row in rows:
        _put_back(tx, row, batch_id)
    left = Counter(JobState(row["state"]) for row in rows)
    changes = {state: -count for state, count in left.items()}
    counters.move_jobs(tx, batch["seq"], {**changes, JobState.PENDING: len(rows)})
    return PutBack(len(rows), rows[-1]["seq"] if rows else after)


def _let_run(tx: Tx, batch: int) -> None:
    tx.execute(
        """
        UPDATE batches SET cancelled_at = NULL,
          deadline_at = CASE WHEN deadline_at > :now THEN deadline_at END
        WHERE seq = :batch
        """,
        {"now": tx.now, "batch": batch},
    )


def _put_back(tx: Tx, row: sqlite3.Row, batch_id: str) -> None:
    changes = _queue_again(tx, row) if row["start_url"] else _begin_anew(tx, row)
    counters.move_pages(tx, job=row["seq"], batch=row["batch"], changes=changes)
    tx.execute(
        """
        UPDATE jobs SET state = 'pending', reason = NULL, detail = NULL, charged = 0, crashes = 0,
          waits = 0, run_after = 0, finished_at = NULL, stage = 'queued', stage_at = :now
        WHERE seq = :seq AND state IN ('failed', 'partial')
        """,
        {"now": tx.now, "seq": row["seq"]},
    )
    tx.emit(
        EventType.JOB_RETRY_SCHEDULED,
        batch_id,
        job_id=row["id"],
        domain=row["domain"],
        reason=row["reason"],
        delay_s=0.0,
    )


def _queue_again(tx: Tx, row: sqlite3.Row) -> dict[str, int]:
    """Pages that were lost for a passing reason are asked for again; a dead link stays dead."""
    queued = tx.execute(
        """
        UPDATE pages SET state = 'queued', reason = NULL, detail = NULL, tries = 0
        WHERE job = ? AND state = 'failed' AND reason IN (SELECT value FROM json_each(?))
        """,
        (row["seq"], _PASSING),
    ).rowcount
    return {"pages_failed": -queued, "pages_queued": queued}


def _begin_anew(tx: Tx, row: sqlite3.Row) -> dict[str, int]:
    """No start page was found: the next attempt looks for one as if there had been none."""
    tx.execute("DELETE FROM pages WHERE job = ?", (row["seq"],))
    tx.execute("DELETE FROM outside WHERE job = ?", (row["seq"],))
    return {name: -row[name] for name in counters.PAGE_COLUMNS}
