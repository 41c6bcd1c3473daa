"""Tables: drawn on a terminal, tab-separated in a pipe; pages cannot steer the terminal."""

import sys
from collections.abc import Iterable, Sequence

import click

from skybatch.cli.view import RecordView
from skybatch.cli.wording import plain

_TITLE = 60  # characters
_WHOLE = frozenset({"batch", "domain", "status", "pages"})  # columns that are not folded


def show(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows on stdout."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(plain(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold", no_wrap=name in _WHOLE)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console().print(table)


def show_records(records: Iterable[RecordView]) -> None:
    """Print company records: who they are and how to reach them."""
    head = ("domain", "status", "reason", "title", "e-mail", "phone", "pages")
    show(head, map(_record_row, records))


def _record_row(record: RecordView) -> tuple[object, ...]:
    contact = record.contact_info
    return (
        record.domain,
        record.status,
        record.reason or "",
        (record.title or "")[:_TITLE],
        contact.emails[0].value if contact.emails else "",
        contact.phones[0].value if contact.phones else "",
        record.pages.fetched,
    )
