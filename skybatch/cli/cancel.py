"""`skybatch cancel`: stops a batch."""

import asyncio

import click
import msgspec

from skybatch.cli.client import connect
from skybatch.cli.status import tell
from skybatch.cli.view import BatchView


@click.command()
@click.argument("batch_id")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, as_json: bool) -> None:
    """Stop the batch whose id begins with BATCH_ID; what is fetched stays."""
    body = asyncio.run(_cancel(batch_id))
    if as_json:
        click.echo(body)
    else:
        tell(msgspec.json.decode(body, type=BatchView))


async def _cancel(batch_id: str) -> bytes:
    async with connect() as client:
        found = await client.find_batch(batch_id)
        return (await client.post(f"/batch/{found}/cancel")).body
