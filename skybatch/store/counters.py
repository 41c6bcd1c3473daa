"""Counters that stand in for COUNT(*): moved in the transaction that changes the rows."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache

from skybatch.model.event import EventType
from skybatch.model.receipt import Receipt
from skybatch.model.state import (
    BATCH_TERMINAL,
    BatchState,
    JobState,
    PageState,
    SkipReason,
    batch_state,
)
from skybatch.store.tx import Tx

PAGE_COLUMNS = (
    *(f"pages_{state}" for state in PageState if state is not PageState.SKIPPED),
    *(f"skipped_{reason}" for reason in SkipReason),
)


def column_of(state: PageState, reason: str | None) -> str:
    """The counter that a page in this state belongs to."""
    return f"skipped_{reason}" if state is PageState.SKIPPED else f"pages_{state}"


def move_pages(tx: Tx, *, job: int, batch: int, changes: Mapping[str, int]) -> None:
    """Add to the page counters of a job and of its batch."""
    columns = tuple(sorted(changes))
    values = [changes[column] for column in columns]
    sums = _sums(columns)
    for table, row in (("jobs", job), ("batches", batch)):
        tx.execute(f"UPDATE {table} SET {sums} WHERE seq = ?", (*values, tx.now, row))  # noqa: S608 - our own names


@cache
def _sums(columns: Sequence[str]) -> str:
    """Of the counters that change only: most pages change two or three of twelve."""
    return ", ".join([*(f"{column} = {column} + ?" for column in columns), "updated_at = ?"])


def move_jobs(tx: Tx, batch: int, changes: Mapping[JobState, int]) -> None:
    """Add to the job counters of a batch, and to its state what follows from them."""
    row = tx.execute(
        """
        UPDATE batches SET
          pending = pending + :pending, running = running + :running,
          complete = complete + :complete, partial = partial + :partial,
          failed = failed + :failed, cancelled = cancelled + :cancelled,
          started_at = CASE WHEN :running > 0 THEN coalesce(started_at, :now) ELSE started_at END,
          updated_at = :now
        WHERE seq = :batch
        RETURNING id, staging, state, started_at,
          pending, running, complete, partial, failed, cancelled
        """,
        {
            **{state.value: changes.get(state, 0) for state in JobState},
            "now": tx.now,
            "batch": batch,
        },
    ).fetchone()
    if not row["staging"]:
        _settle(tx, batch, row)


def _settle(tx: Tx, batch: int, row: sqlite3.Row) -> None:
    """The one place where a batch changes its state."""
    counts = job_counts(row)
    state = batch_state(counts, started=row["started_at"] is not None)
    if state == row["state"]:
        return
    is_over = state in BATCH_TERMINAL
    tx.execute(
        "UPDATE batches SET state = :state, finished_at = :finished_at WHERE seq = :batch",
        {"state": state, "finished_at": tx.now if is_over else None, "batch": batch},
    )
    if is_over:
        tx.emit(EventType.BATCH_FINISHED, row["id"], state=state.value)
    elif state is BatchState.RUNNING:
        tx.emit(EventType.BATCH_STARTED, row["id"])


def job_counts(row: sqlite3.Row) -> dict[JobState, int]:
    """The job counters of a batch row."""
    return {state: row[state.value] for state in JobState}


def receipt(row: sqlite3.Row) -> Receipt:
    """The page counters of a job or batch row."""
    return Receipt(
        fetched=row["pages_fetched"],
        failed=row["pages_failed"],
        queued=row["pages_queued"],
        skipped={reason: row[column] for reason, column in _SKIPPED},
    )


_SKIPPED = [(reason, f"skipped_{reason}") for reason in SkipReason]
