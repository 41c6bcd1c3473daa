"""Certificates that are wrong, each in its own way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from skybatch.crawl.fetcher import FetchError, Request
from skybatch.model.reason import Reached, Reason
from tests.certificates import Authority, authority, self_signed
from tests.crawl.scene import web_of
from tests.site import Page, Site

pytestmark = pytest.mark.needs("openssl")

URL = "https://shop.example/"
HOSTS = {"*": {"*": Page("<p>safe")}}


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


async def reason_of(site: Site, **changes: object) -> tuple[Reason, Reached]:
    async with web_of(site, **changes) as web:
        with pytest.raises(FetchError) as caught:
            await web.fetcher.get(Request(URL))
    return caught.value.reason, caught.value.reached


async def test_a_good_certificate_is_accepted(signer: Authority) -> None:
    async with Site(HOSTS, tls=signer.server("shop.example")) as site:
        async with web_of(site, ca_file=signer.ca_file) as web:
            response = await web.fetcher.get(Request(URL))
        assert response.body == b"<p>safe"
        assert site.log[0].is_tls


async def test_an_expired_certificate(signer: Authority) -> None:
    async with Site(HOSTS, tls=signer.server("shop.example", days=-1)) as site:
        found = await reason_of(site, ca_file=signer.ca_file)
    assert found == (Reason.TLS_EXPIRED, Reached.TLS)


async def test_a_certificate_for_another_name(signer: Authority) -> None:
    async with Site(HOSTS, tls=signer.server("other.example")) as site:
        found = await reason_of(site, ca_file=signer.ca_file)
    assert found == (Reason.TLS_NAME, Reached.TLS)


async def test_a_certificate_of_an_unknown_authority(signer: Authority) -> None:
    async with Site(HOSTS, tls=signer.server("shop.example")) as site:
        assert await reason_of(site) == (Reason.TLS_UNTRUSTED, Reached.TLS)


async def test_a_self_signed_certificate(signer: Authority, tmp_path: Path) -> None:
    async with Site(HOSTS, tls=self_signed(tmp_path, "shop.example")) as site:
        found = await reason_of(site, ca_file=signer.ca_file)
    assert found == (Reason.TLS_UNTRUSTED, Reached.TLS)


async def test_no_request_is_sent_to_a_server_that_cannot_prove_its_name(
    signer: Authority,
) -> None:
    async with Site(HOSTS, tls=signer.server("other.example")) as site:
        await reason_of(site, ca_file=signer.ca_file)
        assert not site.log


async def talk_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


Behaviour: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(behaviour: Behaviour) -> AsyncIterator[str]:
    """A server of a few bytes; gives its address."""
    closed = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await behaviour(reader, writer)
            writer.close()
            await writer.wait_closed()
        closed.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await closed.wait()


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (talk_http, (Reason.TLS_ERROR, Reached.TLS)),
        (hang_up, (Reason.TLS_ERROR, Reached.TLS)),
        (say_nothing, (Reason.TIMEOUT, Reached.CONNECT)),
    ],
)
async def test_a_server_that_does_not_speak_tls(
    behaviour: Behaviour, expected: tuple[Reason, Reached]
) -> None:
    async with listening(behaviour) as place, Site({}) as site:
        found = await reason_of(site, connect_to={"*:443": place}, connect_timeout_s=0.5)
    assert found == expected
