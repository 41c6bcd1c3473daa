"""What the writer has done since the start, how large the files are, and how deep the queue is."""

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skybatch.model.durations import Durations
from skybatch.model.state import BatchState, JobState

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LOOKED_AT = 1_000  # batches in which the oldest pending job is looked for


class Writes:
    """Transactions of the writer, counted in its thread."""

    def __init__(self) -> None:
        self.commits = Durations(_BOUNDS)  # of whole groups
        self.units = 0  # that were committed
        self.failed = 0  # groups that could not be committed


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes."""

    database: int
    log: int  # the write-ahead log beside it
    free: int  # on the file system, for us


def sizes(path: Path) -> Sizes:
    """Of the files of a database. Raises OSError."""
    log = path.with_name(path.name + "-wal")
    disk = os.statvfs(path.parent)
    return Sizes(
        path.stat().st_size,
        log.stat().st_size if log.exists() else 0,
        disk.f_bavail * disk.f_frsize,
    )


@dataclass(frozen=True, slots=True)
class Depth:
    """How much work is stored, by its state."""

    jobs: Mapping[JobState, int]
    batches: Mapping[BatchState, int]
    pages_queued: int
    oldest_pending_at: float | None  # since when it waits; None = nobody does


def depth(db: sqlite3.Connection) -> Depth:
    """From the counters of the batches: what it costs does not grow with their jobs."""
    row = db.execute(_TOTALS).fetchone()
    oldest = db.execute(_OLDEST, {"limit": LOOKED_AT}).fetchone()
    return Depth(
        jobs={state: row[f"{state}_jobs"] for state in JobState},
        batches={state: row[f"{state}_batches"] for state in BatchState},
        pages_queued=row["pages_queued"],
        oldest_pending_at=oldest["at"],
    )


_SUMS = ", ".join(
    [
        *(f"coalesce(sum({state}), 0) AS {state}_jobs" for state in JobState),
        *(f"coalesce(sum(state = '{state}'), 0) AS {state}_batches" for state in BatchState),
    ]
)
_TOTALS = f"""
SELECT {_SUMS}, coalesce(sum(pages_queued), 0) AS pages_queued FROM batches WHERE staging = 0
"""  # noqa: S608 - only names of states are put in

# Of each batch that may go on two jobs are looked at: the first in line, and the last of those that
# wait for no time. Jobs that were put back lately stand in front of those that have never run.
_OLDEST = """
SELECT min(min(first), min(coalesce(last, first))) AS at FROM (
  SELECT
    (SELECT j.stage_at FROM jobs j INDEXED BY jobs_ready
     WHERE j.batch = b.seq AND j.state = 'pending' ORDER BY j.run_after, j.seq LIMIT 1) AS first,
    (SELECT j.stage_at FROM jobs j INDEXED BY jobs_ready
     WHERE j.batch = b.seq AND j.state = 'pending' AND j.run_after = 0
     ORDER BY j.seq DESC LIMIT 1) AS last
  FROM batches b INDEXED BY batches_open
  WHERE b.finished_at IS NULL AND b.staging = 0 AND b.paused = 0 AND b.cancelled_at IS NULL
    AND b.pending > 0
  ORDER BY b.seq LIMIT :limit)
"""
