"""How likely a link leads to a page that says who a company is: the rules of `relevance.toml`."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote

FOOTER = 10  # a link in the footer of a page: where the legal pages are, whatever they are called
_RULES = Path(__file__).with_name("relevance.toml")
_MAX_NAMES = 20  # segments of a path, or values of a query
_LONGEST = 60  # characters of a segment or a link text that may be a name
_WORD_ENDS = re.compile(r"[\W_]+")
_DOTLESS_I = "\N{LATIN SMALL LETTER DOTLESS I}"  # has no decomposition
_EXTENSION = re.compile(r"\.(?:x?html?|php\d?|aspx?|jsp|cfm|do|cgi)$")


@dataclass(frozen=True, slots=True)
class _Rules:
    words: Mapping[str, int]  # name -> score
    parts: Mapping[str, int]  # text within a name -> score


def of_url(url: str) -> int:
    """From 0 (nothing is known) to 100, by the path and query of an absolute URL."""
    path = url.split("/", 3)[-1] if url.count("/") > 2 else ""
    return _of_path(path) if path else 0


@lru_cache(maxsize=4_096)  # a menu is on every page of a site
def _of_path(path: str) -> int:
    """Its best segment, or value of its query; one that is deeper says a little less."""
    path, _, query = path.partition("?")
    names = [name for name in path.split("/", _MAX_NAMES)[:_MAX_NAMES] if name]
    pairs = query.split("&", _MAX_NAMES)[:_MAX_NAMES] if query else []
    values = [pair.partition("=")[2] for pair in pairs]
    found = [of_text(_EXTENSION.sub("", name.lower())) - depth for depth, name in enumerate(names)]
    found += [of_text(value) - len(names) for value in values]
    return max(0, *found) if found else 0


@lru_cache(maxsize=4_096)
def of_text(name: str) -> int:
    """The same by the text of a link, or by a name in its path."""
    if len(name) > 3 * _LONGEST:
        return 0
    plain = _plain(name)
    if not plain or len(plain) > _LONGEST:
        return 0
    rules = _rules()
    if known := rules.words.get(plain):
        return known
    if plain.isascii():
        return 0
    return max((points for part, points in rules.parts.items() if part in plain), default=0)


def _plain(name: str) -> str:
    """In lower case, without accents, words separated by single spaces."""
    if "%" in name:
        name = unquote(name)
    if not name.isascii():
        letters = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
        kept = (letter for letter in letters if not unicodedata.combining(letter))
        # Put together again what was no accent: the syllables of Hangul.
        name = unicodedata.normalize("NFC", "".join(kept))
    return " ".join(_WORD_ENDS.split(name.lower().replace(_DOTLESS_I, "i"))).strip()


@cache
def _rules() -> _Rules:
    words: dict[str, int] = {}
    parts: dict[str, int] = {}
    for kind in tomllib.loads(_RULES.read_text("utf-8"))["kind"]:
        for word in kind["words"]:
            words.setdefault(_plain(word), kind["score"])
        for part in kind["parts"]:
            parts.setdefault(_plain(part), kind["score"])
    return _Rules(words, parts)
