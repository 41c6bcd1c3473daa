"""What batches came to: jobs with their profiles, and pages, in slices for whoever streams them."""

import sqlite3
from collections.abc import Sequence

import msgspec

from skybatch.model.facts import PageFacts
from skybatch.model.job import Job
from skybatch.model.page import Page
from skybatch.model.profile import Profile
from skybatch.model.reason import Reason
from skybatch.model.record import PageOfJob
from skybatch.model.state import PageState, SkipReason
from skybatch.store.domains import key_of
from skybatch.store.jobs import job_of
from skybatch.store.pages import profile_of


def domain_results(
    db: sqlite3.Connection, batch: int, *, after: int = 0, limit: int
) -> list[tuple[Job, Profile]]:
    """Jobs and their profiles in submission order; `after` is the `seq` of the last job seen."""
    rows = db.execute(
        """
        SELECT j.*, b.id AS batch_id, b.paused, j.run_after AS waits_until, p.body
        FROM jobs j INDEXED BY jobs_of_batch JOIN batches b ON b.seq = j.batch
          LEFT JOIN profiles p ON p.job = j.seq
        WHERE j.batch = ? AND j.seq > ? ORDER BY j.seq LIMIT ?
        """,
        (batch, after, limit),
    )
    return [(job_of(row), profile_of(row["body"])) for row in rows]


def results_of_domains(
    db: sqlite3.Connection, batch: int, domains: Sequence[str]
) -> list[tuple[Job, Profile]]:
    """As `domain_results`, of some domains; those that the batch does not have are left out."""
    marks = ", ".join("?" * len(domains))
    rows = db.execute(
        f"""
        SELECT j.*, b.id AS batch_id, b.paused, j.run_after AS waits_until, p.body
        FROM domains d JOIN jobs j ON j.seq = d.job JOIN batches b ON b.seq = j.batch
          LEFT JOIN profiles p ON p.job = j.seq
        WHERE d.batch = ? AND d.key IN ({marks}) AND j.domain IN ({marks})
        """,  # noqa: S608 - only question marks are put in
        (batch, *map(key_of, domains), *domains),
    )
    return [(job_of(row), profile_of(row["body"])) for row in rows]


def page_results(
    db: sqlite3.Connection, batch: int, *, include_all: bool, after: int = 0, limit: int
) -> list[PageOfJob]:
    """Pages in the order of their jobs, then of discovery; `after` is the last row seen."""
    rows = db.execute(
        """
        SELECT p.*, j.id AS job_id, j.domain, b.id AS batch_id, d.url AS duplicate_url
        FROM jobs j INDEXED BY jobs_of_batch JOIN batches b ON b.seq = j.batch
          JOIN pages p INDEXED BY pages_of_job ON p.job = j.seq
          LEFT JOIN pages d ON d.seq = p.duplicate_of
        WHERE j.batch = :batch
          AND j.seq >= coalesce((SELECT job FROM pages WHERE seq = :after), 0)
          AND p.seq > CASE
            WHEN j.seq = (SELECT job FROM pages WHERE seq = :after) THEN :after ELSE 0 END
          AND (:include_all OR p.state IN ('fetched', 'failed'))
        ORDER BY j.seq, p.seq LIMIT :limit
        """,
        {"batch": batch, "after": after, "include_all": include_all, "limit": limit},
    )
    return [_page_of_job(row) for row in rows]


def _page_of_job(row: sqlite3.Row) -> PageOfJob:
    return PageOfJob(
        seq=row["seq"],
        batch_id=row["batch_id"],
        job_id=row["job_id"],
        domain=row["domain"],
        duplicate_of=row["duplicate_url"],
        page=page_of(row),
    )


def page_of(row: sqlite3.Row) -> Page:
    """A row of pages as a Page."""
    state = PageState(row["state"])
    facts = row["facts"]
    return Page(
        url=row["url"],
        depth=row["depth"],
        state=state,
        reason=_reason(state, row["reason"]),
        tries=row["tries"],
        status=row["status"],
        final_url=row["final_url"] or (row["url"] if state is PageState.FETCHED else None),
        content_type=row["content_type"],
        charset=row["charset"],
        bytes=row["bytes"],
        truncated=bool(row["truncated"]),
        elapsed_ms=row["elapsed_ms"],
        fetched_at=row["fetched_at"],
        sha256=row["sha256"],
        facts=msgspec.json.decode(facts, type=PageFacts) if facts else None,
        detail=row["detail"],
        etag=row["etag"],
        last_modified=row["last_modified"],
    )


def _reason(state: PageState, text: str | None) -> Reason | SkipReason | None:
    if text is None:
        return None
    return SkipReason(text) if state is PageState.SKIPPED else Reason(text)
