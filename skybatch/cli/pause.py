"""`skybatch pause`: lets a batch, or the whole daemon, rest."""

import click

from skybatch.cli.control import change, change_daemon


@click.command()
@click.argument("batch_id", required=False)
@click.option("--all", "is_all", is_flag=True, help="Let the whole daemon rest.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str | None, is_all: bool, as_json: bool) -> None:
    """Let the batch whose id begins with BATCH_ID rest, also over a restart of the daemon."""
    if is_all == (batch_id is not None):
        raise click.UsageError("either a BATCH_ID or --all")
    if batch_id is None:
        change_daemon("pause", as_json=as_json)
    else:
        change(batch_id, "pause", as_json=as_json)
