"""Takes running jobs back from workers that are gone."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.model.event import EventType
from skybatch.model.state import JobState
from skybatch.store import counters
from skybatch.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Rescued:
    """What was taken back from workers that are gone."""

    jobs: int = 0
    pages_kept: int = 0


def rescue(tx: Tx, *, boot: str, held: Sequence[int]) -> Rescued:
    """Put back the jobs of dead daemon runs, and of our own workers that are gone.

    The lock on the data directory proves that no other run is alive, so the orphans of another
    boot need no waiting for leases. `held` are the rows that workers of this run have in hand:
    after a pause of the whole process their leases have run out too, but they are alive.
    """
    rows = tx.execute(
        """
        UPDATE jobs SET state = 'pending', stage = 'queued', stage_at = :now, updated_at = :now,
          run_after = 0, boot = NULL, lease_until = NULL
        WHERE state = 'running' AND (boot <> :boot OR lease_until < :now)
          AND NOT (boot = :boot AND seq IN (SELECT value FROM json_each(:held)))
        RETURNING seq, id, batch, attempt, domain, pages_fetched
        """,
        {"boot": boot, "now": tx.now, "held": msgspec.json.encode(held).decode()},
    ).fetchall()
    for row in rows:
        _rescued(tx, row)
    return Rescued(len(rows), sum(row["pages_fetched"] for row in rows))


def _rescued(tx: Tx, row: sqlite3.Row) -> None:
    tx.execute(
        "UPDATE attempts SET ended_at = ?, outcome = 'rescued' WHERE job = ? AND attempt = ?",
        (tx.now, row["seq"], row["attempt"]),
    )
    counters.move_jobs(tx, row["batch"], {JobState.RUNNING: -1, JobState.PENDING: 1})
    batch = tx.execute("SELECT id FROM batches WHERE seq = ?", (row["batch"],)).fetchone()
    tx.emit(
        EventType.JOB_RESCUED,
        batch["id"],
        job_id=row["id"],
        attempt=row["attempt"],
        domain=row["domain"],
        pages_kept=row["pages_fetched"],
    )
