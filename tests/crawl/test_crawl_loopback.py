"""Eighteen ways to write the address of this machine; a listener on it must never be reached."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from skybatch.crawl.fetcher import FetchError, Request
from skybatch.crawl.url import parse
from skybatch.model.outcome import Ended
from skybatch.model.reason import Reason
from skybatch.model.target import Target
from tests.crawl.nameserver import Answer, NameServer
from tests.crawl.scene import HOST, Scene, links, web_of
from tests.site import Page, Redirect, Site

FORMS = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",  # noqa: S104 - dialled, not bound
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "localhost",
    "①②⑦.⓪.⓪.①",
    "user:pw@127.0.0.1",
    "evil.example",  # in the DNS
]

ALLOWED = "127.0.0.2"
TRIES = 200


class Canary:
    """A listener on every address of loopback at one port, and how often it was reached."""

    def __init__(self) -> None:
        self.reached = 0
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/html\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    canary = Canary()
    async with await asyncio.start_server(canary.handle, "127.0.0.1", 0) as server:
        canary.port = server.sockets[0].getsockname()[1]
        async with await asyncio.start_server(canary.handle, "::1", canary.port):
            yield canary


ZONE = {"evil.example": ("127.0.0.1", "::1")}


@pytest.mark.parametrize("form", FORMS)
async def test_no_form_of_loopback_is_dialled(form: str, canary: Canary) -> None:
    url = parse(f"http://{form}:{canary.port}/")
    assert url is not None
    async with (
        NameServer(ZONE) as dns,
        Site({}) as site,
        web_of(site, dns_servers=(dns.address,), connect_to={}) as web,
    ):
        with pytest.raises(FetchError) as caught:
            await web.fetcher.get(Request(url))
    assert caught.value.reason is Reason.BLOCKED_ADDRESS
    assert "127." not in caught.value.detail
    assert canary.reached == 0


@pytest.mark.parametrize("form", FORMS)
async def test_no_redirect_leads_to_loopback(form: str, canary: Canary) -> None:
    to_canary = Redirect(f"http://{form}:{canary.port}/robots.txt")
    hosts = {HOST: {"/robots.txt": to_canary, "/": Page(links())}}
    async with (
        NameServer(ZONE) as dns,
        Site(hosts) as site,
        web_of(site, dns_servers=(dns.address,)) as web,
    ):
        report = await Scene(web).run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.ROBOTS_UNREACHABLE)
    assert canary.reached == 0


@pytest.mark.parametrize("form", FORMS)
async def test_no_sitemap_leads_to_loopback(form: str, canary: Canary) -> None:
    there = f"http://{form}:{canary.port}/sitemap.xml"
    hosts = {
        HOST: {
            "/robots.txt": Page(f"Sitemap: {there}\nSitemap: /mine.xml", content_type="text/plain"),
            "/mine.xml": Redirect(there),
            "/sitemap.xml": Redirect(there),
            "/": Page(links()),
        }
    }
    async with (
        NameServer(ZONE) as dns,
        Site(hosts) as site,
        web_of(site, dns_servers=(dns.address,)) as web,
    ):
        report = await Scene(web).run()
    assert report.ended is Ended.DRY
    assert canary.reached == 0


class Rebinding(NameServer):
    """Another answer to each question: the allowed address, this machine, or both of them."""

    answers = (
        (ALLOWED,),
        ("127.0.0.1",),
        (ALLOWED, "127.0.0.1"),
        ("127.0.0.1", ALLOWED),
        ("::1", ALLOWED),
        (ALLOWED, "::ffff:127.0.0.1"),
        ("::1",),
    )

    def answer_to(self, name: str) -> Answer:
        return self.answers[len(self.questions) % len(self.answers)]


async def test_a_name_that_is_bound_anew_with_every_answer_leads_to_loopback_never(
    canary: Canary,
) -> None:
    allowed, failures = Canary(), []
    async with (
        await asyncio.start_server(allowed.handle, ALLOWED, canary.port),
        Rebinding({}) as dns,
        Site({}) as site,
        web_of(
            site, dns_servers=(dns.address,), connect_to={}, allow_networks=(f"{ALLOWED}/32",)
        ) as web,
    ):
        for number in range(TRIES):
            try:
                await web.fetcher.get(Request(f"http://n{number}.example:{canary.port}/"))
            except FetchError as error:
                failures.append(error.reason)
    assert canary.reached == 0
    assert set(failures) == {Reason.BLOCKED_ADDRESS, Reason.NO_ADDRESS}
    assert len(failures) + allowed.reached == TRIES
    assert min(len(failures), allowed.reached) > TRIES / 10


@pytest.mark.parametrize(("domain", "host"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")])
async def test_loopback_as_a_domain_is_a_blocked_address(
    domain: str, host: str, canary: Canary
) -> None:
    async with Site({}) as site, web_of(site, connect_to={}) as web:
        scene = Scene(web)
        scene.target = Target(f"{domain}:{canary.port}", host, port=canary.port)
        report = await scene.run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.BLOCKED_ADDRESS)
    assert canary.reached == 0


async def test_a_literal_does_not_profit_from_the_operators_map() -> None:
    async with (
        NameServer({"evil.example": ("127.0.0.1",)}) as dns,
        Site({"*": {"*": Page("<p>inside")}}) as site,
        web_of(site, dns_servers=(dns.address,)) as web,
    ):
        assert (await web.fetcher.get(Request("http://mapped.example/"))).status == 200
        for host in ("127.0.0.1", "evil.example"):
            with pytest.raises(FetchError) as caught:
                await web.fetcher.get(Request(f"http://{host}:{site.port}/"))
            assert caught.value.reason is Reason.BLOCKED_ADDRESS
        assert [asked.host for asked in site.log] == ["mapped.example"]


async def test_an_allowed_network_is_reached(canary: Canary) -> None:
    async with Site({}) as site, web_of(site, allow_networks=("127.0.0.0/8",)) as web:
        await web.fetcher.get(Request(f"http://127.0.0.1:{canary.port}/"))
    assert canary.reached == 1
