"""robots.txt (RFC 9309): asked once a day per origin, for all crawls of the process."""

import asyncio
import re
from weakref import WeakValueDictionary

from skybatch.crawl.cache import Cache
from skybatch.crawl.fetcher import Fetcher, FetchError, Request, Response
from skybatch.crawl.robots_rules import PATH, Rules
from skybatch.crawl.url import split
from skybatch.extract.body import unpack
from skybatch.model.clock import Clock
from skybatch.model.facts import RawPage
from skybatch.model.reason import Reached, Reason
from skybatch.model.target import bare

MAX_BYTES = 500 * 1024  # section 2.5
_CACHE_S = 24 * 3_600.0  # section 2.4
# In memory: 5,000 origins without a rule, or 250,000 rules of 250 bytes.
_MOST, _ORIGIN = 250_000, 50
_ASK_AGAIN_S = 30.0  # after a 429 that does not say when

_CODINGS = frozenset({"identity", "gzip", "x-gzip", "deflate", "br", "zstd"})
_NAME = re.compile(r"[^\s,]+")

OPEN = Rules()


class Robots:
    """The rules of every origin that was asked for."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._rules: Cache[Rules] = Cache(_MOST, lambda rules: _ORIGIN + len(rules))
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def known(self, origin: str) -> Rules | None:
        """The rules of an origin, if they are at hand."""
        return self._rules.get(origin, self._clock.monotonic())

    async def rules(self, request: Request) -> Rules:
        """The rules at the origin of a request, asked for with its headers at its pace.

        Raises FetchError: that of the request when the site cannot be connected to, so that
        another candidate can be tried; RATE_LIMITED when it wants us to wait; else
        ROBOTS_UNREACHABLE, which forbids everything.
        """
        origin = split(request.url).origin
        lock = self._asking.setdefault(origin, asyncio.Lock())
        async with lock:
            rules = self.known(origin)
            if rules is None:
                response = await self._ask(request)
                rules = await _rules(response)
                expires_at = self._clock.monotonic() + _CACHE_S
                self._rules.put(origin, rules, expires_at=expires_at)
                if _is_own_file(response.url, of=request.url):
                    # A redirect led to the file of `www.`, where the pages are, too.
                    self._rules.put(split(response.url).origin, rules, expires_at=expires_at)
        return rules

    async def _ask(self, request: Request) -> Response:
        try:
            return await self._fetcher.get(request)
        except FetchError as error:
            if error.reason is Reason.REDIRECT_LOOP:
                return Response(request.url, 404)  # section 2.3.1.2: as if there were none
            if error.retry_after_s is not None or _is_about_the_site(error, request.url):
                raise
            raise FetchError(
                Reason.ROBOTS_UNREACHABLE, f"robots.txt: {error.detail}", reached=Reached.HTTP
            ) from error


def _is_about_the_site(error: FetchError, url: str) -> bool:
    """Whether the site itself could not be connected to, not somewhere that it redirects to."""
    if error.reached >= Reached.HTTP:
        return False
    return error.url is None or bare(split(error.url).host) == bare(split(url).host)


def _is_own_file(url: str, *, of: str) -> bool:
    """Whether a redirect led to the robots.txt of the same site: no other may choose what another
    one's server answers, as by a query, and have it taken for its rules."""
    final = split(url)
    is_same = bare(final.host) == bare(split(of).host)
    return is_same and url == final.origin + PATH


async def _rules(response: Response) -> Rules:
    if response.is_success and response.body is not None:
        return await Rules.patiently(_text(response, response.body))
    if response.status == 429 or response.asks_to_wait:
        raise FetchError(
            Reason.RATE_LIMITED,
            f"robots.txt: status {response.status}",
            retry_after_s=_ASK_AGAIN_S
            if response.retry_after_s is None
            else response.retry_after_s,
        )
    if response.status < 500 and response.status != 304:  # which nobody asked for
        return OPEN
    raise FetchError(
        Reason.ROBOTS_UNREACHABLE, f"robots.txt: status {response.status}", reached=Reached.HTTP
    )


def _text(response: Response, coded: bytes) -> str:
    """The file, up to its last whole line: half a rule may say the opposite of it. Raises
    FetchError for one that nobody can read: it may forbid everything."""
    raw = RawPage(
        url=response.url,
        body=coded,
        content_type=None,
        content_encoding=response.content_encoding,
        language=None,
        was_cut=response.was_cut,
        max_bytes=MAX_BYTES,
        default_region="",
    )
    body = unpack(raw)
    data = body.data
    is_whole = not response.was_cut and len(data) < MAX_BYTES
    is_damaged = is_whole and body.truncated
    is_unknown = not _CODINGS.issuperset(_NAME.findall((response.content_encoding or "").lower()))
    if is_damaged or is_unknown:
        raise FetchError(
            Reason.ROBOTS_UNREACHABLE,
            "robots.txt: its compression is damaged or unknown",
            reached=Reached.HTTP,
        )
    if body.truncated:
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]
    return data.decode("utf-8-sig", "surrogateescape")
