"""Attempts: how a claimed job is kept and ended. Every change of state is guarded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import LeaseLost
from skybatch.model.event import EventType
from skybatch.model.job import Claim
from skybatch.model.outcome import Ended, Finished, Outcome, Released, Retry
from skybatch.model.reason import Reason
from skybatch.model.state import ALLOWED, JobState, PageState, SkipReason
from skybatch.model.target import bare
from skybatch.store import counters
from skybatch.store.tx import Tx


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


@dataclass(frozen=True, slots=True)
class Stage:
    """Where an attempt at a job stands, and since when."""

    seq: int  # of the job
    attempt: int
    name: str
    at: float


def note_stages(tx: Tx, stages: Iterable[Stage]) -> None:
    """Where the jobs in our hands stand; says nothing of one that was given away."""
    rows = [(each.seq, each.attempt, each.name, each.at) for each in stages]
    tx.execute(
        """
        UPDATE jobs SET stage = told.value ->> 2, stage_at = told.value ->> 3
        FROM json_each(?) AS told
        WHERE seq = told.value ->> 0 AND attempt = told.value ->> 1 AND state = 'running'
        """,
        (msgspec.json.encode(rows).decode(),),
    )


def finish(tx: Tx, held: Claim, outcome: Outcome) -> None:
    """End an attempt. Raises LeaseLost when the job is no longer this attempt's."""
    match outcome:
        case Finished():
            _end(tx, held, outcome)
            _ask_to_wait(tx, held.target.host, outcome.wait_s)
        case Retry(reason=reason, detail=detail, delay_s=delay_s):
            _put_back(tx, held, _Back("retry", delay_s, 1, 0, reason, detail, outcome.stack))
        case Released(waits=waits, delay_s=delay_s, detail=detail):
            _put_back(tx, held, _Back("released", delay_s, 0, waits, detail=detail))
            _ask_to_wait(tx, held.target.host, delay_s)


def _end(tx: Tx, held: Claim, outcome: Finished) -> None:
    updated = tx.execute(
        """
        UPDATE jobs SET state = :state, reason = :reason, detail = :detail, stage = 'finished',
          stage_at = :now, finished_at = :now, updated_at = :now, boot = NULL, lease_until = NULL,
          charged = charged + :charged
        WHERE seq = :seq AND attempt = :attempt AND state = 'running'
        """,
        {
            "state": outcome.state,
            "reason": outcome.reason,
            "detail": outcome.detail,
            "charged": outcome.state is JobState.FAILED,
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
    ended = _AttemptEnd(outcome.state, outcome.reason, outcome.detail, outcome.stack)
    _end_attempt(tx, held, ended)
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
    stack: str | None = None


def _put_back(tx: Tx, held: Claim, back: _Back) -> None:
    updated = tx.execute(
        """
        UPDATE jobs SET state = 'pending', charged = charged + :charged, waits = :waits,
          run_after = CASE WHEN :delay > 0 THEN :now + :delay ELSE 0 END, wait_s = :delay,
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
    _end_attempt(tx, held, _AttemptEnd(back.outcome, back.reason, back.detail, back.stack))
    counters.move_jobs(tx, held.batch_seq, {JobState.RUNNING: -1, JobState.PENDING: 1})
    tx.emit(
        EventType.JOB_RETRY_SCHEDULED if back.charged else EventType.JOB_RELEASED,
        held.batch_id,
        job_id=held.job_id,
        attempt=held.attempt,
        domain=held.target.domain,
        reason=back.reason,
        delay_s=round(back.delay_s, 3),
    )


@dataclass(frozen=True, slots=True)
class _AttemptEnd:
    """How an attempt ended: kept for good, whatever becomes of the job."""

    outcome: str
    reason: Reason | None
    detail: str | None
    stack: str | None


def _end_attempt(tx: Tx, held: Claim, end: _AttemptEnd) -> None:
    tx.execute(
        """
        UPDATE attempts SET ended_at = ?, outcome = ?, reason = ?, detail = ?, stack = ?
        WHERE job = ? AND attempt = ?
        """,
        (tx.now, end.outcome, end.reason, end.detail, end.stack, held.seq, held.attempt),
    )


def _ask_to_wait(tx: Tx, host: str, seconds: float) -> None:
    """Let nobody go to a host, nor to its `www.` twin, for so long: they have one clock."""
    if seconds <= 0:
        return
    for name in {host, bare(host), f"www.{bare(host)}"}:
        tx.execute(
            """
            INSERT INTO hosts (host, ready_at) VALUES (?, ?)
            ON CONFLICT (host) DO UPDATE SET ready_at = max(ready_at, excluded.ready_at)
            """,
            (name, tx.now + seconds),
        )
