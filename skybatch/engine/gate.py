"""The gate in front of the database: closed while it cannot be written, so that work pauses."""

import asyncio

import structlog

from skybatch.errors import StoreUnavailable
from skybatch.recorder.flight import Recorder
from skybatch.store.database import Store

log = structlog.get_logger()

ROUND_SECONDS = 1.0
STALL_SECONDS = 10.0


class Gate:
    """Closed by whoever sees a write fail, opened by the service that sees one succeed."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._open = asyncio.Event()
        self._open.set()
        self.trouble: str | None = None  # why it is closed

    def close(self, error: StoreUnavailable) -> None:
        """A write failed: nothing of it is stored."""
        if self.trouble is None:
            log.error("store.unavailable", error=str(error), effect="work is paused")
            self._recorder.note("store.unavailable", error=str(error))
        self.trouble = str(error)
        self._open.clear()

    def open(self) -> None:
        """A write succeeded."""
        if self.trouble is not None:
            log.info("store.available", effect="work goes on")
            self._recorder.note("store.available")
        self.trouble = None
        self._open.set()

    async def passed(self) -> None:
        """Until it is open."""
        await self._open.wait()


class Probe:
    """A service: while the gate is closed, tries to write, and opens it."""

    name = "probe"

    def __init__(self, store: Store, gate: Gate) -> None:
        self._store = store
        self._gate = gate

    async def run_once(self) -> float:
        """Try, when there is a reason to. A disk that stands still raises no error: whoever waits
        for it is told of it here."""
        if self._gate.trouble is None and (seconds := self._store.stalled_s) > STALL_SECONDS:
            self._gate.close(StoreUnavailable(f"the disk has not answered for {seconds:.0f} s"))
        if self._gate.trouble is not None:
            try:
                await self._store.probe()
            except StoreUnavailable as error:
                self._gate.close(error)
            else:
                self._gate.open()
        return ROUND_SECONDS
