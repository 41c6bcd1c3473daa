"""`skybatch cancel`: stops a batch."""

import asyncio

import click

from skybatch.cli.control import ask, show
from skybatch.cli.view import BatchView
from skybatch.model.wording import some


@click.command()
@click.argument("batch_id")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, as_json: bool) -> None:
    """Stop the batch whose id begins with BATCH_ID; what is fetched stays."""
    before, answer = asyncio.run(ask(batch_id, "cancel"))
    click.echo(effect(before), err=True)
    show(answer, as_json=as_json)


def effect(before: BatchView) -> str:
    """What cancelling does to a batch that stood so."""
    if before.is_over:
        return f"it had already ended: {before.status}"
    running = before.counts.get("running", 0)
    if not running:
        return "cancelling: no job is running"
    verb, stop = ("is", "it stops") if running == 1 else ("are", "they stop")
    return f"cancelling: {some(running, 'job')} {verb} running, {stop} within 2 s"
