"""Certificates that are wrong, each in its own way."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from skybatch.crawl.fetcher import FetchError, Request
from skybatch.model.reason import Reached, Reason
from tests.certificates import Authority, authority, self_signed
from tests.crawl.scene import web_of
from tests.site import Page, Site

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
    writer.close()


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (talk_http, (Reason.TLS_ERROR, Reached.TLS)),
        (hang_up, (Reason.TLS_ERROR, Reached.TLS)),
        (say_nothing, (Reason.TIMEOUT, Reached.CONNECT)),
    ],
)
async def test_a_server_that_does_not_speak_tls(
    behaviour: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    expected: tuple[Reason, Reached],
) -> None:
    async with await asyncio.start_server(behaviour, "127.0.0.1", 0) as server, Site({}) as site:
        port = server.sockets[0].getsockname()[1]
        to = {"*:443": f"127.0.0.1:{port}"}
        assert await reason_of(site, connect_to=to, connect_timeout_s=0.5) == expected
