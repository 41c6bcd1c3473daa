"""What the commands that change a batch have in common."""

import asyncio

import click

from skybatch.cli.client import Answer, connect
from skybatch.cli.status import tell
from skybatch.cli.view import BatchView, PausedView


def change(batch_id: str, what: str, *, as_json: bool) -> None:
    """Ask the daemon to do something to a batch (`pause`, `retry?reason=timeout`), and print what
    it is then."""
    show(asyncio.run(_ask(batch_id, what)), as_json=as_json)


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


async def _ask(batch_id: str, what: str) -> Answer:
    async with connect() as client:
        return await client.post(f"/batch/{await client.find_batch(batch_id)}/{what}")


async def _ask_daemon(what: str) -> Answer:
    async with connect() as client:
        return await client.post(f"/{what}")
