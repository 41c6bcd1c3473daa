"""Looks for work that gets nowhere, ends it, and says so."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from skybatch.engine.gate import Gate
from skybatch.engine.pool import Pool
from skybatch.engine.worker import Bench, Worker
from skybatch.model.finding import Finding, FindingKind
from skybatch.store.watching import LOOKED_AT, Quiet

log = structlog.get_logger()

ROUND_SECONDS = 5.0
AWAY_SECONDS = 3 * ROUND_SECONDS  # between two rounds: the process was stopped, or starved
QUIET_SECONDS = 15.0  # a batch that may start a job and does not, with free workers
TURN_SECONDS = 3_600.0  # the longest delay between two requests that an option can ask for


class Monitor:
    """A service: every few seconds a round over workers and batches."""

    name = "monitor"

    def __init__(self, pool: Pool, gate: Gate, bench: Bench, *, stuck_after_s: float) -> None:
        self.rounds = 0
        self.findings: tuple[Finding, ...] = ()  # of the last round
        self.totals: Counter[FindingKind] = Counter()  # since the start
        self._queue = bench.queue
        self._pool = pool
        self._gate = gate
        self._bench = bench
        self._stuck_after_s = stuck_after_s
        self._turn = asyncio.Lock()
        self._round_at = bench.clock.monotonic()
        self._since = bench.clock.now()  # what was quiet before says nothing of this run
        self._after = 0  # the last of the quiet batches that were looked at
        self._suspected: set[tuple[str, str | None, str | None]] = set()
        self._told_stuck: dict[str, float] = {}  # batch -> since when it has been quiet

    async def run_once(self) -> float:
        """One round, in which what is found is mended as well as possible."""
        async with self._turn:
            self._tell(await self._round(is_mending=True))
            self.rounds += 1
        return ROUND_SECONDS

    async def round(self) -> tuple[Finding, ...]:
        """One round now, and what it found."""
        await self.run_once()
        return self.findings

    async def look(self) -> tuple[Finding, ...]:
        """What a round would find now, without touching anything."""
        async with self._turn:
            return tuple(await self._round(is_mending=False))

    async def _round(self, *, is_mending: bool) -> list[Finding]:
        self._forgive()
        self._bench.recorder.check()
        found = [*self._parts(), *await self._workers(is_mending=is_mending)]
        if self._gate.trouble is None:
            found += await self._batches(is_mending=is_mending)
        return found

    def _forgive(self) -> None:
        """Time in which we did not run, or nobody could write, is held against nobody."""
        now = self._bench.clock.monotonic()
        away, self._round_at = now - self._round_at, now
        was_away = away > min(AWAY_SECONDS, self._stuck_after_s / 2 + ROUND_SECONDS)
        if self._gate.trouble is not None or was_away:
            for worker in self._pool.workers:
                worker.progressed_at = now
        if self._gate.trouble is not None or was_away or self._pool.is_paused:
            self._since = self._bench.clock.now()
        self._since = min(self._since, self._bench.clock.now())  # the clock may be set back

    def _parts(self) -> list[Finding]:
        recorder, mark = self._bench.recorder, self._bench.mark
        found = []
        if self._gate.trouble is not None:
            action = "work is paused until it can be written"
            found.append(self._finding(FindingKind.STORE_UNAVAILABLE, self._gate.trouble, action))
        if trouble := recorder.trouble or mark.trouble:
            found.append(self._finding(FindingKind.RECORDER_FAILING, trouble, "it is tried again"))
        return found

    async def _workers(self, *, is_mending: bool) -> list[Finding]:
        found = []
        for worker in self._pool.workers:
            idle_s = self._bench.clock.monotonic() - worker.progressed_at
            if idle_s <= self._patience_s(worker):
                continue
            claim = worker.claim
            sentence = (
                f"{claim.target.domain}: attempt {claim.attempt} has got nowhere for "
                f"{idle_s:.0f} s (stage {worker.stage_name}, last page {worker.url})"
            )
            if is_mending and not await self._break_off(worker, idle_s):
                continue  # it has ended meanwhile
            action = "the attempt was ended" if is_mending else "none"
            kind = FindingKind.WORKER_STUCK
            found.append(
                self._finding(kind, sentence, action, batch_id=claim.batch_id, job_id=claim.job_id)
            )
        return found

    def _patience_s(self, worker: Worker) -> float:
        """Whoever waits for its turn at a host, be it for many others, is slow and not stuck."""
        waits = TURN_SECONDS if worker.stop.waits_for_turn else 0.0
        return self._stuck_after_s + waits

    async def _break_off(self, worker: Worker, idle_s: float) -> bool:
        claim = worker.claim
        stack = await self._pool.break_off(worker, f"no progress for {idle_s:.0f} s")
        if stack is None:
            return False
        log.error("job.stuck", job_id=claim.job_id, stage=worker.stage_name, stack=stack)
        self._bench.recorder.note(
            "job.stuck",
            batch_id=claim.batch_id,
            job_id=claim.job_id,
            attempt=claim.attempt,
            stack=stack,
        )
        return True

    async def _batches(self, *, is_mending: bool) -> list[Finding]:
        now = self._bench.clock.now()
        if now - self._since < QUIET_SECONDS:
            return []
        quiet = await self._queue.quiet_batches(now - QUIET_SECONDS, after=self._after)
        self._after = quiet[-1].seq if len(quiet) == LOOKED_AT else 0  # round and round
        judged = [finding for batch in quiet if (finding := await self._judge(batch))]
        # A job may have been claimed between the look and the judgement: seen twice, it is true.
        found = [finding for finding in judged if finding.subject in self._suspected]
        looked_at = {batch.batch_id for batch in quiet}
        others = {subject for subject in self._suspected if subject[1] not in looked_at}
        self._suspected = others | {finding.subject for finding in judged}
        if is_mending and found:
            self._pool.wake()
        for finding in found if is_mending else ():
            await self._announce(finding, quiet)
        return found

    async def _judge(self, batch: Quiet) -> Finding | None:
        """What is wrong with a quiet batch; `None` when there is an explanation."""
        quiet_s = self._bench.clock.now() - max(batch.quiet_since, self._since)
        since = f"nothing has happened for {quiet_s:.0f} s"
        if batch.may_start and self._pool.obstacle is None:
            sentence = f"{since}, although {self._pool.free} workers are free and jobs may run"
            is_stuck = quiet_s > self._stuck_after_s
            kind = FindingKind.BATCH_STUCK if is_stuck else FindingKind.SLOTS_IDLE
            action = "the pool was woken"
            return self._finding(kind, sentence, action, batch_id=batch.batch_id)
        if quiet_s <= self._stuck_after_s or await self._is_explained(batch):
            return None
        sentence = f"{since}: {batch.running} jobs run, {batch.pending} wait"
        action = "its jobs are taken back when their leases end"
        return self._finding(FindingKind.BATCH_STUCK, sentence, action, batch_id=batch.batch_id)

    async def _is_explained(self, batch: Quiet) -> bool:
        workers = self._pool.workers
        if any(worker.claim.batch_id == batch.batch_id for worker in workers):
            return True  # each of them is watched by itself
        if batch.may_start:
            return self._pool.obstacle is not None  # it waits for its turn
        return await self._queue.has_future(batch.batch_id)

    async def _announce(self, finding: Finding, quiet: Sequence[Quiet]) -> None:
        """Say once that a batch is stuck, for every time that it is."""
        if finding.kind is not FindingKind.BATCH_STUCK:
            return
        for batch in quiet:
            is_told = self._told_stuck.get(batch.batch_id) == batch.quiet_since
            if batch.batch_id == finding.batch_id and not is_told:
                self._told_stuck[batch.batch_id] = batch.quiet_since
                await self._queue.note_stuck(batch.batch_id, finding.sentence)

    def _tell(self, found: list[Finding]) -> None:
        known = {finding.subject for finding in self.findings}
        for finding in found:
            if finding.subject in known:
                continue
            self.totals[finding.kind] += 1
            log.warning(
                "monitor.finding",
                kind=finding.kind.value,
                sentence=finding.sentence,
                action=finding.action,
                batch_id=finding.batch_id,
                job_id=finding.job_id,
            )
        self.findings = tuple(found)

    def _finding(
        self,
        kind: FindingKind,
        sentence: str,
        action: str,
        *,
        batch_id: str | None = None,
        job_id: str | None = None,
    ) -> Finding:
        return Finding(kind, sentence, action, self._bench.clock.now(), batch_id, job_id)
