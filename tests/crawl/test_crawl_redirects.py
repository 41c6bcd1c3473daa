"""Redirects, hop by hop."""

import pytest

from skybatch.crawl.fetcher import FetchError, Request, Response
from skybatch.crawl.redirects import Redirecting
from skybatch.model.reason import Reason

URL = "http://a.test/"


class Table:
    """A fetcher that answers from a table: a location is a redirect, None a page."""

    def __init__(self) -> None:
        self.locations: dict[str, str | None] = {}
        self.requests: list[Request] = []
        self.status = 301

    async def get(self, request: Request) -> Response:
        self.requests.append(request)
        if request.url not in self.locations:
            raise FetchError(Reason.REFUSED, "refused")
        location = self.locations[request.url]
        status = 200 if location is None else self.status
        return Response(request.url, status, location=location or None)


async def follow(locations: dict[str, str | None], max_redirects: int = 5) -> tuple[str, int]:
    table = Table()
    table.locations = locations
    response = await Redirecting(table, max_redirects=max_redirects).get(Request(URL))
    return response.url, len(table.requests)


async def failure(locations: dict[str, str | None]) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await follow(locations)
    return caught.value


@pytest.mark.parametrize(
    ("location", "end"),
    [
        ("/b", "http://a.test/b"),
        ("b?x=1#part", "http://a.test/b?x=1"),
        ("//b.test/", "http://b.test/"),
        ("https://a.test", "https://a.test/"),
        ("http://me:secret@a.test/in", "http://a.test/in"),
        ("/ü", "http://a.test/%C3%BC"),
    ],
)
async def test_a_location_is_read_as_a_browser_reads_it(location: str, end: str) -> None:
    assert await follow({URL: location, end: None}) == (end, 2)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_kind_of_redirect_is_followed(status: int) -> None:
    table = Table()
    table.status = status
    table.locations = {URL: "/b", "http://a.test/b": None}
    response = await Redirecting(table, max_redirects=5).get(Request(URL))
    assert response.url == "http://a.test/b"


async def test_other_statuses_are_answers() -> None:
    table = Table()
    table.status = 304
    table.locations = {URL: "/b"}
    assert (await Redirecting(table, max_redirects=5).get(Request(URL))).status == 304


def chain(hops: int) -> dict[str, str | None]:
    places = [URL, *(f"http://a.test/{number}" for number in range(1, hops + 1))]
    return dict(zip(places, [*places[1:], None], strict=True))


async def test_five_redirects_are_followed_and_six_are_not() -> None:
    assert await follow(chain(5)) == ("http://a.test/5", 6)
    error = await failure(chain(6))
    assert error.reason is Reason.REDIRECT_LOOP
    assert error.detail == "more than 5 redirects"


@pytest.mark.parametrize(
    "locations",
    [
        {URL: "/"},
        {URL: "#x"},
        {URL: "/b", "http://a.test/b": "/"},
        {URL: "https://a.test/", "https://a.test/": URL},
    ],
)
async def test_a_circle_is_a_loop(locations: dict[str, str | None]) -> None:
    assert (await failure(locations)).reason is Reason.REDIRECT_LOOP


@pytest.mark.parametrize(
    "location", ["ftp://a.test/", "javascript:alert(1)", "file:///etc/passwd", "http://", "data:,x"]
)
async def test_what_is_no_web_address_is_off_the_site(location: str) -> None:
    error = await failure({URL: location})
    assert error.reason is Reason.REDIRECT_OFF_SITE
    assert location in error.detail


async def test_a_redirect_to_nowhere_is_a_protocol_error() -> None:
    assert (await failure({URL: ""})).reason is Reason.PROTOCOL_ERROR


async def test_the_request_has_the_last_word_on_every_hop() -> None:
    async def only_a(url: str) -> None:
        if not url.startswith("http://a.test/"):
            raise FetchError(Reason.REDIRECT_OFF_SITE, f"to {url}", url=url)

    table = Table()
    table.locations = {URL: "/b", "http://a.test/b": "http://c.test/"}
    with pytest.raises(FetchError) as caught:
        await Redirecting(table, max_redirects=5).get(Request(URL, follow=only_a))
    assert caught.value.url == "http://c.test/"
    assert [request.url for request in table.requests] == [URL, "http://a.test/b"]


async def test_headers_of_ours_are_not_shown_to_another_site() -> None:
    table = Table()
    table.locations = {
        URL: "https://www.a.test/",
        "https://www.a.test/": "http://b.test/",
        "http://b.test/": None,
    }
    await Redirecting(table, max_redirects=5).get(Request(URL, headers={"X-Key": "1"}))
    assert [request.headers for request in table.requests] == [{"X-Key": "1"}, {"X-Key": "1"}, {}]


async def test_a_failing_hop_says_which_one_it_was() -> None:
    assert (await failure({URL: "http://b.test/x"})).url == "http://b.test/x"
    assert (await failure({})).url is None


async def test_whether_it_has_changed_is_not_asked_of_another_page() -> None:
    table = Table()
    table.locations = {URL: f"{URL}moved", f"{URL}moved": None}
    headers = {"If-None-Match": '"1"', "If-Modified-Since": "x", "X-Mine": "y"}
    await Redirecting(table, max_redirects=5).get(Request(URL, headers=headers))
    assert [request.headers for request in table.requests] == [headers, {"X-Mine": "y"}]
