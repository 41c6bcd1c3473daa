"""Two hundred hosts: the daemon and its peers at full speed, and the daemon while it is asked."""

import json
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contest import Contest, Contestant, Figures, Given, Work
from bench.crawls import PEERS, Crawl, crawled, peer, scrapy, settings, skybatch
from bench.daemon import started
from bench.probe import Probe, Question
from bench.sites import serving
from bench.watchers import Watchers
from skybatch.demo.sites import bench_hosts, sites
from tests.e2e.process import PREFIX, TOKEN, DaemonProcess

SILENT = "silent.example"
LATER = 99  # domains behind it
BROWSERS = 20
# What the page asks for: web/static/overview.js.
OVERVIEW = (
    f"{PREFIX}/health",
    f"{PREFIX}/batch?limit=8",
    f"{PREFIX}/hosts?limit=100",
    "/metrics",
)


@contextmanager
def opening(given: Given) -> Iterator[Contest]:
    """Sites in a folder, nginx in front of it."""
    made = sites(given.hosts, given.pages, page_kb=given.page_kb)
    with (
        tempfile.TemporaryDirectory(prefix="bench-sites-") as folder,
        serving(made, Path(folder)) as port,
    ):
        crawl = Crawl(bench_hosts(given.hosts), given.pages, given.hosts * given.pages, port)
        title = f"{given.hosts} hosts of {given.pages} pages of {given.page_kb} KB, nginx"
        yield Contest(title, contestants(crawl, given))


def contestants(crawl: Crawl, given: Given) -> dict[str, Contestant]:
    """By name; those of others where the environment that they need is given."""
    found: dict[str, Contestant] = {
        "skybatch": skybatch(crawl),
        "skybatch-asked": lambda: asked(crawl),
        "skybatch-watched": lambda: watched(crawl),
        "bare-loop": peer(crawl, sys.executable, PEERS / "bare_loop.py"),
    }
    if given.go:
        found["go"] = peer(crawl, given.go)
    if given.peers:
        crawlee = PEERS / "crawlee_crawl.py"
        found["scrapy-jobdir"] = scrapy(crawl, given.peers, JOBDIR="yes")
        found["crawlee-sqlite"] = peer(crawl, given.peers, crawlee, more=["sql"])
        found["crawlee-files"] = peer(crawl, given.peers, crawlee, more=["files"])
    return found


def asked(crawl: Crawl) -> Figures:
    """The same daemon with the same work. All the while a client asks for the status of the batch
    and whether the daemon lives, twenty times a second each, and four times a second another one
    submits a hundred domains.

    Those are taken in as any others and must not be crawled, or there would be more work than the
    others have. Each such batch comes last and runs one job at a time, and its first domain takes a
    connection and never answers: a place of the pool waits, and the other 99 domains behind it.
    """
    with (
        tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder,
        socket.create_server(("127.0.0.1", 0), backlog=128) as silent,
        started(Path(folder), _settings(crawl, silent.getsockname()[1])) as (daemon, _),
    ):
        probe = Probe(daemon.url, TOKEN, questions())
        with crawled(crawl, daemon) as result:
            probe.ask(batch=result.batch_id)
        answered = probe.end()
        _check_others(daemon)
    return {**result.figures, **answered}


def watched(crawl: Crawl) -> Figures:
    """The same daemon with the same work, while twenty browsers show the overview."""
    with (
        tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder,
        started(Path(folder), settings(crawl)) as (daemon, _),
    ):
        watchers = Watchers(daemon.url, TOKEN, BROWSERS, OVERVIEW)
        with crawled(crawl, daemon) as result:
            pass
        return {**result.figures, **watchers.end()}


def _settings(crawl: Crawl, silent: int) -> str:
    """One host that is somewhere else, and longer patience than a round takes."""
    place = f'"{SILENT}:80" = "127.0.0.1:{silent}"'
    text = settings(crawl).replace("connect_to = {", f"connect_to = {{{place}, ")
    return text.replace("[fetch]", "[fetch]\nread_timeout_s = 300\nrequest_timeout_s = 300")


def _check_others(daemon: DaemonProcess) -> None:
    """The other batches are there, and nothing of them was crawled."""
    *others, _ = daemon.get("/batch?limit=1000").json["items"]
    if not others or any(batch["counts"]["pending"] < LATER for batch in others):
        raise SystemExit(f"other domains were crawled meanwhile: {others}")


def questions() -> list[Question]:
    """What is asked, and how often."""
    domains = [SILENT, *(f"later-{number}.example" for number in range(LATER))]
    later = {"domains": domains, "max_concurrent_jobs": 1, "options": {"priority": 9}}
    return [
        Question("status", "GET", f"{PREFIX}/batch/{{batch}}/status", 0.05),
        Question("livez", "GET", "/livez", 0.05),
        Question("submit", "POST", f"{PREFIX}/batch", 0.25, body=json.dumps(later), expected=202),
    ]


WORK = Work(
    name="two-hundred-hosts",
    opening=opening,
    columns={
        "pages/s": "pages_per_second",
        "CPU s per 1,000": "cpu_s_per_1000",
        "peak MB": "peak_mb",
        "status p99 ms": "status_p99_ms",
        "submit p99 ms": "submit_p99_ms",
        "livez p99 ms": "livez_p99_ms",
        "event p99 ms": "event_p99_ms",
    },
    picture="pages_per_second",
)
