"""Reads why a batch stands where it stands, in queries whose cost does not grow with the batch."""

import sqlite3
from collections.abc import Iterable, Mapping

import aiosqlite

from skybatch.errors import NotFound
from skybatch.model.batch import Batch
from skybatch.model.explanation import Forbidden, Group, Situation, Tally, Wait
from skybatch.model.job import Job
from skybatch.model.reason import Reason
from skybatch.model.state import JobState, SkipReason
from skybatch.store import batches
from skybatch.store.jobs import job_of
from skybatch.store.reader import snapshot

SHOWN = 20  # jobs of a kind that are read in full
COUNTED = 20_000  # rows that a query walks at most
BEFORE = 1_000  # batches that are counted at most


async def find(db: aiosqlite.Connection, batch_id: str, *, now: float) -> Situation:
    """Raises NotFound. All of it is of one moment."""
    async with snapshot(db):
        return await _find(db, batch_id, now)


async def _find(db: aiosqlite.Connection, batch_id: str, now: float) -> Situation:
    batch = await batches.find(db, batch_id)
    terms = await _terms(db, batch)
    waiting, ready = await _pending(db, batch, now)
    running = tuple(job_of(row) for row in await _running(db, batch))
    waits = await _waits(db, batch, now)
    return Situation(
        batch=batch,
        now=now,
        max_attempts=terms["max_attempts"],
        is_cancelled=terms["cancelled_at"] is not None,
        deadline_at=terms["deadline_at"],
        running=running,
        waits=waits,
        forbidden=await _forbidden(db, [*running, *(wait.job for wait in waits)]),
        waiting=waiting,
        ready=ready,
        before=await _before(db, batch, now),
        ended=await _ended(db, batch),
        ended_among=COUNTED if batch.total > COUNTED else None,
    )


async def _terms(db: aiosqlite.Connection, batch: Batch) -> sqlite3.Row:
    """What the batch was submitted with, and was asked since, besides what a Batch tells."""
    rows = await db.execute_fetchall(
        """
        SELECT cancelled_at, deadline_at,
          iif(json_valid(options), options ->> 'max_attempts', 0) AS max_attempts
        FROM batches WHERE seq = ?
        """,
        (batch.seq,),
    )
    for row in rows:
        return row
    raise NotFound(f"there is no batch {batch.batch_id}")  # forgotten a moment ago


async def _running(db: aiosqlite.Connection, batch: Batch) -> Iterable[sqlite3.Row]:
    """Those that have been longest at their stage. The index holds no more rows than workers."""
    return await db.execute_fetchall(
        """
        SELECT j.*, b.id AS batch_id, b.paused, 0.0 AS waits_until
        FROM jobs j INDEXED BY jobs_leased JOIN batches b ON b.seq = j.batch
        WHERE j.state = 'running' AND j.batch = ?
        ORDER BY j.stage_at, j.seq LIMIT ?
        """,
        (batch.seq, SHOWN),
    )


async def _waits(db: aiosqlite.Connection, batch: Batch, now: float) -> tuple[Wait, ...]:
    """Pending jobs that wait for their own time, and for the time of a host that asked to be left
    alone; of the latter those among the first jobs that are due."""
    rows = await db.execute_fetchall(
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


async def _forbidden(
    db: aiosqlite.Connection, jobs: Iterable[Job]
) -> Mapping[str, tuple[Forbidden, ...]]:
    """By what pages of the jobs were forbidden, the commonest first; by the id of the job. A job
    has no more than some thousand pages."""
    found = {}
    for job in jobs:
        if job.pages.skipped.get(SkipReason.ROBOTS, 0):
            rows = await db.execute_fetchall(
                """
                SELECT detail, count(*) AS pages FROM pages INDEXED BY pages_of_job
                WHERE job = ? AND state = 'skipped' AND reason = 'robots'
                GROUP BY detail ORDER BY pages DESC, detail
                """,
                (job.seq,),
            )
            found[job.job_id] = tuple(Forbidden(row["detail"], row["pages"]) for row in rows)
    return found


async def _pending(db: aiosqlite.Connection, batch: Batch, now: float) -> tuple[Tally, Tally]:
    """How many pending jobs wait for a time, and how many may start. The counter of the batch makes
    the second exact when the first is, and the other way round."""
    rows = await db.execute_fetchall(
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
    )
    ((later, due, resting),) = rows
    pending = batch.counts[JobState.PENDING]
    if later > COUNTED and due > COUNTED:
        return Tally(COUNTED, is_whole=False), Tally(max(0, COUNTED - resting), is_whole=False)
    if later > COUNTED:
        later = pending - due
    else:
        due = pending - later
    return Tally(max(0, later + resting)), Tally(max(0, due - resting))


async def _before(db: aiosqlite.Connection, batch: Batch, now: float) -> Tally:
    """Batches that have a job to start and a place for it, and that the claim looks at first."""
    rows = await db.execute_fetchall(
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
    )
    ((count,),) = rows
    return Tally(min(count, BEFORE), is_whole=count <= BEFORE)


async def _ended(db: aiosqlite.Connection, batch: Batch) -> tuple[Group, ...]:
    """Jobs that did not end as they should, alike ones together, among the first of the list."""
    if not any(batch.counts[state] for state in UNLUCKY):
        return ()
    rows = await db.execute_fetchall(
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
