"""One page of a crawl: asked for politely, followed to its end, and read."""

from collections.abc import Callable
from dataclasses import dataclass

from skybatch.crawl import content, robots
from skybatch.crawl.fetcher import FetchError, Pace, Request, Response, StatusError
from skybatch.crawl.headers import forbids_following
from skybatch.crawl.robots_rules import PATH, TOKEN, Rules, told
from skybatch.crawl.scope import Scope
from skybatch.crawl.stop import Stop
from skybatch.crawl.underway import Underway
from skybatch.crawl.url import identity, parts_of, split
from skybatch.crawl.watch import Watch
from skybatch.crawl.web import Web
from skybatch.extract.body import compressed
from skybatch.model.facts import RawPage, Reading
from skybatch.model.options import Options
from skybatch.model.page import Earlier, Kept
from skybatch.model.reason import Reason


class Forbidden(FetchError):
    """robots.txt does not want a URL to be asked for."""

    def __init__(self, url: str, line: int) -> None:
        self.by = told(line)
        super().__init__(Reason.ROBOTS_DISALLOWED, f"{self.by} forbids {url}", url=url)


# The protocol allows five times as much (https://www.sitemaps.org/protocol.html); no job asks for
# so many pages; unpacked it took all the memory that a page is given.
_SITEMAP_BYTES = 10 * 1024 * 1024
NOT_MODIFIED = 304  # RFC 9110, section 15.4.5
_GZIP_MAGIC = b"\x1f\x8b"


def _coding(response: Response) -> str | None:
    """`sitemap.xml.gz` is a file that is compressed, not a transfer that is."""
    coding = response.content_encoding
    is_compressed = (response.body or b"").startswith(_GZIP_MAGIC)
    return coding or ("gzip" if is_compressed else None)


def _kept(response: Response) -> Kept | None:
    """The body of an answer, compressed by its server, or else here."""
    if response.body is None:
        return None
    body, coding = response.body, response.content_encoding
    if not coding:
        body, coding = compressed(body), "zstd"
    return Kept(body, coding, response.language, response.was_cut, response.signs)


@dataclass(frozen=True, slots=True)
class Visit:
    """A successful answer, and what reading it gave; `None` = it is no page that we read."""

    response: Response
    reading: Reading | None = None
    earlier: Earlier | None = None  # it has not changed since then
    kept: Kept | None = None  # its body, where the batch wants it


class Visitor:
    """Visits the pages of one crawl, within its scope and its manners."""

    def __init__(
        self,
        web: Web,
        options: Options,
        *,
        scope: Scope,
        holds: Callable[[str], bool],
        stop: Stop,
        watch: Watch,
    ) -> None:
        self._web = web
        self._options = options
        self._scope = scope
        self._underway = Underway(holds)
        self._stop = stop
        self._watch = watch
        self._pace = Pace(options.per_host_delay_s, options.per_host_concurrency)

    async def rules(self, url: str) -> Rules:
        """The rules at the origin of a URL. Raises FetchError and Interrupted."""
        if not self._options.respect_robots:
            return robots.OPEN
        origin = parts_of(url).origin
        rules = self._web.robots.known(origin)
        if rules is not None:
            return rules
        async with self._stop.waiting(url) as wait:

            def begin() -> None:
                wait.begin()
                self._watch.knocking(origin + PATH)

            async def follow(target: str) -> Pace | None:
                wait.turn_to(target)
                return None

            request = Request(
                url=origin + PATH,
                headers=self._options.headers,
                pace=self._pace,
                is_patient=True,  # a page may have led here, and would be asked for again
                max_bytes=robots.MAX_BYTES,
                follow=follow,
                before=begin,
            )
            return await self._web.robots.rules(request)

    async def visit(self, url: str, rules: Rules, earlier: Earlier | None = None) -> Visit:
        """Ask for a page, if it has changed since `earlier`, and read it.

        Raises FetchError, AlreadyHeld and Interrupted.
        """
        try:
            return await self._visit(url, rules, earlier)
        finally:
            self._underway.end(url)

    async def _visit(self, url: str, rules: Rules, earlier: Earlier | None) -> Visit:
        async with self._stop.waiting(url) as wait, self._web.room.share() as share:
            requests = 0

            def begin() -> None:
                nonlocal requests
                if not requests:
                    self._underway.ask(url, by=url, requests=0)
                requests += 1
                wait.begin()
                self._watch.asking(identity(url))

            async def follow(target: str) -> Pace:
                wait.turn_to(target)
                self._underway.ask(target, by=url, requests=1)
                pace = await self._allowed(target)
                self._watch.knocking(target)  # the host behind it remembers it over a restart
                return pace

            if earlier and earlier.page.final_url not in (None, url):
                earlier = None  # what it said was of where a redirect led
            conditions = earlier.conditions if earlier else {}
            request = Request(
                url=url,
                headers={**self._options.headers, **conditions},
                pace=self._pace_by(rules),
                max_bytes=self._web.max_body_bytes,
                may_read=content.may_be_page,
                follow=follow,
                room=share.take,
                before=begin,
            )
            response = await self._get(request, may_be_unchanged=earlier is not None)
            wait.answered()
            if response.status == NOT_MODIFIED:
                return Visit(response, earlier=earlier)
            kept = _kept(response) if self._options.store_html else None
            return Visit(response, await self._read(url, response), kept=kept)

    async def sitemap(self, url: str) -> Reading:
        """Ask for a sitemap, which may be on another origin, and read it. Raises FetchError and
        Interrupted."""
        pace = await self._allowed(url)
        async with self._stop.waiting(url) as wait, self._web.room.share() as share:

            def begin() -> None:
                wait.begin()
                self._watch.knocking(url)

            async def follow(target: str) -> Pace:
                wait.turn_to(target)
                pace = await self._allowed(target)
                self._watch.knocking(target)
                return pace

            request = Request(
                url=url,
                headers=self._options.headers,
                pace=pace,
                max_bytes=self._web.max_body_bytes,
                follow=follow,
                room=share.take,
                before=begin,
            )
            response = await self._get(request)
            wait.answered()
            raw = RawPage(
                url=response.url,
                body=response.body or b"",
                content_type=response.content_type,
                content_encoding=_coding(response),
                language=None,
                was_cut=response.was_cut,
                max_bytes=_SITEMAP_BYTES,
                is_sitemap=True,
            )
            return await self._web.read(raw, self._watch.reading(url))

    def _pace_by(self, rules: Rules) -> Pace:
        """The pace of the batch, or that of the site if it is slower."""
        delay_s = max(self._pace.delay_s, rules.delay_s)
        return Pace(delay_s, self._pace.concurrency, asked_s=rules.delay_s)

    async def _get(self, request: Request, *, may_be_unchanged: bool = False) -> Response:
        try:
            response = await self._web.fetcher.get(request)
            is_unchanged = may_be_unchanged and response.status == NOT_MODIFIED
            if not response.is_success and not is_unchanged:
                raise StatusError(response)
        except FetchError as error:
            self._watch.missed(identity(request.url), f"{error.reason}: {error.detail}")
            raise
        return response

    def may_follow_links(self, response: Response, reading: Reading) -> bool:
        """Whether neither the page nor its headers ask not to follow its links."""
        asks_not_to = reading.nofollow or forbids_following(response.robots_tags, TOKEN)
        return not (self._options.respect_robots and asks_not_to)

    async def _allowed(self, url: str) -> Pace:
        """How fast the site behind a URL may be asked for it. Raises what forbids it."""
        if not self._scope.contains(split(url)):
            raise FetchError(Reason.REDIRECT_OFF_SITE, f"to {url}", url=url)
        rules = await self.rules(url)
        if (line := rules.forbidden_by(url)) is not None:
            raise Forbidden(url, line)
        return self._pace_by(rules)

    async def _read(self, asked: str, response: Response) -> Reading | None:
        if response.body is None:
            return None
        raw = RawPage(
            url=response.url,
            body=response.body,
            content_type=response.content_type,
            content_encoding=response.content_encoding,
            language=response.language,
            was_cut=response.was_cut,
            max_bytes=self._web.max_body_bytes,
            default_region=self._options.default_region,
            wants_text=self._options.text,
            signs=response.signs,
        )
        if content.essence(response.content_type) is None and not content.looks_like_page(raw):
            return None
        return await self._web.read(raw, self._watch.reading(identity(asked)))
