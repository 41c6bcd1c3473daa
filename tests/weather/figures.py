"""What the long run counts, and the page that tells it."""

import os
from pathlib import Path

import pytest

LONG = bool(os.environ.get("SKYBATCH_LONG"))
takes_long = pytest.mark.skipif(not LONG, reason="takes long: make weather")
PAGE = Path(__file__).parents[2] / "docs" / "weather.md"

_HEAD = """\
# Bad weather

Faults of the environment against the real daemon, from outside: `make weather` (Linux, as root,
with strace, faketime and sqlite3) runs the tests of `tests/weather` with large numbers, and writes
this page. The same tests with small numbers are part of `make test`.

| counted | |
|---|---:|
"""


class Figures:
    """Sums by name, in the order in which they came first."""

    def __init__(self) -> None:
        self._sums: dict[str, int] = {}

    def add(self, name: str, number: int = 1) -> None:
        self._sums[name] = self._sums.get(name, 0) + number

    def write(self, page: Path, outcome: str) -> None:
        """Replace the page."""
        rows = [f"| {name} | {number:,} |\n" for name, number in self._sums.items()]
        page.write_text(f"{_HEAD}{''.join(rows)}\n{outcome}\n", "utf-8")
