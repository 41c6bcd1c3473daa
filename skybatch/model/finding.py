"""What the monitor found wrong, and what it did about it."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from skybatch.model.clock import rfc3339


class FindingKind(StrEnum):
    """The kinds of trouble that are looked for."""

    WORKER_STUCK = "worker_stuck"  # an attempt that gets nowhere
    SLOTS_IDLE = "slots_idle"  # free workers, jobs that may run, and nothing is started
    BATCH_STUCK = "batch_stuck"  # a batch that gets nowhere, and nothing explains it
    STORE_UNAVAILABLE = "store_unavailable"  # the database cannot be written
    RECORDER_FAILING = "recorder_failing"  # the flight recorder cannot be written


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    kind: FindingKind
    sentence: str  # for people, with its numbers
    action: str  # what was done about it; "none" when it was only looked at
    at: float
    batch_id: str | None = None
    job_id: str | None = None

    @property
    def subject(self) -> tuple[str, str | None, str | None]:
        """What is the same in two rounds if the trouble is."""
        return self.kind, self.batch_id, self.job_id


@dataclass(frozen=True, slots=True)
class Told:
    """The public form of a finding."""

    kind: FindingKind
    sentence: str
    action: str
    at: str | None
    batch_id: str | None
    job_id: str | None


def told(finding: Finding) -> Told:
    """The public form of a finding."""
    return Told(**{**asdict(finding), "at": rfc3339(finding.at)})
