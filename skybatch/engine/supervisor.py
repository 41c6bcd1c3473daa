"""Runs the services of the engine side by side, and stops them in order."""

import asyncio
from collections.abc import Mapping, Sequence

from skybatch.engine.discarder import Discarder
from skybatch.engine.gate import Gate, Probe
from skybatch.engine.inspector import AFTER_ERROR_SECONDS, Inspector
from skybatch.engine.lease import LeaseKeeper
from skybatch.engine.monitor import Monitor
from skybatch.engine.pool import Pool
from skybatch.engine.rereader import Rereader
from skybatch.engine.rescuer import Rescuer
from skybatch.engine.service import Loop, Service
from skybatch.engine.stopped import StoppedBatches
from skybatch.engine.timekeeper import Timekeeper
from skybatch.engine.worker import Bench
from skybatch.store.database import Store


class Supervisor:
    """The engine: a pool of workers and the duties around it, each in a loop of its own."""

    def __init__(
        self,
        store: Store,
        bench: Bench,
        gate: Gate,
        *,
        workers: int,
        stuck_after_s: float,
        besides: Sequence[Loop] = (),
    ) -> None:
        """`besides` are loops of others that run and end with these."""
        self._store = store
        self._queue = queue = bench.queue
        self.gate = gate
        self.pool = pool = Pool(workers, bench)
        self.monitor = Monitor(pool, gate, bench, stuck_after_s=stuck_after_s)
        duties: Sequence[Service] = (
            LeaseKeeper(queue, lambda: pool.held),
            Rescuer(queue, pool.settled),
            StoppedBatches(queue),
            Probe(store, gate),
            Timekeeper(queue, bench.clock),
            self.monitor,
        )
        self._pool_loop = Loop(pool, unavailable=gate.close)
        self._discarder = Loop(Discarder(store), unavailable=gate.close)
        self._rereader = Rereader(store, bench.web)
        self._rereader_loop = Loop(self._rereader, unavailable=gate.close)
        inspector = Loop(
            Inspector(store), unavailable=gate.close, after_error_seconds=AFTER_ERROR_SECONDS
        )
        others = (Loop(duty, unavailable=gate.close) for duty in duties)
        self._loops = [self._pool_loop, self._discarder, self._rereader_loop, inspector, *others]
        self._loops += besides
        pool.wake = self._pool_loop.wake

    def wake(self) -> None:
        """There may be something to claim, to delete, or to read again."""
        self._pool_loop.wake()
        self._discarder.wake()
        self._rereader_loop.wake()

    @property
    def failures(self) -> Mapping[str, int]:
        """Rounds that a bug has ended, by the name of the service."""
        return {loop.name: loop.failures for loop in self._loops}

    async def pause(self) -> None:
        """Let everything rest, also over a restart."""
        await self._queue.pause()
        await self.pool.pause()

    async def resume(self) -> None:
        """Let everything go on."""
        await self._queue.resume()
        self.pool.resume()

    async def run(self) -> None:
        """Until `stop`. A loop never ends on its own; if one did, all would end, and be seen."""
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(loop.run())

    async def stop(self, drain_seconds: float) -> None:
        """Drain the pool while leases are still kept, then end the loops."""
        self._rereader.stop()
        await self.pool.drain(drain_seconds)
        for loop in self._loops:
            loop.stop()
        await self._store.stop_inspecting()
