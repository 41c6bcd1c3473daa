"""What a fault may do to a daemon under load, with its marks in the books."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from skybatch.torture.child import ChildFailed, Footprint
from skybatch.torture.clients import Clients, Load
from skybatch.torture.disk import Disk
from skybatch.torture.origin import Origin, Page
from skybatch.torture.plan import Plan

WORKERS = 8
DRAIN_S = 10.0
RECENT_S = 0.2  # pages that were fetched so shortly before a kill may be fetched again
_POLL_S = 0.005


class Stage:
    """One trial while it goes on."""

    def __init__(
        self, clients: Clients, origin: Origin, disk: Disk, rng: Random, plan: Plan
    ) -> None:
        self.clients = clients
        self.child = clients.child
        self.ledger = clients.ledger
        self.origin = origin
        self.disk = disk
        self.rng = rng
        self.plan = plan
        self.round = 0
        self.kills = 0
        self.starts: list[float] = []  # seconds until ready
        self.excused: Counter[Page] = Counter()  # how often each page may be asked for again
        self.hits: Counter[str] = Counter()  # kills while a page of the job was read
        self.complaints: list[str] = []
        self.notes: Counter[str] = Counter()  # what happened, for the report
        self.at_first: Footprint | None = None  # after the first start
        self.at_rest: Footprint | None = None
        self._cut_off_at: float | None = None

    @property
    def slowest_start_allowed(self) -> float:
        """Two seconds; on a machine whose first start took longer than one, twice that."""
        return max(self.plan.ready_s, 2 * self.starts[0]) if self.starts else float("inf")

    def start(self) -> None:
        """Start the daemon, and wait until it is ready."""
        allowed = self.slowest_start_allowed
        self.spawn()
        self.starts.append(self.child.wait_until_ready())
        if self.starts[-1] > allowed:
            self.complain(f"start {len(self.starts)} took {self.starts[-1]:.1f} s")

    def spawn(self) -> None:
        """Start the daemon, and wait until it has locked its folder."""
        self.child.spawn()
        self.until(self._has_begun, 20, "a start takes its folder")
        self.excuse_repeats()

    def _has_begun(self) -> bool:
        return self.child.has_folder or self.child.exit_code is not None

    def kill(self) -> None:
        """kill -9."""
        at = time.monotonic()
        self.child.kill()
        self.cut_off(at)

    def cut_off(self, at: float) -> None:
        """Note that the daemon ended at once, and what it had in hand was lost."""
        self.kills += 1
        self._cut_off_at = at

    def excuse_repeats(self) -> None:
        """Put down which pages the last cut may cost: once each, and no others.

        A kill excuses the pages whose requests were under way at any time from RECENT_S before it
        until it: those in flight at the kill, of which nothing can be stored, and those answered
        in the last RECENT_S, which may not be stored yet; earlier when the disk stood still. It
        is done once the next run has taken the folder: by then the sites have seen every request
        that the dead one sent, and none of the next.
        """
        if self._cut_off_at is not None:
            since = self.disk.behind_since(self._cut_off_at, lag_s=RECENT_S)
            self.excused.update(self.origin.under_way_since(since))
            self._cut_off_at = None

    def work_for(self, shortest_s: float, longest_s: float) -> None:
        """Let it work for a while that the dice choose."""
        time.sleep(self.rng.uniform(shortest_s, max(shortest_s, longest_s)))

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

    def crashed(self, within_s: float, *, of: str) -> int | None:
        """The exit code of a daemon that ends by itself; a complaint and a kill when it does not.

        It is looked for more often than Popen.wait() does: the time of the cut must be right.
        """
        alive_at = time.monotonic()

        def has_ended() -> bool:
            nonlocal alive_at
            if self.child.exit_code is not None:
                return True
            alive_at = time.monotonic()
            return False

        if self.until(has_ended, within_s, f"it dies of {of}"):
            self.cut_off(alive_at)
        else:
            self.kill()
        return self.child.exit_code

    def submit(self, name: str, load: Load | None = None) -> str:
        """A submission of the strike itself; the batch. Raises ChildFailed when it is refused."""
        batch_id = self.clients.submit(self.key(name), load)
        if batch_id is None:
            raise ChildFailed(f"a submission for {name} was refused")
        return batch_id

    def key(self, name: str) -> str:
        """A new key, which is also part of names of hosts."""
        return f"{name}-{self.rng.getrandbits(64):x}"

    @contextmanager
    def slow_sites(self, latency_s: float) -> Iterator[None]:
        """Within it sites answer slowly, and are asked for something."""
        usual, self.origin.latency_s = self.origin.latency_s, latency_s
        began = time.monotonic()
        try:
            self.until(lambda: self.origin.has_begun_since(began), 20, "a slow page is asked for")
            yield
        finally:
            self.origin.latency_s = usual

    def acknowledged(self) -> list[str]:
        """All batches of which a client was told."""
        entries = self.ledger.entries().values()
        return [entry.batch_id for entry in entries if entry.batch_id is not None]

    def complain(self, sentence: str) -> None:
        """Note something that must not be."""
        self.complaints.append(sentence)

    def note(self, what: str) -> None:
        """Count something that the report tells."""
        self.notes[what] += 1
