"""A site crawled once more: only what has changed is sent again, and the rest keeps its facts."""

import asyncio
from dataclasses import replace

from skybatch.model.outcome import Ended
from skybatch.model.page import Earlier, FrontierRow, Progress
from skybatch.model.reason import Reason
from skybatch.model.state import PageState
from tests.crawl.scene import HOST, Scene, links, web_of
from tests.site import Answer, Asked, Page, Site

A = f"http://{HOST}"


class Versions:
    """A page with an ETag; it answers 304 to who has the present one."""

    def __init__(self, tag: str, body: str) -> None:
        self.tag, self.body = tag, body
        self.sent = 0

    def __call__(self, asked: Asked) -> Answer:
        headers = {"ETag": f'"{self.tag}"'}
        if asked.headers.get("if-none-match") == f'"{self.tag}"':
            return Page(status=304, headers=headers, content_type=None)
        self.sent += 1
        return Page(self.body, headers=headers)


def named(title: str, *targets: str) -> str:
    return links(*targets, title=title) + f"<a href='mailto:{title.lower()}@{HOST}'>m</a>"


async def twice(paths, change=lambda: None, **options):
    """Crawl, change the site, crawl again; the second scene and what was asked for in it."""
    async with Site({HOST: paths}) as site, web_of(site) as web:
        first = Scene(web, **options)
        await first.run()
        site.log.clear()
        change()
        second = Scene(web, **options)
        rows = first.sink.rows

        async def earlier(url):
            page = rows.get(url)
            return Earlier(page) if page and (page.etag or page.last_modified) else None

        second.sink.earlier = earlier
        seeds = tuple(
            FrontierRow(page.url, page.depth)
            for page in rows.values()
            if page.state is not PageState.SKIPPED
        )
        report = await second.run(Progress(seeds=seeds))
    return report, second.sink, site.log


async def test_a_page_that_has_not_changed_counts_as_fetched_and_keeps_its_facts() -> None:
    start, leaf = Versions("1", named("Start", "/a")), Versions("1", named("Leaf"))
    report, sink, asked = await twice({"/": start, "/a": leaf})
    assert (report.ended, report.fetched) == (Ended.DRY, 2)
    assert (start.sent, leaf.sent) == (1, 1)
    assert all("if-none-match" in each.headers for each in asked if each.path != "/robots.txt")
    for path, title in (("/", "Start"), ("/a", "Leaf")):
        row = sink.row(path)
        assert (row.state, row.status, row.facts.title) == (PageState.FETCHED, 304, title)
        assert row.sha256
    assert sink.profile.title == "Start"
    assert {email.value for email in sink.profile.emails} == {f"start@{HOST}", f"leaf@{HOST}"}


async def test_a_page_that_has_changed_is_read_anew_and_leads_to_new_ones() -> None:
    start, leaf = Versions("1", named("Start", "/a")), Versions("1", named("Leaf"))

    def change() -> None:
        leaf.tag, leaf.body = "2", named("Changed", "/new")

    report, sink, _ = await twice({"/": start, "/a": leaf, "/new": Page(named("New"))}, change)
    assert (report.ended, report.fetched) == (Ended.DRY, 3)
    assert sink.row("/").status == 304
    assert (sink.row("/a").status, sink.row("/a").facts.title) == (200, "Changed")
    assert sink.row("/new").depth == 2


async def test_a_date_will_do_where_there_is_no_tag() -> None:
    date = "Wed, 21 Oct 2026 07:28:00 GMT"

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("if-modified-since") == date:
            return Page(status=304, content_type=None)
        return Page(named("Start"), headers={"Last-Modified": date})

    _, sink, _ = await twice({"/": answer})
    row = sink.row("/")
    assert (row.status, row.last_modified, row.facts.title) == (304, date, "Start")


async def test_a_304_that_nobody_asked_for_is_no_page() -> None:
    async with Site({HOST: {"/": Page(status=304)}}) as site, web_of(site) as web:
        report = await Scene(web).run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.PROTOCOL_ERROR)


async def test_the_pages_of_before_are_asked_for_though_nothing_leads_there_now() -> None:
    start = Versions("1", named("Start", "/a"))

    def change() -> None:
        start.tag, start.body = "2", named("Start")

    report, sink, _ = await twice({"/": start, "/a": Page(named("Leaf"))}, change)
    assert set(sink.fetched) == {"/", "/a"}
    assert report.ended is Ended.DRY
    assert replace(sink.row("/a"), depth=1) == sink.row("/a")


async def test_the_better_page_is_asked_for_first_however_long_it_is_looked_up() -> None:
    paths = {"/": Page(links("/impressum", "/contact")), "*": Page("here")}
    async with Site({HOST: paths}) as site, web_of(site) as web:
        scene = Scene(web, per_host_concurrency=2)

        async def earlier(url):
            for _ in range(20 if url.endswith("/contact") else 0):
                await asyncio.sleep(0)  # the database takes its turns
            return None

        scene.sink.earlier = earlier
        await scene.run()
        asked = [each.path for each in site.log if each.path in ("/contact", "/impressum")]
    assert asked == ["/contact", "/impressum"]
