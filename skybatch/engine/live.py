"""What goes on in a batch right now, as only the running engine knows."""

import asyncio
from dataclasses import dataclass

from skybatch.crawl.stop import Wait
from skybatch.crawl.url import split
from skybatch.crawl.web import Web
from skybatch.engine.supervisor import Supervisor
from skybatch.engine.worker import Worker
from skybatch.model.clock import Clock
from skybatch.model.explanation import Live, LiveJob, Neighbours
from skybatch.model.recovery import Recovered
from skybatch.model.vitals import AtWork
from skybatch.model.wording import whole

NEWS_S = 60.0
SILENT_S = 3.0  # most servers answer within one; requests are given up after ten


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Looks at the pool, the gate and the monitor."""

    engine: Supervisor
    web: Web
    clock: Clock
    recovered: Recovered
    started_at: float

    def live(self, batch_id: str) -> Live:
        """Whatever has to do with a batch, and what keeps all of them waiting."""
        pool = self.engine.pool
        return Live(
            workers=pool.size,
            busy=pool.size - pool.free,
            is_paused=pool.is_paused,
            is_clearing=pool.is_clearing,
            store_trouble=self.engine.gate.trouble,
            recovery=self._recovery(),
            jobs={
                worker.claim.job_id: self._job(worker)
                for worker in pool.workers
                if worker.claim.batch_id == batch_id
            },
            findings=tuple(
                finding.sentence
                for finding in self.engine.monitor.findings
                if finding.batch_id == batch_id
            ),
            neighbours=self._neighbours(batch_id),
        )

    def workers(self) -> tuple[AtWork, ...]:
        """What each worker does now; the one that got nowhere for longest comes first."""
        seen = [(worker.claim, self._job(worker), worker) for worker in self.engine.pool.workers]
        seen.sort(key=lambda each: -each[1].progress_age_s)
        return tuple(
            AtWork(
                batch_id=claim.batch_id,
                job_id=claim.job_id,
                domain=claim.target.domain,
                attempt=claim.attempt,
                stage=job.stage,
                stage_for_s=round(job.stage_for_s or 0.0, 3),
                progress_age_s=round(job.progress_age_s, 3),
                pages_fetched=worker.fetched,
                waits_for=job.waits_for,
            )
            for claim, job, worker in seen
        )

    def _recovery(self) -> str | None:
        ago = self.clock.now() - self.started_at
        if not self.recovered.is_anything or ago > NEWS_S:
            return None
        return f"skybatch was started again {whole(ago)} ago and {self.recovered}"

    def _job(self, worker: Worker) -> LiveJob:
        now = self.clock.monotonic()
        return LiveJob(
            stage=worker.stage_name,
            progress_age_s=now - worker.progressed_at,
            stage_for_s=now - worker.stage_at,
            waits_for=self._waits_for(worker.stop.longest, worker.claim.options.per_host_delay_s),
        )

    def _neighbours(self, batch_id: str) -> tuple[Neighbours, ...]:
        """The crowds that jobs of the batch stand in."""
        if self.web.neighbours is None:
            return ()
        hosts = {
            worker.claim.target.host
            for worker in self.engine.pool.workers
            if worker.claim.batch_id == batch_id
        }
        return tuple(
            Neighbours(jobs=len(+place.hosts), limit=place.limit)
            for place in self.web.neighbours.crowded()
            if hosts & set(+place.hosts)
        )

    def _waits_for(self, wait: Wait | None, delay_s: float) -> str | None:
        """In words; `None` for what is over in a moment."""
        if wait is None or wait.is_answered:
            return None
        if wait.url is None:
            return "the time to try a page again"
        host = split(wait.url).host
        if wait.asked_at is None:
            slow_s = self.web.throttle.slow_s(wait.url)
            if slow_s:
                why = f", which is slow or fails and gets {slow_s:g} s more between requests"
            else:
                why = f" (at least {delay_s:g} s between requests)"
            return f"its turn at {host}{why}"
        seconds = asyncio.get_running_loop().time() - wait.asked_at
        return f"an answer from {host}, asked {whole(seconds)} ago" if seconds >= SILENT_S else None
