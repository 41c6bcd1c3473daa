"""Where a page leads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from skybatch.extract import relevance
from skybatch.extract.document import Attributes, Document, host_of, relations, resolve
from skybatch.extract.scrambled import CLOUDFLARE
from skybatch.model.facts import Link

_REFRESH = re.compile(r"\s*[\d.]*(?:\s*[;,]\s*|\s+)(.*)", re.DOTALL)
_MAX_LINKS = 10_000
_MAX_SIZE = 2_000_000  # characters of all of them: a long base makes short references long
_MAX_SCORED = 2_000  # the contact page is not the three-thousandth link

_TARGETS = {"a": "href", "area": "href", "iframe": "src", "frame": "src", "link": "href"}
_HYPERLINKS = frozenset({"a", "area"})
RELATIONS = frozenset({"next", "canonical", "alternate"})
# What the source of a page with one has, and how it is found.
_FOOTERS = {"<footer": "footer", "contentinfo": "[role=contentinfo]", "footer": "#footer, .footer"}
_MAX_FOOTERS = 10
_MAX_SORTED = 5_000  # links of a page, by whether they stand in its footer
_ROBOTS = ("robots", "skybatch")


@dataclass(frozen=True, slots=True)
class Links:
    """Distinct absolute URLs in document order."""

    followed: tuple[Link, ...]
    hyperlinks: tuple[str, ...]  # of <a> and <area>, also those not to be followed
    nofollow: bool  # a meta robots says that none is to be followed

    def count(self, host: str) -> tuple[int, int]:
        """How many hyperlinks stay on the host, and how many leave it."""
        internal = sum(host_of(url) == host for url in self.hyperlinks)
        return internal, len(self.hyperlinks) - internal


def find(document: Document) -> Links:
    """The links of a page as WHATWG resolves them; only http and https, without fragments."""
    known: dict[str, str | None] = {}  # reference -> URL; a page repeats its menu
    followed: dict[str, int] = {}
    hyperlinks: dict[str, None] = {}
    footer = _in_footer(document)
    room = _MAX_SIZE
    for tag, reference, text, is_followed in _references(document):
        head, hash_mark, _ = reference.partition("#")
        key = head + hash_mark
        if key not in known:
            if len(known) == _MAX_LINKS or room < 0:
                break
            url = resolve(document.base, key)
            known[key] = url
            room -= len(url or "")
        url = known[key]
        if url is None:
            continue
        if is_followed:
            points = followed.get(url)
            if len(followed) < _MAX_SCORED:
                points = _raised(points, url, text, is_in_footer=reference in footer)
            followed[url] = points or 0
        if tag in _HYPERLINKS:
            hyperlinks[url] = None
    return Links(
        tuple(Link(url, points) for url, points in followed.items()),
        tuple(hyperlinks),
        _is_nofollow(document),
    )


def _raised(points: int | None, url: str, text: str, *, is_in_footer: bool) -> int:
    """The points of a URL with what one more link to it says; `None`: it is the first."""
    if points is None:
        points = relevance.of_url(url)
    return max(points, relevance.of_text(text), relevance.FOOTER if is_in_footer else 0)


def _in_footer(document: Document) -> frozenset[str]:
    """The references, as written, that stand in the footer of the page."""
    selectors = [footers for text, footers in _FOOTERS.items() if document.mentions(text)]
    if not selectors or document.leading > _MAX_SORTED:  # a footer may be around all of them
        return frozenset()
    found: set[str] = set()
    for footer in document.tree.css(", ".join(selectors))[:_MAX_FOOTERS]:
        for node in footer.css("a[href]"):
            if href := node.attributes.get("href"):
                found.add(href)
    return frozenset(found)


def _references(document: Document) -> Iterator[tuple[str, str, str, bool]]:
    """Tag, reference as written, text, and whether it may be followed."""
    for content in document.meta.get("refresh", ()):
        if target := refresh_target(content):
            yield "meta", target, "", True
    for tag, attributes, text in document.leads:
        reference = attributes.get(_TARGETS[tag])
        if reference is None or reference.startswith("#") or CLOUDFLARE in reference:
            continue
        if tag == "link" and not leads_to_a_page(attributes):
            continue
        yield tag, reference, text, "nofollow" not in relations(attributes)


def leads_to_a_page(attributes: Attributes) -> bool:
    """Whether `rel` and `type` of a <link>, or of a `Link` header, are those of another page."""
    kind = (attributes.get("type") or "text/html").partition(";")[0].strip().lower()
    return kind == "text/html" and not RELATIONS.isdisjoint(relations(attributes))


def refresh_target(content: str) -> str | None:
    """The URL of `5; url=/there` (HTML Standard, "shared declarative refresh steps")."""
    found = _REFRESH.match(content)
    target = found[1].strip() if found else ""
    if target[:3].lower() == "url" and target[3:].lstrip().startswith("="):
        target = target[3:].lstrip()[1:].strip()
    if target[:1] in ("'", '"'):
        target = target[1:].partition(target[0])[0]
    return target or None


def _is_nofollow(document: Document) -> bool:
    return not {"nofollow", "none"}.isdisjoint(
        _words(content for name in _ROBOTS for content in document.meta.get(name, ()))
    )


def _words(contents: Iterable[str]) -> Iterator[str]:
    for content in contents:
        yield from (word.strip().lower() for word in content.split(","))
