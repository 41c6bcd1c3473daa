"""One daemon per data directory: an exclusive lock that ends with the process, however it ends."""

import fcntl
import os
from pathlib import Path

from skybatch.errors import AlreadyRunning, StoreUnusable

FILE = "skybatch.lock"


class DirectoryLock:
    """Held from construction to `release`; raises AlreadyRunning with the pid of the holder, and
    StoreUnusable for a directory that cannot be written."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnusable(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._handle, 32).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise AlreadyRunning(f"skybatch already runs on {folder} (pid {pid})") from None
        os.ftruncate(self._handle, 0)
        os.write(self._handle, str(os.getpid()).encode())

    def release(self) -> None:
        """Let the next daemon in. The file stays: removing it would let two hold "the" lock."""
        os.close(self._handle)
