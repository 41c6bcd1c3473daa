"""Hosts on one public address share it; addresses that the operator vouches for are not shared."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from skybatch.crawl.fetcher import Request, Response
from skybatch.crawl.guard import Guard
from skybatch.crawl.neighbours import Sharing
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.throttle import Throttled
from skybatch.model.clock import SystemClock
from tests.crawl.nameserver import NameServer
from tests.until import until

ADDRESS = "93.184.215.14"  # public; nothing here ever dials it


class Held:
    """A fetcher whose requests end when they are let go."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.let_go = asyncio.Event()

    async def get(self, request: Request) -> Response:
        request.before()
        self.urls.append(request.url)
        await self.let_go.wait()
        return Response(request.url, 200)


@asynccontextmanager
async def sharing(limit, *, connect_to=None, allow=()):
    """A limit of so many, over two hosts with one address and one with another."""
    zone = {"a.test": (ADDRESS,), "b.test": (ADDRESS,), "c.test": ("93.184.215.15",)}
    async with NameServer(zone) as dns:
        guard = Guard(allow)
        resolver = Resolver(
            guard, SystemClock(), connect_to=connect_to or {}, servers=[dns.address]
        )
        held = Held()
        try:
            yield Sharing(held, resolver, per_ip_concurrency=limit), held
        finally:
            held.let_go.set()
            await resolver.close()


async def ask(fetcher, held, *urls, expected):
    """Ask for all at once; `expected` of them are under way when no more begin."""
    tasks = [asyncio.create_task(fetcher.get(Request(url))) for url in urls]
    await until(lambda: len(held.urls) >= expected)
    for _ in range(20):  # whoever could begin has had its turn by now
        await asyncio.sleep(0)
    assert len(held.urls) == expected
    held.let_go.set()
    await asyncio.gather(*tasks)
    assert sorted(held.urls) == sorted(urls)


async def test_hosts_on_one_address_wait_for_each_other() -> None:
    urls = ["http://a.test/1", "http://a.test/2", "http://b.test/1", "http://b.test/2"]
    async with sharing(2) as (fetcher, held):
        await ask(fetcher, held, *urls, expected=2)


async def test_another_address_does_not_wait() -> None:
    async with sharing(1) as (fetcher, held):
        await ask(fetcher, held, "http://a.test/", "http://c.test/", expected=2)


async def test_a_literal_address_is_the_address() -> None:
    async with sharing(1) as (fetcher, held):
        await ask(fetcher, held, "http://a.test/", f"http://{ADDRESS}/", expected=1)


@pytest.mark.parametrize(
    "exception",
    [{"connect_to": {"*:80": "127.0.0.1:9"}}, {"allow": ("93.184.215.0/24",)}],
    ids=["connect_to", "allow_networks"],
)
async def test_what_the_operator_vouches_for_is_not_shared(exception) -> None:
    async with sharing(1, **exception) as (fetcher, held):
        await ask(fetcher, held, "http://a.test/", "http://b.test/", expected=2)


async def test_a_name_without_an_address_is_left_to_whoever_connects() -> None:
    async with sharing(1) as (fetcher, held):
        await ask(fetcher, held, "http://nowhere.test/", "http://x.invalid/", expected=2)


async def test_a_request_goes_out_when_the_address_has_room_for_it():
    async with sharing(1) as (shared, held):
        out: list[str] = []
        throttled = Throttled(shared, SystemClock())
        first, second = (
            asyncio.create_task(
                throttled.get(Request(f"http://{name}.test/", before=lambda n=name: out.append(n)))
            )
            for name in "ab"
        )
        await until(lambda: held.urls)
        for _ in range(20):
            await asyncio.sleep(0)
        assert out == ["a"], "the other one waits for its place, and is not out"
        held.let_go.set()
        await asyncio.gather(first, second)
        assert out == ["a", "b"]
