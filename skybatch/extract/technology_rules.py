"""The rules by which products are recognised: `technologies.toml`, and those of users."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skybatch.errors import suggest
from skybatch.extract.sightings import Sought

RULES = Path(__file__).with_name("technologies.toml")

# Where marks are looked for, the surest first.
CHANNELS = ("generator", "headers", "cookies", "comments", "assets", "inline", "markup")
_WORDS = ("name", "category", "source", "version")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one product is recognised."""

    name: str
    category: str
    source: str  # the vendor's documentation of what is looked for
    marks: Mapping[str, tuple[str, ...]]  # channel -> lower-case texts, any of which shows it
    version: str | None  # what is searched in the evidence, in whatever case; group 1

    def version_in(self, evidence: str) -> str | None:
        """The version that a line tells. Few rules ever get so far: to make all their expressions
        ready takes a tenth of the start of a process."""
        found = re.search(self.version, evidence, re.IGNORECASE) if self.version else None
        return found[1] if found else None


class Rulebook:
    """Rules made ready: what all of them look for in a channel is found in one pass."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._sought = {
            channel: Sought(mark for rule in rules for mark in rule.marks.get(channel, ()))
            for channel in CHANNELS
        }
        self._having: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for channel, marks in rule.marks.items():
                for mark in marks:
                    self._having[channel, mark].append(number)

    def marks_in(self, channel: str, source: bytes) -> Mapping[str, int]:
        """The marks that stand in what a channel has, in lower case, and at which byte first."""
        found: dict[str, int] = {}
        for mark, position in self._sought[channel].sightings(source):
            found.setdefault(mark, position)
        return found

    def having(self, channel: str, mark: str) -> Sequence[int]:
        """The numbers of the rules that look for a mark in a channel."""
        return self._having.get((channel, mark), ())


@cache
def built_in() -> Rulebook:
    """The rules that come with skybatch, read once."""
    return Rulebook(_sound(RULES.read_text("utf-8")))  # a test looks for faults in them


def with_own(own: Sequence[Rule]) -> Rulebook:
    """The built-in rules and a user's own, which take the place of those of the same name."""
    replaced = {rule.name for rule in own}
    kept = (rule for rule in built_in().rules if rule.name not in replaced)
    return Rulebook((*kept, *own))


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
    return _sound(text)


def _sound(text: str) -> tuple[Rule, ...]:
    """The rules of a document without faults."""
    return tuple(
        Rule(
            name=table["name"],
            category=table.get("category", "Other"),
            source=table.get("source", ""),
            marks={name: tuple(map(_lowered, table[name])) for name in CHANNELS if name in table},
            version=table.get("version"),
        )
        for table in tomllib.loads(text).get("technology", [])
    )


def _faults(table: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with a rule as it is written."""
    if "name" not in table:
        yield "it needs a name"
    if not any(table.get(name) for name in CHANNELS):
        yield f"it needs one of {', '.join(CHANNELS)}"
    for key, value in table.items():
        is_list = isinstance(value, list) and all(isinstance(mark, str) and mark for mark in value)
        if key not in (*_WORDS, *CHANNELS):
            yield f"there is no {key!r}{suggest(key, (*_WORDS, *CHANNELS))}"
        elif key in CHANNELS and not is_list:
            yield f"{key} must be a list of texts"
        elif key in _WORDS and not (isinstance(value, str) and value):
            yield f"{key} must be a text"
        elif key == "version":
            yield from _faults_of_version(str(value))


def _lowered(mark: str) -> str:
    """With the letters of ASCII in lower case, as the bytes of a page have them."""
    return mark.encode().lower().decode()


def _faults_of_version(pattern: str) -> Iterator[str]:
    try:
        if re.compile(pattern, re.IGNORECASE).groups != 1:
            yield "version must have one group"
    except re.error as error:
        yield f"version is no regular expression: {error}"
