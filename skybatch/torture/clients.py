"""Clients that submit batches all the time, and ask again whenever an answer was lost."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import msgspec

from skybatch.torture.child import API, LOST, Child
from skybatch.torture.ledger import Ledger
from skybatch.torture.view import ENDED, Status

GROUP = "torture.example"
_IN_PROGRESS = 409  # an earlier try of the same submission is still being taken in
_LATER = frozenset({429, 503, 507, _IN_PROGRESS})  # not done, and worth another try
_AGAIN_S = 0.02
_MOST_OPEN = 3  # batches of a client that have not ended: the load fits the machine by itself


class Accepted(msgspec.Struct):
    """The answer to a submission."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class Load:
    """What each batch is made of; its hosts belong to it alone."""

    sites: tuple[str, ...] = ("site0", "site1", "site2")
    max_pages: int = 5
    max_concurrent_jobs: int = 8
    per_host: int = 2  # requests at a time
    options: Mapping[str, object] = field(default_factory=dict)
    most: int | None = None  # batches of a client; `None`: as many as there is time for

    @property
    def jobs(self) -> int:
        """Of a batch."""
        return len(self.sites)

    def body(self, key: str) -> dict[str, object]:
        """A submission; the label is the key, so that the store can be held against the books."""
        return {
            "domains": [f"{site}.{key}.{GROUP}" for site in self.sites],
            "max_pages": self.max_pages,
            "max_concurrent_jobs": self.max_concurrent_jobs,
            "options": {"per_host_concurrency": self.per_host, **self.options},
            "label": key,
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try to submit."""

    status: int | None = None  # `None`: no answer
    batch_id: str | None = None  # when acknowledged
    was_heard: bool = True  # `False`: nobody took the connection

    @property
    def is_settled(self) -> bool:
        """Whether another try would tell nothing else."""
        return self.status is not None and self.status not in _LATER


class Clients:
    """So many threads, each with its own dice; one submission of each is on its way at a time."""

    def __init__(
        self, child: Child, ledger: Ledger, load: Load, *, count: int, rng: Random
    ) -> None:
        self.child = child
        self.ledger = ledger
        self.load = load
        self.complaints: list[str] = []  # answers that nobody should get
        self._stopping = threading.Event()
        self._give_up_at = float("inf")
        self._more: list[str] = []  # open batches that are no client's
        self._clients = [_Client(self, f"c{n}", Random(rng.random())) for n in range(count)]  # noqa: S311 - dice

    def start(self) -> None:
        """Begin to submit."""
        for client in self._clients:
            client.start()

    def settle(self, *, timeout_s: float) -> None:
        """Submit no more, and wait until every submission is answered and every batch has ended."""
        self._give_up_at = time.monotonic() + timeout_s
        self._stopping.set()
        for client in self._clients:
            if client.is_alive():
                client.join()
        self.wait_for_room(self._more, 1)

    def open_batches(self) -> list[str]:
        """Acknowledged batches that nobody has seen end."""
        lists = (self._more, *(client.open for client in self._clients))
        return [batch_id for batches in lists for batch_id in tuple(batches)]

    def submit(self, key: str, load: Load | None = None) -> str | None:
        """One submission more than those of the clients; the batch, or `None` when refused."""
        batch_id = self.insist(key, load or self.load)
        if batch_id is not None:
            self.follow(batch_id)
        return batch_id

    def follow(self, batch_id: str) -> None:
        """See to it that a batch ends that no client has submitted."""
        self._more.append(batch_id)

    def insist(self, key: str, load: Load) -> str | None:
        """Submit until it is answered: the same key and body each time."""
        while not self.is_too_late:
            tried = self.try_once(key, load)
            if tried.is_settled:
                return tried.batch_id
            time.sleep(_AGAIN_S)
        return None

    def try_once(self, key: str, load: Load) -> Tried:
        """Submit, and write into the books what came of it."""
        self.ledger.invoked(key, load.jobs)
        headers = {"Idempotency-Key": key}
        try:
            reply = self.child.request("POST", f"{API}/batch", load.body(key), headers=headers)
        except ConnectionRefusedError:
            self.ledger.refused(key)
            return Tried(was_heard=False)
        except LOST:
            self.ledger.unknown(key)
            return Tried()
        if reply.status == 202:
            batch_id = reply.read(Accepted).batch_id
            self.ledger.ok(key, batch_id)
            return Tried(202, batch_id)
        if reply.status == _IN_PROGRESS:
            self.ledger.unknown(key)
        else:
            self.ledger.refused(key, reply.status)
        if reply.status not in _LATER:
            told = reply.body.decode("utf-8", "replace")[:300]
            self.complaints.append(f"submission {key}: {reply.status} {told}")
        return Tried(reply.status)

    def wait_for_room(self, batches: list[str], most: int) -> None:
        """Wait until fewer than `most` of the batches are open; those that end are taken out."""
        while len(batches) >= most and not self.is_too_late:
            try:
                reply = self.child.request("GET", f"{API}/batch/{batches[0]}/status?wait=1")
            except LOST:
                time.sleep(_AGAIN_S)
                continue
            if reply.status == 200 and reply.read(Status).status in ENDED:
                batches.pop(0)
            elif reply.status == 404:
                self.complaints.append(f"batch {batches.pop(0)} is 404: it was acknowledged")
            elif reply.status != 200:
                time.sleep(_AGAIN_S)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def is_too_late(self) -> bool:
        return time.monotonic() > self._give_up_at


class _Client(threading.Thread):
    def __init__(self, clients: Clients, name: str, rng: Random) -> None:
        super().__init__(name=name, daemon=True)
        self.open: list[str] = []
        self._all = clients
        self._rng = rng
        self._count = 0

    def run(self) -> None:
        while not self._all.is_stopping and self._count != self._all.load.most:
            self._count += 1
            batch_id = self._all.insist(f"{self.name}-{self._count}", self._all.load)
            if batch_id is not None:
                self.open.append(batch_id)
            self._all.wait_for_room(self.open, _MOST_OPEN)
            time.sleep(self._rng.uniform(0, 0.05))
        self._all.wait_for_room(self.open, 1)
