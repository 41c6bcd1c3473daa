"""Power cuts at any moment: what was acknowledged is there, whole, and nothing is corrupt."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from skybatch.bus import Bus
from skybatch.errors import StoreUnusable
from skybatch.model.clock import SystemClock
from skybatch.store.audit import audit
from skybatch.store.database import Store
from skybatch.torture.child import API, Child
from tests.weather.disk import SECTOR, Disk, File, dice
from tests.weather.figures import LONG, Figures
from tests.weather.power import Replay, accepted, cut_power
from tests.weather.scene import FILE, hosts, settings, stop
from tests.weather.strace import CHANGING, SENDING, recording

CUTS = 1_000 if LONG else 60
CLIENTS, SUBMISSIONS = (8, 20) if LONG else (4, 6)
JOBS = 2

# Commits one row after the other, and tells somebody over a socket, as the daemon does.
NAIVE = """
import socket, sqlite3, sys, uuid
from pathlib import Path

path = Path(sys.argv[1])
path.mkdir()
db = sqlite3.connect(path / "skybatch.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute(f"PRAGMA synchronous = {sys.argv[2]}")
db.execute("CREATE TABLE batches (id TEXT)")
near, far = socket.socketpair()
for _ in range(60):
    batch_id = uuid.uuid4()
    db.execute("INSERT INTO batches VALUES (?)", (str(batch_id),))
    head = f"HTTP/1.1 202 Accepted\\r\\nLocation: /batch/{batch_id}/status\\r\\n\\r\\n"
    near.send(head.encode())
"""


def test_a_sector_that_was_not_synced_may_be_there_or_not():
    file = File()
    file.write(0, b"a" * 4 * SECTOR)
    file.sync()
    file.write(SECTOR, b"b" * 2 * SECTOR)
    left = {file.after_a_cut(dice(seed)) for seed in range(200)}
    a, b = b"a" * SECTOR, b"b" * SECTOR
    assert left == {a + x + y + a for x in (a, b) for y in (a, b)}


def test_a_size_that_was_not_synced_may_be_there_or_not():
    file = File()
    file.write(0, b"a" * SECTOR)
    file.sync()
    file.truncate(0)
    assert {file.after_a_cut(dice(seed)) for seed in range(50)} == {b"", b"a" * SECTOR}


def test_a_name_is_safe_once_its_folder_is_synced(tmp_path):
    disk = Disk(tmp_path)
    top = disk.folder(tmp_path)
    top.change({"old": File()})
    top.sync()
    top.change({"old": None, "new": top.now["old"]})
    names = {tuple(top.after_a_cut(dice(seed))) for seed in range(50)}
    assert names == {("old",), ("new",)}
    top.sync()
    assert [*top.after_a_cut(dice(0))] == ["new"]


@pytest.mark.needs("strace")
@pytest.mark.parametrize(("synchronous", "loses"), [("FULL", False), ("NORMAL", True)])
def test_the_replay_tells_a_log_that_is_synced_from_one_that_is_not(tmp_path, synchronous, loses):
    log = tmp_path / "calls"
    wrapper = recording(log, calls=f"{CHANGING},{SENDING}")
    program = [sys.executable, "-c", NAIVE, str(tmp_path / "data"), synchronous]
    subprocess.run([*wrapper, *program], check=True)

    def check(folder, acknowledged):
        path = folder / "data" / FILE
        if not path.exists():
            return acknowledged, []
        with closing(sqlite3.connect(path)) as db:
            try:
                there = {row[0] for row in db.execute("SELECT id FROM batches")}
            except sqlite3.OperationalError:  # the table is not there
                there = set()
        return [batch_id for batch_id in acknowledged if batch_id not in there], []

    replay = Replay(log, tmp_path / "data")
    replay.is_root_synced = True  # it syncs no folder of its own
    verdict = cut_power(replay, range(40), check)
    assert verdict.acknowledged > 0
    assert bool(verdict.lost) is loses, verdict


def submitted(daemon):
    """Batches of many clients at once: id of each that was acknowledged, with its domains."""
    done, names = {}, hosts()

    def client(number):
        for turn in range(SUBMISSIONS):
            domains = dice(f"{number} {turn}").sample(names, JOBS)
            body = {"domains": domains, "max_pages": 3}
            reply = daemon.request("POST", f"{API}/batch", body)
            assert reply.status == 202
            done[json.loads(reply.body)["batch_id"]] = set(domains)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == CLIENTS * SUBMISSIONS
    return done


def opened(path):
    """What prevents a start on this folder, as the daemon would find it."""

    async def start():
        path.parent.mkdir(exist_ok=True)
        store = Store(path, SystemClock(), Bus().publish)
        await store.open()
        await store.close()

    try:
        asyncio.run(start())
    except StoreUnusable as error:
        return [str(error)]
    return []


@pytest.mark.needs("strace")
def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
    tmp_path, sites, figures: Figures
):
    log = tmp_path / "calls"
    wrapper = recording(log, calls=f"{CHANGING},{SENDING}")
    with Child(tmp_path / "home", settings=settings(sites), wrap=wrapper) as daemon:
        daemon.start()
        sent = submitted(daemon)
        stop(daemon)

    def check(folder, acknowledged):
        path = folder / "data" / FILE
        corrupt = opened(path)
        corrupt += [told for told in audit(path).violations if "cut off" not in told]
        with closing(sqlite3.connect(path)) as db:
            found = {}
            for batch_id, domain in db.execute(
                "SELECT b.id, j.domain FROM batches b JOIN jobs j ON j.batch = b.seq"
                " WHERE b.staging = 0"
            ):
                found.setdefault(batch_id, set()).add(domain)
        return [name for name in acknowledged if found.get(name) != sent[name]], corrupt

    replay = Replay(log, daemon.data)
    assert len([call for call in replay.steps if accepted(call)]) == len(sent)
    verdict = cut_power(replay, range(CUTS), check)
    figures.add("power cuts replayed", verdict.cuts)
    figures.add("acknowledged submissions looked for after them", verdict.acknowledged)
    figures.add("of these lost", verdict.lost)
    figures.add("databases corrupt or refused after a cut", verdict.corrupt)
    assert verdict.sorrows == []
    assert verdict.acknowledged > 0
