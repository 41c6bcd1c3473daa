"""Reads `docs/state_machine.md`: its drawings and its tables."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "state_machine.md"
OUTSIDE = "[*]"  # where everything begins, and ends for good

_ARROW = re.compile(r"^ +(\S+) --> (\S+)$", re.MULTILINE)
_WORD = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Row:
    """A line of a table of changes."""

    before: str
    after: str
    who: tuple[str, ...]
    events: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """What the document says under one heading."""

    text: str

    @property
    def arrows(self) -> set[tuple[str, str]]:
        return set(_ARROW.findall(self.text))

    @property
    def changes(self) -> set[tuple[str, str]]:
        """The arrows from state to state."""
        return {arrow for arrow in self.arrows if OUTSIDE not in arrow}

    @property
    def states(self) -> set[str]:
        return {state for arrow in self.arrows for state in arrow} - {OUTSIDE}

    @property
    def final(self) -> set[str]:
        return {before for before, after in self.arrows if after == OUTSIDE}

    @property
    def rows(self) -> list[Row]:
        table = [line.split("|")[1:-1] for line in self.text.splitlines() if line.startswith("| `")]
        return [
            Row(*words(cells[0] + cells[1]), words(cells[3]), words(cells[4]))
            for cells in table
            if len(cells) == 5
        ]


def words(text: str) -> tuple[str, ...]:
    """What stands in backticks."""
    return tuple(_WORD.findall(text))


def section(heading: str) -> Section:
    """The part of the document under a heading, up to the next one of its level or above."""
    level = len(heading.split()[0])
    rest = PAGE.read_text("utf-8").split(f"{heading}\n", 1)[1]
    return Section(re.split(rf"^#{{2,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0])
