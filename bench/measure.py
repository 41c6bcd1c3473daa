"""What processes cost, looked at from outside: time of the processor and memory."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.e2e.process import family

TICKS = os.sysconf("SC_CLK_TCK")
_FORGET_PEAK = "5"  # proc(5), clear_refs


def cpu_seconds(pid: int) -> float:
    """User and system time that a process and its children have used, also those that ended."""
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:15] if each == pid else fields[11:13]))
    return total / TICKS


def peak_mb(pid: int) -> float:
    """The most memory that a process and its children ever had resident, each by itself."""
    return _memory_mb(pid, "VmHWM:")


def resident_mb(pid: int) -> float:
    """The memory that a process and its children have resident now."""
    return _memory_mb(pid, "VmRSS:")


def _memory_mb(pid: int, name: str) -> float:
    lines = (
        line
        for each in family(pid)
        for line in Path(f"/proc/{each}/status").read_text().splitlines()
    )
    return sum(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


class Growth:
    """How far the memory of a process and its children goes beyond what it is now."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        for each in family(pid):
            Path(f"/proc/{each}/clear_refs").write_text(_FORGET_PEAK)
        self._before_mb = resident_mb(pid)

    @property
    def mb(self) -> float:
        """The peak since the beginning, without what there was before."""
        return round(peak_mb(self._pid) - self._before_mb, 1)


class PeakMemory(threading.Thread):
    """The peak of a process, looked at until it ends: what wait4(2) tells of it begins with what
    its parent had, before it became another program."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peak_mb = 0.0

    def run(self) -> None:
        with suppress(OSError):  # it has ended
            while peak := peak_mb(self._pid):
                self.peak_mb = peak
                time.sleep(0.05)
