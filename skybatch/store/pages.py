"""The table of pages: the frontier of every job, and what became of each URL."""

import sqlite3
from collections import Counter
from collections.abc import Iterable

import msgspec

from skybatch.errors import LeaseLost, SkybatchError
from skybatch.model.event import EventType
from skybatch.model.job import Claim
from skybatch.model.page import Discovery, FrontierRow, Known, Page, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.state import PageState, SkipReason
from skybatch.store import bodies, counters
from skybatch.store.tx import Tx

_EMPTY = Profile()


def store(tx: Tx, held: Claim, write: PageWrite) -> None:
    """Store what one request changed: new rows first, then the page, then the counters.

    Raises LeaseLost when the job is no longer this attempt's; nothing is stored then. Storing the
    same page twice does nothing: a commit may be on disk although SQLite reported an error.
    """
    _fence(tx, held, write)
    page = write.page
    was_queued = _overwrite(tx, held, page)
    if not was_queued and _is_stored(tx, held, page):
        return
    changes = _discovered(tx, held, write.found, write.outside)
    if not was_queued:  # the start page: its row, if it has one, came with what was found
        was_queued = not _add(tx, held, FrontierRow(page.url, page.depth))
        _overwrite(tx, held, page)
    if was_queued:
        changes[counters.column_of(PageState.QUEUED, None)] -= 1
    changes[counters.column_of(page.state, page.reason)] += 1
    counters.move_pages(tx, job=held.seq, batch=held.batch_seq, changes=changes)
    if write.profile is not None:
        _store_profile(tx, held, write.profile)
    if write.kept is not None:
        bodies.store(tx, job=held.seq, url=write.page.url, kept=write.kept)


def discover(tx: Tx, held: Claim, discovery: Discovery) -> None:
    """Store URLs that no page has led to. Raises LeaseLost."""
    updated = tx.execute(
        """
        UPDATE jobs SET progress_at = :now,
          sitemaps_at = CASE WHEN :is_last THEN :now ELSE sitemaps_at END
        WHERE seq = :seq AND attempt = :attempt AND state = 'running'
        """,
        {
            "now": tx.now,
            "is_last": discovery.is_last,
            "seq": held.seq,
            "attempt": held.attempt,
        },
    )
    if updated.rowcount != 1:
        raise LeaseLost
    changes = _discovered(tx, held, discovery.found, discovery.outside)
    if changes:
        counters.move_pages(tx, job=held.seq, batch=held.batch_seq, changes=changes)


def _discovered(
    tx: Tx,
    held: Claim,
    found: Iterable[FrontierRow],
    outside: Iterable[tuple[int, SkipReason]],
) -> Counter[str]:
    """Add rows, and count what gets none; returns how the counters change."""
    changes: Counter[str] = Counter()
    for row in found:
        if _add(tx, held, row):
            state = PageState.SKIPPED if row.skipped else PageState.QUEUED
            changes[counters.column_of(state, row.skipped)] += 1
    for key, reason in outside:
        if _count_once(tx, held, key):
            changes[counters.column_of(PageState.SKIPPED, reason)] += 1
    return changes


def _is_stored(tx: Tx, held: Claim, page: Page) -> bool:
    row = tx.execute(
        "SELECT state, attempt, tries FROM pages WHERE job = ? AND url = ?", (held.seq, page.url)
    ).fetchone()
    if row is None or row["state"] == PageState.QUEUED:
        return False
    if (row["state"], row["attempt"], row["tries"]) == (page.state, held.attempt, page.tries):
        return True
    raise SkybatchError(f"{page.url} of job {held.job_id} is {row['state']} already")


def _add(tx: Tx, held: Claim, row: FrontierRow) -> bool:
    state = PageState.SKIPPED if row.skipped else PageState.QUEUED
    cursor = tx.execute(
        """
        INSERT INTO pages (job, url, depth, state, reason, detail, score)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (job, url) DO NOTHING
        """,
        (held.seq, row.url, row.depth, state, row.skipped, row.detail, row.score),
    )
    return cursor.rowcount == 1


def _count_once(tx: Tx, held: Claim, key: int) -> bool:
    cursor = tx.execute(
        "INSERT INTO outside (job, key) VALUES (?, ?) ON CONFLICT DO NOTHING", (held.seq, key)
    )
    return cursor.rowcount == 1


def _overwrite(tx: Tx, held: Claim, page: Page) -> bool:
    """Write the page over its queued row; returns whether there was one."""
    updated = tx.execute(
        """
        UPDATE pages SET state = :state, reason = :reason, attempt = :attempt, tries = :tries,
          status = :status, final_url = :final_url, content_type = :content_type,
          charset = :charset, bytes = :bytes, truncated = :truncated, elapsed_ms = :elapsed_ms,
          fetched_at = :fetched_at, sha256 = :sha256, facts = :facts, detail = :detail,
          etag = :etag, last_modified = :last_modified,
          duplicate_of = CASE WHEN :sha256 IS NOT NULL THEN
            (SELECT min(p.seq) FROM pages p
             WHERE p.job = :job AND p.sha256 = :sha256 AND p.url <> :url) END
        WHERE job = :job AND url = :url AND state = 'queued'
        """,
        {
            "state": page.state,
            "reason": page.reason,
            "attempt": held.attempt,
            "tries": page.tries,
            "status": page.status,
            "final_url": None if page.final_url == page.url else page.final_url,
            "content_type": page.content_type,
            "charset": page.charset,
            "bytes": page.bytes,
            "truncated": page.truncated,
            "elapsed_ms": page.elapsed_ms,
            "fetched_at": page.fetched_at,
            "sha256": page.sha256,
            "facts": None if page.facts is None else msgspec.json.encode(page.facts),
            "detail": page.detail,
            "etag": page.etag,
            "last_modified": page.last_modified,
            "job": held.seq,
            "url": page.url,
        },
    )
    return updated.rowcount == 1


def _fence(tx: Tx, held: Claim, write: PageWrite) -> None:
    updated = tx.execute(
        """
        UPDATE jobs SET progress_at = :now, waits = CASE WHEN :is_new THEN 0 ELSE waits END,
          crashes = CASE WHEN suspect = :url THEN 0 ELSE crashes END,
          suspect = CASE WHEN suspect = :url THEN NULL ELSE suspect END,
          start_url = coalesce(:start_url, start_url), final_url = coalesce(:final_url, final_url)
        WHERE seq = :seq AND attempt = :attempt AND state = 'running'
        """,
        {
            "now": tx.now,
            "is_new": write.page.state is PageState.FETCHED,
            "url": write.page.url,
            "start_url": write.start_url,
            "final_url": write.final_url,
            "seq": held.seq,
            "attempt": held.attempt,
        },
    )
    if updated.rowcount != 1:
        raise LeaseLost
    if write.start_url is not None:
        tx.emit(
            EventType.JOB_START_FOUND,
            held.batch_id,
            job_id=held.job_id,
            attempt=held.attempt,
            url=write.start_url,
        )


def _store_profile(tx: Tx, held: Claim, profile: Profile) -> None:
    tx.execute(
        """
        INSERT INTO profiles (job, body) VALUES (?, ?)
        ON CONFLICT (job) DO UPDATE SET body = excluded.body
        """,
        (held.seq, msgspec.json.encode(profile)),
    )


def known(
    db: sqlite3.Connection, held: Claim, *, after: int, limit: int
) -> tuple[list[Known], int]:
    """A slice of the frontier in the order of discovery, and its last row."""
    rows = db.execute(
        """
        SELECT seq, url, depth, state, reason, tries, final_url, score,
          CASE WHEN state = 'failed' THEN detail END AS detail
        FROM pages INDEXED BY pages_of_job WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?
        """,
        (held.seq, after, limit),
    ).fetchall()
    found = [
        Known(
            url=row["url"],
            depth=row["depth"],
            state=PageState(row["state"]),
            reason=row["reason"],
            tries=row["tries"],
            final_url=row["final_url"],
            score=row["score"],
            detail=row["detail"],
        )
        for row in rows
    ]
    return found, rows[-1]["seq"] if rows else after


def outside(db: sqlite3.Connection, held: Claim, *, after: int | None, limit: int) -> list[int]:
    """A slice of the hashes of URLs that were only counted."""
    rows = db.execute(
        """
        SELECT key FROM outside WHERE job = :job AND (:after IS NULL OR key > :after)
        ORDER BY key LIMIT :limit
        """,
        {"job": held.seq, "after": after, "limit": limit},
    )
    return [row["key"] for row in rows]


def progress(db: sqlite3.Connection, held: Claim) -> Progress:
    """What earlier attempts have stored besides the frontier and what is outside of it."""
    row = db.execute(
        """
        SELECT j.start_url, j.final_url, j.sitemaps_at, b.cancelled_at, b.paused, p.body
        FROM jobs j JOIN batches b ON b.seq = j.batch LEFT JOIN profiles p ON p.job = j.seq
        WHERE j.seq = ?
        """,
        (held.seq,),
    ).fetchone()
    if row is None:
        return Progress()  # its batch is being deleted: the first write will tell
    return Progress(
        profile=None if row["body"] is None else profile_of(row["body"]),
        start_url=row["start_url"],
        final_url=row["final_url"],
        has_sitemaps=row["sitemaps_at"] is not None,
        is_cancelled=row["cancelled_at"] is not None,
        is_paused=bool(row["paused"]),
    )


def profile_of(body: bytes | None) -> Profile:
    """The profile as it is stored; an empty one where there is none."""
    return _EMPTY if body is None else msgspec.json.decode(body, type=Profile)
