"""One clock per host for the whole process: how many at a time, how far apart, and not before.

A host that is slower than it used to be, or fails, is asked more slowly, and faster again when it
has recovered.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace

from skybatch.crawl.fetcher import Fetcher, FetchError, Pace, Request, Response, TooSoon, WasAway
from skybatch.crawl.url import parts_of
from skybatch.model.clock import Clock
from skybatch.model.reason import Reached, Reason
from skybatch.model.target import bare
from skybatch.model.vitals import HostState

HOLD_S = 5.0  # a host that asks for more is not waited for: whoever waits holds a worker
HOLD_PACE_S = 10.0  # as much between two requests is common, and waited for
_FIRST_S, _MOST_S = 0.5, 2.0  # what is added to the delay of a host in trouble: doubled, halved
_SLOW_S, _SLOWER = (
    1.0,
    3.0,
)  # an answer is slow from here on, and when it takes so many times longer
_MEMORY = 0.2  # weight of the newest answer in what is usual
_SWEEP_ABOVE = 10_000  # clocks, before those that nobody needs are dropped
_FORGET_S = 3_600.0  # the longest delay that an option can ask for
_LATELY_S = 300.0
_MAX_REST_S = 86_400.0  # a host that is wrong about its clock is not lost for ever


class HostClock:
    """When a host may be asked again. Requests take turns in the order in which they came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._in_flight = 0
        self._last_start = float("-inf")
        self._ready_at = float("-inf")
        self._asked_s = 0.0  # between two requests, by its robots.txt
        self._usual_s: float | None = None  # how long answers take when all is well
        self.slow_s = 0.0  # added to the delay, as the host is slow or fails
        self._failures = 0  # in a row
        self._missed_at = float("-inf")  # the last of them

    def went_out(self, seconds_ago: float) -> None:
        """A request was made by an earlier run of ours."""
        at = self._clock.monotonic() - max(0.0, seconds_ago)  # the clock may have been set back
        self._last_start = max(self._last_start, at)

    def answered(self, seconds: float) -> None:
        """How long an answer took: one that is slow for this host asks for fewer requests."""
        self._failures = 0
        usual = seconds if self._usual_s is None else self._usual_s
        if seconds > _SLOW_S and seconds > _SLOWER * usual:
            self.slow_s = min(_MOST_S, max(2 * self.slow_s, _FIRST_S))
            return
        self._usual_s = usual + _MEMORY * (seconds - usual)
        self.slow_s = self.slow_s / 2 if self.slow_s > _FIRST_S else 0.0

    def missed(self) -> None:
        """A request to it has failed, perhaps before anybody was there."""
        self._failures += 1
        self._missed_at = self._clock.monotonic()

    def failed(self) -> None:
        """It did not answer, or says that it cannot: it gets more time."""
        self.missed()
        self.slow_s = min(_MOST_S, max(2 * self.slow_s, _FIRST_S))

    @property
    def wait_s(self) -> float:
        """For how long the host has asked to be left alone."""
        return max(0.0, self._ready_at - self._clock.monotonic())

    def rest(self, seconds: float) -> None:
        """The host has asked to be left alone."""
        self._ready_at = max(self._ready_at, self._clock.monotonic() + min(seconds, _MAX_REST_S))

    def is_news(self, now: float) -> bool:
        """Whether it was asked lately, or asks to be left alone."""
        return max(max(self._last_start, self._missed_at) + _LATELY_S, self._ready_at) > now

    def is_idle(self, now: float) -> bool:
        """Whether nobody would notice if this clock were forgotten."""
        rested = max(self._ready_at, self._last_start + _FORGET_S) < now
        return rested and not self._in_flight and not self._turn.locked()

    def state(self, host: str) -> HostState:
        """How this host is asked at the moment."""
        return HostState(
            host=host,
            in_flight=self._in_flight,
            waits_s=round(self.wait_s, 3),
            slow_s=self.slow_s,
            crawl_delay_s=self._asked_s,
            usual_s=None if self._usual_s is None else round(self._usual_s, 3),
            failures=self._failures,
        )

    @asynccontextmanager
    async def slot(
        self, pace: Pace, *, is_patient: bool = True
    ) -> AsyncIterator[Callable[[], None]]:
        """Inside, a request may be made; it calls what is given when it is on its way. Until then
        it keeps its turn: a connection takes time, and two that wait for theirs would go out
        together. Raises FetchError when the host asks for a long rest, and TooSoon unless it
        is patient."""
        await self._turn.acquire()
        if pace.asked_s is not None:
            self._asked_s = pace.asked_s
        pace = replace(pace, delay_s=max(pace.delay_s, self._asked_s))
        with ExitStack() as turn:
            turn.callback(self._turn.release)
            await self._wait(pace, is_patient=is_patient)
            previous = self._last_start
            self._last_start = mine = self._clock.monotonic()
            self._in_flight += 1

            def sent() -> None:
                nonlocal mine
                self._last_start = mine = max(self._last_start, self._clock.monotonic())
                turn.close()

            if not pace.delay_s:
                turn.close()
            try:
                yield sent
            except FetchError as error:
                if error.reached <= Reached.CONNECT and self._last_start == mine:
                    self._last_start = previous  # nobody was there to be bothered
                raise
            finally:
                self._in_flight -= 1
                self._freed.set()

    async def _wait(self, pace: Pace, *, is_patient: bool) -> None:
        while True:
            if self.wait_s > HOLD_S:
                raise FetchError(
                    Reason.RATE_LIMITED,
                    f"the host asked to be left alone for {self.wait_s:.0f} s",
                    retry_after_s=self.wait_s,
                )
            if self._in_flight >= pace.concurrency:
                self._freed.clear()
                await self._freed.wait()
                continue
            since = self._clock.monotonic() - self._last_start
            delay = max(self.wait_s, pace.delay_s + self.slow_s - since)
            if delay <= 0:
                return
            if delay > HOLD_PACE_S and not is_patient:
                raise TooSoon(pace.delay_s + self.slow_s, delay)
            await asyncio.sleep(delay)


class Throttled:
    """A fetcher that asks no host faster than it may."""

    def __init__(
        self,
        fetcher: Fetcher,
        clock: Clock,
        *,
        is_own: Callable[[str, int], bool] = lambda _host, _port: False,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._is_own = is_own
        self._hosts: dict[str, HostClock] = {}
        self._sweep_above = _SWEEP_ABOVE

    async def get(self, request: Request) -> Response:
        while True:
            try:
                return await self._get(request)
            except WasAway:
                continue  # it waits for its turn anew

    async def _get(self, request: Request) -> Response:
        host = self._host(self._name(request.url))
        async with host.slot(request.pace, is_patient=request.is_patient) as sent:
            try:
                response = await self._fetcher.get(replace(request, sent=sent))
            except FetchError as error:
                if error.reason is Reason.TIMEOUT:
                    host.failed()
                elif error.reached >= Reached.CONNECT:  # a name without an address is no host
                    host.missed()
                raise
        if response.asks_to_wait and response.retry_after_s is not None:
            host.rest(response.retry_after_s)
        if response.status >= 500 or response.status == 429:
            host.failed()
        else:
            host.answered(response.elapsed_s)
        return response

    def recall(self, asked: Mapping[str, float]) -> None:
        """What earlier runs have asked for: URL -> seconds ago. Politeness outlives a restart."""
        for url, seconds_ago in asked.items():
            if seconds_ago < _FORGET_S:
                self._host(self._name(url)).went_out(seconds_ago)

    def slow_s(self, url: str) -> float:
        """What is added to the delay of a host at the moment, as it is slow or fails."""
        known = self._hosts.get(self._name(url))
        return known.slow_s if known is not None else 0.0

    def hosts(self) -> tuple[HostState, ...]:
        """Hosts that were asked lately, or ask to be left alone; these, and those that fail or are
        slow, come first. May be called in another thread."""
        clocks = list(self._hosts.items())  # at once: the loop goes on
        now = self._clock.monotonic()
        states = (clock.state(name) for name, clock in clocks if clock.is_news(now))
        return tuple(sorted(states, key=_trouble))

    def _name(self, url: str) -> str:
        """Whose clock it is: that of the host, but a site of our own has one to itself."""
        parts = parts_of(url)
        is_own = self._is_own(parts.host, parts.port)
        return f"{parts.host}:{parts.port}" if is_own else bare(parts.host)

    def _host(self, name: str) -> HostClock:
        known = self._hosts.get(name)
        if known is None:
            if len(self._hosts) >= self._sweep_above:
                self._sweep()
            known = self._hosts[name] = HostClock(self._clock)
        return known

    def _sweep(self) -> None:
        now = self._clock.monotonic()
        self._hosts = {name: host for name, host in self._hosts.items() if not host.is_idle(now)}
        self._sweep_above = max(_SWEEP_ABOVE, 2 * len(self._hosts))


def _trouble(state: HostState) -> tuple[float, int, float, int, str]:
    """What comes first in a list."""
    return -state.waits_s, -state.failures, -state.slow_s, -state.in_flight, state.host
