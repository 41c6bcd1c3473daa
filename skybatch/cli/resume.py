"""`skybatch resume`: lets a paused batch go on."""

import click

from skybatch.cli.control import change


@click.command()
@click.argument("batch_id")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, as_json: bool) -> None:
    """Let the paused batch whose id begins with BATCH_ID go on."""
    change(batch_id, "resume", as_json=as_json)
