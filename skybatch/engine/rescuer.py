"""Takes jobs back from workers that are gone."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from skybatch.engine.queue import LEASE_SECONDS, JobQueue
from skybatch.model.job import Claim

log = structlog.get_logger()


class Rescuer:
    """A service: looks for leases that ran out."""

    name = "rescuer"

    def __init__(
        self, queue: JobQueue, settled: Callable[[], AbstractAsyncContextManager[Sequence[Claim]]]
    ) -> None:
        """`settled` gives the jobs in the hands of workers, and keeps others from being claimed."""
        self._queue = queue
        self._settled = settled

    async def run_once(self) -> float:
        """Put back what nobody works on."""
        async with self._settled() as held:
            rescued = await self._queue.rescue(held)
        if rescued.jobs:
            log.error("jobs.rescued", jobs=rescued.jobs, pages_kept=rescued.pages_kept)
        return LEASE_SECONDS / 2
