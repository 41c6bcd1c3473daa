"""The pool: as many workers as configured, each an attempt at one job.

A worker is a task that carries one claim. When it ends, however it ends, its place is free and the
next claim gets a new one: there is no long-lived worker that could die unseen.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from skybatch.engine.worker import Bench, Worker
from skybatch.model.durations import Durations
from skybatch.model.event import Event, EventType
from skybatch.model.job import Claim
from skybatch.model.outcome import Ended
from skybatch.model.text import storable

log = structlog.get_logger()

IDLE_SECONDS = 5.0  # a look at the queue although nothing was announced
STARTING_SECONDS = 0.05  # until the processes that read pages are there
FULL_SECONDS = 30.0  # every place is taken: a worker that ends wakes us
_CLAIM_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BREAK_SECONDS = 1.0  # for a worker to notice that it is cancelled
_STOPS = {
    EventType.BATCH_CANCELLED: Ended.CANCELLED,
    EventType.BATCH_PAUSED: Ended.DRAINED,  # given back uncharged; claimed again when it goes on
}


class Pool:
    """A service: each round claims jobs for the places that are free."""

    name = "pool"

    def __init__(self, size: int, bench: Bench) -> None:
        self.size = size
        self.claims = 0  # jobs claimed since the start
        self.claim_s = Durations(_CLAIM_BOUNDS)  # looks at the queue, with their commits
        self.wake: Callable[[], None] = lambda: None  # of the loop that this service runs in
        self._bench = bench
        self._workers: dict[asyncio.Task[None], Worker] = {}
        self._behind: set[asyncio.Task[None]] = set()  # end the attempts of workers that died
        self.is_clearing = False  # nothing is claimed until a job that must run alone has run
        self.is_paused = False  # kept in the database; this is what it was last told
        self._is_draining = False
        self._claiming = asyncio.Lock()

    @property
    def held(self) -> list[Claim]:
        """The jobs in the hands of workers."""
        return [worker.claim for worker in self._workers.values()]

    @asynccontextmanager
    async def settled(self) -> AsyncIterator[list[Claim]]:
        """The jobs in the hands of workers. Inside, no claim is under way: it would be in nobody's
        hands, and after a stop of the process its lease may have ended on the way."""
        async with self._claiming:
            yield self.held

    @property
    def workers(self) -> list[Worker]:
        """Who works."""
        return list(self._workers.values())

    @property
    def free(self) -> int:
        """Places without a worker."""
        return self.size - len(self._workers)

    @property
    def obstacle(self) -> str | None:
        """Why nothing is claimed at the moment."""
        if self.is_paused:
            return "the daemon is paused"
        if not self._bench.web.can_read():
            return "no process reads pages yet"
        if self.free <= 0:
            return f"all {self.size} workers are busy"
        return "a job runs alone" if self.is_clearing else None

    async def run_once(self) -> float:
        """Claim for the free places; rest until the next job is due, or until woken."""
        if not self._bench.web.can_read():
            # What is fetched now could not be stored for a while, and would be asked for again
            # should we be killed meanwhile.
            return STARTING_SECONDS
        async with self._claiming:
            if self._is_draining or self.free <= 0 or self._is_reserved:
                self.is_clearing = self._is_reserved
                return IDLE_SECONDS if self.is_clearing else FULL_SECONDS
            began = self._bench.clock.monotonic()
            claimed = await self._bench.queue.claim(self.free, is_idle=not self._workers)
            self.claim_s.add(self._bench.clock.monotonic() - began)
            self.is_paused = claimed.is_paused
            self.claims += len(claimed.claims)
            for claim in claimed.claims:
                self._start(Worker(claim, self._bench, relieved=lambda: self.wake()))
        self.is_clearing = claimed.must_clear
        if claimed.must_clear:
            self.stop_all()
            return FULL_SECONDS
        if claimed.next_ready_at is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.0, claimed.next_ready_at - self._bench.clock.now()))

    @property
    def _is_reserved(self) -> bool:
        """Whether a job runs that must run alone."""
        return any(worker.is_alone for worker in self._workers.values())

    def _start(self, worker: Worker) -> None:
        if self._is_draining:
            worker.stop.ask(Ended.DRAINED)
        task = asyncio.create_task(worker.run(), name=f"job {worker.claim.target.domain}")
        self._workers[task] = worker
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        worker = self._workers.pop(task)
        if not task.cancelled() and (error := task.exception()):
            # A bug in the worker itself. Should this fail too, the rescuer takes the job back.
            log.error("worker.died", job_id=worker.claim.job_id, exc_info=error)
            stack = storable("".join(traceback.format_exception(error)))
            ending = asyncio.create_task(worker.give_back(Ended.CRASHED, "its worker died", stack))
            self._behind.add(ending)
            ending.add_done_callback(self._behind.discard)
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

    async def pause(self) -> None:
        """The daemon rests: what runs is given back, nothing is claimed until `resume`."""
        async with self._claiming:  # what a round under way has claimed is given back as well
            self.is_paused = True
            self.stop_all()

    def resume(self) -> None:
        """The daemon goes on."""
        self.is_paused = False
        self.wake()

    def stop_all(self) -> None:
        """Give back every job, uncharged: pages in flight finish, nothing more is asked for."""
        for worker in self._workers.values():
            worker.stop.ask(Ended.DRAINED)

    async def break_off(self, worker: Worker, detail: str) -> str | None:
        """End an attempt that gets nowhere; returns the stack where it hung, `None` when it has
        ended meanwhile."""
        for task, other in list(self._workers.items()):
            if other is worker:
                stack = stack_of(task)
                task.cancel()
                await asyncio.wait({task}, timeout=BREAK_SECONDS)
                await worker.give_back(Ended.STUCK, detail, stack)
                return stack
        return None

    async def drain(self, seconds: float) -> None:
        """Claim nothing more; let pages in flight finish for so long, then give the rest back."""
        self._is_draining = True
        self.stop_all()
        async with self._claiming:  # what a round under way claims is drained as well
            running = set(self._workers)
        if running:
            await asyncio.wait(running, timeout=seconds)
        late = dict(self._workers)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        given_back = (worker.give_back(Ended.DRAINED) for worker in late.values())
        await asyncio.gather(*given_back, *self._behind)


def stack_of(task: "asyncio.Task[None]") -> str:
    """What a task awaits, from the outermost call to the innermost, and its lanes likewise."""
    name = task.get_name()
    lanes = [other for other in asyncio.all_tasks() if other.get_name().startswith(f"{name}, ")]
    return storable("".join(f"{each.get_name()}:\n{_awaits(each)}" for each in (task, *lanes)))


def _awaits(task: "asyncio.Task[None]") -> str:
    lines = []
    waiting: object = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        if frame is None:
            lines.append(f"  {waiting!r}\n")
            break
        lines += traceback.format_list(traceback.extract_stack(frame, limit=1))
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
    return "".join(lines)
