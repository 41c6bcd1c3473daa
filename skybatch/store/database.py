"""Opens the database: creation, checks, settings, one writer, a few read-only connections."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

import aiosqlite
import structlog

from skybatch.errors import StorageFull, StoreUnavailable, StoreUnreadable, StoreUnusable
from skybatch.model.clock import Clock
from skybatch.model.event import Event
from skybatch.store.migrate import APPLICATION_ID, check_version, migrate
from skybatch.store.reserve import Reserve
from skybatch.store.tx import Tx
from skybatch.store.writer import Writer

log = structlog.get_logger()

FILE = "skybatch.db"
READERS = 2
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
READ_SECONDS = 2.0  # a slice that takes longer is aborted: it would hold the log of changes
T = TypeVar("T")

# FULL: with NORMAL, 291 of 300 replayed power cuts lost acknowledged commits. mmap off: a damaged
# disk is an error, not a crash. auto_vacuum must be set before the first table.
WRITER_SETTINGS = """
PRAGMA busy_timeout = 5000;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 67108864;
PRAGMA mmap_size = 0;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""

READER_SETTINGS = """
PRAGMA busy_timeout = 5000;
PRAGMA query_only = ON;
PRAGMA wal_autocheckpoint = 0;
PRAGMA mmap_size = 0;
PRAGMA cache_size = -8192;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""


def create(path: Path) -> None:
    """Make a new database under another name, and rename it when it is whole and on disk.

    Raises StoreUnusable. The log of a database that is gone would be replayed into the new one.
    """
    if path.with_name(path.name + "-wal").exists():
        raise StoreUnusable(
            f"{path} is gone, but its log {path.name}-wal is there: "
            "put the database back, or move the log away"
        )
    try:
        _create(path, path.with_name(path.name + ".new"))
    except (sqlite3.Error, OSError) as error:
        raise StoreUnusable(f"{path} cannot be made: {error}") from error


def _create(path: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    db = sqlite3.connect(draft, isolation_level=None)
    try:
        db.executescript("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL;")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(db)
        db.execute("PRAGMA journal_mode = WAL")
    finally:
        db.close()
    draft.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_writing(path: Path) -> sqlite3.Connection:
    """The writing connection, settings applied. Raises StoreUnusable; leaves a foreign file alone.

    Nothing here opens the file other than through SQLite: closing any other handle on it would
    drop the POSIX locks of this process.
    """
    try:
        if path.stat().st_size == 0:
            raise StoreUnusable(f"{path} is empty: restore it from a backup, or move it away")
        address = path.absolute().as_uri()
        # Without a log there is nothing to miss in a file that is called immutable, and no file
        # beside it is made to read it.
        log_or_not = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
        with closing(sqlite3.connect(f"{address}?mode=ro{log_or_not}", uri=True)) as db:
            _check_is_ours(db, path)
        db = sqlite3.connect(f"{address}?mode=rw", uri=True, isolation_level=None)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.DatabaseError as error:
        is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED
        advice = ": restore it from a backup, or move it away" if is_damaged else ""
        raise StoreUnusable(f"{path} cannot be opened: {error}{advice}") from error
    except (sqlite3.Error, OSError) as error:
        raise StoreUnusable(f"{path} cannot be opened: {error}") from error
    return db


def _check_is_ours(db: sqlite3.Connection, path: Path) -> None:
    """On a connection that only reads: one that may write would fold the log of a file that is not
    for us into it when it is closed."""
    db.execute("PRAGMA busy_timeout = 5000")
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise StoreUnusable(f"{path} is not a database of skybatch")
    check_version(db, path)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.executescript("PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 0;")
    migrate(db)
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnusable(f"{path} cannot be put in WAL mode on this file system")
    db.executescript(WRITER_SETTINGS)
    db.row_factory = sqlite3.Row


class Reader:
    """A read-only connection, and the time by which its present slice must be done."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db
        self.until = 0.0

    def is_late(self) -> bool:
        """Called by SQLite every so many steps, in the connection's thread."""
        return time.monotonic() > self.until


class Store:
    """The one database of a data directory."""

    def __init__(self, path: Path, clock: Clock, publish: Callable[[list[Event]], None]) -> None:
        self._path = path
        self._reserve = Reserve(path.parent)
        self._writer = Writer(lambda: open_writing(path), clock, publish, self._check_place)
        self._inode = 0
        self._readers: asyncio.Queue[Reader] = asyncio.Queue()
        self._open_readers = 0
        self._is_closed = False

    async def open(self) -> None:
        """Raises StoreUnusable when the file cannot be used; it is then left as it was."""
        if not self._path.exists():
            create(self._path)
        self._inode = self._path.stat().st_ino
        self._reserve.take()
        try:
            await self._writer.open()
            for _ in range(READERS):
                self._readers.put_nowait(await self._open_reader())
                self._open_readers += 1
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what is queued, then close everything (aiosqlite's threads are not daemons)."""
        self._is_closed = True
        while self._open_readers:
            reader = await self._readers.get()
            self._open_readers -= 1
            await reader.db.close()
        await self._writer.close()

    async def write(self, function: Callable[[Tx], T]) -> T:
        """Run a unit of work; it is durable when this returns. Raises what the function raises,
        StorageFull, or StoreUnavailable; then nothing of it is stored."""
        self._check_reserve()
        return await self._writer.put(function, urgent=True)

    async def write_freeing(self, function: Callable[[Tx], T]) -> T:
        """As `write`, for units that delete: on a full disk they use the room kept for them."""
        try:
            return await self._writer.put(function, urgent=True)
        except StorageFull:
            if not (self._reserve.release() or self._reserve.is_released):
                raise
            return await self._writer.put(function, urgent=True)

    async def write_soon(self, function: Callable[[Tx], T]) -> T:
        """As `write`, for units that may wait a few milliseconds for company."""
        self._check_reserve()
        return await self._writer.put(function, urgent=False)

    def post(self, function: Callable[[Tx], T]) -> None:
        """Queue a unit that nobody waits for, and that nobody misses; a bug in it is logged."""
        if not self._reserve.is_released:
            self._writer.put(function, urgent=False).add_done_callback(_log_bug)

    async def probe(self) -> None:
        """Whether there is room, and a commit succeeds. Raises StoreUnavailable."""
        await asyncio.to_thread(self._reserve.take)
        await self.write(lambda tx: tx.execute("UPDATE daemon SET seen_at = ?", (tx.now,)))

    async def give_back_space(self) -> None:
        """On a full disk: what deleting has freed inside the file goes back to the disk."""
        if not self._reserve.is_released:
            return
        while await self.write_freeing(_vacuum):
            continue
        await asyncio.to_thread(self._checkpoint)
        await asyncio.to_thread(self._reserve.take)

    def _checkpoint(self) -> None:
        """Only now the file becomes shorter, and its log empty."""
        with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=rw", uri=True)) as db:
            try:
                db.execute("PRAGMA busy_timeout = 5000")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as error:
                log.warning("store.not_shortened", error=str(error))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[aiosqlite.Connection]:
        """A read-only connection for one slice of at most two seconds."""
        if self._is_closed:
            raise StoreUnavailable("the database is closed")
        self._check_place()
        reader = await self._readers.get()
        reader.until = time.monotonic() + READ_SECONDS
        try:
            yield reader.db
        except sqlite3.Error as error:
            raise StoreUnreadable(f"the database cannot be read: {error}") from error
        finally:
            self._readers.put_nowait(reader)

    def _check_place(self) -> None:
        """Raises StoreUnavailable when our file is not where it was: what is written to a file that
        nobody can find any more is lost, however well it is synced."""
        try:
            inode = self._path.stat().st_ino
        except OSError as error:
            raise StoreUnavailable(f"{self._path} is gone: {error.strerror}") from error
        if inode != self._inode:
            raise StoreUnavailable(f"{self._path} was replaced: start skybatch again to use it")

    def _check_reserve(self) -> None:
        if self._reserve.is_released:
            raise StorageFull

    async def _open_reader(self) -> Reader:
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            db = await aiosqlite.connect(address, uri=True, isolation_level=None)
            reader = Reader(db)
            try:
                await db.executescript(READER_SETTINGS)
                await db.set_progress_handler(reader.is_late, 10_000)
            except BaseException:
                await db.close()
                raise
        except sqlite3.Error as error:
            raise StoreUnusable(f"{self._path} cannot be opened: {error}") from error
        db.row_factory = sqlite3.Row
        return reader


def _vacuum(tx: Tx) -> bool:
    """Take a slice of the free pages out of the file; returns whether there are more."""
    tx.execute("PRAGMA incremental_vacuum(500)").fetchall()
    return bool(tx.execute("PRAGMA freelist_count").fetchone()[0])


def _log_bug(future: "asyncio.Future[T]") -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None and not isinstance(error, StoreUnavailable):  # that one is logged
        log.error("store.unit_failed", error=str(error), exc_info=error)
