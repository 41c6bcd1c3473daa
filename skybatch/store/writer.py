"""The one thread that writes: units of work gathered into groups, one commit a group.

Nobody can cancel the writer. A cancelled `await` only stops waiting: its unit is done, or not, but
never half, and never in somebody else's transaction.
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import structlog

from skybatch.errors import StoreUnavailable
from skybatch.model.clock import Clock
from skybatch.model.event import Event
from skybatch.store.figures import Writes
from skybatch.store.group import Unit, of_group, run
from skybatch.store.opening import is_damage
from skybatch.store.telling import Teller, in_loop
from skybatch.store.tx import Tx

log = structlog.get_logger()

GATHER_SECONDS = 0.02  # measured: 1.16 x the pages a second of none
# Without a unit, after which no more are waited for: the lanes of a few sites store a page each,
# and go on when it is stored.
QUIET_SECONDS = 0.004
GROUP_UNITS = 256
EVENTS_TOGETHER = 128  # in a turn of the loop; a cancelled batch has 500 in a group
SLOW_SECONDS = 1.0  # a group that takes longer is told: the disk, or another process

T = TypeVar("T")


class Writer:
    """Owns the writing connection. One whose commit failed is closed, and the next group gets a
    fresh one: nothing that is wrong with a connection outlives its group."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        clock: Clock,
        publish: Callable[[Event], None],
        check: Callable[[], None] = lambda: None,
        damaged: Callable[[str], None] = lambda _: None,
        before_commit: Callable[[Tx], None] = lambda _: None,
    ) -> None:
        """`check` runs before each transaction, and raises what forbids it; `damaged` is told what
        SQLite finds wrong with the file; `before_commit` writes what follows from the events of a
        transaction. All are called in the thread."""
        self._connect = connect
        self._db: sqlite3.Connection | None = None  # touched by the thread only
        self._clock = clock
        self._publish = publish
        self._check = check
        self._damaged = damaged
        self._before_commit = before_commit
        self.writes = Writes()
        self._is_failing = False
        self._began_at: float | None = None  # the group under way, by the monotonic clock
        self._loop = asyncio.get_running_loop()
        self._units: deque[Unit[object]] = deque()
        self._changed = threading.Condition()
        self._is_idle = False  # the thread waits for the first unit of a group
        self._is_urgent = False
        self._is_closing = False
        self._teller = Teller(EVENTS_TOGETHER)
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
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)
        await self._teller.rest()

    def put(self, function: Callable[[Tx], T], *, urgent: bool) -> "asyncio.Future[T]":
        """Queue a unit. Urgent ones end the gathering at once; others may be run twice, if what the
        first time did is rolled back. The future resolves after commit."""
        future: asyncio.Future[T] = self._loop.create_future()
        with self._changed:
            if self._is_closing:
                future.set_exception(StoreUnavailable("the database is being closed"))
                return future
            self._units.append(Unit(function, future, urgent))  # type: ignore[arg-type]  # T is erased here
            self._is_urgent = self._is_urgent or urgent
            # Not for each unit of a group: a thread that is woken to wait again takes the
            # interpreter from the loop, a tenth of its time.
            if self._is_idle or self._is_urgent or len(self._units) >= GROUP_UNITS:
                self._changed.notify()
        return future

    @property
    def queued(self) -> int:
        """Units that wait for the next group."""
        return len(self._units)

    @property
    def busy_s(self) -> float:
        """For how long the group under way has been; 0 = there is none."""
        began_at = self._began_at
        return 0.0 if began_at is None else time.monotonic() - began_at

    def _run(self) -> None:
        opening: Unit[None] = Unit(lambda _: None, self._opened)
        try:
            self._db = self._connect()
        except Exception as error:  # noqa: BLE001 - raised again by open()
            opening.error = error
            in_loop(self._loop, opening.tell)
            return
        in_loop(self._loop, opening.tell)
        while group := self._next_group():
            self._began_at = time.monotonic()
            events = self._commit(group)
            self._began_at = None
            in_loop(self._loop, partial(self._deliver, group, events))
        self._disconnect()

    def _next_group(self) -> list[Unit[object]]:
        """Wait for units, gather more for a moment; empty when closing and nothing is left."""
        with self._changed:
            self._is_idle = True
            self._changed.wait_for(lambda: self._units or self._is_closing)
            self._is_idle = False
            self._gather()
            self._is_urgent = False
            return [self._units.popleft() for _ in range(min(len(self._units), GROUP_UNITS))]

    def _gather(self) -> None:
        """Wait for company: as long as units keep coming, and not longer than a moment."""
        until = time.monotonic() + GATHER_SECONDS
        while not (self._is_urgent or self._is_closing or len(self._units) >= GROUP_UNITS):
            count, seconds = len(self._units), until - time.monotonic()
            if seconds <= 0:
                return
            self._changed.wait(min(seconds, QUIET_SECONDS))
            if len(self._units) == count:
                return

    def _commit(self, group: list[Unit[object]]) -> list[Event]:
        """One transaction for the group; when it cannot be committed every unit has failed."""
        try:
            self._check()
            if self._db is None:
                self._db = self._connect()
            changes = self._db.total_changes
            began = time.monotonic()
            events = self._transact(self._db, group)
            seconds = time.monotonic() - began
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits
            self._look_at(error)
            self.writes.failed += 1
            for unit in group:
                unit.error = of_group(error)
            self._disconnect()
            if not self._is_failing:  # said once: everybody tries again and again
                log.error("store.commit_failed", error=str(error), units=len(group))
            self._is_failing = True
            return []
        self.writes.commits.add(seconds)
        self.writes.units += len(group)
        if seconds > SLOW_SECONDS:
            log.warning("store.slow", seconds=round(seconds, 1), units=len(group))
        if self._db.total_changes != changes:  # a group that wrote nothing proves nothing
            self._is_failing = False
        return events

    def _transact(self, db: sqlite3.Connection, group: list[Unit[object]]) -> list[Event]:
        tx = Tx(db, self._clock.now())
        db.execute("BEGIN IMMEDIATE")
        run(group, tx, self._before_commit)
        for unit in group:
            self._look_at(unit.error)
        return tx.events

    def _look_at(self, error: Exception | None) -> None:
        """Whether it is damage, also where only one unit met it."""
        for each in (error, error.__cause__) if error is not None else ():
            if isinstance(each, sqlite3.Error) and is_damage(each):
                self._damaged(str(each))

    def _disconnect(self) -> None:
        """Close the connection, which rolls back what it has open."""
        db, self._db = self._db, None
        try:
            if db is not None:
                db.close()
        except sqlite3.Error as error:
            log.error("store.close_failed", error=str(error))

    def _deliver(self, group: list[Unit[object]], events: list[Event]) -> None:
        for unit in group:
            unit.tell()
        self._teller(partial(self._publish, event) for event in events)
