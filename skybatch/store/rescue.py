"""Takes running jobs back from workers that are gone."""

import sqlite3
from collections.abc import Sequence

import msgspec

from skybatch.model.event import EventType
from skybatch.model.options import Options
from skybatch.model.outcome import Ended, Report, decide
from skybatch.model.recovery import LAST_CRASH, Asked, Recovered, Suspect
from skybatch.model.state import JobState
from skybatch.store import attempts, counters
from skybatch.store.claims import claim_of
from skybatch.store.tx import Tx

_GONE = "its worker was gone"


def recover(
    tx: Tx, *, boot: str, suspect: Suspect | None = None, asked: Sequence[Asked] = ()
) -> Recovered:
    """At the start: put back the jobs of dead runs, uncharged.

    The lock on the data directory proves that no other run is alive, so nobody needs to wait for
    leases. `suspect` is the page that was being read when the process died, `asked` what the dead
    run asked for last.
    """
    ended = _blame(tx, boot, suspect) if suspect else 0
    lost = _unanswered(tx, boot, asked)
    rows = tx.execute(
        """
        UPDATE jobs SET state = 'pending', stage = 'queued', stage_at = :now, updated_at = :now,
          run_after = 0, wait_s = 0, boot = NULL, lease_until = NULL
        WHERE state = 'running' AND boot <> :boot
        RETURNING seq, id, batch, attempt, domain, pages_fetched
        """,
        {"boot": boot, "now": tx.now},
    ).fetchall()
    for row in rows:
        _rescued(tx, row)
    kept = sum(row["pages_fetched"] for row in rows)
    return Recovered(len(rows), kept, lost, ended)


def rescue(tx: Tx, *, boot: str, held: Sequence[int]) -> Recovered:
    """Take back the jobs of workers of this run that are gone: a bug, so the attempt is charged.

    `held` are the rows that workers have in hand: after a pause of the whole process their leases
    have run out too, but they are alive.
    """
    rows = tx.execute(
        """
        SELECT * FROM jobs INDEXED BY jobs_leased
        WHERE state = 'running' AND boot = :boot AND lease_until < :now
          AND seq NOT IN (SELECT value FROM json_each(:held))
        """,
        {"boot": boot, "now": tx.now, "held": msgspec.json.encode(held).decode()},
    ).fetchall()
    for row in rows:
        _tell(tx, row)  # before the end that may follow from it
        _end(tx, row, Ended.CRASHED, _GONE)
    return Recovered(len(rows), sum(row["pages_fetched"] for row in rows))


def _rescued(tx: Tx, row: sqlite3.Row) -> None:
    tx.execute(
        "UPDATE attempts SET ended_at = ?, outcome = 'rescued' WHERE job = ? AND attempt = ?",
        (tx.now, row["seq"], row["attempt"]),
    )
    counters.move_jobs(tx, row["batch"], {JobState.RUNNING: -1, JobState.PENDING: 1})
    _tell(tx, row)


def _tell(tx: Tx, row: sqlite3.Row) -> None:
    batch = tx.execute("SELECT id FROM batches WHERE seq = ?", (row["batch"],)).fetchone()
    tx.emit(
        EventType.JOB_RESCUED,
        batch["id"],
        job_id=row["id"],
        attempt=row["attempt"],
        domain=row["domain"],
        pages_kept=row["pages_fetched"],
    )


def _blame(tx: Tx, boot: str, suspect: Suspect) -> int:
    """Count a crash for the job whose page was being read; the last one ends it.

    Only `suspect` being stored takes the count back: another page of the job that comes through
    between two crashes says nothing, and a count that it cleared would let the job loop for ever.
    """
    row = tx.execute(
        """
        UPDATE jobs SET crashes = crashes + 1, suspect = :url
        WHERE id = :job_id AND attempt = :attempt AND state = 'running' AND boot <> :boot
        RETURNING *
        """,
        {
            "url": suspect.url,
            "job_id": suspect.job_id,
            "attempt": suspect.attempt,
            "boot": boot,
        },
    ).fetchone()
    if row is None or row["crashes"] < LAST_CRASH:
        return 0
    detail = f"reading {suspect.url} has killed skybatch {LAST_CRASH} times"
    _end(tx, row, Ended.POISON, detail)
    return 1


def _end(tx: Tx, row: sqlite3.Row, ended: Ended, detail: str) -> None:
    """End the attempt of a running job as the bug of ours that it was."""
    batch = tx.execute("SELECT * FROM batches WHERE seq = ?", (row["batch"],)).fetchone()
    options = msgspec.json.decode(batch["options"], type=Options)
    held = claim_of(row, batch, options)
    report = Report(ended, row["pages_fetched"], detail=detail)
    attempts.finish(tx, held, decide(report, held, retry_delay_s=0.0, max_wait_s=0.0))


def _unanswered(tx: Tx, boot: str, asked: Sequence[Asked]) -> int:
    """How many pages that the dead run asked for have no stored answer."""
    row = tx.execute(
        """
        SELECT count(DISTINCT a.value) AS lost
        FROM json_each(:asked) a
          JOIN jobs j ON j.id = a.value ->> 'job_id' AND j.attempt = a.value ->> 'attempt'
            AND j.state = 'running' AND j.boot <> :boot
          LEFT JOIN pages p ON p.job = j.seq AND p.url = a.value ->> 'url'
        WHERE p.state IS NULL OR p.state = 'queued'
        """,
        {"asked": msgspec.json.encode(asked).decode(), "boot": boot},
    ).fetchone()
    return int(row["lost"])
