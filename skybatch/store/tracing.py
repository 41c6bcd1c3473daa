"""What the database knows of the life of a job."""

import sqlite3

import msgspec

from skybatch.model.state import PageState
from skybatch.model.trace import AttemptRow, Happening, Source

LONGEST = 10_000  # events, and pages, of one job that are told


def attempts(db: sqlite3.Connection, job: int) -> tuple[AttemptRow, ...]:
    """The attempts of a job in order; what went wrong in each stays for good."""
    rows = db.execute(
        "SELECT * FROM attempts WHERE job = ? ORDER BY attempt LIMIT ?", (job, LONGEST)
    )
    return tuple(
        AttemptRow(
            attempt=row["attempt"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            outcome=row["outcome"],
            error=": ".join(filter(None, (row["reason"], row["detail"]))) or None,
            stack=row["stack"],
        )
        for row in rows
    )


def happenings(db: sqlite3.Connection, job: int, job_id: str) -> tuple[Happening, ...]:
    """The events of a job, and its pages as events."""
    events = db.execute(
        """
        SELECT id, at, type, attempt, data FROM events INDEXED BY events_of_job
        WHERE job_id = ? ORDER BY id LIMIT ?
        """,
        (job_id, LONGEST),
    )
    pages = db.execute(
        """
        SELECT url, state, reason, detail, attempt, tries, status, bytes, elapsed_ms, fetched_at,
          score
        FROM pages INDEXED BY pages_of_job
        WHERE job = ? AND state IN ('fetched', 'failed') ORDER BY seq LIMIT ?
        """,
        (job, LONGEST),
    )
    return (*map(_event, events), *map(_page, pages))


def _event(row: sqlite3.Row) -> Happening:
    data = msgspec.json.decode(row["data"], type=dict[str, str | int | float | None])
    return Happening(row["at"], row["type"], Source.DATABASE, row["id"], row["attempt"], data)


def _page(row: sqlite3.Row) -> Happening:
    is_fetched = row["state"] == PageState.FETCHED
    names = ("url", "status", "reason", "detail", "tries", "bytes", "elapsed_ms", "score")
    return Happening(
        at=row["fetched_at"] or 0.0,
        type="page.fetched" if is_fetched else "page.failed",
        source=Source.DATABASE,
        attempt=row["attempt"],
        data={name: row[name] for name in names if row[name] is not None},
    )
