"""Plays the hostile sites, all at once, against the real daemon, and watches it from outside."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.process import DaemonProcess, connect_to, family

MAX_PAGES = 12


class Farm:
    """The farm in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.farm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        port, *self.hosts = self.process.stdout.readline().split()
        self.port = int(port)

    def asked(self, host: str) -> list[str]:
        """The paths that were asked for at a host."""
        self.process.stdin.write(f"{host}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()[1:]

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Watch:
    """How much memory the daemon and its processes have together, and how fast it answers."""

    daemon: DaemonProcess
    most_mb: list[float] = field(default_factory=list)  # of the daemon, and of each child
    livez_ms: list[float] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.done.wait(0.05):
            mb = memory_mb(self.daemon.process.pid)
            if sum(mb) > sum(self.most_mb):
                self.most_mb = mb
            began = time.perf_counter()
            self.daemon.get("/livez", prefix="")
            self.livez_ms.append((time.perf_counter() - began) * 1_000)


def memory_mb(pid: int) -> list[float]:
    """Resident memory of a process and its children now."""
    found = []
    for each in family(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            pages = int(Path(f"/proc/{each}/statm").read_text().split()[1])
            found.append(pages * 4_096 / 1_048_576)
    return found


@dataclass
class Played:
    pages: list[dict]
    records: dict[str, dict]
    jobs: dict[str, dict]
    farm: Farm
    watch: Watch
    log: list[dict]


@contextmanager
def playing(folder: Path) -> Iterator[Played]:
    """One batch of all sites; time limits are short, so that a test is."""
    farm = Farm()
    settings = f"{connect_to(farm.port)}\nrequest_timeout_s = 10.0\nread_timeout_s = 5.0\n"
    daemon = DaemonProcess(folder, settings)
    daemon.start()
    watch = Watch(daemon)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        batch_id = daemon.submit(farm.hosts, max_pages=MAX_PAGES)
        status = daemon.wait(batch_id, timeout_s=120)
        pages = daemon.results(batch_id, "&level=page")
        records = {record["domain"]: record for record in daemon.results(batch_id)}
        watch.done.set()
        thread.join()
        yield Played(pages, records, status["domain_statuses"], farm, watch, daemon.log_lines())
    finally:
        watch.done.set()
        thread.join()
        daemon.stop()
        farm.stop()
