"""Batches through the real daemon, over real HTTP, with kills."""

import csv
import io
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.process import PROGRAM, TERMINAL, DaemonProcess, SiteProcess

ROOT = Path(__file__).parents[2]
HOSTS, PAGES = 50, 10


@pytest.fixture(scope="module")
def sites():
    site = SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "20")
    yield site
    site.stop()


@pytest.fixture
def daemon(tmp_path, sites):
    process = DaemonProcess(tmp_path, sites.connect_to)
    process.start()
    yield process
    process.stop()


def hosts(site: SiteProcess, count: int) -> list[str]:
    from skybatch.demo.sites import bench_hosts

    return list(bench_hosts(HOSTS))[:count]


def assert_whole(daemon, batch_id, *, jobs, pages):
    """The batch ended complete, with each page of each job stored once."""
    status = daemon.wait(batch_id, timeout_s=120)
    assert status["status"] == "complete", status["counts"]
    assert status["counts"]["complete"] == jobs
    rows = daemon.results(batch_id, "&level=page")
    fetched = [(row["domain"], row["url"]) for row in rows if row["outcome"] == "fetched"]
    assert len(fetched) == len(set(fetched)) == jobs * pages == status["pages"]["fetched"]
    receipt = status["pages"]
    assert receipt["discovered"] == (
        receipt["fetched"]
        + receipt["failed"]
        + receipt["queued"]
        + sum(receipt["skipped"].values())
    )


def progressed(daemon, batch_id, share, *, timeout_s=60):
    """Wait until so much of a batch's pages are stored."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if daemon.status(batch_id)["pages"]["fetched"] >= share:
            return
        time.sleep(0.02)
    raise AssertionError(f"no progress: {daemon.status(batch_id)}")


def test_many_hosts_complete(daemon, sites):
    batch_id = daemon.submit(hosts(sites, HOSTS), max_pages=PAGES)
    assert_whole(daemon, batch_id, jobs=HOSTS, pages=PAGES)


def test_a_batch_that_is_killed_midway_is_completed_by_the_next_start(daemon, sites):
    batch_id = daemon.submit(hosts(sites, HOSTS), max_pages=PAGES)
    for share in (80, 250):
        progressed(daemon, batch_id, share)
        daemon.kill()
        daemon.start()
    assert "daemon.recovered" in daemon.log()
    assert_whole(daemon, batch_id, jobs=HOSTS, pages=PAGES)


def test_a_batch_that_is_drained_is_carried_on_by_the_next_start(daemon, sites):
    batch_id = daemon.submit(hosts(sites, 40), max_pages=PAGES)
    progressed(daemon, batch_id, 50)
    assert daemon.stop() == 0
    daemon.start()
    assert_whole(daemon, batch_id, jobs=40, pages=PAGES)
    attempts = {row["domain"]: row["attempts"] for row in daemon.results(batch_id)}
    assert max(attempts.values()) <= 2


def test_a_pause_survives_a_kill_and_a_restart(tmp_path, sites):
    daemon = DaemonProcess(tmp_path, sites.connect_to, delay_s=0.2)
    daemon.start()
    batch_id = daemon.submit(hosts(sites, 5), max_pages=PAGES)
    progressed(daemon, batch_id, 5)
    assert daemon.post(f"/batch/{batch_id}/pause").json["paused"] is True
    daemon.kill()
    daemon.start()
    status = daemon.status(batch_id)
    assert (status["paused"], status["counts"]["running"]) == (True, 0)
    daemon.post(f"/batch/{batch_id}/resume")
    assert_whole(daemon, batch_id, jobs=5, pages=PAGES)
    assert daemon.stop() == 0


def test_a_list_with_dead_refusing_and_strange_hosts_is_partial_with_the_right_reasons(
    tmp_path, sites
):
    with DaemonFor(tmp_path, sites) as daemon:
        good = hosts(sites, 1)[0]
        expected = {
            good: ("complete", None),
            "dead.invalid": ("failed", "nxdomain"),
            "refusing.example": ("failed", "refused"),
            "10.1.2.3": ("failed", "blocked_address"),
            "127.0.0.1": ("failed", "blocked_address"),
            "[::1]": ("failed", "blocked_address"),
            "paper.example": ("failed", "not_html"),
            "nothing.example": ("failed", "http_4xx"),
        }
        batch_id = daemon.submit(list(expected), max_pages=PAGES)
        status = daemon.wait(batch_id, timeout_s=60)
        found = {row["domain"]: (row["status"], row["reason"]) for row in daemon.results(batch_id)}
        assert found == expected
        assert status["status"] == "partial"
        assert (status["completed_domains"], status["failed_domains"]) == (1, 7)
        assert status["progress"] == 1


class DaemonFor:
    """A daemon whose internet has a refusing host and a host with a file that is no page."""

    def __init__(self, folder, sites):
        self.files = folder / "files"
        self.files.mkdir()
        settings = sites.connect_to.replace("{", '{"refusing.example:80" = "127.0.0.1:1", ', 1)
        self.process = DaemonProcess(folder, settings)

    def __enter__(self):
        self.process.start()
        return self.process

    def __exit__(self, *_):
        self.process.stop()


def test_the_call_of_the_predecessor_works_as_the_readme_shows_it(daemon, sites):
    """The very command of the README, with the port of this test."""
    readme = (ROOT / "README.md").read_text()
    command = re.search(r"^curl -X POST (?:.*\\\n)*.*", readme, re.MULTILINE)[0]
    assert "Bearer scraper_sky_2024" in command
    assert '"domains": ["example.com"], "max_pages": 10, "max_concurrent_jobs": 1' in command
    command = command.replace("http://localhost:8000", daemon.url).replace("\\\n", " ")
    done = subprocess.run(
        [*shlex.split(command), "-s", "-w", "\n%{http_code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    answer, code = done.stdout.rsplit("\n", 1)
    assert code == "202"
    batch_id = re.search(r'"batch_id":"([^"]+)"', answer)[1]
    assert daemon.wait(batch_id)["total_domains"] == 1


def test_a_second_daemon_on_the_directory_ends_at_once_and_names_the_first(daemon):
    began = time.monotonic()
    second = subprocess.run(
        [PROGRAM, "serve", "--config", daemon.config], capture_output=True, text=True, timeout=10
    )
    assert time.monotonic() - began < 2
    assert second.returncode == 1
    assert str(daemon.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert daemon.get("/livez", prefix="").status == 200


def test_cancel_stops_running_jobs_within_two_seconds_and_keeps_pages(tmp_path, sites):
    daemon = DaemonProcess(tmp_path, sites.connect_to, delay_s=0.5)
    daemon.start()
    batch_id = daemon.submit(hosts(sites, 50), max_pages=PAGES, max_concurrent_jobs=20)
    progressed(daemon, batch_id, 20)
    began = time.monotonic()
    assert daemon.post(f"/batch/{batch_id}/cancel").status in (200, 202)
    status = daemon.wait(batch_id, timeout_s=5)
    assert time.monotonic() - began < 2
    assert status["pages"]["fetched"] >= 20
    assert status["counts"]["cancelled"] > 0
    assert status["counts"]["partial"] > 0
    assert daemon.post(f"/batch/{batch_id}/cancel").status in (200, 202)
    assert daemon.stop() == 0


def test_a_csv_goes_in_and_comes_out_with_the_facts_beside_its_columns(daemon, sites, tmp_path):
    first, second = hosts(sites, 2)
    source, target = tmp_path / "list.csv", tmp_path / "out.csv"
    source.write_text(
        f"company;domain;crm\nFirst;{first};17\nSecond;http://{second}/;18\n"
        f"Again;{first};19\nBroken;not a domain;20\n",
        "utf-8-sig",
    )
    done = subprocess.run(
        [PROGRAM, "submit", source, "--wait", "-o", target],
        env={"SKYBATCH_URL": daemon.url, "SKYBATCH_TOKEN": "scraper_sky_2024", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert [row["input.company"] for row in rows] == ["First", "Second", "Again", "Broken"]
    assert [row["input.crm"] for row in rows] == ["17", "18", "19", "20"]
    assert [row["domain"] for row in rows[:3]] == [first, second, first]
    assert rows[0]["emails"]
    assert rows[0]["emails"] == rows[2]["emails"]
    assert rows[3]["status"] == "rejected"


def test_a_second_signal_stops_at_once(tmp_path, sites):
    daemon = DaemonProcess(tmp_path, sites.connect_to, delay_s=5)
    daemon.start()
    batch_id = daemon.submit(hosts(sites, 20), max_pages=PAGES)
    progressed(daemon, batch_id, 20)
    daemon.process.send_signal(signal.SIGTERM)
    until = time.monotonic() + 5
    while "daemon.draining" not in daemon.log() and time.monotonic() < until:
        time.sleep(0.01)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(2) == 1, "pages in flight would have taken 5 s more"
    daemon.start()
    assert daemon.status(batch_id)["status"] not in TERMINAL
    assert daemon.stop() == 0
