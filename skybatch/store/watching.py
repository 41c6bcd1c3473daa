"""What the monitor asks of the database: batches in which nothing happens."""

import sqlite3
from dataclasses import dataclass

from skybatch.model.recovery import ALONE_FROM

LOOKED_AT = 200  # quiet batches of one round


@dataclass(frozen=True, slots=True)
class Quiet:
    """A batch that may go on, and in which nothing has changed for a while."""

    seq: int
    batch_id: str
    pending: int
    running: int
    quiet_since: float
    may_start: bool  # a pending job could be claimed now


def quiet_batches(db: sqlite3.Connection, *, before: float, after: int, now: float) -> list[Quiet]:
    """Open batches without a change since `before`, by row; those that nobody lets run are left
    out. `after` is the row of the last one that was looked at."""
    rows = db.execute(
        """
        SELECT b.seq, b.id, b.pending, b.running, b.max_concurrent_jobs, b.updated_at,
          EXISTS (
            SELECT 1 FROM jobs j INDEXED BY jobs_ready
            WHERE j.batch = b.seq AND j.state = 'pending' AND j.run_after <= :now
              AND j.crashes < :alone
              AND NOT EXISTS (
                SELECT 1 FROM hosts h WHERE h.host = j.host AND h.ready_at > :now)
          ) AS may_start
        FROM batches b INDEXED BY batches_open
        WHERE b.finished_at IS NULL AND b.staging = 0
          AND b.paused = 0 AND b.cancelled_at IS NULL AND b.updated_at < :before
          AND b.seq > :after AND (SELECT paused FROM daemon WHERE only_row = 1) = 0
        ORDER BY b.seq LIMIT :limit
        """,
        {
            "before": before,
            "after": after,
            "now": now,
            "limit": LOOKED_AT,
            "alone": ALONE_FROM,
        },
    )
    return [
        Quiet(
            seq=row["seq"],
            batch_id=row["id"],
            pending=row["pending"],
            running=row["running"],
            quiet_since=row["updated_at"],
            may_start=bool(row["may_start"]) and row["running"] < row["max_concurrent_jobs"],
        )
        for row in rows
    ]


def has_future(db: sqlite3.Connection, batch_id: str, *, now: float) -> bool:
    """Whether a pending job of a batch waits for a time that will come."""
    row = db.execute(
        """
        SELECT 1 FROM batches b JOIN jobs j INDEXED BY jobs_ready ON j.batch = b.seq
        WHERE b.id = :batch AND j.state = 'pending' AND (j.run_after > :now
          OR EXISTS (SELECT 1 FROM hosts h WHERE h.host = j.host AND h.ready_at > :now))
        LIMIT 1
        """,
        {"batch": batch_id, "now": now},
    ).fetchone()
    return row is not None
