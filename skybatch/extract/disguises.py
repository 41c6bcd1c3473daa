"""E-mail addresses that are written for people and against programs: `info [at] firma.de`,
`info<b>@</b>firma.de`, `info arroba firma punto es`."""

import html as entities
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice, product

from skybatch.extract.document import BETWEEN, Document
from skybatch.extract.lettering import readable
from skybatch.extract.sightings import Sought

_MAX_SIGNS = 200  # that are looked at on one page
_MAX_BEGINNINGS = 10_000  # of what may be one
_REACH = 300  # characters of source on each side of a sign
_LEFT, _RIGHT = 66, 160  # of text: a local part, and a domain with spelt dots

# What people say for @ and for the dot.
_AT = """
at ät æt arobase arobas arroba chiocciola apenstaartje apestaartje małpa malpa zavináč zavinac
snabel-a snabela krøllalfa alfakrøll kukac собака собачка песик равлик παπάκι παπακι アットマーク
アット 골뱅이 שטרודל כרוכית klammeraffe
"""
_DOT = """
dot punkt point punto ponto punktum kropka tečka tecka точка крапка τελεία τελεια nokta piste prick
נקודה ドット 점 punt
"""
_INITIAL = "a et em"  # only in brackets
_SHORT = frozenset({"at", "ät", "æt", "アット"})  # ordinary words, when no brackets are around them


def _any(words: str) -> str:
    return "|".join(map(re.escape, sorted(words.split(), key=len, reverse=True)))


_OPENING, _CLOSING = "[({<\uff08\uff3b\u3010", "])}>\uff09\uff3d\u3011"
_OPEN, _CLOSE = f"[{re.escape(_OPENING)}]", f"[{re.escape(_CLOSING)}]"
_BARE = [f" {word} " for word in (*_AT.split(), "-at-", "-ät-") if word not in _SHORT]
# (a) alone may be the first point of a list, but not with an address on both sides of it.
_SPELT = re.compile(
    rf"{_OPEN} ?(?:{_any(_AT)}|@) ?{_CLOSE} ?"
    rf"|[(](?:{_any(_INITIAL)})[)]|[\[{{] ?(?:{_any(_INITIAL)}) ?[\]}}] ?"
    rf"|{'|'.join(_BARE)}"
)
_STOP = re.compile(rf" ?{_OPEN} ?(?:{_any(_DOT)}|\.) ?{_CLOSE} ?| -dot- | (?:{_any(_DOT)}) ")
_PICTURED_SIGNS = ('alt="@"', "alt='@'")
_ENTITIES = ("&#64;", "&#064;", "&#x40;", "&#X40;", "&commat;")
# A sign in an element of its own: `info<b> (at) </b>firma.de`.
_WRAPPED_SIGNS = frozenset(
    f"{space}{opening}{word}{closing}{space}"
    for space, word in product(("", " "), ("at", "ät"))
    for opening, closing in (("", ""), *product("([", ")]"))
)
_LONGEST_SIGN = max(map(len, _WRAPPED_SIGNS))
_WRAPPED = re.compile(r">\s*([(\[]? ?(?:at|ät) ?[)\]]?)\s*<", re.IGNORECASE)
_LOCAL = r"(?<![\w@.+-])([a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?)"
# An `@` with a space before it, or a sign that readers are asked to put one for.
_SIGN_BEFORE = re.compile(rf"{_LOCAL}( ?@ | @|[\u2605\u2606\u25cf\u203b#*])$")
_ASKED = 60  # characters behind the domain, in which that is asked
# Ordinary words, when they are not shouted.
_SHOUTED = re.compile(
    r"\b([A-Za-z0-9][A-Za-z0-9._+-]{0,62})\s{1,3}AT\s{1,3}"
    r"((?:[A-Za-z0-9-]{1,60}\s{1,3}DOT\s{1,3}){1,3}[A-Za-z]{2,24})\b"
)
_DOT_SHOUTED = re.compile(r"\s+DOT\s+")
_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
_HIDDEN = re.compile(
    r"<(\w+)\b[^<>]*(?:\shidden[\s>]|display:\s*none|left:\s*-\d{3,}|"
    r"\b(?:d-none|hidden|visually-hidden|sr-only|screen-reader-text)\b)[^<>]*>[^<]*</\1\s*>",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|code|em|font|i|mark|nobr|small|span|strong|tt|u|var|wbr)\b[^<>]*>",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^<>]*>")


def spelt(text: str, encoded: bytes | None = None) -> Iterator[tuple[str, str]]:
    """What stands before and after each sign that a lower-case text spells out, with the dots.

    `encoded`: the text in UTF-8, if it is at hand.
    """
    encoded = text.encode("utf-8", "replace") if encoded is None else encoded
    for start, end in islice(_spelt_signs(text, encoded), _MAX_SIGNS):
        left = text[max(0, start - _LEFT) : start].rstrip(" ")
        yield _STOP.sub(".", left), _STOP.sub(".", text[end : end + _RIGHT])


def shouted(pieces: str) -> Iterator[tuple[str, str]]:
    """As `spelt`, of `info AT acme DOT com` in a text as written."""
    if "AT" in pieces and "DOT" in pieces:
        for found in islice(_SHOUTED.finditer(pieces), _MAX_SIGNS):
            yield found[1].lower(), _DOT_SHOUTED.sub(".", found[2]).lower()


def at_own_domain(text: str, domain: str) -> Iterator[tuple[str, bool]]:
    """Words before the page's own domain in a lower-case text that may be local parts, and whether
    they surely are: with an `@` between that has spaces around it, which prose has as well, or with
    another sign that readers are asked to replace by one."""
    for position in islice(_positions(text, domain), _MAX_SIGNS):
        found = _SIGN_BEFORE.search(text, max(0, position - _LEFT), position)
        if found and "@" in found[2]:
            yield found[1], False
        elif found and "@" in text[position : position + len(domain) + _ASKED]:
            yield found[1], True


@cache
def _beginnings() -> Sought:
    """How a sign that is spelt out begins."""
    return Sought(
        (
            *_BARE,
            *map("".join, product(_OPENING, ("", " "), (*_AT.split(), "@"))),
            *map("".join, product("(", _INITIAL.split(), ")")),
            *map("".join, product("[{", ("", " "), _INITIAL.split(), "]} ")),
        )
    )


def _spelt_signs(text: str, source: bytes) -> Iterator[tuple[int, int]]:
    before, position = 0, 0  # bytes and characters
    for at in sorted({at for _, at in islice(_beginnings().sightings(source), _MAX_BEGINNINGS)}):
        position += len(source[before:at].decode())
        before = at
        if found := _SPELT.match(text, position):
            yield found.span()


def split_by_tags(document: Document) -> Iterator[tuple[str, str]]:
    """What is seen before and after each sign of a page that tags or entities stand beside."""
    html, pieces = document.html, document.pieces
    # Their lengths first: to hold a text against a set, all of it is read.
    if any(
        len(piece) <= _LONGEST_SIGN and piece in _WRAPPED_SIGNS for piece in pieces.split(BETWEEN)
    ):
        yield from _wrapped(html)
    signs = ("@", *_ENTITIES) if "@" in pieces else ()
    for sign in (*signs, *_PICTURED_SIGNS):
        if sign != "@" and not document.mentions(sign.lower()):
            continue
        for position in islice(_positions(html, sign), _MAX_SIGNS):
            start, end = position, position + len(sign)
            if sign.startswith("alt"):
                start, end = html.rfind("<", 0, start), html.find(">", end) + 1
            elif sign == "@" and not _is_odd(html[position - 1 : position], html[end : end + 1]):
                continue
            left = _beside(html, max(0, start))
            if left.rfind("<") <= left.rfind(">"):  # else it is within a tag
                yield _seen(left), _seen(html[end : end + _REACH])


def _positions(text: str, word: str) -> Iterator[int]:
    position = text.find(word)
    while position >= 0:
        yield position
        position = text.find(word, position + len(word))


def _wrapped(html: str) -> Iterator[tuple[str, str]]:
    """Around signs in an element of their own."""
    for found in islice(_WRAPPED.finditer(html), _MAX_SIGNS):
        if found[1].strip().isalpha() and not _is_within_a_word(html, found):
            continue
        left = _seen(_beside(html, found.start() + 1)).rstrip(" ")
        right = _seen(html[found.end() - 1 : found.end() + _REACH]).lstrip(" ")
        yield _STOP.sub(".", left), _STOP.sub(".", right)


def _is_within_a_word(html: str, sign: re.Match[str]) -> bool:
    """Whether nothing stands between the element of a sign and what is beside it: in prose there
    are spaces."""
    start, end = html.rfind("<", 0, sign.start()), html.find(">", sign.end()) + 1
    return not html[start - 1 : start].isspace() and not html[end : end + 1].isspace()


def _beside(html: str, end: int) -> str:
    """The source before a sign, not from the middle of a tag."""
    left = html[max(0, end - _REACH) : end]
    return left[left.find(">") + 1 :] if len(left) == _REACH and ">" in left else left


def _is_odd(before: str, after: str) -> bool:
    """Whether tags or entities may stand between a sign and its address."""
    return (before in ">;" or after in "<&") and before not in " \n\"'" and after not in " \n\"'"


def _seen(source: str) -> str:
    """The text that a piece of source shows, in lower case."""
    text = _TAGS.sub(" ", _INLINE.sub("", _HIDDEN.sub("", _COMMENTS.sub("", source))))
    return readable(entities.unescape(text.partition("<")[0])).lower()
