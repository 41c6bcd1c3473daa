"""One URL of one job: a row of the frontier, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from skybatch.model.facts import PageFacts
from skybatch.model.profile import Profile
from skybatch.model.reason import Reason
from skybatch.model.state import PageState, SkipReason


@dataclass(frozen=True, slots=True)
class FrontierRow:
    """A URL that a page led to: queued, or skipped at sight."""

    url: str  # its identity (contract: WHATWG without fragment, tracking parameters, session ids)
    depth: int  # clicks from the start page
    skipped: SkipReason | None = None  # None = queued
    detail: str | None = None  # what decided that it is skipped
    score: int = 0  # of queued ones: those with a higher one are asked for first


@dataclass(frozen=True, slots=True)
class Page:
    """What became of one URL."""

    url: str  # identity
    depth: int
    state: PageState
    reason: Reason | SkipReason | None = None
    tries: int = 1  # requests made for it, all attempts together
    status: int | None = None  # HTTP status of the last answer
    final_url: str | None = None  # where the redirects ended
    content_type: str | None = None
    charset: str | None = None
    bytes: int | None = None  # of the decompressed body, as far as read
    truncated: bool = False
    elapsed_ms: int | None = None
    fetched_at: float | None = None
    sha256: str | None = None  # of the decompressed body, hex
    facts: PageFacts | None = None
    detail: str | None = None  # a sentence about this very failure
    etag: str | None = None  # what the server calls this state of the page
    last_modified: str | None = None  # likewise, as it wrote it


@dataclass(frozen=True, slots=True)
class Kept:
    """The body of a page, kept to be read again, with what else reading it needs."""

    body: bytes
    coding: str  # how it is compressed, as a Content-Encoding
    language: str | None = None  # Content-Language
    was_cut: bool = False
    signs: tuple[str, ...] = ()  # of the software behind


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A fetched page that is read again."""

    position: tuple[float, int]  # in the order of fetching: when, and its row
    asked: str  # identity
    url: str  # where it was found: the end of the redirects
    content_type: str | None
    facts: PageFacts  # as they were found
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class PageWrite:
    """Everything that one request changed, to be stored in one transaction."""

    page: Page
    found: tuple[FrontierRow, ...] = ()  # new URLs, each once per job
    outside: tuple[tuple[int, SkipReason], ...] = ()  # hashes of new URLs that are only counted
    profile: Profile | None = None  # the job's profile, when this page changed it
    start_url: str | None = None  # set by the page that was the start page
    final_url: str | None = None  # where the start page's redirects ended
    kept: Kept | None = None  # the body, where the batch wants it


@dataclass(frozen=True, slots=True)
class Discovery:
    """URLs that no page has led to, to be stored in one transaction."""

    found: tuple[FrontierRow, ...] = ()
    outside: tuple[tuple[int, SkipReason], ...] = ()
    is_last: bool = False  # the sitemaps have been read


@dataclass(frozen=True, slots=True)
class Earlier:
    """A page as an earlier batch fetched it, for which the server has given it a name."""

    page: Page

    @property
    def conditions(self) -> Mapping[str, str]:
        """The headers that ask for it only if it has changed (RFC 9110, section 13.1)."""
        named = {"If-None-Match": self.page.etag, "If-Modified-Since": self.page.last_modified}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Known:
    """A stored row of the frontier, as an attempt that carries on needs it."""

    url: str
    depth: int
    state: PageState
    reason: str | None
    tries: int  # requests made for it so far
    final_url: str | None = None
    score: int = 0
    detail: str | None = None  # of a failed one

    @property
    def was_requested(self) -> bool:
        return self.tries > 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What earlier attempts of a job have stored: where the next one carries on."""

    known: tuple[Known, ...] = ()  # in the order of discovery
    outside: frozenset[int] = frozenset()
    profile: Profile | None = None
    start_url: str | None = None
    final_url: str | None = None  # where the start page's redirects ended
    has_sitemaps: bool = False  # they have been read, and the seeds are stored
    seeds: tuple[FrontierRow, ...] = ()  # what an earlier batch knew of the site
    is_cancelled: bool = False  # a user cancelled the batch while the job was being claimed
    is_paused: bool = False  # or paused it
