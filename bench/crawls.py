"""Who crawls in `make bench`, and how each is measured: by its processes, from outside."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bench.contest import Contestant, Figures
from bench.daemon import started
from bench.measure import PeakMemory, cpu_seconds, peak_mb
from tests.e2e.process import DaemonProcess, connect_to

PEERS = Path(__file__).parent / "peers"
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Crawl:
    """What all of them do."""

    hosts: Sequence[str]  # each a host, or one with the path of its start page
    pages: int  # of each, at most
    total: int  # of all of them
    port: int  # of their server, on loopback
    delay_s: float = 0.0  # between two requests to one host
    workers: int = 200  # domains at a time; two requests to each


@dataclass
class Crawled:
    """One crawl by the daemon, from its submission to its end, while it is still there."""

    daemon: DaemonProcess
    batch_id: str
    figures: dict[str, float] = field(default_factory=dict)


@contextmanager
def crawled(crawl: Crawl, daemon: DaemonProcess) -> Iterator[Crawled]:
    """Submit, do what is done meanwhile inside the context, and wait for the end behind it."""
    pid = daemon.process.pid
    cpu, began = cpu_seconds(pid), time.time()
    domains = [f"http://{host}" if "/" in host else host for host in crawl.hosts]
    result = Crawled(daemon, daemon.submit(domains, max_pages=crawl.pages))
    yield result
    seconds = _until_done(crawl, daemon, began)
    cpu = cpu_seconds(pid) - cpu
    result.figures |= figures(crawl, seconds, cpu, peak_mb(pid))


def _until_done(crawl: Crawl, daemon: DaemonProcess, began: float) -> float:
    """Seconds from the submission to the end that the batch tells. Who waits for it asks twice a
    second for the list of batches, a line for each: nobody asks for the state of the domains."""
    while (batch := _oldest(daemon))["end_time"] is None:
        if time.time() - began > TIMEOUT_S:
            raise SystemExit(f"the batch has not ended: {batch}")
        time.sleep(0.5)
    seconds = datetime.fromisoformat(batch["end_time"]).timestamp() - began
    if batch["status"] != "complete" or batch["pages"]["fetched"] != crawl.total:
        raise SystemExit(f"the batch is not whole, {crawl.total} pages: {batch}")
    return seconds


def _oldest(daemon: DaemonProcess) -> dict:
    return daemon.get("/batch?limit=1000").json["items"][-1]


def skybatch(crawl: Crawl) -> Contestant:
    """A fresh daemon, one batch submitted over HTTP, everything durable; nobody asks anything."""

    def run() -> Figures:
        with (
            tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder,
            started(Path(folder), settings(crawl), delay_s=crawl.delay_s) as (daemon, _),
        ):
            with crawled(crawl, daemon) as result:
                pass
            return {**result.figures, **_read(crawl, result)}

    return run


def _read(crawl: Crawl, result: Crawled) -> Figures:
    """The bytes that were read, once it is sure that every page is there, and once."""
    pages = result.daemon.results(result.batch_id, "&level=page&fields=url,outcome,bytes")
    sizes = {page["url"]: page["bytes"] for page in pages if page["outcome"] == "fetched"}
    if len(sizes) != crawl.total:
        raise SystemExit(f"{len(sizes)} pages are stored, not {crawl.total}")
    return _speed_of_bytes(sum(sizes.values()) / 1e6, result.figures["seconds"])


def _speed_of_bytes(size_mb: float, seconds: float) -> Figures:
    return {"read_mb": round(size_mb, 1), "mb_per_second": round(size_mb / seconds, 2)}


def settings(crawl: Crawl) -> str:
    """Of the daemon."""
    return f"{connect_to(crawl.port)}\n[workers]\ncount = {crawl.workers}\n"


def peer(crawl: Crawl, *command: str | Path, more: Sequence[str] = ()) -> Contestant:
    """A program that takes a file of hosts, a port, a number of pages and a folder, and prints how
    many pages it has stored, as the last word; before it, if it can tell, the bytes of them."""

    def run() -> Figures:
        with tempfile.TemporaryDirectory(prefix="peer-bench-") as name:
            folder = Path(name)
            (folder / "hosts").write_text("\n".join(crawl.hosts))
            arguments = [folder / "hosts", str(crawl.port), str(crawl.pages), folder, *more]
            began = time.perf_counter()
            with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE) as process:
                memory = PeakMemory(process.pid)
                memory.start()
                out = process.stdout.read() if process.stdout else b""
                _, code, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(code)
            seconds = time.perf_counter() - began
            memory.join()
        if int(out.split()[-1] if out.split() else 0) != crawl.total:
            raise SystemExit(f"{command[-1]} stored {out.decode()!r} pages of {crawl.total}")
        found = figures(crawl, seconds, usage.ru_utime + usage.ru_stime, memory.peak_mb)
        if len(words := out.split()) > 1:
            found |= _speed_of_bytes(int(words[-2]) / 1e6, seconds)
        return found

    return run


def scrapy(crawl: Crawl, python: Path, **settings: object) -> Contestant:
    """Scrapy with these settings, the frontier in memory; with the delay and the number of requests
    at a time that the daemon has."""
    wanted: Mapping[str, object] = {
        "CONCURRENT_REQUESTS": 2 * crawl.workers,
        "DOWNLOAD_DELAY": crawl.delay_s,
        **settings,
    }
    more = [f"{name}={value}" for name, value in wanted.items()]
    return peer(crawl, python, PEERS / "scrapy_crawl.py", more=more)


def figures(crawl: Crawl, seconds: float, cpu: float, memory_mb: float) -> dict[str, float]:
    """What is told of every crawl."""
    return {
        "seconds": round(seconds, 2),
        "pages_per_second": round(crawl.total / seconds, 1),
        "cpu_s_per_1000": round(cpu / crawl.total * 1000, 2),  # of all processes that take part
        "peak_mb": round(memory_mb, 1),  # likewise, the sum of their peaks
    }
