"""`skybatch demo`: sample sites, a daemon, a batch and its results, in one process."""

import asyncio
import os
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from skybatch import logs
from skybatch.cli import download
from skybatch.cli.access import Access, token_of, url_of
from skybatch.cli.client import PREFIX, connect
from skybatch.cli.exits import CommandError, Exit, exit_of
from skybatch.cli.progress import follow
from skybatch.cli.source import Source, source_of
from skybatch.cli.submit import Order, send, tell_receipt
from skybatch.cli.view import BatchView, RecordView, SubmittedView
from skybatch.config import Config
from skybatch.config.load import load_without_file
from skybatch.daemon import Daemon, run
from skybatch.demo.samples import Sample, samples
from skybatch.demo.server import LOOPBACK, refusing, serving
from skybatch.errors import AlreadyRunning
from skybatch.model.options import MAX_PAGES

# Of their own: a batch of real domains that is carried on must not meet the sample sites.
_SAMPLES_DIR, _OWN_DIR = "data/demo", "data/demo-own"
_USUAL_PORT = 8000
_LOG_FILE = "demo.log"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo is to do."""

    source: Source
    samples: tuple[Sample, ...]  # empty: real domains
    data_dir: str
    port: int | None  # `None`: the usual one, or another when that is taken
    max_pages: int
    is_once: bool

    @property
    def log_file(self) -> Path:
        return Path(self.data_dir) / _LOG_FILE


@click.command()
@click.argument("domains", nargs=-1, metavar="[DOMAIN…]")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False),
    help="A list of real domains, as submit takes it.",
)
@click.option("--max-pages", type=click.IntRange(*MAX_PAGES), default=10, help="Of each domain.")
@click.option("--data-dir", help=f"Folder of the database ({_SAMPLES_DIR} or {_OWN_DIR}).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of the API.")
@click.option("--exit", "is_once", is_flag=True, help="End when the results are shown.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter per flag
    ctx: click.Context,
    *,
    domains: tuple[str, ...],
    file: str | None,
    max_pages: int,
    data_dir: str | None,
    port: int | None,
    is_once: bool,
) -> None:
    """Crawl sample sites on this machine with a real daemon, show the results, and stay up.

    With DOMAIN… or --file it crawls those real domains instead. Reads no configuration file.
    """
    if domains and file:
        raise click.UsageError("either domains or --file")
    words = (file,) if file else domains
    sites = () if words else samples()
    plan = Plan(
        source=source_of(words, None) if words else tuple(site.domain for site in sites),
        samples=sites,
        data_dir=data_dir or (_OWN_DIR if words else _SAMPLES_DIR),
        port=port,
        max_pages=max_pages,
        is_once=is_once,
    )
    Path(plan.data_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
    with plan.log_file.open("a", encoding="utf-8") as log:
        logs.setup("json", "info", log)
        ctx.exit(asyncio.run(_demo(plan)))


async def _demo(plan: Plan) -> Exit:
    async with AsyncExitStack() as stack:
        config = await _configured(plan, stack)
        try:
            daemon = await stack.enter_async_context(run(config))
        except AlreadyRunning as error:
            return _told_of_the_other(plan, config, error)
        access = Access(daemon.started.url, token_of({}, config))
        if plan.samples:
            up = config.fetch.connect_to["*:80"]
            click.echo(f"sites   {len(plan.samples)} sample domains on {up}", err=True)
        click.echo(f"daemon  {access.url}  (log: {plan.log_file})", err=True)
        code = await _crawl(plan, access)
        if not plan.is_once:
            await _stay_up(daemon)
            return Exit.OK
    return code


async def _configured(plan: Plan, stack: AsyncExitStack) -> Config:
    """The configuration, with the sample sites in the place of the internet."""
    flags: dict[str, object] = {
        "server.host": LOOPBACK,
        "server.port": _free_port() if plan.port is None else plan.port,
        "store.data_dir": plan.data_dir,
    }
    if plan.samples:
        hosts = {site.domain: site.resources for site in plan.samples if site.is_up}
        up = f"{LOOPBACK}:{await stack.enter_async_context(serving(hosts))}"
        down = f"{LOOPBACK}:{stack.enter_context(refusing())}"
        closed = {f"{site.domain}:80": down for site in plan.samples if not site.is_up}
        # https is tried first and refused, as on many a small company's server.
        flags["fetch.connect_to"] = {"*:80": up, "*:443": down, **closed}
        flags["crawl.per_host_delay_s"] = 0.1  # the sites are our own
        flags["crawl.max_attempts"] = 2
    return load_without_file(os.environ, flags)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, _USUAL_PORT))
        except OSError:
            return 0
    return _USUAL_PORT


def _told_of_the_other(plan: Plan, config: Config, error: AlreadyRunning) -> Exit:
    message = f"{error}: {url_of(config)}"
    if not plan.samples:
        raise CommandError(message) from error
    click.echo(message, err=True)
    return Exit.OK


async def _crawl(plan: Plan, access: Access) -> Exit:
    """Submit, follow, show; the exit code says whether it ended as it must."""
    async with connect(access) as client:
        order = Order(plan.source, {"max_pages": plan.max_pages, "label": "demo"})
        answer = await send(client, order)
        receipt = answer.read(SubmittedView)
        tell_receipt(receipt, plan.source, is_dry_run=False)
        batch_id = receipt.batch_id or ""
        last = await follow(client, batch_id, timeout_s=None)
        records = await download.to_table(client, batch_id)
    if not plan.is_once:
        _tell_how_to_ask(access, batch_id)
    if plan.samples:
        return _judged(plan.samples, records)
    return exit_of(last.read(BatchView).status)


def _judged(sites: Sequence[Sample], records: Sequence[RecordView]) -> Exit:
    """Every sample must end as its site is made to end."""
    found = {record.domain: (record.status, record.reason) for record in records}
    wrong = [site for site in sites if found.get(site.domain) != (site.status, site.reason)]
    for site in wrong:
        click.echo(
            f"{site.domain} must end {site.status} ({site.reason}), "
            f"and ended {found.get(site.domain)}",
            err=True,
        )
    return Exit.ERROR if wrong else Exit.OK


def _tell_how_to_ask(access: Access, batch_id: str) -> None:
    source = access.token.source
    is_file = Path(source).is_file()
    token = f"$(cat {shlex.quote(source)})" if is_file else f"${source}"
    url = shlex.quote(f"{access.url}{PREFIX}/batch/{batch_id}/results?format=csv")
    lines = [
        "",
        f"token   {source}",
        "ask it:",
        f'  curl -H "Authorization: Bearer {token}" \\',
        f"    {url}",
        f'  SKYBATCH_URL={access.url} SKYBATCH_TOKEN="{token}" {_program()} status',
        "it stays up until Ctrl-C",
    ]
    click.echo("\n".join(lines), err=True)


def _program() -> str:
    """As it was called; the shell gives the whole path of what it found by itself."""
    called = sys.argv[0]
    return "skybatch" if shutil.which("skybatch") == called else shlex.quote(called)


async def _stay_up(daemon: Daemon) -> None:
    """Until Ctrl-C or SIGTERM, or until the daemon ends by itself."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    daemon.failed.add_done_callback(lambda _: asked.set())
    await asked.wait()
