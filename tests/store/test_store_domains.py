"""The domains of a list: each is found again, and those that share a hash are told apart."""

import sqlite3
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.bus import Bus
from skybatch.model.clock import SystemClock
from skybatch.store import batches, domains, jobs, results, staging, submissions
from skybatch.store.database import Store
from skybatch.store.domains import KEY_BITS, Seen, key_of
from skybatch.store.migrate import APPLICATION_ID
from skybatch.store.opening import FILE
from tests.store.seeds import accepted, slices_of, submission

HIGHEST = (1 << KEY_BITS) - 1
KEYS = st.integers(0, HIGHEST) | st.integers(HIGHEST - 5, HIGHEST) | st.integers(0, 5)


@given(st.lists(KEYS, max_size=3_000), st.integers(1, 1 << 40))
def test_every_job_is_found_by_its_key_and_no_other(keys, first):
    seen = Seen()
    wanted: dict[int, list[int]] = {}
    for seq, key in enumerate(keys, first):
        seen.add(key, seq)
        wanted.setdefault(key, []).append(seq)
    assert {key: sorted(seen.jobs_of(key)) for key in wanted} == wanted
    assert sorted(pair for part in seen.in_order() for pair in part) == sorted(
        (key, seq) for key, found in wanted.items() for seq in found
    )
    assert len(seen) == len(keys)


def test_a_long_list_comes_in_order_but_for_a_few():
    seen = Seen()
    for seq in range(1, 60_001):
        seen.add(key_of(f"{seq}.example"), seq)
    keys = [key for part in seen.in_order() for key, _ in part]
    assert len(keys) == 60_000
    assert sum(one > next_ for one, next_ in pairwise(keys)) < 10


async def rows(store, sql):
    return await store.read(lambda db: [tuple(row) for row in db.execute(sql)])


async def test_duplicates_merge_over_all_slices_of_a_list(store, monkeypatch):
    monkeypatch.setattr(domains, "TOGETHER", 4)  # so that the list is a long one
    wanted = submission()
    names = ["a", "b", "a", "c", "d", "b", "e", "f", "a", "g"]
    lines = [accepted(row, f"{name}.example") for row, name in enumerate(names)]
    slices = slices_of(lines[:3], lines[3:6], lines[6:])
    receipt = await submissions.submit(store, wanted, slices)
    assert (receipt.job_count, receipt.duplicates) == (7, 3)
    batch = await store.read(lambda db: batches.find(db, wanted.batch_id))
    found = await store.read(lambda db: jobs.first(db, batch.seq, limit=10))
    assert [job.input_row for job in found] == [0, 1, 3, 4, 6, 7, 9]
    left = await store.read(lambda db: batches.leftovers(db, batch.seq, limit=10))
    assert [(line.row, line.job_seq) for line in left] == [
        (2, found[0].seq), (5, found[1].seq), (8, found[0].seq)
    ]  # fmt: skip
    asked = ["b.example", "g.example", "z.example"]
    told = await store.read(lambda db: results.results_of_domains(db, batch.seq, asked))
    assert {job.domain for job, _ in told} == {"b.example", "g.example"}


async def test_domains_that_share_a_hash_are_told_apart(store, monkeypatch):
    monkeypatch.setattr(jobs, "key_of", lambda _: 7)
    monkeypatch.setattr(results, "key_of", lambda _: 7)
    wanted = submission()
    lines = [accepted(row, f"{name}.example") for row, name in enumerate("abcabd")]
    receipt = await submissions.submit(store, wanted, slices_of(lines[:2], lines[2:4], lines[4:]))
    assert (receipt.job_count, receipt.duplicates) == (4, 2)
    batch = await store.read(lambda db: batches.find(db, wanted.batch_id))
    told = await store.read(lambda db: results.results_of_domains(db, batch.seq, ["c.example"]))
    assert [job.domain for job, _ in told] == ["c.example"]


async def test_the_same_domain_in_two_batches_is_two_jobs(store):
    for _ in range(2):
        receipt = await submissions.submit(
            store, submission(), slices_of([accepted(0, "a.example")])
        )
        assert receipt.job_count == 1


async def test_a_long_list_that_is_cut_off_between_its_keys_leaves_nothing(store, monkeypatch):
    monkeypatch.setattr(domains, "TOGETHER", 4)

    def fail(*_):
        raise ConnectionResetError

    monkeypatch.setattr(batches, "publish", fail)
    lines = [accepted(row, f"{row}.example") for row in range(20)]
    with pytest.raises(ConnectionResetError):
        await submissions.submit(store, submission(), slices_of(lines))
    assert await rows(store, "SELECT count(*) FROM domains") == [(20,)]
    while await store.write(staging.discard):
        continue
    for table in ("batches", "jobs", "domains"):
        assert await rows(store, f"SELECT count(*) FROM {table}") == [(0,)]


async def test_a_database_of_before_keeps_its_jobs_and_their_numbers(tmp_path):
    db = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    folder = files("skybatch.store") / "migrations"
    for name in ("0001_first.sql", "0002_crawl.sql", "0003_bodies.sql"):
        db.executescript((folder / name).read_text("utf-8"))
    db.executescript("""
        PRAGMA user_version = 3;
        INSERT INTO batches (id, owner, staging, max_pages, max_concurrent_jobs, options, priority,
          pending, created_at, updated_at) VALUES ('b', 'o', 0, 1, 1, '{}', 5, 1, 1, 1);
        INSERT INTO jobs (id, batch, domain, host, path, input, input_row, sitemaps_at, stage_at,
          created_at, updated_at)
        VALUES ('j', 1, 'a.example', 'a.example', '/', 'a', 0, 9, 1, 1, 1);
        INSERT INTO pages (job, url, depth, state) VALUES (1, 'http://a.example/', 0, 'queued');
        UPDATE sqlite_sequence SET seq = 41 WHERE name = 'jobs';
    """)
    db.close()
    store = Store(tmp_path / FILE, SystemClock(), Bus().publish)
    await store.open()
    try:
        told = await store.read(lambda db: results.results_of_domains(db, 1, ["a.example"]))
        assert [(job.seq, job.job_id) for job, _ in told] == [(1, "j")]
        assert await rows(store, "SELECT sitemaps_at FROM jobs") == [(9.0,)]
        assert await rows(store, "SELECT job FROM pages") == [(1,)]
        assert await rows(store, "PRAGMA foreign_key_check") == []
        assert await rows(store, "PRAGMA integrity_check") == [("ok",)]
        await submissions.submit(store, submission(), slices_of([accepted(0, "a.example")]))
        assert await rows(store, "SELECT seq FROM jobs ORDER BY seq") == [(1,), (42,)]
    finally:
        await store.close()
