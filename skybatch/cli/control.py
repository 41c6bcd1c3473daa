"""What the commands that change a batch have in common."""

import asyncio

import click

from skybatch.cli.client import Answer, connect
from skybatch.cli.status import tell
from skybatch.cli.view import BatchView


def change(batch_id: str, what: str, *, as_json: bool) -> None:
    """Ask the daemon to do something to a batch (`pause`, `retry?reason=timeout`), and print what
    it is then."""
    show(asyncio.run(_ask(batch_id, what)), as_json=as_json)


def show(answer: Answer, *, as_json: bool) -> None:
    """Print the batch that the daemon has answered with."""
    if as_json:
        click.echo(answer.body)
    else:
        tell(answer.read(BatchView))


async def _ask(batch_id: str, what: str) -> Answer:
    async with connect() as client:
        return await client.post(f"/batch/{await client.find_batch(batch_id)}/{what}")
