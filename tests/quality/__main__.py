"""`make quality`: reads the labelled pages, and writes how right the extractors are."""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from skybatch.extract import reading
from skybatch.model.facts import PageFacts, RawPage
from tests.quality.labels import FOLDER, Label, labels
from tests.quality.packages import KEPT, fetch, pages
from tests.quality.score import FIELDS, Score, judge

REPORT = FOLDER.parents[1] / "docs" / "quality.md"
FIRST = FOLDER / "first_run.toml"
MAX_BYTES = 2 * 1024 * 1024
HEAD = """\
# Quality

How right the extractors are, page by page: {count} pages in {languages} languages, {others} of them
written by others (site templates, documentation and design systems, fetched from the packages that
`tests/quality/packages.toml` pins), the rest sites of invented companies. The labels were written
from the pages alone and committed before the extractors first ran on them. `make quality` makes
this page anew.

{day}. *First run* is what the extractors gave when they met the labels for the first time. The
other columns are of today, when their rules have been made with these very pages in view: how right
they are elsewhere, only other pages can tell.

| field | labelled | precision | recall | first run |
|---|--:|--:|--:|--:|
"""


def main() -> None:
    """Fetch, read, compare, print, write."""
    fetch()
    known = list(labels())
    scores = judge((label, facts_of(label)) for label in known)
    languages = {label.language.partition("-")[0] for label in known if label.language}
    head = HEAD.format(
        count=len(known),
        others=len(pages()),
        languages=len(languages),
        day=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    table = "".join(rows(scores, tomllib.loads(FIRST.read_text("utf-8")) if FIRST.exists() else {}))
    sys.stdout.write(table)
    REPORT.write_text(f"{head}{table}\n{''.join(faults(scores))}", "utf-8")


def facts_of(label: Label) -> PageFacts:
    """What the extractors find on a page."""
    own = FOLDER / "pages" / f"{label.id}.html"
    file = own if own.exists() else KEPT / f"{label.id}.html"
    raw = RawPage(
        url=label.url,
        body=file.read_bytes(),
        content_type="text/html",
        content_encoding=None,
        language=None,
        was_cut=False,
        max_bytes=MAX_BYTES,
        default_region=label.region,
    )
    return reading.read(raw).facts


def rows(scores: Mapping[str, Score], first: Mapping[str, list[float]]) -> Iterator[str]:
    """The lines of the table."""
    for name in FIELDS:
        score = scores[name]
        before = " / ".join(f"{share:.3f}" for share in first.get(name, ()))
        yield (
            f"| {name} | {score.right + len(score.missed)} | {score.precision:.3f} "
            f"| {score.recall:.3f} | {before} |\n"
        )


def faults(scores: Mapping[str, Score]) -> Iterator[str]:
    """Everything that is wrong, by field."""
    for name in FIELDS:
        score = scores[name]
        for title, values in (
            ("found, not there", score.wrong),
            ("there, not found", score.missed),
        ):
            if values:
                lines = "".join(f"* {value}\n" for value in values)
                yield f"## {name}: {title}\n\n{lines}\n"


if __name__ == "__main__":
    main()
