"""Read-only connections, whose slices are short."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from skybatch.errors import StoreUnusable
from skybatch.store.opening import READER_SETTINGS, address

READ_SECONDS = 2.0  # a slice that takes longer is aborted: it would hold the log of changes


class Reader:
    """A connection, and the time by which its present slice must be done."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self._until = 0.0

    def begin(self) -> None:
        """A slice begins."""
        self._until = time.monotonic() + READ_SECONDS

    def is_late(self) -> bool:
        """Called by SQLite every so many steps, in the connection's thread."""
        return time.monotonic() > self._until


async def open_reader(path: Path) -> Reader:
    """Raises StoreUnusable."""
    try:
        db = await aiosqlite.connect(address(path, "ro"), uri=True, isolation_level=None)
        reader = Reader(db)
        try:
            reader.begin()
            await db.executescript(READER_SETTINGS)
            await db.set_progress_handler(reader.is_late, 10_000)
        except BaseException:
            await db.close()
            raise
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path} cannot be opened: {error}") from error
    db.row_factory = sqlite3.Row
    return reader


class Readers:
    """Some connections, taken in turn; who comes later waits."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._count = count
        self._free: asyncio.Queue[Reader] = asyncio.Queue()
        self._open = 0

    async def open(self) -> None:
        """Raises StoreUnusable."""
        while self._open < self._count:
            self._free.put_nowait(await open_reader(self._path))
            self._open += 1

    async def close(self) -> None:
        """Once they are free (aiosqlite's threads are not daemons)."""
        while self._open:
            reader = await self._free.get()
            self._open -= 1
            await reader.db.close()

    @asynccontextmanager
    async def slice(self) -> AsyncIterator[aiosqlite.Connection]:
        """One of them for a short while; from now on its time counts."""
        reader = await self._free.get()
        reader.begin()
        try:
            yield reader.db
        finally:
            self._free.put_nowait(reader)


@asynccontextmanager
async def snapshot(db: aiosqlite.Connection) -> AsyncIterator[None]:
    """Everything read inside sees the database as it was at the first query."""
    try:
        await db.execute("BEGIN")  # who is cancelled meanwhile has begun all the same
        yield
    finally:
        await db.rollback()  # nothing was written
