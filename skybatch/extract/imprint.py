"""Who runs a site, from its text: the line that ends in a legal form, and the address below it.

Laws ask for it, in an imprint or in a footer: § 5 DDG (Germany), article 10 LSSI (Spain), article
6 LCEN (France), and what others made of Directive 2000/31/EC, article 5.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from skybatch.extract.address import address_in
from skybatch.extract.document import Document, host_of
from skybatch.model.facts import Organization, Place

_TABLE = Path(__file__).with_name("legal_forms.toml")
_HEAD, _TAIL = 20_000, 10_000  # characters
_MAX_NAMED = 30  # lines that are weighed
_MAX_LINE = 250  # characters; what is longer is prose
_NAME_LENGTH = range(4, 91)
_MAX_WORDS = 9
_NEEDED = 2  # points
_BELOW = 5  # lines in which an address is looked for

_BEFORE = re.compile(
    r"[:\uff1a|\u00b7\u2022\u2013\u2014\u00a9;\"\u201e]|\(c\)|\b(?:19|20)\d\d\b|\b(?:copyright|by|von)\b",
    re.IGNORECASE,
)
_ENDS_OF_WORDS = ("", ".", ",", ".,", ";", ":", ")", ".)", ".:", "|")
_WORD = re.compile(r"\w{4,}")
_LATIN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "a", "æ": "ae", "ł": "l"}
_ACCENTS = str.maketrans(_LATIN)


class _Forms(NamedTuple):
    """The table of legal forms."""

    ending: re.Pattern[str]
    name: re.Pattern[str]
    label: re.Pattern[str]
    other: re.Pattern[str]
    words: frozenset[str]  # one of which, as written, a line with an ending has
    parts: tuple[str, ...]  # one of which another line with a name has


@dataclass(frozen=True, slots=True)
class _Named:
    """A line that names a company."""

    name: str
    points: int
    below: Sequence[str]  # the rest of the line, and the next ones


def find(document: Document) -> Organization | None:
    """The company that runs the site, as the page shows at its beginning or at its end."""
    return organization_of(document.outer_lines(_HEAD, _TAIL), host_of(document.base))


def organization_of(lines: Sequence[Sequence[str]], host: str) -> Organization | None:
    """The company that the text shows to run the site at `host`, with its postal address.

    `lines`: their words.
    """
    named = islice(_named(lines, host), _MAX_NAMED)
    best = max(named, key=lambda each: each.points, default=None)
    if best is None or best.points < _NEEDED:
        return None
    return Organization(best.name, best.name, address_in(best.below), Place.TEXT)


def _named(lines: Sequence[Sequence[str]], host: str) -> Iterator[_Named]:
    forms = _forms()
    for number, words in enumerate(lines):
        if forms.words.isdisjoint(words) and not _has_part(forms, words):
            continue
        if len(line := " ".join(words)) > _MAX_LINE:
            continue
        start, end = _span(forms, line)
        name = line[start:end].strip(" ,-")
        if not _is_name(name):
            continue
        above = lines[max(0, number - 1) : number]
        before = (line[:start].strip(" .") or " ".join(chain(*above))).lower()
        below = (line[end:].lstrip(" ,;"), *map(" ".join, lines[number + 1 : number + _BELOW]))
        points = (
            2 * bool(forms.label.search(before))
            + ("\u00a9" in before or "(c)" in before)
            + 2 * bool(address_in(below))
            + 3 * _is_of(name, host)
            - 4 * bool(forms.other.search(before))
        )
        yield _Named(name, points, below)


def _has_part(forms: _Forms, words: Sequence[str]) -> bool:
    line = " ".join(words)
    return not line.isascii() and any(part in line for part in forms.parts)


def _span(forms: _Forms, line: str) -> tuple[int, int]:
    """Where a name with a legal form begins and ends; 0, 0 if there is none."""
    if found := forms.name.search(line):
        return found.span()
    found = forms.ending.search(line)
    if found is None:
        return 0, 0
    starts = [each.end() for each in _BEFORE.finditer(line, 0, found.start())]
    return max(starts, default=0), found.end()


def _is_name(name: str) -> bool:
    if len(name) not in _NAME_LENGTH or len(name.split()) > _MAX_WORDS:
        return False
    return name[0].isupper() or name[0].isdigit() or not name[0].isascii()


def _is_of(name: str, host: str) -> bool:
    """Whether a word of the name is in the name of the host."""
    site = host.replace("-", "")
    return any(word.translate(_ACCENTS) in site for word in _WORD.findall(name.lower()))


@cache
def _forms() -> _Forms:
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    partners = "(?: di [^,;(|\u2013\u2014]{3,40})?"  # Italian: of whom a partnership is
    return _Forms(
        ending=re.compile(rf"(?<=[\w.,\u00bb\")] )(?:{_any(table['endings'])})(?![\w&]){partners}"),
        name=re.compile(_any(table["names"])),
        label=re.compile(_any(table["labels"])),
        other=re.compile(_any(table["others"])),
        words=frozenset(
            f"{word}{end}" for word in table["words"].split() for end in _ENDS_OF_WORDS
        ),
        parts=tuple(table["parts"].split()),
    )


def _any(expressions: Iterable[str]) -> str:
    """One of them; their spaces may be missing, but not the one within a class."""
    return "|".join(re.sub(r" (?![?\]])", " ?", each) for each in expressions)
