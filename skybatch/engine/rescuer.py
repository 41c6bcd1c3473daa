"""Takes jobs back from workers that are gone."""

from collections.abc import Callable, Sequence

import structlog

from skybatch.engine.queue import LEASE_SECONDS, JobQueue
from skybatch.model.job import Claim

log = structlog.get_logger()


class Rescuer:
    """A service: looks for leases that ran out."""

    name = "rescuer"

    def __init__(self, queue: JobQueue, held: Callable[[], Sequence[Claim]]) -> None:
        self._queue = queue
        self._held = held

    async def run_once(self) -> float:
        """Put back what nobody works on."""
        rescued = await self._queue.rescue(self._held())
        if rescued.jobs:
            log.error("jobs.rescued", jobs=rescued.jobs, pages_kept=rescued.pages_kept)
        return LEASE_SECONDS / 2
