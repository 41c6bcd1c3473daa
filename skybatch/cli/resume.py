"""`skybatch resume`: lets what is paused go on."""

import click

from skybatch.cli.control import change, change_daemon


@click.command()
@click.argument("batch_id", required=False)
@click.option("--all", "is_all", is_flag=True, help="Let the whole daemon go on.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str | None, is_all: bool, as_json: bool) -> None:
    """Let the paused batch whose id begins with BATCH_ID go on."""
    if is_all == (batch_id is not None):
        raise click.UsageError("either a BATCH_ID or --all")
    if batch_id is None:
        change_daemon("resume", as_json=as_json)
    else:
        change(batch_id, "resume", as_json=as_json)
