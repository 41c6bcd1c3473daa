"""`skybatch status`: where a batch stands."""

import asyncio

import click
import msgspec

from skybatch.cli.black_box import or_last_lines
from skybatch.cli.client import Answer, connect
from skybatch.cli.exits import exit_of
from skybatch.cli.progress import follow, going_on
from skybatch.cli.tables import show
from skybatch.cli.view import BatchView, SummaryView
from skybatch.cli.wording import duration, plain

_TROUBLES = 20


@click.command()
@click.argument("batch_id", required=False)
@click.option("--watch", is_flag=True, help="Show the progress until the batch has ended.")
@click.option("--wait", is_flag=True, help="Wait, without a word, until the batch has ended.")
@click.option("--timeout", type=click.FloatRange(min=0), help="Wait no longer, in seconds.")
@click.option("--all", "is_list", is_flag=True, help="List all batches, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter per flag
    ctx: click.Context,
    *,
    batch_id: str | None,
    watch: bool,
    wait: bool,
    timeout: float | None,
    is_list: bool,
    as_json: bool,
) -> None:
    """Show where a batch stands: the newest, or the one whose id begins with BATCH_ID.

    The exit code tells its state: 0 complete, pending or running, 3 partial, 4 failed or cancelled.
    """
    if timeout is not None and not (watch or wait):
        raise click.UsageError("--timeout needs --wait or --watch")
    with or_last_lines():
        if is_list:
            asyncio.run(_list(as_json=as_json))
            return
        if watch or wait:
            answer = asyncio.run(_last_status(batch_id, timeout, is_quiet=not watch))
        else:
            answer = asyncio.run(_status(batch_id))
    batch = answer.read(BatchView)
    if as_json:
        click.echo(answer.body)
    else:
        tell(batch)
        if batch.is_over:
            click.echo(found_line(asyncio.run(_summary(batch.batch_id))))
    ctx.exit(exit_of(batch.status))


async def _status(batch_id: str | None) -> Answer:
    async with connect() as client:
        found = await client.find_batch(batch_id)
        return await client.get(f"/batch/{found}/status")


async def _last_status(batch_id: str | None, timeout_s: float | None, *, is_quiet: bool) -> Answer:
    async with connect() as client:
        found = await client.find_batch(batch_id)
        with going_on(found):
            return await follow(client, found, timeout_s=timeout_s, is_quiet=is_quiet)


async def _summary(batch_id: str) -> SummaryView:
    async with connect() as client:
        return (await client.get(f"/batch/{batch_id}/summary")).read(SummaryView)


def found_line(summary: SummaryView) -> str:
    """How many domains have what, and what some of them are instead."""
    told = [
        f"{each.domains} with {kind} ({each.share:.0%})" for kind, each in summary.found.items()
    ]
    told += [f"{count} {diagnosis}" for diagnosis, count in summary.diagnoses.items()]
    return f"found    {', '.join(told)}"


async def _list(*, as_json: bool) -> None:
    async with connect() as client:
        batches = [batch async for batch in client.batches()]
    if as_json:
        click.echo(msgspec.json.encode(batches))
        return
    head = ("batch", "status", "domains", "pages", "created", "label")
    show(head, map(_row, batches))


def _row(batch: BatchView) -> tuple[object, ...]:
    return (
        batch.batch_id,
        "paused" if batch.paused and not batch.is_over else batch.status,
        f"{batch.ended}/{batch.total_domains}",
        batch.pages.fetched,
        batch.created_at,
        batch.label or "",
    )


def tell(batch: BatchView) -> None:
    """Print a batch for people, with the domains that went wrong."""
    counts = [f"{count} {state}" for state, count in batch.counts.items() if count]
    pages = batch.pages
    skipped = ", ".join(f"{count} {reason}" for reason, count in pages.skipped.items() if count)
    lines = [
        f"batch    {batch.batch_id}" + (f"  {plain(batch.label)}" if batch.label else ""),
        f"status   {batch.status}" + _beside(batch),
        f"domains  {batch.total_domains}: {', '.join(counts)}",
        f"pages    {pages.discovered}: {pages.fetched} fetched, {pages.failed} failed, "
        f"{pages.queued} queued, {sum(pages.skipped.values())} skipped"
        + (f" ({skipped})" if skipped else ""),
        f"created  {batch.created_at}",
    ]
    if batch.processing_time is not None:
        lines.append(f"took     {duration(batch.processing_time)}")
    click.echo("\n".join(lines))
    jobs = batch.domain_statuses.values()
    troubles = [job for job in jobs if job.reason not in (None, job.status)]
    for job in troubles[:_TROUBLES]:
        why = f"{job.reason}: {plain(job.detail)}" if job.detail else job.reason
        click.echo(f"  {job.status}  {plain(job.domain)}  {why}")
    if len(troubles) > _TROUBLES:
        click.echo(f"  and {len(troubles) - _TROUBLES} more: skybatch results {batch.batch_id}")


def _beside(batch: BatchView) -> str:
    if batch.reextracting:
        return " (its kept bodies are being read again)"
    return " (paused)" if batch.paused else ""
