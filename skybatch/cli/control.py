"""What the commands that change a batch have in common."""

import asyncio

import click

from skybatch.cli.client import Answer, connect
from skybatch.cli.status import tell
from skybatch.cli.view import BatchView, PausedView


def change(
    batch_id: str, what: str, *, as_json: bool, in_vain: str = "it had already ended"
) -> None:
    """Ask the daemon to do something to a batch (`pause`, `retry?reason=timeout`), and print what
    it is then; `in_vain` says why nothing has changed."""
    before, answer = asyncio.run(ask(batch_id, what))
    if before.is_over and answer.read(BatchView).is_over:
        click.echo(f"nothing has changed: {in_vain}; it is {before.status}", err=True)
    show(answer, as_json=as_json)


def change_daemon(what: str, *, as_json: bool) -> None:
    """Pause or resume the daemon as a whole."""
    answer = asyncio.run(_ask_daemon(what))
    is_paused = answer.read(PausedView).paused
    if as_json:
        click.echo(answer.body)
    else:
        click.echo("the daemon is paused" if is_paused else "the daemon goes on")


def show(answer: Answer, *, as_json: bool) -> None:
    """Print the batch that the daemon has answered with."""
    if as_json:
        click.echo(answer.body)
    else:
        tell(answer.read(BatchView))


async def ask(batch_id: str, what: str) -> tuple[BatchView, Answer]:
    """The batch as it was, and what the daemon said."""
    async with connect() as client:
        found = await client.find_batch(batch_id)
        before = (await client.get(f"/batch/{found}/status")).read(BatchView)
        return before, await client.post(f"/batch/{found}/{what}")


async def _ask_daemon(what: str) -> Answer:
    async with connect() as client:
        return await client.post(f"/{what}")
