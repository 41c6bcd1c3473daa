"""A daemon for one measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.process import DaemonProcess


@contextmanager
def started(
    folder: Path, settings: str = "", *, delay_s: float = 0.0
) -> Iterator[tuple[DaemonProcess, float]]:
    """A daemon while the context lasts, and the seconds until it was ready; killed at the end,
    unless it was stopped: whatever fails, it does not go on beside the next one."""
    daemon = DaemonProcess(folder, settings, delay_s=delay_s)
    try:
        yield daemon, daemon.start()
    finally:
        daemon.kill()
