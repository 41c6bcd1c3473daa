"""Whole crawls over a site on loopback: what is asked for, in which order, and what is kept."""

import asyncio
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from skybatch.crawl.frontier import MAX_OTHERS
from skybatch.crawl.readings import Load
from skybatch.model.facts import RawPage, Reading
from skybatch.model.outcome import Ended
from skybatch.model.page import Known, Progress
from skybatch.model.reason import Reason
from skybatch.model.state import PageState, SkipReason
from tests.crawl.scene import HOST, START, Scene, links, web_of
from tests.site import Answer, Asked, Endless, Gate, Page, Raw, Redirect, Site
from tests.until import until

LEAF = Page(links())
CARRY_ON = Progress(known=(Known(START + "a", 1, PageState.QUEUED, None, 0),), start_url=START)


def shop(**pages: Answer) -> dict[str, dict[str, Answer]]:
    """A site of one host; `start` is its start page, the others are at their names."""
    return {HOST: {"/" if name == "start" else f"/{name}": page for name, page in pages.items()}}


async def test_a_small_site_is_fetched_until_it_runs_dry() -> None:
    hosts = shop(start=Page(links("/a", "/b", title="Shop")), a=Page(links("/", "/b")), b=LEAF)
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
    assert (report.ended, report.fetched, report.lost) == (Ended.DRY, 3, None)
    assert scene.sink.fetched == ["/", "/a", "/b"]
    assert scene.sink.stages == ["robots", "robots", "start", "crawl"]
    assert (scene.sink.start_url, scene.sink.final_url) == (START, START)
    assert scene.sink.profile.title == "Shop"
    assert [write.start_url for write in scene.sink.writes] == [START, None, None]


async def test_a_page_is_stored_with_what_is_known_of_it() -> None:
    body = links(title="Grüße")
    page = Page(body.encode("latin-1"), content_type="text/html; charset=latin1")
    async with Site(shop(start=page)) as site, web_of(site) as web:
        scene = Scene(web)
        before = web.clock.now()
        await scene.run()
        stored = scene.sink.row("/")
    assert (stored.state, stored.reason, stored.status) == (PageState.FETCHED, None, 200)
    assert (stored.depth, stored.tries, stored.final_url) == (0, 1, START)
    assert stored.content_type == "text/html; charset=latin1"
    assert stored.charset == "windows-1252"  # what WHATWG reads for latin1
    assert (stored.bytes, stored.truncated) == (len(body), False)
    assert stored.fetched_at is not None
    assert stored.fetched_at >= before
    assert stored.elapsed_ms is not None
    assert stored.sha256 is not None
    assert stored.facts is not None
    assert stored.facts.title == "Grüße"


async def test_robots_is_asked_first_and_once() -> None:
    async with Site(shop(start=Page(links("/a")), a=LEAF)) as site, web_of(site) as web:
        await Scene(web).run()
    assert [asked.path for asked in site.log] == ["/robots.txt", "/", "/a"]


async def test_pages_come_in_breadth_first_order() -> None:
    hosts = shop(
        start=Page(links("/a", "/b", "/c")),
        a=Page(links("/a1", "/a2")),
        b=Page(links("/b1")),
        c=LEAF,
        a1=Page(links("/deep")),
        a2=LEAF,
        b1=LEAF,
        deep=LEAF,
    )
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=1)
        await scene.run()
    assert site.paths == ["/", "/a", "/b", "/c", "/a1", "/a2", "/b1", "/deep"]
    depths = [scene.sink.row(path).depth for path in ("/", "/c", "/b1", "/deep")]
    assert depths == [0, 1, 2, 3]


@pytest.mark.parametrize("max_pages", [1, 2, 7, 40])
@pytest.mark.parametrize("concurrency", [1, 2, 8])
async def test_no_more_pages_are_asked_for_than_the_budget(
    max_pages: int, concurrency: int
) -> None:
    def endless(asked: Asked) -> Answer:
        return Page(links(*(f"{asked.path}{number}" for number in range(5))))

    async with Site({HOST: {"*": endless}}) as site, web_of(site) as web:
        scene = Scene(web, max_pages=max_pages, per_host_concurrency=concurrency)
        report = await scene.run()
    assert (report.ended, report.fetched) == (Ended.BUDGET, max_pages)
    assert len(site.paths) == max_pages
    assert site.most_in_flight <= concurrency


async def test_pages_that_fail_do_not_use_the_budget_but_one_of_their_own() -> None:
    dead = [f"/dead{number}" for number in range(80)]
    hosts = shop(start=Page(links("/a", *dead)), a=LEAF)
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, max_pages=500, per_host_concurrency=3)
        report = await scene.run()
    assert (report.ended, report.fetched) == (Ended.BUDGET, 2)
    failed = scene.sink.paths(PageState.FAILED)
    assert len(failed) == MAX_OTHERS
    assert {scene.sink.row(path).reason for path in failed} == {Reason.HTTP_4XX}
    assert scene.sink.row("/dead0").status == 404
    assert len(site.paths) == 2 + MAX_OTHERS
    assert report.lost is None


async def test_the_receipt_balances() -> None:
    inside = ["/a", "/a?utm_source=x", "/gone", "/file.pdf", "/secret/x", "/a#part", "/moved"]
    outside = ["http://other.example/", "https://x.example/", "http://other.example/?fbclid=1"]
    hosts = shop(
        start=Page(links(*inside, *outside)),
        a=Page(links("/", "/late.zip", "/a", *outside)),
        moved=Redirect("/a"),
        **{"robots.txt": Page("User-agent: *\nDisallow: /secret")},
    )
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
    sink = scene.sink
    assert report.ended is Ended.DRY
    # start a gone file secret moved late = 7 rows, 2 links that only count
    assert (len(sink.rows), len(sink.outside)) == (7, 2)
    assert len(sink.paths(PageState.FETCHED)) == 2
    assert sink.paths(PageState.FAILED) == ["/gone"]
    assert sink.skipped == {
        SkipReason.TYPE: 2,
        SkipReason.ROBOTS: 1,
        SkipReason.DUPLICATE: 1,
        SkipReason.SCOPE: 2,
    }
    assert sum(sink.skipped.values()) + 2 + 1 == len(sink.rows) + len(sink.outside)
    assert "/secret/x" not in site.paths
    assert "/file.pdf" not in site.paths


async def test_the_same_page_under_fifty_session_ids_is_one_page() -> None:
    targets = [f"/a;jsessionid={number}" for number in range(25)]
    targets += [f"/a?PHPSESSID={number}" for number in range(25)]
    async with Site(shop(start=Page(links(*targets)), a=LEAF)) as site, web_of(site) as web:
        report = await Scene(web).run()
    assert report.fetched == 2
    assert site.paths == ["/", "/a"]


async def test_types_that_we_do_not_read_are_skipped() -> None:
    hosts = shop(
        start=Page(links("/text", "/untyped", "/picture", "/nothing")),
        text=Page("words", content_type="text/plain"),
        untyped=Page("<html><p>x", content_type=None),
        picture=Page(b"\x89PNG", content_type=None),
        nothing=Page(status=204, content_type=None),
    )
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        await scene.run()
    assert scene.sink.fetched == ["/", "/untyped"]
    assert scene.sink.paths(PageState.SKIPPED) == ["/text", "/picture", "/nothing"]
    text = scene.sink.row("/text")
    assert (text.reason, text.status, text.tries) == (SkipReason.TYPE, 200, 1)


async def test_a_huge_page_is_cut_and_kept() -> None:
    hosts = shop(start=Page(links("/big")), big=Endless())
    async with Site(hosts) as site, web_of(site, max_body_bytes=100_000) as web:
        scene = Scene(web)
        await scene.run()
    big = scene.sink.row("/big")
    assert (big.state, big.truncated, big.bytes) == (PageState.FETCHED, True, 100_000)


# Redirects


async def test_a_page_keeps_the_url_of_the_link_and_where_it_was_found() -> None:
    hosts = shop(start=Page(links("/old")), old=Redirect("/new"), new=Page(links("/new", "/old")))
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
    assert report.fetched == 2
    assert scene.sink.row("/old").final_url == START + "new"
    assert scene.sink.row("/new").reason is SkipReason.DUPLICATE
    assert site.paths == ["/", "/old", "/new"]


async def test_a_redirect_to_a_page_that_is_held_asks_for_nothing_more() -> None:
    hosts = shop(start=Page(links("/a", "/b")), a=LEAF, b=Redirect("/a"))
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=1)
        await scene.run()
    assert site.paths == ["/", "/a", "/b"]
    row = scene.sink.row("/b")
    assert (row.state, row.reason, row.tries) == (PageState.SKIPPED, SkipReason.DUPLICATE, 1)
    assert row.final_url == START + "a"


async def test_a_page_that_a_redirect_has_led_to_is_not_asked_for_again() -> None:
    hosts = shop(start=Page(links("/old", "/new")), old=Redirect("/new"), new=LEAF)
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=1)
        report = await scene.run()
    assert report.fetched == 2
    assert site.paths == ["/", "/old", "/new"]
    row = scene.sink.row("/new")
    assert (row.reason, row.tries) == (SkipReason.DUPLICATE, 0)


async def test_two_lanes_that_are_led_to_one_page_ask_for_it_once() -> None:
    gate = Gate(LEAF)
    hosts = shop(start=Page(links("/a", "/b")), a=Redirect("/end"), b=Redirect("/end"), end=gate)
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=2)
        crawl = asyncio.create_task(scene.run())
        await until(lambda: scene.sink.skipped == {SkipReason.DUPLICATE: 1})
        gate.opened.set()
        report = await crawl
        assert len(site.asked("/end")) == 1
    assert report.fetched == 2


@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_a_page_that_another_lane_is_led_to_meanwhile_is_asked_for_once(delay: float) -> None:
    """The second lane has it in hand already, and waits for its turn."""
    gate = Gate(LEAF)
    hosts = shop(start=Page(links("/a", "/end")), a=Redirect("/end"), end=gate)
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=2, per_host_delay_s=delay)
        crawl = asyncio.create_task(scene.run())
        await until(lambda: scene.sink.skipped == {SkipReason.DUPLICATE: 1})
        gate.opened.set()
        report = await crawl
        assert len(site.asked("/end")) == 1
    assert report.fetched == 2


async def test_a_redirect_off_the_site_fails_without_a_request_there() -> None:
    hosts = {**shop(start=Page(links("/out")), out=Redirect("http://other.example/x"))}
    async with Site({**hosts, "other.example": {"*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        await scene.run()
    row = scene.sink.row("/out")
    assert (row.reason, row.final_url) == (Reason.REDIRECT_OFF_SITE, "http://other.example/x")
    assert not [asked for asked in site.log if asked.host == "other.example"]


async def test_a_redirect_into_what_robots_forbids_is_not_followed() -> None:
    robots = Page("User-agent: *\nDisallow: /private")
    hosts = shop(start=Page(links("/in")), **{"in": Redirect("/private/x"), "robots.txt": robots})
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        await scene.run()
    row = scene.sink.row("/in")
    assert (row.state, row.reason) == (PageState.SKIPPED, SkipReason.ROBOTS)
    assert "/private/x" not in site.paths


# What is wanted, and what is allowed


async def test_only_paths_that_the_patterns_let_through_are_asked_for() -> None:
    hosts = {HOST: {"/": Page(links("/de/a", "/de/x", "/en/a")), "*": LEAF}}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, include=("/de/*",), exclude=("*/x",))
        await scene.run()
    assert site.paths == ["/", "/de/a"]
    assert scene.sink.skipped == {SkipReason.SCOPE: 2}


async def test_no_page_is_deeper_than_the_depth() -> None:
    hosts = {HOST: {"*": lambda asked: Page(links(asked.path.rstrip("/") + "/x"))}}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, max_depth=2)
        report = await scene.run()
    assert (report.ended, site.paths) == (Ended.DRY, ["/", "/x", "/x/x"])
    assert scene.sink.skipped == {SkipReason.SCOPE: 1}


async def test_paths_that_grow_without_end_are_given_up() -> None:
    hosts = {HOST: {"*": lambda asked: Page(links(asked.path.rstrip("/") + "/more"))}}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, max_pages=1_000)
        report = await scene.run()
    assert report.ended is Ended.DRY
    assert len(site.paths) < 10
    assert scene.sink.skipped == {SkipReason.TRAP: 1}


async def test_other_hosts_of_a_wider_scope_have_their_own_robots() -> None:
    hosts = {
        HOST: {"/": Page(links("http://blog.shop.example/", "http://blog.shop.example/no"))},
        "blog.shop.example": {
            "/robots.txt": Page("User-agent: *\nDisallow: /no"),
            "*": Page(links("/no2")),
        },
    }
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, scope="subdomains", per_host_concurrency=1)
        report = await scene.run()
    assert report.fetched == 2
    assert scene.sink.rows["http://blog.shop.example/no"].reason is SkipReason.ROBOTS
    assert scene.sink.rows["http://blog.shop.example/no"].tries == 0
    assert scene.sink.rows["http://blog.shop.example/no2"].reason is SkipReason.ROBOTS
    assert [asked.path for asked in site.log if asked.host != HOST] == ["/robots.txt", "/"]


@pytest.mark.parametrize(
    "start",
    [
        Page('<meta name=robots content="nofollow">' + links("/a", "/b")),
        Page(links("/a", "/b"), headers={"X-Robots-Tag": "skybatch: nofollow"}),
    ],
)
async def test_nofollow_is_obeyed_unless_robots_are_not_respected(start: Page) -> None:
    async with Site({HOST: {"/": start, "*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        await scene.run()
        assert site.paths == ["/"]
        assert scene.sink.skipped == {SkipReason.ROBOTS: 2}
        site.log.clear()
        await Scene(web, respect_robots=False).run()
    assert site.paths == ["/", "/a", "/b"]


async def test_a_robots_file_without_an_end_does_not_make_links_expensive() -> None:
    rules = "".join(f"Disallow: /{number}*x\n" for number in range(25_000))
    hosts = {
        HOST: {
            "/robots.txt": Page("User-agent: *\nDisallow: /0*\n" + rules),
            "/": Page(links("/0", *(f"/page{number}" for number in range(2_000)))),
            "*": LEAF,
        }
    }
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, max_pages=3)
        started = time.process_time()
        await scene.run()
        assert time.process_time() - started < 2.0
    assert scene.sink.row("/0").reason is SkipReason.ROBOTS
    assert "/0" not in site.paths


async def test_robots_is_not_even_asked_when_it_is_not_respected() -> None:
    hosts = shop(start=LEAF, **{"robots.txt": Page("User-agent: *\nDisallow: /")})
    async with Site(hosts) as site, web_of(site) as web:
        report = await Scene(web, respect_robots=False).run()
    assert report.fetched == 1
    assert [asked.path for asked in site.log] == ["/"]


async def test_every_request_to_a_host_keeps_its_distance() -> None:
    hosts = shop(start=Page(links("/a", "/b")), a=Redirect("/c"), b=LEAF, c=LEAF)
    async with Site(hosts) as site, web_of(site) as web:
        await Scene(web, per_host_delay_s=0.1, per_host_concurrency=4).run()
    assert len(site.log) == 5
    assert all(later.at - sooner.at > 0.09 for sooner, later in pairwise(site.log))


async def test_a_crawl_delay_is_kept() -> None:
    robots = Page("User-agent: *\nCrawl-delay: 0.2\n")
    hosts = shop(start=Page(links("/a")), a=LEAF, **{"robots.txt": robots})
    async with Site(hosts) as site, web_of(site) as web:
        await Scene(web).run()
    robots_asked, start, page = site.log
    assert page.at - start.at > 0.19
    assert start.at - robots_asked.at > 0.19


async def test_headers_of_the_options_are_sent_with_every_request() -> None:
    async with Site(shop(start=Page(links("/a")), a=LEAF)) as site, web_of(site) as web:
        await Scene(web, headers={"X-Visit": "42"}).run()
    assert [asked.headers.get("x-visit") for asked in site.log] == ["42"] * 3


# Goals


async def test_a_goal_ends_the_crawl_early() -> None:
    contact = Page("<title>Contact</title><a href=mailto:info@shop.example>mail</a>")
    hosts = {HOST: {"/": Page(links("/contact", "/x", "/y")), "/contact": contact, "*": LEAF}}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, until={"email": 1}, per_host_concurrency=1)
        report = await scene.run()
    assert (report.ended, report.fetched) == (Ended.GOAL, 2)
    assert scene.sink.paths(PageState.QUEUED) == ["/x", "/y"]


async def test_the_profile_is_written_by_the_pages_that_change_it() -> None:
    contact = Page("<title>Contact</title><a href=mailto:info@shop.example>mail</a>")
    hosts = {HOST: {"/": Page(links("/a", "/contact")), "/contact": contact, "/a": Page("<p>x")}}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=1)
        await scene.run()
    profiles = {write.page.url: write.profile for write in scene.sink.writes}
    assert profiles[START] is not None
    assert profiles[START + "a"] is None
    last = profiles[START + "contact"]
    assert last is not None
    assert [email.source_url for email in last.emails] == [START + "contact"]


# What must not be swallowed


async def test_a_bug_in_reading_a_page_leaves_the_crawl() -> None:
    async def read(raw: RawPage, _within: object) -> Reading:
        raise ZeroDivisionError(raw.url)

    async with Site(shop(start=Page(links("/a")), a=LEAF)) as site, web_of(site) as web:
        with pytest.raises(ZeroDivisionError):
            await Scene(replace(web, read=read)).run()
        with pytest.raises(ZeroDivisionError):
            await Scene(replace(web, read=read)).run(CARRY_ON)


async def test_many_crawls_share_one_web() -> None:
    hosts = {"*": {"/": Page(links("/a", "/b")), "*": LEAF}}
    async with Site(hosts) as site, web_of(site) as web:
        scenes = [Scene(web, host=f"h{number}.example") for number in range(40)]
        reports = await asyncio.gather(*(scene.run() for scene in scenes))
    assert [report.fetched for report in reports] == [3] * 40
    assert len(site.log) == 40 * 4


async def test_one_hanging_host_does_not_hold_up_the_others() -> None:
    gate = Gate(Raw())
    hosts = {"slow.example": {"*": gate}, "*": {"*": LEAF}}
    async with Site(hosts) as site, web_of(site, read_timeout_s=5.0) as web:
        slow = asyncio.create_task(Scene(web, host="slow.example").run())
        await until(lambda: site.asked("/"))
        async with asyncio.timeout(2.0):
            report = await Scene(web, host="quick.example").run()
        assert report.fetched == 1
        assert not slow.done()
        gate.opened.set()
        await slow


async def test_the_depth_of_a_page_is_that_of_the_shortest_way() -> None:
    paths = {
        "/": links("/contact", "/products"),
        "/contact": links("/team"),
        "/team": links("/x"),
        "/products": links("/x"),
        "/x": "<p>two clicks from the start",
    }
    site_of = {HOST: {path: Page(body) for path, body in paths.items()}}
    async with Site(site_of) as site, web_of(site) as web:
        scene = Scene(web, max_depth=2, per_host_concurrency=1)
        await scene.run()
    assert "/x" in scene.sink.fetched


async def test_where_a_redirect_leads_is_noted_for_the_next_start() -> None:
    """Its host was asked 0.7 s after a kill where 6 s were wanted."""
    noted: list[str] = []
    hosts = {**shop(start=Page(links("/go")), go=Redirect("http://sub.shop.example/x"))}
    hosts["sub.shop.example"] = {"/x": LEAF}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web, scope="subdomains")
        scene.sink.knocking = noted.append
        await scene.run()
    assert "http://sub.shop.example/x" in noted


async def test_a_lane_ahead_rests_while_reading_is_late() -> None:
    """It turned in a circle when a page to be tried again was due meanwhile."""
    looks = 0

    def late() -> Load:
        nonlocal looks
        looks += 1
        return Load(waiting=1)

    answers = iter([Page(status=500), LEAF])
    hanging = Gate(LEAF)
    pages = shop(start=Page(links("/a", "/b")), a=lambda _: next(answers), b=hanging)
    async with Site(pages) as site, web_of(site) as web:
        crawling = asyncio.create_task(Scene(replace(web, load=late), per_host_concurrency=1).run())
        await until(lambda: "/b" in [asked.path for asked in site.log])
        began = time.monotonic()
        await until(lambda: time.monotonic() > began + 2.0)  # what failed is due again
        looks = 0
        for _ in range(200):
            await asyncio.sleep(0)
        assert looks < 10
        hanging.opened.set()
        assert (await crawling).fetched == 3
