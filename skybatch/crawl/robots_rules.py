"""What a robots.txt says to us: RFC 9309, with the leniency of Google's parser."""

import asyncio
import math
import re
from collections.abc import Iterator
from typing import Self
from urllib.parse import quote, unquote_to_bytes

from skybatch.crawl.robots_index import Index, Rule
from skybatch.crawl.url import split

TOKEN = "skybatch"  # noqa: S105 - the name that robots.txt files call us, RFC 9309, section 2.2.1
PATH = "/robots.txt"
_MAX_DELAY_S = 60.0  # a site that wants more would never come to its end
_AT_ONCE = 500  # lines: two milliseconds
_LINE = re.compile(r"[^\r\n]+")
_RECORD = re.compile(r"\s*([a-z-]+(?: agent)?)\s*(?::|\s)\s*(.*)", re.IGNORECASE)
_PRODUCT = re.compile(r"[A-Za-z_-]+")
_AGENT = frozenset({"user-agent", "useragent", "user agent"})
_DISALLOW = frozenset({"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"})
_DELAY = frozenset({"crawl-delay", "crawldelay"})
_SITEMAP = frozenset({"sitemap", "site-map"})
_MAX_SITEMAPS = 20
_RAW = "surrogateescape"  # how a byte that is no UTF-8 is kept
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_MAY_DIFFER = re.compile(r"[^A-Za-z0-9/?&=:;,@!'()+~\[\]|._-]")


class Rules:
    """What one robots.txt lets us do."""

    def __init__(self, text: str = "") -> None:
        file = _File()
        for _ in _reading(file, text):
            continue
        self._take(file)

    @classmethod
    async def patiently(cls, text: str) -> Self:
        """As `Rules(text)`, a few lines in a turn of the loop: a file may have 250,000 of them."""
        rules, file = cls(), _File()
        for count, _ in enumerate(_reading(file, text)):
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)
        rules._take(file)
        return rules

    def _take(self, file: "_File") -> None:
        ours = file.ours
        self._index = ours.rules
        self.delay_s = ours.delay_s
        self.sitemaps = tuple(file.sitemaps)  # as written, of whoever they were meant for

    def effort(self, url: str) -> int:
        """What deciding on a URL may cost; a million is 0.2 ms."""
        return self._index.effort(len(url))

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self._index)

    def allow(self, url: str) -> bool:
        """Whether a URL in WHATWG form may be asked for."""
        return self.forbidden_by(url) is None

    def forbidden_by(self, url: str) -> int | None:
        """The number of the line that forbids a URL; `None` when it may be asked for."""
        if not self._index:
            return None
        parts = split(url)
        if parts.path == PATH:
            return None  # section 2.2.2: always allowed
        path = normal(parts.path or "/") + (f"?{normal(parts.query)}" if "?" in url else "")
        rule = self._index.decides(path)
        return None if rule is None or rule.allows else rule.line


def told(line: int) -> str:
    """The number of a line in words."""
    return f"line {line} of robots.txt"


class _Group:
    """What is said to one crawler, in all groups together that name it (section 2.2.1)."""

    def __init__(self) -> None:
        self.is_named = False
        self.rules = Index()
        self.delay_s = 0.0


class _File:
    """The two groups of a file that may be meant for us, while it is read line by line."""

    def __init__(self) -> None:
        self._to_us, self._to_all = _Group(), _Group()
        self._named: set[_Group] = set()  # by the agent lines in force
        self._is_told = False  # they have been told something: the next one begins a group
        self.sitemaps: list[str] = []  # belong to no group

    @property
    def ours(self) -> _Group:
        """What is said to us by name, or else what is said to all."""
        return self._to_us if self._to_us.is_named else self._to_all

    def agent(self, name: str) -> None:
        if self._is_told:
            self._named, self._is_told = set(), False
        if name.split()[:1] == ["*"]:
            self._named.add(self._to_all)
        elif _is_us(name):
            self._named.add(self._to_us)
            self._to_us.is_named = True

    def rule(self, rule: Rule) -> None:
        self._is_told = True
        for group in self._named if rule.pattern else ():
            group.rules.add(rule)

    def delay(self, seconds: float) -> None:
        # No rule of the RFC, and so it does not end the list of agents (section 2.2.4).
        for group in self._named:
            group.delay_s = seconds


def _reading(file: _File, text: str) -> Iterator[int]:
    """Read line by line; the number of each, as it has been read."""
    for line, key, value in _records(text):
        if key in _AGENT:
            file.agent(value)
        elif key == "allow" or key in _DISALLOW:
            file.rule(Rule(key == "allow", _pattern(value), line))
        elif key in _DELAY:
            file.delay(_seconds(value))
        elif key in _SITEMAP and len(file.sitemaps) < _MAX_SITEMAPS:
            file.sitemaps.append(value)
        yield line


def _is_us(agent: str) -> bool:
    """By the whole product token: neither `sky` nor `skybatchbot` is meant to be us."""
    product = _PRODUCT.match(agent)
    return product is not None and product[0].lower() == TOKEN


def _records(text: str) -> Iterator[tuple[int, str, str]]:
    """Number of each line that is not empty, its key in lower case and its value; empty where it
    has none. Never a list of all: half a million of them would take 30 MB."""
    number, at = 1, 0
    for line in _LINE.finditer(text):
        number += _ends(text, at, line.start())
        at = line.end()
        record = _RECORD.match(line[0].partition("#")[0])
        yield (number, record[1].lower(), record[2].strip()) if record else (number, "", "")


def _ends(text: str, start: int, end: int) -> int:
    """How many lines end there."""
    if end - start < 2:
        return end - start
    pairs = text.count("\r\n", start, end)
    return text.count("\n", start, end) + text.count("\r", start, end) - pairs


def _pattern(value: str) -> str:
    """A pattern in normal form; `admin` is meant to be `/admin`, and none speaks of nothing."""
    if value and not value.startswith(("/", "*")):
        value = f"/{value}"
    anchor = "$" if value.endswith("$") else ""
    pieces = value.removesuffix("$").split("*")
    return "*".join(map(normal, pieces)) + anchor


def normal(text: str) -> str:
    """Each character in one spelling, so that equal ones are equal (section 2.2.2): what need not
    be escaped is not, everything beyond ASCII and the two special characters are."""
    if _MAY_DIFFER.search(text) is None:
        return text
    return quote(_ESCAPE.sub(_unescaped, text), safe="%/?&=:;,@!'()+~[]|", errors=_RAW)


def _unescaped(found: re.Match[str]) -> str:
    byte = unquote_to_bytes(found[0])
    is_plain = byte.isalnum() or byte in b"-._~"
    return byte.decode("ascii") if is_plain else found[0].upper()


def _seconds(value: str) -> float:
    try:
        delay = float(value)
    except ValueError:
        return 0.0
    return min(delay, _MAX_DELAY_S) if 0.0 < delay < math.inf else 0.0
