"""Keeps the leases of the jobs in our hands: their workers are alive."""

from collections.abc import Callable, Sequence

from skybatch.engine.queue import LEASE_SECONDS, JobQueue
from skybatch.model.job import Claim


class LeaseKeeper:
    """A service: renews every lease at a third of its length."""

    name = "leases"

    def __init__(self, queue: JobQueue, held: Callable[[], Sequence[Claim]]) -> None:
        self._queue = queue
        self._held = held

    async def run_once(self) -> float:
        """Renew what is held; the time is noted also when nothing is."""
        await self._queue.renew(self._held())
        return LEASE_SECONDS / 3
