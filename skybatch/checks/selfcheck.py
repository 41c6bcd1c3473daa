"""The daemon tries itself: a real job from end to end, and each of its parts alone."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from skybatch.bus import Bus
from skybatch.checks import site
from skybatch.checks.probe import OPTIONS, probe
from skybatch.checks.stages import StageFailed, not_tried, tried
from skybatch.crawl.web import Web
from skybatch.model.batch import Accepted, Submission
from skybatch.model.clock import Clock, rfc3339
from skybatch.model.event import EventType
from skybatch.model.ids import uuid7
from skybatch.model.job import Job
from skybatch.model.selfcheck import STAGES, SelfCheck, Stage
from skybatch.model.state import TERMINAL, JobState
from skybatch.model.target import Entry, Target
from skybatch.store import batches, jobs, staging, steps, submissions
from skybatch.store.database import Store
from skybatch.store.reader import Snapshot

MARKERS = "markers"  # folder of the data directory
KEPT = 20  # marker files
STORE_S, QUEUE_S = 2.5, 5.0
LAG_S = 1.0  # a loop that is late by more does not do its work
OWNER = "self-check"


class SelfChecker:
    """Checks the parts of a daemon that it is given. One check at a time: whoever asks for one
    meanwhile gets that one's result."""

    def __init__(  # noqa: PLR0913 - all that is checked
        self,
        *,
        store: Store,
        web: Web,
        bus: Bus,
        clock: Clock,
        data_dir: Path,
        wake: Callable[[], None],
        obstacle: Callable[[], str | None],
        is_paused: Callable[[], bool],
    ) -> None:
        """`wake`: there may be something to claim; `obstacle`: why nothing is claimed."""
        self._store = store
        self._web = web
        self._bus = bus
        self._clock = clock
        self._data_dir = data_dir
        self._wake = wake
        self._obstacle = obstacle
        self._is_paused = is_paused
        self._running: asyncio.Task[SelfCheck] | None = None

    async def check(self) -> SelfCheck:
        """Try every stage by itself; takes ten seconds at most."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._check(), name="self-check")
        return await asyncio.shield(self._running)

    async def _check(self) -> SelfCheck:
        async with site.serving() as port, self._web.opening(site.ADDRESS, port):
            domain = f"{site.ADDRESS}:{port}"
            target = Target(domain, site.ADDRESS, port, "http", "/")
            loop, parts, (store, queue, job) = await asyncio.gather(
                tried("loop", _loop, limit_s=LAG_S),
                probe(self._web, target),
                self._through_the_store(target),
            )
        found = {stage.stage: stage for stage in (loop, *parts, store, queue)}
        marker = self._data_dir / MARKERS / f"{rfc3339(self._clock.now())}.json"
        found["marker"] = await tried(
            "marker",
            lambda: asyncio.to_thread(_mark, marker, job, list(found.values())),
            limit_s=1.0,
        )
        stages = tuple(found[name] for name in STAGES)
        return SelfCheck(
            ok=all(stage.ok for stage in stages),
            job_id=job.job_id if job else None,
            stages=stages,
            marker_file=str(marker) if found["marker"].ok else None,
        )

    async def _through_the_store(self, target: Target) -> tuple[Stage, Stage, Job | None]:
        ended: list[Job] = []

        async def queue() -> str:
            ended.append(await self._job(target))
            job = ended[-1]
            if job.state is not JobState.COMPLETE:
                raise StageFailed(f"the job ended {job.state}: {job.reason}, {job.detail}")
            return f"a job was submitted, claimed and ended {job.state} in attempt {job.attempt}"

        store = await tried("store", self._commit, limit_s=STORE_S)
        if not store.ok:
            return store, not_tried("queue", store.detail), None
        if self._is_paused():  # it will not end by itself
            return store, not_tried("queue", "the daemon is paused"), None
        through = await tried("queue", queue, limit_s=QUEUE_S)
        if not through.ok and (obstacle := self._obstacle()):
            through = replace(through, detail=f"{through.detail}: {obstacle}")
        return store, through, ended[-1] if ended else None

    async def _commit(self) -> str:
        """A commit, and the checks of before deleted."""
        await self._store.write(staging.hide_checks)
        if not await self._store.read(steps.is_known):
            raise StageFailed("the database lacks the row of the daemon")
        return "a commit, and a read"

    async def _job(self, target: Target) -> Job:
        """A real job, in a batch that no list shows, once it has ended."""
        wanted = Submission(
            batch_id=uuid7(self._clock.now()),
            owner=OWNER,
            max_pages=1,
            max_concurrent_jobs=1,
            options=OPTIONS,
            hidden=True,
        )
        line = Accepted(Entry(0, target.domain), target)
        with self._bus.subscribe() as events:
            await submissions.submit(self._store, wanted, submissions.one_slice([line]))
            self._wake()
            async for event in events:
                if event.type is EventType.JOB_FINISHED and event.batch_id == wanted.batch_id:
                    break
        job = await self._store.read(lambda db: _only_job(db, wanted.batch_id))
        if job.state not in TERMINAL:
            raise StageFailed(f"the daemon stops, and the job is {job.state}")
        return job


def _only_job(db: Snapshot, batch_id: str) -> Job:
    (job,) = jobs.first(db, batches.find(db, batch_id).seq, limit=1)
    return job


def _mark(path: Path, job: Job | None, stages: list[Stage]) -> str:
    """Leave a file that proves, without the API, that a task has run to its end."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    content = {
        "job_id": job.job_id if job else None,
        "stages": {stage.stage: stage.ok for stage in stages},
    }
    path.write_text(json.dumps(content) + "\n", "utf-8")
    for old in sorted(path.parent.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return str(path)


async def _loop() -> str:
    """How late the event loop is."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(0.01)
    late_ms = max(0.0, (loop.time() - began - 0.01) * 1_000)
    return f"{len(asyncio.all_tasks())} tasks, late by {late_ms:.0f} ms"
