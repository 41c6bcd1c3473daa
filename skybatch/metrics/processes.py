"""Memory of the processes that read pages, as the kernel tells it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from skybatch.crawl.readings import Load
from skybatch.metrics.families import gauge

_PAGE = os.sysconf("SC_PAGE_SIZE")


class ReadingMemory(Collector):
    """Asked for in a thread: files of the kernel are read."""

    def __init__(self, load: Callable[[], Load]) -> None:
        self._load = load

    def collect(self) -> Iterator[Metric]:
        """One."""
        yield gauge(
            "skybatch_reading_processes_resident_memory_bytes",
            "Resident memory of the processes that read pages, all together.",
            sum(map(_resident, self._load().pids)),
        )


def _resident(pid: int) -> int:
    """0 for one that has ended meanwhile, and where there is no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    except OSError:
        return 0
