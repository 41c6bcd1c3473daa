"""`skybatch completion`: what a shell needs to complete commands."""

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_SKYBATCH_COMPLETE"  # click asks for it in this form


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print a script that completes commands and options of skybatch in SHELL.

    For bash: eval "$(skybatch completion bash)", in ~/.bashrc.
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"{shell} is not known to click")
    click.echo(made(ctx.find_root().command, {}, "skybatch", _VARIABLE).source())
