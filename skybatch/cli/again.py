"""`skybatch again`: the same domains once more."""

import asyncio

import click

from skybatch.cli.client import Answer, connect
from skybatch.cli.view import SubmittedView


@click.command()
@click.argument("batch_id")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, as_json: bool) -> None:
    """Start a new batch of the domains of the batch whose id begins with BATCH_ID.

    Servers are asked only for pages that have changed since; the others keep their facts. Prints
    the id of the new batch.
    """
    answer = asyncio.run(_ask(batch_id))
    click.echo(answer.body if as_json else answer.read(SubmittedView).batch_id)


async def _ask(batch_id: str) -> Answer:
    async with connect() as client:
        return await client.post(f"/batch/{await client.find_batch(batch_id)}/again")
