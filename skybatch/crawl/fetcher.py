"""What a request and its answer are: the protocol that every wrapper around the client keeps."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from skybatch.errors import SkybatchError
from skybatch.model.reason import MEANING, Reached, Reason


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a host may be asked."""

    delay_s: float = 0.0  # between the starts of two requests
    concurrency: int = 2  # requests at a time
    asked_s: float | None = None  # what the site asks for (Crawl-delay); None = not known here


async def anywhere(_url: str) -> Pace | None:
    """Follow every redirect, at the same pace."""
    return None


async def unlimited() -> bool:
    """There is room for any body."""
    return True


def at_once() -> None:
    """Start when the turn has come."""


def any_type(_content_type: str | None) -> bool:
    """Read every successful answer."""
    return True


@dataclass(frozen=True, slots=True)
class Request:
    """A GET of one URL."""

    url: str  # absolute, http or https, as WHATWG serialises it
    headers: Mapping[str, str] = field(default_factory=dict)  # sent to this site only
    pace: Pace = field(default_factory=Pace)
    is_patient: bool = False  # wait for the turn of the host however long it takes
    max_bytes: int = 1024 * 1024  # of the body as it comes over the wire
    may_read: Callable[[str | None], bool] = any_type  # whether a body of this type is read
    # Raises what forbids a redirect to the URL; gives the pace there, if that is another one.
    follow: Callable[[str], Awaitable[Pace | None]] = anywhere
    # Awaited as a large body is read: whether it may be read further.
    room: Callable[[], Awaitable[bool]] = unlimited
    before: Callable[[], None] = at_once  # told when the request goes out, after all waiting
    sent: Callable[[], None] = at_once  # told when it is on its way: a connection takes time


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status."""

    url: str  # the one that answered: the end of the redirects
    status: int
    content_type: str | None = None
    content_encoding: str | None = None
    language: str | None = None  # Content-Language
    location: str | None = None
    retry_after_s: float | None = None
    robots_tags: tuple[str, ...] = ()  # X-Robots-Tag, one per header line
    leads: tuple[str, ...] = ()  # references of its headers to other pages, as written
    signs: tuple[str, ...] = ()  # of the software behind: `Server: nginx`, `Cookie: PHPSESSID`
    etag: str | None = None
    last_modified: str | None = None
    body: bytes | None = None  # still compressed; None = not read: no success, or a refused type
    was_cut: bool = False  # the body goes on, but was not read further
    elapsed_s: float = 0.0  # from the start of the request to the last byte read

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def asks_to_wait(self) -> bool:
        """Whether the host wants to be left alone for a time that it names."""
        return self.status in (429, 503) and self.retry_after_s is not None


class FetchError(SkybatchError):
    """A request that gave no answer to use."""

    code = "fetch_failed"

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        reached: Reached | None = None,
        retry_after_s: float | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.reached = MEANING[reason].reached if reached is None else reached
        self.retry_after_s = retry_after_s  # the host asks to be left alone for so long
        self.url = url  # of the request that failed, when redirects led elsewhere


class WasAway(Exception):
    """This process was stopped while it waited for an answer: to be asked for again in its turn."""


class TooSoon(FetchError):
    """Nothing was asked: the site wants a long time between two requests."""

    def __init__(self, delay_s: float, left_s: float) -> None:
        super().__init__(
            Reason.RATE_LIMITED,
            f"the site wants {delay_s:g} s between two requests",
            retry_after_s=left_s,
        )


class StatusError(FetchError):
    """An answer that is no success."""

    def __init__(self, response: Response) -> None:
        super().__init__(
            _reason(response.status),
            f"status {response.status}",
            reached=Reached.HTTP,
            retry_after_s=response.retry_after_s if response.asks_to_wait else None,
            url=response.url,
        )
        self.response = response


def _reason(status: int) -> Reason:
    if status == 429:
        return Reason.RATE_LIMITED
    if 400 <= status < 500:
        return Reason.HTTP_4XX
    if 500 <= status < 600:
        return Reason.HTTP_5XX
    return Reason.PROTOCOL_ERROR


class Fetcher(Protocol):
    """Makes a request; raises FetchError when there is no answer."""

    async def get(self, request: Request) -> Response: ...
