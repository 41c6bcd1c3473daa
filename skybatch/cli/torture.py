"""`skybatch torture`: kills a scratch daemon again and again, and looks for what was lost."""

import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from skybatch.cli.exits import CommandError, Exit
from skybatch.torture.faults import FAULTS
from skybatch.torture.plan import THOROUGH, Plan
from skybatch.torture.report import Report
from skybatch.torture.trial import Moment, run
from skybatch.torture.wording import again, conclusion, figures, markdown

_EVERY = "all"
_MANY_CLIENTS = 8


@click.command()
@click.option(
    "--kills", type=click.IntRange(min=1), default=20, help="How often the daemon is hit."
)
@click.option(
    "--fault",
    type=click.Choice([*FAULTS, _EVERY]),
    default="kill",
    help="What it is hit with; of all faults, the others are played less often than kill.",
)
@click.option(
    "--thorough", is_flag=True, help="Hit harder: longer storms and freezes, more kills in a row."
)
@click.option("--seed", type=int, help="Throw the same dice as an earlier run.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="New folder that is kept; otherwise a temporary one, kept when something is wrong.",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a report as Markdown.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
def command(  # noqa: PLR0913 - one for each option
    *,
    kills: int,
    fault: str,
    thorough: bool,
    seed: int | None,
    folder: Path | None,
    report_file: Path | None,
    as_json: bool,
) -> None:
    """Kill a daemon of its own under load, start it again, and compare what it acknowledged with
    what it holds: nothing may be lost, nothing may be there twice.

    Everything stays on this machine: the daemon crawls sample sites on 127.0.0.1. No configuration
    is read. The exit code is 0 when nothing is wrong, else 1.
    """
    dice = secrets.randbelow(2**32) if seed is None else seed
    names = list(FAULTS) if fault == _EVERY else [fault]
    with _as_ctrl_c(signal.SIGTERM), _scratch(folder) as place:
        click.echo(f"seed {dice}, folder {place}", err=True)
        plans = [_plan(name, kills, dice, fault, thorough=thorough) for name in names]
        reports = [_trial(plan, place / plan.fault) for plan in plans]
        if report_file:
            report_file.write_text(markdown(reports, day=datetime.now(UTC).date()), "utf-8")
        click.echo(msgspec.json.encode(reports) if as_json else conclusion(reports))
        if any(report.faults for report in reports):
            raise CommandError(f"something is wrong; see {place}", Exit.ERROR)


def _plan(name: str, kills: int, seed: int, asked: str, *, thorough: bool) -> Plan:
    rounds = max(1, round(kills * FAULTS[name].share)) if asked == _EVERY else kills
    if thorough:
        return Plan(name, rounds, seed, strength=THOROUGH, clients=_MANY_CLIENTS)
    return Plan(name, rounds, seed)


@contextmanager
def _as_ctrl_c(number: signal.Signals) -> Iterator[None]:
    """Let a signal raise KeyboardInterrupt, so that no daemon is left behind."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def _scratch(given: Path | None) -> Iterator[Path]:
    """A folder for the databases and logs; a temporary one is kept when something is wrong."""
    if given:
        if given.exists() and any(given.iterdir()):
            raise CommandError(f"{given} is not empty", Exit.USAGE)
        yield given.absolute()
        return
    folder, is_kept = Path(tempfile.mkdtemp(prefix="skybatch-torture-")), False
    try:
        yield folder
    except Exception:
        is_kept = True
        raise
    finally:
        if not is_kept:
            shutil.rmtree(folder)


def _trial(plan: Plan, folder: Path) -> Report:
    report = run(plan, folder, _tell)
    click.echo(figures(report), err=True)
    for sentence in report.faults:
        click.echo(f"  {sentence}", err=True)
    if report.faults:
        click.echo(f"again: {again(report)}", err=True)
    return report


def _tell(moment: Moment) -> None:
    click.echo(
        f"{moment.fault} {moment.done} of {moment.rounds}: ready after {moment.ready_s:.2f} s, "
        f"{moment.acknowledged} submissions acknowledged",
        err=True,
    )
