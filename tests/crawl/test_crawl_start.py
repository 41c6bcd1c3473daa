"""How a crawl begins: which candidate becomes the start page, and what is told when none does."""

from dataclasses import replace

import pytest

from skybatch.model.outcome import Ended, Report
from skybatch.model.reason import Reason
from skybatch.model.state import PageState
from skybatch.model.target import Target
from tests.certificates import Authority, authority
from tests.crawl.scene import HOST, START, Memory, Scene, links, web_of
from tests.site import Answer, Page, Raw, Redirect, Site

pytestmark = pytest.mark.needs("openssl")

LEAF = Page(links())


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


async def attempt(start: Answer, **more: Answer) -> tuple[Report, Memory]:
    hosts = {HOST: {"/": start, **{"/" + name: page for name, page in more.items()}}}
    async with Site(hosts) as site, web_of(site, read_timeout_s=0.2) as web:
        scene = Scene(web)
        return await scene.run(), scene.sink


@pytest.mark.parametrize(
    ("start", "reason", "status"),
    [
        (Page(status=404), Reason.HTTP_4XX, 404),
        (Page(status=403), Reason.HTTP_4XX, 403),
        (Page("%PDF", content_type="application/pdf"), Reason.NOT_HTML, None),
        (Page("just text", content_type="text/plain"), Reason.NOT_HTML, None),
        (Page(status=204, content_type=None), Reason.EMPTY, None),
        (Page(""), Reason.EMPTY, None),
        (Redirect("/"), Reason.REDIRECT_LOOP, None),
        (Redirect("http://other.example/"), Reason.REDIRECT_OFF_SITE, None),
        (Redirect("http://shop.example:8080/"), Reason.REDIRECT_OFF_SITE, None),
        (Redirect("ftp://shop.example/"), Reason.REDIRECT_OFF_SITE, None),
    ],
)
async def test_a_start_page_that_will_never_do_is_stored_as_failed(
    start: Answer, reason: Reason, status: int | None
) -> None:
    report, sink = await attempt(start)
    assert (report.ended, report.reason, report.fetched) == (Ended.NO_START, reason, 0)
    assert report.detail
    page = sink.row("/")
    assert (page.state, page.reason, page.status) == (PageState.FAILED, reason, status)
    assert page.detail == report.detail
    assert sink.start_url is None
    assert sink.final_url == page.final_url
    assert len(sink.writes) == 1


async def test_where_a_start_page_leads_off_site_is_kept_for_the_domain() -> None:
    _, sink = await attempt(Redirect("http://other.example/shop"))
    assert sink.final_url == "http://other.example/shop"


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (Page(status=500), Reason.HTTP_5XX),
        (Page(status=429), Reason.RATE_LIMITED),
        (Raw(), Reason.PROTOCOL_ERROR),
    ],
)
async def test_nothing_is_stored_of_a_start_page_that_may_do_later(
    start: Answer, reason: Reason
) -> None:
    report, sink = await attempt(start)
    assert (report.ended, report.reason) == (Ended.NO_START, reason)
    assert sink.writes == []


async def test_a_blank_start_page_is_a_page() -> None:
    report, sink = await attempt(Page(" "))
    assert (report.ended, report.fetched) == (Ended.DRY, 1)
    assert sink.row("/").bytes == 1


async def test_the_target_of_a_redirect_off_the_site_is_told() -> None:
    report, sink = await attempt(Redirect("https://other.example/x?y"))
    assert sink.row("/").final_url == "https://other.example/x?y"
    assert report.detail is not None
    assert "https://other.example/x?y" in report.detail


async def test_a_start_page_that_robots_forbids_is_not_asked_for() -> None:
    robots = Page("User-agent: skybatch\nDisallow: /")
    async with Site({HOST: {"/": LEAF, "/robots.txt": robots}}) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.ROBOTS_DISALLOWED)
    assert scene.sink.row("/").reason is Reason.ROBOTS_DISALLOWED
    assert site.paths == []


async def test_robots_that_cannot_be_read_forbid_the_start_page() -> None:
    async with Site({HOST: {"/": LEAF, "/robots.txt": Raw()}}) as site, web_of(site) as web:
        report = await Scene(web).run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.ROBOTS_UNREACHABLE)
    assert site.paths == []


@pytest.mark.parametrize(
    ("answer", "path", "wait_s"),
    [
        (Page(status=429, headers={"Retry-After": "120"}), "/", 120.0),
        (Page(status=503, headers={"Retry-After": "2"}), "/", 2.0),
        (Page(status=429), "/robots.txt", 30.0),
    ],
)
async def test_a_host_that_asks_us_to_wait_is_left_alone(
    answer: Answer, path: str, wait_s: float
) -> None:
    async with Site({HOST: {"/": LEAF, path: answer}}) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
    assert (report.ended, report.wait_s) == (Ended.WAIT, wait_s)
    assert scene.sink.writes == []


async def test_a_name_that_does_not_exist_has_no_start() -> None:
    async with Site({}) as site, web_of(site, connect_to={}) as web:
        scene = Scene(web, host="shop.invalid")
        report = await scene.run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.NXDOMAIN)
    page = scene.sink.rows["https://shop.invalid/"]
    assert (page.state, page.reason) == (PageState.FAILED, Reason.NXDOMAIN)
    assert not any("www." in url for url in scene.sink.rows)


async def test_a_host_that_refuses_both_schemes_is_refused() -> None:
    async with Site({}) as site:
        refusing = f"127.0.0.1:{site.refusing_port}"
        async with web_of(site, connect_to={"*:80": refusing, "*:443": refusing}) as web:
            scene = Scene(web)
            report = await scene.run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.REFUSED)
    assert scene.sink.writes == []


async def test_https_is_preferred(signer: Authority) -> None:
    hosts = {HOST: {"/": LEAF}}
    async with (
        Site(hosts, tls=signer.server(HOST)) as site,
        web_of(site, ca_file=signer.ca_file) as web,
    ):
        scene = Scene(web)
        report = await scene.run()
    assert report.fetched == 1
    assert scene.sink.start_url == "https://shop.example/"
    assert all(asked.is_tls for asked in site.log)


async def test_a_bad_certificate_makes_room_for_http(signer: Authority) -> None:
    hosts = {HOST: {"/": LEAF}}
    async with (
        Site(hosts, tls=signer.server(HOST, days=-1)) as site,
        web_of(site, ca_file=signer.ca_file) as web,
    ):
        scene = Scene(web)
        report = await scene.run()
    assert report.fetched == 1
    assert scene.sink.start_url == START


async def test_the_reason_is_that_of_the_certificate_when_http_leads_back_to_it(
    signer: Authority,
) -> None:
    hosts = {HOST: {"/": Redirect("https://shop.example/")}}
    async with (
        Site(hosts, tls=signer.server(HOST, days=-1)) as site,
        web_of(site, ca_file=signer.ca_file) as web,
    ):
        scene = Scene(web)
        report = await scene.run()
    assert (report.ended, report.reason) == (Ended.NO_START, Reason.TLS_EXPIRED)
    assert list(scene.sink.rows) == ["https://shop.example/"]


async def test_a_written_scheme_is_the_only_one_that_is_tried() -> None:
    async with Site({HOST: {"/": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        scene.target = Target(HOST, HOST, scheme="https")
        report = await scene.run()
    assert report.reason is Reason.REFUSED
    assert site.log == []


async def test_a_written_path_is_the_start_page() -> None:
    async with Site({HOST: {"/de/shop?x=1": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        scene.target = Target(HOST, HOST, path="/de/shop?x=1&utm_source=y")
        report = await scene.run()
    assert report.fetched == 0
    async with Site({HOST: {"/de/shop": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        scene.target = Target(HOST, HOST, path="/de/shop?utm_source=y")
        report = await scene.run()
    assert report.fetched == 1
    assert scene.sink.start_url == "http://shop.example/de/shop?utm_source=y"
    assert list(scene.sink.rows) == ["http://shop.example/de/shop"]


async def test_a_written_port_is_part_of_the_site() -> None:
    start = Page(links("/a", "http://shop.example/b"))
    async with Site({"shop.example:8080": {"/": start, "*": LEAF}}) as site:
        place = f"127.0.0.1:{site.port}"
        async with web_of(site, connect_to={"*:8080": place}, read_timeout_s=0.3) as web:
            scene = Scene(web)
            scene.target = replace(Target("shop.example:8080", HOST, port=8080), scheme="http")
            report = await scene.run()
    assert report.fetched == 2
    assert list(scene.sink.rows) == ["http://shop.example:8080/", "http://shop.example:8080/a"]
    assert len(scene.sink.outside) == 1


async def test_a_site_that_lives_at_www_is_followed_there() -> None:
    www = {"/": Page(links("/a", "http://shop.example/b", "http://www.shop.example/")), "*": LEAF}
    hosts = {HOST: {"*": Redirect("http://www.shop.example/")}, "www.shop.example": www}
    async with Site(hosts) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run()
    assert report.fetched == 2
    assert (scene.sink.start_url, scene.sink.final_url) == (START, "http://www.shop.example/")
    assert scene.sink.row("/").final_url == "http://www.shop.example/"
    assert scene.sink.rows["http://www.shop.example/a"].state is PageState.FETCHED
    assert scene.sink.rows["http://www.shop.example/"].state is PageState.SKIPPED
    assert scene.sink.row("/b").state is PageState.SKIPPED  # leads to the start page


async def test_the_twin_with_www_is_found_when_the_bare_name_has_no_address() -> None:
    async with Site({"www.shop.invalid": {"/": LEAF}}) as site:
        to = {"www.shop.invalid:80": f"127.0.0.1:{site.port}"}
        async with web_of(site, connect_to=to) as web:
            scene = Scene(web, host="shop.invalid")
            report = await scene.run()
    assert report.fetched == 1
    assert scene.sink.start_url == "http://www.shop.invalid/"
