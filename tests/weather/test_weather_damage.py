"""Database files that are damaged, foreign, empty, cut in half, or of a newer skybatch."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from skybatch.store.migrate import newest
from skybatch.torture.child import API, Child, ChildFailed
from tests.weather.disk import dice
from tests.weather.figures import LONG, Figures
from tests.weather.scene import (
    FILE,
    assert_refused,
    assert_sound,
    ended,
    hosts,
    post,
    settings,
    snapshot,
    stop,
    submit,
    until,
)

SEEDS = range(200 if LONG else 4)
PAGE = 4096


@pytest.fixture(scope="module")
def original(tmp_path_factory, sites):
    """A data directory whose daemon has ended, and the ids of its batches."""
    folder = tmp_path_factory.mktemp("original")
    with Child(folder, settings=settings(sites)) as daemon:
        daemon.start()
        ids = [submit(daemon, hosts(4, after=4 * turn), max_pages=3) for turn in range(5)]
        for batch_id in ids:
            ended(daemon, batch_id)
        stop(daemon)
    return daemon.data, ids


@pytest.fixture
def daemon(tmp_path, sites, original):
    shutil.copytree(original[0], tmp_path / "data")
    with Child(tmp_path, settings=settings(sites)) as child:
        yield child


def files(daemon):
    """The database with everything that belongs to it."""
    return {name: data for name, data in snapshot(daemon.data).items() if name.startswith(FILE)}


def refused_as_it_is(daemon, *words):
    before = files(daemon)
    assert_refused(daemon, FILE, *words)
    assert files(daemon) == before, "the files are left as they were"


def zeroed_header(data):
    data[:100] = bytes(100)


def foreign(data):
    data[:] = b"<!doctype html>" * 1_000


def emptied(data):
    data.clear()


@pytest.mark.parametrize("damage", [zeroed_header, foreign, emptied])
def test_a_file_that_is_no_database_is_refused_in_one_line_and_left_alone(daemon, damage):
    path = daemon.data / FILE
    data = bytearray(path.read_bytes())
    damage(data)
    path.write_bytes(data)
    refused_as_it_is(daemon)


def test_the_database_of_another_program_is_refused_and_left_alone(daemon):
    (daemon.data / FILE).unlink()
    with closing(sqlite3.connect(daemon.data / FILE)) as db:
        db.execute("CREATE TABLE theirs (x)")
    refused_as_it_is(daemon, "not a database of skybatch")


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_the_database_of_a_newer_skybatch_is_refused_and_left_alone(daemon, mode):
    with closing(sqlite3.connect(daemon.data / FILE)) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute(f"PRAGMA user_version = {newest() + 1}")
    refused_as_it_is(daemon, "newer")


def test_the_database_of_a_newer_skybatch_that_was_killed_is_refused_and_left_alone(daemon):
    """Its newest changes stand in the log: who opens the database must not move them over."""
    db = sqlite3.connect(daemon.data / FILE)
    db.execute(f"PRAGMA user_version = {newest() + 1}")
    db.commit()
    kept = files(daemon)
    db.close()
    for name in (FILE, f"{FILE}-wal"):
        (daemon.data / name).write_bytes(kept[name])
    assert_refused(daemon, FILE, "newer")
    found = files(daemon)
    assert {name: found.get(name) for name in (FILE, f"{FILE}-wal")} == {
        name: kept[name] for name in (FILE, f"{FILE}-wal")
    }


def halved(data, _):
    del data[len(data) // 2 :]


def zeroed_page(data, rng):
    at = rng.randrange(1, len(data) // PAGE) * PAGE
    data[at : at + PAGE] = bytes(PAGE)


def flipped_bit(data, rng):
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def scribbled(data, rng):
    at = rng.randrange(len(data) - 64)
    data[at : at + 64] = rng.randbytes(64)


DAMAGES = [halved, zeroed_page, flipped_bit, scribbled]


def is_sound(path):
    """Whether SQLite itself finds nothing."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        try:
            return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # its words are no text
            return False


def assert_left_alone(daemon, before):
    assert daemon.exit_code == 1
    assert "Traceback" not in "\n".join(daemon.log_lines())
    found = {name: data for name, data in files(daemon).items() if not name.endswith("-shm")}
    assert found.pop(f"{FILE}-wal", b"") == b"", "nothing stands in a log"
    assert found == before, "the file is left as it was"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_file_is_refused_or_told_of_and_never_passes_for_an_empty_one(
    daemon, original, figures: Figures, seed
):
    damage, rng = DAMAGES[seed % len(DAMAGES)], dice(seed)
    path = daemon.data / FILE
    data = bytearray(path.read_bytes())
    damage(data, rng)
    path.write_bytes(data)
    was_sound = is_sound(path)
    before = files(daemon)
    try:
        daemon.start(timeout_s=10)
    except ChildFailed:
        if daemon.exit_code is not None:
            figures.add("damaged databases refused at the start")
            assert_left_alone(daemon, before)
            return
        # It runs and takes nothing: its first write has met the damage.
        assert any("store.damaged" in line for line in daemon.log_lines())
    reply = daemon.request("GET", f"{API}/batch?limit=100")
    assert reply.status in (200, 503), reply.body
    if reply.status == 200:
        there = [batch["batch_id"] for batch in reply.read(dict)["items"]]
        assert there, "it passes for an empty one"
        if was_sound:
            assert sorted(there) == sorted(original[1])
    for batch_id in original[1]:
        found = daemon.request("GET", f"{API}/batch/{batch_id}/status")
        assert found.status in ((200,) if was_sound else (200, 404, 500, 503)), found.body
    if was_sound:
        figures.add("damaged databases in which SQLite finds nothing, served")
    else:
        figures.add("damaged databases served, and told of by the check behind")
        until(lambda: tells_of_damage(daemon), what="/health tells of the damage")
        until(lambda: post(daemon, hosts(1)).status == 503, what="nothing is taken any more")
    daemon.terminate()
    assert daemon.wait(12) in (0, 1)


def tells_of_damage(daemon):
    reply = daemon.request("GET", f"{API}/health")
    return reply.status == 503 or reply.read(dict)["status"] != "ok"


def killed(daemon, count):
    """Batches of a daemon that was killed: the newest ones stand in the log."""
    daemon.start()
    ids = [submit(daemon, hosts(2, after=turn), max_pages=3) for turn in range(count)]
    daemon.kill()
    return ids


def test_rubbish_behind_the_log_of_a_killed_daemon_is_no_loss(daemon, original):
    ids = [*original[1], *killed(daemon, 3)]
    with (daemon.data / f"{FILE}-wal").open("ab") as log:
        log.write(dice(1).randbytes(3 * PAGE + 17))
    daemon.start()
    for batch_id in ids:
        ended(daemon, batch_id)
    stop(daemon)
    assert_sound(daemon, ids)


@pytest.mark.parametrize("seed", range(40 if LONG else 1))
def test_a_damaged_log_costs_no_more_than_what_stood_in_it(daemon, original, figures, seed):
    """SQLite ends a log where its checksums end, and tells nobody."""
    newest_ids = killed(daemon, 3)
    path = daemon.data / f"{FILE}-wal"
    data = bytearray(path.read_bytes())
    [halved, flipped_bit, scribbled][seed % 3](data, dice(seed))
    path.write_bytes(data)
    daemon.start()
    reply = daemon.request("GET", f"{API}/batch?limit=100")
    there = {batch["batch_id"] for batch in reply.read(dict)["items"]}
    assert set(original[1]) <= there
    figures.add("acknowledged batches in logs that were damaged", len(newest_ids))
    figures.add("of these gone with the log", len(set(newest_ids) - there))
    for batch_id in there:
        ended(daemon, batch_id)
    stop(daemon)
    assert_sound(daemon, sorted(there))


def test_a_database_that_is_gone_but_for_its_log_is_not_begun_anew(daemon):
    killed(daemon, 1)
    (daemon.data / FILE).unlink()
    assert_refused(daemon, FILE)
    assert not (daemon.data / FILE).exists()
