"""The event loop of the daemon: after a stop it looks at what has come before its timers fire."""

import asyncio
import selectors
import time
from collections.abc import Callable

_AWAY_S = 5.0


class Selector(selectors.DefaultSelector):
    """Looks once more when it comes back late and empty-handed.

    A process that is stopped while it waits (SIGSTOP, a laptop that sleeps) is woken with EINTR,
    and Python, finding the time over, says that nothing is there. All timers would be due before
    the answers that have come meanwhile were looked at, and those would be asked for again.
    """

    _monotonic: Callable[[], float] = staticmethod(time.monotonic)

    def select(  # type: ignore[explicit-any]  # typeshed has an Any in SelectorKey
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """As that of the standard library."""
        began = self._monotonic()
        ready = super().select(timeout)
        if not ready and timeout and self._monotonic() - began > timeout + _AWAY_S:
            ready = super().select(0)
        return ready


def new() -> asyncio.AbstractEventLoop:
    """A loop for `asyncio.Runner`."""
    return asyncio.SelectorEventLoop(Selector())
