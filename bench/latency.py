"""`make bench-latency`: hosts that take their time, and neighbours that take everybody's.

* 1,000 hosts that answer after 1 s, one request at a time each, 200 workers: the share of what
  concurrency / latency allows.
* A healthy site alone, beside 20 tarpits, and beside 50 domains whose name servers never answer.
* How close two requests to one host come, as the host sees it, over two batches and a kill.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from tests.e2e.process import DaemonProcess

WORKERS, HOSTS, PAGES, LATENCY_S = 200, 1_000, 3, 1.0
HEALTHY_PAGES = 20
DELAY_S, POLITE_PAGES = 0.2, 40
PAGE = b"".join(b"<a href=/%d>page %d</a>" % (n, n) for n in range(HEALTHY_PAGES)) + b"<p>here"


class Hosts:
    """`slow*` answer after a second, `tarpit*` never end, the others answer at once; `/closest`
    tells how close two requests to `*polite.example` came."""

    def __init__(self) -> None:
        self._arrived: list[float] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1]
                host = head.lower().partition(b"\r\nhost: ")[2].partition(b"\r\n")[0]
                if host.startswith(b"tarpit"):
                    await drip(writer)
                found = path in (b"/", b"/closest") or path[1:].isdigit()
                status = b"200 OK" if found else b"404 Not Found"
                body = await self._body(host, path)
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
                    % (status, len(body), body)
                )
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    async def _body(self, host: bytes, path: bytes) -> bytes:
        if path == b"/closest":
            return b"%.4f" % min(later - earlier for earlier, later in pairwise(self._arrived))
        if host.endswith(b"polite.example"):
            self._arrived.append(time.monotonic())
        if host.startswith(b"slow"):
            await asyncio.sleep(LATENCY_S)
        return PAGE


async def drip(writer: asyncio.StreamWriter) -> None:
    """An answer without an end, until the client has had enough."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.5)


async def serve() -> None:
    """The hosts on a port of their own, which is printed."""
    server = await asyncio.start_server(Hosts().answer, "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Run:
    """A daemon in front of the server, for one measurement."""

    def __init__(self, folder: Path, port: int, *, dns: str = "", delay_s: float = 0.0) -> None:
        names = '"*:80"' if not dns else '"healthy.example:80"'
        secure = '"*:443"' if not dns else '"healthy.example:443"'
        self.daemon = DaemonProcess(
            folder,
            f'[fetch]\nconnect_to = {{{names} = "127.0.0.1:{port}", {secure} = "127.0.0.1:1"}}\n'
            + (f'dns_servers = ["{dns}"]\n' if dns else ""),
            delay_s=delay_s,
        )

    def batch(self, domains: list[str], *, wait_for: str = "", **members: object) -> float:
        """Seconds until a batch has ended, or one domain of it."""
        try:
            return self._batch(domains, wait_for, members)
        finally:
            self.daemon.kill()

    def _batch(self, domains: list[str], wait_for: str, members: Mapping[str, object]) -> float:
        self.daemon.start()
        began = time.perf_counter()
        batch_id = self.daemon.submit(domains, **members)
        if not wait_for:
            # Once a second, by the list: a status names a thousand domains.
            while (status := self.daemon.get("/batch").json["items"][0])["end_time"] is None:
                time.sleep(1.0)
            wanted = len(domains) * int(str(members["max_pages"]))
            if status["status"] != "complete" or status["pages"]["fetched"] != wanted:
                raise SystemExit(f"the batch is not whole, {wanted} pages: {status}")
            return float(status["processing_time"])
        else:
            path = f"/batch/{batch_id}/jobs?domain={wait_for}"
            while self.daemon.get(path).json["items"][0]["status"] in ("pending", "running"):
                time.sleep(0.02)
        return time.perf_counter() - began


def closest(port: int) -> float:
    """Seconds between two requests to a host that may be asked every DELAY_S, at the least."""
    with tempfile.TemporaryDirectory() as folder:
        daemon = Run(Path(folder), port, delay_s=DELAY_S).daemon
        try:
            _crawl_over_a_kill(daemon)
        finally:
            daemon.kill()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/closest") as answer:
        return float(answer.read())


def _crawl_over_a_kill(daemon: DaemonProcess) -> None:
    daemon.start()
    batches = [
        daemon.submit([name], max_pages=POLITE_PAGES)
        for name in ("polite.example", "www.polite.example")
    ]
    while daemon.status(batches[0])["pages"]["fetched"] < POLITE_PAGES // 4:
        time.sleep(0.05)
    daemon.kill()
    daemon.start()
    for batch in batches:
        daemon.wait(batch)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.latency")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--hosts", type=int, default=HOSTS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    with serving() as port:
        measure(port, given.hosts)


@contextmanager
def serving() -> Iterator[int]:
    """The hosts in a process of their own while the context lasts; yields the port."""
    command = [sys.executable, "-m", "bench.latency", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline() if server.stdout else "")
        finally:
            server.kill()


@dataclass(frozen=True)
class Waited:
    """A crawl of hosts that answer after a second."""

    seconds: float
    requests: int

    @property
    def share(self) -> float:
        """Of what concurrency / latency allows."""
        return self.requests * LATENCY_S / WORKERS / self.seconds


def slow_hosts(port: int, hosts: int) -> Waited:
    """So many hosts, one request at a time each."""
    slow = [f"slow{n}.example" for n in range(hosts)]
    took = _seconds(port, slow, max_pages=PAGES, options={"per_host_concurrency": 1})
    return Waited(took, hosts * (PAGES + 2))  # robots.txt and a sitemap


def _seconds(port: int, domains: list[str], *, dns: str = "", **members: object) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return Run(Path(folder), port, dns=dns).batch(domains, **members)


def measure(port: int, hosts: int) -> None:
    """One round of each."""
    seconds = partial(_seconds, port)
    slow = slow_hosts(port, hosts)
    speed = slow.requests / slow.seconds
    print(f"{hosts} hosts of 1 s: {slow.seconds:.1f} s, {speed:.0f} requests/s,", end=" ")
    print(f"{slow.share:.0%} of what {WORKERS} workers allow")
    healthy = {"wait_for": "healthy.example", "max_pages": HEALTHY_PAGES}
    alone = seconds(["healthy.example"], **healthy)
    tarpits = [f"tarpit{n}.example" for n in range(20)]
    beside = seconds([*tarpits, "healthy.example"], **healthy)
    print(f"healthy site alone: {alone:.2f} s; beside 20 tarpits: {beside:.2f} s", end=" ")
    print(f"({beside / alone:.2f} x)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:  # a name server without a word
        silent.bind(("127.0.0.1", 0))
        dead = [f"dead{n}.test" for n in range(50)]
        dns = f"127.0.0.1:{silent.getsockname()[1]}"
        beside = seconds([*dead, "healthy.example"], dns=dns, **healthy)
    print(f"beside 50 domains with dead DNS: {beside:.2f} s ({beside - alone:+.2f} s)")
    print(f"two requests to a host, {DELAY_S} s apart: never closer than {closest(port):.4f} s")


if __name__ == "__main__":
    main()
