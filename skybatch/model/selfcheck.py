"""What the daemon tells of itself when it is asked to try itself: a line per stage."""

from dataclasses import dataclass

STAGES = ("loop", "queue", "worker", "fetch", "extract", "store", "marker")


@dataclass(frozen=True, slots=True)
class Stage:
    """How one stage did, judged by itself."""

    stage: str
    ok: bool
    ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """A whole check, in the order of `STAGES`."""

    ok: bool
    job_id: str | None  # of the job that went through the queue; None when none could be stored
    stages: tuple[Stage, ...]
    marker_file: str | None
