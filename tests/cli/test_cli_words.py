"""What the commands make of their words, and how they word what they tell."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from skybatch.cli import options
from skybatch.cli.main import main
from skybatch.cli.progress import Pace
from skybatch.cli.submit import ListFile, source_of
from skybatch.cli.view import BatchView, PagesView
from skybatch.cli.wording import duration, plain, some
from skybatch.errors import Invalid


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("list.csv", "LIST.TSV", "list.jsonl", "list.txt", "domains", "example.com"):
        Path(name).write_text("a.example\n", "utf-8")


@pytest.mark.parametrize(
    ("words", "column", "source"),
    [
        (("a.example",), None, ("a.example",)),
        (
            ("https://a.example/x.html", "b.example"),
            None,
            ("https://a.example/x.html", "b.example"),
        ),
        (("list.csv",), None, ListFile(Path("list.csv"), "text/csv")),
        (("LIST.TSV",), "site", ListFile(Path("LIST.TSV"), "text/csv")),
        (("list.jsonl",), None, ListFile(Path("list.jsonl"), "application/x-ndjson")),
        (("list.txt",), None, ListFile(Path("list.txt"), "text/plain")),
        (("domains",), None, ListFile(Path("domains"), "text/plain")),
        (("-",), None, ListFile(None, "text/plain")),
        (("-",), "site", ListFile(None, "text/csv")),
    ],
)
def test_a_word_is_a_list_or_a_domain(words, column, source) -> None:
    assert source_of(words, column) == source


@pytest.mark.parametrize(
    ("words", "column"),
    [
        (("missing.csv",), None),
        (("list.csv", "a.example"), None),
        (("-", "a.example"), None),
        (("a.example",), "site"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(words, column) -> None:
    with pytest.raises(click.UsageError):
        source_of(words, column)


def test_options_are_read_by_their_type() -> None:
    written = [
        "max_depth=2",
        "scope=domain",
        'until={"email": 1}',
        'include=["/de/*"]',
        "text=true",
    ]
    assert options.parse(written) == {
        "max_depth": 2,
        "scope": "domain",
        "until": {"email": 1},
        "include": ["/de/*"],
        "text": True,
    }


def test_every_fault_of_the_options_is_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        options.parse(["max_depth", "max_dept=1", "max_depth=x", "priority=10", "scope=here"])
    assert {fault.pointer for fault in caught.value.faults} == {
        "--option max_depth",
        "--option max_dept",
        "--option priority",
        "--option scope",
    }
    assert len(caught.value.faults) == 5


@pytest.mark.parametrize(
    "words",
    [
        ["submit"],
        ["submit", "a.example", "--max-pages", "0"],
        ["submit", "a.example", "--max-concurrent-jobs", "1001"],
        ["submit", "a.example", "--timeout", "5"],
        ["submit", "a.example", "--dry-run", "--wait"],
        ["submit", "a.example", "-o", "out.xlsx"],
        ["submit", "a.example", "-o", "missing/out.csv"],
        ["submit", "a.example", "--option", "nonsense=1"],
        ["status", "--timeout", "5"],
        ["results", "-o", "r.csv", "--format", "json"],
        ["results", "-o", "r.csv", "--json"],
        ["cancel"],
        ["scan"],
        ["demo", "a.example", "--file", "list.csv"],
    ],
)
def test_a_wrong_use_ends_with_2_before_anything_is_done(words: list[str]) -> None:
    result = CliRunner().invoke(main, words, env={"SKYBATCH_URL": "http://127.0.0.1:1"})
    assert result.exit_code == 2, result.output


@given(st.text())
def test_plain_text_has_no_character_that_a_terminal_obeys(text: str) -> None:
    shown = plain(text + "\x1b[31m\r\n\x9b\u202e" + text)
    assert all(ord(character) >= 32 and not 0x7F <= ord(character) < 0xA0 for character in shown)
    assert "\u202e" not in shown
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_readable(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_one_is_singular() -> None:
    assert (some(0, "page"), some(1, "page"), some(2, "page")) == ("0 pages", "1 page", "2 pages")


def batch(status: str, complete: int, fetched: int) -> BatchView:
    counts = {"running": 50 - complete, "complete": complete}
    return BatchView("B", status, 50, counts, PagesView(fetched=fetched), "now")


def test_the_pace_is_that_since_the_first_look() -> None:
    pace = Pace(batch("running", 10, 1000), began=100.0)
    assert pace.line(batch("running", 10, 1000), 100.5) == "10 of 50 domains, 1000 pages"
    told = "10 of 50 domains, 1020 pages, 2.0 pages/s"
    assert pace.line(batch("running", 10, 1020), 110.0) == told
    told = "30 of 50 domains, 1200 pages, 20.0 pages/s, 10 s left"
    assert pace.line(batch("running", 30, 1200), 110.0) == told
    assert pace.line(batch("complete", 50, 1400), 120.0) == "50 of 50 domains, 1400 pages"
