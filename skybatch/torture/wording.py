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
page anew.
"""
_TABLE = """\
| fault | rounds | kills | acknowledged | after a lost answer | jobs | pages stored \
| asked for again (allowed) | ready after: median, most | lost | doubled | other faults |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def conclusion(reports: Sequence[Report]) -> str:
    """`20 kills, 0 lost, 0 doubled`."""
    kills = sum(report.kills for report in reports)
    lost = sum(len(report.lost) for report in reports)
    doubled = sum(len(report.doubled) for report in reports)
    return f"{kills} kills, {lost} lost, {doubled} doubled"


def figures(report: Report) -> str:
    """What one trial amounts to."""
    return (
        f"{report.fault}: {report.acknowledged} submissions acknowledged, {report.recovered} of "
        f"them after a lost answer; {report.jobs} jobs, {report.pages} pages stored; "
        f"{report.repeats} pages asked for again (allowed: {report.repeats_allowed}); "
        f"ready after {_starts(report)}; {report.seconds:.0f} s"
    )


def _starts(report: Report) -> str:
    if not report.starts:
        return "never"
    return f"{median(report.starts):.2f} s, at most {max(report.starts):.2f} s"


def again(report: Report) -> str:
    """The command that plays the same trial."""
    return f"skybatch torture --fault {report.fault} --kills {report.rounds} --seed {report.seed}"


def markdown(reports: Sequence[Report], *, day: date) -> str:
    """The whole report."""
    machine = (
        f"skybatch {__version__}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, {day}."
    )
    rows = "".join(map(_row, reports))
    faults = "".join(line for report in reports for line in _faults(report))
    parts = (_HEAD, f"**{conclusion(reports)}.** {machine}\n", _TABLE + rows, faults)
    return "\n".join(part for part in parts if part)


def _row(report: Report) -> str:
    cells = (
        f"`{report.fault}`: {report.sentence}",
        report.rounds,
        report.kills,
        report.acknowledged,
        report.recovered,
        report.jobs,
        report.pages,
        f"{report.repeats} ({report.repeats_allowed})",
        _starts(report).replace(" at most", ""),
        len(report.lost),
        len(report.doubled),
        len(report.phantom) + len(report.violations),
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"


def _faults(report: Report) -> Iterator[str]:
    if report.faults:
        yield f"\n`{again(report)}`:\n\n"
        yield from (f"* {' '.join(fault.split())}\n" for fault in report.faults)
