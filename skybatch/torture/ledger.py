"""The books of the clients: what was submitted, and what the daemon said about it."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Fate(StrEnum):
    """What a client knows of a submission."""

    OPEN = "open"  # on its way
    OK = "ok"  # acknowledged: it must be there
    REFUSED = "refused"  # surely not done: it must not be there
    UNKNOWN = "unknown"  # no answer: it may be there, or not


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission, known by its key."""

    key: str
    jobs: int  # of the whole batch
    fate: Fate = Fate.OPEN
    batch_id: str | None = None  # when acknowledged
    status: int | None = None  # of a refusal; `None`: it was never sent whole
    was_unknown: bool = False  # a try had no answer


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that is stored, as an audit found it."""

    batch_id: str
    key: str | None
    jobs: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The books against the store; each fault is a sentence."""

    lost: tuple[str, ...]  # acknowledged, and not there whole
    phantom: tuple[str, ...]  # there, and never asked for, or refused
    doubled: tuple[str, ...]  # there more than once, or acknowledged under two ids
    recovered: int  # there, though a try to submit it had no answer


class Ledger:
    """Kept by many threads at a time. A fate that is surer replaces one that is less sure."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._second_ids: list[str] = []

    def invoked(self, key: str, jobs: int) -> None:
        """A submission is about to be sent, for the first time or again."""
        with self._lock:
            self._entries.setdefault(key, Entry(key, jobs))

    def ok(self, key: str, batch_id: str) -> None:
        """It is acknowledged."""
        with self._lock:
            known = self._entries[key]
            if known.batch_id not in (None, batch_id):
                self._second_ids.append(
                    f"submission {key} was acknowledged as batch {known.batch_id} and as {batch_id}"
                )
                return
            self._entries[key] = replace(known, fate=Fate.OK, batch_id=batch_id)

    def refused(self, key: str, status: int | None = None) -> None:
        """It was surely not done now. An earlier try without an answer may have been."""
        with self._lock:
            known = self._entries[key]
            if known.fate in (Fate.OPEN, Fate.REFUSED):
                self._entries[key] = replace(known, fate=Fate.REFUSED, status=status)

    def unknown(self, key: str) -> None:
        """There is no answer."""
        with self._lock:
            known = self._entries[key]
            if known.fate is not Fate.OK:
                self._entries[key] = replace(known, fate=Fate.UNKNOWN, was_unknown=True)

    def entries(self) -> Mapping[str, Entry]:
        """All submissions by key."""
        with self._lock:
            return dict(self._entries)

    def count(self, fate: Fate) -> int:
        """How many submissions met this fate."""
        return sum(entry.fate is fate for entry in self.entries().values())

    def judge(self, stored: Iterable[Held]) -> Verdict:
        """Compare the books with what is stored; call it when all clients have ended."""
        entries, held = self.entries(), list(stored)
        by_key: dict[str | None, list[Held]] = {}
        for batch in held:
            by_key.setdefault(batch.key, []).append(batch)
        acknowledged = [entry for entry in entries.values() if entry.fate is Fate.OK]
        lost = [fault for entry in acknowledged for fault in _lost(entry, held)]
        doubled = [
            f"submission {key} is stored {len(batches)} times"
            for key, batches in by_key.items()
            if key in entries and len(batches) > 1
        ]
        found = [fault for batch in held for fault in _phantom(entries.get(batch.key or ""), batch)]
        unanswered = {key for key, entry in entries.items() if entry.was_unknown}
        return Verdict(
            tuple(lost),
            tuple(found),
            tuple(doubled + self._second_ids),
            len(unanswered & by_key.keys()),
        )


def _is_unknown(entry: Entry) -> bool:
    return entry.fate in (Fate.OPEN, Fate.UNKNOWN)


def _lost(entry: Entry, stored: Iterable[Held]) -> list[str]:
    mine = [batch for batch in stored if batch.batch_id == entry.batch_id]
    if not mine:
        return [f"batch {entry.batch_id} (submission {entry.key}) was acknowledged and is gone"]
    return [
        f"batch {entry.batch_id} was acknowledged with {entry.jobs} jobs and has {batch.jobs}"
        for batch in mine
        if batch.jobs != entry.jobs
    ]


def _phantom(entry: Entry | None, batch: Held) -> list[str]:
    if entry is None:
        return [f"batch {batch.batch_id} is stored, and nobody submitted it"]
    if entry.fate is Fate.REFUSED:
        return [f"batch {batch.batch_id} (submission {entry.key}) was refused and is stored"]
    if _is_unknown(entry) and batch.jobs != entry.jobs:
        return [f"batch {batch.batch_id} is stored with {batch.jobs} of {entry.jobs} jobs"]
    return []
