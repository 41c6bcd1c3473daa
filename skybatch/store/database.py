"""The one database of a data directory: one writer, a few readers, and whether it is sound."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import structlog

from skybatch.errors import StorageFull, StoreUnavailable, StoreUnreadable
from skybatch.model.clock import Clock
from skybatch.model.event import Event
from skybatch.store import figures
from skybatch.store.figures import Sizes, Writes
from skybatch.store.inspection import Inspection
from skybatch.store.opening import address, create, is_damage, open_writing
from skybatch.store.reader import Readers, Snapshot
from skybatch.store.reserve import Reserve
from skybatch.store.tx import Tx
from skybatch.store.writer import Writer

log = structlog.get_logger()

READERS = 2  # of each kind
_STOP_SECONDS = 0.05
T = TypeVar("T")


class Store:
    """The one database of a data directory."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        publish: Callable[[Event], None],
        *,
        before_commit: Callable[[Tx], None] = lambda _: None,
    ) -> None:
        """`before_commit` is the last to write in every transaction."""
        self._path = path
        self._reserve = Reserve(path.parent)
        self._writer = Writer(
            lambda: open_writing(path),
            clock,
            publish,
            self._check,
            self._found_damaged,
            before_commit,
        )
        self._inode = 0
        # Apart: when hundreds of jobs start at once, who asks for a status does not wait for them.
        self._answering, self._working = Readers(path, READERS), Readers(path, READERS)
        self._missed: deque[Callable[[Tx], object]] = deque()  # posted, not done, and not forgotten
        self._is_closed = False
        self._inspection: Inspection | None = None  # the one that goes on
        self.inspected_at: float | None = None  # when one last came to its end
        self.damage: str | None = None  # what was found; nothing is written any more
        self.failed_reads = 0  # since the start
        self._clock = clock

    async def open(self) -> None:
        """Raises StoreUnusable when the file cannot be used; it is then left as it was."""
        if not self._path.exists():
            create(self._path)
        self._inode = self._path.stat().st_ino
        self._reserve.take()
        try:
            await self._writer.open()
            await self._answering.open()
            await self._working.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what is queued, then close everything."""
        self._is_closed = True
        await self._answering.close()
        await self._working.close()
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

    def post_surely(self, function: Callable[[Tx], T]) -> None:
        """As `post`, for what somebody would miss: should it fail, `make_up` does it later."""

        def note(done: "asyncio.Future[T]") -> None:
            if not done.cancelled() and isinstance(done.exception(), StoreUnavailable):
                self._missed.append(function)
            _log_bug(done)

        self._writer.put(function, urgent=False).add_done_callback(note)

    async def make_up(self) -> None:
        """Do what could not be done when it was posted."""
        while self._missed:
            await self.write_freeing(self._missed[0])
            self._missed.popleft()

    @property
    def stalled_s(self) -> float:
        """For how long the writer has been waiting for the disk; 0 = it is not."""
        return self._writer.busy_s

    @property
    def writes(self) -> Writes:
        """What the writer has done."""
        return self._writer.writes

    @property
    def queued(self) -> int:
        """Units that wait for the writer."""
        return self._writer.queued

    def sizes(self) -> Sizes:
        """Of the files, and of the room beside them. Raises OSError."""
        return figures.sizes(self._path)

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

    async def inspect(self) -> None:
        """Look for damage in the whole file. Raises StoreUnavailable when there is some."""
        self._check_place()
        self._inspection = inspection = Inspection(self._path)
        try:
            damage = await asyncio.to_thread(inspection.run)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CANTOPEN:
                # A connection more than we have descriptors for, most likely; the others go on.
                raise StoreUnreadable("no look for damage now: no descriptor is free") from error
            raise StoreUnreadable(f"the database cannot be read: {error}") from error
        finally:
            self._inspection = None
        self._check_place()  # or it is another file of which that was said
        if damage is not None:
            self._found_damaged(damage)
        if not inspection.is_stopped:
            self.inspected_at = self._clock.now()
        self._check_sound()

    async def stop_inspecting(self) -> None:
        """End the inspection that goes on."""
        while (inspection := self._inspection) is not None:
            inspection.stop()
            await asyncio.sleep(_STOP_SECONDS)

    def _found_damaged(self, damage: str) -> None:
        """From now on only reading is tried: whatever is written could make it worse."""
        if self.damage is None:
            self.damage = damage
            log.error("store.damaged", damage=damage, effect="nothing is written any more")

    def _checkpoint(self) -> None:
        """Only now the file becomes shorter, and its log empty."""
        with closing(sqlite3.connect(address(self._path, "rw"), uri=True)) as db:
            try:
                db.execute("PRAGMA busy_timeout = 5000")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as error:
                log.warning("store.not_shortened", error=str(error))

    async def read(self, function: Callable[[Snapshot], T]) -> T:
        """Run a function that reads, for whoever asks; all it sees is of one moment, and it has
        two seconds. Raises what the function raises, or StoreUnavailable."""
        return await self._read(self._answering, function)

    async def query(self, function: Callable[[Snapshot], T]) -> T:
        """The same for a function of one query, which is of one moment by itself."""
        return await self._read(self._answering, function, is_one_query=True)

    async def read_to_work(self, function: Callable[[Snapshot], T]) -> T:
        """The same for the jobs themselves."""
        return await self._read(self._working, function)

    async def _read(
        self, readers: Readers, function: Callable[[Snapshot], T], *, is_one_query: bool = False
    ) -> T:
        if self._is_closed:
            raise StoreUnavailable("the database is closed")
        self._check_place()
        try:
            return await readers.read(function, is_one_query=is_one_query)
        except sqlite3.Error as error:
            self.failed_reads += 1
            if is_damage(error):
                self._found_damaged(str(error))
            raise StoreUnreadable(f"the database cannot be read: {error}") from error

    def _check(self) -> None:
        """Whether a transaction may begin. Raises StoreUnavailable."""
        self._check_place()
        self._check_sound()

    def _check_sound(self) -> None:
        if self.damage is not None:
            raise StoreUnavailable(
                f"{self._path} is damaged, and nothing is written to it ({self.damage}): "
                "stop skybatch, and restore it from a backup"
            )

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


def _vacuum(tx: Tx) -> bool:
    """Take a slice of the free pages out of the file; returns whether there are more."""
    tx.execute("PRAGMA incremental_vacuum(500)").fetchall()
    return bool(tx.execute("PRAGMA freelist_count").fetchone()[0])


def _log_bug(future: "asyncio.Future[T]") -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None and not isinstance(error, StoreUnavailable):  # that one is logged
        log.error("store.unit_failed", error=str(error), exc_info=error)
