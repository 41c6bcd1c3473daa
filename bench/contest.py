"""Who takes part in `make bench`, and how each is measured: by its processes, from outside."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.figures import p99
from tests.e2e.process import DaemonProcess, connect_to, family

PEERS = Path(__file__).parent / "peers"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Work:
    """What all of them do."""

    hosts: Sequence[str]
    pages: int  # of each
    port: int  # of the sample sites, on loopback

    @property
    def total(self) -> int:
        """The pages of all hosts."""
        return len(self.hosts) * self.pages


@dataclass
class Round:
    """One crawl, from its first request or submission to its end."""

    seconds: float
    pages_per_second: float
    cpu_s_per_1000: float  # of all processes that take part in the crawl
    peak_mb: float  # likewise, the sum of their peaks
    status_p99_ms: float | None = None  # of `/batch/{id}/status`, asked twenty times a second
    livez_p99_ms: float | None = None


Contestant = Callable[[Work], Round]


def skybatch(work: Work) -> Round:
    """A fresh daemon, one batch submitted over HTTP, everything durable."""
    with tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder:
        daemon = DaemonProcess(Path(folder), connect_to(work.port))
        daemon.start()
        pid = daemon.process.pid
        cpu, began = _cpu_seconds(pid), time.perf_counter()
        batch_id = daemon.submit(list(work.hosts), max_pages=work.pages)
        probe = _Probe(daemon, batch_id)
        probe.start()
        status = daemon.wait(batch_id, timeout_s=600)
        seconds = time.perf_counter() - began
        cpu = _cpu_seconds(pid) - cpu
        probe.stop()
        if status["status"] != "complete" or status["pages"]["fetched"] != work.total:
            raise SystemExit(f"the batch is not whole: {status}")
        round_ = _round(work, seconds, cpu, _peak_mb(pid))
        round_.status_p99_ms = round(p99(probe.statuses), 1)
        round_.livez_p99_ms = round(p99(probe.lives), 1)
        daemon.stop()
        return round_


def peer(*command: str | Path, more: Sequence[str] = ()) -> Contestant:
    """A program that takes a file of hosts, a port, a number of pages and a folder, and prints how
    many pages it has stored."""

    def run(work: Work) -> Round:
        with tempfile.TemporaryDirectory(prefix="peer-bench-") as name:
            folder = Path(name)
            (folder / "hosts").write_text("\n".join(work.hosts))
            arguments = [folder / "hosts", str(work.port), str(work.pages), folder, *more]
            began = time.perf_counter()
            with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE) as process:
                memory = _Memory(process.pid)
                memory.start()
                out = process.stdout.read() if process.stdout else b""
                _, code, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(code)
            seconds = time.perf_counter() - began
            memory.join()
        if int(out.split()[-1] if out.split() else 0) != work.total:
            raise SystemExit(f"{command[-1]} stored {out.decode()!r} pages of {work.total}")
        return _round(work, seconds, usage.ru_utime + usage.ru_stime, memory.peak_mb)

    return run


def contestants(python: Path | None, go: Path | None) -> dict[str, Contestant]:
    """By name; those of others where the environment that they need is given."""
    found: dict[str, Contestant] = {
        "skybatch": skybatch,
        "bare-loop": peer(sys.executable, PEERS / "bare_loop.py"),
    }
    if go:
        found["go"] = peer(go)
    if python:
        found["scrapy-jobdir"] = peer(python, PEERS / "scrapy_crawl.py")
        found["crawlee-sqlite"] = peer(python, PEERS / "crawlee_crawl.py", more=["sql"])
        found["crawlee-files"] = peer(python, PEERS / "crawlee_crawl.py", more=["files"])
    return found


class _Probe(threading.Thread):
    """Asks for the status of the batch, and whether the daemon lives, twenty times a second."""

    def __init__(self, daemon: DaemonProcess, batch_id: str) -> None:
        super().__init__(daemon=True)
        self._daemon_process = daemon
        self._path = f"/batch/{batch_id}/status"
        self._stopped = threading.Event()
        self.statuses: list[float] = []
        self.lives: list[float] = []

    def run(self) -> None:
        while not self._stopped.wait(0.05):
            began = time.perf_counter()
            self._daemon_process.get(self._path)
            told = time.perf_counter()
            self._daemon_process.get("/livez", prefix="")
            self.statuses.append((told - began) * 1000)
            self.lives.append((time.perf_counter() - told) * 1000)

    def stop(self) -> None:
        self._stopped.set()
        self.join()


class _Memory(threading.Thread):
    """The peak of a process, looked at until it ends: what wait4(2) tells of it begins with what
    its parent had, before it became another program."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peak_mb = 0.0

    def run(self) -> None:
        with suppress(OSError):  # it has ended
            while peak := _peak_mb(self._pid):
                self.peak_mb = peak
                time.sleep(0.05)


def _round(work: Work, seconds: float, cpu: float, peak_mb: float) -> Round:
    return Round(
        seconds=round(seconds, 2),
        pages_per_second=round(work.total / seconds, 1),
        cpu_s_per_1000=round(cpu / work.total * 1000, 2),
        peak_mb=round(peak_mb, 1),
    )


def _cpu_seconds(pid: int) -> float:
    """User and system time that a process and its children have used, also those that ended."""
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:15] if each == pid else fields[11:13]))
    return total / TICKS


def _peak_mb(pid: int) -> float:
    """The most memory that a process and its children ever had resident, each by itself."""
    lines = (
        line
        for each in family(pid)
        for line in Path(f"/proc/{each}/status").read_text().splitlines()
    )
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
