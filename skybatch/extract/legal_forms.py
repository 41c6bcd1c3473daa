"""The names of companies: how they end and begin, and which words in them tell one from another."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

_TABLE = Path(__file__).with_name("legal_forms.toml")
_NAME_LENGTH = range(4, 91)
_MAX_WORDS = 9
# What a name does not reach over to the left.
_BEFORE = re.compile(
    r"[:\uff1a|\u00b7\u2022\u2013\u2014\u00a9;\"\u201e]|\(c\)|\b(?:19|20)\d\d\b|\b(?:copyright|by|von|par)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_ENDS_OF_WORDS = ("", ".", ",", ".,", ";", ":", ")", ".)", "),", ".:", "|")
_PLAIN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l", "\u0131": "i"}
_LETTERS = str.maketrans(_PLAIN)


class _Forms(NamedTuple):
    """The table."""

    endings: re.Pattern[str]
    names: re.Pattern[str]
    words: frozenset[str]  # one of which, as written, a line with an ending has
    parts: tuple[str, ...]  # one of which another line with a name has
    labels: re.Pattern[str]
    others: re.Pattern[str]
    well_known: frozenset[str]
    common: frozenset[str]
    connectors: frozenset[str]


def lines_with_names(lines: Sequence[Sequence[str]]) -> list[int]:
    """The numbers of the lines that are worth a look, by their words: nearly all are not."""
    is_none = forms().words.isdisjoint
    numbers = [number for number, words in enumerate(lines) if not is_none(words)]
    text = "\n".join(map(" ".join, lines))
    if any(part in text for part in forms().parts):
        numbers += [number for number, words in enumerate(lines) if _has_part(words)]
    return sorted(set(numbers))


def _has_part(words: Sequence[str]) -> bool:
    line = " ".join(words)
    return any(part in line for part in forms().parts)


def name_in(line: str) -> tuple[int, int] | None:
    """Where the first name with a legal form stands in a line."""
    if found := forms().names.search(line):
        return found.span()
    for found in forms().endings.finditer(line):
        starts = [each.end() for each in _BEFORE.finditer(line, 0, found.start())]
        start = max(starts, default=0)
        start += len(line[start : found.start()]) - len(line[start : found.start()].lstrip(" ,-."))
        if found.end() - start in _NAME_LENGTH and _is_name(line[start : found.start()]):
            return start, found.end()
    return None


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case and plain letters, without legal forms."""
    return _WORD.findall(folded(forms().endings.sub(" ", name)))


@lru_cache(maxsize=1_024)  # every page of a site names the same company
def distinctive(name: str) -> tuple[str, ...]:
    """Those that tell it from others: not what many names have."""
    return tuple(word for word in words_of(name) if word not in forms().common)


def folded(text: str) -> str:
    """In lower case, without accents."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _is_name(name: str) -> bool:
    """Whether what stands before a legal form can be a name, and not a sentence that one ends."""
    words = name.split()
    if not 0 < len(words) <= _MAX_WORDS:
        return False
    first, *rest = words
    if not (first[0].isupper() or first[0].isdigit() or not first[0].isascii()):
        return False
    return all(not word.islower() or word in forms().connectors for word in rest)


@cache
def forms() -> _Forms:
    """The table, read once."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    words = table["words"].split()
    partners = "(?: di [^,;(|\u2013\u2014]{3,40})?"  # Italian: of whom a partnership is
    return _Forms(
        endings=re.compile(
            rf"(?<=[\w.,\u00bb\")] )(?:(?i:{_any(table['endings'])})(?![\w&]){partners}"
            rf"|(?:{_any(table['short'])})(?=\s*(?:$|[.,;:|()\u2013\u2014-])))"
        ),
        names=re.compile(_any(table["names"])),
        words=frozenset(
            f"{form}{end}"
            for word in words
            for form in (word, word.upper())
            for end in _ENDS_OF_WORDS
        ),
        parts=tuple(table["parts"].split()),
        labels=re.compile(_any(table["labels"])),
        others=re.compile(_any(table["others"])),
        well_known=frozenset(table["well_known"].split()),
        common=frozenset(folded(table["common"]).split()),
        connectors=frozenset(table["connectors"].split()),
    )


def _any(expressions: Iterable[str]) -> str:
    """One of them; their spaces may be missing, but not the one within a class."""
    return "|".join(re.sub(r" (?![?\]])", " ?", each) for each in expressions)
