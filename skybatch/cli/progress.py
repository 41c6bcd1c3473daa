"""Waits for a batch to end, and shows how far it is."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import click

from skybatch.cli.client import Answer, Client, Unreachable
from skybatch.cli.exits import CommandError, Exit
from skybatch.cli.pace import Pace
from skybatch.cli.view import BatchView

_LONG_POLL_S = 10
_LINE_EVERY_S = 5.0
_RESTART_S = 60.0  # a daemon that is restarted is waited for
_LOOK_AGAIN_S = 0.5

Show = Callable[[BatchView], None]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Display:
    """Where progress is shown."""

    show: Show
    say: Say  # a line besides


async def follow(
    client: Client, batch_id: str, *, timeout_s: float | None, is_quiet: bool = False
) -> Answer:
    """The status of a batch once it has ended. Raises CommandError 124 when time runs out."""
    try:
        with _nothing() if is_quiet else _display() as display:
            async with asyncio.timeout(timeout_s):
                return await _until_over(client, batch_id, display)
    except TimeoutError as error:
        message = f"the batch is not over after {timeout_s:g} s; it goes on"
        raise CommandError(message, Exit.TIMED_OUT) from error


async def _until_over(client: Client, batch_id: str, display: Display) -> Answer:
    async for answer in _changes(client, batch_id, display.say):
        batch = answer.read(BatchView)
        display.show(batch)
        if batch.is_over:
            return answer
    raise AssertionError("the changes of a batch end with the batch")


async def _changes(client: Client, batch_id: str, say: Say) -> AsyncIterator[Answer]:
    """The status now, and each time that it is another one."""
    path, etag, last_seen = f"/batch/{batch_id}/status", "", None
    is_away = False
    while True:
        try:
            query = {"wait": str(_LONG_POLL_S)} if etag else {}
            answer = await client.get(path, query, etag=etag)
        except Unreachable:
            if last_seen is None or time.monotonic() - last_seen > _RESTART_S:
                raise
            if not is_away:
                say("the daemon does not answer; waiting for it")
            is_away = True
            await asyncio.sleep(_LOOK_AGAIN_S)
            continue
        if is_away:
            say("the daemon is back")
        is_away, last_seen = False, time.monotonic()
        if answer.status != 304:
            etag = answer.etag
            yield answer
            # A large batch changes all the time: it is not asked at every change.
            await asyncio.sleep(_LOOK_AGAIN_S)


@contextmanager
def going_on(batch_id: str) -> Iterator[None]:
    """Say at Ctrl-C that it ends the waiting only."""
    try:
        yield
    except asyncio.CancelledError:
        click.echo(f"the batch goes on: skybatch status {batch_id}", err=True)
        raise


@contextmanager
def _nothing() -> Iterator[Display]:
    yield Display(lambda _batch: None, _say)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _display() -> AbstractContextManager[Display]:
    return _board() if sys.stderr.isatty() else _lines()


@contextmanager
def _lines() -> Iterator[Display]:
    """A plain line now and then, for pipes and log files."""
    pace = Pace()
    next_at = 0.0

    def show(batch: BatchView) -> None:
        nonlocal next_at
        now = time.monotonic()
        pace.see(batch, now)
        if now >= next_at or batch.is_over:
            next_at = now + _LINE_EVERY_S
            _say(pace.line(batch))

    yield Display(show, _say)


@contextmanager
def _board() -> Iterator[Display]:
    """Bar, pace, reasons and what runs, for people."""
    from rich.console import Console
    from rich.live import Live

    from skybatch.cli.board import board

    pace = Pace()
    with Live(console=Console(stderr=True), auto_refresh=False) as live:

        def show(batch: BatchView) -> None:
            pace.see(batch, time.monotonic())
            live.update(board(batch, pace), refresh=True)

        yield Display(show, lambda line: live.console.print(line, markup=False))
