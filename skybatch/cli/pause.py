"""`skybatch pause`: lets a batch rest."""

import click

from skybatch.cli.control import change


@click.command()
@click.argument("batch_id")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, as_json: bool) -> None:
    """Let the batch whose id begins with BATCH_ID rest, also over a restart of the daemon."""
    change(batch_id, "pause", as_json=as_json)
