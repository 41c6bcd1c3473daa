"""`--option K=V`, as several commands take it."""

from collections.abc import Sequence

import click

from skybatch.config.sources import from_text
from skybatch.errors import Fault, Invalid
from skybatch.model.options import Options, check_options

option = click.option(
    "--option",
    "written_options",
    multiple=True,
    metavar="K=V",
    help="An option of the crawl, such as max_depth=2; lists and tables as JSON.",
)


def parse(written: Sequence[str]) -> dict[str, object]:
    """What was given, by name. Raises Invalid with every fault."""
    values: dict[str, object] = {}
    faults: list[Fault] = []
    for text in written:
        name, sign, value = text.partition("=")
        if not sign:
            faults.append(Fault(f"--option {text}", "invalid", "must read NAME=VALUE"))
            continue
        try:
            values[name] = from_text(value, getattr(Options(), name, ""))
        except ValueError as error:
            faults.append(Fault(f"--option {name}", "invalid", f"{name} {error}"))
    faults += check_options(values, Options(), at="--option ")[1]
    if faults:
        raise Invalid(tuple(faults))
    return values
