"""A real database in a temporary directory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skybatch.bus import Bus
from skybatch.model.clock import SystemClock
from skybatch.store.database import Store
from skybatch.store.opening import FILE


class HandClock(SystemClock):
    """A wall clock that a test moves by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
async def store(tmp_path: Path, clock: HandClock, bus: Bus) -> AsyncIterator[Store]:
    store = Store(tmp_path / FILE, clock, bus.publish)
    await store.open()
    yield store
    await store.close()
