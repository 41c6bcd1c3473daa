"""The house rules: who may import whom, what may stand where, how large a module may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "skybatch"

# Each room and the rooms below it that it may use. `docs/architecture.md` draws the same table.
MAY_IMPORT = {
    "errors": set(),
    "model": {"errors"},
    "bus": {"model"},
    "extract": {"model", "errors"},
    "intake": {"model", "errors"},
    "crawl": {"extract", "model", "errors"},
    "store": {"model", "errors"},
    "recorder": {"model"},
    "checks": {"crawl", "store", "bus", "model", "errors"},
    "engine": {"crawl", "store", "recorder", "model", "errors", "bus"},
    "api": {"store", "recorder", "intake", "model", "errors", "bus", "web"},
    "webhooks": {"crawl", "store", "model", "errors"},
    "metrics": {"engine", "webhooks", "crawl", "store", "recorder", "bus", "model", "errors"},
    "access": {"store", "errors"},
    "config": {"model", "errors"},
    "delivering": {"webhooks", "config", "crawl", "access", "store", "model", "errors"},
    "crawling": {"config", "crawl", "extract", "model", "errors"},
    "logs": {"model"},
    "scanning": {"crawl", "intake", "model", "errors"},
    "demo": set(),
    "web": set(),
    "signals": set(),
    "garbage": set(),
    "torture": {"store", "model", "errors"},  # of the store only the audit
}
WIRING = {"daemon", "cli", "__init__"}  # see everything

# A library that is a decision stays in one place, so that the decision can be changed there.
ONLY_IN = {
    "sqlite3": {"store"},
    "selectolax": {"extract"},
    "phonenumbers": {"extract"},
    "aiodns": {"crawl"},
    "click": {"cli"},
    "rich": {"cli"},
    "fcntl": {"store"},
    "prometheus_client": {"metrics"},
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "misc", "base", "manager", "handlers"}
STDLIB_ONLY = {"model", "errors"}
LARGE = 300


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything that a module imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(path)
    if room in WIRING:
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("skybatch.")}
    used -= {room, "__version__"}
    assert used <= MAY_IMPORT[room], f"{room} may not import {used - MAY_IMPORT[room]}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_library_stays_in_its_room(path: Path) -> None:
    for name in imports(path):
        rooms = ONLY_IN.get(name.split(".")[0])
        assert rooms is None or room_of(path) in rooms, f"{name} belongs into {rooms}"


def test_one_client_session_for_the_crawl_and_one_for_the_command_line() -> None:
    users = {name_of(path) for path in modules() if "ClientSession(" in path.read_text("utf-8")}
    assert users <= {"crawl/web.py", "crawl/client.py", "cli/client.py"}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_the_nouns_need_the_standard_library_only(path: Path) -> None:
    if room_of(path) not in STDLIB_ONLY:
        return
    import sys

    known = sys.stdlib_module_names | {"skybatch"}
    assert {name.split(".")[0] for name in imports(path)} <= known


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_has_a_name_and_a_sentence(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring, "every module says in a sentence what it is for"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_large_module_says_why(path: Path) -> None:
    text = path.read_text("utf-8")
    if text.count("\n") > LARGE:
        assert "Long because" in (ast.get_docstring(ast.parse(text)) or ""), (
            f"{name_of(path)} has over {LARGE} lines and no reason in its docstring"
        )


def test_the_drawing_shows_the_same_rooms() -> None:
    drawing = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    table = {}
    for line in drawing.splitlines():
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            names = {name.strip(" `") for name in cells[1].split(",")} - {"", "nothing"}
            table[cells[0]] = names
    assert table == MAY_IMPORT
