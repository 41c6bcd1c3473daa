"""Reads a database whose daemon has ended, and tells everything in it that cannot be right."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from skybatch.model.state import JobState, PageState, batch_state
from skybatch.store.counters import PAGE_COLUMNS, job_counts
from skybatch.store.domains import key_of

_ALSO_WITHOUT_ROW = frozenset({"skipped_scope", "skipped_budget", "skipped_trap"})
_MOST = 20  # violations of a kind that are told one by one

# What each row of a statement violates. The tables are read without their indexes: a unique index
# that has lost an entry would hide the duplicate that it let in.
_DOUBLED = (
    "page {url} of job {id} is stored {times} times",
    """
    SELECT j.id, p.url, count(*) AS times FROM pages p NOT INDEXED JOIN jobs j ON j.seq = p.job
    GROUP BY p.job, p.url HAVING times > 1
    """,
)
_CHECKS = (
    (
        "job {id} is {state}, but still has a lease",
        "SELECT id, state FROM jobs NOT INDEXED WHERE state <> 'running' AND boot IS NOT NULL",
    ),
    (
        "job {id} went on after its end: {type}, and nobody asked for a retry",
        """
        SELECT job_id AS id, type FROM (
          SELECT job_id, type, lag(type) OVER (PARTITION BY job_id ORDER BY id) AS before
          FROM events WHERE job_id IS NOT NULL AND type <> 'job.lease_lost')
        WHERE before = 'job.finished' AND type <> 'job.retry_scheduled'
        """,
    ),
    (
        "attempt {attempt} of job {id} is open, and the job is {state}",
        """
        SELECT j.id, j.state, a.attempt FROM attempts a JOIN jobs j ON j.seq = a.job
        WHERE a.ended_at IS NULL AND (j.state <> 'running' OR a.attempt <> j.attempt)
        """,
    ),
    (
        "batch {id} is a submission that was cut off",
        "SELECT id FROM batches NOT INDEXED WHERE staging > 0",
    ),
    (
        "key {key} was answered with batch {batch_id}, which is not there",
        """
        SELECT key, batch_id FROM idempotency
        WHERE batch_id NOT IN (SELECT id FROM batches NOT INDEXED)
        """,
    ),
    (
        "batch {batch_id} belongs to {times} keys",
        """
        SELECT batch_id, count(*) AS times FROM idempotency WHERE batch_id IS NOT NULL
        GROUP BY batch_id HAVING times > 1
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch, as its rows tell."""

    batch_id: str
    label: str | None
    jobs: int  # rows


@dataclass(frozen=True, slots=True)
class Audit:
    """What a database holds, and what is wrong with it: a sentence each."""

    batches: tuple[StoredBatch, ...] = ()
    jobs: tuple[tuple[str, int], ...] = ()  # how many are in each state
    pages: int = 0  # fetched
    charged: int = 0  # attempts that failed, of all jobs
    doubled: tuple[str, ...] = ()  # pages that are stored more than once
    violations: tuple[str, ...] = ()  # everything else
    unfinished: tuple[str, ...] = ()  # batches that have not ended; no damage by itself


def audit(path: Path) -> Audit:
    """Read the whole database; what cannot be read is a violation too.

    Only for a daemon that has ended, and before anything was deleted through the API.
    """
    try:
        # Not mode=ro: SQLite then skips the CHECK constraints, also in its integrity check.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as db:
            db.execute("PRAGMA query_only = ON")
            db.row_factory = sqlite3.Row
            return _read(db)
    except sqlite3.Error as error:
        return Audit(violations=(f"{path} cannot be read: {error}",))


def _read(db: sqlite3.Connection) -> Audit:
    batches = db.execute("SELECT * FROM batches NOT INDEXED ORDER BY seq").fetchall()
    jobs = db.execute("SELECT * FROM jobs NOT INDEXED ORDER BY seq").fetchall()
    states = Counter(str(job["state"]) for job in jobs)
    jobs_of = Counter(job["batch"] for job in jobs)
    return Audit(
        batches=tuple(
            StoredBatch(batch["id"], batch["label"], jobs_of[batch["seq"]])
            for batch in batches
            if not batch["staging"]
        ),
        jobs=tuple(states.items()),
        pages=sum(job["pages_fetched"] for job in jobs),
        charged=sum(job["charged"] for job in jobs),
        doubled=tuple(_found(db, *_DOUBLED)),
        violations=tuple(_violations(db, batches, jobs)),
        unfinished=tuple(batch["id"] for batch in batches if batch["finished_at"] is None),
    )


def _violations(
    db: sqlite3.Connection, batches: list[sqlite3.Row], jobs: list[sqlite3.Row]
) -> Iterator[str]:
    yield from _damage(db)
    for sentence, statement in _CHECKS:
        yield from _found(db, sentence, statement)
    yield from _some([*_wrong_pages(db, jobs)])
    yield from _some([*_wrong_batches(batches, jobs)])
    yield from _some([*_wrong_domains(db, batches, jobs)])


def _wrong_domains(
    db: sqlite3.Connection, batches: list[sqlite3.Row], jobs: list[sqlite3.Row]
) -> Iterator[str]:
    """Each domain once in a batch, and to be found by its key; no constraint says so."""
    keyed = set(map(tuple, db.execute("SELECT batch, key, job FROM domains")))
    published = {batch["seq"] for batch in batches if not batch["staging"]}
    seen: set[tuple[int, str]] = set()
    for job in jobs:
        batch, domain = job["batch"], job["domain"]
        if batch not in published:
            continue
        if (batch, domain) in seen:
            yield f"job {job['id']} is of {domain}, as one before it of the same batch"
        seen.add((batch, domain))
        if (batch, key_of(domain), job["seq"]) not in keyed:
            yield f"job {job['id']} is not found by its domain {domain}"


def _found(db: sqlite3.Connection, sentence: str, statement: str) -> list[str]:
    return _some([sentence.format_map(dict(row)) for row in db.execute(statement)])


def _some(found: list[str]) -> list[str]:
    more = len(found) - _MOST
    return found if more <= 0 else [*found[:_MOST], f"… and {more} more of this kind"]


def _damage(db: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds: pages, indexes, constraints, foreign keys."""
    for (told,) in db.execute(f"PRAGMA integrity_check({_MOST})"):
        if told != "ok":
            yield f"integrity check: {told}"
    for row in db.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row['table']} belongs to a row of {row['parent']} that is not there"


def _wrong_pages(db: sqlite3.Connection, jobs: list[sqlite3.Row]) -> Iterator[str]:
    """Page counters of jobs against the rows. URLs that are only counted have no row."""
    rows: dict[int, Counter[str]] = defaultdict(Counter)
    for row in db.execute(
        """
        SELECT job, state, reason, count(*) AS pages FROM pages NOT INDEXED
        GROUP BY job, state, reason
        """
    ):
        is_skipped = row["state"] == PageState.SKIPPED
        column = f"skipped_{row['reason']}" if is_skipped else f"pages_{row['state']}"
        rows[row["job"]][column] += row["pages"]
    for job in jobs:
        for column in PAGE_COLUMNS:
            kept, there = job[column], rows[job["seq"]][column]
            if kept < there or (kept > there and column not in _ALSO_WITHOUT_ROW):
                yield f"job {job['id']} counts {column} = {kept}, and has {there} such pages"


def _wrong_batches(batches: list[sqlite3.Row], jobs: list[sqlite3.Row]) -> Iterator[str]:
    """Counters and states of batches against their jobs."""
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for job in jobs:
        mine = sums[job["batch"]]
        mine[job["state"]] += 1
        mine.update({column: job[column] for column in PAGE_COLUMNS})
    for batch in batches:
        for column in (*JobState, *PAGE_COLUMNS):
            kept, there = batch[column], sums[batch["seq"]][column]
            if kept != there:
                yield f"batch {batch['id']} counts {column} = {kept}, and its jobs say {there}"
        yield from _wrong_state(batch)


def _wrong_state(batch: sqlite3.Row) -> Iterator[str]:
    counts = job_counts(batch)
    state = batch_state(counts, started=batch["started_at"] is not None)
    if state != batch["state"]:
        yield f"batch {batch['id']} is {batch['state']}, and by its jobs it is {state}"
    has_ended = not counts[JobState.PENDING] + counts[JobState.RUNNING]
    if has_ended is not (batch["finished_at"] is not None):
        yield f"batch {batch['id']} is {batch['state']} and its end is {batch['finished_at']}"
