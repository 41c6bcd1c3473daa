"""An audit finds nothing in a sound database, and each kind of damage that is done by hand."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from skybatch.bus import Bus
from skybatch.model.clock import SystemClock
from skybatch.store.audit import audit
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from tests.store.seeds import submit

# A batch of two jobs, as it would be when both have ended: two pages fetched, one dead, one too
# many; seven links out of scope, which have no rows.
ENDED = """
UPDATE jobs SET state = 'complete', finished_at = 2, pages_fetched = 2, pages_failed = 1,
  skipped_budget = 1, skipped_scope = 7, attempt = 1;
INSERT INTO pages (job, url, depth, state, reason) SELECT j.seq, p.* FROM jobs j, (
  SELECT 'http://a/' AS url, 0 AS depth, 'fetched' AS state, NULL AS reason
  UNION VALUES ('http://a/b', 1, 'fetched', NULL), ('http://a/c', 1, 'failed', 'http_4xx'),
    ('http://a/d', 1, 'skipped', 'budget')) p;
INSERT INTO attempts (job, attempt, boot, started_at, ended_at, outcome)
  SELECT seq, 1, 'boot', 1, 2, 'complete' FROM jobs;
INSERT INTO events (at, type, batch_id, job_id) SELECT 2, t.type, '', id FROM jobs,
  (SELECT 'job.claimed' AS type UNION ALL VALUES ('job.finished')) t ORDER BY id, t.type;
UPDATE batches SET state = 'complete', started_at = 1, finished_at = 2, pending = 0, complete = 2,
  pages_fetched = 4, pages_failed = 2, skipped_budget = 2, skipped_scope = 14;
INSERT INTO idempotency (owner, key, fingerprint, batch_id, created_at)
  SELECT 'me', 'key:a', x'00', id, 1 FROM batches;
"""

SECOND_BATCH = """
INSERT INTO batches (id, owner, staging, max_pages, max_concurrent_jobs, options, priority,
    created_at, updated_at)
  VALUES ('second', 'me', 1, 1, 1, '{}', 5, 1, 1);
"""

WITHOUT_UNIQUE_PAGES = """
PRAGMA writable_schema = ON;
DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_pages_1';
UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (job, url)', 'CHECK (1)') WHERE name = 'pages';
PRAGMA writable_schema = RESET;
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / FILE
    asyncio.run(fill(path))
    damage(path, ENDED)
    return path


async def fill(path: Path) -> None:
    store = Store(path, SystemClock(), Bus().publish)
    await store.open()
    await submit(store, "a.example", "b.example")
    await store.close()


@pytest.fixture
def database(sound: Path, tmp_path: Path) -> Path:
    """Of a daemon that has ended."""
    return Path(shutil.copy(sound, tmp_path))


def damage(path: Path, *scripts: str) -> None:
    for script in scripts:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.executescript("PRAGMA ignore_check_constraints = ON;" + script)


def test_a_sound_database_is_told_as_it_is(database):
    found = audit(database)
    assert found.violations == found.doubled == found.unfinished == ()
    assert [(batch.label, batch.jobs) for batch in found.batches] == [(None, 2)]
    assert (found.jobs, found.pages, found.charged) == ((("complete", 2),), 4, 0)


DAMAGE = {
    "a job that counts a page too many": (
        "UPDATE jobs SET pages_fetched = 3 WHERE seq = 1",
        "counts pages_fetched = 3, and has 2 such pages",
    ),
    "a job that counts a page too few": (
        "UPDATE jobs SET skipped_scope = 0; INSERT INTO pages (job, url, depth, state, reason) "
        "VALUES (1, 'http://o/', 1, 'skipped', 'scope')",
        "counts skipped_scope = 0, and has 1 such pages",
    ),
    "a domain that two jobs of a batch have": (
        "UPDATE jobs SET domain = 'a.example' WHERE seq = 2",
        "is of a.example, as one before it of the same batch",
    ),
    "a job that is not found by its domain": (
        "DELETE FROM domains WHERE job = 2",
        "is not found by its domain b.example",
    ),
    "a page row that is gone": (
        "DELETE FROM pages WHERE job = 2 AND state = 'failed'",
        "counts pages_failed = 1, and has 0 such pages",
    ),
    "a batch that counts other pages than its jobs": (
        "UPDATE batches SET pages_fetched = 5",
        "counts pages_fetched = 5, and its jobs say 4",
    ),
    "a batch that counts other jobs than it has": (
        "UPDATE batches SET complete = 1, failed = 1",
        "counts complete = 1, and its jobs say 2",
    ),
    "a batch whose state does not follow from its jobs": (
        "UPDATE batches SET state = 'partial'",
        "is partial, and by its jobs it is complete",
    ),
    "a batch that never ends": (
        "UPDATE batches SET finished_at = NULL",
        "is complete and its end is None",
    ),
    "a job that is gone": ("DELETE FROM jobs WHERE seq = 2", "complete = 2, and its jobs say 1"),
    "a lease that is left": ("UPDATE jobs SET boot = 'dead' WHERE seq = 1", "still has a lease"),
    "a job that ended twice": (
        "INSERT INTO events (at, type, batch_id, job_id) "
        "SELECT 3, 'job.finished', '', id FROM jobs WHERE seq = 1",
        "went on after its end: job.finished",
    ),
    "a job that ran after its end": (
        "INSERT INTO events (at, type, batch_id, job_id) "
        "SELECT 3, 'job.claimed', '', id FROM jobs WHERE seq = 1",
        "went on after its end: job.claimed",
    ),
    "an attempt that was never closed": (
        "UPDATE attempts SET ended_at = NULL WHERE job = 1",
        "attempt 1 of job",
    ),
    "a submission that was cut off": (SECOND_BATCH, "batch second is a submission that was cut"),
    "an answer whose batch is gone": (
        "UPDATE idempotency SET batch_id = 'gone'",
        "key key:a was answered with batch gone, which is not there",
    ),
    "two keys of one batch": (
        "INSERT INTO idempotency (owner, key, fingerprint, batch_id, created_at) "
        "SELECT owner, 'key:b', fingerprint, batch_id, 1 FROM idempotency",
        "belongs to 2 keys",
    ),
    "a state that there is not": (
        "UPDATE jobs SET state = 'lost' WHERE seq = 1",
        "CHECK constraint failed in jobs",
    ),
    "a page of a job that there is not": (
        "INSERT INTO pages (job, url, depth, state) VALUES (99, 'http://a/', 0, 'queued')",
        "a row of pages belongs to a row of jobs that is not there",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_in_a_sentence(database, kind):
    script, sentence = DAMAGE[kind]
    damage(database, script)
    assert any(sentence in told for told in audit(database).violations), audit(database)


def test_a_retry_that_was_asked_for_is_no_violation(database):
    events = ["job.retry_scheduled", "job.claimed", "job.finished"]
    for event in events:
        damage(
            database,
            "INSERT INTO events (at, type, batch_id, job_id) "
            f"SELECT 3, '{event}', '', id FROM jobs WHERE seq = 1",
        )
    assert audit(database).violations == ()


def test_a_page_that_is_stored_twice_is_doubled(database):
    again = "INSERT INTO pages (job, url, depth, state) VALUES (1, 'http://a/', 0, 'fetched')"
    damage(database, WITHOUT_UNIQUE_PAGES, again)
    (sentence,) = audit(database).doubled
    assert "page http://a/ of job" in sentence
    assert "stored 2 times" in sentence


def test_a_batch_that_has_not_ended_is_named(database):
    damage(
        database,
        "UPDATE jobs SET state = 'pending' WHERE seq = 1;"
        "UPDATE batches SET state = 'running', finished_at = NULL, complete = 1, pending = 1",
    )
    found = audit(database)
    assert len(found.unfinished) == 1
    assert found.violations == ()


def test_the_first_twenty_violations_of_a_kind_are_told_and_the_rest_counted(database):
    rows = ", ".join(f"('me', 'key:{number}', x'00', 'gone', 1)" for number in range(23))
    columns = "owner, key, fingerprint, batch_id, created_at"
    damage(database, f"INSERT INTO idempotency ({columns}) VALUES {rows}")
    told = audit(database).violations
    assert sum("which is not there" in sentence for sentence in told) == 20
    assert "… and 3 more of this kind" in told


def test_a_page_of_the_file_that_is_overwritten_is_told(database):
    size = 4096
    content = database.read_bytes()
    middle = len(content) // size // 2 * size
    database.write_bytes(content[:middle] + b"\xa5" * size + content[middle + size :])
    assert audit(database).violations


@pytest.mark.parametrize("content", [None, b"", b"no database at all " * 300])
def test_a_file_that_is_no_database_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    (sentence,) = audit(tmp_path / FILE).violations
    assert "cannot be read" in sentence
