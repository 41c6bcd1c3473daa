"""The composition root: builds every part, starts and stops them in written order."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import structlog

import skybatch
from skybatch import garbage
from skybatch.access import FILE as TOKEN_FILE
from skybatch.access import Access, Links, open_access
from skybatch.api.app import build_app
from skybatch.api.context import Context, Limits
from skybatch.api.listening import listening
from skybatch.bus import Bus
from skybatch.checks.selfcheck import SelfChecker
from skybatch.config import Config
from skybatch.config.settings import settings
from skybatch.crawl.web import open_web
from skybatch.crawling import fetch_settings
from skybatch.delivering import open_deliverer, outbox_of
from skybatch.engine.gate import Gate
from skybatch.engine.live import Onlooker
from skybatch.engine.queue import JobQueue
from skybatch.engine.service import Loop
from skybatch.engine.supervisor import Supervisor
from skybatch.engine.vitals import Vitals
from skybatch.engine.worker import Bench
from skybatch.errors import StoreUnusable
from skybatch.extract import merge
from skybatch.logs import log_event
from skybatch.metrics.loop_lag import loop_lag
from skybatch.metrics.parts import Parts
from skybatch.metrics.requests import Requests
from skybatch.metrics.scraping import Metrics
from skybatch.metrics.transitions import Transitions
from skybatch.model.clock import SteadyClock
from skybatch.model.finding import Finding
from skybatch.model.ids import uuid7
from skybatch.model.recovery import Asked, Recovered
from skybatch.model.selfcheck import SelfCheck
from skybatch.model.vitals import Shown
from skybatch.recorder.black_box import BlackBox
from skybatch.recorder.flight import Recorder
from skybatch.signals import asked_to_stop
from skybatch.store import pausing, staging
from skybatch.store.database import Store
from skybatch.store.lock import DirectoryLock
from skybatch.store.opening import FILE, data_folder

log = structlog.get_logger()

ADDRESS_FILE = "address"


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever started a daemon wants to know once it is ready."""

    url: str
    token_file: Path | None  # None when the token is in the configuration
    recovered: Recovered
    is_paused: bool  # as a whole, by somebody, before the start
    new_code: Callable[[], str]  # for a link that signs in once


@dataclass(frozen=True, slots=True)
class Controls:
    """What the API may do to the daemon as a whole."""

    engine: Supervisor
    checker: SelfChecker

    async def pause(self) -> None:
        await self.engine.pause()

    async def resume(self) -> None:
        await self.engine.resume()

    async def look(self) -> tuple[Finding, ...]:
        return await self.engine.monitor.look()

    async def round(self) -> tuple[Finding, ...]:
        return await self.engine.monitor.round()

    async def check(self) -> SelfCheck:
        return await self.checker.check()


@dataclass(frozen=True, slots=True)
class Daemon:
    """The running parts that the outside needs."""

    started: Started
    engine: Supervisor
    bus: Bus
    recorder: Recorder
    failed: asyncio.Future[None]  # ends when the engine does


async def serve(config: Config, announce: Callable[[Started], None]) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code. Raises AlreadyRunning, StoreUnusable.

    The first signal drains; the second one stops at once.
    """
    os.umask(0o077)  # what is found about people is for the owner's eyes
    asked = asked_to_stop()
    async with run(config) as daemon:
        announce(daemon.started)
        await asyncio.wait({asked, daemon.failed}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            log.error("daemon.engine_ended")
            return 1
        log.info("daemon.draining", seconds=config.workers.drain_s)
        daemon.recorder.note("daemon.draining", seconds=config.workers.drain_s)
        daemon.bus.close()  # who listens hears the end now, and asks again when we are back
        await daemon.engine.stop(config.workers.drain_s)
    return 0


@asynccontextmanager
async def run(config: Config) -> AsyncIterator[Daemon]:
    """A whole daemon on the running loop; at the end everything is closed in reverse order."""
    clock, bus = SteadyClock(), Bus()
    boot = uuid7(clock.now())
    async with AsyncExitStack() as stack:
        folder = data_folder(config.store.data_dir)
        lock = DirectoryLock(folder)
        stack.callback(lock.release)
        box = stack.enter_context(_black_box(folder, boot, clock))
        bus.listen(log_event)
        bus.listen(box.recorder.hear)
        bus.listen((transitions := Transitions()).hear)
        outbox = outbox_of(config)
        store = Store(folder / FILE, clock, bus.publish, before_commit=outbox.fill)
        await store.open()
        stack.push_async_callback(store.close)
        access = await open_access(store, folder, config.auth.token)

        queue = JobQueue(store, boot, gate := Gate(box.recorder), clock, bus)
        asked = box.asked()
        recovered = await _recover(store, queue, box, asked)
        transitions.recovered(recovered)
        fetching = fetch_settings(config)
        fetch_web = await stack.enter_async_context(open_web(fetching, clock))
        fetch_web.throttle.recall({each.url: clock.now() - each.at for each in asked})
        bench = Bench(
            queue, fetch_web, clock, box.recorder, box.mark, config.crawl.max_retry_after_s
        )
        deliverer = await stack.enter_async_context(
            open_deliverer(config, fetching, folder, store, outbox, clock)
        )
        delivering = Loop(deliverer, unavailable=gate.close)
        deliverer.wake = delivering.wake
        bus.listen(deliverer.hear)
        engine = Supervisor(
            store,
            bench,
            gate,
            workers=config.workers.count,
            stuck_after_s=config.monitor.stuck_after_s,
            besides=[delivering],
        )
        engine.pool.is_paused = await store.write(pausing.is_daemon_paused)
        bus.listen(engine.pool.hear)
        running = asyncio.create_task(engine.run(), name="engine")
        stack.push_async_callback(_stop, engine, running)
        lags = await stack.enter_async_context(loop_lag())
        parts = Parts(
            store, bus, engine, bench, transitions, Requests(), lags, deliverer, clock.now()
        )
        links = Links(lambda: config.auth.token or (folder / TOKEN_FILE).read_text("ascii").strip())
        context = _context(config, folder, access, links, parts, recovered)
        url = await stack.enter_async_context(
            listening(build_app(context), config.server.host, config.server.port)
        )
        stack.callback(bus.close)
        _write_address(folder / ADDRESS_FILE, url)
        token_file = None if config.auth.token else folder / TOKEN_FILE
        log.info("daemon.ready", url=url, version=skybatch.__version__, pid=os.getpid())
        box.recorder.note("daemon.ready", url=url)
        preparing = asyncio.create_task(_prepare_merging(), name="preparing")
        stack.callback(preparing.cancel)
        yield Daemon(
            Started(url, token_file, recovered, engine.pool.is_paused, links.new),
            engine,
            bus,
            box.recorder,
            running,
        )


async def _prepare_merging() -> None:
    """Read what the first page would otherwise wait for, while nobody has any descriptor yet; a
    submission is taken without it, and between the steps. Not in a thread: that would fight the
    loop for the interpreter while the first batch comes in."""
    for prepare in merge.PREPARATIONS:
        try:
            prepare()
        except OSError as error:  # the first page tries again
            log.error("daemon.not_prepared", error=error.strerror)
        await asyncio.sleep(0)
    garbage.keep()


def _context(
    config: Config,
    folder: Path,
    access: Access,
    links: Links,
    parts: Parts,
    recovered: Recovered,
) -> Context:
    """What the API may see of the parts, and do with them."""
    store, bus, engine, bench = parts.store, parts.bus, parts.engine, parts.bench
    clock, started_at = bench.clock, parts.started_at
    checker = SelfChecker(
        store=store,
        web=bench.web,
        bus=bus,
        clock=clock,
        data_dir=folder,
        wake=engine.wake,
        obstacle=lambda: engine.pool.obstacle,
        is_paused=lambda: engine.pool.is_paused,
    )
    onlooker = Onlooker(engine, bench.web, clock, recovered, started_at)
    return Context(
        store=store,
        bus=bus,
        auth=access,
        links=links,
        vitals=Vitals(onlooker, bench.recorder, _shown(config)),
        metrics=Metrics(parts),
        control=Controls(engine, checker),
        data_dir=folder,
        wake=engine.wake,
        wake_deliverer=parts.deliverer.wake,
        defaults=config.crawl.options,
        default_concurrency=config.workers.count,
        clock=clock,
        limits=Limits(),
        answered=parts.requests.answered,
        custom_fields=tuple(field.name for field in config.extract.field),
        live=onlooker.live,
    )


def _shown(config: Config) -> dict[str, dict[str, Shown]]:
    """The configuration in force, without its secrets."""
    return {
        section: {each.key: Shown(each.shown, each.source) for each in members}
        for section, members in groupby(settings(config), lambda each: each.section)
    }


def _black_box(folder: Path, boot: str, clock: SteadyClock) -> BlackBox:
    try:
        return BlackBox(folder, boot, clock)
    except OSError as error:
        raise StoreUnusable(f"{folder} cannot be used: {error.strerror}") from error


async def _recover(
    store: Store, queue: JobQueue, box: BlackBox, asked: Sequence[Asked]
) -> Recovered:
    """Make good what the end of the last run left: cut-off batches, jobs without a worker."""
    if words := box.words.left():
        log.error("daemon.had_crashed", stack=words)
        box.recorder.note("daemon.had_crashed", stack=words)
        box.words.told()
    if step := await queue.resume_clock():
        log.warning("clock.was_set_back", seconds=round(step, 3))
    await store.write(staging.abandon_all)
    pages = [each for each in asked if each.is_page]
    recovered = await queue.recover(box.mark.left(), pages)
    box.mark.clear()  # only now: a kill in between must find it again
    if recovered.is_anything:
        log.info("daemon.recovered", report=str(recovered), **asdict(recovered))
        box.recorder.note("daemon.recovered", report=str(recovered), **asdict(recovered))
    return recovered


def _write_address(path: Path, url: str) -> None:
    """Tell the command line where we are."""
    try:
        path.write_text(url + "\n", "ascii")
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be written: {error.strerror}") from error


async def _stop(engine: Supervisor, running: "asyncio.Task[None]") -> None:
    """End the engine on every way out; after a drain there is nothing left to wait for."""
    await engine.stop(0.0)
    await running
