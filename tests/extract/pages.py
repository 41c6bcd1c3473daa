"""Pages for the tests of the extractors."""

from dataclasses import replace

from skybatch.extract.reading import read
from skybatch.model.facts import PageFacts, RawPage, Reading

URL = "https://www.acme.de/en/index.html"

_RAW = RawPage(
    url=URL,
    body=b"",
    content_type="text/html",
    content_encoding=None,
    language=None,
    was_cut=False,
    max_bytes=5_000_000,
    default_region="",
)


def raw(body: bytes, **changes) -> RawPage:
    """A body as it comes over the wire."""
    return replace(_RAW, body=body, **changes)


def reading(html: str, **changes) -> Reading:
    """What reading a UTF-8 page gives."""
    return read(raw(html.encode(), **changes))


def facts(html: str, **changes) -> PageFacts:
    """The facts of a UTF-8 page."""
    return reading(html, **changes).facts


def jsonld(text: str) -> str:
    """A page with one JSON-LD block."""
    return f'<script type="application/ld+json">{text}</script>'
