"""Pages that only a sitemap leads to."""

import gzip

import pytest

from skybatch.crawl.stop import Stop
from skybatch.model.outcome import Ended
from skybatch.model.page import Known, Progress
from skybatch.model.state import PageState, SkipReason
from tests.crawl.scene import HOST, Scene, links, web_of
from tests.site import Page, Redirect, Site

A = f"http://{HOST}"
LEAF = Page(links())


def urlset(*paths: str) -> Page:
    entries = "".join(f"<url><loc>{A}{path}</loc></url>" for path in paths)
    return Page(f"<urlset>{entries}</urlset>", content_type="application/xml")


def index(*paths: str) -> Page:
    entries = "".join(f"<sitemap><loc>{A}{path}</loc></sitemap>" for path in paths)
    return Page(f"<sitemapindex>{entries}</sitemapindex>", content_type="application/xml")


def robots(*lines: str) -> Page:
    return Page("\n".join(lines), content_type="text/plain")


async def crawl(paths, *, max_pages: int = 10, **options):
    async with Site({HOST: {"/": LEAF, **paths}}) as site, web_of(site) as web:
        scene = Scene(web, max_pages=max_pages, use_sitemaps=True, **options)
        report = await scene.run()
    return report, scene.sink, site.paths


async def test_the_usual_place_is_looked_at_when_robots_names_none():
    report, sink, asked = await crawl({"/sitemap.xml": urlset("/a", "/b"), "/a": LEAF, "/b": LEAF})
    assert (report.ended, report.fetched) == (Ended.DRY, 3)
    assert asked == ["/", "/sitemap.xml", "/a", "/b"]
    assert sink.row("/a").depth == 1
    assert sink.stages[-2:] == ["sitemaps", "crawl"]


async def test_the_sitemaps_that_robots_names_are_read_in_the_place_of_it():
    named = robots("Sitemap: /one.xml", f"User-agent: *\nsitemap: {A}/two.txt.gz")
    two = Page(gzip.compress(f"{A}/b".encode()), content_type="application/gzip")
    _, sink, asked = await crawl(
        {"/robots.txt": named, "/one.xml": urlset("/a"), "/two.txt.gz": two, "/a": LEAF, "/b": LEAF}
    )
    assert set(sink.fetched) == {"/", "/a", "/b"}
    assert "/sitemap.xml" not in asked


async def test_of_an_index_the_sitemap_of_pages_comes_first_and_only_a_few_are_asked_for():
    maps = [f"/product-{n}.xml" for n in range(10)]
    paths = {"/sitemap.xml": index(*maps, "/page-sitemap.xml"), "/page-sitemap.xml": urlset("/a")}
    paths |= {"/a": LEAF} | {name: urlset("/a") for name in maps}
    _, _, asked = await crawl(paths)
    assert asked[:4] == ["/", "/sitemap.xml", "/page-sitemap.xml", "/product-0.xml"]
    assert len(asked) == 5


async def test_an_index_of_indexes_is_followed_to_the_second_level_only():
    paths = {"/sitemap.xml": index("/i.xml"), "/i.xml": index("/j.xml"), "/j.xml": urlset("/a")}
    _, _, asked = await crawl(paths)
    assert asked == ["/", "/sitemap.xml", "/i.xml"]


async def test_a_sitemap_that_leads_to_itself_is_asked_for_once():
    _, _, asked = await crawl({"/sitemap.xml": index("/sitemap.xml", "/sitemap.xml")})
    assert asked == ["/", "/sitemap.xml"]


async def test_contact_pages_of_a_sitemap_come_first():
    _, sink, _ = await crawl(
        {"/sitemap.xml": urlset("/a", "/b", "/impressum"), "*": LEAF}, max_pages=2
    )
    assert sink.fetched == ["/", "/impressum"]


async def test_what_a_sitemap_names_is_held_against_scope_and_robots():
    paths = {
        "/robots.txt": robots("User-agent: *", "Disallow: /private"),
        "/sitemap.xml": Page(
            f"{A}/private\nhttp://other.example/\n{A}/x.pdf\n{A}/a", content_type="text/plain"
        ),
        "/a": LEAF,
    }
    report, sink, asked = await crawl(paths)
    assert asked == ["/", "/sitemap.xml", "/a"]
    assert sink.skipped == {SkipReason.ROBOTS: 1, SkipReason.SCOPE: 1, SkipReason.TYPE: 1}
    assert report.ended is Ended.DRY


async def test_sitemaps_elsewhere_or_forbidden_are_not_asked_for():
    named = robots(
        "Sitemap: http://other.example/other.xml",
        "Sitemap: /s.xml",
        "User-agent: *",
        "Disallow: /s.xml",
    )
    _, _, asked = await crawl({"/robots.txt": named, "/s.xml": urlset("/a")})
    assert asked == ["/"]


async def test_of_an_index_full_of_forbidden_sitemaps_only_some_are_looked_at():
    """A thousand of them, against forty thousand wildcards, held the daemon for minutes."""
    maps = index(*(f"/no{n}" for n in range(900)), "/page.xml")
    later = index(*(f"/no{n}" for n in range(300)), "/z.xml")
    for top, last, is_found in ((maps, "/page.xml", True), (later, "/z.xml", False)):
        paths = {"/robots.txt": robots("User-agent: *", "Disallow: /no"), "/sitemap.xml": top}
        _, _, asked = await crawl({**paths, last: urlset("/a")})
        assert (last in asked) is is_found


async def test_credentials_in_a_sitemap_are_not_sent():
    named = Page(
        f"<sitemapindex><sitemap><loc>http://admin:secret@{HOST}/s.xml</loc></sitemap></sitemapindex>",
        content_type="application/xml",
    )
    async with (
        Site({HOST: {"/": LEAF, "/sitemap.xml": named, "/s.xml": urlset("/a")}}) as site,
        web_of(site) as web,
    ):
        await Scene(web, use_sitemaps=True).run()
    (asked,) = site.asked("/s.xml")
    assert "authorization" not in asked.headers


async def test_sitemaps_are_left_alone_when_nobody_wants_them_or_has_room_for_them():
    for options in ({"use_sitemaps": False}, {"max_pages": 1}, {"until": {"email": 1}}):
        start = Page("<a href='mailto:info@shop.example'>m</a>")
        async with Site({HOST: {"/": start}}) as site, web_of(site) as web:
            await Scene(web, **{"use_sitemaps": True, **options}).run()
        assert site.paths == ["/"]


async def test_a_sitemap_that_cannot_be_had_is_no_failure():
    for answer in (Page(status=500), Page("<html>", status=200), Page(status=429)):
        report, _, asked = await crawl({"/sitemap.xml": answer})
        assert (report.ended, report.fetched) == (Ended.DRY, 1)
        assert asked == ["/", "/sitemap.xml"]


async def test_a_sitemap_uses_no_budget_and_past_the_row_limit_its_pages_only_count():
    many = urlset(*(f"/p{n}" for n in range(1_200)))
    report, sink, _ = await crawl({"/sitemap.xml": many, "*": LEAF}, max_pages=3)
    assert (report.ended, report.fetched) == (Ended.BUDGET, 3)
    assert len(sink.rows) == 1_000
    assert 0 < sink.skipped[SkipReason.BUDGET] < 500


async def test_sitemaps_that_were_read_are_not_read_again_by_the_next_attempt():
    paths = {"/": LEAF, "/sitemap.xml": urlset("/a", "/b"), "/a": LEAF, "/b": LEAF}
    async with Site({HOST: paths}) as site, web_of(site) as web:
        scene = Scene(web, use_sitemaps=True)

        async def cut(write):
            if write.page.url.endswith("/a"):
                scene.stop.ask(Ended.DRAINED)

        scene.sink._before_store = cut
        scene.options = scene.options.__class__(per_host_delay_s=0.0, per_host_concurrency=1)
        await scene.run()
        scene.stop = Stop()
        report = await scene.run(scene.sink.progress())
    assert (report.ended, report.fetched) == (Ended.DRY, 3)
    assert site.paths == ["/", "/sitemap.xml", "/a", "/b"]


@pytest.mark.parametrize("label", ["GB2312", "Shift_JIS", "EUC-KR", "Big5", "x-unknown"])
async def test_a_sitemap_in_an_encoding_that_the_parser_does_not_know_is_read(label):
    text = f'<?xml version="1.0" encoding="{label}"?><urlset><url><loc>/a</loc></url></urlset>'
    page = Page(text, content_type="text/xml")
    report, sink, _ = await crawl({"/sitemap.xml": page, "/a": LEAF})
    assert (report.ended, report.fetched) == (Ended.DRY, 2)
    assert "/a" in sink.fetched


async def test_who_cannot_be_asked_for_robots_is_not_asked_for_a_sitemap():
    paths = {HOST: {"/robots.txt": Page(status=500), "/sitemap.xml": urlset("/a"), "*": LEAF}}
    async with Site(paths) as site, web_of(site) as web:
        known = (Known(f"{A}/", 0, PageState.FETCHED, None, 1),)
        await Scene(web, use_sitemaps=True).run(Progress(known=known, start_url=f"{A}/"))
    assert not site.asked("/sitemap.xml")


async def test_a_sitemap_is_held_against_the_robots_of_its_own_origin():
    forbids = robots("User-agent: *", "Disallow: /private/")
    hosts = {
        HOST: {"/robots.txt": robots(f"Sitemap: http://www.{HOST}/private/s.xml"), "/": LEAF},
        f"www.{HOST}": {"/robots.txt": forbids, "/private/s.xml": urlset("/a")},
    }
    async with Site(hosts) as site, web_of(site) as web:
        await Scene(web, use_sitemaps=True).run()
    assert not site.asked("/private/s.xml")


async def test_a_sitemap_is_not_followed_to_where_robots_forbid():
    paths = {
        "/robots.txt": robots("User-agent: *", "Disallow: /private/"),
        "/sitemap.xml": Redirect("/private/s.xml"),
        "/private/s.xml": urlset("/a"),
    }
    _, _, asked = await crawl(paths)
    assert "/private/s.xml" not in asked


async def test_a_resumed_crawl_asks_for_the_sitemap_where_the_start_page_was_found():
    there = f"http://www.{HOST}/"
    hosts = {
        HOST: {"/": Redirect(there)},
        f"www.{HOST}": {"/": LEAF, "/sitemap.xml": urlset("/a"), "/a": LEAF},
    }
    async with Site(hosts) as site, web_of(site) as web:
        known = (Known(f"{A}/", 0, PageState.FETCHED, None, 1, there),)
        progress = Progress(known=known, start_url=f"{A}/", final_url=there)
        await Scene(web, use_sitemaps=True).run(progress)
    assert [asked.host for asked in site.asked("/sitemap.xml")] == [f"www.{HOST}"]
