"""Opening: a new directory, a foreign file, a newer schema, a second daemon."""

import asyncio
import sqlite3
import subprocess
import sys
import threading

import pytest

from skybatch.access import read_or_make
from skybatch.bus import Bus
from skybatch.errors import AlreadyRunning, StoreUnavailable, StoreUnusable
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reason
from skybatch.model.state import ALLOWED, TERMINAL, BatchState, JobState, PageState, SkipReason
from skybatch.store import reader
from skybatch.store.database import Store
from skybatch.store.lock import DirectoryLock
from skybatch.store.migrate import APPLICATION_ID, newest
from skybatch.store.opening import FILE
from tests.until import until


async def opened(folder):
    store = Store(folder / FILE, SystemClock(), Bus().publish)
    await store.open()
    await store.close()


async def refused(folder, match):
    before = (folder / FILE).read_bytes()
    with pytest.raises(StoreUnusable, match=match):
        await opened(folder)
    assert (folder / FILE).read_bytes() == before, "the file is left as it was"


async def test_a_new_database_is_made_and_opened_again(tmp_path):
    await opened(tmp_path)
    await opened(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert db.execute("PRAGMA user_version").fetchone() == (newest(),)
    db.close()


async def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"")
    await refused(tmp_path, "is empty")


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to have a header" * 40)
    await refused(tmp_path, "cannot be opened")


async def test_the_database_of_another_program_is_refused(tmp_path):
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    await refused(tmp_path, "not a database of skybatch")


async def test_a_newer_schema_is_refused(tmp_path):
    await opened(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA user_version = 999")
    db.close()
    await refused(tmp_path, "newer version")


async def test_a_file_left_by_a_start_that_died_is_no_obstacle(tmp_path):
    (tmp_path / f"{FILE}.new").write_bytes(b"half")
    await opened(tmp_path)


def test_a_second_holder_of_a_directory_is_told_the_pid(tmp_path):
    hold = (
        "import sys; from pathlib import Path; from skybatch.store.lock import DirectoryLock;"
        "lock = DirectoryLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning, match=f"pid {holder.pid}"):
            DirectoryLock(tmp_path)
        holder.kill()
        holder.wait()
        DirectoryLock(tmp_path).release()


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("jobs", "state", JobState),
        ("jobs", "reason", Reason),
        ("batches", "state", BatchState),
        ("pages", "state", PageState),
    ],
)
async def test_the_schema_knows_exactly_the_words_of_the_code(tmp_path, table, column, words):
    await opened(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    db.close()
    check = sql.split(f"{column} IN (", 1)[1].split(")", 1)[0]
    assert {word.strip(" '\n") for word in check.split(",")} == {word.value for word in words}


async def test_every_skip_reason_has_its_counter(tmp_path):
    await opened(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    for table in ("jobs", "batches"):
        names = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
        assert {f"skipped_{reason}" for reason in SkipReason} <= names
    db.close()


def test_terminal_states_are_left_only_by_a_retry():
    for state in TERMINAL:
        assert ALLOWED[state] <= {JobState.PENDING}


async def test_the_log_of_a_database_that_is_gone_is_not_replayed_into_a_new_one(tmp_path):
    await opened(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("INSERT INTO tokens (id, secret_sha256, created_at) VALUES ('t', x'00', 0)")
    db.commit()  # into the log: the connection stays open, as after a kill
    (tmp_path / FILE).unlink()
    with pytest.raises(StoreUnusable, match="is gone, but its log"):
        await opened(tmp_path)
    assert not (tmp_path / FILE).exists()
    db.close()


async def test_a_start_that_fails_halfway_leaves_nothing_open(tmp_path, monkeypatch):
    await opened(tmp_path)
    before = threading.active_count()
    store = Store(tmp_path / FILE, SystemClock(), Bus().publish)
    connect, opened_before = reader.connect, []

    def only_one(path):
        if opened_before:
            raise StoreUnusable("no file descriptor left")
        opened_before.append(connect(path))
        return opened_before[0]

    monkeypatch.setattr(reader, "connect", only_one)
    with pytest.raises(StoreUnusable, match="no file descriptor"):
        await store.open()
    assert not store._writer._thread.is_alive()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened_before[0].execute("SELECT 1")
    await until(lambda: threading.active_count() <= before + 1)  # asyncio's own thread
    async with asyncio.timeout(5):
        await store.close()  # once more does no harm


async def test_a_closed_store_refuses_to_read_instead_of_waiting(tmp_path):
    store = Store(tmp_path / FILE, SystemClock(), Bus().publish)
    await store.open()
    await store.close()
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable, match="closed"):
            await store.read(lambda db: None)


@pytest.mark.parametrize("name", [FILE, f"{FILE}.new", "skybatch.lock", "token"])
async def test_a_file_that_cannot_be_used_is_named(tmp_path, name):
    """A folder in its place stands for a file without permission, which root would not notice."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "full").touch()
    with pytest.raises(StoreUnusable, match=name):  # noqa: PT012 - the first one to touch it
        DirectoryLock(tmp_path).release()
        await opened(tmp_path)
        read_or_make(tmp_path / "token", str)


def test_an_empty_token_file_is_refused(tmp_path):
    (tmp_path / "token").write_text("\n")
    with pytest.raises(StoreUnusable, match="is empty"):
        read_or_make(tmp_path / "token", str)
