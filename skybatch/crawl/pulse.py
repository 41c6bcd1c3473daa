"""Whether this process was away: stopped, or starved for seconds, while its timers ran on."""

import asyncio

from skybatch.model.clock import Clock

BEAT_S = 0.5
AWAY_S = 5.0  # a beat that comes so late was not just held up


class Pulse:
    """Beats in the loop from `beat` to `stop`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beat_at = clock.monotonic()
        self._back_at = float("-inf")  # the end of the last time away
        self._timer: asyncio.TimerHandle | None = None

    def beat(self) -> None:
        """Now, and again in a moment."""
        now = self._clock.monotonic()
        if now - self._beat_at > AWAY_S:
            self._back_at = now
        self._beat_at = now
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self.beat)

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()

    def was_away_since(self, at: float) -> bool:
        """Whether time has passed since then in which nothing could be done."""
        is_late = self._clock.monotonic() - self._beat_at > AWAY_S  # nobody has beaten yet
        return is_late or self._back_at > at
