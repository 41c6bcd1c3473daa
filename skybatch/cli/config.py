"""`skybatch config`: the configuration in force."""

import json
import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import click
import msgspec

from skybatch.config import Config
from skybatch.config.load import load
from skybatch.config.settings import settings
from skybatch.crawling import additions


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), help="Configuration file.")
@click.option("--check", is_flag=True, help="Only check; the exit code is 2 when there is a fault.")
@click.option("--json", "as_json", is_flag=True, help="Print values and sources as JSON.")
def command(*, file: Path | None, check: bool, as_json: bool) -> None:
    """Print the configuration in force as TOML, each value with its source; secrets are hidden."""
    config = load(file, os.environ, {})
    if check:
        additions(config)
        click.echo("the configuration has no faults", err=True)
    elif as_json:
        shown = {
            setting.name: {"value": setting.shown, "source": setting.source}
            for setting in settings(config)
        }
        click.echo(msgspec.json.encode(shown))
    else:
        click.echo("\n".join(toml_lines(config)))


def toml_lines(config: Config) -> Iterator[str]:
    """A TOML document that gives the same configuration, but for the secrets."""
    for section, members in groupby(settings(config), lambda setting: setting.section):
        yield f"[{section}]"
        for setting in members:
            yield f"{setting.key} = {to_toml(setting.shown)}  # {setting.source}"
        yield ""


def to_toml(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, Mapping):
        members = ", ".join(f"{to_toml(str(key))} = {to_toml(value[key])}" for key in value)
        return f"{{{members}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    # Strings, numbers and booleans are written as in JSON; TOML forbids a raw DEL as well.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
