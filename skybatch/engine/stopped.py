"""Ends what pends in batches that were cancelled, or ran out of time."""

import structlog

from skybatch.engine.queue import JobQueue

log = structlog.get_logger()

REST_SECONDS = 1.0


class StoppedBatches:
    """A service: ends their pending jobs, a slice a round; workers end their own."""

    name = "stopped"

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    async def run_once(self) -> float:
        """End a slice; without rest as long as there is one."""
        stopped = await self._queue.end_stopped()
        if stopped is None:
            return REST_SECONDS
        log.info(
            "jobs.stopped",
            batch_id=stopped.batch_id,
            reason=stopped.reason.value,
            jobs=stopped.jobs,
        )
        return 0.0
