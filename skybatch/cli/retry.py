"""`skybatch retry`: tries what failed again."""

from urllib.parse import urlencode

import click

from skybatch.cli.control import change


@click.command()
@click.argument("batch_id")
@click.option("--reason", multiple=True, help="Only jobs that ended for this reason.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
def command(*, batch_id: str, reason: tuple[str, ...], as_json: bool) -> None:
    """Try the failed and partial jobs of the batch whose id begins with BATCH_ID again.

    What is fetched stays.
    """
    query = f"?{urlencode({'reason': ','.join(reason)})}" if reason else ""
    in_vain = f"no domain has ended with {' or '.join(reason) or 'a failure'}"
    change(batch_id, f"retry{query}", as_json=as_json, in_vain=in_vain)
