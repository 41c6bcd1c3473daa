"""One request over the network: streamed, with caps of size and time, to a guarded address."""

import ssl

import aiohttp
from yarl import URL

from skybatch.crawl.connection import Connector, going_out
from skybatch.crawl.failure import ERRORS, NoAnswer, Phase, failure
from skybatch.crawl.fetcher import FetchError, Request, Response, WasAway
from skybatch.crawl.guard import BLOCKED, Guard
from skybatch.crawl.headers import leads, retry_after_s, signs, text_of
from skybatch.crawl.pulse import Limit, Pulse
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.room import LARGE
from skybatch.crawl.scope import is_address
from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.traffic import Traffic
from skybatch.crawl.turnstile import Turnstile
from skybatch.crawl.url import parts_of
from skybatch.model.clock import Clock
from skybatch.model.reason import Reason

_KEEPALIVE_S = 4.0  # servers close idle connections after 5 s and more
_NEVER_S = 86_400.0  # time limits are not rounded up to whole seconds below this
_BUFFER = 64 * 1024
_TOGETHER = 3  # requests that are made in one turn of the loop
_MAX_ETAG = 200
_MAX_LINE = 8_190  # of a header; a longer one is refused


def open_session(
    settings: FetchSettings, resolver: Resolver, guard: Guard
) -> aiohttp.ClientSession:
    """The one session of the process; whoever opens it closes it."""
    connector = Connector(
        limit=0,  # the workers are the limit: a full pool would let slow hosts starve the others
        resolver=resolver,
        use_dns_cache=False,  # the resolver has its own
        socket_factory=guard.make_socket,
        happy_eyeballs_delay=0.25,
        keepalive_timeout=_KEEPALIVE_S,
        ssl=_tls(settings.ca_file),
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,  # bombs are defused where the page is read
        timeout=aiohttp.ClientTimeout(
            total=None,
            connect=settings.connect_limit_s,
            sock_read=settings.read_timeout_s,
            ceil_threshold=_NEVER_S,
        ),
        read_bufsize=_BUFFER,
        middlewares=(_once,),
        max_line_size=_MAX_LINE,
        max_field_size=_MAX_LINE,
        max_headers=128,
        headers={
            "User-Agent": settings.user_agent,
            "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
            "Accept-Encoding": "gzip, deflate, br, zstd",
        },
    )


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request again that got no answer: that is for us to decide."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NoAnswer from error


def _tls(ca_file: str | None) -> ssl.SSLContext | bool:
    """Those of the system, which aiohttp has read already, and perhaps one more."""
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(ca_file)
    return context


class AiohttpFetcher:
    """Makes one request and follows no redirect."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        guard: Guard,
        settings: FetchSettings,
        *,
        clock: Clock,
        pulse: Pulse,
        traffic: Traffic,
    ) -> None:
        self._pulse = pulse
        self._traffic = traffic
        self._session = session
        self._guard = guard
        self._settings = settings
        self._clock = clock
        self._turnstile = Turnstile(_TOGETHER)

    async def get(self, request: Request) -> Response:
        await self._turnstile()
        parts = parts_of(request.url)
        # The connector does not ask the resolver for a literal, so nobody else has looked at it.
        is_literal = is_address(parts.host)
        is_own = is_literal and self._guard.is_own(parts.host, parts.port)
        if is_literal and not is_own and not self._guard.may_dial(parts.host):
            raise FetchError(Reason.BLOCKED_ADDRESS, BLOCKED)
        request.before()
        attempt = _Attempt(request, self._clock.monotonic(), is_own=is_own)
        try:
            async with self._pulse.limit(self._settings.request_timeout_s) as limit:
                return await self._exchange(attempt, limit)
        except ERRORS as error:
            if isinstance(error, TimeoutError) and self._pulse.was_away_since(attempt.started_at):
                raise WasAway from error  # perhaps the server was not
            is_tls = request.url.startswith("https:")
            failed = failure(error, attempt.phase, self._settings, is_tls=is_tls)
            self._traffic.failures[failed.reason] += 1
            raise failed from error

    async def _exchange(self, attempt: "_Attempt", limit: Limit) -> Response:
        request = attempt.request
        going_out.set(request.sent)
        async with self._session.get(
            URL(request.url, encoded=True),
            headers=request.headers,
            allow_redirects=False,
            proxy=None if attempt.is_own else self._settings.proxy,
        ) as answer:
            attempt.phase = Phase.BODY
            headers_s = self._clock.monotonic() - attempt.started_at
            content_type = text_of(answer.headers, "Content-Type")
            body, was_cut = None, False
            if 200 <= answer.status < 300 and request.may_read(content_type):
                body, was_cut = await self._read(answer.content, request, limit)
            elapsed_s = self._clock.monotonic() - attempt.started_at - limit.paused_s
            size = len(body) if body else 0
            self._traffic.answered(answer.status, size, headers_s, elapsed_s - headers_s)
            return Response(
                url=request.url,
                status=answer.status,
                content_type=content_type,
                content_encoding=text_of(answer.headers, "Content-Encoding"),
                language=text_of(answer.headers, "Content-Language"),
                location=text_of(answer.headers, "Location", limit=_MAX_LINE),
                retry_after_s=retry_after_s(answer.headers, self._clock.now()),
                robots_tags=tuple(answer.headers.getall("X-Robots-Tag", ())),
                leads=leads(answer.headers),
                signs=signs(answer.headers),
                etag=_whole(answer.headers.get("ETag")),
                last_modified=text_of(answer.headers, "Last-Modified"),
                body=body,
                was_cut=was_cut,
                elapsed_s=elapsed_s,
            )

    async def _read(
        self, content: aiohttp.StreamReader, request: Request, limit: Limit
    ) -> tuple[bytes, bool]:
        """The body up to `max_bytes`, and whether it goes on after them."""
        pieces: list[bytes] = []
        size = 0
        while piece := await content.readany():
            pieces.append(piece)
            size += len(piece)
            if size > request.max_bytes:
                return b"".join(pieces)[: request.max_bytes], True
            if size > LARGE:
                with limit.paused(self._clock):  # it waits for us
                    may_go_on = await request.room()
                if not may_go_on:
                    return b"".join(pieces), True
        return b"".join(pieces), False


def _whole(etag: str | None) -> str | None:
    """One that is too long to be kept is none: half of it would never match."""
    return etag if etag and len(etag) <= _MAX_ETAG and etag.isascii() else None


class _Attempt:
    """A request under way, and what it waits for."""

    def __init__(self, request: Request, started_at: float, *, is_own: bool) -> None:
        self.is_own = is_own  # to a site of our own: no proxy stands between
        self.request = request
        self.started_at = started_at
        self.phase = Phase.HEADERS
