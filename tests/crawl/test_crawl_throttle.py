"""How fast a host is asked, seen from the host."""

import asyncio
from itertools import pairwise

import pytest

from skybatch.crawl import throttle
from skybatch.crawl.fetcher import FetchError, Pace, Request, Response
from skybatch.crawl.neighbours import Sharing
from skybatch.crawl.throttle import HOLD_S, HostClock, Throttled
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reason
from tests.crawl.scene import web_of
from tests.site import Gate, Page, Site
from tests.until import until

CLOSE_S = 0.01  # what the way through two event loop turns may take off a delay


async def test_starts_are_spaced_whoever_asks() -> None:
    pace = Pace(delay_s=0.1, concurrency=9)
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        requests = [
            Request(f"http://{host}/{number}", pace=pace)
            for host in ("shop.example", "www.shop.example")
            for number in range(3)
        ]
        await asyncio.gather(*(web.fetcher.get(request) for request in requests))
        times = [asked.at for asked in site.log]
    assert all(second - first > 0.1 - CLOSE_S for first, second in pairwise(times))


async def test_what_a_site_asks_for_holds_for_requests_that_do_not_know_of_it() -> None:
    """As for its robots.txt, which another site's may redirect to."""
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        for number, asked_s in enumerate((None, 0.3, None, 0.0, None)):
            pace = Pace(delay_s=0.05, concurrency=9, asked_s=asked_s)
            await web.fetcher.get(Request(f"http://shop.example/{number}", pace=pace))
        times = [asked.at for asked in site.log]
    gaps = [second - first for first, second in pairwise(times)]
    assert [round(gap, 1) for gap in gaps[:2]] == [0.3, 0.3]
    assert max(gaps[2:]) < 0.25


async def test_hosts_do_not_wait_for_each_other() -> None:
    pace = Pace(delay_s=30.0)
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        async with asyncio.timeout(5.0):
            for number in range(10):
                await web.fetcher.get(Request(f"http://h{number}.example/", pace=pace))


async def test_no_more_than_so_many_at_a_time() -> None:
    gate = Gate(Page("<p>"))
    async with Site({"*": {"*": gate}}) as site, web_of(site) as web:
        requests = [Request(f"http://a.test/{n}", pace=Pace(concurrency=2)) for n in range(6)]
        tasks = [asyncio.create_task(web.fetcher.get(request)) for request in requests]
        await until(lambda: len(site.log) == 2)
        gate.opened.set()
        await asyncio.gather(*tasks)
    assert site.most_in_flight == 2
    assert [asked.path for asked in site.log] == [f"/{number}" for number in range(6)]


async def test_a_place_is_free_again_when_a_request_fails_or_is_cancelled() -> None:
    gate = Gate(Page("<p>"))
    pace = Pace(concurrency=1)
    async with Site({"*": {"/shut": gate, "*": Page("<p>")}}) as site, web_of(site) as web:
        stuck = asyncio.create_task(web.fetcher.get(Request("http://a.test/shut", pace=pace)))
        await until(lambda: site.log)
        behind = asyncio.create_task(web.fetcher.get(Request("http://a.test/x", pace=pace)))
        last = asyncio.create_task(web.fetcher.get(Request("http://a.test/y", pace=pace)))
        behind.cancel()
        stuck.cancel()
        assert (await last).status == 200


async def test_a_connection_that_was_refused_was_no_request() -> None:
    pace = Pace(delay_s=30.0)
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        async with asyncio.timeout(5.0):
            with pytest.raises(FetchError):
                await web.fetcher.get(Request("https://a.test/", pace=pace))
            await web.fetcher.get(Request("http://a.test/", pace=pace))


async def test_a_turn_is_told_when_it_has_come() -> None:
    told: list[float] = []
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        loop = asyncio.get_running_loop()
        request = Request(
            "http://a.test/", pace=Pace(delay_s=0.1), before=lambda: told.append(loop.time())
        )
        await web.fetcher.get(request)
        await web.fetcher.get(request)
    first, second = told
    assert second - first > 0.1 - CLOSE_S


class Busy:
    """A fetcher of a host that wants to be left alone."""

    def __init__(self, status: int, retry_after_s: float | None) -> None:
        self.response = Response("http://a.test/", status, retry_after_s=retry_after_s)
        self.count = 0

    async def get(self, request: Request) -> Response:
        self.count += 1
        return self.response


@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_asks_for_a_long_rest_is_not_asked_again(status: int) -> None:
    busy = Busy(status, 60.0)
    throttled = Throttled(busy, SystemClock())
    assert (await throttled.get(Request("http://a.test/"))).status == status
    with pytest.raises(FetchError) as caught:
        await throttled.get(Request("https://www.a.test/other"))
    assert caught.value.reason is Reason.RATE_LIMITED
    assert caught.value.retry_after_s is not None
    assert HOLD_S < 59.0 < caught.value.retry_after_s <= 60.0
    assert busy.count == 1
    await throttled.get(Request("http://b.test/"))


async def test_those_who_wait_their_turn_hear_that_the_host_wants_a_rest() -> None:
    gate = Gate(Page("<p>", status=429, headers={"Retry-After": "60"}))
    pace = Pace(concurrency=1)
    async with Site({"*": {"*": gate}}) as site, web_of(site) as web:
        first, second = (
            asyncio.create_task(web.fetcher.get(Request(f"http://a.test/{n}", pace=pace)))
            for n in range(2)
        )
        await until(lambda: site.log)
        gate.opened.set()
        assert (await first).status == 429
        with pytest.raises(FetchError):
            await second
        assert len(site.log) == 1


async def test_a_short_rest_is_waited_for() -> None:
    throttled = Throttled(Busy(429, 0.2), SystemClock())
    loop = asyncio.get_running_loop()
    await throttled.get(Request("http://a.test/"))
    started = loop.time()
    await throttled.get(Request("http://a.test/"))
    assert loop.time() - started > 0.2 - CLOSE_S


async def test_other_statuses_ask_for_no_rest() -> None:
    throttled = Throttled(Busy(500, 60.0), SystemClock())
    for _ in range(2):
        await throttled.get(Request("http://a.test/"))


def test_a_host_that_slows_down_is_asked_more_slowly_and_faster_again_when_it_recovers() -> None:
    host = HostClock(SystemClock())
    for _ in range(5):
        host.answered(0.4)
    assert host.slow_s == 0.0
    host.answered(1.5)
    first = host.slow_s
    host.answered(1.5)
    assert 0.0 < first < host.slow_s
    for _ in range(10):
        host.answered(1.5)
    assert host.slow_s == throttle._MOST_S < HOLD_S, "a worker is not held for longer"
    for _ in range(8):
        host.answered(0.4)
    assert host.slow_s == 0.0


def test_a_host_that_is_always_slow_is_asked_as_fast_as_any() -> None:
    host = HostClock(SystemClock())
    for seconds in (2.0, 2.5, 3.0, 2.2):
        host.answered(seconds)
    assert host.slow_s == 0.0


async def test_a_host_that_fails_is_given_more_time() -> None:
    answers = iter([Page(status=500), Page(status=503), Page("<p>"), Page("<p>"), Page("<p>")])
    async with Site({"*": {"*": lambda _: next(answers)}}) as site, web_of(site) as web:
        for number in range(5):
            await web.fetcher.get(Request(f"http://a.test/{number}"))
        times = [asked.at for asked in site.log]
    pauses = [second - first for first, second in pairwise(times)]
    assert pauses[0] >= 0.5 - CLOSE_S
    assert pauses[1] >= 1.0 - CLOSE_S
    assert pauses[3] < pauses[2] < pauses[1]


async def test_what_an_earlier_run_has_asked_for_is_not_forgotten() -> None:
    pace = Pace(delay_s=0.4)
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        web.throttle.recall({"http://a.test/x": 0.1, "http://old.test/": 9_999.0})
        began = asyncio.get_running_loop().time()
        await web.fetcher.get(Request("http://old.test/", pace=pace))
        await web.fetcher.get(Request("http://www.a.test/y", pace=pace))
    old, known = (asked.at - began for asked in site.log)
    assert old < 0.2
    assert known >= 0.3 - CLOSE_S


class Leaving:
    """A net in which a request is on its way when it says so; some are slow to leave or to end."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, str]] = []

    async def get(self, request: Request) -> Response:
        request.before()
        if request.url.endswith("/dialling"):
            await asyncio.sleep(0.3)
        request.sent()
        self.sent.append((asyncio.get_running_loop().time(), request.url))
        if "slow" in request.url:
            await asyncio.sleep(0.3)
        return Response(request.url, 200)

    def gap(self, host: str) -> float:
        first, second = (at for at, url in self.sent if host in url)
        return second - first


class OneAddress:
    async def shared_address(self, _host: str, _port: int) -> str:
        return "203.0.113.9"


async def test_two_that_wait_for_a_place_at_their_address_do_not_go_out_together() -> None:
    net, pace = Leaving(), Pace(delay_s=0.2, concurrency=2)
    fetcher = Throttled(Sharing(net, OneAddress(), per_ip_concurrency=2), SystemClock())
    urls = ("http://slow1.test/", "http://slow2.test/", "http://shop.test/1", "http://shop.test/2")
    async with asyncio.TaskGroup() as tasks:
        for url in urls:
            tasks.create_task(fetcher.get(Request(url, pace=pace)))
            await asyncio.sleep(0.01)
    assert net.gap("shop.test") > 0.2 - CLOSE_S


async def test_a_connection_that_takes_longer_than_the_delay_keeps_the_delay() -> None:
    net, pace = Leaving(), Pace(delay_s=0.2, concurrency=2)
    fetcher = Throttled(net, SystemClock())
    paths = ("dialling", "open")
    await asyncio.gather(*(fetcher.get(Request(f"http://shop.test/{p}", pace=pace)) for p in paths))
    assert net.gap("shop.test") > 0.2 - CLOSE_S


async def test_hosts_in_trouble_come_first_in_the_list() -> None:
    answers = {
        "resting.test": Page(status=429, headers={"Retry-After": "60"}),
        "failing.test": Page(status=500),
        "good.test": Page("<p>"),
    }
    pages = {host: {"*": page} for host, page in answers.items()}
    async with Site(pages) as site, web_of(site) as web:
        for host in ("good.test", "failing.test", "failing.test", "resting.test"):
            await web.fetcher.get(Request(f"http://{host}/"))
        resting, failing, good = web.throttle.hosts()
    assert (resting.host, failing.host, good.host) == ("resting.test", "failing.test", "good.test")
    assert 50 < resting.waits_s <= 60
    assert (failing.failures, good.failures) == (2, 0)
    assert failing.slow_s > 0 == good.slow_s
    assert good.usual_s is not None
    assert [each.in_flight for each in (resting, failing, good)] == [0, 0, 0]


async def test_hosts_that_nobody_asks_any_more_leave_the_list() -> None:
    clock = Later()
    async with Site({"*": {"*": Page(status=500)}}) as site, web_of(site) as web:
        throttled = Throttled(web.fetcher, clock)
        await throttled.get(Request("http://a.test/"))
        assert [each.host for each in throttled.hosts()] == ["a.test"]
        clock.seconds = 301.0
        assert throttled.hosts() == ()


class Later(SystemClock):
    """A clock that a test sets forward."""

    seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.seconds


async def test_requests_that_fail_count_until_one_is_answered() -> None:
    async with Site({"*": {"*": Page("<p>")}}) as site, web_of(site) as web:
        throttled = Throttled(web.fetcher, SystemClock())
        for url in ("https://a.test/", "https://a.test/", "https://gone.invalid/"):
            with pytest.raises(FetchError):
                await throttled.get(Request(url))
        (state,) = throttled.hosts()
        assert (state.host, state.failures, state.slow_s) == ("a.test", 2, 0.0)
        await throttled.get(Request("http://a.test/"))
        (state,) = throttled.hosts()
        assert state.failures == 0
