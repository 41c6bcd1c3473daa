"""Sitemaps (https://www.sitemaps.org/protocol.html), feeds and lists of URLs: where they lead."""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import ParseError, XMLParser

from skybatch.extract import charset, relevance
from skybatch.extract.body import Body
from skybatch.extract.document import resolve
from skybatch.model.facts import Link, PageFacts, RawPage, Reading

MAX_LINKS = 50_000  # of one sitemap, as the protocol has it
MAX_MAPS = 1_000  # that an index leads to, as far as we look
MAX_CHARACTERS = 8_000_000  # of all of them together: of 50,000, 160 each
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})")
_PIECE = 64 * 1024
_MAX_LINE = 2_048
_MAX_PARTS = 100  # of the text of an element: each entity begins a new one


def read(raw: RawPage, content: Body) -> Reading:
    """Where a sitemap leads; what is broken leads as far as it could be read."""
    pages: dict[str, None] = {}
    maps: dict[str, None] = {}
    left = MAX_CHARACTERS
    for reference, is_map in _references(content.data):
        url = resolve(raw.url, reference.strip())
        if url is None:
            continue
        left -= len(url)
        if left < 0:
            break
        if is_map and len(maps) < MAX_MAPS:
            maps[url] = None
        elif not is_map:
            pages[url] = None
            if len(pages) == MAX_LINKS:
                break
    return Reading(
        facts=PageFacts(),
        links=tuple(Link(url, relevance.of_url(url)) for url in pages),
        maps=tuple(maps),
        charset="utf-8",
        size=len(content.data),
        sha256="",
        truncated=content.truncated,
    )


def _references(data: bytes) -> Iterator[tuple[str, bool]]:
    """Every URL as written, and whether another sitemap is behind it."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _of_xml(data)
        return
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if len(line) <= _MAX_LINE and line.strip().startswith(("http://", "https://")):
            yield line, False


def _of_xml(data: bytes) -> Iterator[tuple[str, bool]]:
    try:
        yield from _parsed(data)
    except (ValueError, LookupError):  # expat does not know the encoding: Shift_JIS, GB2312 ...
        yield from _parsed(_as_utf8(data))


def _as_utf8(data: bytes) -> bytes:
    """The document without its declaration, which named another encoding."""
    declaration = _DECLARATION.match(data)
    label = declaration[1].decode("ascii") if declaration else "utf-8"
    text, _ = charset.decode(data, f"text/xml; charset={label}", "")
    return re.sub(r"^\s*<\?xml[^>]*>", "", text).encode()


def _parsed(data: bytes) -> Iterator[tuple[str, bool]]:
    # Expat expands no external entity, and refuses those that grow (its own protection).
    target = _Target()
    parser = XMLParser(target=target)  # noqa: S314 - see above
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
            yield from target.taken()
    except ParseError:
        yield from target.taken()


class _Target:
    """Hears what the parser finds, and keeps no tree of it."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._text: list[str] = []
        self._found: list[tuple[str, bool]] = []

    def taken(self) -> list[tuple[str, bool]]:
        """What was found since the last time."""
        found, self._found = self._found, []
        return found

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Namespaces are left out: many sitemaps have a wrong one, or none."""
        self._path.append(tag.rpartition("}")[2].lower())
        self._text.clear()
        match self._path:
            case ["urlset", "url", "link"] | ["feed", "entry", "link"]:
                # Translations of a page, or the page of a news item.
                href = attributes.get("href")
                if href and attributes.get("rel", "alternate") == "alternate":
                    self._found.append((href, False))

    def data(self, text: str) -> None:
        if len(self._text) < _MAX_PARTS:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        match self._path:
            case ["sitemapindex", "sitemap", "loc"]:
                self._found.append(("".join(self._text), True))
            case ["urlset", "url", "loc"] | ["rss", "channel", "item", "link"]:
                self._found.append(("".join(self._text), False))
        self._path.pop()
        self._text.clear()

    def close(self) -> None:
        """The parser asks for it."""
