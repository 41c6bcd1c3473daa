"""What the commands make of their words, and how they word what they tell."""

import io
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from skybatch.cli import options
from skybatch.cli.board import board
from skybatch.cli.cancel import effect
from skybatch.cli.main import main
from skybatch.cli.pace import Pace
from skybatch.cli.source import ListFile, places, source_of
from skybatch.cli.tables import show_records
from skybatch.cli.trace import tell
from skybatch.cli.view import (
    BatchView,
    ContactView,
    JobView,
    PagesView,
    RecordView,
    TraceView,
    ValueView,
)
from skybatch.cli.wording import duration, plain
from skybatch.errors import Invalid
from skybatch.model.wording import some


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
        (("LIST.TSV",), "site", ListFile(Path("LIST.TSV"), "text/csv", "site")),
        (("list.jsonl",), None, ListFile(Path("list.jsonl"), "application/x-ndjson")),
        (("list.txt",), None, ListFile(Path("list.txt"), "text/plain")),
        (("domains",), None, ListFile(Path("domains"), "text/plain")),
        (("-",), None, ListFile(None, "text/plain")),
        (("-",), "site", ListFile(None, "text/csv", "site")),
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


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("list.xlsx", "there is no file list.xlsx"),
        ("missing.csv", "there is no file missing.csv"),
        ("folder", "folder is a folder"),
        ("table.xlsx", "a list is a .csv, .tsv, .ndjson, .jsonl, .txt file"),
    ],
)
def test_a_word_that_can_only_be_a_list_says_why_it_is_none(word: str, told: str) -> None:
    Path("folder").mkdir()
    Path("table.xlsx").write_bytes(b"PK")
    with pytest.raises(click.UsageError, match=re.escape(told)):
        source_of((word,), None)


@pytest.mark.parametrize("word", ["https://a.example/list.json", "mirror.example", "x" * 300])
def test_what_is_no_list_goes_to_the_daemon_as_a_domain(word: str) -> None:
    Path("mirror.example").mkdir()
    assert source_of((word,), None) == (word,)


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("a.csv", "domain,x\na.example,1\n\n,2\n", {1: "line 4: (empty)"}),
        ("a.csv", '\n\nx;url\n"1\n2";a.example\n"3\n4";bad\n', {1: "line 6: bad"}),
        ("a.txt", "# ours\r\na.example\r\n\r\nbad", {0: "line 2: a.example", 1: "line 4: bad"}),
        ("a.ndjson", '"a.example"\n{"x": "1\\n2", "url": "bad"}\n7\n', {1: "line 2: bad"}),
        ("a.ndjson", '"a.example"\n\n7\n', {1: "line 3: 7"}),
    ],
)
def test_an_entry_of_a_file_is_named_by_its_line_there(name, text, named) -> None:
    Path(name).write_text(text, "utf-8", newline="")
    source = source_of((name,), None)
    assert places(source, set(named)) == named


def test_an_entry_without_a_file_is_named_as_it_was_written() -> None:
    assert places(("a.example", " \x1b"), {0, 1}) == {0: "a.example", 1: "(empty)"}
    assert places(ListFile(None, "text/plain"), {3}) == {3: "entry 4"}
    assert places(ListFile(Path("gone.txt"), "text/plain"), {3}) == {3: "entry 4"}


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


def paced(*looks: tuple[float, BatchView]) -> str:
    """What is told after these looks."""
    pace = Pace()
    for at, seen in looks:
        pace.see(seen, at)
    return pace.line(looks[-1][1])


FIRST = (100.0, batch("running", 10, 1000))


@pytest.mark.parametrize(
    ("look", "told"),
    [
        ((100.5, batch("running", 10, 1000)), "10 of 50 domains, 1,000 pages"),
        ((110.0, batch("running", 10, 1020)), "10 of 50 domains, 1,020 pages, 2.0 pages/s"),
        ((110.0, batch("running", 12, 1020)), "12 of 50 domains, 1,020 pages, 2.0 pages/s"),
        ((110.0, batch("running", 30, 1200)),
         "30 of 50 domains, 1,200 pages, 20.0 pages/s, 10 s left"),
        # a quarter of a second is left
        ((110.0, batch("running", 49, 1390)), "49 of 50 domains, 1,390 pages, 39.0 pages/s"),
        ((120.0, batch("complete", 50, 1400)), "50 of 50 domains, 1,400 pages"),
    ],
)  # fmt: skip
def test_the_pace_is_that_between_two_looks(look: tuple[float, BatchView], told: str) -> None:
    assert paced(FIRST, look) == told


def test_a_slow_beginning_is_forgotten() -> None:
    slow = (200.0, batch("running", 11, 1001))
    fast = (230.0, batch("running", 41, 1301))
    told = "41 of 50 domains, 1,301 pages, 10.0 pages/s, 9 s left"
    assert paced(FIRST, slow, fast) == told


def test_a_board_tells_states_reasons_and_what_runs() -> None:
    jobs = {
        "a.example": JobView("a.example", "failed", "nxdomain"),
        "b.example": JobView("b.example", "failed", "nxdomain"),
        "c.example": JobView("c.example", "failed", "timeout"),
        "d\x1b.example": JobView("d\x1b.example", "running", None, stage="crawl"),
    }
    seen = BatchView(
        "B", "running", 1000, {"failed": 3, "running": 1, "pending": 996}, PagesView(fetched=7),
        "now", progress=0.003, domain_statuses=jobs,
    )  # fmt: skip
    pace = Pace()
    pace.see(seen, 0.0)
    first, told, counts, reasons, running = board(seen, pace).plain.splitlines()
    assert first == "▒░" + 38 * "·" + " 0%"  # whoever is there at all has a cell
    assert told == "3 of 1,000 domains, 7 pages"
    assert counts == "3 failed, 1 running, 996 pending"
    assert reasons == "why not: 2 nxdomain, 1 timeout"
    assert running == "  d .example  crawl"


@given(
    st.dictionaries(
        st.sampled_from(["complete", "partial", "failed", "cancelled", "running", "pending"]),
        st.integers(0, 100_000),
    )
)
def test_a_bar_has_forty_cells_and_one_for_everybody(counts: dict[str, int]) -> None:
    seen = BatchView("B", "running", sum(counts.values()), counts, PagesView(), "now")
    pace = Pace()
    pace.see(seen, 0.0)
    bar = board(seen, pace).plain.partition(" ")[0]
    there = sum(count > 0 for count in counts.values())
    assert len(bar) == (40 if there else 0)


@pytest.mark.parametrize(
    ("status", "running", "told"),
    [
        ("running", 7, "cancelling: 7 jobs are running, they stop within 2 s"),
        ("running", 1, "cancelling: 1 job is running, it stops within 2 s"),
        ("pending", 0, "cancelling: no job is running"),
        ("complete", 0, "it had already ended: complete"),
    ],
)
def test_cancel_tells_what_it_does(status: str, running: int, told: str) -> None:
    assert effect(BatchView("B", status, 9, {"running": running}, PagesView(), "now")) == told


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("columns", "has_phone", "has_title"),
    [("60", False, False), ("80", False, False), ("95", True, False), ("140", True, True)],
)
def test_addresses_and_reasons_stay_whole_on_every_terminal(
    columns, has_phone, has_title, monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", stream := Terminal())
    contact = ContactView((ValueView("info@bakery-north.example"),), (ValueView("+493012345678"),))
    record = RecordView("bakery-north.example", "partial", "robots_disallowed", "Bread", contact)
    show_records([record])
    lines = stream.getvalue().splitlines()
    assert re.match(r"(\x1b\[1m)*domain ", lines[0])
    for whole in ("bakery-north", "info@bakery-north.example", "robots_disallowed"):
        assert whole in lines[1]
    assert ("+493012345678" in lines[1]) is has_phone
    assert ("Bread" in stream.getvalue()) is has_title


URL = "http://a/"
FETCHED = {"url": URL, "status": 200, "bytes": 9, "elapsed_ms": 1, "tries": 1, "score": 90}
STEPS: dict[str, tuple[str, dict[str, object]]] = {
    "job.claimed": ("job.claimed", {"domain": "a.example"}),
    "page.fetched  200  http://a/  9 bytes in 1 ms  score=90": ("page.fetched", FETCHED),
    "page.fetched  url=http://a/  tries=2": ("page.fetched", {"url": URL, "tries": 2}),
    "page.failed  timeout  http://a/ [1m  detail=late": (
        "page.failed",
        {"url": f"{URL}\x1b[1m", "reason": "timeout", "detail": "late"},
    ),
    "job.stage  {x}  (recorder only)": ("job.stage", {"stage": "{x}", "source": "recorder"}),
    "of.tomorrow  x=1": ("of.tomorrow", {"x": 1}),
}


@pytest.mark.parametrize("told", STEPS)
def test_a_step_of_a_trace_says_what_matters_first(told, capsys) -> None:
    kind, event = STEPS[told]
    tell(TraceView("J", "a.example", "running", (), ({"at": "now", "type": kind, **event},)))
    head, line = capsys.readouterr().out.splitlines()
    assert head == "a.example  running  job J"
    assert re.sub("  +", "  ", line).strip() == f"now  {told}"
