"""robots.txt: asked for, remembered, and what its absence means (RFC 9309)."""

import asyncio
import gzip
from collections.abc import Callable

import pytest

from skybatch.crawl.fetcher import FetchError, Request
from skybatch.crawl.robots import MAX_BYTES
from skybatch.crawl.robots_rules import Rules
from skybatch.model.reason import Reached, Reason
from tests.crawl.scene import web_of
from tests.site import Answer, Asked, Drip, Endless, Page, Raw, Redirect, Silence, Site
from tests.until import until

ORIGIN = "http://shop.example"
ROBOTS = Request(ORIGIN + "/robots.txt")
FORBIDDEN = "User-agent: *\nDisallow: /x"


async def rules_of(answer: Answer, **more: Answer | Callable[[Asked], Answer]) -> Rules:
    paths = {"/robots.txt": answer, **{"/" + name: value for name, value in more.items()}}
    async with Site({"*": paths}) as site, web_of(site, read_timeout_s=0.2) as web:
        return await web.robots.rules(ROBOTS)


async def failure_of(answer: Answer) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await rules_of(answer)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [FORBIDDEN, "\ufeff" + FORBIDDEN, FORBIDDEN.replace("\n", "\r\n"), FORBIDDEN.encode("utf-8")],
)
async def test_a_file_is_read_whatever_its_form(body: str | bytes) -> None:
    rules = await rules_of(Page(body, content_type="text/plain"))
    assert not rules.allow(ORIGIN + "/x")
    assert rules.allow(ORIGIN + "/y")


async def test_a_compressed_file_is_read() -> None:
    body = gzip.compress(FORBIDDEN.encode())
    rules = await rules_of(Page(body, headers={"Content-Encoding": "gzip"}))
    assert not rules.allow(ORIGIN + "/x")


@pytest.mark.parametrize("body", ["<html><h1>Hello</h1>", "\0\1\2", "", "Disallow: /"])
async def test_what_is_no_robots_file_forbids_nothing(body: str) -> None:
    assert (await rules_of(Page(body))).allow(ORIGIN + "/x")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_a_missing_file_allows_everything(status: int) -> None:
    assert (await rules_of(Page(FORBIDDEN, status=status))).allow(ORIGIN + "/x")


@pytest.mark.parametrize(
    "answer",
    [
        Page(status=500),
        Page(status=503),
        Page(status=599),
        Raw(),
        Raw(b"no http\r\n\r\n"),
        Silence(),
        Silence(b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\n"),
    ],
)
async def test_a_file_that_cannot_be_read_forbids_everything(answer: Answer) -> None:
    error = await failure_of(answer)
    assert error.reason is Reason.ROBOTS_UNREACHABLE
    assert error.reached is Reached.HTTP
    assert error.retry_after_s is None


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [(429, {}, 30.0), (429, {"Retry-After": "7"}, 7.0), (503, {"Retry-After": "9"}, 9.0)],
)
async def test_a_busy_host_is_waited_for(
    status: int, headers: dict[str, str], wait_s: float
) -> None:
    error = await failure_of(Page(status=status, headers=headers))
    assert (error.reason, error.retry_after_s) == (Reason.RATE_LIMITED, wait_s)


async def test_a_site_that_cannot_be_connected_to_keeps_its_reason() -> None:
    async with Site({}) as site, web_of(site) as web:
        with pytest.raises(FetchError) as caught:
            await web.robots.rules(Request("https://shop.example/robots.txt"))
    assert (caught.value.reason, caught.value.reached) == (Reason.REFUSED, Reached.CONNECT)


async def test_a_redirect_is_followed_to_another_host_too() -> None:
    rules = await rules_of(Redirect("http://files.example/r"), r=Page(FORBIDDEN))
    assert not rules.allow(ORIGIN + "/x")


async def test_too_many_redirects_are_as_good_as_no_file() -> None:
    def on(asked: Asked) -> Answer:
        return Redirect(asked.path + "x")

    assert (await rules_of(Redirect("/a"), **{"*": on})).allow(ORIGIN + "/x")
    assert (await rules_of(Redirect("/robots.txt"))).allow(ORIGIN + "/x")


async def test_a_redirect_to_a_dead_host_forbids_everything() -> None:
    error = await failure_of(Redirect("https://dead.example/robots.txt"))
    assert error.reason is Reason.ROBOTS_UNREACHABLE


async def test_a_redirect_to_where_the_site_itself_cannot_be_reached_keeps_its_reason() -> None:
    error = await failure_of(Redirect("https://www.shop.example/robots.txt"))
    assert error.reason is Reason.REFUSED


@pytest.mark.parametrize("answer", [Endless(b"# rules\n" * 512), Page("#" * 10_000_000)])
async def test_no_more_than_500_kib_are_read(answer: Answer) -> None:
    assert (await rules_of(answer)).allow(ORIGIN + "/x")


async def test_rules_within_the_first_500_kib_count_and_later_ones_do_not() -> None:
    filler = "# rules\n" * (MAX_BYTES // 8)
    text = f"User-agent: *\nDisallow: /x\n{filler}Disallow: /y\n"
    rules = await rules_of(Page(text))
    assert not rules.allow(ORIGIN + "/x")
    assert rules.allow(ORIGIN + "/y")


async def test_a_file_that_does_not_end_in_time_forbids_everything() -> None:
    hosts = {"*": {"/robots.txt": Drip()}}
    async with Site(hosts) as site, web_of(site, request_timeout_s=0.3) as web:
        with pytest.raises(FetchError) as caught:
            await web.robots.rules(ROBOTS)
    assert caught.value.reason is Reason.ROBOTS_UNREACHABLE


async def test_a_file_is_asked_for_once_by_all_who_need_it_and_once_per_origin() -> None:
    async with Site({"*": {"/robots.txt": Page(FORBIDDEN)}}) as site, web_of(site) as web:
        assert web.robots.known(ORIGIN) is None
        await asyncio.gather(*(web.robots.rules(ROBOTS) for _ in range(5)))
        await web.robots.rules(ROBOTS)
        known = web.robots.known(ORIGIN)
        assert known is not None
        assert not known.allow(ORIGIN + "/x")
        assert len(site.log) == 1
        await web.robots.rules(Request("http://www.shop.example/robots.txt"))
        assert len(site.log) == 2


async def test_the_file_of_another_origin_that_a_redirect_led_to_is_known_too() -> None:
    hosts = {
        "shop.example": {"/robots.txt": Redirect("http://www.shop.example/robots.txt")},
        "www.shop.example": {"/robots.txt": Page(FORBIDDEN)},
    }
    async with Site(hosts) as site, web_of(site) as web:
        await web.robots.rules(ROBOTS)
        rules = web.robots.known("http://www.shop.example")
    assert rules is not None
    assert not rules.allow("http://www.shop.example/x")


async def test_a_page_that_a_redirect_led_to_is_no_robots_file_of_its_origin() -> None:
    hosts = {"*": {"/robots.txt": Redirect("http://www.shop.example/")}}
    async with Site(hosts) as site, web_of(site) as web:
        await web.robots.rules(ROBOTS)
        assert web.robots.known("http://www.shop.example") is None


async def test_a_failure_is_not_remembered() -> None:
    answers = iter([Page(status=500), Page(FORBIDDEN)])
    async with Site({"*": {"/robots.txt": lambda _: next(answers)}}) as site, web_of(site) as web:
        with pytest.raises(FetchError):
            await web.robots.rules(ROBOTS)
        assert not (await web.robots.rules(ROBOTS)).allow(ORIGIN + "/x")


async def test_who_waits_for_the_file_asks_for_it_when_the_first_one_leaves() -> None:
    answers = iter([Silence(), Page(FORBIDDEN)])
    async with Site({"*": {"/robots.txt": lambda _: next(answers)}}) as site, web_of(site) as web:
        first = asyncio.create_task(web.robots.rules(ROBOTS))
        await until(lambda: site.log)
        second = asyncio.create_task(web.robots.rules(ROBOTS))
        first.cancel()
        assert not (await second).allow(ORIGIN + "/x")


async def test_no_other_site_chooses_the_robots_file_of_a_site() -> None:
    """By a redirect to a query that the victim's firewall answers with 403: allow everything."""
    evil = Redirect("http://victim.test/robots.txt?q=<script>")
    hosts = {
        "poison.test": {"/robots.txt": evil},
        "victim.test": {
            "/robots.txt": Page("User-agent: *\nDisallow: /private", content_type="text/plain"),
            "/robots.txt?q=%3Cscript%3E": Page(status=403),
        },
    }
    async with Site(hosts) as site, web_of(site) as web:
        await web.robots.rules(Request("http://poison.test/robots.txt"))
        assert web.robots.known("http://victim.test") is None
        rules = await web.robots.rules(Request("http://victim.test/robots.txt"))
    assert not rules.allow("http://victim.test/private/a")


async def test_half_a_rule_is_none() -> None:
    """What was cut to `Allow: /` opened a site that forbids everything."""
    head = "User-agent: *\nDisallow: /\n"
    tail = "Allow: /public/"
    padding = "#" * (MAX_BYTES - len(head) - len("\nAllow: /")) + "\n"
    text = head + padding + tail + "\n"
    async with Site({"*": {"/robots.txt": Page(text)}}) as site, web_of(site) as web:
        rules = await web.robots.rules(Request("http://a.test/robots.txt"))
    assert not rules.allow("http://a.test/secret")


_WHOLE = gzip.compress(b"User-agent: *\nDisallow: /\n", mtime=0)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", _WHOLE[:-8] + b"\0" * 8),
        ("gzip", _WHOLE[:15]),
        ("aes128gcm", b"\x01\x02\x03"),
    ],
)
async def test_a_file_that_nobody_can_read_may_forbid_everything(coding, body) -> None:
    page = Page(body, headers={"Content-Encoding": coding})
    async with Site({"*": {"/robots.txt": page}}) as site, web_of(site) as web:
        with pytest.raises(FetchError) as failed:
            await web.robots.rules(Request("http://a.test/robots.txt"))
    assert failed.value.reason is Reason.ROBOTS_UNREACHABLE


async def test_a_file_that_says_it_is_compressed_and_is_not_is_read() -> None:
    page = Page("User-agent: *\nDisallow: /x\n", headers={"Content-Encoding": "gzip"})
    async with Site({"*": {"/robots.txt": page}}) as site, web_of(site) as web:
        rules = await web.robots.rules(Request("http://a.test/robots.txt"))
    assert rules.allow("http://a.test/a")
    assert not rules.allow("http://a.test/x")
