"""What can go wrong, as types: one base with a code, the docstring is the default message."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class SkybatchError(Exception):
    """Something went wrong."""

    code = "internal"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or self.code)


class NotFound(SkybatchError):
    """There is nothing under this name."""

    code = "not_found"


class Conflict(SkybatchError):
    """The request contradicts what is already stored."""

    code = "conflict"


class InProgress(SkybatchError):
    """The same is being done at this moment; ask again in a second."""

    code = "in_progress"


class LeaseLost(SkybatchError):
    """The job was given to a later attempt, or ended; this attempt may not write any more."""

    code = "lease_lost"


class StoreUnavailable(SkybatchError):
    """The database cannot be used right now; nothing was stored."""

    code = "store_unavailable"


class StoreUnreadable(StoreUnavailable):
    """The database cannot be read right now; it may well be writable."""

    code = "store_unavailable"


class StorageFull(StoreUnavailable):
    """The disk that holds the database is full; nothing was stored."""

    code = "storage_full"


class StoreUnusable(SkybatchError):
    """The database file cannot be opened by this version of skybatch; it was left as it is."""

    code = "store_unusable"


class AlreadyRunning(SkybatchError):
    """Another skybatch process uses this data directory."""

    code = "already_running"


class TooComplex(SkybatchError):
    """The page is built to be slow to read."""

    code = "too_complex"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what a user gave us, and where."""

    pointer: (
        str  # JSON pointer into the body, `?name` for a query parameter, `section.key` in config
    )
    code: str  # stable, for programs
    detail: str  # a sentence, for people


class Invalid(SkybatchError):
    """The input has faults; every one of them is listed."""

    code = "invalid"

    def __init__(self, faults: tuple[Fault, ...], message: str = "") -> None:
        told = (f"{f.pointer}: {f.detail}" if f.pointer else f.detail for f in faults[:20])
        super().__init__(message or "; ".join(told))
        self.faults = faults


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` when a known name is close to the given one, else nothing."""
    close = difflib.get_close_matches(name[:64], list(known), n=1)  # its cost grows with length
    return f'; did you mean "{close[0]}"?' if close else ""
