"""Refuses pages that are built to be slow to parse, in a look that is itself quick.

The time that a parser needs grows with the square of two things: elements inside each other, as
each tag looks through those that are open (HTML Standard, "has an element in scope"), and
attributes of one tag, as each is compared with those before it. Browsers cut a tree off at 512
levels.
"""

import re
from collections import Counter
from itertools import accumulate, islice

from skybatch.errors import TooComplex

_MAX_DEPTH = 3_000  # twice as deep takes four times as long: 0.1 s at 5,000
_MAX_TAGS = 120_000  # the largest page of Python's documentation has 98,000

_MAX_ATTRIBUTES = 2_000

_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9-]*)")
# Drawings and formulas (HTML Standard, "foreign elements"), and the tags in them.
_FOREIGN = re.compile(r"<(svg|math)\b", re.IGNORECASE)
_DRAWN = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^<>]*?(/?)(?=[<>]|$)")
_MAX_DRAWINGS = 3_000
_PAGE = re.compile(r"<(?:html|body)\b([^<>]*)", re.IGNORECASE)
_FEW_PAGES = 2
_LONG = 50_000  # characters: a tenth of what so many attributes take to be slow
_PIECE = 2_000  # characters; two thousand attributes take twice as many
_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{_PIECE}}}[^<>]*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
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
    """The page up to as many tags as a tree of it fits into memory."""
    if html.count("<") <= _MAX_TAGS:
        return html
    last = next(islice(re.finditer("<", html), _MAX_TAGS, None))
    return html[: last.start()]


def check(html: str) -> None:
    """Raises TooComplex. What it lets through may still be slow: it is a sieve, no wall."""
    if (tags := html.count("<")) > _MAX_DEPTH:  # most pages have fewer
        _check_depth(html, tags)
    if (attributes := _attributes_of_page(html)) > _MAX_ATTRIBUTES:
        raise TooComplex(f"<html> and <body> are given about {attributes:,} attributes")
    if _has_long_piece(html) and (attributes := _attributes(html)) > _MAX_ATTRIBUTES:
        raise TooComplex(f"one tag has about {attributes:,} attributes")


def _check_depth(html: str, tags: int) -> None:
    if tags - html.count("</") > _MAX_DEPTH and (depth := _depth(html)) > _MAX_DEPTH:
        raise TooComplex(f"about {depth:,} elements are inside each other")
    if (depth := _foreign_depth(html)) > _MAX_DEPTH:
        raise TooComplex(f"about {depth:,} elements of a drawing are inside each other")


def _attributes_of_page(html: str) -> int:
    """About how many attributes <html> and <body> have: those of each further tag are added to the
    first (HTML Standard, "in body")."""
    tags = _PAGE.findall(html) if len(html) > _LONG else ()
    return sum(len(rest.split()) for rest in tags) if len(tags) > _FEW_PAGES else 0


def _foreign_depth(html: str) -> int:
    """The most elements that can be open at a time in a drawing or a formula, where those that are
    shallow in HTML are not."""
    deepest = 0
    for found in islice(_FOREIGN.finditer(html), _MAX_DRAWINGS):
        end = html.find(f"</{found[1]}", found.end())
        start, end = found.end(), len(html) if end < 0 else end
        if html.count("<", start, end) > _MAX_DEPTH:
            deepest = max(deepest, _depth_by_name(html[start:end]))
    return deepest


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


def _has_long_piece(html: str) -> bool:
    """Whether so much stands between two `>` as a tag of many attributes needs."""
    return any(
        html.find(">", start, start + _PIECE) < 0 for start in range(0, len(html) - _PIECE, _PIECE)
    )


def _attributes(html: str) -> int:
    """About how many attributes the first long tag has."""
    tag = _LONG_TAG.search(html)
    return len(_QUOTED.sub("", tag[0]).split()) if tag else 0


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
