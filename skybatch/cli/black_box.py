"""The flight recorder as the commands show it when no daemon answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from skybatch.cli.client import Unreachable
from skybatch.cli.wording import plain
from skybatch.config.load import load
from skybatch.model.clock import rfc3339
from skybatch.recorder import lines
from skybatch.recorder.lines import Line

_SHOWN = 10
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


@contextmanager
def or_last_lines() -> Iterator[None]:
    """When no daemon answers, show the last lines of its recorder before the message."""
    try:
        yield
    except Unreachable:
        found = [] if _is_elsewhere() else lines.last(_data_dir(), _SHOWN)
        if found:
            click.echo(f"the last lines of the flight recorder in {_data_dir()}:", err=True)
        for line in found:
            click.echo(f"  {told(line)}", err=True)
        raise


@contextmanager
def or_story_of(word: str, *, as_json: bool) -> Iterator[None]:
    """When no daemon answers, tell what the recorder alone knows of a job or a domain."""
    try:
        yield
    except Unreachable:
        found = [] if _is_elsewhere() else list(_about(word))
        if found:
            click.echo("no daemon answers; the flight recorder alone tells:", err=True)
        for line in found:
            click.echo(msgspec.json.encode(line) if as_json else told(line))
        if not found and not _is_elsewhere():
            click.echo(f"the flight recorder has nothing of {plain(word)}", err=True)
        raise


def _about(word: str) -> Iterator[Line]:
    """The lines of the jobs whose id begins so, or that crawl this domain."""
    jobs = {
        line.job_id
        for line in lines.read(_data_dir(), about=word)
        if line.job_id and (line.job_id.startswith(word) or line.data.get("domain") == word)
    }
    return (line for line in lines.read(_data_dir()) if line.job_id in jobs)


def _is_elsewhere() -> bool:
    """Whether the daemon that was asked is on another machine: the recorder here is not its."""
    host = urlsplit(os.environ.get("SKYBATCH_URL", "")).hostname
    return host is not None and host not in _HERE


def _data_dir() -> Path:
    return Path(load(None, os.environ, {}).store.data_dir)


def told(line: Line) -> str:
    """`2026-11-24T09:00:00.123Z  page.asked  job 01a2…  url=http://shop.example/`."""
    job = f"job {line.job_id}" if line.job_id else ""
    attempt = f"attempt {line.attempt}" if line.attempt else ""
    data = [f"{name}={plain(value)}" for name, value in line.data.items() if value is not None]
    return "  ".join(filter(None, (rfc3339(line.at), line.type, job, attempt, *data)))
