"""`skybatch`: the commands, each imported only when it is called."""

from collections.abc import Mapping
from importlib import import_module

import click
from click.shell_completion import CompletionItem

import skybatch
from skybatch.cli.exits import Exit, explained
from skybatch.cli.importing import uncollected, without
from skybatch.errors import SkybatchError

# The help of the group is written here: importing the commands to ask them costs half a second.
COMMANDS: Mapping[str, Mapping[str, str]] = {
    "Everyday": {
        "serve": "Run the daemon.",
        "submit": "Submit a list of domains as a batch.",
        "status": "Show where a batch stands.",
        "results": "Get the results of a batch.",
        "explain": "Say why a batch stands where it stands.",
        "retry": "Try what failed in a batch again.",
        "cancel": "Stop a batch; what is fetched stays.",
        "scan": "Scan domains right here, without a daemon.",
        "demo": "Crawl sample sites, or your own list, and show the results.",
    },
    "Operate": {
        "pause": "Let a batch rest, or the whole daemon.",
        "resume": "Let what is paused go on.",
        "again": "Crawl the domains of a batch again; what has not changed is kept.",
        "diff": "Show what changed since an earlier batch of the same domains.",
        "reextract": "Read the bodies that a batch has kept again, without a request.",
        "trace": "Tell the life of one job, attempt by attempt.",
        "monitor": "Look for work that gets nowhere, and mend it.",
        "verify": "Prove that the running daemon does its work.",
        "token": "Show the token in use and where it comes from.",
        "config": "Show the configuration in force and where each value comes from.",
        "torture": "Kill a scratch daemon under load again and again, and count.",
    },
}


HIDDEN = ("completion",)  # from the help


class _Commands(click.Group):
    """Finds commands by name, and turns errors into messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*self.list_commands(ctx), *HIDDEN):
            return None
        # structlog loads rich for tracebacks that our log does not have: a tenth of a start.
        with uncollected(), without("rich"):
            command: click.Command = import_module(f"skybatch.cli.{cmd_name}").command
        return command

    def shell_complete(  # type: ignore[explicit-any]  # that is click's item
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """The names, without importing a command for each."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        names = {name: text for section in COMMANDS.values() for name, text in section.items()}
        return [
            CompletionItem(name, help=text)
            for name, text in names.items()
            if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for title, commands in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", commands[name]) for name in commands])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SkybatchError as error:
            end = explained(error)
            click.echo(f"Error: {end}", err=True)
            raise SystemExit(end.exit_code) from error
        except (KeyboardInterrupt, click.Abort):
            raise SystemExit(Exit.INTERRUPTED) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(skybatch.__version__, message="skybatch %(version)s")
def main() -> None:
    """Batch website scanning: a list of domains in, one proven record per domain out.

    SKYBATCH_URL and SKYBATCH_TOKEN point the commands to another daemon than that of the data
    directory.
    """
