"""The life of one job, attempt by attempt, as the database and the flight recorder saw it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Source(StrEnum):
    """Who saw it."""

    DATABASE = "database"
    RECORDER = "recorder"  # nobody else did: it was never stored, or is gone from the database


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a job."""

    at: float
    type: str
    source: Source
    id: int | None = None  # of the event
    attempt: int | None = None
    data: Mapping[str, str | int | float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as the database has it."""

    attempt: int
    started_at: float | None = None
    ended_at: float | None = None
    outcome: str | None = None  # a job state, or retry, released, rescued
    error: str | None = None  # reason and detail
    stack: str | None = None  # where a bug struck, or where it hung


@dataclass(frozen=True, slots=True)
class AttemptTrace:
    """An attempt and what happened in it, in order."""

    row: AttemptRow
    events: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole job; `events` are those of no attempt, such as a cancellation before it ran."""

    attempts: tuple[AttemptTrace, ...]
    events: tuple[Happening, ...]


def _name(happening: Happening) -> tuple[object, ...]:
    """What is the same in both accounts: the number of an event, else a page and its end."""
    if happening.id is not None:
        return (happening.id,)
    return happening.type, happening.attempt, happening.data.get("url")


def merge(
    rows: tuple[AttemptRow, ...],
    stored: tuple[Happening, ...],
    recorded: tuple[Happening, ...],
) -> Trace:
    """Both accounts as one: what both saw is told once, by the database."""
    known = {_name(happening) for happening in stored}
    told = [*stored, *(seen for seen in recorded if _name(seen) not in known)]
    told.sort(key=lambda happening: (happening.at, happening.id or 0))
    by_attempt = {row.attempt: row for row in rows}
    for happening in told:
        if happening.attempt is not None:
            by_attempt.setdefault(happening.attempt, AttemptRow(happening.attempt))
    happened: defaultdict[int | None, list[Happening]] = defaultdict(list)
    for happening in told:
        happened[happening.attempt].append(happening)
    attempts = tuple(
        AttemptTrace(row, tuple(happened[number])) for number, row in sorted(by_attempt.items())
    )
    return Trace(attempts, tuple(happened[None]))
