"""The table of jobs: adding those of a submission, and reading."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from skybatch.errors import NotFound
from skybatch.model.batch import Accepted, Rejected
from skybatch.model.ids import uuids7
from skybatch.model.job import Job
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from skybatch.model.target import Entry
from skybatch.store import counters
from skybatch.store.batches import pairs
from skybatch.store.domains import Seen, key_of
from skybatch.store.tx import Tx, Value, many

TOGETHER = 250  # jobs of one statement


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the good lines of a slice."""

    jobs: int
    duplicates: int


def add(tx: Tx, batch: int, lines: Sequence[Accepted | Rejected], seen: Seen) -> Added:
    """Add a slice of a submission: jobs, and what made no job.

    `seen` are the domains of the slices before, and afterwards those of this one as well.
    """
    slice_ = _Slice(tx, batch, seen)
    for line in lines:
        if isinstance(line, Rejected):
            _add_leftover(tx, batch, line.entry, code=line.code, detail=line.detail)
        else:
            slice_.take(line)
    _add_jobs(tx, batch, slice_.jobs)
    for entry, job in slice_.duplicates:
        _add_leftover(tx, batch, entry, job=job)
    return Added(len(slice_.jobs), len(slice_.duplicates))


class _Slice:
    """The good lines of a slice, told apart: those that make jobs, and duplicates."""

    def __init__(self, tx: Tx, batch: int, seen: Seen) -> None:
        self._tx, self._batch, self._seen = tx, batch, seen
        self._last = _last_number(tx)
        self.jobs: dict[str, tuple[int, Accepted]] = {}  # by domain: the number, and the line
        self.duplicates: list[tuple[Entry, int]] = []  # and the number of the job

    def take(self, line: Accepted) -> None:
        """Give it a number, or find the job of its domain."""
        domain = line.target.domain
        if here := self.jobs.get(domain):
            self.duplicates.append((line.entry, here[0]))
            return
        key = key_of(domain)
        job = self._job_of(domain, self._seen.jobs_of(key))
        if job is not None:
            self.duplicates.append((line.entry, job))
            return
        self._last += 1
        self.jobs[domain] = self._last, line
        self._seen.add(key, self._last)

    def _job_of(self, domain: str, candidates: Sequence[int]) -> int | None:
        """The one of them, all of earlier slices or of this one, that has the domain."""
        for seq in candidates:
            row = self._tx.execute("SELECT domain FROM jobs WHERE seq = ?", (seq,)).fetchone()
            if row is not None and row["domain"] == domain:
                return seq
        return None


def _last_number(tx: Tx) -> int:
    """The highest `seq` that a job has ever had."""
    row = tx.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
    return row["seq"] if row is not None else 0


def _add_jobs(tx: Tx, batch: int, jobs: Mapping[str, tuple[int, Accepted]]) -> None:
    numbered = list(zip(uuids7(tx.now, len(jobs)), jobs.values(), strict=True))
    for start in range(0, len(numbered), TOGETHER):
        _add_some(tx, batch, numbered[start : start + TOGETHER])


def _add_some(tx: Tx, batch: int, jobs: Sequence[tuple[str, tuple[int, Accepted]]]) -> None:
    """Add at most 250 jobs, each with its id and number, in one statement.

    One by one each would cost half as much again: what the table checks of a row is made ready
    for each statement anew, and each statement gives the interpreter away.
    """
    parameters: list[Value] = [batch, tx.now]
    for job_id, (seq, line) in jobs:
        target, entry = line.target, line.entry
        parameters += (seq, job_id, target.domain, target.host, target.port, target.scheme)
        parameters += (target.path, entry.text, entry.row, _columns(entry))
    parameters += [None] * (len(_INSERTED) * (TOGETHER - len(jobs)))
    tx.execute(_INSERT, parameters)


_INSERTED = (
    "seq",
    "id",
    "domain",
    "host",
    "port",
    "scheme",
    "path",
    "input",
    "input_row",
    "columns",
)
# Always as many rows, those that are not needed left out: statements of every length would be kept
# by the connection, 200 kB each.
_INSERT = f"""
INSERT INTO jobs ({", ".join(_INSERTED)}, batch, stage_at, created_at, updated_at)
SELECT *, ?1, ?2, ?2, ?2 FROM (VALUES {many(TOGETHER, len(_INSERTED))}) WHERE column1 IS NOT NULL
"""  # noqa: S608 - only names and question marks are put in


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


def first(db: sqlite3.Connection, batch: int, *, limit: int) -> list[Job]:
    """The first jobs of a batch, as submitted; `standings.listing` is for those who show them."""
    rows = db.execute(
        """
        SELECT j.*, b.id AS batch_id, b.paused,
          max(j.run_after, coalesce(h.ready_at, 0)) AS waits_until
        FROM jobs j INDEXED BY jobs_of_batch JOIN batches b ON b.seq = j.batch
          LEFT JOIN hosts h ON h.host = j.host AND h.ready_at > j.created_at
        WHERE j.batch = ? ORDER BY j.seq LIMIT ?
        """,
        (batch, limit),
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
