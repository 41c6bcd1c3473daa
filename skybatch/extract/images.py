"""The pictures a company is known by: favicon and logo."""

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from skybatch.extract.document import Attributes, Document, relations
from skybatch.extract.structured import Structured

_MAX_LOGOS = 20  # images that call themselves a logo
_MAX_CLIMB = 15  # ancestors among which a header is looked for
_HEADERS = ("header", "navbar", "masthead", "logo", "brand")
_SCALABLE = 10_000  # larger than any bitmap


def favicon_url(document: Document) -> str | None:
    """The largest `rel=icon`, else the `apple-touch-icon`; `/favicon.ico` is not on the page."""
    best: tuple[int, str] | None = None
    for rank, href in _icons(document):
        if (best is None or rank > best[0]) and (url := document.resolve(href)):
            best = rank, url
    return best[1] if best else None


def _icons(document: Document) -> Iterator[tuple[int, str | None]]:
    for tag, attributes, _ in document.leads:
        types = relations(attributes) if tag == "link" else ()
        if "icon" in types:
            yield _size(attributes), attributes.get("href")
        elif "apple-touch-icon" in types:
            yield -1, attributes.get("href")


def _size(attributes: Attributes) -> int:
    """Pixels of the longer side, 0 if not said (HTML Standard, "Link type icon")."""
    sizes = (attributes.get("sizes") or "").lower()
    if sizes == "any" or (attributes.get("type") or "").lower() == "image/svg+xml":
        return _SCALABLE
    numbers = (number for size in sizes.split()[:20] for number in size.split("x"))
    return max((int(n) for n in numbers if n.isdecimal() and len(n) < 5), default=0)


def logo_url(document: Document, structured: Structured) -> str | None:
    """What structured data names as the logo, else an image in the header that says it is one."""
    if url := document.resolve(structured.logo):
        return url
    candidates = [node for node in document.nodes["img"] if _is_called_logo(node)][:_MAX_LOGOS]
    for node in candidates:
        if _is_in_header(node) and (url := document.resolve(_source(node.attributes))):
            return url
    return None


def _source(attributes: Attributes) -> str | None:
    """The picture itself: lazy loading puts a placeholder into `src`."""
    return attributes.get("data-src") or attributes.get("src")


def _is_called_logo(node: LexborNode) -> bool:
    attributes = node.attributes
    return any(
        "logo" in (attributes.get(name) or "")[:500].lower()
        for name in ("class", "id", "src", "data-src", "alt")
    )


def _is_in_header(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(_MAX_CLIMB):
        if parent is None:
            return False
        attributes = parent.attributes
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:500].lower()
        if parent.tag in ("header", "nav") or any(word in names for word in _HEADERS):
            return True
        parent = parent.parent
    return False
