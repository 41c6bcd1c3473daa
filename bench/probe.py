"""Asks a daemon questions at a steady rate, in a process of its own, and tells how long it waited.

`python -S -m bench.probe`: the first line of the input is JSON, `{"address", "token", "asked"}`, of
`asked` each with a name, a request and the seconds from one to the next. Ends with the input, and
prints the milliseconds of every answer. Each request has a connection for itself and is sent in
time, however long earlier ones take: who asks does not wait for others. Answers are read to their
end and not looked into, for the two cores are those of the daemon, too.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.figures import p99


@dataclass
class Question:
    """One that is asked again and again."""

    name: str
    method: str
    path: str
    every_s: float
    body: str = ""
    expected: int = 200
    times: list[float] = field(default_factory=list)  # milliseconds

    def head(self, host: str, token: str) -> bytes:
        """The whole request."""
        return (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n{self.body}"
        ).encode()


class Probe:
    """The process, seen from the one that measures."""

    def __init__(self, url: str, token: str, asked: Sequence[Question]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "bench.probe"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._plan = {"address": urlsplit(url).netloc, "token": token}
        self._asked = asked
        if self._process.stdout is not None:
            self._process.stdout.readline()  # its own start is over before anything is measured

    def ask(self, **values: str) -> None:
        """Begin; paths may name the values."""
        asked = [{**asdict(each), "path": each.path.format(**values)} for each in self._asked]
        print(json.dumps({**self._plan, "asked": asked}), file=self._process.stdin, flush=True)

    def end(self) -> dict[str, float]:
        """The p99 of each in milliseconds, and how many were asked."""
        out, _ = self._process.communicate(timeout=90)
        if self._process.returncode:
            raise SystemExit("the probe has failed")
        found = json.loads(out)
        return {
            name: value
            for question, times in found.items()
            for name, value in (
                (f"{question}_p99_ms", round(p99(times), 1)),
                (f"{question}_asked", len(times)),
            )
        }


async def main() -> None:
    """Ask until the input ends."""
    print("ready", flush=True)
    plan = json.loads(sys.stdin.readline())
    host, _, port = plan["address"].partition(":")
    asked = [Question(**each) for each in plan["asked"]]
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    asking = Asking(host, int(port), plan["token"])
    askers = [asyncio.create_task(asking.again_and_again(each)) for each in asked]
    await asyncio.wait({ended, *askers}, return_when=asyncio.FIRST_COMPLETED)
    for asker in askers:
        if asker.done():
            asker.result()  # it failed
        asker.cancel()
    await asyncio.gather(*asking.under_way)
    print(json.dumps({each.name: each.times for each in asked}))


class Asking:
    """Connections to the daemon, as many as there are requests at a time."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host, self._port, self._token = host, port, token
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.under_way: set[asyncio.Task[None]] = set()

    async def again_and_again(self, question: Question) -> None:
        """One request after the other, each when its time has come."""
        due = time.perf_counter()
        while True:
            task = asyncio.create_task(self._ask(question))
            self.under_way.add(task)
            task.add_done_callback(self._done)
            due += question.every_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    def _done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is None:  # a failed one is told at the end
            self.under_way.discard(task)

    async def _ask(self, question: Question) -> None:
        reader, writer = connected = self._open() or await self._connect()
        began = time.perf_counter()
        writer.write(question.head(self._host, self._token))
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        question.times.append(round((time.perf_counter() - began) * 1000, 2))
        if int(head[9:12]) != question.expected:
            raise RuntimeError(f"{question.name} was answered with {head!r}")
        self._idle.append(connected)

    def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection that nobody uses; the daemon closes those that nobody has used for long."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port, limit=1 << 20)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)


if __name__ == "__main__":
    asyncio.run(main())
