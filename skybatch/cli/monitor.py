"""`skybatch monitor`: a round of the monitor, from outside."""

import asyncio
import time

import click

from skybatch.cli.black_box import or_last_lines
from skybatch.cli.client import Answer, connect
from skybatch.cli.exits import Exit
from skybatch.cli.view import MonitorView
from skybatch.cli.wording import plain


@click.command()
@click.option("--interval", type=click.FloatRange(min=1), help="Go on, every so many seconds.")
@click.option("--monitor-only", is_flag=True, help="Look only; mend nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
@click.pass_context
def command(
    ctx: click.Context, *, interval: float | None, monitor_only: bool, as_json: bool
) -> None:
    """Look for work that gets nowhere, and mend what can be mended.

    The daemon does so by itself every few seconds; this is for cron and for doubt. Exits with 0
    when nothing is stuck, else with 1.
    """
    while True:
        with or_last_lines():
            answer = asyncio.run(_round(is_mending=not monitor_only))
        found = answer.read(MonitorView)
        if as_json:
            click.echo(answer.body)
        else:
            tell(found)
        if interval is None:
            ctx.exit(Exit.OK if found.ok else Exit.ERROR)
        time.sleep(interval)


async def _round(*, is_mending: bool) -> Answer:
    async with connect() as client:
        return await (client.post("/monitor") if is_mending else client.get("/monitor"))


def tell(found: MonitorView) -> None:
    """Print the findings for people."""
    if found.ok:
        click.echo("nothing is stuck")
    for finding in found.findings:
        where = f"batch {finding.batch_id}: " if finding.batch_id else ""
        click.echo(f"{finding.kind}  {where}{plain(finding.sentence)} ({plain(finding.action)})")
