"""Follows the clock of the machine, also when somebody sets it."""

import structlog

from skybatch.engine.queue import JobQueue
from skybatch.model.clock import SteadyClock

log = structlog.get_logger()

ROUND_SECONDS = 1.0
SLEW_SECONDS = 0.5  # a clock that is corrected moves that much at a time, unnoticed


class Timekeeper:
    """A service: small corrections of the clock are taken over, a step takes all waits along."""

    name = "timekeeper"

    def __init__(self, queue: JobQueue, clock: SteadyClock) -> None:
        self._queue = queue
        self._clock = clock

    async def run_once(self) -> float:
        """Compare, and catch up."""
        seconds = self._clock.behind_s
        if abs(seconds) <= SLEW_SECONDS:
            self._clock.step(seconds)
        else:
            await self._queue.follow_clock(seconds)
            log.warning("clock.stepped", seconds=round(seconds, 3))
        return ROUND_SECONDS
