"""Refuses pages that are built to be slow to parse, in a look that is itself quick.

The time that a parser needs grows with the square of two things: elements inside each other, as
each tag looks through those that are open (HTML Standard, "has an element in scope"), and
attributes of one tag, as each is compared with those before it. Browsers cut a tree off at 512
levels.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice

from skybatch.errors import TooComplex
from skybatch.extract.sightings import Sought
from skybatch.extract.source import Source

_MAX_DEPTH = 3_000  # twice as deep takes four times as long: 0.1 s at 5,000
_MAX_TAGS = 100_000  # the largest page of Python's documentation has 98,000
_MAX_LINKS = 50_000  # 17,000

_MAX_COMPARISONS = 20_000_000  # of attributes with those before them: 0.1 s
_SHORTEST = 3  # characters of an attribute, with what stands before it

_LINK = re.compile(r"<a\b", re.IGNORECASE)
_ANY = re.compile("<")
_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9-]*)")
# Drawings and formulas (HTML Standard, "foreign elements"), and the tags in them.
_FOREIGN = re.compile(r"<(/?)(svg|math)\b", re.IGNORECASE)
_DRAWN = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^<>]*?(/?)(?=[<>]|$)")
_BODY = re.compile(r"<(?:html|body)\b[^>]*", re.IGNORECASE)
_BODIES = Sought(("<html", "<body"))
_FEW_BODIES = 2
_VALUE = re.compile(r"=\s*(?:\"[^\"]*\"|'[^']*')|/")
# Elements that hold nothing or only text, that the next one of their kind closes, or, in SVG, that
# close themselves.
_NAMES = """
    area base br col embed hr img input link meta param source track wbr
    iframe noembed noframes plaintext script style textarea title xmp
    animate animatetransform circle ellipse image line path polygon polyline rect stop use
    a body button dd dt head html li nobr optgroup option p rp rt select tbody td tfoot th thead tr
"""
_SHALLOW = frozenset(_NAMES.split())


def trim(html: str) -> str:
    """The page up to as many tags as a tree of it fits into memory, and as many links as it takes
    half the time of a page to look at."""
    if len(html) <= min(_MAX_TAGS, 2 * _MAX_LINKS):  # most pages have not so many characters
        return html
    if html.count("<a") + html.count("<A") > _MAX_LINKS:
        html = _before(html, _LINK, _MAX_LINKS)
    return _before(html, _ANY, _MAX_TAGS)


def _before(html: str, tag: re.Pattern[str], number: int) -> str:
    """What stands before one more than so many tags."""
    last = next(islice(tag.finditer(html), number, None), None)
    return html[: last.start()] if last else html


def check(source: Source) -> None:
    """Raises TooComplex. What it lets through may still be slow: it is a sieve, no wall."""
    html, lowered = source.html, source.lowered
    if (tags := html.count("<")) > _MAX_DEPTH:  # most pages have fewer
        _check_depth(html, tags)
    longest = _SHORTEST**2 * _MAX_COMPARISONS // (2 * len(html) + 1)
    if longest >= len(html):
        return
    if (times := _comparisons(html, lowered, longest)) > _MAX_COMPARISONS:
        raise TooComplex(f"its tags have so many attributes that {times:,} pairs are compared")


def _check_depth(html: str, tags: int) -> None:
    if tags - html.count("</") > _MAX_DEPTH and (depth := _depth(html)) > _MAX_DEPTH:
        raise TooComplex(f"about {depth:,} elements are inside each other")
    if (depth := _foreign_depth(html)) > _MAX_DEPTH:
        raise TooComplex(f"about {depth:,} elements of a drawing are inside each other")


def _foreign_depth(html: str) -> int:
    """The most elements that can be open at a time in a drawing or a formula, where those that are
    shallow in HTML are not."""
    return max(
        (
            _depth_by_name(html[start:end])
            for start, end in _drawings(html)
            if html.count("<", start, end) > _MAX_DEPTH
        ),
        default=0,
    )


def _drawings(html: str) -> Iterator[tuple[int, int]]:
    """Where drawings and formulas begin and end, each up to the first end tag of its kind."""
    start, kind = -1, ""
    for found in _FOREIGN.finditer(html):
        closes, name = found[1], found[2].lower()
        if start < 0 and not closes:
            start, kind = found.end(), name
        elif start >= 0 and closes and name == kind:
            yield start, found.start()
            start = -1
    if start >= 0:
        yield start, len(html)


def _depth_by_name(part: str) -> int:
    """As `_depth`, of elements that only their own end tags close."""
    open_ones: Counter[str] = Counter()
    depth = deepest = 0
    for closes, name, closed in _DRAWN.findall(part):
        if not closes and not closed:
            open_ones[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif closes and open_ones[name]:
            open_ones[name] -= 1
            depth -= 1
    return deepest


def _comparisons(html: str, lowered: bytes, longest: int) -> int:
    """About how often an attribute is compared with one before it, in tags that have more than
    `longest` characters: shorter ones take as long as they may, at most."""
    # What each further <html> or <body> has is added to the first (HTML Standard, "in body").
    times = 0
    if _BODIES.count(lowered) > _FEW_BODIES:
        bodies = _BODY.findall(html)
        times = _pairs("".join(bodies)) if len(bodies) > _FEW_BODIES else 0
    if _has_long_piece(html, longest):
        times += sum(map(_pairs, re.findall(rf"<[a-zA-Z][^>]{{{longest},}}", html)))
    return times


def _has_long_piece(html: str, longest: int) -> bool:
    """Whether a tag can be so long: whether so much stands somewhere without a `>`."""
    return any(
        html.find(">", start, start + longest) < 0
        for start in range(0, len(html) - longest, longest)
    )


def _pairs(tag: str) -> int:
    """Each of its attributes with each that has another name."""
    attributes = _VALUE.sub(" ", tag).split()
    return len(attributes) * len(set(attributes))


class _Steps(dict[str, int]):
    """By how many levels a tag, as written, leads down; worked out once for each spelling."""

    def __missing__(self, tag: str) -> int:
        is_shallow = tag.removeprefix("/").lower() in _SHALLOW
        step = self[tag] = 0 if is_shallow else -1 if tag.startswith("/") else 1
        return step


def _depth(html: str) -> int:
    """The most elements that can be open at a time, as far as tags alone tell."""
    steps = map(_Steps().__getitem__, _TAG.findall(html))
    levels: list[int] = list(accumulate(steps, initial=0))
    return max(map(int.__sub__, levels, accumulate(levels, min)))
