"""docs/crawl.md says what the code does."""

import re
from pathlib import Path

from skybatch.config import Fetch
from skybatch.crawl import frontier, reading_process, robots, scope, sitemaps, throttle, url
from skybatch.crawl.pages import MAX_TRIES
from skybatch.extract import complexity, links
from skybatch.model.reason import MEANING, Reason
from skybatch.model.state import SkipReason

TEXT = (Path(__file__).parent.parent / "docs/crawl.md").read_text("utf-8")
FLAT = " ".join(TEXT.split())


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    part = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_reason_is_told_with_its_sentence_and_what_to_do():
    assert rows("Reasons") == [
        [
            f"`{reason}`",
            MEANING[reason].sentence,
            "yes" if MEANING[reason].is_passing else "no",
            MEANING[reason].advice,
        ]
        for reason in Reason
    ]


def test_every_reason_to_skip_a_page_is_told():
    assert {row[0].strip("`") for row in rows("What is not asked for")} == set(SkipReason)


def test_every_element_that_leads_somewhere_is_told():
    cells = " ".join(row[0] for row in rows("Where pages come from"))
    told = set(re.findall(r"`([a-z]+) ([a-z]+)`", cells))
    assert told == {*links._TARGETS.items(), ("meta", "refresh")}
    relations = next(row[1] for row in rows("Where pages come from") if row[0] == "`link href`")
    assert set(re.findall(r"(\w+)`", relations.replace("rel=", ""))) == links.RELATIONS


def test_the_numbers_are_those_of_the_code():
    fetch = Fetch()
    for text in (
        f"more than {scope._MAX_REPEATS} times",
        f"has more than {scope._MAX_SEGMENTS}",
        f"more than {url.MAX_LENGTH:,} characters",
        f"{fetch.max_body_bytes // 1024**2} MiB after decompression",
        f"{complexity._MAX_TAGS:,} tags",
        f"{reading_process.PAGE_CPU_S:.0f} s of the processor",
        f"{reading_process.MEMORY // 1024**2} MB for a page",
        f"{robots.MAX_BYTES // 1024} KiB",
        f"more than {throttle.HOLD_S:.0f} s gives the worker free",
        f"up to {throttle._MOST_S:.0f} s more",
    ):
        assert text in FLAT, text
    words = {3: "three", 5: "five"}
    assert f"followed {words[fetch.max_redirects]} times" in FLAT
    assert f"tried {words[MAX_TRIES]} times" in FLAT
    assert f"takes {words[int(throttle._SLOWER)]} times as long" in FLAT
    assert sitemaps._MAX_LEVEL == 2
    assert frontier.Frontier(10, frontier.Progress(), lambda _url, _depth: None)._max_rows == 1_000
