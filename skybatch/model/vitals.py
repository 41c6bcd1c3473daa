"""What the daemon tells of itself: how its parts are, what its workers do, how hosts are."""

from collections.abc import Mapping
from dataclasses import dataclass

from skybatch.model.finding import Told


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the daemon."""

    ok: bool
    detail: str | None  # what is wrong with it


@dataclass(frozen=True, slots=True)
class StorePart:
    """The database."""

    ok: bool
    sqlite: str | None  # its version; None when it cannot be read
    detail: str | None
    inspected_at: str | None  # when the whole file was last looked through for damage


@dataclass(frozen=True, slots=True)
class PoolPart:
    """The workers as a whole."""

    workers: int
    busy: int
    claimed: int  # since the start
    paused: bool


@dataclass(frozen=True, slots=True)
class MonitorPart:
    """What the monitor has found."""

    rounds: int
    findings: tuple[Told, ...]
    totals: Mapping[str, int]  # by kind, since the start


@dataclass(frozen=True, slots=True)
class RecoveryPart:
    """What the last start took back."""

    report: str
    jobs: int
    pages_kept: int
    pages_to_refetch: int
    ended: int


@dataclass(frozen=True, slots=True)
class Health:
    """How everything is."""

    status: str  # ok | degraded
    store: StorePart
    version: str
    pid: int
    started_at: str | None
    pool: PoolPart
    work: Part
    monitor: MonitorPart
    recorder: Part
    recovery: RecoveryPart


@dataclass(frozen=True, slots=True)
class AtWork:
    """A worker, and what it does at the moment."""

    batch_id: str
    job_id: str
    domain: str
    attempt: int
    stage: str
    stage_for_s: float
    progress_age_s: float  # since it last got anywhere
    pages_fetched: int
    waits_for: str | None  # in words


@dataclass(frozen=True, slots=True)
class Shown:
    """A key of the configuration in force; secrets are hidden."""

    value: object
    source: str


@dataclass(frozen=True, slots=True)
class System:
    """The daemon from inside."""

    versions: Mapping[str, str]
    pid: int
    started_at: str | None
    pool: PoolPart
    workers: tuple[AtWork, ...]  # the one that got nowhere for longest comes first
    findings: tuple[Told, ...]
    configuration: Mapping[str, Mapping[str, Shown]]  # by section and key


@dataclass(frozen=True, slots=True)
class HostState:
    """How a host is asked at the moment. Times in seconds."""

    host: str
    in_flight: int  # requests
    waits_s: float  # it has asked to be left alone for so long
    slow_s: float  # added to the delay between two requests, as it is slow or fails
    crawl_delay_s: float  # between two requests, by its robots.txt
    usual_s: float | None  # how long its answers take when all is well
    failures: int  # in a row
