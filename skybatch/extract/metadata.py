"""What a page says about itself: title, description, language, canonical URL, feeds, Open
Graph."""

import re

from selectolax.lexbor import LexborNode

from skybatch.extract.document import Document, relations, text_of
from skybatch.extract.lettering import squeeze

_MAX_TITLE = 500
_MAX_DESCRIPTION = 2_000
_MAX_PROPERTIES = 50
_MAX_FEEDS = 20
_FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def title(document: Document) -> str | None:
    """The first `<title>` that is not the label of a drawing, else `og:title`."""
    for node in document.nodes["title"][:20]:
        if not _is_in_svg(node) and (text := text_of(node, _MAX_TITLE)):
            return text
    return squeeze(document.first_meta("og:title", "twitter:title"), _MAX_TITLE)


def description(document: Document) -> str | None:
    """The description meant for search engines, else the one for social networks."""
    content = document.first_meta("description", "og:description", "twitter:description")
    return squeeze(content, _MAX_DESCRIPTION)


def language(document: Document, header: str | None) -> str | None:
    """The BCP 47 tag of the page, like `en-GB`; `header` is its Content-Language."""
    declared = (
        *(node.attributes.get(name) for node in document.nodes["html"] for name in _LANG),
        header,
        document.first_meta("content-language"),
        document.first_meta("og:locale"),
    )
    for tag in declared:
        if tag and (normal := normal_language(tag)):
            return normal
    return None


_LANG = ("lang", "xml:lang")


def normal_language(text: str) -> str | None:
    """A language tag in the case of RFC 5646, section 2.1.1; the first of several."""
    tag = text.partition(",")[0].strip().replace("_", "-")
    if len(tag) > 35 or not _LANGUAGE.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *map(_subtag, rest)])


def _subtag(text: str) -> str:
    if len(text) == 2:
        return text.upper()
    return text.title() if len(text) == 4 and text.isalpha() else text.lower()


def canonical_url(document: Document) -> str | None:
    """The URL that the page prefers for itself."""
    for tag, attributes, _ in document.leads:
        if tag == "link" and "canonical" in relations(attributes):
            return document.resolve(attributes.get("href"))
    return None


def feeds(document: Document) -> tuple[str, ...]:
    """The feeds that the page offers to subscribe to (HTML Standard, "Link type alternate")."""
    references = (
        attributes.get("href")
        for tag, attributes, _ in document.leads
        if tag == "link"
        and (attributes.get("type") or "").strip().lower() in _FEEDS
        and "alternate" in relations(attributes)
    )
    return tuple(dict.fromkeys(filter(None, map(document.resolve, references))))[:_MAX_FEEDS]


def h1(document: Document) -> str | None:
    """The first main heading with text in it."""
    for node in document.nodes["h1"][:10]:
        if text := text_of(node, _MAX_TITLE):
            return text
    return None


def open_graph(document: Document) -> dict[str, str]:
    """The first value of each Open Graph property (`og:title` …)."""
    found: dict[str, str] = {}
    for name, contents in document.meta.items():
        if name.startswith("og:") and len(found) < _MAX_PROPERTIES:
            found[name] = contents[0][:_MAX_DESCRIPTION]
    return found


def _is_in_svg(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(20):
        if parent is None:
            return False
        if parent.tag == "svg":
            return True
        parent = parent.parent
    return False
