"""`skybatch serve`: the daemon."""

import asyncio
import errno
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
import structlog

import skybatch
from skybatch import logs
from skybatch.cli import loop
from skybatch.cli.exits import CommandError
from skybatch.cli.importing import uncollected
from skybatch.config.load import load
from skybatch.store.lock import DirectoryLock
from skybatch.store.opening import data_folder

if TYPE_CHECKING:
    from skybatch.daemon import Started

log = structlog.get_logger()

_NO_PLACE = {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), help="Configuration file.")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 takes one that is free.")
@click.option("--data-dir", help="Folder of the database.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: Path | None,
    host: str | None,
    port: int | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Run the daemon until SIGTERM or Ctrl-C; a second signal stops it at once.

    Prints its address when it is ready. The log goes to stderr.
    """
    _hold_standard_streams()
    flags = {"server.host": host, "server.port": port, "store.data_dir": data_dir}
    config = load(file, os.environ, flags)
    logs.setup(config.log.format, config.log.level, emoji=config.log.emoji)
    if not config.crawl.contact:
        log.warning(
            "config.no_contact", hint="set crawl.contact, so that site owners can reach you"
        )
    # Whoever starts a second daemon is told before half a second of imports. Ours locks anew.
    DirectoryLock(data_folder(config.store.data_dir)).release()
    with uncollected():
        from skybatch.daemon import serve

    try:
        with asyncio.Runner(loop_factory=loop.new) as runner:
            code = runner.run(serve(config, announce_as_json if as_json else announce))
        ctx.exit(code)
    except OSError as error:
        # The port is taken, or the host is not ours. Anything else is a bug, with its traceback.
        if error.errno not in _NO_PLACE and not isinstance(error, socket.gaierror):
            raise
        where = f"{config.server.host}:{config.server.port}"
        hint = "; choose another with --port" if error.errno == errno.EADDRINUSE else ""
        raise CommandError(f"cannot listen on {where}: {_reason(error)}{hint}") from error


def _hold_standard_streams() -> None:
    """Put /dev/null in the place of streams that are closed: whatever is opened next would get
    their numbers, and what is written to them (https://sqlite.org/howtocorrupt.html, 2.1)."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _reason(error: OSError) -> str:
    is_name = isinstance(error, socket.gaierror)  # its numbers are not those of the system
    return str(error.strerror) if is_name else os.strerror(error.errno or 0)


def announce(started: "Started") -> None:
    """Print where the daemon is, and on a terminal the token."""
    lines = [f"skybatch {skybatch.__version__} is ready at {started.url}"]
    if started.recovered.is_anything:
        lines.append(str(started.recovered))
    if started.is_paused:
        lines.append("it is paused: skybatch resume --all")
    if sys.stdout.isatty():
        lines.append(
            f"page     {started.url}/#code={started.new_code()}  (signs in once, in 15 min)"
        )
    if started.token_file is not None:
        lines.append(f"token    {started.token_file}")
        if sys.stdout.isatty():
            lines.append(f"         {started.token_file.read_text('ascii').strip()}")
    _print("\n".join(lines))


def announce_as_json(started: "Started") -> None:
    """Print where the daemon is, for programs."""
    token_file = None if started.token_file is None else str(started.token_file)
    told = {"url": started.url, "token_file": token_file, "recovery": started.recovered}
    _print(msgspec.json.encode(told).decode())


def _print(text: str) -> None:
    """On stdout; a full disk or a closed pipe behind it must not end the daemon."""
    try:
        click.echo(text)
    except OSError as error:
        log.warning("daemon.not_announced", error=error.strerror)
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for good
