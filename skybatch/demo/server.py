"""Serves the sample sites on loopback: which one, the Host header says.

`python -m skybatch.demo.server --port 0 --hosts 200 --pages 10 --page-kb 38` serves generated sites
and those of the demo in a process of its own, and prints its port.
"""

import argparse
import asyncio
import gzip
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import islice

from aiohttp import web

from skybatch.demo.samples import samples
from skybatch.demo.sites import Resource, sites

LOOPBACK = "127.0.0.1"
_SHOWN = 100  # names


class _Web:
    """Answers for every host; bodies are compressed once."""

    def __init__(self, hosts: Mapping[str, Mapping[str, Resource]]) -> None:
        self._hosts = hosts
        self._compressed: dict[tuple[str, str], bytes] = {}

    async def answer(self, request: web.Request) -> web.Response:
        host = request.host.partition(":")[0].lower().removeprefix("www.")
        found = self._hosts.get(host, {}).get(request.path)
        if found is None:
            return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")
        headers = {"Content-Type": found.content_type, "Vary": "Accept-Encoding"}
        if found.location is not None:
            headers["Location"] = found.location
        body = found.body
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = self._gzip(host, request.path, body)
        return web.Response(status=found.status, body=body, headers=headers)

    def _gzip(self, host: str, path: str, body: bytes) -> bytes:
        key = host, path
        if key not in self._compressed:
            self._compressed[key] = gzip.compress(body, 6, mtime=0)
        return self._compressed[key]


@asynccontextmanager
async def serving(
    hosts: Mapping[str, Mapping[str, Resource]], *, port: int = 0
) -> AsyncIterator[int]:
    """Serve the hosts while the context lasts; yields the port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", _Web(hosts).answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port, backlog=1024).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@contextmanager
def refusing() -> Iterator[int]:
    """A port that refuses every connection and that nobody else gets while the context lasts."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))  # without listen(): the kernel answers with a reset
        yield taken.getsockname()[1]


async def _serve_until_ended(port: int, hosts: Mapping[str, Mapping[str, Resource]]) -> None:
    async with serving(hosts, port=port) as taken:
        sys.stdout.write(f"sample sites on http://{LOOPBACK}:{taken}\n")
        # Not all: nobody may read them, and a pipe holds 64 KiB.
        sys.stdout.write("".join(f"{host}\n" for host in islice(hosts, _SHOWN)))
        if len(hosts) > _SHOWN:
            sys.stdout.write(f"and {len(hosts) - _SHOWN} more\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m skybatch.demo.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes one that is free")
    parser.add_argument("--hosts", type=int, default=0, help="generated sites")
    parser.add_argument("--pages", type=int, default=10, help="pages of each generated site")
    parser.add_argument("--page-kb", type=int, default=38, help="KiB of each of these pages")
    given = parser.parse_args()
    hosts = {sample.domain: sample.resources for sample in samples() if sample.is_up}
    hosts |= sites(given.hosts, given.pages, page_kb=given.page_kb)
    try:
        asyncio.run(_serve_until_ended(given.port, hosts))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"port {given.port} cannot be used: {error.strerror}")


if __name__ == "__main__":
    main()
