"""How long the disk itself takes to make a few bytes durable, measured beside the daemon."""

import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Self

STALL_S = 0.1  # a sync that takes longer is a stall; usual ones take a few milliseconds
_EVERY_S = 0.02
_REMEMBERED = 1_000


class Disk:
    """Syncs a file of its own in `folder` again and again, and remembers when that took long.

    A page that is answered while the disk stands still cannot be stored before it goes on,
    whatever the daemon does: a trial must not hold that against it, and must not believe it when
    it says so itself.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sync"
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)
        self._lock = threading.Lock()
        self._stalls: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self._began: float | None = None  # the sync that goes on
        self.slowest_s = 0.0
        self.trouble: str | None = None  # why it was not measured to the end

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def behind_since(self, at: float, *, lag_s: float) -> float:
        """The time since when pages that were answered may not be stored at `at`.

        That is `lag_s` earlier; but a stall that reaches into this time holds back what came in
        `lag_s` before it began. Times of `time.monotonic`.
        """
        since = at - lag_s
        for began, ended in reversed(self._stalls_until(at)):
            if ended >= since:
                since = min(since, began - lag_s)
        return since

    def _stalls_until(self, at: float) -> list[tuple[float, float]]:
        with self._lock:
            stalls = [stall for stall in self._stalls if stall[0] <= at]
            if self._began is not None and at - self._began > STALL_S:
                stalls.append((self._began, at))
            return stalls

    def _run(self) -> None:
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                while not self._is_over.wait(_EVERY_S):
                    self._sync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            self.trouble = f"the disk could not be measured: {error.strerror}"

    def _sync(self, handle: int) -> None:
        with self._lock:
            began = self._began = time.monotonic()
        try:
            os.pwrite(handle, b"sync", 0)
            os.fsync(handle)
        finally:
            with self._lock:
                ended = time.monotonic()
                self._began = None
                self.slowest_s = max(self.slowest_s, ended - began)
                if ended - began > STALL_S:
                    self._stalls.append((began, ended))
