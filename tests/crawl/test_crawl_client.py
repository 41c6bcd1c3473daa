"""One request over the network, against a server that misbehaves in every way."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from itertools import pairwise
from typing import Self

import pytest

from skybatch.crawl import pulse as pulse_module
from skybatch.crawl.client import AiohttpFetcher, open_session
from skybatch.crawl.content import may_be_page
from skybatch.crawl.fetcher import FetchError, Pace, Request
from skybatch.crawl.guard import Guard
from skybatch.crawl.pulse import AWAY_S, Pulse
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.throttle import Throttled
from skybatch.crawl.traffic import Traffic
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reached, Reason
from tests.crawl.nameserver import NameServer
from tests.crawl.scene import settings_of, web_of
from tests.site import Answer, Asked, Drip, Endless, Page, Raw, Redirect, Silence, Site
from tests.until import until

URL = "http://shop.example/"


@asynccontextmanager
async def fetching(
    site: Site, *, pulse: Pulse | None = None, **changes: object
) -> AsyncIterator[AiohttpFetcher]:
    settings, clock = settings_of(site, **changes), SystemClock()
    guard = Guard(settings.allow_networks)
    resolver = Resolver(guard, clock, connect_to=settings.connect_to, servers=["127.0.0.1:1"])
    pulse = pulse or Pulse(clock)
    pulse.beat()
    try:
        async with open_session(settings, resolver, guard) as session:
            yield AiohttpFetcher(
                session, guard, settings, clock=clock, pulse=pulse, traffic=Traffic()
            )
    finally:
        pulse.stop()
        await resolver.close()


async def failure_of(answer: Answer, **changes: object) -> FetchError:
    async with Site({"*": {"/": answer}}) as site, fetching(site, **changes) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(Request(URL))
    return caught.value


async def test_an_answer_comes_with_what_its_headers_say() -> None:
    headers = {
        "Content-Language": "de",
        "X-Robots-Tag": "nofollow",
        "Retry-After": "7",
        "Location": "/x",
    }
    page = Page("<p>hi", headers=headers)
    async with Site({"*": {"/": page}}) as site, fetching(site) as fetcher:
        response = await fetcher.get(Request(URL))
    assert (response.url, response.status, response.body) == (URL, 200, b"<p>hi")
    assert response.content_type == "text/html; charset=utf-8"
    assert response.language == "de"
    assert response.robots_tags == ("nofollow",)
    assert response.retry_after_s == 7.0
    assert response.location == "/x"
    assert not response.was_cut
    assert response.elapsed_s > 0


async def test_no_more_than_a_few_requests_are_made_in_a_turn_of_the_loop() -> None:
    made = []
    async with Site({"*": {"/": Page("<p>hi")}}) as site, fetching(site) as fetcher:
        request = Request(URL, before=lambda: made.append(URL))
        asked = [asyncio.create_task(fetcher.get(request)) for _ in range(20)]
        seen = []
        while not all(each.done() for each in asked):
            await asyncio.sleep(0)
            seen.append(len(made))
    assert len(made) == 20
    assert max(after - before for before, after in pairwise([0, *seen])) <= 3
    assert {each.result().status for each in asked} == {200}


@contextmanager
def black_hole(address: str, port: int) -> Iterator[None]:
    """A place where connections are neither accepted nor refused: its queue is full."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket(family))
            client.setblocking(False)  # noqa: FBT003 - its only argument
            client.connect_ex((address, port))
        yield


@pytest.mark.parametrize(("dead", "alive"), [("::1", "127.0.0.1"), ("127.0.0.2", "127.0.0.1")])
async def test_an_address_that_swallows_connections_does_not_hide_the_other(
    dead: str, alive: str
) -> None:
    """RFC 8305: the second address is tried a moment after the first."""
    zone = {"both.example": (dead, alive)}
    async with Site({"*": {"/": Page("<p>hi")}}) as site, NameServer(zone) as dns:
        changes = {"dns_servers": (dns.address,), "connect_to": {}, "connect_timeout_s": 20.0}
        own = ("127.0.0.0/8", "::1/128")
        with black_hole(dead, site.port):
            async with web_of(site, allow_networks=own, **changes) as web:
                response = await web.fetcher.get(Request(f"http://both.example:{site.port}/"))
    assert response.status == 200
    assert response.elapsed_s < 10, "neither waited for the dead one, nor gave up on it"


async def test_a_request_says_who_we_are_and_brings_no_cookie() -> None:
    page = Page("<p>", headers={"Set-Cookie": "visit=1"})
    async with Site({"*": {"*": page}}) as site, fetching(site) as fetcher:
        await fetcher.get(Request(URL))
        await fetcher.get(Request(URL, headers={"X-Own": "1", "Accept": "text/html"}))
        first, second = (asked.headers for asked in site.log)
    assert first["user-agent"] == "skybatch-test"
    assert first["accept-encoding"] == "gzip, deflate, br, zstd"
    assert "cookie" not in second
    assert (second["x-own"], second["accept"]) == ("1", "text/html")


async def test_proxies_and_passwords_of_the_environment_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    (netrc := tmp_path / "netrc").write_text("machine shop.example login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    async with Site({"*": {"/": Page("<p>")}}) as site, fetching(site) as fetcher:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{site.refusing_port}")
        await fetcher.get(Request(URL))
        assert "authorization" not in site.log[0].headers


async def test_a_request_says_that_it_goes_out_when_it_has_a_connection() -> None:
    told: list[str] = []

    def served(_asked: Asked) -> Page:
        told.append("served")
        return Page("<p>here")

    async with Site({"*": {"/": served}}) as site:
        async with fetching(site) as fetcher:
            for _ in range(2):  # over a connection that is new, and over the same again
                await fetcher.get(Request(URL, sent=lambda: told.append("sent")))
        nobody = {"*:80": f"127.0.0.1:{site.refusing_port}"}
        async with fetching(site, connect_to=nobody) as fetcher:
            with pytest.raises(FetchError):
                await fetcher.get(Request(URL, sent=lambda: told.append("sent")))
        assert site.connections == 1
    assert told == ["sent", "served"] * 2


async def test_an_operators_proxy_is_asked_for_everything() -> None:
    hosts = {"far.example": {"http://far.example/x": Page("<p>by proxy")}}
    async with (
        Site(hosts) as site,
        web_of(site, proxy=f"http://127.0.0.1:{site.port}", connect_to={}) as web,
    ):
        response = await web.fetcher.get(Request("http://far.example/x"))
        with pytest.raises(FetchError) as caught:
            await web.fetcher.get(Request(f"http://127.0.0.1:{site.port}/"))
    assert response.body == b"<p>by proxy"
    assert caught.value.reason is Reason.BLOCKED_ADDRESS


async def test_the_url_is_sent_as_it_is() -> None:
    path = "/a%20b/%C3%BC;v=1?q=%7E&&x=|"
    async with Site({"*": {"*": Page("<p>")}}) as site, fetching(site) as fetcher:
        await fetcher.get(Request("http://shop.example" + path))
        assert [asked.path for asked in site.log] == [path]


async def test_a_body_stays_compressed() -> None:
    body = gzip.compress(b"<p>hi")
    page = Page(body, headers={"Content-Encoding": "gzip"})
    async with Site({"*": {"/": page}}) as site, fetching(site) as fetcher:
        response = await fetcher.get(Request(URL))
    assert (response.body, response.content_encoding) == (body, "gzip")


@pytest.mark.parametrize("answer", [Page("x" * 5_000), Endless()])
async def test_a_body_is_cut_at_the_cap(answer: Answer) -> None:
    async with Site({"*": {"/": answer}}) as site, fetching(site) as fetcher:
        response = await fetcher.get(Request(URL, max_bytes=4_000))
    assert response.body is not None
    assert len(response.body) == 4_000
    assert response.was_cut


async def test_a_body_as_long_as_the_cap_is_whole() -> None:
    async with Site({"*": {"/": Page("x" * 4_000)}}) as site, fetching(site) as fetcher:
        response = await fetcher.get(Request(URL, max_bytes=4_000))
    assert not response.was_cut


@pytest.mark.parametrize(
    "answer",
    [
        Page("%PDF", content_type="application/pdf"),
        Page("<p>gone", status=404),
        Page("<p>moved", status=302, headers={"Location": "/"}),
        # The body never comes: it is not waited for.
        Silence(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 9\r\n\r\n"),
    ],
)
async def test_a_body_that_nobody_wants_is_not_read(answer: Answer) -> None:
    async with Site({"*": {"/": answer}}) as site, fetching(site) as fetcher:
        response = await fetcher.get(Request(URL, may_read=may_be_page))
    assert response.body is None


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    async with Site({"*": {"/": Redirect("/b")}}) as site, fetching(site) as fetcher:
        response = await fetcher.get(Request(URL))
    assert (response.status, response.location) == (302, "/b")
    assert len(site.log) == 1


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Raw(), "headers: the connection was closed without an answer"),
        (Raw(b"HTTP/1.1 200"), "headers: the connection was closed without an answer"),
        (Raw(b"hello\r\n\r\n"), "headers: the answer is no HTTP"),
        (Raw(b"\x15\x03\x01\x00\x02\x02\x46"), "headers: the answer is no HTTP"),
        (Raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 999), "headers: the answer is no HTTP"),
        (
            Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
            "body: the connection was closed before the end",
        ),
        (
            Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
            "body: the connection was closed before the end",
        ),
    ],
)
async def test_bad_http_is_a_protocol_error(answer: Answer, detail: str) -> None:
    error = await failure_of(answer)
    assert (error.reason, error.detail) == (Reason.PROTOCOL_ERROR, detail)
    assert error.reached is Reached.HTTP


async def test_a_header_that_no_server_should_send_is_too_large() -> None:
    error = await failure_of(Raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99_999))
    assert (error.reason, error.reached) == (Reason.TOO_LARGE, Reached.HTTP)


@pytest.mark.parametrize("before", [b"", b"\r\n"])
async def test_a_flood_of_interim_answers_is_no_http(before: bytes) -> None:
    hint = before + b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    error = await failure_of(Raw(hint * 1_000))
    assert (error.reason, error.detail) == (
        Reason.PROTOCOL_ERROR,
        "headers: the answer is no HTTP",
    )


async def test_a_body_in_crumbs_is_not_read() -> None:
    """Forty thousand chunks of one byte hold the loop for most of a second."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    error = await failure_of(Raw(head + b"1\r\nx\r\n" * 100_000))
    assert error.reason is Reason.PROTOCOL_ERROR


async def test_a_body_in_small_chunks_and_one_of_short_lines_are_read() -> None:
    lines = b"<p>\r\nhello\r\n" * 5_000
    chunks = b"".join(b"40\r\n" + b"y" * 64 + b"\r\n" for _ in range(2_000)) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\n"
    for raw, size in (
        (head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, 128_000),
        (head + b"Content-Length: %d\r\n\r\n" % len(lines) + lines, len(lines)),
    ):
        async with Site({"*": {"/": Raw(raw)}}) as site, fetching(site) as fetcher:
            assert len((await fetcher.get(Request(URL))).body or b"") == size


async def test_a_few_interim_answers_are_passed_over() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    raw = Raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + page)
    async with Site({"*": {"/": raw}}) as site, fetching(site) as fetcher:
        assert (await fetcher.get(Request(URL))).body == b"hi"


@pytest.mark.parametrize(
    ("answer", "limits", "detail"),
    [
        (Silence(), {"read_timeout_s": 0.2}, "headers: silence for 0.2 s"),
        (Silence(b"HTTP/1.1 200 OK\r\nX:"), {"read_timeout_s": 0.2}, "headers: silence for 0.2 s"),
        (
            Silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"),
            {"read_timeout_s": 0.2},
            "body: silence for 0.2 s",
        ),
        (Drip(), {"request_timeout_s": 0.3}, "body: not complete within 0.3 s"),
        (Silence(), {"request_timeout_s": 0.3}, "headers: not complete within 0.3 s"),
    ],
)
async def test_a_timeout_says_what_it_waited_for(
    answer: Answer, limits: dict[str, float], detail: str
) -> None:
    error = await failure_of(answer, **limits)
    assert (error.reason, error.detail) == (Reason.TIMEOUT, detail)
    assert error.reached is Reached.HTTP


async def test_a_refused_connection_is_told_from_bad_http() -> None:
    async with Site({}) as site, fetching(site) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(Request("https://shop.example/"))
    assert (caught.value.reason, caught.value.reached) == (Reason.REFUSED, Reached.CONNECT)


async def test_a_connection_that_nobody_accepts_times_out() -> None:
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first.connect(full.getsockname())  # the queue is full now: further SYNs are dropped
        place = f"127.0.0.1:{full.getsockname()[1]}"
        async with Site({}) as site:
            changes = {"connect_to": {"*:80": place}, "connect_timeout_s": 0.3}
            async with fetching(site, **changes) as fetcher:
                with pytest.raises(FetchError) as caught:
                    await fetcher.get(Request(URL))
    assert (caught.value.reason, caught.value.reached) == (Reason.TIMEOUT, Reached.CONNECT)
    assert caught.value.detail == "connect: not done within 0.3 s"


async def test_a_name_that_does_not_exist_is_nxdomain() -> None:
    async with Site({}) as site, fetching(site) as fetcher:
        for host in ("shop.invalid", "x" * 70 + ".invalid"):
            with pytest.raises(FetchError) as caught:
                await fetcher.get(Request(f"http://{host}/"))
            assert caught.value.reason is Reason.NXDOMAIN


async def test_a_request_without_an_answer_is_not_sent_again() -> None:
    async with Site({"*": {"/": Raw()}}) as site, fetching(site) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.get(Request(URL))
        assert len(site.log) == 1


async def test_connections_are_used_again() -> None:
    async with Site({"*": {"*": Page("<p>")}}) as site, fetching(site) as fetcher:
        for number in range(5):
            await fetcher.get(Request(f"{URL}{number}"))
        assert site.connections == 1


async def test_a_cancelled_request_leaves_at_once() -> None:
    async with Site({"*": {"/": Silence()}}) as site, fetching(site) as fetcher:
        request = asyncio.create_task(fetcher.get(Request(URL)))
        await until(lambda: site.log)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request


async def test_many_requests_at_once_do_not_wait_for_each_other() -> None:
    def answer(asked: Asked) -> Answer:
        return Silence() if asked.path == "/slow" else Page("<p>")

    async with Site({"*": {"*": answer}}) as site, fetching(site, read_timeout_s=2.0) as fetcher:
        slow = [
            asyncio.create_task(fetcher.get(Request(f"http://h{number}.example/slow")))
            for number in range(150)
        ]
        async with asyncio.timeout(1.5):
            await fetcher.get(Request("http://healthy.example/"))
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_time_in_which_the_process_was_stopped_is_not_held_against_the_server() -> None:
    """The process is stopped, as by SIGSTOP, while it waits: its timers run on, the server too."""
    pulse, asked = Pulse(SystemClock()), []

    def answer(request: Asked) -> Answer:
        asked.append(request)
        if len(asked) == 1:
            pulse._beat_at -= 2 * AWAY_S  # as after a SIGSTOP
            return Silence()
        pulse.beat()
        pulse.stop()
        return Page("here")

    site = Site({"*": {"/": answer}})
    async with site, fetching(site, pulse=pulse, read_timeout_s=0.2) as fetcher:
        throttled = Throttled(fetcher, SystemClock())
        began = time.monotonic()
        response = await throttled.get(Request(URL, pace=Pace(0.7, 1)))
    assert response.body == b"here"
    assert len(asked) == 2
    assert time.monotonic() - began > 0.69, "the second one waits for its turn, as any other"


@pytest.mark.parametrize(("delay_s", "read_timeout_s"), [(0.1, 0.5), (1.4, 5.0)])
async def test_an_answer_that_comes_while_the_process_is_stopped_or_soon_after_is_taken(
    monkeypatch, delay_s, read_timeout_s
) -> None:
    """All timers are due when it goes on, and none of them may win against what is there."""
    monkeypatch.setattr(pulse_module, "AWAY_S", 0.7)
    with Thawing(delay_s=delay_s) as server:
        async with fetching(
            server, request_timeout_s=0.9, read_timeout_s=read_timeout_s
        ) as fetcher:
            asking = asyncio.create_task(fetcher.get(Request(URL)))
            await until(lambda: server.asked)
            time.sleep(1.2)  # noqa: ASYNC251 - the loop is to stand still, as after a SIGSTOP
            assert (await asking).body == b"here"
    assert server.asked == 1


class Thawing:
    """A site in a thread of its own: it answers also while our loop stands still."""

    def __init__(self, *, delay_s: float) -> None:
        self._delay_s = delay_s
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.asked = 0
        self._thread = threading.Thread(target=self._serve)
        self.port = self._socket.getsockname()[1]
        self.connect_to = {"*:80": f"127.0.0.1:{self.port}", "*:443": "127.0.0.1:1"}

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    connection.recv(65_536)
                    self.asked += 1
                    time.sleep(self._delay_s)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


async def test_an_etag_is_whole_or_not_kept() -> None:
    tag = '"' + "x" * 250 + '"'
    answer = Page("<p>", headers={"ETag": tag})
    async with Site({"*": {"*": answer}}) as site, fetching(site) as fetcher:
        assert (await fetcher.get(Request(URL))).etag is None
