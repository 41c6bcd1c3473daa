"""Runs the services of the engine side by side, and stops them in order."""

import asyncio
from collections.abc import Sequence

from skybatch.engine.lease import LeaseKeeper
from skybatch.engine.pool import Pool
from skybatch.engine.queue import JobQueue
from skybatch.engine.rescuer import Rescuer
from skybatch.engine.service import Loop, Service
from skybatch.engine.stopped import StoppedBatches


class Supervisor:
    """The engine: a pool of workers and the duties around it, each in a loop of its own."""

    def __init__(self, queue: JobQueue, pool: Pool) -> None:
        self.pool = pool
        duties: Sequence[Service] = (
            LeaseKeeper(queue, lambda: pool.held),
            Rescuer(queue, lambda: pool.held),
            StoppedBatches(queue),
        )
        self._pool_loop = Loop(pool)
        self._loops = [self._pool_loop, *(Loop(duty) for duty in duties)]
        pool.wake = self._pool_loop.wake

    def wake(self) -> None:
        """There may be something to claim."""
        self._pool_loop.wake()

    async def run(self) -> None:
        """Until `stop`. A loop never ends on its own; if one did, all would end, and be seen."""
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(loop.run())

    async def stop(self, drain_seconds: float) -> None:
        """Drain the pool while leases are still kept, then end the loops."""
        await self.pool.drain(drain_seconds)
        for loop in self._loops:
            loop.stop()
