"""Read-only connections, each in a thread of its own, for reads that are short.

A read is a function that runs in one of the threads: two turns of the loop, however many rows it
looks at, and what it makes of them is made beside the loop.
"""

import asyncio
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeVar

from skybatch.errors import StoreUnusable
from skybatch.store.opening import READER_SETTINGS, address
from skybatch.store.telling import in_loop, raisable, tell

READ_SECONDS = 2.0  # a read that takes longer is aborted: it would hold the log of changes
# Steps of SQLite between two looks at the clock: a millisecond of plain rows, and far more where a
# step has JSON to read. Each look waits for the interpreter, which a busy loop gives away after
# 5 ms.
LOOK_STEPS = 25_000

# What a function that reads is given; also the rooms that know nothing of SQLite name it.
Snapshot = sqlite3.Connection
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A function to run with a connection, and who waits for it."""

    function: Callable[[Snapshot], T]
    future: "asyncio.Future[T]"
    is_one_query: bool  # of one moment without a transaction, which costs two statements more

    def run(self, db: sqlite3.Connection) -> None:
        """Read, and tell; in the connection's thread."""
        if self.future.done():  # whoever waited was cancelled
            return
        result, failed = None, None
        try:
            result = self._of_one_moment(db)
        except Exception as error:  # noqa: BLE001 - raised to whoever waits
            failed = raisable(error)
        in_loop(self.future.get_loop(), partial(tell, self.future, result, failed))
        del failed  # or its traceback, which has this frame, would keep it

    def _of_one_moment(self, db: sqlite3.Connection) -> T:
        """All that it reads is of the moment of its first query."""
        if not self.is_one_query:
            db.execute("BEGIN")
        try:
            return self.function(db)
        except Exception as error:
            # A query that is half read keeps its moment, also for the next read: until its cursor
            # is gone, which the frames of the error hold.
            traceback.clear_frames(error.__traceback__)
            raise
        finally:
            if db.in_transaction:
                db.rollback()  # nothing was written


class Reader(threading.Thread):
    """A connection, and the thread in which it does one read after the other. Nobody can cancel it:
    a cancelled `await` stops waiting, and the connection is free when the read has ended."""

    def __init__(self, db: sqlite3.Connection, reads: "SimpleQueue[Read[object] | None]") -> None:
        super().__init__(name="skybatch-reader", daemon=True)
        self._db = db
        self._reads = reads
        self._until = 0.0
        db.set_progress_handler(self._is_late, LOOK_STEPS)

    def run(self) -> None:
        with closing(self._db):
            while (read := self._reads.get()) is not None:
                self._until = time.monotonic() + READ_SECONDS
                read.run(self._db)
                del read  # with what it has read

    def _is_late(self) -> bool:
        return time.monotonic() > self._until


def connect(path: Path) -> sqlite3.Connection:
    """Raises StoreUnusable."""
    try:
        db = sqlite3.connect(
            address(path, "ro"),
            uri=True,
            isolation_level=None,
            check_same_thread=False,  # opened in one thread, used in another
        )
        try:
            db.executescript(READER_SETTINGS)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path} cannot be opened: {error}") from error
    db.row_factory = sqlite3.Row
    return db


class Readers:
    """Some of them, who take the reads in turn; what comes while all are busy waits."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._count = count
        self._reads: SimpleQueue[Read[object] | None] = SimpleQueue()
        self._threads: list[Reader] = []

    async def open(self) -> None:
        """Raises StoreUnusable."""
        while len(self._threads) < self._count:
            db = await asyncio.to_thread(connect, self._path)
            reader = Reader(db, self._reads)
            reader.start()
            self._threads.append(reader)

    async def close(self) -> None:
        """Once what was asked for is read."""
        for _ in self._threads:
            self._reads.put(None)
        while self._threads:
            await asyncio.to_thread(self._threads.pop().join, READ_SECONDS + 1)

    async def read(self, function: Callable[[Snapshot], T], *, is_one_query: bool) -> T:
        """What the function returns. Raises what it raises."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._reads.put(Read(function, future, is_one_query))  # type: ignore[arg-type]  # T is erased here
        return await future
