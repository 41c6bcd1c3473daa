"""A group of units of work in one transaction, of which each may fail alone."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from skybatch.errors import StorageFull, StoreUnavailable, StoreUnusable
from skybatch.store.telling import raisable, tell
from skybatch.store.tx import Tx

# What SQLite says of the disk, the file or other processes; anything else is a bug of a unit.
TROUBLES = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_NOMEM,
    }
)

T = TypeVar("T")


@dataclass(slots=True)
class Unit(Generic[T]):
    """A function to run in a transaction, and whom to tell."""

    function: Callable[[Tx], T]
    future: "asyncio.Future[T]"
    is_urgent: bool = True
    result: T | None = None
    error: Exception | None = None

    def run_alone(self, tx: Tx, before_commit: Callable[[Tx], None]) -> None:
        """Run as the whole transaction: without a savepoint, for which SQLite keeps a copy of each
        page that is changed (for a slice of a long list, tens of megabytes)."""
        try:
            self.result = self.function(tx)
            before_commit(tx)
        except Exception as error:
            if not tx.db.in_transaction:
                raise
            self.error = _of_unit(error)
            tx.execute("ROLLBACK")
            tx.events.clear()
        else:
            tx.execute("COMMIT")

    def run(self, tx: Tx) -> None:
        """Run in a savepoint of its own, so that it fails alone."""
        already = len(tx.events)
        tx.execute("SAVEPOINT unit")
        try:
            self.result = self.function(tx)
        except Exception as error:
            if not tx.db.in_transaction:  # SQLite gave the whole group up: disk full, I/O error
                raise
            self.error = _of_unit(error)
            tx.execute("ROLLBACK TO unit")
            del tx.events[already:]
        tx.execute("RELEASE unit")

    def tell(self) -> None:
        """Resolve the future, in the loop's thread."""
        tell(self.future, self.result, self.error)


def run(group: Sequence[Unit[object]], tx: Tx, before_commit: Callable[[Tx], None]) -> None:
    """Run all, in a transaction that has begun, and commit it."""
    if len(group) == 1:
        group[0].run_alone(tx, before_commit)
        return
    _run_patient([unit for unit in group if not unit.is_urgent], tx)
    for unit in group:
        if unit.is_urgent:
            unit.run(tx)
    before_commit(tx)
    tx.execute("COMMIT")


def _run_patient(units: Sequence[Unit[object]], tx: Tx) -> None:
    """Those that wait for company fail next to never, and may be run again: they have no
    savepoints, which are two of five statements of a page, until one of them fails."""
    try:
        for unit in units:
            unit.result = unit.function(tx)
    except Exception:
        if not tx.db.in_transaction:
            raise
        tx.execute("ROLLBACK")
        tx.events.clear()
        tx.execute("BEGIN IMMEDIATE")
        for unit in units:
            unit.run(tx)


def _of_unit(error: Exception) -> Exception:
    """What a unit that failed alone raises to whoever waits for it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return of_group(error) if code & 0xFF in TROUBLES else raisable(error)


def of_group(error: Exception) -> Exception:
    """What every unit of a group raises that could not be committed."""
    if not isinstance(error, sqlite3.Error | StoreUnusable):
        return error
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageFull()
    told = StoreUnavailable(f"the database cannot be written: {error}")
    told.__cause__ = error
    return told
