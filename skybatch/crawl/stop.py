"""How the engine asks a crawl to end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from skybatch.model.outcome import Ended

_ASKABLE = frozenset({Ended.CANCELLED, Ended.DEADLINE, Ended.DRAINED})


class Interrupted(Exception):
    """The crawl was asked to end, and what it was waiting for was given up."""


class Wait:
    """Something that a crawl waits for: its turn, an answer, or a page to become due."""

    def __init__(self, scope: asyncio.Timeout, url: str | None) -> None:
        self.url = url  # what is to be asked for; None = a page is to become due
        self.asked_at: float | None = None  # since when its answer is waited for, by the loop
        self.is_answered = False  # it is being read
        self._scope = scope
        self._is_out = False
        self._is_given_up = False

    @property
    def is_out(self) -> bool:
        """Whether the request has gone out."""
        return self._is_out

    def begin(self) -> None:
        """The request goes out now: a drain lets it finish. Raises Interrupted when it was given up
        a moment ago, which is felt in the next turn of the loop only: it would be cut off then."""
        if self._is_given_up:
            raise Interrupted
        self._is_out = True
        self.asked_at = asyncio.get_running_loop().time()

    def answered(self) -> None:
        """The host has done its part: what takes time now is ours."""
        self.is_answered = True

    def turn_to(self, url: str) -> None:
        """It was answered by a redirect, and asks there next."""
        self.url, self.asked_at = url, None

    def interrupt(self, *, also_requests: bool) -> None:
        """Raise Interrupted where it is awaited."""
        if (also_requests or not self.is_out) and not self._scope.expired():
            self._is_given_up = True
            self._scope.reschedule(0)


class Stop:
    """One per attempt. A drain lets requests in flight finish; the others interrupt them."""

    def __init__(self) -> None:
        self.ended: Ended | None = None
        self._waits: set[Wait] = set()

    @property
    def is_immediate(self) -> bool:
        """Whether requests in flight are not to be waited for."""
        return self.ended in (Ended.CANCELLED, Ended.DEADLINE)

    @property
    def waits_for_turn(self) -> bool:
        """Whether nothing is out, and a request waits until it may go."""
        return bool(self._waits) and all(wait.asked_at is None for wait in self._waits)

    @property
    def longest(self) -> Wait | None:
        """The answer that is waited for longest, or else the turn, or else anything."""
        return min(
            self._waits,
            key=lambda wait: (wait.asked_at is None, wait.asked_at or 0.0, wait.url is None),
            default=None,
        )

    def ask(self, ended: Ended) -> None:
        """End with CANCELLED, DEADLINE or DRAINED. The first one wins, but for a drain."""
        if ended not in _ASKABLE:
            raise ValueError(f"nobody can ask a crawl to end as {ended}")
        if self.ended is None or self.ended is Ended.DRAINED:
            self.ended = ended
        for wait in tuple(self._waits):
            wait.interrupt(also_requests=self.is_immediate)

    @asynccontextmanager
    async def waiting(self, url: str | None = None) -> AsyncIterator[Wait]:
        """What is awaited inside ends with Interrupted when the crawl is asked to end."""
        if self.ended is not None:
            raise Interrupted
        scope = asyncio.timeout(None)
        wait = Wait(scope, url)
        try:
            async with scope:
                self._waits.add(wait)
                try:
                    yield wait
                finally:
                    self._waits.discard(wait)
        except TimeoutError:
            if not scope.expired():
                raise
            raise Interrupted from None
