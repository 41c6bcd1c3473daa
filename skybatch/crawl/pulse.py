"""The beat of this process: time limits that do not run on while it is stopped or starved.

After a long stop all timers are due at once, and would fire before the answers are looked at that
have come meanwhile. So the limit of a whole request is no timer of its own: it is held against the
clock twice a second, and time in which nobody beat does not count.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from skybatch.model.clock import Clock

BEAT_S = 0.5
AWAY_S = 5.0  # a beat that comes so late was not just held up


@dataclass(slots=True, eq=False)
class Limit:
    """Something that must come to its end in time."""

    scope: asyncio.Timeout
    until: float  # by the monotonic clock
    paused_s: float = 0.0  # how long it did not count

    @contextmanager
    def paused(self, clock: Clock) -> Iterator[None]:
        """The time inside does not count."""
        began = clock.monotonic()
        left, self.until = self.until - began, math.inf
        try:
            yield
        finally:
            self.until = clock.monotonic() + left
            self.paused_s += clock.monotonic() - began


class Pulse:
    """Beats in the loop from `beat` to `stop`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beat_at = clock.monotonic()
        self._back_at = float("-inf")  # the end of the last time away
        self._limits: set[Limit] = set()
        self._timer: asyncio.TimerHandle | None = None

    def beat(self) -> None:
        """Now, and again in a moment."""
        now = self._clock.monotonic()
        late_s = now - self._beat_at
        self._beat_at = now
        if late_s > AWAY_S:
            self._back_at = now
            for limit in self._limits:
                limit.until += late_s
        for limit in self._limits:
            if limit.until <= now and not limit.scope.expired():
                limit.scope.reschedule(0)
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self.beat)

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncIterator[Limit]:
        """What is awaited inside raises TimeoutError after so many seconds, or up to a beat more;
        those in which this process was away do not count."""
        async with asyncio.timeout(None) as scope:
            limit = Limit(scope, self._clock.monotonic() + seconds)
            self._limits.add(limit)
            try:
                yield limit
            finally:
                self._limits.discard(limit)

    def was_away_since(self, at: float) -> bool:
        """Whether time has passed since then in which nothing could be done."""
        is_late = self._clock.monotonic() - self._beat_at > AWAY_S  # nobody has beaten yet
        return is_late or self._back_at > at
