"""`skybatch diff`: what changed between two batches of the same domains."""

import asyncio
from collections.abc import Iterator

import click
import msgspec

from skybatch.cli.client import connect
from skybatch.cli.view import DiffView

_SIGNS = {"new": "+", "gone": "-", "changed": "~"}


@click.command()
@click.argument("batch_id", required=False)
@click.option("--against", help="The older batch; without it the one that BATCH_ID repeats.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says, a domain a line.")
def command(*, batch_id: str | None, against: str | None, as_json: bool) -> None:
    """Show what changed since an earlier batch: in the newest, or the one whose id begins with
    BATCH_ID.

    A line for each value: + new, - gone, ~ changed.
    """
    asyncio.run(_show(batch_id, against, as_json=as_json))


async def _show(batch_id: str | None, against: str | None, *, as_json: bool) -> None:
    async with connect() as client:
        newer = await client.find_batch(batch_id)
        query = {"format": "ndjson"}
        if against:
            query["against"] = await client.find_batch(against)
        rest, count = b"", 0
        async for chunk in client.stream(f"/batch/{newer}/diff", query):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in filter(None, lines):
                _print(line, as_json=as_json)
                count += 1
        if not count:
            click.echo("nothing has changed", err=True)


def _print(line: bytes, *, as_json: bool) -> None:
    if as_json:
        click.echo(line)
        return
    for text in told(msgspec.json.decode(line, type=DiffView)):
        click.echo(text)


def told(found: DiffView) -> Iterator[str]:
    """The lines of one domain."""
    if not found.fields:
        yield f"{_SIGNS[found.change]} {found.domain}"
    for field in found.fields:
        values = " -> ".join(value for value in (field.before, field.after) if value is not None)
        yield f"{_SIGNS[field.change]} {found.domain}  {field.field}  {values}"
