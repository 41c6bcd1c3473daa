"""`skybatch submit`: a list of domains becomes a batch."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from skybatch.cli import download, options
from skybatch.cli.client import CHUNK, Answer, Client, connect
from skybatch.cli.exits import Exit, exit_of
from skybatch.cli.progress import follow
from skybatch.cli.status import tell
from skybatch.cli.view import BatchView, SubmittedView
from skybatch.cli.wording import plain, some
from skybatch.model.options import MAX_CONCURRENT_JOBS, MAX_PAGES

TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".txt": "text/plain",
}
_REJECTED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that is read while it is sent."""

    path: Path | None  # `None` is stdin
    content_type: str

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes; read in a thread, for the file may be a slow pipe."""
        file: BinaryIO = self.path.open("rb") if self.path else sys.stdin.buffer
        with file:
            while piece := await asyncio.to_thread(file.read, CHUNK):
                yield piece


Source = ListFile | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be submitted, and what is to be done then."""

    source: Source
    members: Mapping[str, object]  # of the request, apart from the domains
    is_dry_run: bool = False
    wait: bool = False
    timeout_s: float | None = None
    output: Path | None = None
    as_json: bool = False


@click.command()
@click.argument("source", nargs=-1, required=True, metavar="FILE|-|DOMAIN…")
@click.option("--max-pages", type=click.IntRange(*MAX_PAGES), help="Pages of each domain.")
@click.option(
    "--max-concurrent-jobs", type=click.IntRange(*MAX_CONCURRENT_JOBS), help="Domains at a time."
)
@click.option("--label", help="A name for the batch.")
@options.option
@click.option("--column", help="The column of a CSV that holds the domains.")
@click.option("--wait", is_flag=True, help="Show the progress until the batch has ended.")
@click.option("--timeout", type=click.FloatRange(min=0), help="Wait no longer, in seconds.")
@download.output_option
@click.option("--dry-run", is_flag=True, help="Check the list; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter per flag
    ctx: click.Context,
    *,
    source: tuple[str, ...],
    max_pages: int | None,
    max_concurrent_jobs: int | None,
    label: str | None,
    written_options: tuple[str, ...],
    column: str | None,
    wait: bool,
    timeout: float | None,
    output: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Submit domains, or a list of them: a .csv, .ndjson or text file, or - for stdin.

    Prints the id of the batch. With --wait the exit code tells how it ended: 0 complete, 3 partial,
    4 failed or cancelled. -o waits too, and the other columns of a CSV
    come back beside the results.
    """
    wait = wait or output is not None
    if timeout is not None and not wait:
        raise click.UsageError("--timeout needs --wait or -o")
    if dry_run and wait:
        raise click.UsageError("--dry-run stores nothing that could be waited for")
    members: dict[str, object] = {
        "max_pages": max_pages,
        "max_concurrent_jobs": max_concurrent_jobs,
        "label": label,
        "options": options.parse(written_options) or None,
        "column": column,
    }
    order = Order(
        source=source_of(source, column),
        members={name: value for name, value in members.items() if value is not None},
        is_dry_run=dry_run,
        wait=wait,
        timeout_s=timeout,
        output=output,
        as_json=as_json,
    )
    ctx.exit(asyncio.run(_carry_out(order)))


def source_of(words: tuple[str, ...], column: str | None) -> Source:
    """What the words of the command line mean: one list, or domains."""
    lists = [word for word in words if word == "-" or Path(word).suffix.lower() in TYPES]
    if len(words) == 1 and Path(words[0]).is_file():
        lists = [words[0]]
    if not lists:
        if column:
            raise click.UsageError("--column is for a CSV")
        return words
    if len(words) > 1:
        raise click.UsageError(f"{lists[0]} is a list, and a batch is one list or a few domains")
    if words == ("-",):
        return ListFile(None, "text/csv" if column else "text/plain")
    path = Path(words[0])
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise click.UsageError(f"there is no file {path} that can be read")
    return ListFile(path, TYPES.get(path.suffix.lower(), "text/plain"))


async def _carry_out(order: Order) -> Exit:
    async with connect() as client:
        answer = await send(client, order)
        receipt = answer.read(SubmittedView)
        tell_receipt(receipt)
        if not order.wait or receipt.batch_id is None:
            if order.as_json:
                click.echo(answer.body)
            elif receipt.batch_id:
                click.echo(receipt.batch_id)
            return Exit.OK
        click.echo(f"batch {receipt.batch_id}", err=True)
        answer = await follow(client, receipt.batch_id, timeout_s=order.timeout_s)
        if order.output:
            query = {"format": download.format_of(order.output), "all_rows": "1"}
            await download.to_file(client, receipt.batch_id, query, order.output)
            click.echo(f"written to {order.output}", err=True)
    batch = answer.read(BatchView)
    if order.as_json:
        click.echo(answer.body)
    else:
        tell(batch)
    return exit_of(batch.status)


async def send(client: Client, order: Order) -> Answer:
    """Submit; the answer comes when the batch is on disk."""
    query = {"dry_run": "1"} if order.is_dry_run else {}
    if isinstance(order.source, tuple):
        body = msgspec.json.encode({"domains": order.source, **order.members})
        return await client.post("/batch", query, body=body, content_type="application/json")
    for name, value in order.members.items():
        query[name] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    source = order.source
    return await client.post(
        "/batch", query, body=source.pieces(), content_type=source.content_type
    )


def tell_receipt(receipt: SubmittedView) -> None:
    """Say on stderr what became of the lines of the list."""
    told = f"{some(receipt.job_count, 'domain')} accepted"
    if receipt.duplicates:
        told += f", {some(receipt.duplicates, 'duplicate')}"
    if receipt.rejected_count:
        told += f", {receipt.rejected_count} rejected:"
    click.echo(told, err=True)
    for line in receipt.rejected[:_REJECTED_SHOWN]:
        click.echo(f"  line {line.index + 1}: {plain(line.domain)}: {line.detail}", err=True)
    if receipt.rejected_count > _REJECTED_SHOWN:
        click.echo(f"  and {receipt.rejected_count - _REJECTED_SHOWN} more", err=True)
