"""How fast a batch goes, by what was seen of it lately."""

from collections import deque
from dataclasses import dataclass

from skybatch.cli.view import BatchView
from skybatch.cli.wording import duration
from skybatch.model.wording import some

WINDOW_S = 30.0
_ENOUGH = 3  # domains that have ended, before a time that is left is told


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen at one moment."""

    at: float  # seconds on some clock
    ended: int
    fetched: int


class Pace:
    """Looks at a batch, the first one and those of the last while."""

    def __init__(self) -> None:
        self._first: _Look | None = None
        self._lately: deque[_Look] = deque()

    def see(self, batch: BatchView, now: float) -> None:
        """Another look."""
        look = _Look(now, batch.ended, batch.pages.fetched)
        self._first = self._first or look
        self._lately.append(look)
        while len(self._lately) > 2 and self._lately[1].at <= now - WINDOW_S:
            self._lately.popleft()

    def line(self, batch: BatchView) -> str:
        """`12 of 50 domains, 85 pages, 12.3 pages/s, 14 s left`."""
        told = f"{batch.ended} of {some(batch.total_domains, 'domain')}"
        told += f", {some(batch.pages.fetched, 'page')}"
        if batch.is_over or (rate := self._rate()) is None:
            return told
        told += f", {rate:.1f} pages/s"
        left = self._left_s(batch)
        return told if left is None or left < 1 else f"{told}, {duration(left)} left"

    def _rate(self) -> float | None:
        """Pages a second; `None` when it was looked at for less than a second."""
        old, new = self._lately[0], self._lately[-1]
        seconds = new.at - old.at
        return None if seconds < 1 else (new.fetched - old.fetched) / seconds

    def _left_s(self, batch: BatchView) -> float | None:
        """Seconds to the end if it goes on as it did lately, or else since the first look."""
        new = self._lately[-1]
        for old in (self._lately[0], self._first):
            if old is not None and new.ended - old.ended >= _ENOUGH:
                each = (new.at - old.at) / (new.ended - old.ended)
                return each * (batch.total_domains - batch.ended)
        return None
