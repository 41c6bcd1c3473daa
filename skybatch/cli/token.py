"""`skybatch token`: which token is in use."""

import os
from pathlib import Path

import click
import msgspec

from skybatch.cli.access import TOKEN_FILE, token_of
from skybatch.cli.exits import CommandError, Exit
from skybatch.config.load import load


@click.command()
@click.option("--path", "is_path", is_flag=True, help="Print the path of the token file.")
@click.option("--json", "as_json", is_flag=True, help="Print token, source and path as JSON.")
def command(*, is_path: bool, as_json: bool) -> None:
    """Print the token that commands send, and on stderr where it comes from."""
    config = load(None, os.environ, {})
    path = Path(config.store.data_dir).absolute() / TOKEN_FILE
    token = token_of(os.environ, config)
    if as_json:
        shape = {"token": token.text or None, "source": token.source, "path": str(path)}
        click.echo(msgspec.json.encode(shape))
    elif is_path:
        click.echo(path)
    elif token.text:
        click.echo(f"from {token.source}", err=True)
        click.echo(token.text)
    if not (token.text or is_path):
        message = f"there is no token yet: the first start of the daemon makes {path}"
        raise CommandError(message, Exit.AUTH)
