"""Open pages of the dashboard, without their browsers: what they ask for, and how late events are.

`python -S -m bench.watchers`: the first line of the input is JSON, `{"address", "token", "pages",
"paths"}`. It says `open` once all streams are, ends with the input, and prints what came. Each page
holds one stream of events and asks for its paths, at the pace that `web/static/view.js` keeps. How
late an event is the clock says when it arrives, from the time that it tells: of before its commit,
so that the wait for the commit counts. Of each piece that comes, the first event is looked at, and
answers are read and not looked into: the two cores are those of the daemon, too.
"""

import asyncio
import json
import subprocess
import sys
import time
from calendar import timegm
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.figures import p99

_EVENTS = "/api/v3/batch_page_scraper/events"
_AT = b'"at":"'
_END = b"\n\n"
# As in view.js.
_SETTLE_S, _REST, _LONGEST_S = 0.4, 80, 10.0


class Watchers:
    """The process, seen from the one that measures."""

    def __init__(self, url: str, token: str, pages: int, paths: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "bench.watchers"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        plan = {"address": urlsplit(url).netloc, "token": token, "pages": pages, "paths": paths}
        print(json.dumps(plan), file=self._process.stdin, flush=True)
        if self._process.stdout is not None and self._process.stdout.readline() != "open\n":
            raise SystemExit("the streams cannot be opened")

    def end(self) -> dict[str, float]:
        """Milliseconds from an event to its arrival, how many events came to the page that got
        fewest and to the one that got most, and how often pages asked for all that they show."""
        out, _ = self._process.communicate(timeout=90)
        if self._process.returncode:
            raise SystemExit("the watchers have failed")
        found = json.loads(out)
        return {
            "event_p99_ms": round(p99(found["late_ms"]), 1),
            "events_least": min(found["events"]),
            "events_most": max(found["events"]),
            "page_loads": found["loads"],
        }


@dataclass
class Page:
    """One of them."""

    host: str
    port: int
    token: str
    events: int = 0
    loads: int = 0
    late_ms: list[float] = field(default_factory=list)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Its stream of all that happens from now on."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        writer.write(self._request(_EVENTS, "text/event-stream"))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(head.decode())
        return reader, writer

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Take what comes. Raises RuntimeError when there will be no more."""
        rest = b""
        while piece := await reader.read(1 << 18):
            now = time.time()
            whole, found, rest = (rest + piece).rpartition(_END)
            if not found:
                continue
            self.events += whole.count(b"\nid: ") + whole.startswith(b"id: ")
            at = whole.find(_AT)
            if at >= 0:
                told = whole[at + len(_AT) :][:24].decode()
                self.late_ms.append(1000 * (now - _seconds(told)))
        raise RuntimeError(f"a stream has ended after {self.events} events")

    async def look(self, paths: Sequence[str]) -> None:
        """Ask for everything that the page shows, again and again."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        before = 0.0
        try:
            while True:
                began = time.perf_counter()
                for path in paths:
                    writer.write(self._request(path, "application/json"))
                    await _answer(reader)
                self.loads += 1
                took = time.perf_counter() - began
                await asyncio.sleep(min(_LONGEST_S, max(_SETTLE_S, _REST * min(took, before))))
                before = took
        finally:
            writer.close()

    def _request(self, path: str, accept: str) -> bytes:
        return (
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept: {accept}\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()


async def _answer(reader: asyncio.StreamReader) -> None:
    """Read one answer to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(head.decode())
    await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))


def _seconds(text: str) -> float:
    """Of `2026-01-31T12:00:00.123Z`, since the epoch."""
    return timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:23])


async def main() -> None:
    """Keep all pages open until the input ends."""
    plan = json.loads(sys.stdin.readline())
    host, _, port = plan["address"].partition(":")
    pages = [Page(host, int(port), plan["token"]) for _ in range(plan["pages"])]
    streams = [await page.open() for page in pages]
    print("open", flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    tasks = [
        asyncio.create_task(work)
        for page, (reader, _) in zip(pages, streams, strict=True)
        for work in (page.listen(reader), page.look(plan["paths"]))
    ]
    await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()  # it failed
        task.cancel()
    late = [each for page in pages for each in page.late_ms]
    told = {"late_ms": late, "events": [page.events for page in pages]}
    print(json.dumps({**told, "loads": sum(page.loads for page in pages)}))


if __name__ == "__main__":
    asyncio.run(main())
