"""The real application over a real database, asked over real HTTP on loopback."""

import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientResponse, ClientSession, web

from skybatch.access import Access, Links
from skybatch.api.app import build_app
from skybatch.api.context import PREFIX, Context, Limits
from skybatch.bus import Bus
from skybatch.model.clock import SystemClock
from skybatch.model.finding import Told
from skybatch.model.options import Options
from skybatch.model.vitals import (
    Health,
    HostState,
    MonitorPart,
    Part,
    PoolPart,
    RecoveryPart,
    StorePart,
    System,
)
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from skybatch.store.outbox import Outbox
from tests.api import reference

TOKEN = "scraper_sky_2024"  # noqa: S105 - of a database that lives for one test
LIMITS = Limits(
    json_bytes=1 << 20,
    silence_seconds=0.5,
    stream_domains=5_000,
    wait_seconds=5,
    streams_each=4,
    linger_seconds=0.05,
    stall_seconds=0.5,
)


class DaemonVitals:
    """A daemon's view of itself, which a test may break."""

    is_broken = False
    findings: tuple[Told, ...] = ()
    known_hosts: tuple[HostState, ...] = ()

    def health(self, store: StorePart) -> Health:
        if self.is_broken:
            raise RuntimeError("the vitals are broken")
        return Health(
            status="ok" if store.ok and not self.findings else "degraded",
            store=store,
            version="1",
            pid=1,
            started_at=None,
            pool=POOL,
            work=Part(ok=True, detail=None),
            monitor=MonitorPart(0, self.findings, {}),
            recorder=Part(ok=True, detail=None),
            recovery=RecoveryPart("", 0, 0, 0, 0),
        )

    def system(self, sqlite: str) -> System:
        return System({"sqlite": sqlite}, 1, None, POOL, (), self.findings, {})

    def hosts(self) -> tuple[HostState, ...]:
        return self.known_hosts


POOL = PoolPart(workers=200, busy=0, claimed=0, paused=False)


class Metrics:
    """Those of a daemon that has none."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    async def text(self) -> bytes:
        return b""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self):
        return msgspec.json.decode(self.body)

    @property
    def faults(self) -> list[tuple[str, str]]:
        return [(fault["pointer"], fault["code"]) for fault in self.json.get("errors", [])]


@dataclass
class Api:
    """A client of the application, and what the test looks at behind it."""

    url: str
    client: ClientSession
    store: Store
    bus: Bus
    vitals: DaemonVitals
    answered: list[tuple[str, str, int]]  # route, method, status
    app: web.Application
    wakes: list[None] = field(default_factory=list)
    under_way: set[tuple[str, str]] = field(default_factory=set)

    async def request(self, method, path, *, prefix=PREFIX, token=TOKEN, headers=None, **rest):
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.client.request(
            method, self.url + prefix + path, headers={**sent, **(headers or {})}, **rest
        ) as response:
            got = await answer_of(response)
        if "fields" not in response.url.query:  # which leaves out members
            reference.check(method, response.url.path, got.status, response.content_type, got.body)
        return got

    async def get(self, path, **rest) -> Answer:
        return await self.request("GET", path, **rest)

    async def post(self, path, body=b"", *, content_type="application/json", **rest) -> Answer:
        """POST bytes as they are, an iterator as a stream, anything else as JSON."""
        if content_type == "application/json" and not hasattr(body, "__aiter__"):
            body = body if isinstance(body, bytes) else msgspec.json.encode(body)
        if isinstance(body, bytes):
            body = io.BytesIO(body)  # bytes over 1 MiB would draw a warning
        headers = {"Content-Type": content_type, **rest.pop("headers", {})}
        return await self.request("POST", path, data=body, headers=headers, **rest)

    async def submit(self, domains, **members) -> str:
        answer = await self.post("/batch", {"domains": domains, **members})
        assert answer.status == 202, answer.body
        return answer.json["batch_id"]

    async def rows(self, table: str) -> int:
        """How many rows a table has, once the writer has done what is queued."""
        return await self.store.write(
            lambda tx: tx.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        )

    async def stored(self) -> dict[str, int]:
        names = ("batches", "jobs", "leftovers", "events")
        return {name: await self.rows(name) for name in names}


NOTHING = {"batches": 0, "jobs": 0, "leftovers": 0, "events": 0}


async def answer_of(response: ClientResponse) -> Answer:
    return Answer(response.status, response.headers, await response.read())


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    clock, bus = SystemClock(), Bus()
    store = Store(tmp_path / FILE, clock, bus.publish, before_commit=Outbox().fill)
    await store.open()
    wakes: list[None] = []
    vitals = DaemonVitals()
    answered: list[tuple[str, str, int]] = []
    context = Context(
        store=store,
        bus=bus,
        auth=Access(TOKEN, {}),
        links=Links(lambda: TOKEN),
        vitals=vitals,
        metrics=Metrics(),
        control=None,  # there is no engine; tests/e2e/test_operate.py has one
        data_dir=tmp_path,
        wake=lambda: wakes.append(None),
        wake_deliverer=lambda: wakes.append(None),
        defaults=Options(),
        default_concurrency=200,
        clock=clock,
        limits=LIMITS,
        answered=lambda route, method, status, _: answered.append((route, method, status)),
        custom_fields=("vat",),
    )
    app = build_app(context)
    runner = web.AppRunner(app, auto_decompress=False, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as client:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Api(url, client, store, bus, vitals, answered, app, wakes, context.under_way)
    bus.close()
    await runner.cleanup()
    await store.close()
