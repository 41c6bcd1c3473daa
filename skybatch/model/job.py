"""One domain of one batch: the unit that is claimed, leased and retried."""

from dataclasses import dataclass, field

from skybatch.model.options import Options
from skybatch.model.reason import Reason
from skybatch.model.receipt import Receipt
from skybatch.model.state import JobState
from skybatch.model.target import Target


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of one attempt; `attempt` fences every write made in its name."""

    seq: int  # row of the job
    batch_seq: int  # row of its batch
    job_id: str
    batch_id: str
    attempt: int
    charged: int  # attempts that failed before this one
    crashes: int  # times the daemon died while reading `suspect`
    suspect: str | None  # identity of that page
    waits: int  # releases for a waiting host, in a row, before this one
    target: Target
    max_pages: int
    options: Options
    fetched: int  # pages that earlier attempts stored
    deadline_at: float | None
    again: int | None = None  # row of the batch that its batch repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands, for those who ask. The defaults are those of a line that was never
    stored: one that was rejected, or scanned without a database."""

    seq: int
    job_id: str
    batch_id: str
    domain: str
    input: str
    input_row: int
    columns: tuple[tuple[str, str], ...] = ()
    state: JobState
    reason: Reason | None = None
    detail: str | None = None
    stage: str = "finished"
    stage_at: float = 0.0
    paused: bool = False
    attempt: int = 0
    charged: int = 0
    waits_until: float = 0.0  # of a pending one: not claimed before; 0 = no wait is known
    wait_s: float = 0.0
    pages: Receipt = field(default_factory=Receipt)
    start_url: str | None = None
    final_url: str | None = None
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
