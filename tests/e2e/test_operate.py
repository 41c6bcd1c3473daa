"""Operating a real daemon: self-check, monitor, trace, pause; over kills and a locked file."""

import json
import os
import re
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from skybatch.demo.sites import bench_hosts
from tests.e2e.process import PROGRAM, TOKEN, DaemonProcess, SiteProcess

HOSTS, PAGES = 4, 6
NAMES = bench_hosts(HOSTS)
PARTS = ("loop", "worker", "fetch", "extract")


@pytest.fixture(scope="module")
def sites():
    process = SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "2")
    yield process
    process.stop()


@pytest.fixture
def daemon(tmp_path, sites):
    process = DaemonProcess(tmp_path, sites.connect_to, delay_s=0.2)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def skybatch(daemon, tmp_path):
    def run(*words):
        return subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,  # its skybatch.toml names the data directory and the token
            env={"PATH": os.defpath},
        )

    return run


def until(condition, timeout_s=20.0):
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, condition
        time.sleep(0.01)
    return found


def check(daemon):
    return daemon.get("/test_background_task").json


def stages(found):
    return {stage["stage"]: stage["ok"] for stage in found["stages"]}


def test_a_self_check_is_a_real_job_that_no_list_shows(daemon, tmp_path):
    found = check(daemon)
    assert found["ok"], found
    assert set(stages(found)) == {*PARTS, "queue", "store", "marker"}
    assert json.loads((tmp_path / found["marker_file"]).read_text())["job_id"] == found["job_id"]
    assert daemon.get(f"/status/{found['job_id']}").json["status"] == "complete"
    assert daemon.get("/batch").json["items"] == []
    again = check(daemon)
    assert again["job_id"] != found["job_id"]
    until(lambda: daemon.get(f"/status/{found['job_id']}").status == 404)


def test_a_locked_database_leaves_loop_worker_and_fetch_good(daemon, tmp_path):
    database = tmp_path / "data" / "skybatch.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        found = check(daemon)
        assert time.monotonic() - began < 10
        assert not found["ok"]
        assert stages(found) == {
            **dict.fromkeys(PARTS, True), "store": False, "queue": False, "marker": True
        }  # fmt: skip
        assert found["job_id"] is None
        other.execute("ROLLBACK")
    until(lambda: check(daemon)["ok"])


def test_verify_and_monitor_prove_a_healthy_daemon_from_outside(skybatch):
    done = skybatch("verify")
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout
    done = skybatch("monitor")
    assert (done.returncode, done.stdout) == (0, "nothing is stuck\n")
    assert json.loads(skybatch("monitor", "--monitor-only", "--json").stdout)["ok"]


def test_verify_names_the_stage_that_fails(daemon, skybatch):
    assert skybatch("pause", "--all").returncode == 0
    done = skybatch("verify")
    assert done.returncode == 1
    assert "FAIL  queue" in done.stdout
    assert "the daemon is paused" in done.stdout
    assert "ok    fetch" in done.stdout


def test_a_pause_of_everything_survives_a_kill(daemon, skybatch):
    batch_id = daemon.submit(NAMES, max_pages=PAGES)
    until(lambda: daemon.status(batch_id)["pages"]["fetched"] >= 3)
    assert daemon.post("/pause").json == {"paused": True}
    until(lambda: daemon.status(batch_id)["counts"]["running"] == 0)
    daemon.kill()
    daemon.start()
    assert daemon.get("/health").json["pool"]["paused"]
    assert daemon.status(batch_id)["counts"] == {
        **daemon.status(batch_id)["counts"], "pending": HOSTS, "running": 0
    }  # fmt: skip
    assert daemon.get("/monitor").json == {"ok": True, "findings": []}
    assert skybatch("resume", "--all").stdout == "the daemon goes on\n"
    ended = daemon.wait(batch_id)
    assert (ended["status"], ended["pages"]["fetched"]) == ("complete", HOSTS * PAGES)


def test_a_kill_is_told_by_the_next_start_and_by_the_trace(daemon, skybatch):
    batch_id = daemon.submit(NAMES, max_pages=PAGES)
    until(lambda: daemon.status(batch_id)["pages"]["fetched"] >= HOSTS)
    daemon.kill()
    asleep = skybatch("trace", NAMES[0])
    assert asleep.returncode == 7
    assert "job.claimed" in asleep.stdout
    assert "page.asked" in asleep.stdout
    for words in (["status"], ["monitor"], ["verify"]):
        done = skybatch(*words)
        assert done.returncode == 7
        assert "attempt 1" in done.stderr
        assert "skybatch serve" in done.stderr
    daemon.start()
    told = " ".join(daemon.get(f"/batch/{batch_id}/explain").json["sentences"])
    assert re.search(
        rf"skybatch was started again \d s ago and recovered {HOSTS} jobs, \d+ page", told
    )
    recovery = daemon.get("/health").json["recovery"]
    assert recovery["jobs"] == HOSTS
    assert recovery["pages_kept"] >= HOSTS
    assert recovery["report"].startswith(f"recovered {HOSTS} jobs, ")
    assert recovery["report"] in daemon.log()
    daemon.wait(batch_id)
    told = json.loads(skybatch("trace", NAMES[0], "--json").stdout)
    first, second = told["attempts"]
    assert (first["outcome"], second["outcome"]) == ("rescued", "complete")
    fetched = [
        event["url"]
        for attempt in told["attempts"]
        for event in attempt["events"]
        if event["type"] == "page.fetched"
    ]
    assert len(fetched) == len(set(fetched)) == PAGES
    sources = {event["type"]: event["source"] for event in second["events"]}
    assert sources["page.asked"] == "recorder"
    assert sources["job.finished"] == "database"
    assert "(recorder only)" in skybatch("trace", NAMES[0]).stdout


POISON = """
import os, signal
from skybatch.crawl import inline_reader
read = inline_reader.read
def deadly(raw, *own):
    if "{word}" in raw.url:
        os.kill(os.getpid(), signal.SIGSEGV)
    return read(raw, *own)
inline_reader.read = deadly
"""


def test_a_page_that_kills_the_daemon_ends_its_job_and_no_other(tmp_path, sites):
    """Every start is killed by the same page, until the third has ended the job."""
    (tmp_path / "sitecustomize.py").write_text(POISON.replace("{word}", NAMES[1]))
    daemon = DaemonProcess(tmp_path, f"{sites.connect_to}\n[extract]\nprocesses = 0")
    os.environ["PYTHONPATH"] = str(tmp_path)
    try:
        daemon.start()
        batch_id = daemon.submit(NAMES, max_pages=PAGES)
        for _ in range(3):
            assert daemon.process.wait(20) == -11
            daemon.child.spawn()  # it may die before anybody has seen it ready
        daemon.child.wait_until_ready()
        ended = daemon.wait(batch_id)
    finally:
        del os.environ["PYTHONPATH"]
        daemon.stop()
    jobs = ended["domain_statuses"]
    assert (jobs[NAMES[1]]["status"], jobs[NAMES[1]]["reason"]) == ("failed", "internal")
    assert {jobs[name]["status"] for name in NAMES if name != NAMES[1]} == {"complete"}
    crashes = [line for line in daemon.log_lines() if line["event"] == "daemon.had_crashed"]
    assert len(crashes) == 3
    assert "deadly" in crashes[0]["stack"]


def test_a_directory_that_is_gone_is_told_and_nothing_is_accepted(daemon, tmp_path):
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    refused = daemon.post("/batch", {"domains": [NAMES[0]]})
    assert refused.status == 503
    assert "is gone" in refused.json["detail"]
    health = daemon.get("/health").json
    assert (health["status"], health["store"]["ok"]) == ("degraded", False)
    (tmp_path / "elsewhere").rename(tmp_path / "data")
    until(lambda: daemon.post("/batch", {"domains": [NAMES[0]]}).status == 202)


def test_the_system_tells_what_each_worker_does_and_no_secret(daemon):
    batch_id = daemon.submit(NAMES, max_pages=1_000, options={"per_host_delay_s": 5.0})
    workers = until(lambda: daemon.get("/system").json["workers"])
    assert {each["batch_id"] for each in workers} == {batch_id}
    assert {each["domain"] for each in workers} <= set(NAMES)
    answer = daemon.get("/system")
    assert answer.json["configuration"]["auth"]["token"]["value"] == "(hidden)"
    assert answer.json["configuration"]["crawl"]["per_host_delay_s"]["value"] == 0.2
    assert answer.json["versions"].keys() >= {"skybatch", "python", "sqlite"}
    assert daemon.child.token.encode() not in answer.body
    assert TOKEN.encode() not in answer.body
    until(lambda: {each["host"] for each in daemon.get("/hosts").json["items"]} >= {NAMES[0]})
