"""How a crawl ends early: asked to, sent away by the host, or because pages fail."""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest

from skybatch.crawl import throttle
from skybatch.errors import LeaseLost
from skybatch.model.outcome import Ended
from skybatch.model.page import PageWrite
from skybatch.model.reason import Reason
from skybatch.model.state import PageState
from tests.crawl.scene import HOST, Memory, Scene, links, web_of
from tests.site import Answer, Asked, Gate, Page, Raw, Redirect, Silence, Site
from tests.until import until

LEAF = Page(links())
START = Page(links(*(f"/{number}" for number in range(9))))


class Shortest(random.Random):
    """Jitter at its least: pages are tried again at once."""

    def __init__(self) -> None:
        super().__init__()
        self.ceilings: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        self.ceilings.append(b)
        return a


@pytest.mark.parametrize("ended", [Ended.CANCELLED, Ended.DEADLINE])
@pytest.mark.parametrize("hangs_at", ["/robots.txt", "/", "/0"])
async def test_an_immediate_stop_does_not_wait_for_requests(ended: Ended, hangs_at: str) -> None:
    hosts = {HOST: {"/": START, "*": LEAF, hangs_at: Silence()}}
    async with Site(hosts) as site, web_of(site, read_timeout_s=30.0) as web:
        scene = Scene(web, per_host_concurrency=1)
        crawl = asyncio.create_task(scene.run())
        await until(lambda: site.asked(hangs_at))
        scene.stop.ask(ended)
        async with asyncio.timeout(0.5):
            report = await crawl
    assert (report.ended, report.fetched) == (ended, 1 if hangs_at == "/0" else 0)
    assert len(scene.sink.writes) == report.fetched


@pytest.mark.parametrize("ended", [Ended.CANCELLED, Ended.DEADLINE, Ended.DRAINED])
@pytest.mark.parametrize("start", [START, Page(links("/only"))])
async def test_a_stop_does_not_wait_for_a_turn(ended: Ended, start: Page) -> None:
    async with Site({HOST: {"/": start, "*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web, per_host_delay_s=9.0, respect_robots=False)
        crawl = asyncio.create_task(scene.run())
        await until(lambda: scene.sink.writes)
        scene.stop.ask(ended)
        async with asyncio.timeout(0.5):
            report = await crawl
    assert (report.ended, report.fetched) == (ended, 1)
    assert site.paths == ["/"]


async def test_a_drain_lets_requests_in_flight_finish_and_starts_no_more() -> None:
    gate = Gate(LEAF)
    async with Site({HOST: {"/": START, "*": gate}}) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=2)
        crawl = asyncio.create_task(scene.run())
        await until(lambda: site.in_flight == 2)
        scene.stop.ask(Ended.DRAINED)
        gate.opened.set()
        report = await crawl
    assert (report.ended, report.fetched) == (Ended.DRAINED, 3)
    assert site.paths == ["/", "/0", "/1"]
    assert len(scene.sink.paths(PageState.QUEUED)) == 7


async def test_a_drain_that_comes_with_the_last_page_changes_nothing() -> None:
    gate = Gate(LEAF)
    async with Site({HOST: {"/": Page(links("/a")), "/a": gate}}) as site, web_of(site) as web:
        scene = Scene(web)
        crawl = asyncio.create_task(scene.run())
        await until(lambda: site.asked("/a"))
        scene.stop.ask(Ended.DRAINED)
        gate.opened.set()
        report = await crawl
    assert (report.ended, report.fetched) == (Ended.DRY, 2)


async def test_a_crawl_that_is_stopped_before_it_begins_asks_nothing() -> None:
    async with Site({HOST: {"*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        scene.stop.ask(Ended.CANCELLED)
        report = await scene.run()
    assert (report.ended, report.fetched) == (Ended.CANCELLED, 0)
    assert site.log == []


async def test_a_page_that_is_being_stored_is_counted_although_the_crawl_was_cancelled() -> None:
    storing, stored = asyncio.Event(), asyncio.Event()

    async def slowly(_write: PageWrite) -> None:
        storing.set()
        await stored.wait()

    async with Site({HOST: {"/": START, "*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        scene.sink = Memory(before_store=slowly)
        crawl = asyncio.create_task(scene.run())
        await storing.wait()
        scene.stop.ask(Ended.CANCELLED)
        stored.set()
        report = await crawl
    assert (report.ended, report.fetched) == (Ended.CANCELLED, len(scene.sink.writes))
    assert report.fetched == 1


async def test_a_lost_lease_leaves_the_crawl_as_it_is() -> None:
    async def lose(write: PageWrite) -> None:
        if write.page.depth:
            raise LeaseLost

    async with Site({HOST: {"/": START, "*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=4)
        scene.sink = Memory(before_store=lose)
        with pytest.raises(LeaseLost):
            await scene.run()


async def test_cancelling_the_task_cancels_everything() -> None:
    hosts = {HOST: {"/": START, "*": Silence()}}
    async with Site(hosts) as site, web_of(site, read_timeout_s=30.0) as web:
        crawl = asyncio.create_task(Scene(web).run())
        await until(lambda: len(site.paths) == 3)
        crawl.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(0.5):
                await crawl


# Pages that fail


def failing(*answers: Answer) -> dict[str, Answer]:
    """A start page that leads to `/bad`, which answers like this, and then well."""
    left = list(answers)

    def bad(_asked: Asked) -> Answer:
        return left.pop(0) if left else LEAF

    return {"/": Page(links("/bad", "/good")), "/good": LEAF, "/bad": bad}


@pytest.mark.parametrize("failure", [Page(status=500), Page(status=503), Raw(), Page(status=429)])
async def test_a_page_that_fails_for_a_passing_reason_is_tried_again(failure: Answer) -> None:
    async with Site({HOST: failing(failure, failure)}) as site, web_of(site) as web:
        jitter = Shortest()
        scene = Scene(replace(web, jitter=jitter))
        report = await scene.run()
    assert (report.ended, report.fetched, report.lost) == (Ended.DRY, 3, None)
    assert scene.sink.row("/bad").tries == 3
    assert jitter.ceilings == [1.0, 2.0]


async def test_a_page_is_lost_after_its_third_try() -> None:
    hosts = {HOST: failing(*[Page(status=502)] * 9)}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(replace(web, jitter=Shortest()))
        report = await scene.run()
    assert (report.ended, report.fetched, report.lost) == (Ended.DRY, 2, Reason.HTTP_5XX)
    bad = scene.sink.row("/bad")
    assert (bad.state, bad.reason, bad.tries, bad.status) == (
        PageState.FAILED,
        Reason.HTTP_5XX,
        3,
        502,
    )
    assert len(site.asked("/bad")) == 3


async def test_a_page_that_will_never_do_is_not_tried_again_and_does_not_spoil_the_crawl() -> None:
    async with Site({HOST: failing(Page(status=410))}) as site, web_of(site) as web:
        report = await Scene(web).run()
    assert (report.ended, report.fetched, report.lost) == (Ended.DRY, 2, None)
    assert len(site.asked("/bad")) == 1


async def test_tries_use_no_budget() -> None:
    hosts = {HOST: failing(Page(status=500), Page(status=500))}
    async with Site(hosts) as site, web_of(site) as web:
        report = await Scene(replace(web, jitter=Shortest()), max_pages=3).run()
    assert report.fetched == 3
    assert Counter(site.paths)["/bad"] == 3


async def test_others_go_on_while_a_page_waits_to_be_tried_again() -> None:
    async with Site({HOST: failing(Page(status=500))}) as site, web_of(site) as web:
        await Scene(web, per_host_concurrency=1).run()
    assert site.paths == ["/", "/bad", "/good", "/bad"]


# Hosts that ask us to wait


async def test_a_long_retry_after_ends_the_attempt_and_keeps_the_page() -> None:
    busy = Page(status=429, headers={"Retry-After": "90"})
    async with Site({HOST: {"/": START, "/3": busy, "*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=1)
        report = await scene.run()
    assert report.ended is Ended.WAIT
    assert 89.0 < report.wait_s <= 90.0
    assert report.fetched == 4
    assert site.paths == ["/", "/0", "/1", "/2", "/3"]
    assert "/3" in scene.sink.paths(PageState.QUEUED)


async def test_a_site_that_wants_a_minute_between_requests_holds_no_worker() -> None:
    """Two of them with fifty pages held two workers for fifty minutes each."""
    robots = Page("User-agent: *\nCrawl-delay: 60\n")
    async with Site({HOST: {"/robots.txt": robots, "/": START}}) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
        assert (report.ended, report.fetched) == (Ended.PACED, 0)
        assert 59.0 < report.wait_s <= 60.0
        assert len(site.asked("/robots.txt")) == 1
        web.throttle.recall({f"http://{HOST}/": 0.0})
        web.throttle._hosts[HOST]._last_start -= 60.0
        report = await scene.run(scene.sink.progress())
    assert site.paths == ["/"]
    assert (report.ended, report.fetched) == (Ended.PACED, 1)
    assert not scene.sink.has_sitemaps, "it is still to be asked for"


async def test_a_crawl_at_a_long_pace_comes_to_its_end_over_redirects(monkeypatch) -> None:
    monkeypatch.setattr(throttle, "HOLD_PACE_S", 0.05)
    www = f"http://www.{HOST}"
    hosts = {
        HOST: {
            "/robots.txt": Page("User-agent: *\nCrawl-delay: 0.2\n"),
            "/": Redirect(f"{www}/en"),
        },
        f"www.{HOST}": {
            "/robots.txt": Page("User-agent: *\nCrawl-delay: 0.3\n"),
            "/en": Page(links("/a")),
            "/a": Redirect("/b"),
            "/b": LEAF,
        },
    }
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
        for _ in range(10):
            if report.ended is not Ended.PACED:
                break
            await asyncio.sleep(report.wait_s)
            report = await scene.run(scene.sink.progress())
    assert (report.ended, report.fetched) == (Ended.DRY, 2)


async def test_another_job_of_the_same_host_waits_too() -> None:
    busy = Page(status=503, headers={"Retry-After": "90"})
    async with Site({HOST: {"/": START, "*": busy}}) as site, web_of(site) as web:
        await Scene(web).run()
        asked = len(site.log)
        report = await Scene(web, host="www." + HOST).run()
        assert len(site.log) == asked
    assert (report.ended, report.fetched) == (Ended.WAIT, 0)
    assert report.wait_s > 80.0


async def test_a_short_retry_after_is_waited_for() -> None:
    busy = Page(status=429, headers={"Retry-After": "1"})
    async with Site({HOST: failing(busy)}) as site, web_of(site) as web:
        report = await Scene(web).run()
    assert (report.ended, report.fetched, report.lost) == (Ended.DRY, 3, None)
    first, second = site.asked("/bad")
    assert second.at - first.at > 0.99
