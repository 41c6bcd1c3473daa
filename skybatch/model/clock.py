"""Time, passed in. All times are seconds since the epoch, UTC, as float."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Seconds since the epoch; may jump."""

    def monotonic(self) -> float:
        """Seconds since some start; never goes back."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class SteadyClock:
    """The time of this machine, which only moves as time passes until somebody steps it.

    Someone sets the machine's clock, or a virtual machine wakes up: without this every wait of the
    daemon would end at once, or in ten years. `Timekeeper` follows the machine in its own time.
    """

    def __init__(self, wall: Clock | None = None) -> None:
        self._wall = wall or SystemClock()
        self._offset = self._wall.now() - self._wall.monotonic()

    def now(self) -> float:
        return self._offset + self._wall.monotonic()

    def monotonic(self) -> float:
        return self._wall.monotonic()

    @property
    def behind_s(self) -> float:
        """How far the machine's clock is ahead of this one; negative when it was set back."""
        return self._wall.now() - self.now()

    def step(self, seconds: float) -> None:
        """Move on by so much."""
        self._offset += seconds


def rfc3339(seconds: float | None) -> str | None:
    """RFC 3339 text in UTC with milliseconds, `None` stays `None`."""
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
