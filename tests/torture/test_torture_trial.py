"""Whole trials with every fault, and trials of daemons that do lose something."""

import sqlite3
import tomllib
import urllib.request
from contextlib import closing

import pytest

from skybatch.torture import innocent, odd_answers, stops
from skybatch.torture.clients import Load
from skybatch.torture.fault import Fault, Sites
from skybatch.torture.faults import FAULTS
from skybatch.torture.plan import Plan, Strength
from skybatch.torture.trial import run

SLOWEST_START_S = 30.0  # other tests may run beside this one
SHORT = Strength(
    work_s=0.5, kills_in_recovery=(2, 2), freeze_s=(1, 1), storm_s=2.0, storm_cancels=20
)
ROUNDS = {"one-site": 2}
KILLS = {"kill": 1, "kill-again": 3, "one-site": 2, "limits": 1, "two-signals": 1, "reading": 2}
NOTES = {
    "kill-again": {"kills during a recovery": 2},
    "poison": {"crashes of the parser": 3},
    "cancel": {"cancels of random batches": 20},
    "drain": {"submissions acknowledged during a drain": 1},
}


def played(folder, fault: str, *, rounds=1, clients=4, tell=lambda moment: None):
    plan = Plan(fault, rounds, 7, SHORT, clients=clients, ready_s=SLOWEST_START_S)
    return run(plan, folder, tell)


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_or_doubled(tmp_path, fault):
    rounds, moments = ROUNDS.get(fault, 1), []
    report = played(tmp_path, fault, rounds=rounds, tell=moments.append)
    assert report.faults == ()
    assert [(moment.done, moment.rounds) for moment in moments][-1] == (rounds, rounds)
    assert report.at_rest.fds <= report.at_first.fds + 2
    assert 0 < report.at_rest.mb <= report.at_first.mb + 48
    assert report.kills >= KILLS.get(fault, 0)
    assert report.acknowledged > 0
    assert report.pages > 0
    assert report.repeats <= report.repeats_allowed
    assert dict(report.notes).items() >= NOTES.get(fault, {}).items()


def strike_by(script: str):
    """A kill, and a change of the database by hand before the next start."""

    def strike(stage):
        stage.until(stage.clients.open_batches, 20, "a batch is acknowledged")
        stage.kill()
        with closing(sqlite3.connect(stage.child.data / "skybatch.db", isolation_level=None)) as db:
            db.executescript("PRAGMA foreign_keys = ON;" + script)
        stage.start()

    return Fault(strike, "a database that is changed while the daemon is down")


def changed(monkeypatch, folder, script: str):
    monkeypatch.setitem(FAULTS, "change", strike_by(script))
    return played(folder, "change", clients=2)


def test_a_daemon_that_forgets_a_batch_is_found_out(tmp_path, monkeypatch):
    report = changed(monkeypatch, tmp_path, "DELETE FROM batches WHERE seq = 1;")
    assert len(report.lost) == 1
    assert "was acknowledged and is gone" in report.lost[0]


def test_a_daemon_that_takes_a_submission_twice_is_found_out(tmp_path, monkeypatch):
    script = """
        CREATE TEMP TABLE again AS SELECT * FROM batches WHERE seq = 1;
        UPDATE again SET seq = NULL, id = 'again', state = 'cancelled', finished_at = 1;
        INSERT INTO batches SELECT * FROM again;
    """
    report = changed(monkeypatch, tmp_path, script)
    assert len(report.doubled) == 1
    assert "stored 2 times" in report.doubled[0]


def test_a_daemon_that_charges_a_kill_to_a_job_is_found_out(tmp_path, monkeypatch):
    report = changed(monkeypatch, tmp_path, "UPDATE jobs SET charged = 1 WHERE seq = 1;")
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
    violations = played(tmp_path, "ask", clients=1).violations
    host = "site0.c0-1.torture.example"
    assert f"{host}/ was asked for again 2 times, and no kill explains it" in violations
    assert f"{host} was asked for 6 pages, and 5 were wanted" in violations


def test_a_job_that_is_begun_again_is_found_out(tmp_path, monkeypatch):
    fault = Fault(FAULTS["two-signals"].strike, "a kill", at_rest=stops.nothing_ran_twice)
    monkeypatch.setitem(FAULTS, "again", fault)
    violations = played(tmp_path, "again").violations
    assert violations
    assert all("took 2 attempts" in violation for violation in violations)


def test_a_job_that_pays_for_others_is_found_out(tmp_path, monkeypatch):
    def strike(stage):
        load = Load(("start--empty", "start--chunk-word"), options={"max_attempts": 1})
        stage.submit("odd", load)

    fault = Fault(
        strike,
        "sites that answer oddly",
        sites=Sites(odd=odd_answers.answer),
        ends=FAULTS["odd-answers"].ends,
        at_rest=lambda stage: innocent.check(stage, lambda domain: "empty" in domain),
    )
    monkeypatch.setitem(FAULTS, "pay", fault)
    (violation,) = played(tmp_path, "pay", clients=1).violations
    assert "chunk-word" in violation
    assert "is failed (protocol_error)" in violation


def test_a_daemon_that_cannot_start_any_more_is_told(tmp_path, monkeypatch):
    report = changed(monkeypatch, tmp_path, "PRAGMA application_id = 1;")
    assert "was not there when it had to be" in report.violations[0]
    assert "not a database of skybatch" in report.violations[0]
