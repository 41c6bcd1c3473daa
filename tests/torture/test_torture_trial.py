"""Whole trials with every fault, and trials of daemons that do lose something."""

import sqlite3
import tomllib
import urllib.request
from contextlib import closing

import pytest

from skybatch.torture.faults import FAULTS, Fault
from skybatch.torture.trial import Plan, run

SLOWEST_START_S = 30.0  # other tests may run beside this one
KILLS = {"kill": 1, "kill-again": 2, "limits": 1}  # in a round, at least


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_or_doubled(tmp_path, fault):
    moments = []
    plan = Plan(fault, rounds=1, seed=7, ready_s=SLOWEST_START_S)
    report = run(plan, tmp_path, moments.append)
    assert report.faults == ()
    assert report.kills >= KILLS.get(fault, 0)
    assert report.acknowledged > 0
    assert report.jobs == 3 * report.acknowledged  # what is cut off leaves nothing
    assert report.pages > 0
    assert [(moment.done, moment.rounds) for moment in moments] == [(1, 1)]


def strike_by(script: str):
    """A kill, and a change of the database by hand before the next start."""

    def strike(stage):
        stage.until(stage.clients.open_batches, 20, "a batch is acknowledged")
        stage.kill()
        with closing(sqlite3.connect(stage.child.data / "skybatch.db", isolation_level=None)) as db:
            db.executescript("PRAGMA foreign_keys = ON;" + script)
        stage.start()

    return Fault(strike, "a database that is changed while the daemon is down")


def played(monkeypatch, folder, script: str):
    monkeypatch.setitem(FAULTS, "change", strike_by(script))
    plan = Plan("change", 1, seed=7, clients=2, ready_s=SLOWEST_START_S)
    return run(plan, folder, lambda moment: None)


def test_a_daemon_that_forgets_a_batch_is_found_out(tmp_path, monkeypatch):
    report = played(monkeypatch, tmp_path, "DELETE FROM batches WHERE seq = 1;")
    assert len(report.lost) == 1
    assert "was acknowledged and is gone" in report.lost[0]


def test_a_daemon_that_takes_a_submission_twice_is_found_out(tmp_path, monkeypatch):
    script = """
        CREATE TEMP TABLE again AS SELECT * FROM batches WHERE seq = 1;
        UPDATE again SET seq = NULL, id = 'again', state = 'cancelled', finished_at = 1;
        INSERT INTO batches SELECT * FROM again;
    """
    report = played(monkeypatch, tmp_path, script)
    assert len(report.doubled) == 1
    assert "stored 2 times" in report.doubled[0]


def test_a_daemon_that_charges_a_kill_to_a_job_is_found_out(tmp_path, monkeypatch):
    report = played(monkeypatch, tmp_path, "UPDATE jobs SET charged = 1 WHERE seq = 1;")
    assert report.violations == ("1 attempts were charged to jobs whose sites answer",)


def test_a_site_that_is_asked_too_often_is_found_out(tmp_path, monkeypatch):
    """Without any kill, nothing may be asked for twice; the test asks in the daemon's place."""

    def strike(stage):
        where = tomllib.loads(stage.origin.connect_to)["connect_to"]["*:80"]
        for path in ("/", "/", "/12"):
            request = urllib.request.Request(f"http://{where}{path}")
            request.add_header("Host", "site0.c0-1.torture.example")
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()

    monkeypatch.setitem(FAULTS, "ask", Fault(strike, "requests that are not the daemon's"))
    plan = Plan("ask", 1, seed=7, clients=1, ready_s=SLOWEST_START_S)
    violations = run(plan, tmp_path, lambda moment: None).violations
    assert "2 pages were asked for again; what was in flight and recent allows 0" in violations
    assert "site0.c0-1.torture.example was asked for 6 pages, and 5 were wanted" in violations


def test_a_daemon_that_cannot_start_any_more_is_told(tmp_path, monkeypatch):
    report = played(monkeypatch, tmp_path, "PRAGMA application_id = 1;")
    assert "was not there when it had to be" in report.violations[0]
    assert "not a database of skybatch" in report.violations[0]
