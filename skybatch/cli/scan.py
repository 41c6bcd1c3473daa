"""`skybatch scan`: domains scanned in this process, without a daemon."""

import asyncio
import os
import sys

import click
import msgspec

import skybatch
from skybatch import logs
from skybatch.cli import options
from skybatch.cli.exits import Exit, exit_of
from skybatch.cli.tables import show_records
from skybatch.cli.view import RecordView
from skybatch.config import Config
from skybatch.config.load import load
from skybatch.crawling import fetch_settings
from skybatch.errors import Fault, Invalid
from skybatch.intake.target import BadDomain, parse_target
from skybatch.model.options import MAX_PAGES, Options, check_options
from skybatch.model.record import DomainRecord

_AT_A_TIME = 10


@click.command()
@click.argument("domains", nargs=-1, required=True, metavar="DOMAIN…")
@click.option(
    "--max-pages", type=click.IntRange(*MAX_PAGES), default=10, help="Pages of each domain."
)
@options.option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of records.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    domains: tuple[str, ...],
    max_pages: int,
    written_options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Scan domains right here and print their records: a table on a terminal, NDJSON in a pipe.

    Nothing is stored. The exit code is 0 when all are complete, 4 when all failed, else 3.
    """
    _check(domains)
    config = load(None, os.environ, {})
    logs.setup("auto", "warning", emoji=config.log.emoji)
    chosen, _ = check_options(options.parse(written_options), config.crawl.options)
    records = asyncio.run(_scan(domains, max_pages, chosen, config))
    if as_json:
        click.echo(msgspec.json.encode(records))
    elif sys.stdout.isatty():
        show_records(msgspec.convert(records, list[RecordView], from_attributes=True))
    else:
        for record in records:
            click.echo(msgspec.json.encode(record))
    ends = {exit_of(record.status) for record in records}
    ctx.exit(ends.pop() if len(ends) == 1 else Exit.PARTIAL)


def _check(domains: tuple[str, ...]) -> None:
    """Raises Invalid with every word that is no domain."""
    faults = []
    for domain in domains:
        try:
            parse_target(domain)
        except BadDomain as error:
            faults.append(Fault(domain, error.code, str(error)))
    if faults:
        raise Invalid(tuple(faults))


async def _scan(
    domains: tuple[str, ...], max_pages: int, chosen: Options, config: Config
) -> list[DomainRecord]:
    """The records in the order of the domains."""
    places = asyncio.Semaphore(_AT_A_TIME)
    settings = fetch_settings(config)

    async def one(domain: str) -> DomainRecord:
        async with places:
            return await skybatch.scan(
                domain, max_pages=max_pages, options=chosen, settings=settings
            )

    return list(await asyncio.gather(*map(one, domains)))
