"""Bodies that are kept, and reading them again with the extractors of today."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from skybatch.errors import Conflict, NotFound
from skybatch.model.facts import PageFacts
from skybatch.model.options import Options
from skybatch.model.page import Kept, KeptPage
from skybatch.model.profile import Profile
from skybatch.model.state import BATCH_TERMINAL, TERMINAL
from skybatch.store.tx import Tx

BEGINNING = (0.0, 0)  # a position before all pages


@dataclass(frozen=True, slots=True)
class Reread:
    """A job whose pages are to be read again; job 0: the batch has no further one."""

    batch: int
    job: int
    attempt: int  # the last one: a further one finds facts of its own
    domain: str
    start_url: str
    options: Options


def store(tx: Tx, *, job: int, url: str, kept: Kept) -> None:
    """Keep the body of a page."""
    tx.execute(
        """
        INSERT INTO bodies (page, encoding, body, language, was_cut, signs)
        SELECT seq, ?, ?, ?, ?, ? FROM pages WHERE job = ? AND url = ?
        ON CONFLICT (page) DO UPDATE SET encoding = excluded.encoding, body = excluded.body,
          language = excluded.language, was_cut = excluded.was_cut, signs = excluded.signs
        """,
        (
            kept.coding,
            kept.body,
            kept.language,
            kept.was_cut,
            msgspec.json.encode(kept.signs).decode(),
            job,
            url,
        ),
    )


def ask(tx: Tx, batch_id: str) -> int:
    """Let the bodies of a batch be read again; returns how many there are.

    Raises NotFound, and Conflict when the batch has not ended, or has kept none.
    """
    row = tx.execute(
        "SELECT seq, state FROM batches WHERE id = ? AND staging = 0", (batch_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    if row["state"] not in BATCH_TERMINAL:
        raise Conflict(f"batch {batch_id} has not ended: wait for it, or cancel it first")
    count = tx.execute(
        """
        SELECT count(*) AS kept FROM jobs j JOIN pages p INDEXED BY pages_of_job ON p.job = j.seq
          JOIN bodies b ON b.page = p.seq WHERE j.batch = ?
        """,
        (row["seq"],),
    ).fetchone()["kept"]
    if not count:
        raise Conflict(f"batch {batch_id} has kept no bodies: submit it with store_html = true")
    tx.execute("UPDATE batches SET reread_after = 0 WHERE seq = ?", (row["seq"],))
    return int(count)


def next_job(db: sqlite3.Connection) -> Reread | None:
    """The job that is next to be read again; `None` when there is none to do."""
    row = db.execute(
        """
        SELECT b.seq AS batch, b.options, j.seq, j.attempt, j.domain, j.start_url
        FROM batches b INDEXED BY batches_reread
          LEFT JOIN jobs j ON j.seq = (SELECT min(n.seq) FROM jobs n INDEXED BY jobs_of_batch
                                       WHERE n.batch = b.seq AND n.seq > b.reread_after)
        WHERE b.reread_after IS NOT NULL ORDER BY b.seq LIMIT 1
        """
    ).fetchone()
    if row is None:
        return None
    return Reread(
        batch=row["batch"],
        job=row["seq"] or 0,
        attempt=row["attempt"] or 0,
        domain=row["domain"] or "",
        start_url=row["start_url"] or "",
        options=_options(row["options"]),
    )


def _options(text: str) -> Options:
    """The options of a batch; the built-in ones if nobody can read them."""
    try:
        return msgspec.json.decode(text, type=Options)
    except msgspec.ValidationError:
        return Options()


def pages_of(
    db: sqlite3.Connection, job: Reread, *, after: tuple[float, int], limit: int
) -> list[KeptPage]:
    """The fetched pages of a job in the order in which they were fetched, with their bodies;
    `after` is the position of the last one seen."""
    rows = db.execute(
        """
        SELECT p.seq, p.fetched_at, p.url, p.final_url, p.content_type, p.facts,
          b.body, b.encoding, b.language, b.was_cut, b.signs
        FROM pages p INDEXED BY pages_of_job LEFT JOIN bodies b ON b.page = p.seq
        WHERE p.job = ? AND (p.fetched_at, p.seq) > (?, ?) AND p.state = 'fetched'
          AND p.facts IS NOT NULL
        ORDER BY p.fetched_at, p.seq LIMIT ?
        """,
        (job.job, *after, limit),
    )
    return [
        KeptPage(
            (row["fetched_at"], row["seq"]),
            row["url"],
            row["final_url"] or row["url"],
            row["content_type"],
            msgspec.json.decode(row["facts"], type=PageFacts),
            _kept(row),
        )
        for row in rows
    ]


def _kept(row: sqlite3.Row) -> Kept | None:
    if row["body"] is None:
        return None
    signs = msgspec.json.decode(row["signs"], type=tuple[str, ...])
    return Kept(row["body"], row["encoding"], row["language"], bool(row["was_cut"]), signs)


def store_facts(tx: Tx, job: Reread, found: Iterable[tuple[KeptPage, PageFacts]]) -> None:
    """Store what pages say today. A job that runs again meanwhile is left alone."""
    if _has_ended(tx, job):
        for page, facts in found:
            tx.execute(
                "UPDATE pages SET facts = ? WHERE seq = ? AND job = ?",
                (msgspec.json.encode(facts), page.position[1], job.job),
            )


def finish(tx: Tx, job: Reread, profile: Profile | None) -> None:
    """Store the profile of a job, if a page of it was read again, and go on behind it."""
    if profile is not None and _has_ended(tx, job):
        tx.execute(
            """
            INSERT INTO profiles (job, body) VALUES (?, ?)
            ON CONFLICT (job) DO UPDATE SET body = excluded.body
            """,
            (job.job, msgspec.json.encode(profile)),
        )
    tx.execute(
        "UPDATE batches SET reread_after = ? WHERE seq = ? AND reread_after IS NOT NULL",
        (job.job or None, job.batch),
    )


def _has_ended(tx: Tx, job: Reread) -> bool:
    row = tx.execute("SELECT state, attempt FROM jobs WHERE seq = ?", (job.job,)).fetchone()
    return row is not None and row["state"] in TERMINAL and row["attempt"] == job.attempt
