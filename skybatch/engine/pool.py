"""The pool: as many workers as configured, each an attempt at one job.

A worker is a task that carries one claim. When it ends, however it ends, its place is free and the
next claim gets a new one: there is no long-lived worker that could die unseen.
"""

import asyncio
from collections.abc import Callable

import structlog

from skybatch.engine.worker import Bench, Worker
from skybatch.model.event import Event, EventType
from skybatch.model.job import Claim
from skybatch.model.outcome import Ended

log = structlog.get_logger()

IDLE_SECONDS = 5.0  # a look at the queue although nothing was announced
FULL_SECONDS = 30.0  # every place is taken: a worker that ends wakes us
_STOPS = {
    EventType.BATCH_CANCELLED: Ended.CANCELLED,
    EventType.BATCH_PAUSED: Ended.DRAINED,  # given back uncharged; claimed again when it goes on
}


class Pool:
    """A service: each round claims jobs for the places that are free."""

    name = "pool"

    def __init__(self, size: int, bench: Bench) -> None:
        self.size = size
        self.wake: Callable[[], None] = lambda: None  # of the loop that this service runs in
        self._bench = bench
        self._workers: dict[asyncio.Task[None], Worker] = {}
        self._is_draining = False
        self._claiming = asyncio.Lock()

    @property
    def held(self) -> list[Claim]:
        """The jobs in the hands of workers."""
        return [worker.claim for worker in self._workers.values()]

    async def run_once(self) -> float:
        """Claim for the free places; rest until the next job is due, or until woken."""
        async with self._claiming:
            free = self.size - len(self._workers)
            if self._is_draining or free <= 0:
                return FULL_SECONDS
            claimed = await self._bench.queue.claim(free)
            for claim in claimed.claims:
                self._start(Worker(claim, self._bench))
        if claimed.next_ready_at is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.0, claimed.next_ready_at - self._bench.clock.now()))

    def _start(self, worker: Worker) -> None:
        if self._is_draining:
            worker.stop.ask(Ended.DRAINED)
        task = asyncio.create_task(worker.run(), name=f"job {worker.claim.target.domain}")
        self._workers[task] = worker
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        worker = self._workers.pop(task)
        if not task.cancelled() and (error := task.exception()):
            # A bug in the worker itself. Its lease runs out, and the rescuer puts the job back.
            log.error("worker.died", job_id=worker.claim.job_id, exc_info=error)
        self.wake()

    def hear(self, event: Event) -> None:
        """A batch was cancelled or paused: its running jobs stop; or resumed: they may go on."""
        if event.type is EventType.BATCH_RESUMED:
            self.wake()
        if event.type not in _STOPS:
            return
        for worker in self._workers.values():
            if worker.claim.batch_id == event.batch_id:
                worker.stop.ask(_STOPS[event.type])

    async def drain(self, seconds: float) -> None:
        """Claim nothing more; let pages in flight finish for so long, then give the rest back."""
        self._is_draining = True
        for worker in self._workers.values():
            worker.stop.ask(Ended.DRAINED)
        async with self._claiming:  # what a round under way claims is drained as well
            running = set(self._workers)
        if running:
            await asyncio.wait(running, timeout=seconds)
        late = dict(self._workers)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        await asyncio.gather(*(worker.release() for worker in late.values()))
