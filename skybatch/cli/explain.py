"""`skybatch explain`: why a batch stands where it stands."""

import asyncio
from dataclasses import dataclass

import click

from skybatch.cli.client import Answer, connect
from skybatch.cli.exits import Exit
from skybatch.cli.wording import plain


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """The account of a batch."""

    sentences: tuple[str, ...]
    problems: tuple[str, ...]


@click.command()
@click.argument("batch_id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what the API says.")
@click.pass_context
def command(ctx: click.Context, *, batch_id: str | None, as_json: bool) -> None:
    """Say why a batch stands where it stands: the newest, or the one whose id begins with BATCH_ID.

    The exit code is 0 when nothing needs your attention, and 1 when there is a problem.
    """
    answer = asyncio.run(_explain(batch_id))
    explanation = answer.read(ExplanationView)
    if as_json:
        click.echo(answer.body)
    else:
        tell(explanation)
    ctx.exit(Exit.ERROR if explanation.problems else Exit.OK)


async def _explain(batch_id: str | None) -> Answer:
    async with connect() as client:
        return await client.get(f"/batch/{await client.find_batch(batch_id)}/explain")


def tell(explanation: ExplanationView) -> None:
    """Print the account; what is a problem says so."""
    for sentence in explanation.sentences:
        mark = "problem: " if sentence in explanation.problems else ""
        click.echo(mark + plain(sentence))
