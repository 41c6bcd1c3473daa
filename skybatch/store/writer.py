"""The one thread that writes: units of work gathered into groups, one commit a group.

Nobody can cancel the writer. A cancelled `await` only stops waiting: its unit is done, or not, but
never half, and never in somebody else's transaction.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from skybatch.errors import StorageFull, StoreUnavailable
from skybatch.model.clock import Clock
from skybatch.model.event import Event
from skybatch.store.tx import Tx

log = structlog.get_logger()

GATHER_SECONDS = 0.02  # measured: 1.16 x the pages a second of none
GROUP_UNITS = 256

T = TypeVar("T")


@dataclass(slots=True)
class Unit(Generic[T]):
    """A function to run in a transaction, and whom to tell."""

    function: Callable[[Tx], T]
    future: "asyncio.Future[T]"
    result: T | None = None
    error: Exception | None = None

    def run(self, tx: Tx) -> None:
        """Run in a savepoint of its own, so that it fails alone."""
        already = len(tx.events)
        tx.execute("SAVEPOINT unit")
        try:
            self.result = self.function(tx)
        except Exception as error:
            if not tx.db.in_transaction:  # SQLite gave the whole group up: disk full, I/O error
                raise
            self.error = error
            tx.execute("ROLLBACK TO unit")
            del tx.events[already:]
        tx.execute("RELEASE unit")

    def tell(self) -> None:
        """Resolve the future, in the loop's thread."""
        if self.future.done():  # whoever waited was cancelled
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)  # type: ignore[arg-type]  # None only if T is


class Writer:
    """Owns the writing connection."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        clock: Clock,
        publish: Callable[[list[Event]], None],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        self._units: deque[Unit[object]] = deque()
        self._changed = threading.Condition()
        self._is_urgent = False
        self._is_closing = False
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="skybatch-writer", daemon=True)

    async def open(self) -> None:
        """Start the thread; errors of opening the database are raised here."""
        self._thread.start()
        await self._opened

    async def close(self) -> None:
        """Write what is queued, close the connection, end the thread."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    def put(self, function: Callable[[Tx], T], *, urgent: bool) -> "asyncio.Future[T]":
        """Queue a unit. Urgent ones end the gathering at once. The future resolves after commit."""
        future: asyncio.Future[T] = self._loop.create_future()
        with self._changed:
            if self._is_closing:
                future.set_exception(StoreUnavailable("the database is being closed"))
                return future
            self._units.append(Unit(function, future))  # type: ignore[arg-type]  # T is erased here
            self._is_urgent = self._is_urgent or urgent
            self._changed.notify()
        return future

    def _run(self) -> None:
        try:
            db = self._connect()
        except Exception as error:  # noqa: BLE001 - raised again by open()
            self._loop.call_soon_threadsafe(self._opened.set_exception, error)
            return
        self._loop.call_soon_threadsafe(self._opened.set_result, None)
        while group := self._next_group():
            events = self._commit(db, group)
            self._loop.call_soon_threadsafe(self._deliver, group, events)
        db.close()

    def _next_group(self) -> list[Unit[object]]:
        """Wait for units, gather more for a moment; empty when closing and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._units or self._is_closing)
            self._changed.wait_for(
                lambda: self._is_urgent or self._is_closing or len(self._units) >= GROUP_UNITS,
                timeout=GATHER_SECONDS,
            )
            self._is_urgent = False
            return [self._units.popleft() for _ in range(min(len(self._units), GROUP_UNITS))]

    def _commit(self, db: sqlite3.Connection, group: list[Unit[object]]) -> list[Event]:
        """One transaction for the group; when it cannot be committed every unit has failed."""
        tx = Tx(db, self._clock.now())
        try:
            db.execute("BEGIN IMMEDIATE")
            for unit in group:
                unit.run(tx)
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits
            log.error("store.commit_failed", error=str(error), units=len(group))
            if db.in_transaction:
                db.execute("ROLLBACK")
            for unit in group:
                unit.error = _unavailable(error)
            return []
        return tx.events

    def _deliver(self, group: list[Unit[object]], events: list[Event]) -> None:
        for unit in group:
            unit.tell()
        if events:
            self._publish(events)


def _unavailable(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageFull()
    return StoreUnavailable(f"the database cannot be written: {error}")
