"""Claims: which job runs next."""

import sqlite3

import msgspec

from skybatch.model.event import EventType
from skybatch.model.job import Claim
from skybatch.model.options import Options
from skybatch.model.outcome import Finished
from skybatch.model.reason import Reason
from skybatch.model.recovery import ALONE_FROM
from skybatch.model.state import JobState
from skybatch.model.target import Target
from skybatch.store import attempts, counters
from skybatch.store.tx import Tx


def claim(tx: Tx, *, boot: str, lease_seconds: float, limit: int) -> list[Claim]:
    """Take up to `limit` jobs that may run now."""
    claims: list[Claim] = []
    looking = {"now": tx.now, "alone": ALONE_FROM}
    while len(claims) < limit and (found := tx.execute(_NEXT, looking).fetchone()):
        claims += _take(tx, found["seq"], boot, lease_seconds)
    return claims


def claim_suspect(tx: Tx, *, boot: str, lease_seconds: float) -> list[Claim]:
    """Take one job that must run alone; none when none may run now."""
    found = _next_suspect(tx)
    return [] if found is None else _take(tx, found["seq"], boot, lease_seconds)


def has_suspect(tx: Tx) -> bool:
    """Whether a job that must run alone may run now."""
    return _next_suspect(tx) is not None


# Batches in order of priority, then of fewest running jobs; within a batch in order. The order of
# the indexes is the order asked for, so the first row found is the one: a claim costs the same at a
# thousand and at a million pending jobs.
_NEXT = """
SELECT j.seq
FROM batches b INDEXED BY batches_claimable CROSS JOIN jobs j INDEXED BY jobs_ready
  ON j.batch = b.seq
WHERE b.staging = 0 AND b.paused = 0 AND b.cancelled_at IS NULL AND b.pending > 0
  AND b.running < b.max_concurrent_jobs
  AND j.state = 'pending' AND j.run_after <= :now AND j.crashes < :alone
  AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.host = j.host AND h.ready_at > :now)
ORDER BY b.priority, b.running, b.seq, j.run_after, j.seq
LIMIT 1
"""


def _next_suspect(tx: Tx) -> sqlite3.Row | None:
    row: sqlite3.Row | None = tx.execute(
        """
        SELECT j.seq FROM jobs j INDEXED BY jobs_suspect JOIN batches b ON b.seq = j.batch
        WHERE j.state = 'pending' AND j.crashes > 1 AND j.crashes >= :alone
          AND j.run_after <= :now AND b.staging = 0 AND b.paused = 0 AND b.cancelled_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.host = j.host AND h.ready_at > :now)
        LIMIT 1
        """,
        {"now": tx.now, "alone": ALONE_FROM},
    ).fetchone()
    return row


def _take(tx: Tx, job: int, boot: str, lease_seconds: float) -> list[Claim]:
    row = tx.execute(
        """
        UPDATE jobs SET state = 'running', attempt = attempt + 1, boot = :boot,
          lease_until = :now + :lease, progress_at = :now, run_after = 0, wait_s = 0,
          started_at = coalesce(started_at, :now), stage = 'claimed', stage_at = :now,
          updated_at = :now
        WHERE seq = :seq AND state = 'pending'
        RETURNING *
        """,
        {"boot": boot, "now": tx.now, "lease": lease_seconds, "seq": job},
    ).fetchone()
    return _claimed(tx, row, boot)


def _claimed(tx: Tx, row: sqlite3.Row, boot: str) -> list[Claim]:
    """The claim of a row that was taken; none when nobody can read what it asks for."""
    counters.move_jobs(tx, row["batch"], {JobState.PENDING: -1, JobState.RUNNING: 1})
    tx.execute(
        "INSERT INTO attempts (job, attempt, boot, started_at) VALUES (?, ?, ?, ?)",
        (row["seq"], row["attempt"], boot, tx.now),
    )
    batch = tx.execute(
        "SELECT id, max_pages, options, deadline_at, again FROM batches WHERE seq = ?",
        (row["batch"],),
    ).fetchone()
    tx.emit(
        EventType.JOB_CLAIMED,
        batch["id"],
        job_id=row["id"],
        attempt=row["attempt"],
        domain=row["domain"],
    )
    try:
        return [claim_of(row, batch, msgspec.json.decode(batch["options"], type=Options))]
    except msgspec.MsgspecError as error:
        # Written by another version, or by hand: it must not keep all others from being claimed.
        detail = f"the options of the batch cannot be read: {error}"
        ended = Finished(JobState.FAILED, Reason.INTERNAL, detail)
        attempts.finish(tx, claim_of(row, batch, Options()), ended)
        return []


def claim_of(row: sqlite3.Row, batch: sqlite3.Row, options: Options) -> Claim:
    """The claim that the row of a running job and that of its batch stand for."""
    return Claim(
        seq=row["seq"],
        job_id=row["id"],
        batch_seq=row["batch"],
        batch_id=batch["id"],
        attempt=row["attempt"],
        charged=row["charged"],
        crashes=row["crashes"],
        suspect=row["suspect"],
        waits=row["waits"],
        target=Target(row["domain"], row["host"], row["port"], row["scheme"], row["path"]),
        max_pages=batch["max_pages"],
        options=options,
        fetched=row["pages_fetched"],
        deadline_at=batch["deadline_at"],
        again=batch["again"],
    )


def next_ready_at(tx: Tx) -> float | None:
    """When the next job that waits for its time may run; `None` when none waits."""
    row = tx.execute(
        """
        SELECT min(run_after) AS at FROM jobs INDEXED BY jobs_waiting
        WHERE state = 'pending' AND run_after > 0 AND run_after > :now
        """,
        {"now": tx.now},
    ).fetchone()
    ready_at: float | None = row["at"]
    return ready_at
