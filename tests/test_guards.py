"""The table of guards names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = sorted(set(re.findall(r"`(tests/\S+\.py)::(\w+)`", (ROOT / "docs/guards.md").read_text())))


def test_every_row_names_a_test():
    text = (ROOT / "docs/guards.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and " where |" not in line]
    assert rows
    assert [row for row in rows if not re.search(r"`tests/\S+\.py::\w+` \|$", row)] == []


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file, name):
    code = (ROOT / file).read_text("utf-8")
    assert re.search(rf"^(async def|def|class) {name}\b|^{name} = ", code, re.MULTILINE)
