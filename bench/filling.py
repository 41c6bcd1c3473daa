"""Rows of pages, written into the database of a daemon that is down: as if its jobs had been given
back after their pages were fetched."""

from pathlib import Path

import msgspec

from skybatch.demo.sites import bench_hosts, sites
from skybatch.extract import merge
from skybatch.extract.reading import read
from skybatch.model.facts import RawPage
from skybatch.model.profile import Profile
from skybatch.store.opening import open_writing

ROW_BYTES = 2_500  # of a page with its indexes and its facts, and what comes with it for its job
JOBS = 20_000  # of one transaction


def fill(database: Path, page_rows: int) -> None:
    """Spread the rows over all jobs, the same number for each, with what else stands there then."""
    db = open_writing(database)
    # Nobody's data, and half the writing: a power cut only costs the benchmark.
    for setting in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF"):
        db.execute(f"PRAGMA {setting}").fetchall()
    db.execute("PRAGMA cache_size = -500000")
    (first, last, count) = db.execute("SELECT min(seq), max(seq), count(*) FROM jobs").fetchone()
    each = page_rows // count
    facts, profile = _sample()
    for start in range(first, last + 1, JOBS):
        values = {"low": start, "high": start + JOBS, "pages": each}
        db.execute("BEGIN IMMEDIATE")
        db.execute(_PAGES, {**values, "facts": facts})
        db.execute(_PROFILES, {**values, "profile": profile})
        db.execute(_ATTEMPTS, values)
        db.execute(_JOBS, values)
        db.execute("COMMIT")
    db.execute("UPDATE batches SET pages_fetched = ? * ?", (each, count))
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.close()


def _sample() -> tuple[bytes, bytes]:
    """The facts of a page of a sample site, and the profile they make, as they are kept."""
    (host,) = bench_hosts(1)
    url = f"http://{host}/product/1"
    page = sites(1, 6)[host]["/product/1"]
    raw = RawPage(
        url=url,
        body=page.body,
        content_type=page.content_type,
        content_encoding=None,
        language=None,
        was_cut=False,
        max_bytes=len(page.body),
    )
    facts = read(raw).facts
    profile = merge.add(Profile(), url, facts, is_start=True, domain=host)
    return msgspec.json.encode(facts), msgspec.json.encode(profile)


# In the order of jobs, as the indexes have them.
_PAGES = """
WITH RECURSIVE number (n) AS (SELECT 0 WHERE :pages > 0 UNION ALL
  SELECT n + 1 FROM number WHERE n + 1 < :pages)
INSERT INTO pages (job, url, depth, state, attempt, tries, status, content_type, charset, bytes,
  elapsed_ms, fetched_at, sha256, facts)
SELECT j.seq, 'http://' || j.domain || '/' || CASE n WHEN 0 THEN '' ELSE 'product/' || n END,
  min(n, 1), 'fetched', 1, 1, 200, 'text/html; charset=utf-8', 'utf-8', 38912, 12, j.created_at,
  lower(hex(randomblob(32))), :facts
FROM jobs j CROSS JOIN number WHERE j.seq >= :low AND j.seq < :high ORDER BY j.seq, n
"""
_PROFILES = """
INSERT INTO profiles (job, body) SELECT seq, :profile FROM jobs WHERE seq >= :low AND seq < :high
"""
_ATTEMPTS = """
INSERT INTO attempts (job, attempt, boot, started_at, ended_at, outcome)
SELECT seq, 1, 'filled', created_at, created_at, 'released'
FROM jobs WHERE seq >= :low AND seq < :high
"""
_JOBS = """
UPDATE jobs SET attempt = 1, pages_fetched = :pages, started_at = created_at,
  start_url = 'http://' || domain || '/' WHERE seq >= :low AND seq < :high
"""
