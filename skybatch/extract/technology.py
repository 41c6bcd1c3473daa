"""Which products a page shows to be in use, by the rules of `technologies.toml`."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skybatch.errors import suggest
from skybatch.extract.document import COMMENT, Document
from skybatch.model.facts import Technology

_RULES = Path(__file__).with_name("technologies.toml")

# The surest first.
_CHANNELS = ("generator", "headers", "cookies", "comments", "assets", "inline", "markup")
_COOKIE = "Cookie: "
_WORDS = ("name", "category", "source", "version")
_MAX_EVIDENCE = 200
_MAX_CHARACTERS = 100_000  # of one channel
_MAX_COMMENTS = 100
_MAX_COMMENT = 300


@dataclass(frozen=True, slots=True)
class Rule:
    """How one product is recognised."""

    name: str
    category: str
    source: str  # the vendor's documentation of what is looked for
    marks: Mapping[str, tuple[str, ...]]  # channel -> lower-case texts, any of which shows it
    version: re.Pattern[str] | None  # searched in the evidence; group 1


def find(
    document: Document, signs: Sequence[str] = (), own: Sequence[Rule] = ()
) -> tuple[Technology, ...]:
    """The products in use, in the order of the rules; `signs` are those of the answer's headers.

    `own` rules take the place of built-in ones of the same name.
    """
    channels = _channels(document, signs)
    replaced = {rule.name for rule in own}
    known = (rule for rule in rules() if rule.name not in replaced) if own else rules()
    found = (_apply(rule, channels) for rule in (*known, *own))
    return tuple(technology for technology in found if technology)


@cache
def rules() -> tuple[Rule, ...]:
    """The built-in rules, read once."""
    return read_rules(_RULES.read_text("utf-8"))


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a TOML document. Raises ValueError with everything that is wrong."""
    try:
        tables = tomllib.loads(text).get("technology", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the rules are no TOML document: {error}") from None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("the rules must be tables [[technology]]")
    faults = [
        f"rule {number} ({table.get('name', 'without a name')}): {fault}"
        for number, table in enumerate(tables, 1)
        for fault in _faults(table)
    ]
    if faults:
        raise ValueError("\n".join(faults))
    return tuple(
        Rule(
            name=table["name"],
            category=table.get("category", "Other"),
            source=table.get("source", ""),
            marks={
                name: tuple(mark.lower() for mark in table[name])
                for name in _CHANNELS
                if name in table
            },
            version=_compiled(table["version"]) if "version" in table else None,
        )
        for table in tables
    )


def _faults(table: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with a rule as it is written."""
    if "name" not in table:
        yield "it needs a name"
    if not any(table.get(name) for name in _CHANNELS):
        yield f"it needs one of {', '.join(_CHANNELS)}"
    for key, value in table.items():
        is_list = isinstance(value, list) and all(isinstance(mark, str) and mark for mark in value)
        if key not in (*_WORDS, *_CHANNELS):
            yield f"there is no {key!r}{suggest(key, (*_WORDS, *_CHANNELS))}"
        elif key in _CHANNELS and not is_list:
            yield f"{key} must be a list of texts"
        elif key in _WORDS and not (isinstance(value, str) and value):
            yield f"{key} must be a text"
        elif key == "version":
            yield from _faults_of_version(str(value))


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _faults_of_version(pattern: str) -> Iterator[str]:
    try:
        if _compiled(pattern).groups != 1:
            yield "version must have one group"
    except re.error as error:
        yield f"version is no regular expression: {error}"


def _apply(rule: Rule, channels: Mapping[str, tuple[str, str]]) -> Technology | None:
    """What the rule finds; the first evidence, or the first that tells the version."""
    first: Technology | None = None
    for evidence in _evidence(rule, channels):
        version = rule.version.search(evidence) if rule.version else None
        if version:
            return Technology(rule.name, rule.category, evidence, version.group(1))
        first = first or Technology(rule.name, rule.category, evidence)
        if rule.version is None:
            break
    return first


def _evidence(rule: Rule, channels: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """The lines in which a mark of the rule stands, one for each mark."""
    for channel, marks in rule.marks.items():
        text, lowered = channels[channel]
        for mark in marks:
            position = lowered.find(mark)
            if position >= 0:
                yield _line(text, position)


def _line(text: str, position: int) -> str:
    start = max(text.rfind("\n", 0, position) + 1, position - _MAX_EVIDENCE // 2)
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return text[start : min(end, start + _MAX_EVIDENCE)].strip()


def _channels(document: Document, signs: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What the rules are applied to, by channel: one entry a line, as written and lower-case."""
    entries = {
        "generator": document.meta.get("generator", ()),
        "headers": [line for line in signs if not line.startswith(_COOKIE)],
        "cookies": [line for line in signs if line.startswith(_COOKIE)],
        "comments": _comments(document),
        "assets": _assets(document),
        "inline": _inline(document),
        "markup": (document.html,),
    }
    channels = {}
    for name, lines in entries.items():
        text = _joined(lines)
        lowered = text.lower()
        # A few letters change their length; then evidence is quoted in lower case.
        channels[name] = (text if len(text) == len(lowered) else lowered, lowered)
    return channels


def _joined(lines: Iterable[str]) -> str:
    kept: list[str] = []
    left = _MAX_CHARACTERS
    for line in lines:
        if left <= 0:
            break
        kept.append(line[:left])
        left -= len(line) + 1
    return "\n".join(kept)


def _comments(document: Document) -> Iterator[str]:
    for node in document.nodes[COMMENT][:_MAX_COMMENTS]:
        yield (node.comment_content or "")[:_MAX_COMMENT]


def _assets(document: Document) -> Iterator[str]:
    """URLs of scripts, style sheets and frames; pictures are too often those of others."""
    for node in document.nodes["script"]:
        if source := node.attributes.get("src"):
            yield source
    for tag, attributes, _ in document.leads:
        if tag in ("link", "iframe") and (url := attributes.get("href") or attributes.get("src")):
            yield url


def _inline(document: Document) -> Iterator[str]:
    for node in document.nodes["script"]:
        attributes = node.attributes
        if not attributes.get("src") and "json" not in (attributes.get("type") or ""):
            yield node.text()
