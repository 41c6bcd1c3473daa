"""`make bench`: 200 hosts of 10 pages through the running daemon, and through Scrapy beside it.

Rounds are interleaved: each of ours is followed by one of Scrapy, so that both meet the same moods
of the machine. The figures are medians, and the ratio that of the medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from skybatch.demo.sites import bench_hosts
from tests.e2e.process import DaemonProcess, SiteProcess, family

PEER = Path(__file__).parent / "peers" / "scrapy_crawl.py"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Round:
    """One batch, from its submission to its end."""

    pages: int
    seconds: float
    pages_per_second: float
    cpu_s_per_1000: float  # of the daemon and the processes that read pages for it
    peak_mb: float  # likewise, the sum of their peaks
    livez_p99_ms: float
    livez_max_ms: float


class Probe(threading.Thread):
    """Asks `/livez` twenty times a second, as a load balancer would, and keeps the times."""

    def __init__(self, daemon: DaemonProcess) -> None:
        super().__init__(daemon=True)
        self._daemon_process = daemon
        self._stopped = threading.Event()
        self.times: list[float] = []

    def run(self) -> None:
        while not self._stopped.wait(0.05):
            began = time.perf_counter()
            self._daemon_process.get("/livez", prefix="")
            self.times.append((time.perf_counter() - began) * 1000)

    def stop(self) -> list[float]:
        self._stopped.set()
        self.join()
        return sorted(self.times) or [0.0]


def cpu_seconds(pid: int) -> float:
    """User and system time that a process and its children have used, also those that ended."""
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:15] if each == pid else fields[11:13]))
    return total / TICKS


def peak_mb(pid: int) -> float:
    """The most memory that a process and its children ever had resident, each by itself."""
    lines = (
        line
        for each in family(pid)
        for line in Path(f"/proc/{each}/status").read_text().splitlines()
    )
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def measure(sites: SiteProcess, hosts: list[str], pages: int) -> Round:
    """A fresh daemon, one batch."""
    with tempfile.TemporaryDirectory(prefix="skybatch-bench-") as folder:
        daemon = DaemonProcess(Path(folder), sites.connect_to)
        daemon.start()
        probe = Probe(daemon)
        probe.start()
        pid = daemon.process.pid
        cpu, began = cpu_seconds(pid), time.perf_counter()
        batch_id = daemon.submit(hosts, max_pages=pages)
        status = daemon.wait(batch_id, timeout_s=600)
        seconds = time.perf_counter() - began
        cpu = cpu_seconds(pid) - cpu
        times = probe.stop()
        fetched = status["pages"]["fetched"]
        if status["status"] != "complete" or fetched != len(hosts) * pages:
            raise SystemExit(f"the batch is not whole: {status}")
        result = Round(
            pages=fetched,
            seconds=round(seconds, 2),
            pages_per_second=round(fetched / seconds, 1),
            cpu_s_per_1000=round(cpu / fetched * 1000, 2),
            peak_mb=round(peak_mb(pid), 1),
            livez_p99_ms=round(times[int(len(times) * 0.99)], 1),
            livez_max_ms=round(times[-1], 1),
        )
        daemon.stop()
        return result


@dataclass
class PeerRound:
    """The same pages by Scrapy, with a JOBDIR and the same extraction."""

    pages: int
    seconds: float
    pages_per_second: float
    cpu_s_per_1000: float
    peak_mb: float


def measure_scrapy(python: Path, sites: SiteProcess, hosts: list[str], pages: int) -> PeerRound:
    """A fresh process and job folder."""
    with tempfile.TemporaryDirectory(prefix="scrapy-bench-") as name:
        folder = Path(name)
        (folder / "hosts").write_text("\n".join(hosts))
        command = [python, PEER, folder / "hosts", str(sites.port), str(pages), folder]
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            out = process.stdout.read()
            _, code, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(code)
        seconds = time.perf_counter() - began
    fetched = int(out.strip() or 0)
    if fetched != len(hosts) * pages:
        raise SystemExit(f"Scrapy stored {fetched} pages")
    cpu = usage.ru_utime + usage.ru_stime
    return PeerRound(
        pages=fetched,
        seconds=round(seconds, 2),
        pages_per_second=round(fetched / seconds, 1),
        cpu_s_per_1000=round(cpu / fetched * 1000, 2),
        peak_mb=round(usage.ru_maxrss / 1024, 1),
    )


def medians_of(rounds: list) -> dict[str, float]:
    """The median of each figure."""
    return {
        name: statistics.median(getattr(item, name) for item in rounds)
        for name in asdict(rounds[0])
    }


def main() -> None:
    """Print every round and the medians; write them as JSON when asked."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--page-kb", type=int, default=38)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--scrapy", type=Path, help="the Python of an environment that has it")
    given = parser.parse_args()
    hosts = list(bench_hosts(given.hosts))
    arguments = {"hosts": given.hosts, "pages": given.pages, "page-kb": given.page_kb}
    sites = SiteProcess(*(word for name, n in arguments.items() for word in (f"--{name}", str(n))))
    rounds, peers = [], []
    for number in range(given.rounds):
        rounds.append(measure(sites, hosts, given.pages))
        print(f"round {number + 1}: {rounds[-1]}", flush=True)
        if given.scrapy:
            peers.append(measure_scrapy(given.scrapy, sites, hosts, given.pages))
            print(f"round {number + 1}: {peers[-1]}", flush=True)
    sites.stop()
    medians = medians_of(rounds)
    print(f"\nmedians of {given.rounds} rounds, {given.hosts} hosts x {given.pages} pages:")
    for name, value in medians.items():
        print(f"  {name:<18} {value:>9,.1f}")
    theirs = medians_of(peers) if peers else {}
    if theirs:
        print("\nScrapy with a JOBDIR, the same extraction:")
        for name, value in theirs.items():
            ratio = medians[name] / value
            print(f"  {name:<18} {value:>9,.1f}   skybatch: {ratio:.2f} x")
    if given.json:
        python = subprocess.run([sys.executable, "-V"], capture_output=True, text=True, check=True)
        report = {"python": python.stdout.strip(), "arguments": arguments, "medians": medians}
        report["scrapy"] = {"medians": theirs, "rounds": list(map(asdict, peers))}
        given.json.write_text(json.dumps({**report, "rounds": list(map(asdict, rounds))}, indent=1))


if __name__ == "__main__":
    main()
