"""A daemon and a few sites, as most kinds of bad weather need them."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from skybatch.demo.sites import bench_hosts
from skybatch.store.audit import audit
from skybatch.torture.child import API, Child, Reply
from tests.e2e.process import TERMINAL, SiteProcess

HOSTS, PAGES = 40, 5
FILE = "skybatch.db"


def open_sites() -> SiteProcess:
    """The sites of `hosts()`, in a process of their own."""
    return SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "8")


def hosts(count: int = HOSTS, *, after: int = 0) -> list[str]:
    """Names of sites that are up, each with `PAGES` pages."""
    return list(bench_hosts(HOSTS))[after : after + count]


def settings(sites: SiteProcess, *, delay_s: float = 0.0) -> str:
    """A configuration in which every name leads to the sites."""
    return f"[workers]\ndrain_s = 2\n[crawl]\nper_host_delay_s = {delay_s}\n{sites.connect_to}\n"


def until(condition: Callable[[], object], timeout_s: float = 10.0, *, what: str = "") -> float:
    """Wait for a condition; returns the seconds that it took. AssertionError when it is late."""
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        assert waited < timeout_s, f"not within {timeout_s:g} s: {what or condition}"
        time.sleep(0.02)
    return time.monotonic() - began


def pass_time(seconds: float) -> None:
    """For what must last a while, when nothing is to be waited for."""
    time.sleep(seconds)


def post(daemon: Child, domains: Sequence[str], **members: object) -> Reply:
    """The answer to a submission, whatever it is."""
    return daemon.request("POST", f"{API}/batch", {"domains": list(domains), **members})


def submit(daemon: Child, domains: Sequence[str], **members: object) -> str:
    """The id of a batch that was acknowledged."""
    reply = post(daemon, domains, **members)
    assert reply.status == 202, reply.body
    return reply.read(dict)["batch_id"]


def status(daemon: Child, batch_id: str, *, query: str = "") -> dict:
    """Of a batch that must be there."""
    reply = daemon.request("GET", f"{API}/batch/{batch_id}/status{query}")
    assert reply.status == 200, reply.body
    return reply.read(dict)


def ended(daemon: Child, batch_id: str, *, timeout_s: float = 30.0) -> dict:
    """The status of a batch, once it has ended."""
    until_s = time.monotonic() + timeout_s
    while (found := status(daemon, batch_id, query="?wait=2"))["status"] not in TERMINAL:
        assert time.monotonic() < until_s, f"not ended in {timeout_s:g} s: {found['counts']}"
    return found


def is_ready(daemon: Child) -> bool:
    return daemon.request("GET", "/readyz").status == 200


def assert_problem(reply: Reply, code: str, expected: int) -> None:
    """A problem document that says when to come again."""
    assert reply.status == expected, reply.body
    assert reply.headers["content-type"].startswith("application/problem+json")
    told = reply.read(dict)
    assert told["status"] == expected
    assert told["type"].endswith(f":{code}")
    assert int(reply.headers["retry-after"]) > 0


def assert_refused(daemon: Child, *words: str, within_s: float = 5.0) -> str:
    """The daemon does not start: exit code 1, and one line on stderr that has these words."""
    mark = len(daemon.log_lines())
    daemon.spawn()
    assert daemon.wait(within_s) == 1, daemon.log_lines()[mark:]
    said = [line for line in daemon.log_lines()[mark:] if not line.startswith('{"timestamp"')]
    assert len(said) == 1, said
    assert said[0].startswith("Error: ")
    for word in words:
        assert word in said[0], f"{word!r} is not in {said[0]!r}"
    return said[0]


def stop(daemon: Child, *, within_s: float = 12.0) -> None:
    """SIGTERM ends it with 0 in time."""
    daemon.terminate()
    assert daemon.wait(within_s) == 0, daemon.log_lines()[-20:]


def assert_sound(daemon: Child, acknowledged: Sequence[str], *, jobs_of: int | None = None) -> None:
    """Of a daemon that has ended: every acknowledged batch is there, and nothing contradicts."""
    found = audit(daemon.data / FILE)
    stored = {batch.batch_id: batch.jobs for batch in found.batches}
    assert [batch_id for batch_id in acknowledged if batch_id not in stored] == [], "lost"
    if jobs_of is not None:
        assert {stored[batch_id] for batch_id in acknowledged} <= {jobs_of}
    assert (found.violations, found.doubled) == ((), ())
    assert bugs(daemon) == []


def bugs(daemon: Child) -> list[str]:
    """Lines of the log that must never be there; a connection refused for want of descriptors is
    told with its traceback, by asyncio."""
    return [
        line
        for line in daemon.log_lines()
        if "Traceback" in line and "out of system resource" not in line
    ]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
