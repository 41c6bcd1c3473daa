"""What the daemon tells of itself over its API, as far as a torture asks."""

from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from skybatch.torture.child import API, LOST, Child, ChildFailed

ENDED = frozenset({"complete", "partial", "failed", "cancelled"})
_SLICE = 1_000

T = TypeVar("T")


class Status(msgspec.Struct):
    """Where a batch stands."""

    status: str


class Job(msgspec.Struct):
    """Where a job stands."""

    job_id: str
    domain: str
    status: str
    reason: str | None
    attempt: int


class Page(msgspec.Struct):
    """What became of a page."""

    url: str
    outcome: str
    reason: str | None


class Attempt(msgspec.Struct):
    """One attempt at a job, as its trace tells it."""

    attempt: int
    outcome: str | None
    error: str | None


class Trace(msgspec.Struct):
    """The life of a job."""

    attempts: list[Attempt]


class Finding(msgspec.Struct):
    """What the monitor says."""

    sentence: str


class Findings(msgspec.Struct):
    """What the monitor sees at the moment."""

    findings: list[Finding]


class Pool(msgspec.Struct):
    """The workers."""

    workers: int
    busy: int


class Monitor(msgspec.Struct):
    """Findings by kind, since the start."""

    totals: dict[str, int]


class Recovery(msgspec.Struct):
    """What the last start found."""

    report: str
    ended: int


class Health(msgspec.Struct):
    """How the daemon is."""

    pool: Pool
    monitor: Monitor
    recovery: Recovery


class _Jobs(msgspec.Struct):
    items: list[Job]
    next_cursor: str | None


class _Pages(msgspec.Struct):
    items: list[Page]


def is_ready(child: Child) -> bool:
    """Whether submissions are taken."""
    try:
        return child.request("GET", "/readyz", timeout_s=1).status == 200
    except LOST:
        return False


def status(child: Child, batch_id: str) -> str:
    """The state of a batch."""
    return _read(child, f"/batch/{batch_id}/status", Status).status


def has_ended(child: Child, batch_id: str) -> bool:
    """Whether nothing of a batch runs or waits."""
    return status(child, batch_id) in ENDED


def jobs(child: Child, batch_id: str) -> list[Job]:
    """All jobs of a batch."""
    found: list[Job] = []
    query = {"limit": str(_SLICE)}
    while True:
        some = _read(child, f"/batch/{batch_id}/jobs?{urlencode(query)}", _Jobs)
        found += some.items
        if some.next_cursor is None:
            return found
        query["cursor"] = some.next_cursor


def pages(child: Child, batch_id: str) -> list[Page]:
    """All pages of a batch."""
    return _read(child, f"/batch/{batch_id}/results?level=page&include=all", _Pages).items


def trace(child: Child, job_id: str) -> Trace:
    """The life of a job."""
    return _read(child, f"/job/{job_id}/trace", Trace)


def health(child: Child) -> Health:
    """How the daemon is."""
    return _read(child, "/health", Health)


def findings(child: Child) -> list[str]:
    """What the monitor says at the moment."""
    return [finding.sentence for finding in _read(child, "/monitor", Findings).findings]


def _read(child: Child, path: str, shape: type[T]) -> T:
    reply = child.request("GET", API + path)
    if reply.status != 200:
        raise ChildFailed(f"GET {path}: {reply.status} {reply.body.decode('utf-8', 'replace')}")
    return reply.read(shape)
