"""Where a batch stands and why: what the store and the running daemon know, and what is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from skybatch.model.batch import Batch
from skybatch.model.job import Job
from skybatch.model.reason import Reason
from skybatch.model.state import JobState


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are; counted no further than to a limit, unless it is whole."""

    count: int
    is_whole: bool = True

    @property
    def is_one(self) -> bool:
        return self.is_whole and self.count == 1

    def __str__(self) -> str:
        return f"{self.count:,}" if self.is_whole else f"over {self.count:,}"


_NONE = Tally(0)


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs that ended alike."""

    state: JobState
    reason: Reason | None
    jobs: int
    domain: str  # of one of them
    job_id: str  # of the same


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Pages of a job that the site does not want to be asked for."""

    by: str | None  # what said so: `line 4 of robots.txt`
    pages: int


@dataclass(frozen=True, slots=True)
class Wait:
    """A pending job that is not claimed before a time."""

    job: Job
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the store knows of a batch. Lists hold the first few, tallies all of them."""

    batch: Batch
    now: float
    max_attempts: int
    is_cancelled: bool = False
    deadline_at: float | None = None
    running: tuple[Job, ...] = ()  # longest at their stage first
    waits: tuple[Wait, ...] = ()  # soonest first
    forbidden: Mapping[str, tuple[Forbidden, ...]] = field(default_factory=dict)  # by job id
    waiting: Tally = _NONE  # pending, and not before a time
    ready: Tally = _NONE  # pending, and may start now
    before: Tally = _NONE  # batches that are claimed from first
    ended: tuple[Group, ...] = ()  # most jobs first
    ended_among: int | None = None  # the first jobs of the list that were looked at; None = all


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A job in the hands of a worker."""

    stage: str
    progress_age_s: float  # since it last got anywhere
    stage_for_s: float | None = None  # None = as the store has it
    waits_for: str | None = None  # completes "it waits for ..."


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Jobs whose hosts live on one address."""

    jobs: int
    limit: int  # requests that may be made to it at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the running daemon knows; the defaults are those of one that tells nothing."""

    workers: int = 0
    busy: int = 0
    is_paused: bool = False
    is_clearing: bool = False  # nothing is claimed until a job that must run alone has run
    store_trouble: str | None = None  # why the database cannot be written
    recovery: str | None = None  # what the last start recovered, as long as it is news
    jobs: Mapping[str, LiveJob] = field(default_factory=dict)  # by job id
    findings: tuple[str, ...] = ()  # sentences of the monitor about this batch
    neighbours: tuple[Neighbours, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole account, and those of its sentences that somebody should look at."""

    sentences: tuple[str, ...]
    problems: tuple[str, ...]
