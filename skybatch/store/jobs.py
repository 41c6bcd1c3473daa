"""The table of jobs: adding those of a submission, and reading."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import NotFound
from skybatch.model.batch import Accepted, Rejected
from skybatch.model.ids import uuid7
from skybatch.model.job import Job
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from skybatch.model.target import Entry
from skybatch.store import counters
from skybatch.store.batches import pairs
from skybatch.store.tx import Tx, Value


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the good lines of a slice."""

    jobs: int
    duplicates: int


def add(tx: Tx, batch: int, lines: Sequence[Accepted | Rejected]) -> Added:
    """Add a slice of a submission: jobs, and what made no job."""
    made = duplicates = 0
    for line in lines:
        if isinstance(line, Rejected):
            _add_leftover(tx, batch, line.entry, code=line.code, detail=line.detail)
        elif _add_job(tx, batch, line):
            made += 1
        else:
            duplicates += 1
            _add_duplicate(tx, batch, line)
    return Added(made, duplicates)


def _add_job(tx: Tx, batch: int, line: Accepted) -> bool:
    target = line.target
    cursor = tx.execute(
        """
        INSERT INTO jobs (id, batch, domain, host, port, scheme, path, input, input_row, columns,
          stage_at, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (batch, domain) DO NOTHING
        """,
        (
            uuid7(tx.now),
            batch,
            target.domain,
            target.host,
            target.port,
            target.scheme,
            target.path,
            line.entry.text,
            line.entry.row,
            _columns(line.entry),
            tx.now,
            tx.now,
            tx.now,
        ),
    )
    return cursor.rowcount == 1


def _add_duplicate(tx: Tx, batch: int, line: Accepted) -> None:
    first = tx.execute(
        "SELECT seq FROM jobs WHERE batch = ? AND domain = ?", (batch, line.target.domain)
    ).fetchone()
    _add_leftover(tx, batch, line.entry, job=first["seq"])


def _add_leftover(
    tx: Tx,
    batch: int,
    entry: Entry,
    *,
    job: int | None = None,
    code: str | None = None,
    detail: str | None = None,
) -> None:
    tx.execute(
        """
        INSERT INTO leftovers (batch, input_row, input, columns, job, code, detail)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (batch, entry.row, entry.text, _columns(entry), job, code, detail),
    )


def _columns(entry: Entry) -> str | None:
    return msgspec.json.encode(entry.columns).decode() if entry.columns else None


def first_of(tx: Tx, batch_id: str) -> str:
    """The id of the first job of a batch."""
    row = tx.execute(
        """
        SELECT j.id FROM jobs j INDEXED BY jobs_of_batch JOIN batches b ON b.seq = j.batch
        WHERE b.id = ? ORDER BY j.seq LIMIT 1
        """,
        (batch_id,),
    ).fetchone()
    return str(row["id"])


def find(db: sqlite3.Connection, job_id: str) -> Job:
    """Raises NotFound."""
    row = db.execute(
        """
        SELECT j.*, b.id AS batch_id, b.paused,
          max(j.run_after, coalesce(h.ready_at, 0)) AS waits_until
        FROM jobs j JOIN batches b ON b.seq = j.batch
          LEFT JOIN hosts h ON h.host = j.host AND h.ready_at > j.created_at
        WHERE j.id = ? AND b.staging = 0
        """,
        (job_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return job_of(row)


def listing(  # noqa: PLR0913 - the filters of the public API
    db: sqlite3.Connection,
    batch: int,
    *,
    states: Sequence[JobState] = (),
    reasons: Sequence[Reason] = (),
    domain: str | None = None,
    after: int = 0,
    limit: int,
) -> list[Job]:
    """In submission order; `after` is the `seq` of the last one seen."""
    parameters: dict[str, Value] = {
        "batch": batch,
        "after": after,
        "states": msgspec.json.encode(states).decode(),
        "reasons": msgspec.json.encode(reasons).decode(),
        "domain": domain,
        "limit": limit,
    }
    rows = db.execute(
        """
        SELECT j.*, b.id AS batch_id, b.paused,
          max(j.run_after, coalesce(h.ready_at, 0)) AS waits_until
        FROM jobs j INDEXED BY jobs_of_batch JOIN batches b ON b.seq = j.batch
          LEFT JOIN hosts h ON h.host = j.host AND h.ready_at > j.created_at
        WHERE j.batch = :batch AND j.seq > :after
          AND (:states = '[]' OR j.state IN (SELECT value FROM json_each(:states)))
          AND (:reasons = '[]' OR j.reason IN (SELECT value FROM json_each(:reasons)))
          AND (:domain IS NULL OR j.domain = :domain)
        ORDER BY j.seq LIMIT :limit
        """,
        parameters,
    )
    return [job_of(row) for row in rows]


def job_of(row: sqlite3.Row) -> Job:
    """A row of jobs, joined with `batch_id` and `paused` of its batch, as a Job; `waits_until` is
    the time before which it is not claimed, as far as is known, or 0."""
    return Job(
        seq=row["seq"],
        job_id=row["id"],
        batch_id=row["batch_id"],
        domain=row["domain"],
        input=row["input"],
        input_row=row["input_row"],
        columns=pairs(row["columns"]),
        state=JobState(row["state"]),
        reason=Reason(row["reason"]) if row["reason"] else None,
        detail=row["detail"],
        stage=row["stage"],
        stage_at=row["stage_at"],
        paused=bool(row["paused"]),
        attempt=row["attempt"],
        charged=row["charged"],
        waits_until=row["waits_until"],
        wait_s=row["wait_s"],
        pages=counters.receipt(row),
        start_url=row["start_url"],
        final_url=row["final_url"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )
