"""The database file belongs to SQLite: nothing else in the daemon ever opens it.

Who closes a handle of his own drops the locks of the whole process, and the next program that opens
the database deletes the log under the daemon (sqlite.org/howtocorrupt.html, section 2.2).
"""

import subprocess
import sys

import pytest

from skybatch.torture.child import API, Child
from tests.weather.scene import FILE, assert_sound, ended, hosts, settings, stop, submit
from tests.weather.strace import read, recording

pytestmark = [pytest.mark.needs("strace"), pytest.mark.needs("sqlite3")]
OURS = {FILE, f"{FILE}-wal", f"{FILE}-shm"}
GETS = (
    "/livez",
    "/readyz",
    "/readyz?verbose",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/",
    "API/health",
    "API/hosts",
    "API/system",
    "API/batch",
    "API/events",
    "API/tokens",
    "API/deliveries",
    "API/batch/ID/status",
    "API/batch/ID/jobs",
    "API/batch/ID/results",
    "API/batch/ID/results?level=page",
    "API/batch/ID/results?format=csv",
    "API/batch/ID/events",
    "API/batch/ID/explain",
    "API/batch/ID/diff?against=ID",
    "API/test_background_task",
)
COMMANDS = (
    "status",
    "status --all",
    "status ID",
    "results ID",
    "results ID --format csv",
    "explain ID",
    "retry ID",
    "cancel ID",
    "pause ID",
    "resume ID",
    "trace JOB",
    "doctor",
    "verify",
    "monitor",
    "token",
    "config",
    "backup TARGET",
)


def command(daemon, line, **words):
    """A command of our own, against the running daemon; whatever it answers."""
    given = [str(words.get(word, word)) for word in line.split()]
    subprocess.run(
        [sys.executable, "-P", "-c", "from skybatch.cli.main import main; main()", *given],
        env={
            "SKYBATCH_URL": daemon.url,
            "SKYBATCH_TOKEN": daemon.token,
            "SKYBATCH_STORE__DATA_DIR": str(daemon.data),
            "PATH": "/usr/bin:/bin",
        },
        cwd=daemon.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_only_sqlite_opens_the_database_whatever_is_asked_of_the_daemon(tmp_path, sites):
    log = tmp_path / "opened"
    wrapper = recording(log, calls="openat,open,creat")
    with Child(tmp_path / "home", settings=settings(sites), wrap=wrapper) as daemon:
        daemon.start()
        batch_id = submit(daemon, hosts(3), max_pages=3)
        ended(daemon, batch_id)
        for path in GETS:
            path = path.replace("API", API).replace("ID", batch_id)
            daemon.request("GET", path)
        for call in ("pause", "resume", "cancel", "retry", "again", "reextract"):
            daemon.request("POST", f"{API}/batch/{batch_id}/{call}")
        for line in COMMANDS:
            command(daemon, line, ID=batch_id, JOB=batch_id, TARGET=tmp_path / "copy")
        last = submit(daemon, hosts(3), max_pages=3)
        daemon.request("DELETE", f"{API}/batch/{last}")
        stop(daemon)
    opened = [call for call in read(log) if call.result >= 0 and call.files]
    ours = [call for call in opened if call.files[-1][1].rpartition("/")[2] in OURS]
    assert len(ours) >= 3
    foreign = [call for call in ours if "O_NOFOLLOW" not in call.flags]
    assert foreign == [], "SQLite always opens with O_NOFOLLOW"


def test_other_programs_at_the_database_cost_no_commit(tmp_path, sites):
    """The whole trap: open and close from outside, commit, kill -9."""
    with Child(tmp_path, settings=settings(sites)) as daemon:
        daemon.start()
        acknowledged = [submit(daemon, hosts(2), max_pages=3)]
        for path in ("API/health", "API/batch", "API/batch/ID/results?level=page", "/readyz"):
            daemon.request("GET", path.replace("API", API).replace("ID", acknowledged[0]))
        for query in ("SELECT count(*) FROM jobs", "PRAGMA integrity_check"):
            subprocess.run(["sqlite3", daemon.data / FILE, query], check=True, capture_output=True)
        for line in ("status", "doctor"):
            command(daemon, line)
        acknowledged += [submit(daemon, hosts(2, after=turn), max_pages=3) for turn in range(5)]
        daemon.kill()
        daemon.start()
        for batch_id in acknowledged:
            assert ended(daemon, batch_id)["status"] == "complete"
        stop(daemon)
        assert_sound(daemon, acknowledged)
