"""Attempts: how a job is claimed, kept, ended and taken back. Every change of state is guarded."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import LeaseLost
from skybatch.model.event import EventType
from skybatch.model.job import Claim
from skybatch.model.options import Options
from skybatch.model.outcome import Ended, Finished, Outcome, Released, Retry
from skybatch.model.reason import Reason
from skybatch.model.state import ALLOWED, JobState, PageState, SkipReason
from skybatch.model.target import Target
from skybatch.store import counters
from skybatch.store.tx import Tx


def claim(tx: Tx, *, boot: str, lease_seconds: float, limit: int) -> list[Claim]:
    """Take up to `limit` jobs that may run now, each by one guarded statement."""
    claims: list[Claim] = []
    while len(claims) < limit and (row := _claim_one(tx, boot, lease_seconds)):
        claims.append(_claimed(tx, row, boot))
    return claims


def _claim_one(tx: Tx, boot: str, lease_seconds: float) -> sqlite3.Row | None:
    """Batches in order of priority, then of fewest running jobs; within a batch in order.

    The order of the indexes is the order asked for, so the first row found is the one: a claim
    costs the same at a thousand and at a million pending jobs.
    """
    row: sqlite3.Row | None = tx.execute(
        """
        UPDATE jobs SET state = 'running', attempt = attempt + 1, boot = :boot,
          lease_until = :now + :lease, progress_at = :now, run_after = 0,
          started_at = coalesce(started_at, :now), stage = 'claimed', stage_at = :now,
          updated_at = :now
        WHERE state = 'pending' AND seq = (
          SELECT j.seq
          FROM batches b INDEXED BY batches_claimable CROSS JOIN jobs j INDEXED BY jobs_ready
            ON j.batch = b.seq
          WHERE b.staging = 0 AND b.paused = 0 AND b.cancelled_at IS NULL AND b.pending > 0
            AND b.running < b.max_concurrent_jobs
            AND j.state = 'pending' AND j.run_after <= :now
            AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.host = j.host AND h.ready_at > :now)
          ORDER BY b.priority, b.running, b.seq, j.run_after, j.seq
          LIMIT 1)
        RETURNING *
        """,
        {"boot": boot, "now": tx.now, "lease": lease_seconds},
    ).fetchone()
    return row


def _claimed(tx: Tx, row: sqlite3.Row, boot: str) -> Claim:
    batch = tx.execute(
        "SELECT id, max_pages, options, deadline_at FROM batches WHERE seq = ?", (row["batch"],)
    ).fetchone()
    counters.move_jobs(tx, row["batch"], {JobState.PENDING: -1, JobState.RUNNING: 1})
    tx.execute(
        "INSERT INTO attempts (job, attempt, boot, started_at) VALUES (?, ?, ?, ?)",
        (row["seq"], row["attempt"], boot, tx.now),
    )
    tx.emit(
        EventType.JOB_CLAIMED,
        batch["id"],
        job_id=row["id"],
        attempt=row["attempt"],
        domain=row["domain"],
    )
    return Claim(
        seq=row["seq"],
        job_id=row["id"],
        batch_seq=row["batch"],
        batch_id=batch["id"],
        attempt=row["attempt"],
        charged=row["charged"],
        waits=row["waits"],
        target=Target(row["domain"], row["host"], row["port"], row["scheme"], row["path"]),
        max_pages=batch["max_pages"],
        options=msgspec.json.decode(batch["options"], type=Options),
        fetched=row["pages_fetched"],
        deadline_at=batch["deadline_at"],
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


def renew(tx: Tx, *, boot: str, held: Sequence[Claim], lease_seconds: float) -> None:
    """Say of jobs in our hands that their workers are alive."""
    for claim_ in held:
        tx.execute(
            """
            UPDATE jobs SET lease_until = ? WHERE seq = ? AND attempt = ? AND boot = ?
              AND state = 'running'
            """,
            (tx.now + lease_seconds, claim_.seq, claim_.attempt, boot),
        )


def note_stage(tx: Tx, held: Claim, stage: str, at: float) -> None:
    """Where a job in our hands stands, and since when; says nothing of a job given away."""
    tx.execute(
        """
        UPDATE jobs SET stage = ?, stage_at = ? WHERE seq = ? AND attempt = ?
          AND state = 'running'
        """,
        (stage, at, held.seq, held.attempt),
    )


def finish(tx: Tx, held: Claim, outcome: Outcome) -> None:
    """End an attempt. Raises LeaseLost when the job is no longer this attempt's."""
    match outcome:
        case Finished():
            _end(tx, held, outcome)
        case Retry(reason=reason, detail=detail, delay_s=delay_s):
            _put_back(tx, held, _Back("retry", delay_s, 1, 0, reason, detail))
        case Released(waits=waits, delay_s=delay_s):
            _put_back(tx, held, _Back("released", delay_s, 0, waits))
            if delay_s > 0:
                _ask_to_wait(tx, held.target.host, tx.now + delay_s)


def _end(tx: Tx, held: Claim, outcome: Finished) -> None:
    updated = tx.execute(
        """
        UPDATE jobs SET state = :state, reason = :reason, detail = :detail, stage = 'finished',
          stage_at = :now, finished_at = :now, updated_at = :now, boot = NULL, lease_until = NULL
        WHERE seq = :seq AND attempt = :attempt AND state = 'running'
        """,
        {
            "state": outcome.state,
            "reason": outcome.reason,
            "detail": outcome.detail,
            "now": tx.now,
            "seq": held.seq,
            "attempt": held.attempt,
        },
    )
    if updated.rowcount != 1:
        raise LeaseLost
    if outcome.leftover is not None:
        is_goal = outcome.leftover is Ended.GOAL
        _skip_queued(tx, held, SkipReason.GOAL if is_goal else SkipReason.BUDGET)
    if not ALLOWED[outcome.state]:  # it never runs again
        tx.execute("DELETE FROM outside WHERE job = ?", (held.seq,))
    _end_attempt(tx, held, outcome.state, outcome.reason, outcome.detail)
    tx.emit(
        EventType.JOB_FINISHED,
        held.batch_id,
        job_id=held.job_id,
        attempt=held.attempt,
        domain=held.target.domain,
        state=outcome.state.value,
        reason=outcome.reason,
    )
    counters.move_jobs(tx, held.batch_seq, {JobState.RUNNING: -1, outcome.state: 1})


def _skip_queued(tx: Tx, held: Claim, reason: SkipReason) -> None:
    skipped = tx.execute(
        "UPDATE pages SET state = 'skipped', reason = ? WHERE job = ? AND state = 'queued'",
        (reason, held.seq),
    ).rowcount
    if skipped:
        changes = {
            counters.column_of(PageState.QUEUED, None): -skipped,
            counters.column_of(PageState.SKIPPED, reason): skipped,
        }
        counters.move_pages(tx, job=held.seq, batch=held.batch_seq, changes=changes)


@dataclass(frozen=True, slots=True)
class _Back:
    """How a job goes back to the pending ones."""

    outcome: str
    delay_s: float
    charged: int
    waits: int
    reason: Reason | None = None
    detail: str | None = None


def _put_back(tx: Tx, held: Claim, back: _Back) -> None:
    updated = tx.execute(
        """
        UPDATE jobs SET state = 'pending', charged = charged + :charged, waits = :waits,
          run_after = CASE WHEN :delay > 0 THEN :now + :delay ELSE 0 END,
          reason = :reason, detail = :detail, stage = 'queued', stage_at = :now,
          updated_at = :now, boot = NULL, lease_until = NULL
        WHERE seq = :seq AND attempt = :attempt AND state = 'running'
        """,
        {
            "charged": back.charged,
            "waits": back.waits,
            "delay": back.delay_s,
            "reason": back.reason,
            "detail": back.detail,
            "now": tx.now,
            "seq": held.seq,
            "attempt": held.attempt,
        },
    )
    if updated.rowcount != 1:
        raise LeaseLost
    _end_attempt(tx, held, back.outcome, back.reason, back.detail)
    counters.move_jobs(tx, held.batch_seq, {JobState.RUNNING: -1, JobState.PENDING: 1})
    tx.emit(
        EventType.JOB_RETRY_SCHEDULED if back.charged else EventType.JOB_RELEASED,
        held.batch_id,
        job_id=held.job_id,
        attempt=held.attempt,
        domain=held.target.domain,
        reason=back.reason,
        delay_s=back.delay_s,
    )


def _end_attempt(
    tx: Tx, held: Claim, outcome: str, reason: Reason | None, detail: str | None
) -> None:
    tx.execute(
        """
        UPDATE attempts SET ended_at = ?, outcome = ?, reason = ?, detail = ?
        WHERE job = ? AND attempt = ?
        """,
        (tx.now, outcome, reason, detail, held.seq, held.attempt),
    )


def _ask_to_wait(tx: Tx, host: str, ready_at: float) -> None:
    tx.execute(
        """
        INSERT INTO hosts (host, ready_at) VALUES (?, ?)
        ON CONFLICT (host) DO UPDATE SET ready_at = max(ready_at, excluded.ready_at)
        """,
        (host, ready_at),
    )
