"""What reading pages has taken since the start, and what is being read."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.reader import Reader, ReadingFailed
from skybatch.model.durations import Durations
from skybatch.model.facts import RawPage, Reading

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
ENOUGH = 3  # pages in the hands of a process: it waits for none


@dataclass(frozen=True, slots=True)
class Load:
    """The processes that read, and the pages on their way."""

    pids: tuple[int, ...] = ()
    in_hand: int = 0  # pages that are with a process
    waiting: int = 0  # pages that are not yet
    cpu_s: float = 0.0  # of the processor for all pages, since the start
    ended: int = 0  # processes that have ended, since the start

    @property
    def is_late(self) -> bool:
        """Whether every process has enough to do, and more is there."""
        return self.waiting > 0 or self.in_hand > ENOUGH * len(self.pids)


def no_load() -> Load:
    """Pages are read in this process."""
    return Load()


class Readings:
    """Pages that were read, counted."""

    def __init__(self) -> None:
        self.durations = Durations(_BOUNDS)  # with the time that a page waits for a process
        self.refused = 0  # too complex
        self.failed = 0  # a bug of ours


class Counting:
    """A reader that counts what another one reads."""

    def __init__(self, reader: Reader, readings: Readings) -> None:
        self._reader = reader
        self._readings = readings

    async def __call__(self, raw: RawPage, within: AbstractContextManager[object]) -> Reading:
        began = time.perf_counter()
        try:
            reading = await self._reader(raw, within)
        except FetchError:
            self._readings.refused += 1
            raise
        except ReadingFailed:
            self._readings.failed += 1
            raise
        self._readings.durations.add(time.perf_counter() - began)
        return reading
