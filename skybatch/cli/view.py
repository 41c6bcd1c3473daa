"""The answers of the API, as far as the commands look into them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    detail: str = ""
    errors: tuple[FaultView, ...] = ()
