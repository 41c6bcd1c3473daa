"""Reads why a batch stands where it stands, in queries whose cost does not grow with the batch."""

import sqlite3
from collections.abc import Iterable, Mapping

from skybatch.model.batch import Batch
from skybatch.model.explanation import Forbidden, Group, Situation, Tally, Wait
from skybatch.model.job import Job
from skybatch.model.reason import Reason
from skybatch.model.state import JobState, SkipReason
from skybatch.store import batches
from skybatch.store.jobs import job_of

SHOWN = 20  # jobs of a kind that are read in full
COUNTED = 20_000  # rows that a query walks at most
BEFORE = 1_000  # batches that are counted at most


def find(db: sqlite3.Connection, batch_id: str, *, now: float) -> Situation:
    """Raises NotFound."""
    batch = batches.find(db, batch_id)
    terms = _terms(db, batch)
    waiting, ready = _pending(db, batch, now)
    running = _running(db, batch)
    waits = _waits(db, batch, now)
    return Situation(
        batch=batch,
        now=now,
        max_attempts=terms["max_attempts"],
        is_cancelled=terms["cancelled_at"] is not None,
        deadline_at=terms["deadline_at"],
        running=running,
        waits=waits,
        forbidden=_forbidden(db, [*running, *(wait.job for wait in waits)]),
        waiting=waiting,
        ready=ready,
        before=_before(db, batch, now),
        ended=_ended(db, batch),
        ended_among=COUNTED if batch.total > COUNTED else None,
    )


def _terms(db: sqlite3.Connection, batch: Batch) -> sqlite3.Row:
    """What the batch was submitted with, and was asked since, besides what a Batch tells."""
    row: sqlite3.Row = db.execute(
        """
        SELECT cancelled_at, deadline_at,
          iif(json_valid(options), options ->> 'max_attempts', 0) AS max_attempts
        FROM batches WHERE seq = ?
        """,
        (batch.seq,),
    ).fetchone()
    return row


def _running(db: sqlite3.Connection, batch: Batch) -> tuple[Job, ...]:
    """Those that have been longest at their stage. The index holds no more rows than workers."""
    rows = db.execute(
        """
        SELECT j.*, b.id AS batch_id, b.paused, 0.0 AS waits_until
        FROM jobs j INDEXED BY jobs_leased JOIN batches b ON b.seq = j.batch
        WHERE j.state = 'running' AND j.batch = ?
        ORDER BY j.stage_at, j.seq LIMIT ?
        """,
        (batch.seq, SHOWN),
    )
    return tuple(map(job_of, rows))


def _waits(db: sqlite3.Connection, batch: Batch, now: float) -> tuple[Wait, ...]:
    """Pending jobs that wait for their own time, and for the time of a host that asked to be left
    alone; of the latter those among the first jobs that are due."""
    rows = db.execute(
        """
        SELECT j.*, b.id AS batch_id, b.paused,
          max(j.run_after, coalesce(h.ready_at, 0)) AS waits_until
        FROM (
          SELECT seq FROM (
            SELECT seq FROM jobs INDEXED BY jobs_ready
            WHERE batch = :batch AND state = 'pending' AND run_after > :now
            ORDER BY run_after, seq LIMIT :shown)
          UNION ALL
          SELECT seq FROM (
            SELECT due.seq FROM (
              SELECT seq, host FROM jobs INDEXED BY jobs_ready
              WHERE batch = :batch AND state = 'pending' AND run_after <= :now LIMIT :counted) due
            JOIN hosts r ON r.host = due.host AND r.ready_at > :now
            LIMIT :shown)
        ) found
        JOIN jobs j ON j.seq = found.seq
        JOIN batches b ON b.seq = j.batch
        LEFT JOIN hosts h ON h.host = j.host
        ORDER BY waits_until, j.seq LIMIT :shown
        """,
        {"batch": batch.seq, "now": now, "shown": SHOWN, "counted": COUNTED},
    )
    return tuple(Wait(job_of(row), row["waits_until"]) for row in rows)


def _forbidden(db: sqlite3.Connection, jobs: Iterable[Job]) -> Mapping[str, tuple[Forbidden, ...]]:
    """By what pages of the jobs were forbidden, the commonest first; by the id of the job. A job
    has no more than some thousand pages."""
    found = {}
    for job in jobs:
        if job.pages.skipped.get(SkipReason.ROBOTS, 0):
            rows = db.execute(
                """
                SELECT detail, count(*) AS pages FROM pages INDEXED BY pages_of_job
                WHERE job = ? AND state = 'skipped' AND reason = 'robots'
                GROUP BY detail ORDER BY pages DESC, detail
                """,
                (job.seq,),
            )
            found[job.job_id] = tuple(Forbidden(row["detail"], row["pages"]) for row in rows)
    return found


def _pending(db: sqlite3.Connection, batch: Batch, now: float) -> tuple[Tally, Tally]:
    """How many pending jobs wait for a time, and how many may start. The counter of the batch makes
    the second exact when the first is, and the other way round."""
    row = db.execute(
        """
        SELECT
          (SELECT count(*) FROM (
            SELECT 1 FROM jobs INDEXED BY jobs_ready
            WHERE batch = :batch AND state = 'pending' AND run_after > :now LIMIT :limit)) AS later,
          count(*) AS due, coalesce(sum(is_resting), 0) AS resting
        FROM (
          SELECT EXISTS (
            SELECT 1 FROM hosts h WHERE h.host = j.host AND h.ready_at > :now) AS is_resting
          FROM jobs j INDEXED BY jobs_ready
          WHERE j.batch = :batch AND j.state = 'pending' AND j.run_after <= :now LIMIT :limit)
        """,
        {"batch": batch.seq, "now": now, "limit": COUNTED + 1},
    ).fetchone()
    later, due, resting = row
    pending = batch.counts[JobState.PENDING]
    if later > COUNTED and due > COUNTED:
        return Tally(COUNTED, is_whole=False), Tally(max(0, COUNTED - resting), is_whole=False)
    if later > COUNTED:
        later = pending - due
    else:
        due = pending - later
    return Tally(max(0, later + resting)), Tally(max(0, due - resting))


def _before(db: sqlite3.Connection, batch: Batch, now: float) -> Tally:
    """Batches that have a job to start and a place for it, and that the claim looks at first."""
    (count,) = db.execute(
        """
        SELECT count(*) FROM (
          SELECT 1 FROM batches me CROSS JOIN batches b INDEXED BY batches_claimable
          WHERE me.seq = :batch
            AND b.staging = 0 AND b.paused = 0 AND b.cancelled_at IS NULL AND b.pending > 0
            AND (b.priority, b.running, b.seq) < (me.priority, me.running, me.seq)
            AND b.running < b.max_concurrent_jobs
            AND EXISTS (
              SELECT 1 FROM jobs j INDEXED BY jobs_ready
              WHERE j.batch = b.seq AND j.state = 'pending' AND j.run_after <= :now)
          LIMIT :limit)
        """,
        {"batch": batch.seq, "now": now, "limit": BEFORE + 1},
    ).fetchone()
    return Tally(min(count, BEFORE), is_whole=count <= BEFORE)


def _ended(db: sqlite3.Connection, batch: Batch) -> tuple[Group, ...]:
    """Jobs that did not end as they should, alike ones together, among the first of the list."""
    if not any(batch.counts[state] for state in UNLUCKY):
        return ()
    rows = db.execute(
        """
        SELECT state, reason, count(*) AS jobs, min(seq) AS first, domain, id
        FROM (
          SELECT seq, id, domain, state, reason FROM jobs INDEXED BY jobs_of_batch
          WHERE batch = ? ORDER BY seq LIMIT ?)
        WHERE state IN ('partial', 'failed', 'cancelled')
        GROUP BY state, reason ORDER BY jobs DESC, first
        """,
        (batch.seq, COUNTED),
    )
    return tuple(
        Group(
            state=JobState(row["state"]),
            reason=Reason(row["reason"]) if row["reason"] else None,
            jobs=row["jobs"],
            domain=row["domain"],
            job_id=row["id"],
        )
        for row in rows
    )


UNLUCKY = (JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED)
