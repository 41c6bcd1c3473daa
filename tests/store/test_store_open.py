"""Opening: a new directory, a foreign file, a newer schema, a second daemon."""

import sqlite3
import subprocess
import sys

import pytest

from skybatch.bus import Bus
from skybatch.errors import AlreadyRunning, StoreUnusable
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reason
from skybatch.model.state import ALLOWED, TERMINAL, BatchState, JobState, PageState, SkipReason
from skybatch.store.database import FILE, Store
from skybatch.store.lock import DirectoryLock
from skybatch.store.migrate import APPLICATION_ID, newest


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
