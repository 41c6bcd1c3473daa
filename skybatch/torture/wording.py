"""Reports for people: one line, a few figures, a page of Markdown."""

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median

from skybatch import __version__
from skybatch.torture.report import Report

_HEAD = """\
# Torture

A real daemon under load from clients that submit batches all the time and ask again when an answer
is lost, hit by faults. What the clients were told, what the sites were asked for and what the
database holds at the end are counted apart from each other and compared. `make torture` makes this
page anew; `skybatch torture --help` explains a shorter run.
"""
_RULES = """\
## How to read it

* **rounds**: how often the fault struck; **kills**: how often the daemon ended without a word.
* **acknowledged**: submissions answered with 202. Each is there in the end, whole and once, or it
  is **lost** or **doubled**. *After a lost answer*: stored although a try had no answer; allowed,
  and found again by its idempotency key.
* **stored**: pages fetched and kept, each once; the counters of jobs and batches equal the rows.
* **repeats**: requests of a page that had been asked for before, by the log of the sites. A kill
  allows one more request for each page whose request was under way at any time in the 200 ms
  before it: in flight, or answered and perhaps not stored yet. When the disk stood still then (a
  sync of a few bytes, made beside the daemon again and again, took more than 100 ms), the 200 ms
  count from the beginning of that. Each page is held against the kills that excuse it, not the sum
  against the sum.
* **ready**: seconds from the start of the process until submissions are taken; at most 2, or twice
  the first start.
* **sync**: the longest that the disk took for those few bytes.
* **files, threads, MB**: open files, threads and resident memory after the first start, and in the
  end at rest: at most 2 more, and 48 MB (the caches of SQLite fill up to 32).
* **violations**: everything else that must not be: a batch that does not end, a job that pays for
  what was done to the daemon, a counter that is off, damage that SQLite finds, a traceback in the
  log.
"""
_TABLE = """\
| fault | rounds | kills | acknowledged | after a lost answer | stored | repeats of allowed \
| ready: median, most | sync, most | files, threads, MB | lost | doubled | violations |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def conclusion(reports: Sequence[Report]) -> str:
    """`20 kills, 0 lost, 0 doubled`."""
    kills = sum(report.kills for report in reports)
    lost = sum(len(report.lost) for report in reports)
    doubled = sum(len(report.doubled) for report in reports)
    return f"{kills} kills, {lost} lost, {doubled} doubled"


def figures(report: Report) -> str:
    """What one trial amounts to."""
    notes = "".join(f"; {count} {what}" for what, count in report.notes)
    return (
        f"{report.fault}: {report.acknowledged} submissions acknowledged, {report.recovered} of "
        f"them after a lost answer; {report.jobs} jobs, {report.pages} pages stored; "
        f"{_repeats(report)} allowed repeats; ready after {_starts(report)}; files, threads, MB: "
        f"{_footprints(report)}; a sync of the disk took at most {report.slowest_sync_s:.2f} s"
        f"{notes}; {report.seconds:.0f} s"
    )


def _starts(report: Report) -> str:
    if not report.starts:
        return "never"
    return f"{median(report.starts):.2f} s, at most {max(report.starts):.2f} s"


def _repeats(report: Report) -> str:
    return f"{report.repeats} of {report.repeats_allowed}"


def _footprints(report: Report) -> str:
    first, rest = report.at_first, report.at_rest
    if first is None or rest is None:
        return "not told"
    return f"{first.fds} → {rest.fds}, {first.threads} → {rest.threads}, {first.mb} → {rest.mb}"


def again(report: Report) -> str:
    """The command that plays the same trial."""
    harder = " --thorough" if report.is_thorough else ""
    dice = f"--kills {report.rounds} --seed {report.seed}"
    return f"skybatch torture --fault {report.fault}{harder} {dice}"


def markdown(reports: Sequence[Report], *, day: date) -> str:
    """The whole report."""
    made = f"skybatch {__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    rows = "".join(map(_row, reports))
    faults = "".join(line for report in reports for line in _faults(report))
    strikes = "## What was done\n\n" + "".join(map(_strike, reports))
    head = f"**{conclusion(reports)}.** {made}, {day}.\n"
    parts = (_HEAD, head, _TABLE + rows, faults, _RULES, strikes)
    return "\n".join(part for part in parts if part)


def _row(report: Report) -> str:
    cells = (
        f"`{report.fault}`",
        report.rounds,
        report.kills,
        report.acknowledged,
        report.recovered,
        report.pages,
        _repeats(report),
        _starts(report).replace(" at most", ""),
        f"{report.slowest_sync_s:.2f} s",
        _footprints(report),
        len(report.lost),
        len(report.doubled),
        len(report.phantom) + len(report.violations),
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"


def _strike(report: Report) -> str:
    notes = ", ".join(f"{count} {what}" for what, count in report.notes)
    return f"* `{report.fault}`: {report.sentence}.{f' {notes}.' if notes else ''}\n"


def _faults(report: Report) -> Iterator[str]:
    if report.faults:
        yield f"\n`{again(report)}`:\n\n"
        yield from (f"* {' '.join(fault.split())}\n" for fault in report.faults)
