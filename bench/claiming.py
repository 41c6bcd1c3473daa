"""What a claim costs: the daemon's own unit of work, on databases that nobody else uses."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from skybatch.engine.gate import Gate
from skybatch.engine.queue import JobQueue
from skybatch.model.clock import SteadyClock
from skybatch.model.ids import uuid7
from skybatch.store.opening import FILE, open_writing
from skybatch.store.tx import Tx

T = TypeVar("T")
CLAIMS = 190  # of distinct jobs: a batch runs two hundred at a time
WARM_UP = 10


class _Direct:
    """In the place of the store: runs a unit at once; what it did is undone at the end."""

    def __init__(self, db: sqlite3.Connection, clock: SteadyClock) -> None:
        self.tx = Tx(db, clock.now())
        self.times: list[float] = []

    async def write(self, unit: Callable[[Tx], T]) -> T:
        """Run it, and note how long it took, in microseconds."""
        began = time.perf_counter()
        result = unit(self.tx)
        self.times.append((time.perf_counter() - began) * 1e6)
        return result


def claim_times(folders: Mapping[str, Path]) -> dict[str, list[float]]:
    """Microseconds of each claim of one job, the databases in turn; nothing of it is kept."""
    return asyncio.run(_claim_times(folders))


async def _claim_times(folders: Mapping[str, Path]) -> dict[str, list[float]]:
    clock = SteadyClock()
    databases = {name: open_writing(folder / FILE) for name, folder in folders.items()}
    stores = {name: _Direct(db, clock) for name, db in databases.items()}
    boot = uuid7(clock.now())
    for db in databases.values():
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE daemon SET paused = 0")
    for _ in range(WARM_UP + CLAIMS):
        for name, store in stores.items():
            queue = JobQueue(store, boot, Gate(_Silent()), clock)
            claimed = await queue.claim(1, is_idle=False)
            if len(claimed.claims) != 1:
                raise SystemExit(f"{name}: no job was claimed: {claimed}")
    for db in databases.values():
        db.execute("ROLLBACK")
        db.close()
    return {name: store.times[WARM_UP:] for name, store in stores.items()}


class _Silent:
    """In the place of the flight recorder."""

    def note(self, _kind: str, **_data: object) -> None:
        """Nothing is noted."""
