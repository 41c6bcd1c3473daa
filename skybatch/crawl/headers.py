"""What the headers of an answer say, as plain values that can be stored."""

import re
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import islice

from multidict import CIMultiDictProxy

from skybatch.extract import links

_REL = re.compile(r";\s*rel\s*=\s*\"?([^\",;]*)", re.IGNORECASE)
_TYPE = re.compile(r";\s*type\s*=\s*\"?([^\",;]*)", re.IGNORECASE)
# Directives with a value, which are no names of robots.
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_MAX_REFRESH = 2_000
_MAX_COOKIES = 50
_MAX_LINKS = 50  # of one answer
_MAX_LINE = 8_192
# The headers in which servers name themselves, and what builds their pages.
_TELLING = (
    "Server",
    "X-Powered-By",
    "X-Generator",
    "X-AspNet-Version",
    "X-LiteSpeed-Cache",
    "X-Served-By",
    "X-Amz-Cf-Id",
    "CF-Ray",
    "CF-Mitigated",
    "X-Amzn-Waf-Action",
    "X-DataDome",
    "X-Sucuri-Block",
    "Via",
)


def text_of(headers: "CIMultiDictProxy[str]", name: str, *, limit: int = 200) -> str | None:
    """The value of a header, cut to `limit` characters; `None` if empty."""
    value = headers.get(name)
    if not value:
        return None
    return _text(value)[:limit].strip() or None


def _text(value: str) -> str:
    # aiohttp keeps bytes that are no UTF-8 as lone surrogates, which no database takes.
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def retry_after_s(headers: "CIMultiDictProxy[str]", now: float) -> float | None:
    """Seconds of a Retry-After, as a number or a date (RFC 9110, section 10.2.3)."""
    value = text_of(headers, "Retry-After")
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
        if at.tzinfo is None:  # the old form of ctime is in UTC as well (RFC 9110, section 5.6.7)
            at = at.replace(tzinfo=UTC)
        return max(0.0, at.timestamp() - now)
    except (ValueError, OverflowError):
        return None


def leads(headers: "CIMultiDictProxy[str]") -> tuple[str, ...]:
    """The references, as written, of `Link` (RFC 8288; those to other pages) and `Refresh`."""
    found = list(islice(_linked(headers), _MAX_LINKS))
    if refresh := text_of(headers, "Refresh", limit=_MAX_REFRESH):
        found += filter(None, [links.refresh_target(refresh)])
    return tuple(found)


def _linked(headers: "CIMultiDictProxy[str]") -> Iterator[str]:
    for line in headers.getall("Link", ())[:_MAX_LINKS]:
        for piece in line[:_MAX_LINE].split("<", _MAX_LINKS)[1:]:
            reference, _, parameters = piece.partition(">")
            rel, kind = _REL.search(parameters), _TYPE.search(parameters)
            attributes = {"rel": rel and rel[1], "type": kind and kind[1]}
            if links.leads_to_a_page(attributes):
                yield _text(reference)


def signs(headers: "CIMultiDictProxy[str]") -> tuple[str, ...]:
    """Lines that tell of the software behind: `Server: nginx`, and of cookies the names only."""
    told = [f"{name}: {text}" for name in _TELLING if (text := text_of(headers, name))]
    cookies = headers.getall("Set-Cookie", ())[:_MAX_COOKIES]
    told += [f"Cookie: {_text(line.partition('=')[0])[:100].strip()}" for line in cookies]
    return tuple(told)


def forbids_following(robots_tags: tuple[str, ...], agent: str) -> bool:
    """Whether an X-Robots-Tag (`nofollow`, `skybatch: none`) is about us and our links."""
    for line in robots_tags:
        name, colon, rest = line.partition(":")
        name = name.strip().lower()
        if colon and "," not in name and name not in _VALUED:
            if name not in (agent, "robots"):
                continue
            line = rest
        if {"nofollow", "none"} & {word.strip().lower() for word in line.split(",")}:
            return True
    return False
