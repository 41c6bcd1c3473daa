"""A page parsed once, with what the extractors ask of it."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from time import thread_time
from typing import NamedTuple, TypeAlias

from ada_url import join_url
from selectolax.lexbor import (
    LexborDocumentOptions,
    LexborHTMLParser,
    LexborNode,
    SelectolaxError,
)

from skybatch.errors import TooComplex
from skybatch.extract.lettering import lower_spaced, readable, squeeze
from skybatch.extract.sightings import Sought
from skybatch.extract.source import Source

Attributes: TypeAlias = Mapping[str, str | None]

MAX_TEXT = 200_000  # characters of visible text that are searched
_MAX_NODES = 10_000  # of one kind
_MAX_ACTION = 2_000  # characters
_MAX_METAS = 300
_MAX_LEAD_TEXT = 200_000  # characters, of all links together
_LEAD_TEXTS_S = 0.05  # of the processor; ten thousand links of a page take 0.02
_LEADS_AT_A_TIME = 32  # between two looks at the clock, which take as long as reading one
_MAX_LABEL = 200  # of one
_MAX_CONTENT = 5_000  # characters of one meta
_MAX_MARKED = 2_000
_MAX_URL = 8_000  # RFC 9110, section 4.1: what every recipient should support
_MAX_REMEMBERED = 200  # of a reference to the root of a site, with its origin
_MAX_RESOLVED = 4_000  # with what the base adds; twice as long as any that is asked for

BETWEEN = "\x1f"  # unit separator; `split` takes it for a space
_KEPT = frozenset({"html", "base", "title", "meta", "img", "script", "h1"})
_LEADING = frozenset({"link", "a", "area", "iframe", "frame"})
_INVISIBLE = frozenset({"script", "style", "template"})
# Most pages have none of these, and each makes the selector slower.
_RARE = {f"<{tag}": tag for tag in ("area", "base", "frame", "iframe", "style", "template")}
_USUAL = sorted((_KEPT | _LEADING | _INVISIBLE).difference(_RARE.values()))
_META_NAMES = ("name", "property", "http-equiv")
# What extractors look for only where it stands in the source; in lower case. None stands within
# another, but for "footer": it is seen only where it stands outside of tags of that name.
_ASKED_FOR = Sought(
    (
        *("itemscope", "itemprop", "data-cfemail", "data-mailto-token", "is-email"),
        *("<footer", "</footer", "footer", "contentinfo"),
        *("wa.me", "whatsapp.com"),
        *("&#64;", "&#064;", "&#x40;", "&commat;", 'alt="@"', "alt='@'"),
        *_RARE,
    )
)


class Lead(NamedTuple):
    """An element that may lead elsewhere."""

    tag: str
    attributes: Attributes
    text: str = ""  # within an <a>, as written; cut


@dataclass(frozen=True, slots=True)
class Document:
    """A page in memory; nothing in it is changed after `parse`."""

    base: str  # what its relative URLs are relative to
    html: str
    source: bytes  # the same in UTF-8
    lowered: bytes  # the same with the letters of ASCII in lower case
    mentioned: frozenset[str]  # what stands in it; ask `mentions`
    text: str  # visible text in lower case with single spaces, at most `MAX_TEXT` characters
    encoded: bytes  # the text in UTF-8
    pieces: str  # the same as written, with `\\x1f` between what stands in different elements
    nodes: Mapping[str, Sequence[LexborNode]]  # by tag (`_KEPT`), in document order
    leading: int  # elements that may lead elsewhere, however often they do
    leads: Sequence[Lead]  # distinct ones
    references: Sequence[str]  # distinct `href` of leads, as written
    actions: Sequence[tuple[str, str]]  # scheme and rest of those that lead to no page: tel: …
    meta: Mapping[str, Sequence[str]]  # content of <meta> by its name, property or http-equiv
    tree: LexborHTMLParser

    def first_meta(self, *names: str) -> str | None:
        """The first content under the first of the names that has any."""
        for name in names:
            if contents := self.meta.get(name):
                return contents[0]
        return None

    def last_lines(self, size: int) -> list[list[str]]:
        """The words in so many characters at the end of the visible text, as written; those of one
        text of an element together."""
        pieces = self.pieces[-size:]
        return [words for piece in pieces.split(BETWEEN) if (words := piece.split())]

    def resolve(self, reference: str | None) -> str | None:
        """The absolute http(s) URL of a reference on this page, without fragment."""
        return resolve(self.base, reference)

    def mentions(self, text: str) -> bool:
        """Whether one of the texts of `_ASKED_FOR` stands in the source, in whatever case. Raises
        KeyError for others: nobody has looked for them."""
        if text not in _ASKED_FOR.texts:
            raise KeyError(text)
        return text in self.mentioned

    def marked(self, attribute: str) -> list[LexborNode]:
        """The elements with a rare attribute; none if it is not rare on this page."""
        if not self.mentions(attribute) or self.lowered.count(attribute.encode()) > _MAX_MARKED:
            return []
        return self.tree.css(f"[{attribute}]")

    def comments(self) -> Iterator[str]:
        """The comments, by a walk over the whole tree."""
        root = self.tree.root
        # From the document itself: a comment may stand before <html>.
        start = (root.parent or root) if root is not None else None
        for node in start.traverse() if start is not None else ():
            if node.is_comment_node:
                yield node.comment_content or ""


def parse(source: Source, url: str) -> Document:
    """Parse a page. Raises TooComplex when it does not fit into memory; every text is HTML."""
    # Events off: <selectedcontent> would clone parts of the tree, as often as a page likes.
    try:
        tree = LexborHTMLParser(source.encoded, options=LexborDocumentOptions.WO_EVENTS)
    except SelectolaxError as error:  # it gets no memory: everything else is HTML
        raise TooComplex("parsing it takes more memory than a page is given") from error
    mentioned = _ASKED_FOR.among(source.lowered)
    nodes, leading, leading_count, invisible = _collect(tree, mentioned)
    leads = _leads(leading)
    references = list(dict.fromkeys(filter(None, (lead.attributes.get("href") for lead in leads))))
    pieces = _visible_pieces(tree, invisible)
    text = lower_spaced(pieces)[:MAX_TEXT]
    return Document(
        base=_base(nodes["base"], url),
        html=source.html,
        source=source.encoded,
        lowered=source.lowered,
        mentioned=mentioned,
        text=text,
        encoded=text.encode("utf-8", "replace"),
        pieces=pieces,
        nodes={tag: found[:_MAX_NODES] for tag, found in nodes.items()},
        leading=leading_count,
        leads=leads,
        references=references,
        actions=_actions(references),
        meta=_meta(nodes["meta"]),
        tree=tree,
    )


def resolve(base: str, reference: str | None) -> str | None:
    """The absolute http(s) URL as WHATWG resolves it, without fragment; `None` for others."""
    if reference is None or len(reference) > _MAX_URL:
        return None
    head, hash_mark, _ = reference.partition("#")
    head += hash_mark
    if head.startswith("/"):
        origin = "/".join(base.split("/", 3)[:3])
        if len(origin) + len(head) <= _MAX_REMEMBERED:
            return _joined_at_root(origin, head)
    return _joined(base, head)


def _joined(base: str, reference: str) -> str | None:
    try:
        url = join_url(base, reference)
    except ValueError:
        return None
    is_page = len(url) <= _MAX_RESOLVED and url.startswith(("http://", "https://"))
    return url.removesuffix("#") if is_page else None


# The menu of a site leads from each of its pages to the same ones.
_joined_at_root = lru_cache(maxsize=4_096)(_joined)


def text_of(node: LexborNode, limit: int) -> str | None:
    """The squeezed text within a node that holds little; looks at no more than 200 nodes."""
    parts = [
        inner.text_content or ""
        for inner in islice(node.traverse(include_text=True), 200)
        if inner.is_text_node
    ]
    return squeeze(" ".join(parts), limit)


def relations(attributes: Attributes) -> list[str]:
    """The link types of an element, in lower case (HTML Standard, "rel")."""
    written = attributes.get("rel")
    return written.lower().split() if written else []


def host_of(url: str) -> str:
    """Host and written port of an absolute http(s) URL, without a leading `www.`."""
    authority = url.partition("://")[2].partition("/")[0]
    return authority.rpartition("@")[2].removeprefix("www.")


class _Collected(NamedTuple):
    """The elements of a page that anybody asks for."""

    nodes: Mapping[str, list[LexborNode]]  # by tag (`_KEPT`)
    leading: Sequence[tuple[str, LexborNode]]  # those that lead elsewhere, the first 10,000
    leading_count: int  # of all
    invisible: Sequence[LexborNode]


def _collect(tree: LexborHTMLParser, mentioned: Set[str]) -> _Collected:
    """The elements that anybody asks for, those that lead elsewhere, and what nobody sees; all
    found by one selector, which is faster than to walk the tree from here."""
    nodes: dict[str, list[LexborNode]] = {tag: [] for tag in _KEPT}
    count = 0
    leading: list[tuple[str, LexborNode]] = []
    invisible: list[LexborNode] = []
    rare = [tag for written, tag in _RARE.items() if written in mentioned]
    for node in tree.css(", ".join([*_USUAL, *rare])):
        tag = node.tag or ""
        if tag in _LEADING:
            count += 1
            if count <= _MAX_NODES:
                leading.append((tag, node))
        elif tag in _KEPT:
            nodes[tag].append(node)
        if tag in _INVISIBLE:
            invisible.append(node)
    return _Collected(nodes, leading, count, invisible)


def _leads(nodes: Sequence[tuple[str, LexborNode]]) -> Sequence[Lead]:
    """Distinct ones: a page repeats its menu. Those within the page are none."""
    leads: dict[object, Lead] = {}
    room = _MAX_LEAD_TEXT
    until = thread_time() + _LEAD_TEXTS_S
    for number, (tag, node) in enumerate(nodes):
        if number % _LEADS_AT_A_TIME == 0 and thread_time() > until:
            room = 0
        attributes = node.attributes
        href = attributes.get("href")
        text = ""
        if tag == "a":
            if href and href.startswith("#"):
                continue
            if room > 0:
                text = node.text()
                room -= len(text)  # a link around half the page, again and again
        # Most have nothing but where they lead.
        is_plain = href is not None and len(attributes) == 1
        key = (tag, text, href) if is_plain else (tag, text, *attributes, *attributes.values())
        if key not in leads:
            leads[key] = Lead(tag, attributes, text[:_MAX_LABEL])
    return list(leads.values())


def _actions(references: Sequence[str]) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for reference in references:
        if ":" in reference[:12] and not reference.startswith("http"):
            scheme, _, rest = reference[:_MAX_ACTION].partition(":")
            found[scheme.strip().lower(), rest] = None
    return list(found)


def _base(nodes: Sequence[LexborNode], url: str) -> str:
    for node in nodes:
        if href := node.attributes.get("href"):
            return resolve(url, href) or url
    return url


def _meta(nodes: Sequence[LexborNode]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in nodes[:_MAX_METAS]:
        attributes = node.attributes
        content = squeeze(attributes.get("content"), _MAX_CONTENT)
        if content is None:
            continue
        for attribute in _META_NAMES:
            if name := attributes.get(attribute):
                found.setdefault(name.strip().lower(), []).append(content)
    return found


def _visible_pieces(tree: LexborHTMLParser, invisible: Sequence[LexborNode]) -> str:
    body = tree.body
    if body is None:  # a frameset has none
        return ""
    for node in invisible:
        node.decompose(recursive=False)  # unlinks it; it stays readable
    return readable(body.text(separator=BETWEEN, skip_empty=True)[: 2 * MAX_TEXT])
