"""`skybatch reextract`: today's extractors over the bodies that a batch has kept."""

import asyncio

import click

from skybatch.cli.client import Answer, connect
from skybatch.cli.view import RereadView
from skybatch.model.wording import some


@click.command()
@click.argument("batch_id")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, as_json: bool) -> None:
    """Read the bodies that the batch whose id begins with BATCH_ID has kept again, with the
    extractors of today and without a request.

    A batch keeps bodies with --option store_html=true. The daemon does it behind this; `status`
    says when it is done.
    """
    answer = asyncio.run(_ask(batch_id))
    if as_json:
        click.echo(answer.body)
        return
    found = answer.read(RereadView)
    which = some(found.bodies, "page")
    click.echo(f"reading {which} again; skybatch status {found.batch_id} tells when it is done")


async def _ask(batch_id: str) -> Answer:
    async with connect() as client:
        return await client.post(f"/batch/{await client.find_batch(batch_id)}/reextract")
