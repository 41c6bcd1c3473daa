"""Clients that submit batches all the time, and ask again whenever an answer was lost."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import msgspec

from skybatch.torture.child import API, LOST, Child
from skybatch.torture.ledger import Fate, Ledger
from skybatch.torture.view import ENDED, Status

GROUP = "torture.example"
_LATER = frozenset({429, 503, 507})  # surely not done, and worth another try
_IN_PROGRESS = 409  # an earlier try of the same submission is still being taken in
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
            "options": self.options,
            "label": key,
        }


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

    def open_batches(self) -> list[str]:
        """Acknowledged batches that nobody has seen end."""
        return [batch_id for client in self._clients for batch_id in tuple(client.open)]

    def submit(self, key: str, load: Load) -> str | None:
        """One more submission, sent until it is answered; the batch, unless it is refused."""
        self.ledger.invoked(key, load.jobs)
        while not self.is_too_late:
            fate = self.try_once(key, load)
            if fate in (Fate.OK, Fate.REFUSED) and not self._is_for_later(key):
                break
            time.sleep(_AGAIN_S)
        return self.ledger.entries()[key].batch_id
    def open_batches(self) -> list[str]:
        """Acknowledged batches that nobody has seen end."""
        return [batch_id for client in self._clients for batch_id in tuple(client.open)]

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
        while not self._all.is_stopping:
            self._count += 1
            self._submit(f"{self.name}-{self._count}")
            self._wait_for_room(_MOST_OPEN)
            time.sleep(self._rng.uniform(0, 0.05))
        self._wait_for_room(1)

    def _submit(self, key: str) -> None:
        """Until it is answered: the same key and body each time."""
        ledger, body = self._all.ledger, self._all.load.body(key)
        ledger.invoked(key, self._all.load.jobs)
        while not self._all.is_too_late:
            try:
                headers = {"Idempotency-Key": key}
                reply = self._all.child.request("POST", f"{API}/batch", body, headers=headers)
            except LOST:
                ledger.unknown(key)
            else:
                if reply.status == 202:
                    batch_id = reply.read(Accepted).batch_id
                    ledger.ok(key, batch_id)
                    self.open.append(batch_id)
                    return
                if reply.status not in {*_LATER, _IN_PROGRESS}:
                    ledger.refused(key, reply.status)
                    told = reply.body.decode("utf-8", "replace")[:300]
                    self._all.complaints.append(f"submission {key}: {reply.status} {told}")
                    return
                ledger.unknown(key) if reply.status == _IN_PROGRESS else ledger.refused(key)
            time.sleep(_AGAIN_S)

    def _wait_for_room(self, most: int) -> None:
        while len(self.open) >= most and not self._all.is_too_late:
            try:
                reply = self._all.child.request("GET", f"{API}/batch/{self.open[0]}/status?wait=1")
            except LOST:
                time.sleep(_AGAIN_S)
                continue
            if reply.status == 200 and reply.read(Status).status in ENDED:
                self.open.pop(0)
            elif reply.status == 404:
                self._all.complaints.append(f"batch {self.open.pop(0)} is 404: it was acknowledged")
            elif reply.status != 200:
                time.sleep(_AGAIN_S)
