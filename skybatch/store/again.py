"""Batches that repeat an earlier one: its domains, and what it knew of their pages."""

import sqlite3
from collections.abc import AsyncIterator
from functools import partial

import msgspec

from skybatch.errors import NotFound
from skybatch.model.batch import Accepted, Submission
from skybatch.model.job import Claim
from skybatch.model.options import Options
from skybatch.model.page import Earlier, FrontierRow
from skybatch.model.target import Entry, Target
from skybatch.store.batches import pairs
from skybatch.store.database import Store
from skybatch.store.domains import key_of
from skybatch.store.outbox import types_of
from skybatch.store.results import page_of

SLICE = 2_000  # domains of one read


def repeated(db: sqlite3.Connection, batch_id: str, *, new_id: str, owner: str) -> Submission:
    """The same submission once more. Raises NotFound."""
    row = db.execute(
        """
        SELECT seq, label, metadata, webhook_url, webhook_events, max_pages, max_concurrent_jobs,
          options
        FROM batches WHERE id = ? AND staging = 0
        """,
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    return Submission(
        batch_id=new_id,
        owner=owner,
        max_pages=row["max_pages"],
        max_concurrent_jobs=row["max_concurrent_jobs"],
        options=msgspec.json.decode(row["options"], type=Options),
        label=row["label"],
        metadata=_object(row["metadata"]),
        webhook_url=row["webhook_url"],
        webhook_events=types_of(row["webhook_events"]),
        again=row["seq"],
    )


def _object(text: str | None) -> dict[str, object] | None:
    return msgspec.json.decode(text, type=dict[str, object]) if text else None


async def domains(store: Store, batch: int) -> AsyncIterator[list[Accepted]]:
    """The domains of a batch in submission order, a slice at a time."""
    after, is_more = 0, True
    while is_more:
        found, after = await store.read(partial(_domains, batch=batch, after=after))
        is_more = len(found) == SLICE
        if found:
            yield found


def _domains(db: sqlite3.Connection, *, batch: int, after: int) -> tuple[list[Accepted], int]:
    """A slice of them, and the row of the last one."""
    rows = db.execute(
        """
        SELECT seq, domain, host, port, scheme, path, input, input_row, columns
        FROM jobs INDEXED BY jobs_of_batch WHERE batch = ? AND seq > ?
        ORDER BY seq LIMIT ?
        """,
        (batch, after, SLICE),
    ).fetchall()
    found = [
        Accepted(
            Entry(row["input_row"], row["input"], pairs(row["columns"])),
            Target(row["domain"], row["host"], row["port"], row["scheme"], row["path"]),
        )
        for row in rows
    ]
    return found, rows[-1]["seq"] if rows else after


def seeds(db: sqlite3.Connection, held: Claim, *, limit: int) -> tuple[FrontierRow, ...]:
    """The pages that the earlier job of this domain asked for, or would have."""
    rows = db.execute(
        """
        SELECT p.url, p.depth, p.score
        FROM domains d JOIN jobs j ON j.seq = d.job
          JOIN pages p INDEXED BY pages_of_job ON p.job = j.seq
        WHERE d.batch = ? AND d.key = ? AND j.domain = ? AND p.state <> 'skipped'
        ORDER BY p.seq LIMIT ?
        """,
        (held.again, key_of(held.target.domain), held.target.domain, limit),
    )
    return tuple(FrontierRow(row["url"], row["depth"], score=row["score"]) for row in rows)


def earlier(db: sqlite3.Connection, held: Claim, url: str) -> Earlier | None:
    """A page as the earlier job of this domain fetched it; `None` when the server gave it no name
    by which to ask for a change."""
    row = db.execute(
        """
        SELECT p.* FROM domains d JOIN jobs j ON j.seq = d.job
          JOIN pages p ON p.job = j.seq AND p.url = ?
        WHERE d.batch = ? AND d.key = ? AND j.domain = ?
          AND p.state = 'fetched' AND p.facts IS NOT NULL
          AND (p.etag IS NOT NULL OR p.last_modified IS NOT NULL)
        """,
        (url, held.again, key_of(held.target.domain), held.target.domain),
    ).fetchone()
    return None if row is None else Earlier(page_of(row))
