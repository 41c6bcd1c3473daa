"""`skybatch submit`: a list of domains becomes a batch."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import msgspec

from skybatch.cli import download, options
from skybatch.cli.client import Answer, Broken, Client, Refused, Unreachable, connect
from skybatch.cli.exits import Exit, exit_of
from skybatch.cli.progress import follow, going_on
from skybatch.cli.source import ListFile, Source, places, source_of, written
from skybatch.cli.status import tell
from skybatch.cli.view import BatchView, FaultView, SubmittedView
from skybatch.model.ids import uuid7
from skybatch.model.options import MAX_CONCURRENT_JOBS, MAX_PAGES
from skybatch.model.wording import some

_REJECTED_SHOWN = 20
_RESTART_S = 60.0  # a daemon that is restarted is waited for
_AGAIN_S = 0.5


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

    @property
    def can_be_sent_again(self) -> bool:
        """Whether the domains are still there after they were sent."""
        source = self.source
        return not isinstance(source, ListFile) or (
            source.path is not None and source.path.is_file()
        )


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


async def _carry_out(order: Order) -> Exit:
    async with connect() as client:
        answer = await send(client, order)
        receipt = answer.read(SubmittedView)
        tell_receipt(receipt, order.source, is_dry_run=order.is_dry_run)
        if not order.wait or receipt.batch_id is None:
            if order.as_json:
                click.echo(answer.body)
            elif receipt.batch_id:
                click.echo(receipt.batch_id)
            return Exit.OK
        click.echo(f"batch {receipt.batch_id}", err=True)
        with going_on(receipt.batch_id):
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
    """Submit; the answer comes when the batch is on disk. When it is lost on its way, because the
    daemon was killed, the same is sent again, and makes no second batch."""
    key, until = uuid7(time.time()), time.monotonic() + _RESTART_S
    is_broken = False
    while True:
        try:
            return await _send_once(client, order, key)
        except Refused as refused:
            if not is_broken or not refused.problem.is_in_progress or time.monotonic() > until:
                raise
            await asyncio.sleep(_AGAIN_S)  # what broke off is still being taken in
        except Unreachable as error:
            is_broken = is_broken or isinstance(error, Broken)
            if not (is_broken and order.can_be_sent_again) or time.monotonic() > until:
                raise
            await asyncio.sleep(_AGAIN_S)


async def _send_once(client: Client, order: Order, key: str) -> Answer:
    query = {"dry_run": "1"} if order.is_dry_run else {}
    try:
        if isinstance(order.source, ListFile):
            return await _send_list(client, order.source, order, query, key)
        body = msgspec.json.encode({"domains": order.source, **order.members})
        return await client.post(
            "/batch", query, body=body, content_type="application/json", key=key
        )
    except Refused as refused:
        problem = refused.problem
        faults = _placed(problem.errors, order.source)
        raise Refused(replace(problem, errors=faults), refused.exit_code) from refused


async def _send_list(
    client: Client, source: ListFile, order: Order, query: dict[str, str], key: str
) -> Answer:
    for name, value in order.members.items():
        query[name] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if source.column:
        query["column"] = source.column
    return await client.post(
        "/batch", query, body=source.pieces(), content_type=source.content_type, key=key
    )


def _placed(faults: Sequence[FaultView], source: Source) -> tuple[FaultView, ...]:
    """The faults of domains with the domain as it was written, and with its line."""
    named = places(source, {fault.row for fault in faults if fault.row is not None})
    return tuple(
        fault if fault.row is None else replace(fault, detail=f"{named[fault.row]}: {fault.detail}")
        for fault in faults
    )


def tell_receipt(receipt: SubmittedView, source: Source, *, is_dry_run: bool) -> None:
    """Say on stderr what became of the lines of the list."""
    told = f"{some(receipt.job_count, 'domain')} {'would be ' if is_dry_run else ''}accepted"
    if receipt.duplicates:
        told += f", {some(receipt.duplicates, 'duplicate')}"
    if receipt.rejected_count:
        told += f", {receipt.rejected_count} rejected:"
    click.echo(told, err=True)
    shown = receipt.rejected[:_REJECTED_SHOWN]
    named = places(source, {line.index for line in shown})
    for line in shown:
        name = named[line.index]
        if isinstance(source, ListFile) and source.path is None:
            name += f": {written(line.domain)}"
        click.echo(f"  {name}: {line.detail}", err=True)
    if receipt.rejected_count > _REJECTED_SHOWN:
        click.echo(f"  and {receipt.rejected_count - _REJECTED_SHOWN} more", err=True)
