"""Reads pages in processes beside this one, so that no page can hold the loop up or take us down.

A process that dies had some pages in its hands, and one of them may have killed it. Each of them
is then read alone: what kills a process again is the one, and its reason is `too_complex`. Pages of
its host, and large ones, are read one at a time, and others go first: they hold up nobody else, and
no two processes need much memory at a time.
"""

import asyncio
import signal
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import replace

import structlog

from skybatch.crawl import frames
from skybatch.crawl.frames import PAGE_CPU_S
from skybatch.crawl.in_hand import Page, Process
from skybatch.crawl.reader import ReadingFailed, too_complex
from skybatch.crawl.readings import ENOUGH, Load
from skybatch.crawl.slow_hosts import SlowHosts
from skybatch.crawl.spawning import spawned
from skybatch.crawl.url import parts_of
from skybatch.model.clock import Clock
from skybatch.model.facts import RawPage, Reading
from skybatch.model.own import NONE, Additions

log = structlog.get_logger()

# What a page does to the process that reads it; everything else was done from outside, or is ours.
_BY_A_PAGE: Mapping[int, str] = {
    signal.SIGPROF: f"reading it takes more than {PAGE_CPU_S:g} s of the processor",
    signal.SIGSEGV: "it breaks the parser",
    signal.SIGBUS: "it breaks the parser",
    signal.SIGABRT: "it breaks the parser",
}
_PATIENCE_S = 0.5  # after which a slow page waits for no others
# A page is given 2 s of the processor, which a process that goes last may wait for; one that is
# silent so long is stuck.
_SILENCE_S = 60.0
_LOOK_S = 1.0
_REST_S, _MAX_REST_S = 1.0, 30.0  # before a process that died without having read anything starts


class ReadingPool:
    """A reader with processes of its own. Open it with `reading_pool`."""

    def __init__(self, clock: Clock, additions: Additions) -> None:
        self._clock = clock
        self._additions = frames.framed(additions)
        self._processes: list[Process] = []
        self._waiting: deque[Page] = deque()
        self._slow: deque[Page] = deque()  # large pages, and those of hosts in `_slow_hosts`
        self._slow_hosts = SlowHosts()
        self._is_short = asyncio.Event()  # a page found no process with little to do
        self._looked_at = clock.monotonic()
        self._cpu_s = 0.0  # of the processor, for all pages
        self._ended = 0  # processes

    def is_ready(self) -> bool:
        """Whether a process is there."""
        return bool(self._processes)

    def load(self) -> Load:
        """The processes, and the pages on their way."""
        return Load(
            pids=tuple(process.pid for process in self._processes),
            in_hand=sum(len(process.pages) for process in self._processes),
            waiting=len(self._waiting) + len(self._slow),
            cpu_s=self._cpu_s,
            ended=self._ended,
        )

    async def __call__(self, raw: RawPage, _within: AbstractContextManager[object]) -> Reading:
        """Read a page; `_within` is not entered, as it cannot take this process down."""
        host = parts_of(raw.url).host
        page = Page(raw, host, asyncio.get_running_loop().create_future())
        self._queue(page)
        self._hand_out()
        return await page.answer

    def _queue(self, page: Page) -> None:
        page.queued_at = self._clock.monotonic()
        (self._slow if self._is_slow(page) else self._waiting).append(page)

    def _hand_out(self) -> None:
        """Give what waits to the processes, each to the one with the least to do."""
        if self._slow and self._clock.monotonic() - self._slow[0].queued_at > _PATIENCE_S:
            self._give_slow()
            if self._slow and not self._has_slow_in_hand() and any(self._in_hand()):
                return  # one that needs a process for itself waits for no more of the others
        while self._waiting and self._give(self._waiting[0]):
            self._waiting.popleft()
        if not self._waiting:
            self._give_slow()

    def _give_slow(self) -> None:
        while self._slow and not self._slow[0].is_wanted:
            self._slow.popleft()
        if not self._slow or self._has_slow_in_hand():
            return
        if self._give(self._slow[0]):
            self._slow.popleft()

    def _in_hand(self) -> Iterator[Page]:
        return (page for process in self._processes for page in process.pages)

    def _has_slow_in_hand(self) -> bool:
        """Whether a slow page is being read: others of its sort wait for it, and nobody else."""
        return any(process.slow for process in self._processes)

    def _is_slow(self, page: Page) -> bool:
        return page.is_suspect or page.is_large or page.host in self._slow_hosts

    def _give(self, page: Page) -> bool:
        """Whether a process has taken the page, or nobody waits for it any more."""
        if not page.is_wanted:
            return True
        process = min(self._processes, key=_load, default=None)
        if process is None:
            return False
        if len(process.pages) > ENOUGH or process.slow:
            self._is_short.set()
        if not process.takes(page):
            return False
        if not process.pages:
            process.heard_at = self._clock.monotonic()
        process.take(page, is_slow=self._is_slow(page))
        raw = replace(page.raw, is_alone=True) if page.is_large else page.raw
        process.channel.write(frames.framed(raw))
        return True

    async def serve_more(self) -> None:
        """As `serve`, from when one process is not enough: each takes 30 MB, and 0.2 s to start."""
        await self._is_short.wait()
        await self.serve()

    async def serve(self) -> None:
        """One process after the other, until cancelled: when one ends, the next takes its place."""
        rest_s = _REST_S
        while True:
            why = "it ended before it had read anything"
            try:
                was_used = await self._serve_one()
            except OSError as error:
                was_used, why = False, str(error)  # the system has nothing left for it
            except Exception:
                was_used = False
                log.exception("reading.process_failed")
            if was_used:
                rest_s = _REST_S
                continue
            log.error("reading.process_missing", why=why, retry_in_s=rest_s)
            await asyncio.sleep(rest_s)
            rest_s = min(2 * rest_s, _MAX_REST_S)

    async def _serve_one(self) -> bool:
        """One process, from its start to its end; returns whether it has read anything, or has been
        ended by a page."""
        async with spawned(self._additions) as (child, reader, writer):
            process = Process(writer, child.pid)
            try:
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    await reader.readexactly(len(frames.HELLO))
                    self._processes.append(process)
                    self._hand_out()
                    await self._hear(process, reader)
            finally:
                if process in self._processes:
                    self._processes.remove(process)
                child.kill()
                self._ended += 1
                by_signal = -child.wait()  # it is dead: this takes no time
                was_used = process.has_read or bool(process.pages and by_signal in _BY_A_PAGE)
                self._mourn(process, by_signal)
        return was_used

    async def _hear(self, process: Process, reader: asyncio.StreamReader) -> None:
        while True:
            size = frames.HEAD.unpack(await reader.readexactly(frames.HEAD.size))[0]
            reply = frames.reply(await reader.readexactly(size))
            process.has_read = True
            process.heard_at = self._clock.monotonic()
            page = process.give_back()
            self._cpu_s += reply.cpu_s
            self._slow_hosts.note(page.host, reply.cpu_s)
            if page.host in self._slow_hosts:
                self._slow_down(page.host)
            if page.is_wanted and reply.is_large:
                page.holds_much = True
                self._queue(page)
            elif page.is_wanted:
                _tell(page, reply)
            self._hand_out()
            await asyncio.sleep(0)  # one page a turn of the loop: to handle it takes time

    def _mourn(self, process: Process, by_signal: int) -> None:
        """A process has ended: what it had in its hands is read again, or not at all."""
        pages = [page for page in process.pages if page.is_wanted]
        is_alone = len(process.pages) == 1
        for page in pages:
            if is_alone and by_signal and (page.is_suspect or by_signal in _BY_A_PAGE):
                self._blame(page, by_signal)
            else:
                # One that ends by itself has read what came before, and none of these.
                page.is_suspect = page.is_suspect or by_signal != 0
                self._queue(page)
        self._hand_out()

    def _slow_down(self, host: str) -> None:
        """The pages of a host are read one at a time now, after those of others."""
        for process in self._processes:
            process.slow_down(host)

    def _blame(self, page: Page, by_signal: int) -> None:
        self._slow_hosts.blame(page.host)
        self._slow_down(page.host)
        detail = _BY_A_PAGE.get(by_signal, "the process that reads it dies")
        page.answer.set_exception(too_complex(detail))

    async def watch(self) -> None:
        """End processes that are silent for long, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._clock.monotonic()
            was_away = now - self._looked_at > 2 * _LOOK_S  # we were stopped: nobody is to blame
            self._looked_at = now
            for process in self._processes:
                if was_away:
                    process.heard_at = now
                elif process.pages and now - process.heard_at > _SILENCE_S:
                    process.channel.transport.abort()


def _load(process: Process) -> tuple[bool, int, int]:
    """How long a page would wait there: behind a slow one, the longest."""
    return process.slow > 0, process.size, len(process.pages)


def _tell(page: Page, reply: frames.Reply) -> None:
    if reply.reading is not None:
        page.answer.set_result(reply.reading)
    elif reply.refusal is not None:
        page.answer.set_exception(too_complex(reply.refusal))
    else:
        page.answer.set_exception(ReadingFailed(reply.bug))


@asynccontextmanager
async def reading_pool(
    processes: int, clock: Clock, additions: Additions = NONE
) -> AsyncIterator[ReadingPool]:
    """One process that reads pages, and up to so many when they are needed; they end with the
    block."""
    pool = ReadingPool(clock, additions)
    tasks = [asyncio.create_task(pool.serve())]
    tasks += [asyncio.create_task(pool.serve_more()) for _ in range(processes - 1)]
    tasks.append(asyncio.create_task(pool.watch()))
    await asyncio.sleep(0)  # the first one starts now, not with the first page
    try:
        yield pool
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
