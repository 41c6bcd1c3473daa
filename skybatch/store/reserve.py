"""Room on the disk that is kept for the day when there is none left: deleting needs some."""

import os
import shutil
from pathlib import Path

import structlog

log = structlog.get_logger()

FILE = "reserve"
LARGEST = 16 * 1024 * 1024
USUAL_FREE = 64 * 1024 * 1024  # with more it is this large at least:
LEAST = 8 * 1024 * 1024  # deleting writes a log of 4 MiB before SQLite folds it into the file
SHARE = 32  # of a smaller disk it takes one part in so many


class Reserve:
    """A file of a data directory that holds nothing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._size = 0
        self.is_released = False  # it was given up, and there was no room to take it back so far

    def take(self) -> None:
        """Make the file, or leave it as it is. A disk without room for it is no error."""
        try:
            kept = self._path.stat().st_size if self._path.exists() else 0
            free = shutil.disk_usage(self._path.parent).free + kept
            least = LEAST if free >= USUAL_FREE else 0
            self._size = max(least, min(LARGEST, free // SHARE), self._size, kept)
            # Twice the room: or the next page would find the disk full again.
            if kept < self._size and free >= 2 * self._size:
                self._allocate()
        except OSError as error:
            log.warning("store.no_reserve", error=error.strerror)

    def release(self) -> bool:
        """Give the room back to the disk; whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.is_released = True
        log.warning("store.reserve_released", bytes=self._size)
        return True

    def _allocate(self) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        self.is_released = False
