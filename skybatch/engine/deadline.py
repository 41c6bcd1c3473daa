"""Ends batches that ran out of time."""

import structlog

from skybatch.engine.queue import JobQueue

log = structlog.get_logger()

REST_SECONDS = 1.0


class DeadlineKeeper:
    """A service: ends the pending jobs of batches past their deadline; workers end their own."""

    name = "deadlines"

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    async def run_once(self) -> float:
        """End what is overdue."""
        for batch_id in await self._queue.end_overdue():
            log.warning("batch.deadline_passed", batch_id=batch_id)
        return REST_SECONDS
