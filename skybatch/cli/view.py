"""The answers of the API, as far as the commands look into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from skybatch.model.selfcheck import Stage

TERMINAL = frozenset({"complete", "partial", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class PagesView:
    """A receipt of pages."""

    discovered: int = 0
    fetched: int = 0
    failed: int = 0
    queued: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobView:
    """One domain of a batch, as its status tells."""

    domain: str
    status: str
    reason: str | None = None
    detail: str | None = None
    stage: str = ""


@dataclass(frozen=True, slots=True)
class FieldChangeView:
    """A value that is not as it was."""

    field: str
    change: str  # new, gone, changed
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DiffView:
    """A domain that is not as it was."""

    domain: str
    change: str  # new and gone: the whole domain
    fields: tuple[FieldChangeView, ...] = ()


@dataclass(frozen=True, slots=True)
class RereadView:
    """The answer to `reextract`."""

    batch_id: str
    bodies: int


@dataclass(frozen=True, slots=True)
class FoundView:
    """How many domains have something."""

    domains: int
    share: float


@dataclass(frozen=True, slots=True)
class SummaryView:
    """What a batch has found."""

    found: Mapping[str, FoundView]
    diagnoses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JobRefView:
    """A job in a list, as far as its trace needs it."""

    job_id: str


@dataclass(frozen=True, slots=True)
class JobsView:
    """A slice of the jobs of a batch."""

    items: tuple[JobRefView, ...]


@dataclass(frozen=True, slots=True)
class AttemptView:
    """An attempt in a trace; its events have members of their own besides type, at and source."""

    attempt: int
    started_at: str | None
    ended_at: str | None
    outcome: str | None
    error: str | None
    stack: str | None
    events: tuple[dict[str, object], ...]

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.started_at is None or self.ended_at is None:
            return None
        return _seconds(self.started_at, self.ended_at)

    def offset(self, event: Mapping[str, object]) -> str:
        """When an event happened, from the start of the attempt: `+0.120 s`."""
        at = event.get("at")
        if self.started_at is None or not isinstance(at, str):
            return ""
        return f"{_seconds(self.started_at, at):+.3f} s"


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


@dataclass(frozen=True, slots=True)
class TraceView:
    """The life of a job."""

    job_id: str
    domain: str
    status: str
    attempts: tuple[AttemptView, ...]
    events: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class PausedView:
    """Whether the daemon as a whole rests."""

    paused: bool


@dataclass(frozen=True, slots=True)
class FindingView:
    """One thing that the monitor found."""

    kind: str
    sentence: str
    action: str
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class MonitorView:
    """What the monitor found."""

    ok: bool
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class SelfCheckView:
    """What the daemon found when it tried itself."""

    ok: bool
    job_id: str | None
    stages: tuple[Stage, ...]
    marker_file: str | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch, as a list or its status tells."""

    batch_id: str
    status: str
    total_domains: int
    counts: Mapping[str, int]
    pages: PagesView
    created_at: str
    label: str | None = None
    paused: bool = False
    reextracting: bool = False
    progress: float = 0.0
    processing_time: float | None = None
    domain_statuses: Mapping[str, JobView] = field(default_factory=dict)  # the first 1,000

    @property
    def ended(self) -> int:
        """Domains that are done, however they ended."""
        return sum(self.counts.get(state, 0) for state in TERMINAL)

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class ListView:
    """A slice of the list of batches, newest first."""

    items: tuple[BatchView, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class RejectedView:
    """A line of the list that is no domain."""

    index: int
    domain: str
    detail: str


@dataclass(frozen=True, slots=True)
class SubmittedView:
    """What became of a submission; a dry run has no id."""

    batch_id: str | None
    job_count: int
    duplicates: int
    rejected: tuple[RejectedView, ...]
    rejected_count: int


@dataclass(frozen=True, slots=True)
class ValueView:
    """An e-mail address or a phone number."""

    value: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """How to reach a company."""

    emails: tuple[ValueView, ...] = ()
    phones: tuple[ValueView, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordView:
    """A line of the results, as far as a table shows it."""

    domain: str
    status: str
    reason: str | None = None
    title: str | None = None
    contact_info: ContactView = field(default_factory=ContactView)
    pages: PagesView = field(default_factory=PagesView)


@dataclass(frozen=True, slots=True)
class FaultView:
    """One thing that is wrong with a request."""

    pointer: str
    detail: str  # a sentence that names what it is about, but for a domain

    @property
    def row(self) -> int | None:
        """Of which domain of the list, from 0."""
        number = self.pointer.removeprefix("/domains/")
        return int(number) if number.isdecimal() else None


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A refusal (RFC 9457)."""

    title: str
    type: str = ""
    detail: str = ""
    errors: tuple[FaultView, ...] = ()

    @property
    def is_in_progress(self) -> bool:
        """Whether the same is being done for an earlier request."""
        return self.type.endswith(":in_progress")
