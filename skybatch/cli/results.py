"""`skybatch results`: what a batch found."""

import asyncio
import sys
from pathlib import Path

import click

from skybatch.cli import download
from skybatch.cli.client import connect


@click.command()
@click.argument("batch_id", required=False)
@click.option("--format", "form", type=click.Choice(["json", "ndjson", "csv"]), help="The form.")
@click.option(
    "--level",
    type=click.Choice(["domain", "page"]),
    default="domain",
    help="One line per domain or per page.",
)
@click.option("--fields", help="Only these members (of CSV: columns), as domain,title.")
@click.option("--kind", help="Only e-mail addresses of this kind: role, personal, unknown.")
@download.output_option
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(
    *,
    batch_id: str | None,
    form: str | None,
    level: str,
    output: Path | None,
    as_json: bool,
    **selection: str | None,
) -> None:
    """Get the results of a batch: the newest, or the one whose id begins with BATCH_ID.

    Without --format: a table on a terminal, NDJSON in a pipe, and by the ending of a file
    (.csv, .json, .ndjson).
    """
    if as_json:
        form = "json"
    chosen = {name: text for name, text in selection.items() if text}
    is_plain = form is None and output is None and level == "domain" and not chosen
    is_table = is_plain and sys.stdout.isatty()
    by_ending = download.format_of(output) if output else None
    if form and by_ending and form != by_ending:
        raise click.UsageError(f"{output} is to be {by_ending} by its ending, not {form}")
    form = form or by_ending or "ndjson"
    query = {"format": form, "level": level, **chosen}
    asyncio.run(_results(batch_id, query, output, is_table=is_table))


async def _results(
    batch_id: str | None, query: dict[str, str], output: Path | None, *, is_table: bool
) -> None:
    async with connect() as client:
        found = await client.find_batch(batch_id)
        if is_table:
            await download.to_table(client, found)
        elif output:
            await download.to_file(client, found, query, output)
            click.echo(f"written to {output}", err=True)
        else:
            await download.to_stdout(client, found, query)
