"""What a real daemon tells Prometheus, beside what it tells its users."""

import re
import subprocess
import uuid

import pytest

from skybatch.demo.sites import bench_hosts
from skybatch.model.reason import Reason
from skybatch.model.state import SkipReason
from tests.e2e.process import DaemonProcess, SiteProcess
from tests.e2e.test_operate import until
from tests.metrics.scrape import Scrape, documented

HOSTS, PAGES = 4, 5
NAMES = bench_hosts(HOSTS)
NOBODY = "nobody.invalid"
STATES = ("pending", "running", "complete", "partial", "failed", "cancelled")
# Everything that a label may say. What is not here is not bounded until somebody proves it.
WORDS = {
    "",
    *(reason.value for reason in (*Reason, *SkipReason)),
    *STATES,
    *("fetched", "skipped", "refused", "other", "1xx", "2xx", "3xx", "4xx", "5xx"),
    *("headers", "body", "busy", "free", "in_hand", "waiting", "commit", "read", "database", "wal"),
    *("claimed", "robots", "start", "sitemaps", "crawl", "GET", "POST", "DELETE", "HEAD"),
    *("pool", "discarder", "rereader", "inspector", "leases", "rescuer", "stopped", "probe"),
    *("timekeeper", "monitor", "unmatched", "deliverer", "delivered", "retried", "failed"),
    *("worker_stuck", "slots_idle", "batch_stuck", "store_unavailable", "recorder_failing"),
}
ROUTE = re.compile(r"/(livez|readyz|metrics|api/v3/batch_page_scraper/[a-z_{}/]+)")


@pytest.fixture(scope="module")
def sites():
    process = SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "2")
    yield process
    process.stop()


@pytest.fixture
def daemon(tmp_path, sites):
    process = DaemonProcess(tmp_path, sites.connect_to)
    process.start()
    yield process
    process.stop()


def scrape(daemon) -> Scrape:
    answer = daemon.get("/metrics", prefix="")
    assert answer.status == 200, answer.body
    return Scrape(answer.body)


def test_after_a_batch_the_counters_are_what_the_status_says(daemon):
    status = daemon.wait(daemon.submit([*NAMES, NOBODY], max_pages=PAGES))
    told = scrape(daemon)
    assert status["pages"]["fetched"] == HOSTS * PAGES
    assert told("skybatch_pages_total", outcome="fetched") == HOSTS * PAGES
    assert told("skybatch_pages_total", outcome="failed") == status["pages"]["failed"]
    assert told("skybatch_queued_pages") == status["pages"]["queued"]
    for state in STATES:
        assert told("skybatch_jobs", state=state) == status["counts"][state]
    assert told("skybatch_job_transitions_total", state="pending") == HOSTS + 1
    assert told("skybatch_job_transitions_total", state="running") == HOSTS + 1
    assert told("skybatch_jobs_ended_total", state="complete", reason="") == HOSTS
    assert told("skybatch_jobs_ended_total", state="failed", reason="nxdomain") == 1
    assert told("skybatch_batches", state=status["status"]) == 1
    assert told("skybatch_claims_total") == HOSTS + 1
    pages = daemon.results(status["batch_id"], "&level=page")
    assert told("skybatch_page_bytes_total") == sum(page["bytes"] or 0 for page in pages)
    assert told("skybatch_read_duration_seconds_count") >= HOSTS * PAGES
    assert told("skybatch_fetch_duration_seconds_count", phase="body") == told(
        "skybatch_fetch_answers_total"
    )
    assert told("skybatch_reading_processes_resident_memory_bytes") > 1e7


def test_workers_and_their_stages_add_up_while_they_work(daemon):
    daemon.submit(NAMES, max_pages=PAGES, options={"per_host_delay_s": 2.0})
    told = until(lambda: (found := scrape(daemon))("skybatch_workers", state="busy") and found)
    busy = told("skybatch_workers", state="busy")
    assert busy == HOSTS == told("skybatch_workers_by_stage")
    assert busy + told("skybatch_workers", state="free") == told("skybatch_workers_limit")
    assert until(lambda: scrape(daemon)("skybatch_longest_running_job_seconds") > 0.2)


def test_a_pause_and_a_rescue_at_the_start_are_told(daemon):
    daemon.submit(NAMES, max_pages=PAGES, options={"per_host_delay_s": 5.0})
    until(lambda: scrape(daemon)("skybatch_jobs", state="running") == HOSTS)
    daemon.kill()
    daemon.start()
    assert scrape(daemon)("skybatch_job_rescues_total") == HOSTS
    assert scrape(daemon)("skybatch_paused") == 0
    daemon.post("/pause")
    assert scrape(daemon)("skybatch_paused") == 1
    until(lambda: scrape(daemon)("skybatch_jobs", state="pending") == HOSTS)
    assert scrape(daemon)("skybatch_oldest_pending_job_age_seconds") > 0


def test_a_database_that_is_gone_leaves_everything_else_to_be_told(daemon, tmp_path):
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    told = scrape(daemon)
    assert told("skybatch_store_readable") == 0
    assert told("skybatch_workers", state="free") > 0
    assert told("process_open_fds") > 0
    names = {sample.name for sample in told.samples}
    assert not names & {"skybatch_jobs", "skybatch_batches", "skybatch_store_size_bytes"}
    (tmp_path / "elsewhere").rename(tmp_path / "data")
    assert scrape(daemon)("skybatch_store_readable") == 1


def test_nobody_scrapes_without_the_token(daemon):
    assert daemon.get("/metrics", prefix="", token="another").status == 401  # noqa: S106


def test_no_label_is_what_somebody_handed_in(daemon):
    batch_id = daemon.submit([*NAMES, NOBODY], max_pages=PAGES, label="mine")
    daemon.wait(batch_id)
    for path in (f"/{uuid.uuid4()}", f"/batch/{uuid.uuid4()}/status", f"/job/{uuid.uuid4()}/trace"):
        daemon.get(path)
    daemon.request("BREW", "/batch")
    for sample in scrape(daemon).samples:
        for label, value in sample.labels.items():
            if label == "route":
                assert value == "unmatched" or ROUTE.fullmatch(value)
            elif label not in ("le", "version", "python"):
                assert value in WORDS, sample


def test_the_documentation_has_every_metric_and_no_other(daemon):
    daemon.wait(daemon.submit([*NAMES, NOBODY], max_pages=PAGES))
    scrape(daemon)
    found = scrape(daemon).families
    assert {name: found[name] for name in found} == documented()


@pytest.mark.needs("promtool")
def test_promtool_finds_nothing_to_say_of_a_scrape(daemon):
    daemon.wait(daemon.submit([*NAMES, NOBODY], max_pages=PAGES))
    scrape(daemon)
    body = daemon.get("/metrics", prefix="").body
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
