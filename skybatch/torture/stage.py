"""What a fault may do to a daemon under load, with its marks in the books."""

import time
from collections.abc import Callable
from random import Random

from skybatch.torture.child import Child, ChildFailed
from skybatch.torture.clients import Clients
from skybatch.torture.ledger import Ledger
from skybatch.torture.origin import Origin

WORKERS = 8
PER_HOST = 2
DRAIN_S = 10.0
RECENT_S = 0.2  # pages that were fetched so shortly before a kill may be fetched again
_POLL_S = 0.005


class Stage:
    """One trial while it goes on."""

    def __init__(
        self,
        child: Child,
        origin: Origin,
        clients: Clients,
        ledger: Ledger,
        rng: Random,
        *,
        ready_s: float,
    ) -> None:
        self.child = child
        self.origin = origin
        self.clients = clients
        self.ledger = ledger
        self.rng = rng
        self.kills = 0
        self.starts: list[float] = []  # seconds until ready
        self.repeats_allowed = 0
        self.complaints: list[str] = []
        self._ready_s = ready_s

    @property
    def slowest_start_allowed(self) -> float:
        """Two seconds; on a machine whose first start took longer than one, twice that."""
        return max(self._ready_s, 2 * self.starts[0]) if self.starts else float("inf")

    def start(self) -> None:
        """Start the daemon, and wait until it is ready."""
        allowed = self.slowest_start_allowed
        self.starts.append(self.child.start())
        if self.starts[-1] > allowed:
            self.complain(f"start {len(self.starts)} took {self.starts[-1]:.1f} s")

    def kill(self) -> None:
        """kill -9."""
        with_recent = time.monotonic() - RECENT_S
        self.child.kill()
        self.kills += 1
        self.allow_repeats(since=with_recent)

    def allow_repeats(self, *, since: float) -> None:
        """Work was cut off: what each worker had in hand and what has come since may come again."""
        self.repeats_allowed += WORKERS * PER_HOST + self.origin.since(since)

    def work_for(self, shortest_s: float, longest_s: float) -> None:
        """Let it work for a while that the dice choose."""
        time.sleep(self.rng.uniform(shortest_s, longest_s))

    def until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> bool:
        """Wait for a condition; whether it came true in time. A complaint when not."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                self.complain(f"not within {timeout_s:g} s: {what}")
                return False
            time.sleep(_POLL_S)
        return True

    def ended(self, within_s: float, *, after: str) -> int | None:
        """The exit code; a complaint when the daemon does not end in time, and it is killed."""
        try:
            return self.child.wait(within_s)
        except ChildFailed:
            self.complain(f"still running {within_s:g} s after {after}")
            self.kill()
            return None

    def complain(self, sentence: str) -> None:
        """Note something that must not be."""
        self.complaints.append(sentence)
