"""Where the start page of a domain is looked for."""

import gc
import weakref

import pytest

from skybatch.crawl.candidates import NoStart, find_start
from skybatch.crawl.fetcher import FetchError
from skybatch.model.reason import Reached, Reason
from skybatch.model.target import Target

BARE = Target("a.test", "a.test")


async def tried(target: Target, failures: dict[str, Reason | FetchError]) -> list[str]:
    """The candidates in the order in which they were tried; the last one answered."""
    asked: list[str] = []

    async def ask(url: str) -> None:
        asked.append(url)
        if failure := failures.get(url):
            raise failure if isinstance(failure, FetchError) else FetchError(failure, "no")

    start = await find_start(target, ask)
    assert start.url == asked[-1]
    return asked


async def failure(target: Target, *reasons: Reason | FetchError) -> tuple[str, Reason, int]:
    """The URL and reason that are told when the candidates fail like this, and how many did."""
    left = list(reasons)

    async def ask(_url: str) -> None:
        reason = left.pop(0)
        raise reason if isinstance(reason, FetchError) else FetchError(reason, "no")

    with pytest.raises(NoStart) as caught:
        await find_start(target, ask)
    return caught.value.url, caught.value.error.reason, len(reasons) - len(left)


async def test_https_comes_first() -> None:
    assert await tried(BARE, {}) == ["https://a.test/"]


@pytest.mark.parametrize(
    "reason",
    [
        Reason.REFUSED,
        Reason.TIMEOUT,
        Reason.UNREACHABLE,
        Reason.TLS_EXPIRED,
        Reason.TLS_NAME,
        Reason.TLS_ERROR,
        Reason.DNS_ERROR,
        Reason.BLOCKED_ADDRESS,
    ],
)
async def test_then_http_when_dns_connect_or_tls_fails(reason: Reason) -> None:
    assert await tried(BARE, {"https://a.test/": reason}) == ["https://a.test/", "http://a.test/"]


@pytest.mark.parametrize(
    "reason",
    [
        Reason.HTTP_4XX,
        Reason.HTTP_5XX,
        Reason.ROBOTS_DISALLOWED,
        Reason.ROBOTS_UNREACHABLE,
        Reason.REDIRECT_OFF_SITE,
        Reason.PROTOCOL_ERROR,
        Reason.RATE_LIMITED,
        Reason.NOT_HTML,
        FetchError(Reason.TIMEOUT, "headers: silence", reached=Reached.HTTP),
    ],
)
async def test_an_answer_over_http_is_final(reason: Reason | FetchError) -> None:
    expected = reason.reason if isinstance(reason, FetchError) else reason
    assert await failure(BARE, reason) == ("https://a.test/", expected, 1)


@pytest.mark.parametrize("reason", [Reason.NXDOMAIN, Reason.NO_ADDRESS])
async def test_the_twin_is_tried_when_the_bare_name_has_no_address(reason: Reason) -> None:
    failures = {"https://a.test/": reason, "http://a.test/": reason}
    assert (await tried(BARE, failures))[-1] == "https://www.a.test/"
    failures["https://www.a.test/"] = Reason.REFUSED
    assert (await tried(BARE, failures))[-1] == "http://www.a.test/"


async def test_the_twin_is_not_tried_when_the_bare_name_has_an_address() -> None:
    assert await failure(BARE, Reason.NXDOMAIN, Reason.REFUSED, Reason.REFUSED) == (
        "http://a.test/",
        Reason.REFUSED,
        2,
    )


@pytest.mark.parametrize(
    "target",
    [Target("www.a.test", "www.a.test"), Target("192.0.2.1", "192.0.2.1"), Target("[::1]", "::1")],
)
async def test_some_hosts_have_no_twin(target: Target) -> None:
    _, reason, count = await failure(target, *[Reason.NXDOMAIN] * 4)
    assert (reason, count) == (Reason.NXDOMAIN, 2)


@pytest.mark.parametrize(
    ("target", "urls"),
    [
        (Target("a.test", "a.test", scheme="http"), ["http://a.test/"]),
        (Target("a.test", "a.test", scheme="https", path="/de?x=1"), ["https://a.test/de?x=1"]),
        (
            Target("a.test:8080", "a.test", port=8080),
            ["https://a.test:8080/", "http://a.test:8080/"],
        ),
        (Target("a.test:80", "a.test", port=80), ["https://a.test:80/", "http://a.test/"]),
        (Target("[::1]:81", "::1", port=81), ["https://[::1]:81/", "http://[::1]:81/"]),
    ],
)
async def test_what_is_written_is_kept_to(target: Target, urls: list[str]) -> None:
    failures: dict[str, Reason | FetchError] = dict.fromkeys(urls[:-1], Reason.REFUSED)
    assert await tried(target, failures) == urls
    if len(urls) == 1:
        assert (await failure(target, Reason.REFUSED, Reason.REFUSED))[2] == 1


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ((Reason.TLS_EXPIRED, Reason.REFUSED), Reason.TLS_EXPIRED),
        ((Reason.REFUSED, Reason.TLS_ERROR), Reason.TLS_ERROR),
        ((Reason.REFUSED, Reason.TIMEOUT), Reason.REFUSED),
        ((Reason.DNS_ERROR, Reason.REFUSED), Reason.REFUSED),
        ((Reason.TLS_NAME, Reason.HTTP_4XX), Reason.HTTP_4XX),
        ((Reason.TLS_NAME, Reason.PROTOCOL_ERROR), Reason.PROTOCOL_ERROR),
        (
            (Reason.NO_ADDRESS, Reason.NO_ADDRESS, Reason.NXDOMAIN, Reason.NXDOMAIN),
            Reason.NO_ADDRESS,
        ),
        ((Reason.NXDOMAIN, Reason.NXDOMAIN, Reason.TLS_NAME, Reason.REFUSED), Reason.TLS_NAME),
    ],
)
async def test_the_reason_is_that_of_the_candidate_that_got_furthest(
    reasons: tuple[Reason, ...], told: Reason
) -> None:
    assert (await failure(BARE, *reasons))[1] is told


class Crawl:
    """Whoever asks, with everything that hangs on it."""

    async def ask(self, url: str) -> None:
        if url.startswith("https:"):
            raise FetchError(Reason.REFUSED, "no")


async def test_a_candidate_that_failed_holds_nobody_who_asked() -> None:
    """Until old garbage was looked for, a crawl was kept for each site without https."""
    gc.disable()
    try:
        crawl = Crawl()
        kept = weakref.ref(crawl)
        await find_start(BARE, crawl.ask)
        del crawl
        assert kept() is None
    finally:
        gc.enable()
