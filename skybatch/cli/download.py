"""Results from the daemon to a file or to stdout, in constant memory."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import click
import msgspec

from skybatch.cli.client import Client
from skybatch.cli.tables import show_records
from skybatch.cli.view import RecordView

FORMATS = {".csv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}
TABLE_ROWS = 1_000


def _checked(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Before any work is done: the ending must name a format, and the folder must exist."""
    if value is None:
        return None
    if value.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{value} must end in {', '.join(FORMATS)}", ctx, param)
    if not os.access(value.absolute().parent, os.W_OK):
        raise click.BadParameter(f"the folder of {value} cannot be written to", ctx, param)
    return value


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_checked,
    help="Write the results to a file, in the format of its ending.",
)


def format_of(path: Path) -> str:
    """The format that the ending of a file names."""
    return FORMATS[path.suffix.lower()]


async def to_file(client: Client, batch_id: str, query: Mapping[str, str], path: Path) -> None:
    """Write results to a file; it appears when it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            async for piece in _results(client, batch_id, query):
                file.write(piece)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


async def to_stdout(client: Client, batch_id: str, query: Mapping[str, str]) -> None:
    """Write results as they come."""
    async for piece in _results(client, batch_id, query):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


async def to_table(client: Client, batch_id: str) -> list[RecordView]:
    """Print the first thousand domains as a table; returns them."""
    query = {"format": "ndjson", "limit": str(TABLE_ROWS)}
    body = b"".join([piece async for piece in _results(client, batch_id, query)])
    records = [msgspec.json.decode(line, type=RecordView) for line in body.splitlines()]
    show_records(records)
    if len(records) == TABLE_ROWS:
        click.echo(f"the first {TABLE_ROWS}; get all with: -o results.csv", err=True)
    return records


def _results(client: Client, batch_id: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
    return client.stream(f"/batch/{batch_id}/results", query)
